"""What a data set is made of: an index, the row of its container, and edits over both."""

from libc.stdint cimport uint32_t

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_NO_ROW
from dicomet._native.libdcm.dict cimport dcm_dict_entry, dcm_dict_find_keyword
from dicomet._native.libdcm.index cimport dcm_index_find
from dicomet._native.values cimport PLAIN

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void *PyUnicode_1BYTE_DATA(object text) noexcept
    object PyObject_GenericGetAttr(object target, object name)

cdef object _ABSENT = object()
cdef Index _NOTHING = Index.__new__(Index)


cdef class View:
    cdef public Index _index
    cdef public uint32_t _row
    cdef public dict _edits
    cdef public dict _sequences
    cdef public object _parent
    cdef public object _charset

    def __cinit__(self):
        self._index = _NOTHING
        self._row = DCM_NO_ROW

    @classmethod
    def _over(cls, Index index not None, uint32_t row, parent):
        cdef View self = cls.__new__(cls)
        self._index = index
        self._row = row
        self._parent = parent
        return self

    def __getattribute__(self, name):
        # Keywords begin with a capital and nothing else does: they are looked up first, because the generic
        # look-up would have to fail, exception and all, before __getattr__ were asked.
        if type(name) is str and PyUnicode_IS_ASCII(name) and PyUnicode_GET_LENGTH(name):
            text = <const char *> PyUnicode_1BYTE_DATA(name)
            if c"A" <= text[0] <= c"Z":
                found = self.keyword_value(text, PyUnicode_GET_LENGTH(name))
                if found is not _ABSENT:
                    return found
        return PyObject_GenericGetAttr(self, name)

    cdef object keyword_value(self, const char *text, Py_ssize_t nbytes):
        cdef const dcm_dict_entry *entry = dcm_dict_find_keyword(text, nbytes)
        cdef uint32_t row
        cdef int kind = PLAIN
        if entry == NULL:
            return _ABSENT
        if self._edits is not None and entry.tag in self._edits:
            return self._edited_value(entry.tag)
        row = dcm_index_find(&self._index.c, self._row, entry.tag)
        if row == DCM_NO_ROW and self._index.pending and entry.tag > <uint32_t> 0x7FE00010:
            self._settle()
            row = dcm_index_find(&self._index.c, self._row, entry.tag)
        if row == DCM_NO_ROW:
            return _ABSENT
        value = self._index.value(row, self._index.c.rows[row].vr, &kind)
        if kind == PLAIN:
            return value
        return self._finish(kind, value, row)
