# Mirror of csrc/sendfiles.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.receiver cimport dcm_block, dcm_received, dcm_receiver
from dicomet._native.libdcm.wire cimport dcm_wire

cdef extern from "sendfiles.h" nogil:
    ctypedef struct dcm_send_context:
        const char *sop_class
        const char *transfer_syntax
        uint8_t id
    ctypedef enum dcm_send_end:
        DCM_SEND_DONE
        DCM_SEND_UNUSUAL
        DCM_SEND_ANSWER
        DCM_SEND_TIMEOUT
        DCM_SEND_CLOSED
        DCM_SEND_NO_MEMORY
        DCM_SEND_SHORT
        DCM_SEND_WRITE
        DCM_SEND_READ
    ctypedef struct dcm_send_told:
        bint is_done
        char *sop_instance
    ctypedef struct dcm_sender:
        dcm_wire wire
        dcm_receiver *receiver
        const dcm_send_context *contexts
        uint32_t ncontexts
        uint32_t max_pdu_nbytes
        uint32_t window
        bint is_apart
        uint16_t message_id
        int write_ms
        int read_ms
        dcm_received event
        uint32_t npaths
        uint32_t next
        dcm_block out
    ctypedef struct dcm_send_item:
        char *sop_class
        char *sop_instance
        char *transfer_syntax
        uint64_t offset
        uint64_t nbytes
    void dcm_sender_open(dcm_sender *s)
    void dcm_sender_close(dcm_sender *s)
    bint dcm_send_look(dcm_sender *s, const char *path, dcm_send_item *item)
    void dcm_send_begin(dcm_sender *s, const char *const *paths, uint32_t npaths, dcm_send_told *told)
    dcm_send_end dcm_send_files(dcm_sender *s, uint32_t max_ms)
    uint32_t dcm_send_answered(dcm_sender *s, uint16_t message_id, uint8_t context)
