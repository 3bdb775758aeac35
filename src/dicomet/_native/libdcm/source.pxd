# Mirror of csrc/source.h.
from libc.stdint cimport int64_t, uint8_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.mapping cimport dcm_mapping
from dicomet._native.libdcm.platform cimport dcm_file_error
from dicomet._native.libdcm.scan cimport dcm_scanner

cdef extern from "source.h" nogil:
    ctypedef enum dcm_source_mode:
        DCM_SOURCE_MAP
        DCM_SOURCE_READ
    ctypedef struct dcm_source:
        uint8_t *head
        uint64_t head_nbytes
        uint64_t nbytes
        int64_t mtime_ns
        dcm_mapping mapping
    void dcm_source_init(dcm_source *source)
    void dcm_source_free(dcm_source *source)
    void dcm_source_borrow(dcm_source *source, const uint8_t *bytes, uint64_t nbytes)
    dcm_status dcm_source_open(dcm_source *source, const char *path, dcm_source_mode mode, dcm_file_error *error)
    dcm_status dcm_source_scan(dcm_source *source, dcm_scanner *scanner, dcm_index *index)
    void dcm_source_settle(dcm_source *source, uint64_t keep_nbytes)
    const uint8_t *dcm_source_held(const dcm_source *source, uint64_t offset, uint64_t nbytes)
    dcm_status dcm_source_copy(const dcm_source *source, uint64_t offset, uint64_t nbytes, uint8_t *out)
    dcm_status dcm_source_at(const dcm_source *source, const char *path, uint64_t offset, uint64_t nbytes, const uint8_t **out)
