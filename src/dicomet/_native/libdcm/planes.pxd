# Mirror of csrc/planes.h.
from libc.stdint cimport uint8_t, uint32_t

cdef extern from "planes.h" nogil:
    void dcm_planes_interleave(const uint8_t *data, size_t stride_nbytes, uint32_t nplanes, uint32_t nbytes,
                               uint8_t *out, size_t npixels)
    void dcm_planes_scatter(const uint8_t *data, uint32_t nplanes, uint32_t nbytes, uint8_t *out, size_t n)
    void dcm_planes_deinterleave(const uint8_t *data, uint32_t nplanes, uint32_t nbytes, uint8_t *out, size_t npixels)
