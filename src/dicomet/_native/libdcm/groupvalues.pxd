# Mirror of csrc/groupvalues.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.groups cimport dcm_groups
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "groupvalues.h" nogil:
    ctypedef struct dcm_groups_column:
        uint16_t vr
        bint uniform
        uint64_t max_nvalues
    dcm_status dcm_groups_measure(const dcm_groups *groups, uint32_t path, const dcm_source *source, dcm_groups_column *column)
    uint32_t dcm_groups_unit_nbytes(uint16_t vr)
    dcm_status dcm_groups_numbers(const dcm_groups *groups, uint32_t path, const dcm_source *source, uint16_t vr, uint64_t nvalues, void *out, uint8_t *mask, uint64_t *nmissing_out)
