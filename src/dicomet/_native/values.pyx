"""Value bytes to builtins, by VR. PS3.5 §6.2, §6.4."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeASCII, PyUnicode_DecodeLatin1
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from dicomet._native.libdcm.base cimport dcm_load_u16, dcm_load_u32, dcm_load_u64
from dicomet._native.libdcm.number cimport dcm_parse_ds, dcm_parse_is
from dicomet._native.libdcm.text cimport (
    DCM_TEXT_MULTI, DCM_TEXT_NOT, dcm_text_has_charset, dcm_text_is_plain, dcm_text_kind, dcm_text_kind_of,
    dcm_text_nvalues, dcm_text_trim)
from dicomet._native.libdcm.vr cimport *

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        PyObject *(*tp_new)(PyTypeObject *, object, PyObject *) except NULL
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t i) noexcept

cdef dict _VR_TEXTS = {
    <int> DCM_VR_NONE: "",
    <int> DCM_VR_XS: "US or SS",
    <int> DCM_VR_OX: "OB or OW",
    <int> DCM_VR_XO: "US or SS or OW",
    <int> DCM_VR_UO: "US or OW",
}
for _vr in ("AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV").split():
    _VR_TEXTS[ord(_vr[0]) | ord(_vr[1]) << 8] = _vr
cdef dict _VR_CODES = {text: code for code, text in _VR_TEXTS.items()}


cdef object vr_text(uint16_t vr):
    return _VR_TEXTS[<int> vr]


cdef uint16_t vr_of_text(str text) except? 0:
    return _VR_CODES[text]


cdef inline object text_of(const uint8_t *p, uint64_t nbytes):
    """Bytes that no character set rules: Latin-1 where they are not ASCII."""
    return PyUnicode_DecodeLatin1(<const char *> p, <Py_ssize_t> nbytes, NULL)


cdef inline void put(list items, Py_ssize_t i, object value):
    Py_INCREF(value)
    PyList_SET_ITEM(items, i, value)


cdef object number_of_text(const uint8_t *p, uint64_t nbytes, bint decimal):
    """IS and DS: a number, or the text where it is none."""
    cdef double d = 0
    cdef int64_t i = 0
    if decimal:
        if dcm_parse_ds(p, nbytes, &d):
            return d
    elif dcm_parse_is(p, nbytes, &i):
        return i
    nbytes = dcm_text_trim(p, nbytes)
    while nbytes and p[0] == c" ":
        p += 1
        nbytes -= 1
    return text_of(p, nbytes)


cdef inline object one_text(const uint8_t *p, uint64_t nbytes, uint16_t vr):
    if vr == DCM_VR_DS or vr == DCM_VR_IS:
        return number_of_text(p, nbytes, vr == DCM_VR_DS)
    nbytes = dcm_text_trim(p, nbytes)
    if vr == DCM_VR_AE:
        while nbytes and p[0] == c" ":
            p += 1
            nbytes -= 1
    return text_of(p, nbytes)


cdef list text_list(const uint8_t *p, uint64_t nbytes, uint64_t n, uint16_t vr):
    cdef list items = PyList_New(<Py_ssize_t> n)
    cdef const uint8_t *end = p + nbytes
    cdef const uint8_t *stop
    cdef uint64_t i
    for i in range(n):
        stop = <const uint8_t *> memchr(p, c"\\", end - p)
        if stop == NULL:
            stop = end
        put(items, <Py_ssize_t> i, one_text(p, stop - p, vr))
        p = stop + 1
    return items


cdef object text_value(const uint8_t *p, uint64_t nbytes, uint16_t vr, dcm_text_kind text, int *kind):
    cdef uint64_t n = 1
    nbytes = dcm_text_trim(p, nbytes)
    if dcm_text_has_charset(vr) and not dcm_text_is_plain(p, nbytes):
        kind[0] = CHARSET
        return PyBytes_FromStringAndSize(<const char *> p, <Py_ssize_t> nbytes)
    if vr == DCM_VR_PN:
        kind[0] = PERSON_NAME
    elif vr == DCM_VR_UI:
        kind[0] = UID
    if nbytes == 0:
        return None if vr == DCM_VR_DS or vr == DCM_VR_IS else ""
    if text == DCM_TEXT_MULTI and memchr(p, c"\\", nbytes) != NULL:
        n = dcm_text_nvalues(p, nbytes)
        kind[0] += 1
        return text_list(p, nbytes, n, vr)
    return one_text(p, nbytes, vr)


cdef inline double as_f32(uint32_t bits):
    cdef float value
    memcpy(&value, &bits, 4)
    return value


cdef inline double as_f64(uint64_t bits):
    cdef double value
    memcpy(&value, &bits, 8)
    return value


cdef object number_at(const uint8_t *p, uint16_t vr, bint big):
    if vr == DCM_VR_US:
        return dcm_load_u16(p, big)
    if vr == DCM_VR_SS:
        return <int16_t> dcm_load_u16(p, big)
    if vr == DCM_VR_UL:
        return dcm_load_u32(p, big)
    if vr == DCM_VR_SL:
        return <int32_t> dcm_load_u32(p, big)
    if vr == DCM_VR_FL:
        return as_f32(dcm_load_u32(p, big))
    if vr == DCM_VR_FD:
        return as_f64(dcm_load_u64(p, big))
    if vr == DCM_VR_UV:
        return dcm_load_u64(p, big)
    if vr == DCM_VR_SV:
        return <int64_t> dcm_load_u64(p, big)
    return <uint32_t> dcm_load_u16(p, big) << 16 | dcm_load_u16(p + 2, big)  # AT


cdef object number_value(const uint8_t *p, uint64_t nbytes, uint16_t vr, bint big, int *kind):
    cdef uint32_t unit = 4 if vr == DCM_VR_AT else dcm_vr_unit_nbytes(vr)
    cdef uint64_t n = nbytes // unit
    cdef uint64_t i
    cdef list items
    if vr == DCM_VR_AT:
        kind[0] = TAG
    if n == 0:
        kind[0] = PLAIN
        return None
    if n == 1:
        return number_at(p, vr, big)
    kind[0] += 1
    items = PyList_New(<Py_ssize_t> n)
    for i in range(n):
        put(items, <Py_ssize_t> i, number_at(p + i * unit, vr, big))
    return items


cdef object decode(const uint8_t *p, uint64_t nbytes, uint16_t vr, bint big, int *kind):
    cdef dcm_text_kind text = dcm_text_kind_of(vr)
    kind[0] = PLAIN
    if text != DCM_TEXT_NOT:
        return text_value(p, nbytes, vr, text, kind)
    if (vr == DCM_VR_US or vr == DCM_VR_SS or vr == DCM_VR_UL or vr == DCM_VR_SL or vr == DCM_VR_FL
            or vr == DCM_VR_FD or vr == DCM_VR_UV or vr == DCM_VR_SV or vr == DCM_VR_AT):
        return number_value(p, nbytes, vr, big, kind)
    if nbytes == 0:
        return None
    return PyBytes_FromStringAndSize(<const char *> p, <Py_ssize_t> nbytes)


# The classes that values are handed out as, from the layer above (see `set_classes`).
cdef object _uid = str
cdef object _person_name = str
cdef object _multi_value = tuple
cdef object _tag = int


def set_classes(uid, person_name, multi_value, tag):
    global _uid, _person_name, _multi_value, _tag
    _uid, _person_name, _multi_value, _tag = uid, person_name, multi_value, tag


cdef inline object made(PyTypeObject *base, object cls, object value):
    """What cls.__new__ comes down to: the class is a subclass of str, tuple or int without state to set."""
    cdef PyObject *new = base.tp_new(<PyTypeObject *> cls, (value,), NULL)
    result = <object> new
    Py_DECREF(result)
    return result


cdef inline object made_name(object text):
    if PyUnicode_READ_CHAR(text, PyUnicode_GET_LENGTH(text) - 1) == c"=" if PyUnicode_GET_LENGTH(text) else False:
        return _person_name(text)
    return made(<PyTypeObject *> str, _person_name, text)


cdef object finish(int kind, object value):
    if kind == UID:
        return made(<PyTypeObject *> str, _uid, value)
    if kind == LIST:
        return made(<PyTypeObject *> tuple, _multi_value, value)
    if kind == PERSON_NAME:
        return made_name(value)
    if kind == TAG:
        return made(<PyTypeObject *> int, _tag, value)
    if kind == UID_LIST:
        value = [made(<PyTypeObject *> str, _uid, one) for one in <list> value]
    elif kind == PERSON_NAME_LIST:
        value = [made_name(one) for one in <list> value]
    elif kind == TAG_LIST:
        value = [made(<PyTypeObject *> int, _tag, one) for one in <list> value]
    return made(<PyTypeObject *> tuple, _multi_value, value)

