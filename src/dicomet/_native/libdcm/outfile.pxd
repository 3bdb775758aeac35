# Mirror of csrc/outfile.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.plan cimport dcm_plan
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "outfile.h" nogil:
    ctypedef struct dcm_plan_source:
        const dcm_source *source
        const char *path
    ctypedef struct dcm_replacement:
        int fd
    dcm_status dcm_replace_begin(dcm_replacement *replacement, const char *target)
    dcm_status dcm_replace_commit(dcm_replacement *replacement, bint sync)
    void dcm_replace_abandon(dcm_replacement *replacement)
    dcm_status dcm_plan_write(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources, uint64_t offset,
                              uint64_t nbytes, int fd)
    dcm_status dcm_plan_read(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources, uint64_t offset,
                             uint64_t nbytes, uint8_t *out)
