# Mirror of csrc/command.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "command.h" nogil:
    ctypedef enum dcm_command_form:
        DCM_COMMAND_BYTES
        DCM_COMMAND_US
        DCM_COMMAND_UL
        DCM_COMMAND_AT
        DCM_COMMAND_UI
        DCM_COMMAND_TEXT
    ctypedef struct dcm_command_element:
        uint16_t element
        uint32_t offset
        uint32_t length
    dcm_command_form dcm_command_form_of(uint16_t element)
    dcm_status dcm_command_next(const uint8_t *input, uint32_t in_nbytes, uint32_t *at, dcm_command_element *out)
    uint64_t dcm_command_nbytes(uint32_t value_nbytes)
    uint8_t *dcm_command_put(uint8_t *out, uint16_t element, uint32_t value_nbytes)
