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
    ctypedef enum dcm_segments_status:
        DCM_SEGMENTS_OK
        DCM_SEGMENTS_CUT
        DCM_SEGMENTS_OPCODE
        DCM_SEGMENTS_FIRST
        DCM_SEGMENTS_OFFSET
        DCM_SEGMENTS_NESTED
        DCM_SEGMENTS_TOO_MANY
    dcm_segments_status dcm_palette_expand(const uint8_t *data, size_t in_nbytes, uint32_t bits, bint big_endian,
                                           uint8_t *out, uint32_t nentries, uint32_t *ndone)
