"""IODs, modules and attribute types, and data sets against them. PS3.3; PS3.5 §7.4."""

from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport uint16_t, uint32_t

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_NO_ROW, DCM_OK, dcm_status
from dicomet._native.libdcm.iodcheck cimport *
from dicomet._native.libdcm.iods cimport *
from dicomet._native.source cimport Source

from dicomet.errors import SourceChanged, SourceClosed

cdef extern from "Python.h":
    bint PyUnicode_Check(object text) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept

cdef enum:
    MAX_DEPTH = 120

cdef tuple _TYPES = (None, "1", "1C", "2", "2C", "3")
cdef tuple _CODES = ("missing", "empty", "no_items", "not_in_iod")

EDITION = (<bytes> dcm_iod_edition).decode()
NO_ROW = DCM_NO_ROW


cdef inline str text(const char *chars):
    return (<bytes> chars).decode()


# Names and UIDs are ASCII: any other text is none of them, and is not encoded to learn that.
cdef inline const char *ascii_view(object key, Py_ssize_t *nbytes) except NULL:
    nbytes[0] = 0
    if not PyUnicode_Check(key):
        raise TypeError(f"expected str, not {type(key).__name__}")
    if not PyUnicode_IS_ASCII(key):
        return b""
    return PyUnicode_AsUTF8AndSize(key, nbytes)


cdef const dcm_iod *find_iod(object name) except NULL:
    cdef Py_ssize_t nbytes
    cdef const char *key = ascii_view(name, &nbytes)
    cdef const dcm_iod *iod = dcm_iod_find(key, nbytes)
    if iod == NULL:
        raise KeyError(name)
    return iod


cdef const dcm_iod_module *find_module(object name) except NULL:
    cdef Py_ssize_t nbytes
    cdef const char *key = ascii_view(name, &nbytes)
    cdef const dcm_iod_module *module = dcm_iod_module_find(key, nbytes)
    if module == NULL:
        raise KeyError(name)
    return module


def iod_of_sop_class(object uid not None):
    cdef Py_ssize_t nbytes
    cdef const char *key = ascii_view(uid, &nbytes)
    cdef const dcm_iod *iod = dcm_iod_of_sop_class(key, nbytes)
    return None if iod == NULL else text(iod.name)


def sop_classes():
    return [text(dcm_sop_classes[i].uid) for i in range(dcm_nsop_classes)]


def iods():
    return [text(dcm_iods[i].name) for i in range(dcm_niods)]


def modules_of(object iod not None):
    cdef const dcm_iod *found = find_iod(iod)
    return [
        (text(dcm_iod_modules[dcm_iod_uses[i].module].name), chr(dcm_iod_uses[i].usage))
        for i in range(found.first, found.end)
    ]


def module_clause(object module not None):
    return "PS3.3 " + text(find_module(module).clause)


def attributes_of(object module not None, tuple path=()):
    cdef uint32_t list_number = find_module(module).list, i
    cdef const dcm_iod_attribute *attribute
    for tag in path:
        attribute = dcm_iod_list_find(list_number, dcm_iod_tag(tag))
        if attribute == NULL or attribute.items == 0:
            return []
        list_number = attribute.items
    return [
        (dcm_iod_attributes[i].tag, _TYPES[dcm_iod_attributes[i].type], dcm_iod_attributes[i].items != 0)
        for i in range(dcm_iod_lists[list_number], dcm_iod_lists[list_number + 1])
    ]


def attribute_type(object sop_class_uid, path not None):
    cdef uint32_t[MAX_DEPTH] tags
    cdef size_t n = 0
    cdef Py_ssize_t nbytes
    cdef const char *key
    cdef const dcm_iod *iod = NULL
    if isinstance(path, int):
        tags[0] = path
        n = 1
    else:
        for tag in path:
            if n == MAX_DEPTH:
                return None
            tags[n] = tag
            n += 1
    if sop_class_uid is not None:
        key = ascii_view(sop_class_uid, &nbytes)
        iod = dcm_iod_of_sop_class(key, nbytes)
    return _TYPES[<int> dcm_iod_attribute_type(iod, tags, n)]


def check_index(Index index not None, object iod not None, *, bint extra=False, uint32_t limit=10000):
    cdef Source source = index.source
    cdef const dcm_iod *found = find_iod(iod)
    cdef dcm_iod_problems problems
    cdef dcm_iod_problem *p
    cdef dcm_status status
    cdef uint32_t i
    if source.closed:
        raise SourceClosed("the data set was closed", path=source.path)
    dcm_iod_problems_init(&problems, limit)
    source.nexports += 1
    try:
        with nogil:
            status = dcm_check_iod(&index.c, &source.c, found, extra, &problems)
        if status == DCM_E_CHANGED:
            raise SourceChanged("the file shrank after it was opened", path=source.path)
        if status != DCM_OK:
            raise MemoryError()
        result = []
        for i in range(problems.n):
            p = &problems.all[i]
            module = "" if p.type == DCM_TYPE_NONE else text(dcm_iod_modules[p.module].name)
            result.append((p.container, p.row, p.tag, _CODES[p.code], _TYPES[p.type], module))
        return result, problems.cut
    finally:
        source.nexports -= 1
        dcm_iod_problems_free(&problems)
