"""Files over an association, as long as nothing is out of the ordinary. PS3.4 Annex B."""

from cpython.buffer cimport PyBUF_READ
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

import os

from dicomet._native.libdcm.sendfiles cimport (
    DCM_SEND_ANSWER, DCM_SEND_CLOSED, DCM_SEND_DONE, DCM_SEND_NO_MEMORY, DCM_SEND_READ, DCM_SEND_SHORT,
    DCM_SEND_TIMEOUT, DCM_SEND_UNUSUAL, DCM_SEND_WRITE, dcm_send_answered, dcm_send_begin, dcm_send_context,
    dcm_send_end, dcm_send_files, dcm_send_item, dcm_send_look, dcm_send_told, dcm_sender,
    dcm_sender_close, dcm_sender_open)
from dicomet._native.libdcm.wire cimport dcm_wire_open
from dicomet._native.receiver cimport Receiver

DONE = DCM_SEND_DONE
UNUSUAL = DCM_SEND_UNUSUAL
ANSWER = DCM_SEND_ANSWER
TIMEOUT = DCM_SEND_TIMEOUT
CLOSED = DCM_SEND_CLOSED
SHORT = DCM_SEND_SHORT
WRITE = DCM_SEND_WRITE
READ = DCM_SEND_READ


def look(paths):
    cdef dcm_sender *sender = <dcm_sender *> calloc(1, sizeof(dcm_sender))
    cdef dcm_send_item *items
    cdef char *found
    cdef list names = [os.fsencode(path) for path in paths], out = []
    cdef const char **pointers
    cdef Py_ssize_t n = len(names), i
    items = <dcm_send_item *> calloc(n + 1, sizeof(dcm_send_item))
    pointers = <const char **> calloc(n + 1, sizeof(char *))
    found = <char *> calloc(n + 1, 1)
    if sender == NULL or items == NULL or pointers == NULL or found == NULL:
        free(sender)
        free(items)
        free(pointers)
        free(found)
        raise MemoryError()
    for i in range(n):
        pointers[i] = NULL if b"\0" in names[i] else PyBytes_AS_STRING(names[i])
    try:
        with nogil:
            dcm_sender_open(sender)
            for i in range(n):
                found[i] = pointers[i] != NULL and dcm_send_look(sender, pointers[i], &items[i])
            dcm_sender_close(sender)
        for i in range(n):
            out.append((items[i].sop_class.decode("ascii"), items[i].sop_instance.decode("ascii"),
                        items[i].transfer_syntax.decode("ascii"), items[i].offset, items[i].nbytes) if found[i] else None)
    finally:
        free(sender)
        free(items)
        free(pointers)
        free(found)
    return out


cdef class Sender:
    cdef dcm_sender c
    cdef Receiver receiver
    cdef dcm_send_context *contexts
    cdef const char **paths
    cdef dcm_send_told *told
    cdef list texts, names
    cdef bytearray is_told

    def __cinit__(self, Receiver receiver not None, contexts, uint32_t max_pdu_nbytes, *, uint32_t window=1,
                  bint is_apart=False):
        cdef uint32_t i = 0
        dcm_sender_open(&self.c)
        self.receiver = receiver
        self.texts = [(one.encode("latin-1"), syntax.encode("latin-1"), number) for one, syntax, number in contexts]
        self.contexts = <dcm_send_context *> calloc(len(self.texts) + 1, sizeof(dcm_send_context))
        if self.contexts == NULL:
            raise MemoryError()
        for one, syntax, number in self.texts:
            self.contexts[i].sop_class = PyBytes_AS_STRING(one)
            self.contexts[i].transfer_syntax = PyBytes_AS_STRING(syntax)
            self.contexts[i].id = number
            i += 1
        self.c.receiver = &receiver.c
        self.c.contexts = self.contexts
        self.c.ncontexts = i
        self.c.max_pdu_nbytes = max_pdu_nbytes
        self.c.window = window
        self.c.is_apart = is_apart

    def __dealloc__(self):
        dcm_sender_close(&self.c)
        free(self.contexts)
        free(self.paths)
        free(self.told)

    def begin(self, int fd, paths, *, int message_id, double write_seconds, double read_seconds):
        cdef list names = [os.fsencode(path) for path in paths]
        cdef uint32_t n = <uint32_t> len(names), i
        cdef const char **pointers = <const char **> calloc(n + 1, sizeof(char *))
        cdef dcm_send_told *told = <dcm_send_told *> calloc(n + 1, sizeof(dcm_send_told))
        if pointers == NULL or told == NULL:
            free(pointers)
            free(told)
            raise MemoryError()
        for i in range(n):
            pointers[i] = PyBytes_AS_STRING(b"" if b"\0" in names[i] else names[i])
        free(self.paths)
        free(self.told)
        self.paths, self.told, self.names, self.is_told = pointers, told, names, bytearray(n + 1)
        dcm_wire_open(&self.c.wire, fd)
        self.c.message_id = message_id
        self.c.write_ms = <int> (write_seconds * 1000) if write_seconds else -1
        self.c.read_ms = <int> (read_seconds * 1000) if read_seconds else -1
        dcm_send_begin(&self.c, pointers, n, told)

    def send(self, uint32_t max_ms):
        cdef dcm_send_end end
        with nogil:
            end = dcm_send_files(&self.c, max_ms)
        if end == DCM_SEND_NO_MEMORY:
            raise MemoryError()
        return <int> end

    def take_done(self):
        cdef uint8_t *is_told = self.is_told
        cdef list found = []
        cdef uint32_t i
        for i in range(self.c.next):
            if self.told[i].is_done and not is_told[i]:
                is_told[i] = True
                found.append((i, self.told[i].sop_instance.decode("ascii")))
        return found

    def answered(self, uint16_t message_id, uint8_t context):
        cdef uint32_t file = dcm_send_answered(&self.c, message_id, context)
        return None if file == self.c.npaths else (file, self.told[file].sop_instance.decode("ascii"))

    @property
    def nsent(self):
        return self.c.next

    @property
    def out(self):
        return PyMemoryView_FromMemory(<char *> self.c.out.p, <Py_ssize_t> self.c.out.nbytes, PyBUF_READ)

    @property
    def message_id(self):
        return self.c.message_id

    @property
    def event(self):
        return <int> self.c.event
