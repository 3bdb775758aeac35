"""What de-identification must look at, found natively. PS3.15 Annex E."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_NO_ROW, DCM_OK, dcm_status
from dicomet._native.libdcm.deid cimport *
from dicomet._native.libdcm.index cimport dcm_element
from dicomet._native.libdcm.text cimport DCM_TEXT_NOT, dcm_text_kind_of, dcm_text_trim
from dicomet._native.libdcm.vr cimport DCM_VR_DA, DCM_VR_DT, DCM_VR_PN, DCM_VR_UI
from dicomet._native.source cimport Source
from dicomet._native.values cimport vr_text

from dicomet.errors import SourceChanged, SourceClosed

cdef enum:
    REMOVE = 2
    IDENTIFIES = 0x80

KEEP = DCM_DEID_KEEP
PLAIN = DCM_DEID_PLAIN
X = REMOVE
IDENTIFIER = IDENTIFIES
UNMARKED = DCM_DEID_UNMARKED
DONE = DCM_DEID_DONE
_MAX_TEXT_NBYTES = 1 << 16
_MIN_PATTERN_NBYTES = 4


cdef class Rules:
    cdef dcm_deid_rules c

    def __cinit__(self, dict actions not None, *, uint8_t of_private, uint8_t of_unknown, uint8_t of_uid,
                  uint8_t of_curve, uint8_t of_overlay):
        if dcm_deid_rules_init(&self.c, <uint32_t> len(actions)) != DCM_OK:
            raise MemoryError()
        self.c.of_private = of_private
        self.c.of_unknown = of_unknown
        self.c.of_uid = of_uid
        self.c.of_curve = of_curve
        self.c.of_overlay = of_overlay
        for tag, action in actions.items():
            if action == DCM_DEID_NO_RULE:
                raise ValueError("action 0 stands for no rule")
            dcm_deid_rules_put(&self.c, tag, action)

    def __dealloc__(self):
        dcm_deid_rules_free(&self.c)

    def action_of(self, uint32_t tag):
        return dcm_deid_rule_of(&self.c, tag)


cdef object text_of(Index index, const dcm_element *row):
    """The value's bytes without padding, of text that is not too long; else None."""
    cdef const uint8_t *p
    cdef bytes copied
    if dcm_text_kind_of(row.vr) == DCM_TEXT_NOT or row.length > _MAX_TEXT_NBYTES:
        return None
    if row.length == 0:
        return b""
    p = index.source.held(row.offset, row.length)
    if p == NULL:
        copied = index.source.copy(row.offset, row.length)
        p = <const uint8_t *> PyBytes_AS_STRING(copied)
    return PyBytes_FromStringAndSize(<const char *> p, <Py_ssize_t> dcm_text_trim(p, row.length))


cdef inline bint identifies(uint8_t action, uint16_t vr) noexcept:
    return action & IDENTIFIES or vr == DCM_VR_PN or vr == DCM_VR_UI or vr == DCM_VR_DA or vr == DCM_VR_DT


cdef class Selection:
    cdef readonly list hits
    cdef readonly dict removed
    cdef readonly list taken
    cdef readonly bytearray marks
    cdef readonly bint gaps

    cdef int fill(self, Index index, const dcm_deid_hit *hits, uint32_t n) except -1:
        cdef uint8_t *marks = <uint8_t *> <char *> self.marks
        cdef const dcm_element *row
        cdef uint32_t i, end = 0
        cdef uint8_t action
        for i in range(n):
            row = &index.c.rows[hits[i].row]
            action = hits[i].action & ~IDENTIFIES
            if hits[i].row < end or (action == REMOVE and row.parent == DCM_NO_ROW):
                if hits[i].row >= end:
                    self.removed[row.tag] = None
                    marks[hits[i].row] = DCM_DEID_DONE
                    end = row.end
                if row.length >= 4 and row.tag >> 16 & 1 == 0 and identifies(hits[i].action, row.vr):
                    self.taken.append((vr_text(row.vr), text_of(index, row)))
                continue
            self.hits.append((hits[i].row, action, row.tag, vr_text(row.vr), row.parent, row.end, text_of(index, row),
                              bool(identifies(hits[i].action, row.vr))))
        return 0


def select(Index index not None, Rules top not None, Rules rules not None):
    cdef Selection found = Selection.__new__(Selection)
    cdef uint32_t nrows = index.c.nrows
    cdef bytearray marks = bytearray(nrows)
    cdef uint8_t *c_marks = <uint8_t *> <char *> marks
    cdef dcm_deid_hit *hits = <dcm_deid_hit *> malloc((nrows + 1) * sizeof(dcm_deid_hit))
    cdef uint64_t end_offset = index.end_offset if index.stopped else index.source.c.nbytes
    cdef uint32_t n
    cdef cbool gaps = False
    if hits == NULL:
        raise MemoryError()
    found.hits, found.removed, found.taken, found.marks = [], {}, [], marks
    try:
        with nogil:
            n = dcm_deid_select(&index.c, end_offset, &top.c, &rules.c, hits, c_marks, &gaps)
        found.gaps = gaps
        found.fill(index, hits, n)
    finally:
        free(hits)
    return found


def sweep(Index index not None, bytearray marks not None, list patterns not None, list words not None):
    cdef Source source = index.source
    cdef list kept = [p for p in patterns if len(p) >= _MIN_PATTERN_NBYTES]
    cdef uint32_t nwhole = <uint32_t> len(kept)
    cdef dcm_deid_pattern *c_patterns
    cdef dcm_deid_find *finds
    cdef uint8_t *c_marks = <uint8_t *> <char *> marks
    cdef uint32_t i, n = 0, npatterns
    cdef dcm_status status
    cdef bytes pattern
    kept += [p for p in words if len(p) >= _MIN_PATTERN_NBYTES]
    npatterns = <uint32_t> len(kept)
    if <uint64_t> len(marks) != index.c.nrows:
        raise ValueError("there is one mark a row")
    if source.closed:
        raise SourceClosed("the data set was closed", path=source.path)
    c_patterns = <dcm_deid_pattern *> malloc((npatterns + 1) * sizeof(dcm_deid_pattern))
    finds = <dcm_deid_find *> malloc((index.c.nrows + 1) * sizeof(dcm_deid_find))
    source.nexports += 1
    try:
        if c_patterns == NULL or finds == NULL:
            raise MemoryError()
        for i in range(npatterns):
            pattern = kept[i]
            c_patterns[i].bytes = <const uint8_t *> PyBytes_AS_STRING(pattern)
            c_patterns[i].nbytes = <uint32_t> len(pattern)
            c_patterns[i].is_word = i >= nwhole
        with nogil:
            status = dcm_deid_sweep(&index.c, &source.c, c_marks, c_patterns, npatterns, finds, &n)
        if status == DCM_E_CHANGED:
            raise SourceChanged("the file shrank after it was opened", path=source.path)
        if status != DCM_OK:
            raise MemoryError()
        return [(finds[i].row, finds[i].why == DCM_DEID_DAMAGED) for i in range(n)]
    finally:
        source.nexports -= 1
        free(c_patterns)
        free(finds)
