# Mirror of csrc/base.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "base.h" nogil:
    ctypedef enum dcm_status:
        DCM_OK
        DCM_NEED_MORE
        DCM_DEFLATED
        DCM_E_NOT_DICOM
        DCM_E_NO_MEMORY
        DCM_E_TOO_MANY_ROWS
        DCM_E_TOO_DEEP
        DCM_E_IO
        DCM_E_CHANGED
        DCM_E_RANGE
        DCM_E_ENCODED
    const uint32_t DCM_NO_ROW
    const uint32_t DCM_META_ROW
    uint16_t dcm_load_u16(const uint8_t *p, bint big)
    uint32_t dcm_load_u32(const uint8_t *p, bint big)
    uint64_t dcm_load_u64(const uint8_t *p, bint big)
