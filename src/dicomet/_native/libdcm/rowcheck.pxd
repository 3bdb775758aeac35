# Mirror of csrc/rowcheck.h.
from libc.stdint cimport uint16_t, uint32_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "rowcheck.h" nogil:
    ctypedef struct dcm_row_problem:
        uint32_t row
        uint16_t code
        uint16_t number
    ctypedef struct dcm_row_problems:
        dcm_row_problem *all
        uint32_t n
        bint cut
    enum:
        DCM_CHECK_VALUES
        DCM_CHECK_ELEMENTS
        DCM_CHECK_RETIRED
    void dcm_row_problems_init(dcm_row_problems *problems, uint32_t limit)
    void dcm_row_problems_free(dcm_row_problems *problems)
    dcm_status dcm_check_rows(const dcm_index *index, const dcm_source *source, uint32_t what, dcm_row_problems *problems)
    void dcm_number_items(const dcm_index *index, uint32_t *numbers)
