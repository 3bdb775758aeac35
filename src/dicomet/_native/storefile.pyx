"""Received data sets to files, where nothing is out of the ordinary. PS3.4 Annex B."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

import os

from dicomet._native.libdcm.filehead cimport dcm_file_head, dcm_file_head_nbytes, dcm_file_uid
from dicomet._native.libdcm.storefile cimport (
    dcm_store_begin, dcm_store_commit, dcm_store_piece, dcm_store_request, dcm_storing, dcm_storing_close,
    dcm_storing_open)


def file_head(bytes sop_class not None, bytes sop_instance not None, bytes rest not None):
    cdef dcm_file_uid one, other
    cdef uint64_t nbytes
    cdef bytes out
    if len(sop_class) >= 0xFFFF or len(sop_instance) >= 0xFFFF:
        raise ValueError("PS3.5 §9.1: a UID of over 65534 bytes")
    one.p, one.nbytes = PyBytes_AS_STRING(sop_class), <uint16_t> len(sop_class)
    other.p, other.nbytes = PyBytes_AS_STRING(sop_instance), <uint16_t> len(sop_instance)
    nbytes = dcm_file_head_nbytes(one, other, <uint64_t> len(rest))
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nbytes)
    dcm_file_head(one, other, <const uint8_t *> PyBytes_AS_STRING(rest), <uint64_t> len(rest),
                  <uint8_t *> PyBytes_AS_STRING(out))
    return out


cdef class Storing:
    """What one thread keeps from file to file."""

    cdef dcm_storing *s

    def __cinit__(self):
        self.s = <dcm_storing *> calloc(1, sizeof(dcm_storing))
        if self.s == NULL:
            raise MemoryError()
        dcm_storing_open(self.s)

    def __dealloc__(self):
        if self.s != NULL:
            dcm_storing_close(self.s)
            free(self.s)


cdef class Place:
    def __cinit__(self, folder, pieces, *, bint sync):
        cdef uint32_t i = 0
        self.folder = os.fsencode(folder)
        self.texts = [os.fsencode(piece) if isinstance(piece, str) else None for piece in pieces]
        self.spare = []
        self.pieces = <dcm_store_piece *> calloc(len(pieces) + 1, sizeof(dcm_store_piece))
        if self.pieces == NULL:
            raise MemoryError()
        for piece, text in zip(pieces, self.texts):
            if text is None:
                self.pieces[i].tag = piece
            else:
                self.pieces[i].text = PyBytes_AS_STRING(text)
            i += 1
        self.c.folder = PyBytes_AS_STRING(self.folder)
        self.c.pieces = self.pieces
        self.c.npieces = i
        self.c.sync = sync

    def __dealloc__(self):
        free(self.pieces)

    def store(self, data, bytes meta not None, *, bint implicit, bint big_endian, str sop_class not None,
              str sop_instance not None):
        cdef Py_buffer view
        cdef dcm_store_request request
        cdef bytes class_uid, instance_uid
        cdef Storing storing
        cdef bint stored
        try:
            class_uid, instance_uid = sop_class.encode("ascii"), sop_instance.encode("ascii")
        except UnicodeEncodeError:
            return None
        if len(class_uid) > 64 or len(instance_uid) > 64:
            return None
        storing = self.spare.pop() if self.spare else Storing()
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            request.place = &self.c
            request.meta = <const uint8_t *> PyBytes_AS_STRING(meta)
            request.meta_nbytes = <uint64_t> len(meta)
            request.data = <const uint8_t *> view.buf
            request.data_nbytes = <uint64_t> view.len
            request.is_whole = True
            request.encoding.implicit = implicit
            request.encoding.big = big_endian
            request.sop_class = PyBytes_AS_STRING(class_uid)
            request.sop_instance = PyBytes_AS_STRING(instance_uid)
            with nogil:
                stored = dcm_store_begin(storing.s, &request) and dcm_store_commit(storing.s, self.c.sync)
            path = os.fsdecode(storing.s.path) if stored else None
        finally:
            PyBuffer_Release(&view)
        self.spare.append(storing)
        return path
