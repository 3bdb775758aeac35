"""Functional groups of multi-frame images as columns. PS3.3 §C.7.6.16."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_E_NO_MEMORY, DCM_OK, dcm_status
from dicomet._native.libdcm.groups cimport *
from dicomet._native.libdcm.groupvalues cimport *
from dicomet._native.libdcm.index cimport DCM_ROW_LAZY, dcm_element
from dicomet._native.libdcm.scan cimport dcm_scan_options
from dicomet._native.libdcm.text cimport DCM_TEXT_NOT, dcm_text_kind_of
from dicomet._native.source cimport Source
from dicomet._native.values cimport CHARSET, PERSON_NAME, PERSON_NAME_LIST, decode, finish, vr_of_text, vr_text

from dicomet.errors import DicomError, SourceChanged, SourceClosed


cdef class FrameColumns:
    cdef dcm_groups c
    cdef uint32_t *tags       # of all paths, one after the other
    cdef Source source        # of all indexes that it was filled from

    def __cinit__(self):
        dcm_groups_init(&self.c, NULL, 0)

    @staticmethod
    def of(paths):
        cdef FrameColumns self = FrameColumns.__new__(FrameColumns)
        cdef uint32_t npaths = 0, ntags = 0
        cdef list all_paths = [(tuple(tags), anywhere) for tags, anywhere in paths]
        for path, _ in all_paths:
            if not path:
                raise ValueError("a path without a tag")
            ntags += <uint32_t> len(path)
        self.tags = <uint32_t *> malloc((<size_t> ntags + 1) * sizeof(uint32_t))
        self.c.paths = <dcm_groups_path *> calloc(<size_t> len(all_paths) + 1, sizeof(dcm_groups_path))
        if self.c.paths == NULL or self.tags == NULL:
            raise MemoryError()
        ntags = 0
        for path, anywhere in all_paths:
            self.c.paths[npaths].tags = self.tags + ntags
            self.c.paths[npaths].ntags = <uint32_t> len(path)
            self.c.paths[npaths].anywhere = anywhere and len(path) == 1
            for tag in path:
                self.tags[ntags] = tag
                ntags += 1
            npaths += 1
        self.c.npaths = npaths
        return self

    def __dealloc__(self):
        dcm_groups_free(&self.c)
        free(self.c.paths)
        free(self.tags)

    cdef int settle(self, dcm_status status) except -1:
        if status == DCM_E_NO_MEMORY:
            raise MemoryError()
        if status == DCM_E_CHANGED:
            raise SourceChanged("the file shrank after it was opened", path=self.source.path)
        if status != DCM_OK:
            raise DicomError("functional groups lie outside the source", path=self.source.path,
                             clause="PS3.3 §C.7.6.16")
        return 0

    cdef bint joins(self, Index index) except -1:
        """Whether the index is over the same source as those before."""
        if index.source is None or (self.source is not None and self.source is not index.source):
            return False
        self.source = index.source
        self.stays_open()
        return True

    cdef int stays_open(self) except -1:
        if self.source.closed:
            raise SourceClosed("the data set was closed", path=self.source.path)
        return 0

    def add_unscanned(self, Index index not None, uint32_t row):
        cdef const dcm_element *element = index.row(row)
        cdef dcm_scan_options options = index.options
        cdef dcm_status status
        cdef cbool sound = False
        if not element.flags & DCM_ROW_LAZY or not self.joins(index):
            return False
        options.stop_tag = 0
        options.stop_before_pixels = False
        options.lazy_nbytes = 0
        self.source.nexports += 1
        with nogil:
            status = dcm_groups_add_unscanned(&self.c, &self.source.c, element, &options, &sound)
        self.source.nexports -= 1
        self.settle(status)
        return sound

    def add(self, Index index not None, list items not None):
        cdef uint32_t n = <uint32_t> len(items), i
        cdef uint32_t *rows
        cdef dcm_status status
        if not self.joins(index):
            return False
        rows = <uint32_t *> malloc((<size_t> n + 1) * sizeof(uint32_t))
        if rows == NULL:
            raise MemoryError()
        try:
            for i in range(n):
                rows[i] = items[i]
                index.row(rows[i])
            with nogil:
                status = dcm_groups_add(&self.c, &index.c, rows, n)
            self.settle(status)
        finally:
            free(rows)
        return True

    def resize(self, uint64_t nframes):
        cdef dcm_status status
        with nogil:
            status = dcm_groups_resize(&self.c, nframes)
        self.settle(status)

    def fill(self, Index index not None, uint32_t item):
        if not self.joins(index):
            return False
        index.row(item)
        with nogil:
            dcm_groups_fill(&self.c, &index.c, item)
        return True

    def fill_path(self, uint32_t path, Index index not None, uint32_t row):
        cdef const dcm_element *element = index.row(row)
        self.check(path)
        if not self.joins(index):
            return False
        with nogil:
            dcm_groups_fill_path(&self.c, path, element)
        return True

    cdef int check(self, uint32_t path) except -1:
        if path >= self.c.npaths:
            raise IndexError(f"no path {path}")
        return 0

    def __len__(self):
        return self.c.nframes

    @property
    def own_context(self):
        return self.c.own_context

    def measure(self, uint32_t path):
        cdef dcm_groups_column column
        cdef dcm_status status
        self.check(path)
        if self.source is None:
            return ("", 0)
        self.stays_open()
        self.source.nexports += 1
        with nogil:
            status = dcm_groups_measure(&self.c, path, &self.source.c, &column)
        self.source.nexports -= 1
        self.settle(status)
        if not column.uniform:
            return None
        return (vr_text(column.vr), column.max_nvalues)

    def numbers(self, uint32_t path, str vr not None, uint64_t nvalues, out, mask):
        cdef uint16_t code = vr_of_text(vr)
        cdef uint32_t unit = dcm_groups_unit_nbytes(code)
        cdef uint64_t n = self.c.nframes, nmissing = 0
        cdef Py_buffer numbers
        cdef Py_buffer missing
        cdef dcm_status status
        self.check(path)
        if unit == 0:
            raise ValueError(f"VR {vr} holds no numbers")
        if self.source is None:
            raise ValueError("there are no frames")
        self.stays_open()
        PyObject_GetBuffer(out, &numbers, PyBUF_SIMPLE | PyBUF_WRITABLE)
        try:
            PyObject_GetBuffer(mask, &missing, PyBUF_SIMPLE | PyBUF_WRITABLE)
            try:
                if nvalues and n > <uint64_t> missing.len // nvalues or n * nvalues > <uint64_t> numbers.len // unit:
                    raise ValueError("no room for the numbers of all frames")
                if <uintptr_t> numbers.buf % unit:
                    raise ValueError("the memory is not aligned for the numbers")
                self.source.nexports += 1
                with nogil:
                    status = dcm_groups_numbers(&self.c, path, &self.source.c, code, nvalues, numbers.buf,
                                                <uint8_t *> missing.buf, &nmissing)
                self.source.nexports -= 1
            finally:
                PyBuffer_Release(&missing)
        finally:
            PyBuffer_Release(&numbers)
        self.settle(status)
        return nmissing

    def texts(self, uint32_t path, decode_text not None):
        cdef list values = []
        cdef const dcm_groups_cell *cell
        cdef bytes raw = None     # of the value before, None if there was none
        cdef object value = None
        cdef uint64_t frame, at = 0
        self.check(path)
        for frame in range(self.c.nframes):
            cell = self.c.cells + frame * self.c.npaths + path
            if cell.state != DCM_GROUPS_FOUND:
                values.append(None)
                continue
            if dcm_text_kind_of(cell.vr) == DCM_TEXT_NOT:
                raise ValueError(f"VR {vr_text(cell.vr)} is not text")
            if raw is None or at != cell.offset:
                copied = self.source.copy(cell.offset, cell.length)
                if raw is None or copied != raw:
                    value = text_of(copied, cell.vr, decode_text)
                raw = copied
                at = cell.offset
            values.append(value)
        return values


cdef object text_of(bytes raw, uint16_t vr, object decode_text):
    """Plain `str`, or a tuple of several."""
    cdef int kind = 0
    value = decode(<const uint8_t *> PyBytes_AS_STRING(raw), len(raw), vr, False, &kind)
    if kind == CHARSET:
        value = decode_text(vr_text(vr), value)
    elif kind == PERSON_NAME or kind == PERSON_NAME_LIST:
        value = finish(kind, value)
    if isinstance(value, (tuple, list)):
        return tuple([str(one) for one in value])
    return str(value)
