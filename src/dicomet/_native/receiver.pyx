"""Bytes off a connection to PDUs and messages. PS3.8 §9.3, Annex E."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from dicomet._native.libdcm.base cimport DCM_OK
from dicomet._native.libdcm.receiver cimport (
    DCM_RECEIVED_COMMAND, DCM_RECEIVED_DATA, DCM_RECEIVED_FAULT, DCM_RECEIVED_LARGE, DCM_RECEIVED_NOTHING,
    DCM_RECEIVED_PDU, dcm_block, dcm_receive_limits, dcm_received, dcm_receiver_close,
    dcm_receiver_exchange, dcm_receiver_expect, dcm_receiver_is_inside, dcm_receiver_next, dcm_receiver_open, dcm_receiver_sink,
    dcm_receiver_space, dcm_receiver_took)

NOTHING = DCM_RECEIVED_NOTHING
PDU = DCM_RECEIVED_PDU
COMMAND = DCM_RECEIVED_COMMAND
LARGE = DCM_RECEIVED_LARGE
DATA = DCM_RECEIVED_DATA
FAULT = DCM_RECEIVED_FAULT

# Blocks that wait for the next data set, so that their pages need not be made anew.
cdef Py_ssize_t MAX_SPARE = 16
cdef uint64_t MAX_SPARE_NBYTES = 4 << 20
cdef dcm_block[16] _spare
cdef Py_ssize_t _nspare = 0


cdef class Block:
    """Bytes of a data set as they came."""

    cdef dcm_block c

    def __dealloc__(self):
        global _nspare
        if self.c.p == NULL:
            return
        if _nspare < MAX_SPARE and self.c.capacity <= MAX_SPARE_NBYTES:
            _spare[_nspare] = self.c
            _nspare += 1
        else:
            free(self.c.p)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.c.p if self.c.p != NULL else <uint8_t *> b"", <Py_ssize_t> self.c.nbytes, True,
                          flags)

    def __len__(self):
        return self.c.nbytes


cdef class Receiver:
    def __cinit__(self, *, uint32_t pdu_nbytes, uint32_t other_nbytes, uint32_t command_nbytes, uint64_t data_nbytes=0,
                  uint64_t held_nbytes=0, uint64_t large_nbytes=0):
        cdef dcm_receive_limits limits
        limits.pdu_nbytes = pdu_nbytes
        limits.other_nbytes = other_nbytes
        limits.command_nbytes = command_nbytes
        limits.data_nbytes = data_nbytes
        limits.held_nbytes = held_nbytes
        limits.large_nbytes = large_nbytes
        if dcm_receiver_open(&self.c, &limits) != DCM_OK:
            raise MemoryError()
        self.is_open = True

    def __dealloc__(self):
        if self.is_open:
            dcm_receiver_close(&self.c)

    @property
    def wants_data(self):
        return self.c.wants_data

    @wants_data.setter
    def wants_data(self, bint wanted):
        self.c.wants_data = wanted

    def accept(self, contexts):
        memset(self.c.contexts, 0, sizeof(self.c.contexts))
        for context in contexts:
            self.c.contexts[<uint8_t> context // 32] |= <uint32_t> 1 << <uint8_t> context % 32

    def space(self):
        cdef uint64_t nbytes = 0
        cdef uint8_t *p = dcm_receiver_space(&self.c, &nbytes)
        if p == NULL:
            raise MemoryError()
        return PyMemoryView_FromMemory(<char *> p, <Py_ssize_t> nbytes, PyBUF_WRITE)

    def took(self, uint64_t nbytes):
        dcm_receiver_took(&self.c, nbytes)

    def put(self, data, Py_ssize_t start):
        cdef Py_buffer view
        cdef uint64_t nbytes = 0
        cdef uint8_t *p
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if not 0 <= start <= view.len:
                raise ValueError("start lies outside the data")
            p = dcm_receiver_space(&self.c, &nbytes)
            if p == NULL:
                raise MemoryError()
            if nbytes > <uint64_t> (view.len - start):
                nbytes = <uint64_t> (view.len - start)
            memcpy(p, <uint8_t *> view.buf + start, nbytes)
            dcm_receiver_took(&self.c, nbytes)
            return nbytes
        finally:
            PyBuffer_Release(&view)

    def next(self):
        cdef dcm_received event = DCM_RECEIVED_NOTHING
        if dcm_receiver_next(&self.c, &event) != DCM_OK:
            raise MemoryError()
        return <int> event

    def expect(self, bint has_data):
        dcm_receiver_expect(&self.c, has_data)

    def sink(self, int fd):
        dcm_receiver_sink(&self.c, fd)

    @property
    def is_inside(self):
        return dcm_receiver_is_inside(&self.c)

    @property
    def type(self):
        return self.c.type

    @property
    def context(self):
        return self.c.context

    @property
    def fault(self):
        return <int> self.c.fault

    @property
    def body(self):
        return self.c.body.p[:self.c.body.nbytes]

    @property
    def command(self):
        return self.c.command.p[:self.c.command.nbytes]

    @property
    def data_nbytes(self):
        return self.c.data_nbytes

    @property
    def is_too_long(self):
        return self.c.is_too_long

    @property
    def sink_errno(self):
        return self.c.sink_errno

    def take(self):
        global _nspare
        cdef Block block = Block.__new__(Block)
        cdef dcm_block other
        other.p = NULL
        other.nbytes = other.capacity = 0
        if _nspare:
            _nspare -= 1
            other = _spare[_nspare]
        block.c = dcm_receiver_exchange(&self.c, other)
        return block
