# Mirror of csrc/index.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "index.h" nogil:
    ctypedef struct dcm_element:
        uint64_t offset
        uint64_t length
        uint32_t tag
        uint32_t end
        uint32_t parent
        uint16_t vr
        uint8_t depth
        uint8_t flags
    enum:
        DCM_ROW_UNDEFINED
        DCM_ROW_IMPLICIT
        DCM_ROW_BIG_ENDIAN
        DCM_ROW_LONG
        DCM_ROW_UNSORTED
        DCM_ROW_LAZY
        DCM_ROW_FRAGMENTS
        DCM_ROW_PARTIAL
    uint32_t dcm_row_header_nbytes(const dcm_element *row)
    ctypedef struct dcm_finding:
        uint64_t offset
        uint32_t tag
        uint32_t code
    const int DCM_F_COUNT
    const int DCM_F_DEFLATE_FORM
    const char *dcm_finding_names[]
    const char *dcm_finding_clauses[]
    const char *dcm_finding_texts[]
    ctypedef struct dcm_index:
        dcm_element *rows
        uint32_t nrows
        uint32_t *top
        uint32_t ntop
        uint32_t nmeta
        dcm_finding *findings
        uint32_t nfindings
        bint top_unsorted
    void dcm_index_init(dcm_index *index)
    void dcm_index_free(dcm_index *index)
    void dcm_index_clear(dcm_index *index)
    void dcm_index_note(dcm_index *index, uint64_t offset, uint32_t tag, int code)
    dcm_status dcm_index_freeze(dcm_index *index)
    uint32_t dcm_index_find(const dcm_index *index, uint32_t parent, uint32_t tag)
    void dcm_index_keep(dcm_index *index, const uint32_t *tags, uint32_t ntags)
