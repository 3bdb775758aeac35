"""Values and elements against their VRs and the dictionary. PS3.5 §6, §7; PS3.6."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_OK, dcm_status
from dicomet._native.libdcm.rowcheck cimport *
from dicomet._native.libdcm.valuecheck cimport *
from dicomet._native.source cimport Source
from dicomet._native.values cimport vr_of_text

from dicomet.errors import SourceChanged, SourceClosed

_SEVERITIES = ("error", "warning", "note")

CODES = tuple([
    (
        (<bytes> dcm_value_names[i]).decode(),
        _SEVERITIES[dcm_value_severities[i]],
        (<bytes> dcm_value_clauses[i]).decode(),
        (<bytes> dcm_value_texts[i]).decode(),
    )
    for i in range(DCM_V_COUNT)
])


def check_value(str vr not None, value not None):
    cdef Py_buffer buffer
    cdef uint32_t number = 0
    cdef dcm_value_code code
    PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE)
    try:
        code = dcm_check_value(vr_of_text(vr), <const uint8_t *> buffer.buf, <uint64_t> buffer.len, &number)
    finally:
        PyBuffer_Release(&buffer)
    return <int> code


def max_nchars(str vr not None):
    return dcm_vr_max_nchars(vr_of_text(vr))


def check_rows(Index index not None, *, bint values=True, bint elements=True, bint retired=False,
               uint32_t limit=10000):
    cdef Source source = index.source
    cdef dcm_row_problems problems
    cdef dcm_row_problem *problem
    cdef dcm_status status
    cdef uint32_t what = 0, i
    if source.closed:
        raise SourceClosed("the data set was closed", path=source.path)
    if values:
        what |= DCM_CHECK_VALUES
    if elements:
        what |= DCM_CHECK_ELEMENTS
    if retired:
        what |= DCM_CHECK_RETIRED
    dcm_row_problems_init(&problems, limit)
    source.nexports += 1
    try:
        with nogil:
            status = dcm_check_rows(&index.c, &source.c, what, &problems)
        if status == DCM_E_CHANGED:
            raise SourceChanged("the file shrank after it was opened", path=source.path)
        if status != DCM_OK:
            raise MemoryError()
        found = []
        for i in range(problems.n):
            problem = &problems.all[i]
            found.append((problem.row, problem.code, problem.number))
        return found, problems.cut
    finally:
        source.nexports -= 1
        dcm_row_problems_free(&problems)


def item_numbers(Index index not None):
    cdef bytearray out = bytearray(<Py_ssize_t> index.c.nrows * 4)
    cdef char *to = out
    if index.c.nrows:
        with nogil:
            dcm_number_items(&index.c, <uint32_t *> to)
    return memoryview(out).cast("I")
