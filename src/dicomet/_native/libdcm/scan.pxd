# Mirror of csrc/scan.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_index

cdef extern from "scan.h" nogil:
    int DCM_SCAN_MAX_DEPTH
    ctypedef struct dcm_scan_options:
        uint32_t max_depth
        uint64_t max_rows
        uint32_t stop_tag
        uint64_t lazy_nbytes
        bint fragments
        bint force
        bint stop_before_pixels
    ctypedef struct dcm_encoding:
        bint implicit
        bint big
    ctypedef struct dcm_scanner:
        dcm_scan_options options
        uint64_t pos
        uint64_t total
        uint64_t need
        uint64_t body_offset
        uint32_t error_tag
        bint stopped
        bint has_preamble
        dcm_encoding encoding
        char *transfer_syntax
    void dcm_scan_options_init(dcm_scan_options *options)
    void dcm_scan_init(dcm_scanner *scanner, const dcm_scan_options *options, uint64_t total_nbytes)
    void dcm_scan_init_range(dcm_scanner *scanner, const dcm_scan_options *options, uint64_t offset, uint64_t end, dcm_encoding encoding, bint items)
    void dcm_scan_set_inflated(dcm_scanner *scanner, uint64_t total_nbytes)
    dcm_status dcm_scan_run(dcm_scanner *scanner, const uint8_t *bytes, uint64_t nbytes, bint eof, dcm_index *index)
