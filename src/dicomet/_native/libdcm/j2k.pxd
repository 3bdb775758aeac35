# Mirror of csrc/j2k.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "j2k.h" nogil:
    ctypedef struct dcm_j2k_request:
        uint32_t rows
        uint32_t columns
        uint32_t samples
        uint32_t sample_nbytes
        bint is_signed
        uint32_t reduce
        uint32_t layers
        bint is_region
        uint32_t x
        uint32_t y
        uint32_t nthreads
    const uint32_t DCM_J2K_SHORT
    ctypedef enum dcm_j2k_fault:
        DCM_J2K_SOUND
        DCM_J2K_CUT
        DCM_J2K_NO_MARKER
        DCM_J2K_SEGMENT
        DCM_J2K_MISSING
        DCM_J2K_SIZES
        DCM_J2K_UNSUPPORTED
        DCM_J2K_NO_TILE
        DCM_J2K_REDUCED
    ctypedef struct dcm_j2k:
        pass
    dcm_j2k *dcm_j2k_new()
    void dcm_j2k_free(dcm_j2k *d)
    uint64_t dcm_j2k_nbytes(const dcm_j2k *d)
    dcm_status dcm_j2k_decode(dcm_j2k *d, const dcm_j2k_request *request, const uint8_t *input, uint64_t in_nbytes,
                              uint8_t *out, uint64_t out_nbytes, uint32_t *notes)
    dcm_j2k_fault dcm_j2k_fault_of(const dcm_j2k *d, uint64_t *offset)
