# Mirror of csrc/mapping.h.
from libc.stdint cimport uint8_t, uint64_t

from dicomet._native.libdcm.platform cimport dcm_file

cdef extern from "mapping.h" nogil:
    ctypedef struct dcm_mapping:
        const uint8_t *bytes
        uint64_t nbytes
        uint64_t device
        uint64_t inode
    bint dcm_map(const dcm_file *file, dcm_mapping *mapping)
    void dcm_unmap(dcm_mapping *mapping)
    bint dcm_mapping_is_whole(const dcm_mapping *mapping, const char *path)
