"""The data dictionary, the UID registry and known private elements, as builtins. PS3.6; PS3.5 §7.8."""

from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8, PyUnicode_FromString
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport strlen

from dicomet._native.libdcm.dict cimport (
    dcm_dict_edition,
    dcm_dict_entries,
    dcm_dict_entry,
    dcm_dict_find,
    dcm_dict_find_keyword,
    dcm_dict_mask,
    dcm_dict_nentries,
    dcm_dict_text,
    dcm_dict_vms,
    dcm_dict_vr,
    dcm_private_entry,
    dcm_private_find,
    dcm_uid_entries,
    dcm_uid_entry,
    dcm_uid_find,
    dcm_uid_find_keyword,
    dcm_uid_nentries,
)


cdef extern from "Python.h":
    bint PyUnicode_Check(object text) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept


cdef extern from "vr.h":
    uint16_t DCM_VR_NONE
    uint16_t DCM_VR_XS
    uint16_t DCM_VR_OX
    uint16_t DCM_VR_XO
    uint16_t DCM_VR_UO


EDITION = PyUnicode_FromString(dcm_dict_edition)


# The tables' keys are ASCII: any other text is in none of them, and is not encoded to learn that.
cdef inline const char *ascii_view(object text, Py_ssize_t *nbytes) except? NULL:
    if not PyUnicode_Check(text):
        raise TypeError(f"expected str, not {type(text).__name__}")
    nbytes[0] = 0
    if not PyUnicode_IS_ASCII(text):
        return b""
    return PyUnicode_AsUTF8AndSize(text, nbytes)


cdef inline str text_at(uint32_t offset):
    cdef const char *text = dcm_dict_text + offset
    return PyUnicode_DecodeUTF8(text, <Py_ssize_t>strlen(text), NULL)


cdef str vr_text(uint16_t vr):
    cdef char[2] text
    if vr == DCM_VR_NONE:
        return "NONE"
    if vr == DCM_VR_XS:
        return "US or SS"
    if vr == DCM_VR_OX:
        return "OB or OW"
    if vr == DCM_VR_XO:
        return "US or SS or OW"
    if vr == DCM_VR_UO:
        return "US or OW"
    text[0] = <char>(vr & 0xFF)
    text[1] = <char>(vr >> 8)
    return PyUnicode_DecodeUTF8(text, 2, NULL)


def keyword_tag(object keyword not None):
    cdef Py_ssize_t nbytes
    cdef const char *text = ascii_view(keyword, &nbytes)
    cdef const dcm_dict_entry *entry = dcm_dict_find_keyword(text, <size_t>nbytes)
    # Digits that repeat within the element may be 0 in another attribute's tag: 0028,04x0.
    if entry == NULL or dcm_dict_find(entry.tag) != entry:
        return 0
    return entry.tag


def keyword_mask(object keyword not None):
    cdef Py_ssize_t nbytes
    cdef const char *text = ascii_view(keyword, &nbytes)
    cdef const dcm_dict_entry *entry = dcm_dict_find_keyword(text, <size_t>nbytes)
    return 0 if entry == NULL else dcm_dict_mask(entry)


def tag_has_entry(uint32_t tag):
    return dcm_dict_find(tag) != NULL


def tag_keyword(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return "" if entry == NULL else text_at(entry.keyword)


def tag_name(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return "" if entry == NULL else text_at(entry.name)


def tag_vr(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return "" if entry == NULL else vr_text(entry.vr)


def tag_implicit_vr(uint32_t tag):
    return vr_text(dcm_dict_vr(tag))


def tag_vm(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return "" if entry == NULL else PyUnicode_FromString(dcm_dict_vms[entry.vm])


def tag_retired(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return entry != NULL and entry.retired != 0


def tag_mask(uint32_t tag):
    cdef const dcm_dict_entry *entry = dcm_dict_find(tag)
    return 0 if entry == NULL else dcm_dict_mask(entry)


def keywords():
    cdef list found = []
    cdef uint32_t i
    for i in range(dcm_dict_nentries):
        if dcm_dict_find(dcm_dict_entries[i].tag) == &dcm_dict_entries[i]:
            keyword = text_at(dcm_dict_entries[i].keyword)
            if keyword:
                found.append(keyword)
    return found


def private_entry(object creator not None, uint32_t tag):
    cdef Py_ssize_t nbytes
    cdef const char *text = ascii_view(creator, &nbytes)
    cdef const dcm_private_entry *entry = dcm_private_find(text, <size_t>nbytes, tag)
    if entry == NULL:
        return None
    return vr_text(entry.vr), PyUnicode_FromString(dcm_dict_vms[entry.vm]), text_at(entry.name)


def uid_entry(object uid not None):
    cdef Py_ssize_t nbytes
    cdef const char *text = ascii_view(uid, &nbytes)
    cdef const dcm_uid_entry *entry = dcm_uid_find(text, <size_t>nbytes)
    if entry == NULL:
        return None
    return text_at(entry.keyword), text_at(entry.name), text_at(entry.type), entry.retired != 0


def uid_of_keyword(object keyword not None):
    cdef Py_ssize_t nbytes
    cdef const char *text = ascii_view(keyword, &nbytes)
    cdef const dcm_uid_entry *entry = dcm_uid_find_keyword(text, <size_t>nbytes)
    return None if entry == NULL else text_at(entry.uid)


def uids():
    return [text_at(dcm_uid_entries[i].uid) for i in range(dcm_uid_nentries)]
