# Mirror of csrc/gather.h.
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.batch cimport dcm_batch
from dicomet._native.libdcm.colvalue cimport dcm_borrowed
from dicomet._native.libdcm.pathcol cimport dcm_column

cdef extern from "stdbool.h" nogil:
    ctypedef bint cbool "bool"

cdef extern from "gather.h" nogil:
    const char *const *dcm_gathered_names
    const uint32_t DCM_GATHERED_COUNT
    ctypedef struct dcm_gather_hooks:
        void *context
        cbool (*decode)(void *context, uint32_t worker, dcm_borrowed text, uint16_t vr, dcm_borrowed terms, dcm_borrowed *utf8_out) noexcept nogil
        cbool (*inflate)(void *context, uint32_t worker, const char *path, uint64_t body_offset, uint64_t want, dcm_borrowed *body_out, cbool *eof_out) noexcept nogil
        cbool (*interrupted)(void *context) noexcept nogil
    ctypedef struct dcm_gather:
        pass
    dcm_gather *dcm_gather_new(const dcm_column *columns, uint32_t ncolumns, uint32_t nworkers)
    void dcm_gather_free(dcm_gather *gather)
    dcm_batch *dcm_gather_run(dcm_gather *gather, const char *const *paths, uint32_t npaths, const dcm_gather_hooks *hooks)
    void dcm_gather_cancel(dcm_gather *gather)
    bint dcm_gather_was_cancelled(dcm_gather *gather)
