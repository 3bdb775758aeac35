# Mirror of csrc/number.h.
from libc.stdint cimport int64_t, uint8_t

cdef extern from "number.h" nogil:
    bint dcm_parse_ds(const uint8_t *p, size_t n, double *out)
    bint dcm_parse_is(const uint8_t *p, size_t n, int64_t *out)
    bint dcm_parse_ds_list(const uint8_t *p, size_t n, double *out, size_t nvalues)
