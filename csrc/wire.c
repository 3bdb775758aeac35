/* Bytes of an association through a socket. PS3.8 §9.1. */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif

#include "platform.h"

#define NVECTORS 512u                   /* of one write; the system takes 1024 */
#define AWAKE_NS 100000u                /* waited awake, at most */
#define STEP_NBYTES (UINT64_C(1) << 30) /* of a file, written at a time */
#define COPY_NBYTES 65536u              /* the same, where the system cannot */
#define PIPE_NBYTES (256u << 10)

void dcm_wire_open(dcm_wire *w, int fd) {
    w->fd = fd;
    w->pipe[0] = w->pipe[1] = -1;
#ifdef __linux__
    w->passes_on = true;
#else
    w->passes_on = false;
#endif
    w->can_be_awake = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    w->awake_ns = w->can_be_awake ? AWAKE_NS : 0;
}

void dcm_wire_close(dcm_wire *w) {
    for (int i = 0; i < 2; i++) {
        if (w->pipe[i] >= 0) close(w->pipe[i]);
        w->pipe[i] = -1;
    }
}

static bool would_block(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Wait until the socket can be read or written. */
static dcm_wire_end wait_for(int fd, short what, int ms) {
    struct pollfd one = {.fd = fd, .events = what};
    for (;;) {
        const int n = poll(&one, 1, ms);
        if (n > 0) return DCM_WIRE_DONE;
        if (n == 0) return DCM_WIRE_TIMEOUT;
        if (errno != EINTR) return DCM_WIRE_CLOSED;
    }
}

dcm_wire_end dcm_wire_write(dcm_wire *w, struct iovec *v, uint64_t n, bool more, int ms) {
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
    while (n) {
        struct msghdr message = {.msg_iov = v, .msg_iovlen = n < NVECTORS ? n : NVECTORS};
        ssize_t done = sendmsg(w->fd, &message, flags);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && would_block()) {
            const dcm_wire_end end = wait_for(w->fd, POLLOUT, ms);
            if (end != DCM_WIRE_DONE) return end;
            continue;
        }
        if (done < 0) return DCM_WIRE_CLOSED;
        while (n && (size_t)done >= v->iov_len)
            done -= (ssize_t)v->iov_len, v++, n--;
        if (n) v->iov_base = (uint8_t *)v->iov_base + done, v->iov_len -= (size_t)done;
    }
    return DCM_WIRE_DONE;
}

/* Through memory of ours. */
static dcm_wire_end copy_file(dcm_wire *w, int file, uint64_t nbytes, int ms) {
    uint8_t block[COPY_NBYTES];
    while (nbytes) {
        const ssize_t n = read(file, block, nbytes < sizeof block ? nbytes : sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return DCM_WIRE_SHORT;
        struct iovec v = {block, (size_t)n};
        const dcm_wire_end end = dcm_wire_write(w, &v, 1, false, ms);
        if (end != DCM_WIRE_DONE) return end;
        nbytes -= (uint64_t)n;
    }
    return DCM_WIRE_DONE;
}

#ifdef __linux__
static dcm_wire_end send_file(dcm_wire *w, int file, uint64_t nbytes, int ms) {
    while (nbytes) {
        const ssize_t n = sendfile(w->fd, file, NULL, nbytes < STEP_NBYTES ? nbytes : STEP_NBYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && would_block()) {
            const dcm_wire_end end = wait_for(w->fd, POLLOUT, ms);
            if (end != DCM_WIRE_DONE) return end;
            continue;
        }
        if (n < 0 && (errno == EINVAL || errno == ENOSYS)) return copy_file(w, file, nbytes, ms);
        if (n < 0) return errno == EIO ? DCM_WIRE_SHORT : DCM_WIRE_CLOSED;
        if (n == 0) return DCM_WIRE_SHORT;
        nbytes -= (uint64_t)n;
    }
    return DCM_WIRE_DONE;
}

/* sendfile has no flag that says not to wait: only the socket has. */
static dcm_wire_end send_file_at_once(dcm_wire *w, int file, uint64_t nbytes, int ms) {
    const int flags = fcntl(w->fd, F_GETFL);
    if (flags < 0) return DCM_WIRE_CLOSED;
    if (flags & O_NONBLOCK) return send_file(w, file, nbytes, ms);
    if (fcntl(w->fd, F_SETFL, flags | O_NONBLOCK) != 0) return copy_file(w, file, nbytes, ms);
    const dcm_wire_end end = send_file(w, file, nbytes, ms);
    (void)fcntl(w->fd, F_SETFL, flags);
    return end;
}

/* Nor has it one against SIGPIPE, which is held back, and taken away if it is ours. */
dcm_wire_end dcm_wire_write_file(dcm_wire *w, int file, uint64_t nbytes, int ms) {
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) || pthread_sigmask(SIG_BLOCK, &pipe, &before) != 0)
        return send_file_at_once(w, file, nbytes, ms);
    const dcm_wire_end end = send_file_at_once(w, file, nbytes, ms);
    const struct timespec none = {0, 0};
    if (end == DCM_WIRE_CLOSED)
        while (sigtimedwait(&pipe, NULL, &none) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return end;
}
#else
dcm_wire_end dcm_wire_write_file(dcm_wire *w, int file, uint64_t nbytes, int ms) {
    return copy_file(w, file, nbytes, ms);
}
#endif

/* More is sure to come: acknowledge at once what came, for a peer that writes in pieces waits for that. */
static void acknowledge(int fd) {
#ifdef TCP_QUICKACK
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    (void)fd;
#endif
}

/* Wait awake for a while; whether something came. Asks without taking the socket's lock, which who brings it
   wants. Who else has work goes first: that may be who is waited for. */
static bool wait_awake(dcm_wire *w, uint64_t began) {
    struct pollfd one = {.fd = w->fd, .events = POLLIN};
    while (dcm_now_ns() - began < w->awake_ns) {
        if (poll(&one, 1, 0) > 0) return true;
        sched_yield();
    }
    return false;
}

#ifdef __linux__
/* A pipe, at the first time that one is wanted. */
static bool has_pipe(dcm_wire *w) {
    if (w->pipe[0] >= 0) return true;
    if (pipe2(w->pipe, O_CLOEXEC) != 0) {
        w->pipe[0] = w->pipe[1] = -1;
        return false;
    }
    (void)fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_NBYTES); /* as much as the user may have */
    return true;
}

/* Out of the pipe, through memory of ours, into the file; after a failure, nowhere. */
static void copy_on(dcm_wire *w, dcm_receiver *r, uint64_t nbytes) {
    uint8_t block[COPY_NBYTES];
    while (nbytes) {
        const ssize_t n = read(w->pipe[0], block, nbytes < sizeof block ? nbytes : sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            if (!r->sink_errno) r->sink_errno = EIO;
            dcm_wire_close(w); /* what is left in the pipe is of no other message */
            return;
        }
        nbytes -= (uint64_t)n;
        for (ssize_t done = 0; done < n && !r->sink_errno;) {
            const ssize_t m = write(r->sink_fd, block + done, (size_t)(n - done));
            if (m < 0 && errno != EINTR) r->sink_errno = errno;
            if (m > 0) done += m;
        }
    }
}

/* From the socket to the file, as recv. */
static ssize_t pass_on(dcm_wire *w, dcm_receiver *r, uint64_t nbytes) {
    const size_t most = nbytes < PIPE_NBYTES ? nbytes : PIPE_NBYTES;
    const ssize_t n = splice(w->fd, NULL, w->pipe[1], NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n <= 0) return n;
    for (uint64_t left = (uint64_t)n; left;) {
        const ssize_t m = splice(w->pipe[0], NULL, r->sink_fd, NULL, left, SPLICE_F_MOVE);
        if (m < 0 && errno == EINTR) continue;
        if (m <= 0) {
            if (m < 0 && errno == EINVAL)
                w->passes_on = false; /* not into such a file */
            else
                r->sink_errno = m < 0 ? errno : EIO;
            copy_on(w, r, left);
            break;
        }
        left -= (uint64_t)m;
    }
    dcm_receiver_sank(r, (uint64_t)n);
    return n;
}
#else
static bool has_pipe(dcm_wire *w) {
    (void)w;
    return false;
}
static ssize_t pass_on(dcm_wire *w, dcm_receiver *r, uint64_t nbytes) {
    (void)w, (void)r, (void)nbytes;
    errno = EINVAL;
    return -1;
}
#endif

static ssize_t read_some(dcm_wire *w, dcm_receiver *r) {
    r->passes_on = w->passes_on;
    const uint64_t sinkable = dcm_receiver_sinkable(r);
    if (sinkable && has_pipe(w)) {
        const ssize_t n = pass_on(w, r, sinkable);
        if (n >= 0 || errno != EINVAL) return n;
        w->passes_on = r->passes_on = false; /* not from such a socket */
    }
    uint64_t room;
    uint8_t *const p = dcm_receiver_space(r, &room);
    if (!p) {
        errno = ENOMEM;
        return -1;
    }
    const ssize_t n = recv(w->fd, p, room, MSG_DONTWAIT);
    const int error = errno;
    dcm_receiver_took(r, n > 0 ? (uint64_t)n : 0);
    errno = error;
    return n;
}

/* After a read that gave n. DONE: read again, for something is there now. */
static dcm_wire_end wait_for_more(dcm_wire *w, ssize_t n, bool is_inside, int ms) {
    if (n == 0) return DCM_WIRE_CLOSED;
    if (errno == EINTR) return DCM_WIRE_DONE;
    if (errno == ENOMEM) return DCM_WIRE_NO_MEMORY;
    if (!would_block()) return DCM_WIRE_CLOSED;
    const uint64_t began = dcm_now_ns();
    if (is_inside) acknowledge(w->fd);
    if (wait_awake(w, began)) return DCM_WIRE_DONE;
    const dcm_wire_end end = wait_for(w->fd, POLLIN, ms);
    if (w->can_be_awake) w->awake_ns = dcm_now_ns() - began < AWAKE_NS ? AWAKE_NS : 0;
    return end;
}

dcm_wire_end dcm_wire_receive(dcm_wire *w, dcm_receiver *r, int ms) {
    for (;;) {
        const ssize_t n = read_some(w, r);
        if (n > 0) return DCM_WIRE_DONE;
        const dcm_wire_end end = wait_for_more(w, n, dcm_receiver_is_inside(r), ms);
        if (end != DCM_WIRE_DONE) return end;
    }
}

dcm_wire_end dcm_wire_read(dcm_wire *w, uint8_t *room, uint64_t room_nbytes, bool is_inside, int ms,
                           uint64_t *nbytes) {
    *nbytes = 0;
    for (;;) {
        const ssize_t n = recv(w->fd, room, room_nbytes, MSG_DONTWAIT);
        if (n > 0) {
            *nbytes = (uint64_t)n;
            return DCM_WIRE_DONE;
        }
        const dcm_wire_end end = wait_for_more(w, n, is_inside, ms);
        if (end != DCM_WIRE_DONE) return end;
    }
}
