# Mirror of csrc/jpegls.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "jpegls.h" nogil:
    ctypedef struct dcm_jpls_layout:
        uint32_t rows
        uint32_t columns
        uint32_t samples
        uint32_t sample_nbytes
    const uint32_t DCM_JPLS_SHORT
    ctypedef enum dcm_jpls_fault:
        DCM_JPLS_SOUND
        DCM_JPLS_CUT
        DCM_JPLS_SEGMENT
        DCM_JPLS_FRAME
        DCM_JPLS_SCAN
        DCM_JPLS_PARAMETERS
        DCM_JPLS_SAMPLING
        DCM_JPLS_MAPPING
        DCM_JPLS_NO_SCAN
    ctypedef struct dcm_jpls:
        pass
    dcm_jpls *dcm_jpls_new()
    void dcm_jpls_free(dcm_jpls *d)
    uint64_t dcm_jpls_nbytes(const dcm_jpls *d)
    dcm_status dcm_jpls_decode(dcm_jpls *d, const dcm_jpls_layout *layout, const uint8_t *input, uint64_t in_nbytes,
                               uint8_t *out, uint64_t out_nbytes, uint32_t *notes)
    dcm_jpls_fault dcm_jpls_fault_of(const dcm_jpls *d, uint64_t *offset)
