# Mirror of csrc/jpeg_lossless.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "jpeg_lossless.h" nogil:
    ctypedef struct dcm_jpll_layout:
        uint32_t rows
        uint32_t columns
        uint32_t samples
        uint32_t sample_nbytes
    const uint32_t DCM_JPLL_SHORT
    ctypedef enum dcm_jpll_fault:
        DCM_JPLL_SOUND
        DCM_JPLL_CUT
        DCM_JPLL_SEGMENT
        DCM_JPLL_FRAME
        DCM_JPLL_SCAN
        DCM_JPLL_TABLE
        DCM_JPLL_SAMPLING
        DCM_JPLL_INTERVAL
        DCM_JPLL_NO_SCAN
    ctypedef struct dcm_jpll:
        pass
    dcm_jpll *dcm_jpll_new(uint64_t row_nsamples)
    void dcm_jpll_free(dcm_jpll *d)
    uint64_t dcm_jpll_row_nsamples(const dcm_jpll *d)
    dcm_status dcm_jpll_decode(dcm_jpll *d, const dcm_jpll_layout *layout, const uint8_t *input, uint64_t in_nbytes,
                               uint8_t *out, uint64_t out_nbytes, uint32_t *notes)
    dcm_jpll_fault dcm_jpll_fault_of(const dcm_jpll *d, uint64_t *offset)
