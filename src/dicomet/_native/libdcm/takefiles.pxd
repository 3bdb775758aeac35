# Mirror of csrc/takefiles.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.receiver cimport dcm_block, dcm_received, dcm_receiver
from dicomet._native.libdcm.scan cimport dcm_encoding
from dicomet._native.libdcm.storefile cimport dcm_store_place
from dicomet._native.libdcm.wire cimport dcm_wire

cdef extern from "takefiles.h" nogil:
    ctypedef struct dcm_take_context:
        uint8_t id
        dcm_encoding encoding
        const uint8_t *meta
        uint64_t meta_nbytes
    ctypedef enum dcm_take_end:
        DCM_TAKE_TIME
        DCM_TAKE_EVENT
        DCM_TAKE_TIMEOUT
        DCM_TAKE_CLOSED
        DCM_TAKE_NO_MEMORY
    ctypedef struct dcm_taker:
        dcm_wire wire
        dcm_receiver *receiver
        const dcm_take_context *contexts
        uint32_t ncontexts
        const dcm_store_place *place
        bint echoes
        bint is_apart
        uint32_t max_pdu_nbytes
        int write_ms
        dcm_received event
        uint64_t nreads
        const dcm_take_context *context
        dcm_block out
    void dcm_taker_open(dcm_taker *t)
    void dcm_taker_close(dcm_taker *t)
    dcm_take_end dcm_take(dcm_taker *t, uint32_t max_ms)
    int dcm_taker_forget(dcm_taker *t, char **path)
