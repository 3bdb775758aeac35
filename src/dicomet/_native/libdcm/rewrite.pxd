# Mirror of csrc/rewrite.h.
from libc.stdint cimport uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.emit cimport dcm_emitter
from dicomet._native.libdcm.index cimport dcm_element, dcm_index
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "rewrite.h" nogil:
    const uint64_t DCM_REWRITE_ALL
    ctypedef struct dcm_rewrite:
        dcm_emitter *emitter
        const dcm_index *index
        const dcm_source *source
        uint32_t source_number
        uint64_t end_offset
        bint is_signed
        bint group_lengths
    void dcm_rewrite_children(dcm_rewrite *rewrite, uint32_t parent)
    void dcm_rewrite_list(dcm_rewrite *rewrite, const uint32_t *rows, uint32_t nrows)
    dcm_status dcm_rewrite_until(dcm_rewrite *rewrite, uint64_t tag)
    uint32_t dcm_rewrite_row(const dcm_rewrite *rewrite)
    void dcm_rewrite_skip(dcm_rewrite *rewrite)
    uint64_t dcm_row_start(const dcm_element *row)
    uint64_t dcm_row_end(const dcm_index *index, uint32_t row, uint64_t end_offset)
