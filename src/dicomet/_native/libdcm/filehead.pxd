# Mirror of csrc/filehead.h.
from libc.stdint cimport uint8_t, uint16_t, uint64_t

cdef extern from "filehead.h" nogil:
    ctypedef struct dcm_file_uid:
        const char *p
        uint16_t nbytes
    uint64_t dcm_file_head_nbytes(dcm_file_uid sop_class, dcm_file_uid sop_instance, uint64_t rest_nbytes)
    void dcm_file_head(dcm_file_uid sop_class, dcm_file_uid sop_instance, const uint8_t *rest, uint64_t rest_nbytes,
                       uint8_t *out)
