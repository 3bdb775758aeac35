# Mirror of csrc/storefile.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.scan cimport dcm_encoding

cdef extern from "storefile.h" nogil:
    ctypedef struct dcm_store_piece:
        uint32_t tag
        const char *text
    ctypedef struct dcm_store_place:
        const char *folder
        const dcm_store_piece *pieces
        uint32_t npieces
        bint sync
    ctypedef struct dcm_store_request:
        const dcm_store_place *place
        const char *sop_class
        const char *sop_instance
        const uint8_t *meta
        uint64_t meta_nbytes
        dcm_encoding encoding
        const uint8_t *data
        uint64_t data_nbytes
        bint is_whole
    ctypedef struct dcm_storing:
        char *path
    void dcm_storing_open(dcm_storing *storing)
    void dcm_storing_close(dcm_storing *storing)
    bint dcm_store_begin(dcm_storing *storing, const dcm_store_request *request)
    bint dcm_store_commit(dcm_storing *storing, bint sync)
