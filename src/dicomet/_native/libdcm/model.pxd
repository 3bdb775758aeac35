# Mirror of csrc/model.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.index cimport dcm_index
from dicomet._native.libdcm.source cimport dcm_source
from dicomet._native.libdcm.textbuf cimport dcm_textbuf

cdef extern from "model.h" nogil:
    ctypedef enum dcm_model_charset:
        DCM_MODEL_LATIN1
        DCM_MODEL_UTF8
        DCM_MODEL_ASK
    ctypedef enum dcm_model_pixels:
        DCM_MODEL_UNSIGNED
        DCM_MODEL_SIGNED
        DCM_MODEL_PIXELS_ASK
    ctypedef struct dcm_model_frame:
        uint32_t container
        uint32_t number
        bint items
    ctypedef struct dcm_model_text:
        const uint8_t *p
        uint64_t nbytes
        bint latin1
    ctypedef struct dcm_model:
        const dcm_index *index
        const dcm_source *source
        const dcm_model_style *style
        dcm_textbuf *out
        uint64_t bulk_nbytes
        uint32_t asked
        uint32_t depth
        dcm_model_frame *stack
    ctypedef struct dcm_model_style:
        void (*open_element)(dcm_model *model, uint32_t tag, uint16_t vr, dcm_model_text creator)
        void (*close_element)(dcm_model *model)
        void (*open_values)(dcm_model *model)
        void (*close_values)(dcm_model *model)
        void (*empty)(dcm_model *model, uint32_t number, uint16_t vr)
        void (*text)(dcm_model *model, uint32_t number, dcm_model_text text)
        void (*name)(dcm_model *model, uint32_t number, dcm_model_text name)
        void (*number)(dcm_model *model, uint32_t number, const char *text, uint32_t nchars, bint quoted)
        void (*open_item)(dcm_model *model, uint32_t number)
        void (*close_item)(dcm_model *model)
        void (*binary)(dcm_model *model, const uint8_t *p, uint64_t nbytes, uint32_t unit_nbytes)
    ctypedef enum dcm_model_state:
        DCM_MODEL_DONE
        DCM_MODEL_ASKED
        DCM_MODEL_FAILED_MEMORY
        DCM_MODEL_FAILED_CHANGED
        DCM_MODEL_FAILED_RANGE
        DCM_MODEL_FAILED_DEPTH
    const dcm_model_style dcm_model_json
    const dcm_model_style dcm_model_xml
    void dcm_model_begin(dcm_model *model, uint32_t container, const uint32_t *rows, uint32_t nrows, bint items, bint changed, dcm_model_charset charset, dcm_model_pixels pixels)
    dcm_model_state dcm_model_run(dcm_model *model)
