# Mirror of csrc/pdu.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "pdu.h" nogil:
    const uint32_t DCM_PDU_HEADER_NBYTES
    const uint32_t DCM_PDV_HEADER_NBYTES
    ctypedef struct dcm_pdu_item:
        uint8_t type
        uint8_t depth
        uint16_t length
        uint32_t offset
    uint32_t dcm_pdu_max_items(uint32_t body_nbytes)
    dcm_status dcm_pdu_items(const uint8_t *body, uint32_t body_nbytes, dcm_pdu_item *items, uint32_t *nitems,
                             uint32_t *fault)
    uint64_t dcm_pdata_nfragments(uint64_t nbytes, uint32_t max_pdu_nbytes)
    void dcm_pdata_headers(uint8_t context, bint is_command, bint is_last, uint64_t nbytes, uint32_t max_pdu_nbytes,
                           uint8_t *headers, uint32_t *fragments)
