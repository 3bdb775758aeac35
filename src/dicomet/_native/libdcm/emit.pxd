# Mirror of csrc/emit.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.plan cimport dcm_plan
from dicomet._native.libdcm.scan cimport dcm_encoding

cdef extern from "emit.h" nogil:
    ctypedef enum dcm_lengths:
        DCM_LENGTHS_KEEP
        DCM_LENGTHS_DEFINED
        DCM_LENGTHS_UNDEFINED
    ctypedef struct dcm_emitter:
        dcm_plan plan
        dcm_encoding encoding
        dcm_lengths lengths
        uint32_t depth
    void dcm_emit_init(dcm_emitter *emitter, dcm_encoding encoding, dcm_lengths lengths)
    void dcm_emit_free(dcm_emitter *emitter)
    dcm_status dcm_emit_header(dcm_emitter *emitter, uint32_t tag, uint16_t *vr, uint64_t nbytes)
    dcm_status dcm_emit_element(dcm_emitter *emitter, uint32_t tag, uint16_t vr, const uint8_t *value, uint64_t nbytes)
    dcm_status dcm_emit_begin(dcm_emitter *emitter, uint32_t tag, bint was_undefined)
    dcm_status dcm_emit_begin_item(dcm_emitter *emitter, bint was_undefined)
    dcm_status dcm_emit_end(dcm_emitter *emitter)
    uint8_t dcm_padding_of(uint16_t vr)
