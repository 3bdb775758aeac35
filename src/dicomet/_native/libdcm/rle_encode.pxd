# Mirror of csrc/rle_encode.h.
from libc.stdint cimport uint8_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.rle cimport dcm_rle_layout

cdef extern from "rle_encode.h" nogil:
    uint64_t dcm_rle_bound(const dcm_rle_layout *layout, uint64_t row_npixels)
    dcm_status dcm_rle_encode(const dcm_rle_layout *layout, uint64_t row_npixels, const uint8_t *input,
                              uint64_t in_nbytes, uint8_t *out, uint64_t out_nbytes, uint64_t *written)
