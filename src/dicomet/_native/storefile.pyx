"""Received data sets to files, where nothing is out of the ordinary. PS3.4 Annex B."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

import os

from dicomet._native.libdcm.index cimport dcm_index_free, dcm_index_init
from dicomet._native.libdcm.storefile cimport dcm_store_file, dcm_store_piece, dcm_store_request, dcm_store_scratch


cdef class Scratch:
    """What one thread keeps from file to file."""

    cdef dcm_store_scratch *s

    def __cinit__(self):
        self.s = <dcm_store_scratch *> calloc(1, sizeof(dcm_store_scratch))
        if self.s == NULL:
            raise MemoryError()
        dcm_index_init(&self.s.index)

    def __dealloc__(self):
        if self.s != NULL:
            dcm_index_free(&self.s.index)
            free(self.s)


cdef class Storing:
    cdef bytes folder
    cdef list texts
    cdef dcm_store_piece *pieces
    cdef uint32_t npieces
    cdef list spare

    def __cinit__(self, folder, pieces):
        cdef uint32_t i = 0
        self.folder = os.fsencode(folder)
        self.texts = [os.fsencode(piece) if isinstance(piece, str) else None for piece in pieces]
        self.spare = []
        self.npieces = <uint32_t> len(pieces)
        self.pieces = <dcm_store_piece *> calloc(self.npieces + 1, sizeof(dcm_store_piece))
        if self.pieces == NULL:
            raise MemoryError()
        for piece, text in zip(pieces, self.texts):
            if text is None:
                self.pieces[i].tag = piece
            else:
                self.pieces[i].text = PyBytes_AS_STRING(text)
            i += 1

    def __dealloc__(self):
        free(self.pieces)

    def store(self, data, bytes head not None, *, bint implicit, bint big_endian, str sop_class not None,
              str sop_instance not None, bint sync):
        cdef Py_buffer view
        cdef dcm_store_request request
        cdef bytes class_uid, instance_uid
        cdef Scratch scratch
        cdef bint stored
        try:
            class_uid, instance_uid = sop_class.encode("ascii"), sop_instance.encode("ascii")
        except UnicodeEncodeError:
            return None
        scratch = self.spare.pop() if self.spare else Scratch()
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            request.folder = PyBytes_AS_STRING(self.folder)
            request.pieces = self.pieces
            request.npieces = self.npieces
            request.head = <const uint8_t *> PyBytes_AS_STRING(head)
            request.head_nbytes = <uint64_t> len(head)
            request.data = <const uint8_t *> view.buf
            request.data_nbytes = <uint64_t> view.len
            request.encoding.implicit = implicit
            request.encoding.big = big_endian
            request.sop_class = PyBytes_AS_STRING(class_uid)
            request.sop_instance = PyBytes_AS_STRING(instance_uid)
            request.sync = sync
            with nogil:
                stored = dcm_store_file(scratch.s, &request)
            path = os.fsdecode(scratch.s.path) if stored else None
        finally:
            PyBuffer_Release(&view)
        self.spare.append(scratch)
        return path
