"""Data sets as text, in the notation of the JSON or of the XML model. PS3.18 Annex F, PS3.19 §A.1."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t
from libc.stdlib cimport free, malloc

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_META_ROW, DCM_NO_ROW
from dicomet._native.libdcm.model cimport *
from dicomet._native.libdcm.textbuf cimport dcm_textbuf, dcm_textbuf_free, dcm_textbuf_init, dcm_textbuf_put
from dicomet._native.values cimport vr_of_text

from dicomet.errors import DicomError, LimitError, SourceChanged

LATIN1 = DCM_MODEL_LATIN1
UTF8 = DCM_MODEL_UTF8
OTHER = DCM_MODEL_ASK
UNSIGNED = DCM_MODEL_UNSIGNED
SIGNED = DCM_MODEL_SIGNED


cdef class ModelText:
    cdef dcm_textbuf text
    cdef dcm_model *own           # never walks: for what is put by hand

    def __cinit__(self, bint xml=False, bulk_nbytes=None):
        dcm_textbuf_init(&self.text)
        self.own = self.new_model()
        self.own.style = &dcm_model_xml if xml else &dcm_model_json
        self.own.bulk_nbytes = UINT64_MAX if bulk_nbytes is None else bulk_nbytes

    def __dealloc__(self):
        dcm_textbuf_free(&self.text)
        free(self.own)

    cdef dcm_model *new_model(self) except NULL:
        cdef dcm_model *model = <dcm_model *> malloc(sizeof(dcm_model))
        if model == NULL:
            raise MemoryError()
        model.out = &self.text
        model.depth = 0
        return model

    cdef int check(self) except -1:
        if self.text.failed:
            raise MemoryError()
        return 0

    # -- what the rows say

    def elements(self, ds not None, Index index not None, uint32_t row, list rows, bint changed, int charset, int pixels,
                 ask not None):
        cdef uint32_t *picked = NULL
        cdef uint32_t n = 0
        if rows is not None:
            if not rows:
                return
            picked = <uint32_t *> malloc(len(rows) * sizeof(uint32_t))
            if picked == NULL:
                raise MemoryError()
        try:
            if rows is not None:
                for one in rows:
                    picked[n] = one
                    index.row(picked[n])
                    n += 1
            if row != DCM_NO_ROW and (row != DCM_META_ROW or rows is None):
                index.row(row)
            self.walk(ds, index, row, picked, n, False, changed, charset, pixels, ask)
        finally:
            free(picked)

    def items(self, sequence not None, Index index not None, list rows not None, int charset, int pixels, ask not None):
        cdef uint32_t *picked
        cdef uint32_t n = 0
        if not rows:
            return
        picked = <uint32_t *> malloc(len(rows) * sizeof(uint32_t))
        if picked == NULL:
            raise MemoryError()
        try:
            for one in rows:
                picked[n] = one
                index.row(picked[n])
                n += 1
            self.walk(sequence, index, DCM_NO_ROW, picked, n, True, False, charset, pixels, ask)
        finally:
            free(picked)

    cdef int walk(self, root, Index index, uint32_t row, const uint32_t *rows, uint32_t n, bint items, bint changed,
                  int charset, int pixels, ask) except -1:
        cdef dcm_model *model
        cdef dcm_model_state state
        index.source.held(0, 0)  # is it open?
        model = self.new_model()
        try:
            model.index = &index.c
            model.source = &index.source.c
            model.style = self.own.style
            model.bulk_nbytes = self.own.bulk_nbytes
            dcm_model_begin(model, row, rows, n, items, changed, <dcm_model_charset> charset, <dcm_model_pixels> pixels)
            while True:
                index.source.nexports += 1
                with nogil:
                    state = dcm_model_run(model)
                index.source.nexports -= 1
                if state != DCM_MODEL_ASKED:
                    break
                ask(around(model, root, index), model.asked)
                index.source.held(0, 0)
            self.settle(state, index, model.asked)
        finally:
            free(model)
        return 0

    cdef int settle(self, dcm_model_state state, Index index, uint32_t row) except -1:
        path = index.source.path
        if state == DCM_MODEL_FAILED_MEMORY:
            raise MemoryError()
        if state == DCM_MODEL_FAILED_CHANGED:
            raise SourceChanged("the file shrank after it was opened", path=path)
        if state == DCM_MODEL_FAILED_RANGE:
            raise DicomError("a value lies outside the source", tag=index.tag(row), path=path)
        if state == DCM_MODEL_FAILED_DEPTH:
            raise LimitError("sequences nested too deep", tag=index.tag(row), path=path, clause="PS3.5 §7.5")
        return 0

    # -- what is told by hand

    def open_element(self, uint32_t tag, str vr not None, str creator not None):
        cdef bytes data = encoded(creator)
        self.own.style.open_element(self.own, tag, vr_of_text(vr), text_of(data))
        self.check()

    def close_element(self):
        self.own.style.close_element(self.own)

    def open_values(self):
        self.own.style.open_values(self.own)

    def close_values(self):
        self.own.style.close_values(self.own)

    def open_item(self, uint32_t number):
        self.own.style.open_item(self.own, number)

    def close_item(self):
        self.own.style.close_item(self.own)

    def put_empty(self, uint32_t number, str vr not None):
        self.own.style.empty(self.own, number, vr_of_text(vr))

    def put_text(self, uint32_t number, str text not None):
        cdef bytes data = encoded(text)
        self.own.style.text(self.own, number, text_of(data))
        self.check()

    def put_name(self, uint32_t number, str text not None):
        cdef bytes data = encoded(text)
        self.own.style.name(self.own, number, text_of(data))
        self.check()

    def put_number(self, uint32_t number, str text not None, bint quoted):
        cdef bytes data = encoded(text)
        self.own.style.number(self.own, number, <const char *> data, <uint32_t> len(data), quoted)
        self.check()

    def put_binary(self, data, uint32_t unit_nbytes):
        cdef Py_buffer buffer
        PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
        try:
            self.own.style.binary(self.own, <const uint8_t *> buffer.buf, buffer.len, unit_nbytes)
        finally:
            PyBuffer_Release(&buffer)
        self.check()

    def put(self, str text not None):
        cdef bytes data = encoded(text)
        dcm_textbuf_put(&self.text, <const char *> data, len(data))
        self.check()

    # -- the text

    def __len__(self):
        return self.text.nbytes

    def cut(self, size_t nbytes):
        if nbytes < self.text.nbytes:
            self.text.nbytes = nbytes

    def __str__(self):
        self.check()
        if self.text.nbytes == 0:
            return ""
        return PyUnicode_DecodeUTF8(<const char *> self.text.bytes, <Py_ssize_t> self.text.nbytes, "surrogatepass")

    def __reduce__(self):
        raise TypeError("a ModelText cannot be pickled")


cdef bytes encoded(str text):
    return text.encode("utf-8", "surrogatepass")


cdef dcm_model_text text_of(bytes data) noexcept:
    cdef dcm_model_text text
    text.p = <const uint8_t *> <const char *> data
    text.nbytes = len(data)
    text.latin1 = False
    return text


cdef object around(dcm_model *model, object root, Index index):
    """The data set that the walk stands in, from the data set or sequence that it began with."""
    cdef uint32_t i
    at = root
    for i in range(1, model.depth):
        if model.stack[i].items:
            at = at._sequence(index, model.stack[i].container)
        else:
            at = at._item(model.stack[i - 1].number - 1)
    return at
