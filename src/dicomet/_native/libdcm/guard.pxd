# Mirror of csrc/guard.h.
from libc.stdint cimport uint8_t

cdef extern from "guard.h" nogil:
    bint dcm_guarded(void (*work)(void *context) noexcept nogil, void *context)
    bint dcm_guarded_copy(void *to, const uint8_t *source, size_t nbytes)
