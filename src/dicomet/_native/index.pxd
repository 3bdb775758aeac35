from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.index cimport dcm_element, dcm_index
from dicomet._native.libdcm.scan cimport dcm_scan_options
from dicomet._native.source cimport Source


cdef class _Held:
    cdef const uint8_t *p
    cdef bytes copied


cdef class Index:
    cdef dcm_index c
    cdef dcm_scan_options options
    cdef readonly list keep_tags                  # ascending; None keeps all
    cdef readonly Source source
    cdef readonly str transfer_syntax
    cdef readonly bint implicit          # encoding of the data set
    cdef readonly bint big_endian
    cdef readonly bint has_preamble
    cdef readonly bint stopped           # ended before the source did
    cdef readonly bint pending           # ended at encapsulated Pixel Data; full() reads on
    cdef readonly bint needs_inflate     # only the meta group was read: the body is deflated
    cdef readonly bint inflated
    cdef readonly uint64_t body_offset   # first byte of the data set
    cdef readonly uint64_t end_offset    # where the scan ended
    cdef int run(self) except -1
    cdef int keep(self) except -1
    cdef const dcm_element *row(self, uint32_t row) except NULL
    cdef _Held held(self, const dcm_element *row)
    cdef object value(self, uint32_t row, uint16_t vr, int *kind)
