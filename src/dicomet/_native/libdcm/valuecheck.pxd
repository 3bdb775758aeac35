# Mirror of csrc/valuecheck.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "valuecheck.h" nogil:
    ctypedef enum dcm_value_code:
        DCM_V_OK
        DCM_V_COUNT
    const char *dcm_value_names[]
    const char *dcm_value_clauses[]
    const char *dcm_value_texts[]
    const uint8_t dcm_value_severities[]
    dcm_value_code dcm_check_value(uint16_t vr, const uint8_t *p, uint64_t nbytes, uint32_t *number)
    uint32_t dcm_vr_max_nchars(uint16_t vr)
