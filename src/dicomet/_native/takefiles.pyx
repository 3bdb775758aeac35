"""Requests of an association answered as they come, as long as nothing is out of the ordinary. PS3.4 Annexes A, B."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from posix.uio cimport iovec

import os

from dicomet._native.libdcm.takefiles cimport (
    DCM_TAKE_CLOSED, DCM_TAKE_EVENT, DCM_TAKE_NO_MEMORY, DCM_TAKE_TIME, DCM_TAKE_TIMEOUT, dcm_take, dcm_take_context,
    dcm_take_end, dcm_taker, dcm_taker_close, dcm_taker_forget, dcm_taker_open)
from dicomet._native.libdcm.receiver cimport dcm_receiver_is_inside
from dicomet._native.libdcm.wire cimport (
    DCM_WIRE_CLOSED, DCM_WIRE_DONE, dcm_wire_close, dcm_wire_end, dcm_wire_open, dcm_wire_read, dcm_wire_write)
from dicomet._native.receiver cimport Receiver
from dicomet._native.storefile cimport Place

TIME = DCM_TAKE_TIME
EVENT = DCM_TAKE_EVENT
TIMEOUT = DCM_TAKE_TIMEOUT
CLOSED = DCM_TAKE_CLOSED


cdef class Taker:
    cdef dcm_taker c
    cdef Receiver receiver
    cdef Place place
    cdef list metas
    cdef dcm_take_context *contexts

    def __cinit__(self, Receiver receiver not None, Place place, contexts, *, bint echoes, uint32_t max_pdu_nbytes,
                  double write_seconds):
        cdef uint32_t i = 0
        cdef list given = list(contexts)
        dcm_taker_open(&self.c)
        self.receiver = receiver
        self.place = place
        self.metas = [meta for _, _, _, meta in given]
        self.contexts = <dcm_take_context *> calloc(len(given) + 1, sizeof(dcm_take_context))
        if self.contexts == NULL:
            raise MemoryError()
        for number, implicit, big_endian, meta in given:
            self.contexts[i].id = number
            self.contexts[i].encoding.implicit = implicit
            self.contexts[i].encoding.big = big_endian
            self.contexts[i].meta = <const uint8_t *> PyBytes_AS_STRING(meta)
            self.contexts[i].meta_nbytes = <uint64_t> len(meta)
            i += 1
        self.c.receiver = &receiver.c
        self.c.contexts = self.contexts
        self.c.ncontexts = i
        self.c.place = NULL if place is None else &place.c
        self.c.echoes = echoes
        self.c.max_pdu_nbytes = max_pdu_nbytes
        self.c.write_ms = <int> (write_seconds * 1000) if write_seconds else -1

    def __dealloc__(self):
        dcm_taker_close(&self.c)
        free(self.contexts)

    def open(self, int fd, *, bint is_apart=False):
        dcm_wire_open(&self.c.wire, fd)
        self.c.is_apart = is_apart

    def close(self):
        dcm_wire_close(&self.c.wire)
        self.receiver.c.passes_on = False

    def take(self, uint32_t max_ms):
        cdef dcm_take_end end
        with nogil:
            end = dcm_take(&self.c, max_ms)
        if end == DCM_TAKE_NO_MEMORY:
            raise MemoryError()
        return <int> end

    def receive(self, room, int max_ms):
        cdef Py_buffer view
        cdef uint64_t nbytes = 0
        cdef dcm_wire_end end
        cdef bint is_inside = dcm_receiver_is_inside(&self.receiver.c)
        PyObject_GetBuffer(room, &view, PyBUF_WRITABLE)
        try:
            with nogil:
                end = dcm_wire_read(&self.c.wire, <uint8_t *> view.buf, <uint64_t> view.len, is_inside, max_ms, &nbytes)
        finally:
            PyBuffer_Release(&view)
        self.c.nreads += nbytes > 0
        return -1 if end == DCM_WIRE_CLOSED else <int64_t> nbytes

    def responses(self):
        cdef uint64_t nbytes = self.c.out.nbytes
        self.c.out.nbytes = 0
        return self.c.out.p[:nbytes] if nbytes else b""

    def write(self, list pieces not None):
        cdef Py_ssize_t n = len(pieces), i, nviews = 0
        cdef Py_buffer *views
        cdef iovec *v
        cdef dcm_wire_end end
        if n == 0:
            return True
        views = <Py_buffer *> calloc(n, sizeof(Py_buffer) + sizeof(iovec))
        if views == NULL:
            raise MemoryError()
        v = <iovec *> (views + n)
        try:
            for i in range(n):
                PyObject_GetBuffer(pieces[i], &views[i], PyBUF_SIMPLE)
                nviews += 1
                v[i].iov_base, v[i].iov_len = views[i].buf, <size_t> views[i].len
            with nogil:
                end = dcm_wire_write(&self.c.wire, v, <uint64_t> n, False, self.c.write_ms)
        finally:
            for i in range(nviews):
                PyBuffer_Release(&views[i])
            free(views)
        return end == DCM_WIRE_DONE

    def forget(self):
        cdef char *path = NULL
        cdef bint is_pending = self.c.context != NULL
        cdef int fd = dcm_taker_forget(&self.c, &path)
        try:
            return is_pending, (None if fd < 0 else (fd, os.fsdecode(path)))
        finally:
            free(path)

    @property
    def event(self):
        return <int> self.c.event

    @property
    def nreads(self):
        return self.c.nreads
