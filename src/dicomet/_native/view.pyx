"""What a data set is made of: an index, the row of its container, and edits over both."""

from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport uint32_t

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_NO_ROW
from dicomet._native.libdcm.dict cimport dcm_dict_entry, dcm_dict_find_keyword
from dicomet._native.libdcm.index cimport dcm_index_find
from dicomet._native.values cimport PLAIN

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept


cdef class View:
    cdef public Index _index
    cdef public uint32_t _row
    cdef public dict _edits
    cdef public dict _sequences
    cdef public object _parent
    cdef public object _charset

    @classmethod
    def _over(cls, Index index not None, uint32_t row, parent):
        cdef View self = cls.__new__(cls)
        self._index = index
        self._row = row
        self._parent = parent
        return self

    def __getattr__(self, str name not None):
        cdef Py_ssize_t nbytes = 0
        cdef const char *text
        cdef const dcm_dict_entry *entry
        cdef uint32_t row
        cdef int kind = PLAIN
        if PyUnicode_IS_ASCII(name):
            text = PyUnicode_AsUTF8AndSize(name, &nbytes)
            entry = dcm_dict_find_keyword(text, nbytes)
            if entry != NULL:
                if self._edits is not None and entry.tag in self._edits:
                    return self._edited_value(entry.tag)
                row = dcm_index_find(&self._index.c, self._row, entry.tag)
                if row != DCM_NO_ROW:
                    value = self._index.value(row, self._index.c.rows[row].vr, &kind)
                    if kind == PLAIN:
                        return value
                    return self._finish(kind, value, row)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)
