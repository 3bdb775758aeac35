# Mirror of csrc/samples.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "samples.h" nogil:
    ctypedef struct dcm_samples:
        uint32_t bits_allocated
        uint32_t bits_stored
        uint32_t high_bit
        uint32_t bit_offset
        uint32_t nplanes
        uint32_t out_nbytes
        bint is_signed
        bint big_endian
        bint swap_pairs
    bint dcm_samples_sound(const dcm_samples *layout, uint64_t nsamples)
    uint64_t dcm_samples_unpack(const dcm_samples *layout, const uint8_t *data, size_t in_nbytes, uint8_t *out,
                                uint64_t nsamples)
