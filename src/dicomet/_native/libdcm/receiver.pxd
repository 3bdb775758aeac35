# Mirror of csrc/receiver.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "receiver.h" nogil:
    ctypedef enum dcm_received:
        DCM_RECEIVED_NOTHING
        DCM_RECEIVED_PDU
        DCM_RECEIVED_COMMAND
        DCM_RECEIVED_LARGE
        DCM_RECEIVED_DATA
        DCM_RECEIVED_FAULT
    ctypedef enum dcm_abort_reason:
        DCM_ABORT_NOT_SPECIFIED
    ctypedef struct dcm_receive_limits:
        uint32_t pdu_nbytes
        uint32_t other_nbytes
        uint32_t command_nbytes
        uint64_t data_nbytes
        uint64_t held_nbytes
        uint64_t large_nbytes
    ctypedef struct dcm_block:
        uint8_t *p
        uint64_t nbytes
        uint64_t capacity
    ctypedef struct dcm_receiver:
        bint wants_data
        bint passes_on
        uint32_t contexts[8]
        int sink_errno
        bint is_too_long
        dcm_block command
        dcm_block data
        dcm_block body
        uint64_t data_nbytes
        uint8_t context
        uint8_t type
        dcm_abort_reason fault
    dcm_status dcm_receiver_open(dcm_receiver *r, const dcm_receive_limits *limits)
    void dcm_receiver_close(dcm_receiver *r)
    uint8_t *dcm_receiver_space(dcm_receiver *r, uint64_t *nbytes)
    void dcm_receiver_took(dcm_receiver *r, uint64_t nbytes)
    dcm_status dcm_receiver_next(dcm_receiver *r, dcm_received *event)
    bint dcm_receiver_is_inside(const dcm_receiver *r)
    void dcm_receiver_expect(dcm_receiver *r, bint has_data)
    void dcm_receiver_sink(dcm_receiver *r, int fd)
    dcm_block dcm_receiver_exchange(dcm_receiver *r, dcm_block other)
