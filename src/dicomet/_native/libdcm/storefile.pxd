# Mirror of csrc/storefile.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.scan cimport dcm_encoding, dcm_scanner

cdef extern from "storefile.h" nogil:
    ctypedef struct dcm_store_piece:
        uint32_t tag
        const char *text
    ctypedef struct dcm_store_request:
        const char *folder
        const dcm_store_piece *pieces
        uint32_t npieces
        const uint8_t *head
        uint64_t head_nbytes
        const uint8_t *data
        uint64_t data_nbytes
        dcm_encoding encoding
        const char *sop_class
        const char *sop_instance
        bint sync
    ctypedef struct dcm_store_scratch:
        dcm_scanner scanner
        dcm_index index
        char *path
    bint dcm_store_file(dcm_store_scratch *scratch, const dcm_store_request *request)
