# Mirror of csrc/bitrun.h.
from libc.stdint cimport uint8_t, uint32_t

cdef extern from "bitrun.h" nogil:
    void dcm_bitrun_unpack(const uint8_t *data, uint32_t first, uint8_t one, uint8_t *out, size_t n)
    void dcm_bitrun_pack(const uint8_t *data, size_t n, uint32_t first, uint8_t *out)
