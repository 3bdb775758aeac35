"""Files that take the place of others once they are complete."""

from libc.errno cimport errno

import os

from dicomet._native.libdcm.base cimport DCM_E_NO_MEMORY, DCM_OK, dcm_status
from dicomet._native.libdcm.outfile cimport (
    dcm_replace_abandon, dcm_replace_begin, dcm_replace_commit, dcm_replacement)


cdef class OutFile:
    cdef dcm_replacement c
    cdef bint is_open
    cdef readonly str path

    def __cinit__(self, path):
        cdef bytes name = os.fsencode(path)
        cdef const char *target = name
        cdef dcm_status status
        if b"\0" in name:
            raise ValueError("embedded null byte in path")
        self.path = os.fsdecode(path)
        with nogil:
            status = dcm_replace_begin(&self.c, target)
        self.check(status)
        self.is_open = True

    def __dealloc__(self):
        if self.is_open:
            dcm_replace_abandon(&self.c)

    cdef int check(self, dcm_status status) except -1:
        cdef int error = errno
        if status == DCM_OK:
            return 0
        if status == DCM_E_NO_MEMORY:
            raise MemoryError()
        raise OSError(error, os.strerror(error), self.path)

    @property
    def fd(self):
        if not self.is_open:
            raise ValueError("the file is complete, or was given up")
        return self.c.fd

    def write(self, data):
        view = memoryview(data).cast("B")
        try:
            while len(view):
                view = view[os.write(self.fd, view):]
        except OSError as error:
            error.filename = self.path
            raise

    def commit(self, bint sync=True):
        cdef dcm_status status
        self.fd
        self.is_open = False
        with nogil:
            status = dcm_replace_commit(&self.c, sync)
        self.check(status)

    def abandon(self):
        if self.is_open:
            self.is_open = False
            dcm_replace_abandon(&self.c)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None and self.is_open:
            self.commit()
        else:
            self.abandon()
