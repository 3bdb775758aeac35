"""What is to be written: ranges of sources and new elements between them. PS3.5 §7, §10."""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport errno
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

import os

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport (
    DCM_E_CHANGED, DCM_E_ENCODED, DCM_E_IO, DCM_E_NO_MEMORY, DCM_E_TOO_DEEP, DCM_META_ROW, DCM_NEED_MORE, DCM_NO_ROW,
    DCM_OK, dcm_status)
from dicomet._native.libdcm.emit cimport (
    dcm_emit_begin, dcm_emit_begin_item, dcm_emit_element, dcm_emit_end, dcm_emit_free, dcm_emit_header, dcm_emit_init,
    dcm_emitter, dcm_lengths, dcm_padding_of, DCM_LENGTHS_DEFINED, DCM_LENGTHS_KEEP, DCM_LENGTHS_UNDEFINED)
from dicomet._native.libdcm.index cimport DCM_ROW_BIG_ENDIAN, DCM_ROW_IMPLICIT, DCM_ROW_UNDEFINED, DCM_ROW_UNSORTED, dcm_element
from dicomet._native.libdcm.outfile cimport (
    dcm_plan_read, dcm_plan_source, dcm_plan_write, dcm_replace_abandon, dcm_replace_begin, dcm_replace_commit,
    dcm_replacement)
from dicomet._native.libdcm.plan cimport dcm_plan_copy, dcm_plan_put
from dicomet._native.libdcm.rewrite cimport (
    DCM_REWRITE_ALL, dcm_rewrite, dcm_rewrite_children, dcm_rewrite_list, dcm_rewrite_row, dcm_rewrite_skip,
    dcm_rewrite_until)
from dicomet._native.libdcm.scan cimport dcm_encoding
from dicomet._native.libdcm.text cimport DCM_TEXT_NOT, dcm_text_is_plain, dcm_text_kind_of
from dicomet._native.libdcm.vr cimport dcm_vr_unit_nbytes
from dicomet._native.source cimport Source
from dicomet._native.values cimport vr_of_text

from dicomet.errors import DicomError, LimitError, SourceChanged, SourceClosed, WriteError

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void *PyUnicode_1BYTE_DATA(object text) noexcept

KEEP = DCM_LENGTHS_KEEP
DEFINED = DCM_LENGTHS_DEFINED
UNDEFINED = DCM_LENGTHS_UNDEFINED


cdef int raise_for(dcm_status status, uint32_t tag, object path) except -1:
    """The table from status codes to exceptions of writing."""
    cdef int error = errno
    if status == DCM_E_NO_MEMORY:
        raise MemoryError()
    if status == DCM_E_TOO_DEEP:
        raise LimitError("sequences nested too deeply to be written", tag=tag or None, clause="PS3.5 §7.5")
    if status == DCM_E_CHANGED:
        raise SourceChanged("the file that is copied from shrank", path=path)
    if status == DCM_E_ENCODED:
        raise WriteError("encapsulated Pixel Data cannot stand in this transfer syntax: transcode it", tag=tag or None,
                         clause="PS3.5 §A.4")
    if status == DCM_E_IO:
        raise OSError(error, os.strerror(error), path)
    raise WriteError("a length does not fit into 32 bits, or a range lies outside its source", tag=tag or None,
                     clause="PS3.5 §7.1.1")


@cython.no_gc_clear  # the sources must be there when they are given back
cdef class Plan:
    cdef dcm_emitter *c
    cdef list sources
    cdef dcm_plan_source *c_sources
    cdef uint32_t nsources

    def __cinit__(self, bint implicit=False, bint big_endian=False, int lengths=DCM_LENGTHS_KEEP):
        cdef dcm_encoding encoding
        encoding.implicit = implicit
        encoding.big = big_endian
        self.c = <dcm_emitter *> malloc(sizeof(dcm_emitter))
        if self.c == NULL:
            raise MemoryError()
        dcm_emit_init(self.c, encoding, <dcm_lengths> lengths)
        self.sources = []

    def __dealloc__(self):
        cdef Source source
        if self.c != NULL:
            dcm_emit_free(self.c)
            free(self.c)
        free(self.c_sources)
        for source in self.sources or ():
            source.nexports -= 1
            if source.closed and source.nexports == 0:
                source.let_go()

    cdef uint32_t number_of(self, Source source) except? 0:
        """The source's number in the plan, which keeps it from being unmapped."""
        cdef uint32_t i
        cdef dcm_plan_source *grown
        for i in range(self.nsources):
            if self.c_sources[i].source == &source.c:
                return i
        if source.closed:
            raise SourceClosed("the data set was closed", path=source.path)
        grown = <dcm_plan_source *> malloc((self.nsources + 1) * sizeof(dcm_plan_source))
        if grown == NULL:
            raise MemoryError()
        for i in range(self.nsources):
            grown[i] = self.c_sources[i]
        free(self.c_sources)
        self.c_sources = grown
        self.c_sources[self.nsources].source = &source.c
        self.c_sources[self.nsources].path = source.c_path()
        self.sources.append(source)
        source.nexports += 1
        self.nsources += 1
        return self.nsources - 1

    @property
    def nbytes(self):
        return self.c.plan.nbytes

    @property
    def implicit(self):
        return bool(self.c.encoding.implicit)

    @property
    def big_endian(self):
        return bool(self.c.encoding.big)

    @property
    def lengths(self):
        return <int> self.c.lengths

    @property
    def keeps_lengths(self):
        return self.c.lengths == DCM_LENGTHS_KEEP

    def put(self, data):
        cdef Py_buffer buffer
        cdef dcm_status status
        PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
        status = dcm_plan_put(&self.c.plan, <const uint8_t *> buffer.buf, <uint64_t> buffer.len)
        PyBuffer_Release(&buffer)
        if status != DCM_OK:
            raise_for(status, 0, None)

    def copy(self, Source source not None, uint64_t offset, uint64_t nbytes):
        cdef dcm_status status
        if offset > source.c.nbytes or nbytes > source.c.nbytes - offset:
            raise DicomError(f"{nbytes} bytes lie outside the source", offset=offset, path=source.path)
        status = dcm_plan_copy(&self.c.plan, self.number_of(source), offset, nbytes, 0)
        if status != DCM_OK:
            raise_for(status, 0, None)

    def element(self, uint32_t tag, str vr not None, value):
        cdef Py_buffer buffer
        cdef dcm_status status
        cdef uint16_t code = vr_of_text(vr)
        PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE)
        status = dcm_emit_element(self.c, tag, code, <const uint8_t *> buffer.buf, <uint64_t> buffer.len)
        PyBuffer_Release(&buffer)
        if status != DCM_OK:
            raise_for(status, tag, None)

    def text(self, uint32_t tag, str vr not None, value):
        cdef uint16_t code = vr_of_text(vr)
        cdef Py_ssize_t nbytes
        cdef const uint8_t *p
        cdef dcm_status status
        if not isinstance(value, str) or not PyUnicode_IS_ASCII(value) or dcm_text_kind_of(code) == DCM_TEXT_NOT:
            return False
        p = <const uint8_t *> PyUnicode_1BYTE_DATA(value)
        nbytes = PyUnicode_GET_LENGTH(value)
        if not dcm_text_is_plain(p, nbytes):
            return False
        status = dcm_emit_element(self.c, tag, code, p, nbytes)
        if status != DCM_OK:
            raise_for(status, tag, None)
        return True

    def header(self, uint32_t tag, str vr not None, uint64_t nbytes):
        cdef uint16_t code = vr_of_text(vr)
        cdef dcm_status status = dcm_emit_header(self.c, tag, &code, nbytes)
        if status != DCM_OK:
            raise_for(status, tag, None)

    def element_of_row(self, str vr not None, Index index not None, uint32_t row):
        cdef uint16_t code = vr_of_text(vr)
        cdef const dcm_element *element = index.row(row)
        cdef dcm_status status
        cdef uint32_t unit = dcm_vr_unit_nbytes(code)
        cdef uint8_t padding = dcm_padding_of(code)
        if unit < 2 or (element.flags & DCM_ROW_BIG_ENDIAN != 0) == self.c.encoding.big:
            unit = 0
        status = dcm_emit_header(self.c, element.tag, &code, element.length + (element.length & 1))
        if status == DCM_OK:
            status = dcm_plan_copy(&self.c.plan, self.number_of(index.source), element.offset, element.length, unit)
        if status == DCM_OK and element.length & 1:
            status = dcm_plan_put(&self.c.plan, &padding, 1)
        if status != DCM_OK:
            raise_for(status, element.tag, None)

    def begin(self, uint32_t tag, bint was_undefined=False):
        cdef dcm_status status = dcm_emit_begin(self.c, tag, was_undefined)
        if status != DCM_OK:
            raise_for(status, tag, None)

    def begin_item(self, bint was_undefined=False):
        cdef dcm_status status = dcm_emit_begin_item(self.c, was_undefined)
        if status != DCM_OK:
            raise_for(status, 0, None)

    def end(self):
        cdef dcm_status status = dcm_emit_end(self.c)
        if status != DCM_OK:
            raise_for(status, 0, None)

    def read(self, uint64_t offset, uint64_t nbytes):
        cdef dcm_status status
        cdef bytes out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nbytes)
        cdef uint8_t *to = <uint8_t *> PyBytes_AS_STRING(out)
        with nogil:
            status = dcm_plan_read(&self.c.plan, self.c_sources, self.nsources, offset, nbytes, to)
        if status != DCM_OK:
            raise_for(status, 0, self.sources[0].path if self.sources else None)
        return out

    def write(self, int fd, uint64_t offset=0, nbytes=None):
        cdef dcm_status status
        cdef uint64_t n = self.c.plan.nbytes - offset if nbytes is None else nbytes
        with nogil:
            status = dcm_plan_write(&self.c.plan, self.c_sources, self.nsources, offset, n, fd)
        if status != DCM_OK:
            raise_for(status, 0, None)

    def replace(self, path, bint sync=True):
        cdef dcm_replacement replacement
        cdef dcm_status status
        cdef bytes name = os.fsencode(path)
        cdef const char *target = name
        if b"\0" in name:
            raise ValueError("embedded null byte in path")
        with nogil:
            status = dcm_replace_begin(&replacement, target)
            if status == DCM_OK:
                status = dcm_plan_write(&self.c.plan, self.c_sources, self.nsources, 0, self.c.plan.nbytes,
                                        replacement.fd)
                if status == DCM_OK:
                    status = dcm_replace_commit(&replacement, sync)
                else:
                    dcm_replace_abandon(&replacement)
        if status != DCM_OK:
            raise_for(status, 0, os.fsdecode(path))


cdef class Children:
    """The children of one container, on their way into a plan."""

    cdef dcm_rewrite c
    cdef Plan plan
    cdef Index index
    cdef uint32_t *rows

    def __dealloc__(self):
        free(self.rows)

    @staticmethod
    def of(Plan plan not None, Index index not None, uint32_t parent, *, uint64_t end_offset, bint is_signed=False,
           bint group_lengths=False):
        return children_of(plan, index, parent, end_offset, is_signed, group_lengths)

    @staticmethod
    def items(Plan plan not None, Index index not None, list rows not None, *, bint is_signed=False):
        """Items of a sequence, by their rows."""
        cdef Children self = rows_of(plan, index, rows, is_signed)
        self.c.end_offset = index.end_offset
        return self

    def until(self, uint64_t tag):
        cdef dcm_status status
        cdef uint32_t row
        while True:
            with nogil:
                status = dcm_rewrite_until(&self.c, tag)
            if status != DCM_NEED_MORE:
                break
            row = dcm_rewrite_row(&self.c)
            self.put_lazy(row)
            dcm_rewrite_skip(&self.c)
        if status != DCM_OK:
            row = dcm_rewrite_row(&self.c)
            raise_for(status, 0 if row == DCM_NO_ROW else self.index.row(row).tag, self.index.source.path)

    def text(self, uint32_t tag, str vr not None, value):
        self.until(tag)
        return self.plan.text(tag, vr, value)

    def rest(self):
        self.until(DCM_REWRITE_ALL)

    cdef int put_lazy(self, uint32_t row) except -1:
        """A sequence whose inside the scan had left for later."""
        cdef const dcm_element *element = self.index.row(row)
        cdef Index inner = self.index.items(row, element.flags & DCM_ROW_IMPLICIT != 0)
        self.plan.begin(element.tag, element.flags & DCM_ROW_UNDEFINED != 0)
        children_of(self.plan, inner, DCM_NO_ROW, inner.end_offset, self.c.is_signed, False).rest()
        self.plan.end()
        return 0


cdef Children begin(Plan plan, Index index, bint is_signed):
    cdef Children self = Children.__new__(Children)
    self.plan = plan
    self.index = index
    self.c.emitter = plan.c
    self.c.index = &index.c
    self.c.source = &index.source.c
    self.c.source_number = plan.number_of(index.source)
    self.c.is_signed = is_signed
    return self


cdef Children rows_of(Plan plan, Index index, list rows, bint is_signed):
    cdef Children self = begin(plan, index, is_signed)
    cdef uint32_t i
    self.rows = <uint32_t *> malloc((len(rows) + 1) * sizeof(uint32_t))
    if self.rows == NULL:
        raise MemoryError()
    for i in range(<uint32_t> len(rows)):
        self.rows[i] = rows[i]
        index.row(self.rows[i])
    dcm_rewrite_list(&self.c, self.rows, <uint32_t> len(rows))
    return self


cdef Children children_of(Plan plan, Index index, uint32_t parent, uint64_t end_offset, bint is_signed,
                          bint group_lengths):
    cdef Children self
    if parent == DCM_META_ROW or (parent != DCM_NO_ROW and index.row(parent).flags & DCM_ROW_UNSORTED):
        self = rows_of(plan, index, index.children(parent), is_signed)
    else:
        self = begin(plan, index, is_signed)
        if parent == DCM_NO_ROW:
            dcm_rewrite_list(&self.c, index.c.top, index.c.ntop)
        else:
            dcm_rewrite_children(&self.c, parent)
    self.c.end_offset = end_offset
    self.c.group_lengths = group_lengths
    return self
