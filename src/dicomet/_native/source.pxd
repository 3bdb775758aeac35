from libc.stdint cimport uint8_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.source cimport dcm_source


cdef class Source:
    cdef dcm_source c
    cdef readonly object path        # str, or None for memory
    cdef bytes path_bytes            # as the operating system wants it, or None
    cdef Py_buffer *buffer           # that is borrowed, or NULL; out of the collector's sight, who would clear a
                                     # memoryview in a cycle before we have given it back
    cdef int nexports                # buffers handed out and not yet given back
    cdef readonly bint whole         # the file was asked for whole, not mapped
    cdef object origin               # fingerprint of the deflated file that this was inflated from
    cdef readonly bint closed
    cdef const uint8_t *at(self, uint64_t offset, uint64_t nbytes) except? NULL
    cdef const uint8_t *held(self, uint64_t offset, uint64_t nbytes) except? NULL
    cdef bytes copy(self, uint64_t offset, uint64_t nbytes)
    cdef int raise_for(self, dcm_status status, uint64_t offset, uint64_t nbytes) except -1
    cdef const char *c_path(self) noexcept
    cdef int give_back(self) except -1
    cdef int let_go(self) except -1
