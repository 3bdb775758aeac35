# Mirror of csrc/platform.h, as far as it is bound.
from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef extern from "platform.h" nogil:
    ctypedef enum dcm_file_error:
        DCM_FILE_OK
        DCM_FILE_NOT_FOUND
        DCM_FILE_NOT_PERMITTED
        DCM_FILE_NOT_REGULAR
        DCM_FILE_FAILED
    ctypedef struct dcm_file:
        int fd
        uint64_t nbytes
        int64_t mtime_ns
    dcm_file_error dcm_file_open(const char *path, dcm_file *file)
    bint dcm_file_read_at(const dcm_file *file, uint64_t offset, uint8_t *out, size_t nbytes, size_t *nread_out)
    void dcm_file_close(dcm_file *file)
