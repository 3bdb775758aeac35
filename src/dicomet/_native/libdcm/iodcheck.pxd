# Mirror of csrc/iodcheck.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.iods cimport dcm_iod
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "iodcheck.h" nogil:
    enum:
        DCM_IOD_MISSING
        DCM_IOD_EMPTY
        DCM_IOD_NO_ITEMS
        DCM_IOD_NOT_IN_IOD
    ctypedef struct dcm_iod_problem:
        uint32_t container
        uint32_t row
        uint32_t tag
        uint16_t module
        uint8_t code
        uint8_t type
    ctypedef struct dcm_iod_problems:
        dcm_iod_problem *all
        uint32_t n
        bint cut
    void dcm_iod_problems_init(dcm_iod_problems *problems, uint32_t limit)
    void dcm_iod_problems_free(dcm_iod_problems *problems)
    dcm_status dcm_check_iod(const dcm_index *index, const dcm_source *source, const dcm_iod *iod, bint extra, dcm_iod_problems *problems)
