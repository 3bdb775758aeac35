# Mirror of csrc/rle.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "rle.h" nogil:
    ctypedef struct dcm_rle_layout:
        uint64_t npixels
        uint32_t samples
        uint32_t sample_nbytes
    const uint32_t DCM_RLE_SHORT
    const uint32_t DCM_RLE_LONG
    const uint32_t DCM_RLE_EXTRA_SEGMENTS
    const uint32_t DCM_RLE_ORDER
    const uint32_t DCM_RLE_HEADER_NBYTES
    const uint32_t DCM_RLE_MAX_SEGMENTS
    dcm_status dcm_rle_decode(const dcm_rle_layout *layout, const uint8_t *input, uint64_t in_nbytes, uint8_t *out,
                              uint64_t out_nbytes, uint32_t *notes)
    dcm_status dcm_rle_decode_portable(const dcm_rle_layout *layout, const uint8_t *input, uint64_t in_nbytes, uint8_t *out,
                                       uint64_t out_nbytes, uint32_t *notes)
