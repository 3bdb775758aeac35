# Mirror of csrc/cellrun.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "cellrun.h" nogil:
    ctypedef struct dcm_cell_bits:
        uint64_t mask
        uint64_t sign
        uint32_t low
    dcm_cell_bits dcm_cell_bits_of(uint32_t low, uint32_t bits_stored, bint is_signed)
    void dcm_cellrun_unpack(dcm_cell_bits bits, const uint8_t *data, uint32_t cell_nbytes, bint big_endian,
                            uint8_t *out, uint32_t out_nbytes, size_t n)
    void dcm_cellrun_correct(dcm_cell_bits bits, uint8_t *cells, uint32_t cell_nbytes, size_t n)
    bint dcm_cellrun_has_unused(const uint8_t *data, uint32_t cell_nbytes, uint32_t bits_stored, bint is_signed,
                                bint big_endian, size_t n)
