/* Reading mapped files that others may cut short: a fault becomes an error instead of the process's end. */
#ifndef DCM_GUARD_H
#define DCM_GUARD_H

#include "base.h"

/* Run work(context); false if it touched a mapped page that is no longer there (SIGBUS). The work is left in
   the middle then: it must only read mapped memory and write its own, and hold no lock while it does. */
bool dcm_guarded(void (*work)(void *context), void *context);

/* memcpy out of mapped memory; false as above. */
bool dcm_guarded_copy(void *to, const uint8_t *from, size_t nbytes);

#endif
