# Mirror of csrc/color.h.
from libc.stdint cimport uint8_t, uint32_t

cdef extern from "color.h" nogil:
    ctypedef enum dcm_color_step:
        DCM_COLOR_KEEP
        DCM_COLOR_FULL_TO_RGB
        DCM_COLOR_RGB_TO_FULL
        DCM_COLOR_PARTIAL_TO_RGB
    void dcm_color_convert_8(dcm_color_step step, const uint8_t *data, uint8_t *out, size_t npixels)
    void dcm_color_convert_16(dcm_color_step step, const uint8_t *data, uint32_t bits, uint8_t *out, size_t npixels)
    size_t dcm_color_convert_422(dcm_color_step step, const uint8_t *data, size_t in_nbytes, size_t columns,
                                 uint8_t *out, size_t npixels)
