# Mirror of csrc/palette.h.
from libc.stdint cimport int32_t, uint8_t, uint32_t

cdef extern from "palette.h" nogil:
    const uint32_t DCM_PALETTE_MAX_NENTRIES
    ctypedef struct dcm_palette:
        const uint8_t *lut
        uint32_t nentries
        int32_t first
        uint32_t lut_nbytes
        uint32_t index_nbytes
        bint index_is_signed
    void dcm_palette_apply(const dcm_palette *palette, const uint8_t *data, uint8_t *out, size_t n)
