# Mirror of csrc/groups.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_element, dcm_index
from dicomet._native.libdcm.scan cimport dcm_scan_options
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "stdbool.h" nogil:
    ctypedef bint cbool "bool"

cdef extern from "groups.h" nogil:
    ctypedef struct dcm_groups_path:
        const uint32_t *tags
        uint32_t ntags
        bint anywhere
    enum:
        DCM_GROUPS_ABSENT
        DCM_GROUPS_FOUND
        DCM_GROUPS_UNSCANNED
    ctypedef struct dcm_groups_cell:
        uint64_t offset
        uint64_t length
        uint16_t vr
        uint8_t flags
        uint8_t state
    ctypedef struct dcm_groups:
        dcm_groups_path *paths
        uint32_t npaths
        dcm_groups_cell *cells
        uint64_t nframes
        bint own_context
    void dcm_groups_init(dcm_groups *groups, dcm_groups_path *paths, uint32_t npaths)
    void dcm_groups_free(dcm_groups *groups)
    dcm_status dcm_groups_add(dcm_groups *groups, const dcm_index *index, const uint32_t *items, uint32_t nitems)
    dcm_status dcm_groups_add_unscanned(dcm_groups *groups, const dcm_source *source, const dcm_element *sequence, const dcm_scan_options *options, cbool *sound)
    dcm_status dcm_groups_resize(dcm_groups *groups, uint64_t nframes)
    void dcm_groups_fill(dcm_groups *groups, const dcm_index *index, uint32_t item)
    void dcm_groups_fill_path(dcm_groups *groups, uint32_t path, const dcm_element *element)
