# Mirror of csrc/text.h.
from libc.stdint cimport uint8_t, uint16_t, uint64_t

cdef extern from "text.h" nogil:
    ctypedef enum dcm_text_kind:
        DCM_TEXT_NOT
        DCM_TEXT_SINGLE
        DCM_TEXT_MULTI
    dcm_text_kind dcm_text_kind_of(uint16_t vr)
    bint dcm_text_has_charset(uint16_t vr)
    bint dcm_text_is_plain(const uint8_t *p, uint64_t nbytes)
    uint64_t dcm_text_trim(const uint8_t *p, uint64_t nbytes)
    uint64_t dcm_text_nvalues(const uint8_t *p, uint64_t nbytes)
