# Mirror of csrc/colvalue.h, as far as Python needs it.
from libc.stdint cimport uint8_t, uint64_t

cdef extern from "colvalue.h" nogil:
    ctypedef struct dcm_borrowed:
        const uint8_t *p
        uint64_t nbytes
