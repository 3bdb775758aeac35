"""Sources: the bytes that indexes point into, and who keeps them alive."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc

import os

from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_E_NO_MEMORY, DCM_E_RANGE, DCM_OK, dcm_status
from dicomet._native.libdcm.platform cimport (
    DCM_FILE_NOT_FOUND, DCM_FILE_NOT_PERMITTED, DCM_FILE_NOT_REGULAR, DCM_FILE_OK, dcm_file_error)
from dicomet._native.libdcm.source cimport (
    DCM_SOURCE_MAP, DCM_SOURCE_READ, dcm_source_at, dcm_source_borrow, dcm_source_copy, dcm_source_free, dcm_source_held,
    dcm_source_init, dcm_source_open)

from dicomet.errors import DicomError, SourceChanged, SourceClosed, SourceError


cdef class Source:
    def __cinit__(self):
        dcm_source_init(&self.c)

    def __dealloc__(self):
        dcm_source_free(&self.c)
        self.give_back()

    @staticmethod
    def open(path, bint whole=False):
        cdef Source self = Source.__new__(Source)
        cdef dcm_file_error error = DCM_FILE_OK
        cdef dcm_status status
        cdef const char *name
        self.path_bytes = os.fsencode(path)
        self.path = os.fsdecode(path)
        self.whole = whole
        name = self.path_bytes
        if b"\0" in self.path_bytes:
            raise ValueError("embedded null byte in path")
        with nogil:
            status = dcm_source_open(&self.c, name, DCM_SOURCE_READ if whole else DCM_SOURCE_MAP, &error)
        if error == DCM_FILE_NOT_FOUND:
            raise FileNotFoundError(2, "No such file", self.path)
        if error == DCM_FILE_NOT_PERMITTED:
            raise PermissionError(13, "Permission denied", self.path)
        if error == DCM_FILE_NOT_REGULAR:
            if os.path.isdir(path):
                raise IsADirectoryError(21, "Is a directory", self.path)
            raise SourceError("not a regular file", path=self.path)
        if status == DCM_E_NO_MEMORY:
            raise MemoryError()
        if status != DCM_OK:
            raise SourceError("cannot be read", path=self.path)
        return self

    @staticmethod
    def of(buffer):
        cdef Source self = Source.__new__(Source)
        cdef Py_buffer *held = <Py_buffer *> malloc(sizeof(Py_buffer))
        if held == NULL:
            raise MemoryError()
        try:
            PyObject_GetBuffer(buffer, held, PyBUF_SIMPLE)
        except:
            free(held)
            raise
        self.buffer = held
        dcm_source_borrow(&self.c, <const uint8_t *> held.buf, <uint64_t> held.len)
        return self

    @staticmethod
    def of_inflated(data, Source origin not None):
        """The bytes of a file whose body was inflated; goes by the file's path."""
        cdef Source self = Source.of(data)
        self.path = origin.path
        self.whole = origin.whole
        self.origin = origin.fingerprint
        return self

    @property
    def nbytes(self):
        return self.c.nbytes

    @property
    def mapped(self):
        return self.c.mapping.bytes != NULL

    @property
    def fingerprint(self):
        return (self.c.nbytes, self.c.mtime_ns) if self.origin is None else self.origin

    cdef const char *c_path(self) noexcept:
        return <const char *> self.path_bytes if self.path_bytes is not None else NULL

    cdef int raise_for(self, dcm_status status, uint64_t offset, uint64_t nbytes) except -1:
        if status == DCM_E_CHANGED:
            raise SourceChanged("the file shrank after it was opened", offset=offset, path=self.path)
        raise DicomError(f"{nbytes} bytes lie outside the source", offset=offset, path=self.path)

    cdef const uint8_t *at(self, uint64_t offset, uint64_t nbytes) except? NULL:
        """Address of bytes that may lie in the mapping: for views."""
        cdef const uint8_t *p = NULL
        cdef dcm_status status
        if self.closed:
            raise SourceClosed("the data set was closed", path=self.path)
        status = dcm_source_at(&self.c, self.c_path(), offset, nbytes, &p)
        if status != DCM_OK:
            self.raise_for(status, offset, nbytes)
        return p

    cdef const uint8_t *held(self, uint64_t offset, uint64_t nbytes) except? NULL:
        """Address of bytes in memory, NULL where they are only mapped."""
        if self.closed:
            raise SourceClosed("the data set was closed", path=self.path)
        return dcm_source_held(&self.c, offset, nbytes)

    cdef bytes copy(self, uint64_t offset, uint64_t nbytes):
        cdef bytes out
        cdef dcm_status status
        if self.closed:
            raise SourceClosed("the data set was closed", path=self.path)
        if offset > self.c.nbytes or nbytes > self.c.nbytes - offset:
            self.raise_for(DCM_E_RANGE, offset, nbytes)
        out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nbytes)
        status = dcm_source_copy(&self.c, offset, nbytes, <uint8_t *> PyBytes_AS_STRING(out))
        if status != DCM_OK:
            self.raise_for(status, offset, nbytes)
        return out

    def view(self, uint64_t offset, uint64_t nbytes):
        cdef _Window window = _Window.__new__(_Window)
        window.p = self.at(offset, nbytes)
        window.nbytes = nbytes
        window.source = self
        self.nexports += 1
        return memoryview(window)

    def read(self, uint64_t offset, uint64_t nbytes):
        return self.copy(offset, nbytes)

    def close(self):
        self.closed = True
        if self.nexports == 0:
            self.let_go()

    cdef int give_back(self) except -1:
        if self.buffer != NULL:
            PyBuffer_Release(self.buffer)
            free(self.buffer)
            self.buffer = NULL
        return 0

    cdef int let_go(self) except -1:
        dcm_source_free(&self.c)
        self.give_back()
        return 0

    def __reduce__(self):
        raise TypeError("a Source cannot be pickled; pickle the Dataset")


cdef class _Window:
    """Bytes of a source, read-only, that keep it from being unmapped."""

    cdef const uint8_t *p
    cdef uint64_t nbytes
    cdef Source source

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, <void *> self.p, <Py_ssize_t> self.nbytes, 1, flags)

    def __dealloc__(self):
        if self.source is not None:
            self.source.nexports -= 1
            if self.source.closed and self.source.nexports == 0:
                self.source.let_go()
