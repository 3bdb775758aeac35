# Mirror of csrc/plan.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "plan.h" nogil:
    ctypedef struct dcm_plan:
        uint8_t *own
        uint64_t own_nbytes
        uint64_t nbytes
    dcm_status dcm_plan_put(dcm_plan *plan, const uint8_t *bytes, uint64_t nbytes)
    dcm_status dcm_plan_copy(dcm_plan *plan, uint32_t source, uint64_t offset, uint64_t nbytes, uint32_t unit_nbytes)
