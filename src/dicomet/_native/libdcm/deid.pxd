# Mirror of csrc/deid.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.source cimport dcm_source

cdef extern from "stdbool.h" nogil:
    ctypedef bint cbool "bool"

cdef extern from "deid.h" nogil:
    enum:
        DCM_DEID_NO_RULE
        DCM_DEID_KEEP
        DCM_DEID_PLAIN
    ctypedef struct dcm_deid_rules:
        uint8_t of_private
        uint8_t of_unknown
        uint8_t of_uid
        uint8_t of_curve
        uint8_t of_overlay
    dcm_status dcm_deid_rules_init(dcm_deid_rules *rules, uint32_t nrules)
    void dcm_deid_rules_free(dcm_deid_rules *rules)
    void dcm_deid_rules_put(dcm_deid_rules *rules, uint32_t tag, uint8_t action)
    uint8_t dcm_deid_rule_of(const dcm_deid_rules *rules, uint32_t tag)
    ctypedef struct dcm_deid_hit:
        uint32_t row
        uint8_t action
    enum:
        DCM_DEID_UNMARKED
        DCM_DEID_DONE
        DCM_DEID_KEPT
    uint32_t dcm_deid_select(const dcm_index *index, uint64_t end_offset, const dcm_deid_rules *top,
                         const dcm_deid_rules *rules, dcm_deid_hit *hits, uint8_t *marks,
                             cbool *gaps)
    ctypedef struct dcm_deid_pattern:
        const uint8_t *bytes
        uint32_t nbytes
        bint is_word
    ctypedef enum dcm_deid_why:
        DCM_DEID_HOLDS
        DCM_DEID_DAMAGED
    ctypedef struct dcm_deid_find:
        uint32_t row
        dcm_deid_why why
    dcm_status dcm_deid_sweep(const dcm_index *index, const dcm_source *source, const uint8_t *marks,
                              const dcm_deid_pattern *patterns, uint32_t npatterns, dcm_deid_find *found,
                              uint32_t *nfound)
