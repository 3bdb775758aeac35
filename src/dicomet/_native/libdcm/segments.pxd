# Mirror of csrc/segments.h.
from libc.stdint cimport uint8_t, uint32_t

cdef extern from "segments.h" nogil:
    ctypedef enum dcm_segments_status:
        DCM_SEGMENTS_OK
        DCM_SEGMENTS_CUT
        DCM_SEGMENTS_OPCODE
        DCM_SEGMENTS_FIRST
        DCM_SEGMENTS_OFFSET
        DCM_SEGMENTS_NESTED
        DCM_SEGMENTS_TOO_MANY
    dcm_segments_status dcm_segments_expand(const uint8_t *data, size_t in_nbytes, uint32_t bits, bint big_endian,
                                           uint8_t *out, uint32_t nentries, uint32_t *ndone)
