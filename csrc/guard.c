/* Reading mapped files that others may cut short: a fault becomes an error instead of the process's end.

   One handler for the process, installed when the first guard is set; what was installed before is called
   for faults that are not ours. The place to return to is the thread's own. */
#include "guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

/* volatile: only the handler reads it, so the store before an inlined copy would be left out as dead */
static _Thread_local sigjmp_buf *volatile way_out;
static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fault(int number, siginfo_t *info, void *context) {
    if (way_out) siglongjmp(*way_out, 1);
    if (before.sa_flags & SA_SIGINFO && before.sa_sigaction) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    } else {
        signal(number, SIG_DFL); /* the instruction faults again, and ends the process as it should */
    }
}

static void install(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

bool dcm_guarded(void (*work)(void *context), void *context) {
    pthread_once(&once, install);
    sigjmp_buf here;
    sigjmp_buf *outer = way_out;
    bool whole = false;
    if (sigsetjmp(here, 0) == 0) {
        way_out = &here;
        work(context);
        whole = true;
    }
    way_out = outer;
    return whole;
}

struct copy {
    void *to;
    const uint8_t *from;
    size_t nbytes;
};

static void copy(void *context) {
    struct copy *c = context;
    memcpy(c->to, c->from, c->nbytes);
}

bool dcm_guarded_copy(void *to, const uint8_t *from, size_t nbytes) {
    return dcm_guarded(copy, &(struct copy){to, from, nbytes});
}
