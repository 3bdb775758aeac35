"""The frozen index over a source: find rows, read their values. PS3.5 §7."""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.list cimport PyList_Append
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr

from dicomet._native.libdcm.base cimport *
from dicomet._native.libdcm.dict cimport dcm_dict_entry, dcm_dict_find_keyword
from dicomet._native.libdcm.index cimport *
from dicomet._native.libdcm.number cimport dcm_parse_ds, dcm_parse_ds_list, dcm_parse_is
from dicomet._native.libdcm.scan cimport *
from dicomet._native.libdcm.source cimport dcm_source_scan, dcm_source_settle
from dicomet._native.libdcm.text cimport dcm_text_has_charset, dcm_text_is_plain, dcm_text_nvalues, dcm_text_trim
from dicomet._native.libdcm.vr cimport *
from dicomet._native.source cimport Source
from dicomet._native.values cimport (
    CHARSET, LIST, MISSING, PENDING, PLAIN, SEQUENCE, UNRESOLVED, decode, finish, vr_of_text, vr_text)

from dicomet.errors import DicomError, InvalidDicomError, LimitError, SourceChanged, SourceError

TOP = DCM_NO_ROW
META = DCM_META_ROW

cdef tuple _MISSING = (MISSING, None, DCM_NO_ROW)


cdef int raise_status(dcm_status status, dcm_scanner *scanner, object path) except -1:
    """The one table from status codes to exceptions."""
    offset = scanner.pos
    tag = scanner.error_tag or None
    if status == DCM_E_NO_MEMORY:
        raise MemoryError()
    if status == DCM_E_NOT_DICOM:
        raise InvalidDicomError("not DICOM: neither a DICM prefix nor a data element where one must be",
                                offset=offset, path=path, clause="PS3.10 §7.1")
    if status == DCM_E_TOO_DEEP:
        raise LimitError(f"sequences nested deeper than {scanner.options.max_depth} (raise max_depth)",
                         offset=offset, tag=tag, path=path, clause="PS3.5 §7.5")
    if status == DCM_E_TOO_MANY_ROWS:
        raise LimitError("more data elements than max_rows allows", offset=offset, tag=tag, path=path,
                         clause="PS3.5 §7.1")
    if status == DCM_E_CHANGED:
        raise SourceChanged("the file shrank while it was read", offset=offset, path=path)
    if status == DCM_E_IO:
        raise SourceError("cannot be read", offset=offset, path=path)
    raise DicomError(f"scan failed with status {<int> status}", offset=offset, tag=tag, path=path)


cdef class _Held:
    """Bytes of a value in memory, and what keeps them there."""


cdef class Index:
    def __cinit__(self):
        dcm_index_init(&self.c)

    def __dealloc__(self):
        dcm_index_free(&self.c)

    @staticmethod
    def scan(Source source not None, *, uint32_t stop_tag=0, bint stop_before_pixels=False, bint fragments=False,
             bint force=False, bint inflated=False, uint32_t max_depth=64, uint64_t max_rows=0, uint64_t lazy_nbytes=0,
             tuple keep_tags=None):
        cdef Index self = Index.__new__(Index)
        cdef dcm_scan_options *options = &self.options
        dcm_scan_options_init(options)
        options.stop_tag = stop_tag
        options.stop_before_pixels = stop_before_pixels
        options.fragments = fragments
        options.force = force
        options.max_depth = max_depth
        options.max_rows = max_rows
        options.lazy_nbytes = lazy_nbytes
        self.source = source
        self.inflated = inflated
        if keep_tags is not None:
            self.keep_tags = sorted(keep_tags)
        self.run()
        return self

    cdef int run(self) except -1:
        cdef dcm_scanner scanner
        cdef dcm_status status
        cdef Source source = self.source
        source.nexports += 1
        with nogil:
            dcm_scan_init(&scanner, &self.options, source.c.nbytes)
            if self.inflated:
                dcm_scan_set_inflated(&scanner, source.c.nbytes)
            status = dcm_source_scan(&source.c, &scanner, &self.c)
            dcm_source_settle(&source.c, scanner.pos)
            if status >= 0 and dcm_index_freeze(&self.c) != DCM_OK:
                status = DCM_E_NO_MEMORY
        source.nexports -= 1
        if status < 0:
            raise_status(status, &scanner, source.path)
        if self.keep_tags is not None:
            self.keep()
        self.transfer_syntax = scanner.transfer_syntax.decode("latin-1")
        self.implicit = scanner.encoding.implicit
        self.big_endian = scanner.encoding.big
        self.has_preamble = scanner.has_preamble
        self.stopped = scanner.stopped
        if scanner.stopped and self.c.nrows and not self.options.fragments:
            self.pending = self.c.rows[self.c.nrows - 1].flags & DCM_ROW_FRAGMENTS != 0
        self.needs_inflate = status == DCM_DEFLATED
        self.body_offset = scanner.body_offset
        self.end_offset = scanner.pos

    cdef int keep(self) except -1:
        cdef uint32_t *tags = <uint32_t *> malloc((len(self.keep_tags) + 1) * sizeof(uint32_t))
        cdef uint32_t n = 0
        if tags == NULL:
            raise MemoryError()
        try:
            for tag in self.keep_tags:
                tags[n] = tag
                n += 1
            dcm_index_keep(&self.c, tags, n)
        finally:
            free(tags)
        return 0

    @staticmethod
    def scan_bare(Source source not None, bint implicit, bint big_endian, uint32_t max_depth=64):
        """A data set without preamble and meta group that fills its source."""
        cdef Index self = Index.__new__(Index)
        cdef dcm_scanner scanner
        cdef dcm_encoding encoding
        cdef dcm_status status
        encoding.implicit = implicit
        encoding.big = big_endian
        dcm_scan_options_init(&self.options)
        self.options.fragments = True
        self.options.max_depth = max_depth
        self.source = source
        self.transfer_syntax = ""
        self.implicit = implicit
        self.big_endian = big_endian
        with nogil:
            dcm_scan_init_range(&scanner, &self.options, 0, source.c.nbytes, encoding, False)
            status = dcm_scan_run(&scanner, source.c.head, source.c.nbytes, True, &self.c)
            if status >= 0:
                status = dcm_index_freeze(&self.c)
        if status < 0:
            raise_status(status, &scanner, None)
        self.end_offset = scanner.pos
        return self

    def settings(self):
        """The arguments of `scan` that make the same index again."""
        return {
            "stop_tag": self.options.stop_tag,
            "stop_before_pixels": self.options.stop_before_pixels,
            "force": self.options.force,
            "max_depth": self.options.max_depth,
            "max_rows": self.options.max_rows,
            "lazy_nbytes": self.options.lazy_nbytes,
            "keep_tags": None if self.keep_tags is None else tuple(self.keep_tags),
        }

    def full(self):
        cdef Index other
        if not self.pending:
            return self
        other = Index.__new__(Index)
        other.options = self.options
        other.options.fragments = True
        other.source = self.source
        other.inflated = self.inflated
        other.keep_tags = self.keep_tags
        other.run()
        return other

    def items(self, uint32_t row, bint implicit):
        """Index over the items inside a row's value; its top level is the items."""
        cdef const dcm_element *element = self.row(row)
        cdef Index other = Index.__new__(Index)
        cdef dcm_scanner scanner
        cdef dcm_status status = DCM_OK
        cdef dcm_encoding encoding
        cdef uint64_t offset = element.offset
        cdef uint64_t end = offset + element.length
        cdef _Held held = self.held(element)
        cdef const uint8_t *p = held.p
        cdef uint32_t allowed = self.options.max_depth
        # sequences around the items, this one included; in an index over items the root is one more
        cdef uint32_t used = (element.depth + 1) // 2 + 1
        if allowed == 0 or allowed > DCM_SCAN_MAX_DEPTH:
            allowed = DCM_SCAN_MAX_DEPTH
        if used > allowed:
            raise LimitError("sequences nested deeper than max_depth allows", offset=offset, tag=element.tag,
                             path=self.source.path, clause="PS3.5 §7.5")
        encoding.implicit = implicit
        encoding.big = element.flags & DCM_ROW_BIG_ENDIAN != 0 and element.vr != DCM_VR_UN
        other.options = self.options
        other.options.stop_tag = 0
        other.options.stop_before_pixels = False
        other.options.lazy_nbytes = 0
        other.options.max_depth = allowed - used + 1
        other.source = self.source
        other.transfer_syntax = self.transfer_syntax
        other.implicit = implicit
        other.big_endian = encoding.big
        other.body_offset = offset
        if element.length:
            self.source.nexports += 1
            with nogil:
                dcm_scan_init_range(&scanner, &other.options, offset, end, encoding, True)
                # only bytes from `offset` on are looked at: the pointer stands for the start of the source
                status = dcm_scan_run(&scanner, p - offset, end, True, &other.c)
                if status >= 0:
                    status = dcm_index_freeze(&other.c)
            self.source.nexports -= 1
            if status < 0:
                raise_status(status, &scanner, self.source.path)
        other.end_offset = end
        return other

    cdef const dcm_element *row(self, uint32_t row) except NULL:
        if row >= self.c.nrows:
            raise IndexError(f"no row {row}")
        return &self.c.rows[row]

    cdef _Held held(self, const dcm_element *row):
        """The value's bytes in memory; a copy of what is only mapped."""
        cdef _Held held = _Held.__new__(_Held)
        held.p = self.source.held(row.offset, row.length)
        if held.p == NULL:
            held.copied = self.source.copy(row.offset, row.length)
            held.p = <const uint8_t *> PyBytes_AS_STRING(held.copied)
        return held

    def __len__(self):
        return self.c.nrows

    @property
    def nmeta(self):
        return self.c.nmeta

    def find(self, uint32_t parent, uint32_t tag):
        return dcm_index_find(&self.c, parent, tag)

    def children(self, uint32_t parent):
        """Rows of the children in tag order, the last one of doubled tags; items in file order."""
        cdef list rows = []
        cdef uint32_t i, end
        cdef const dcm_element *container
        if parent == DCM_NO_ROW:
            return [self.c.top[i] for i in range(self.c.ntop)]
        if parent == DCM_META_ROW:
            return sorted(range(self.c.nmeta), key=self.tag)
        container = self.row(parent)
        i = parent + 1
        end = container.end
        while i < end:
            PyList_Append(rows, i)
            i = self.c.rows[i].end
        if container.flags & DCM_ROW_UNSORTED:
            by_tag = {self.c.rows[<uint32_t> row].tag: row for row in rows}
            rows = [by_tag[tag] for tag in sorted(by_tag)]
        return rows

    def tags(self, uint32_t parent):
        return [self.c.rows[<uint32_t> row].tag for row in self.children(parent)]

    def count(self, uint32_t parent):
        cdef uint32_t i, end, n = 0
        cdef const dcm_element *container
        if parent == DCM_NO_ROW:
            return self.c.ntop
        if parent == DCM_META_ROW:
            return self.c.nmeta
        container = self.row(parent)
        if container.flags & DCM_ROW_UNSORTED:
            return len(self.children(parent))
        i = parent + 1
        end = container.end
        while i < end:
            n += 1
            i = self.c.rows[i].end
        return n

    def tag(self, uint32_t row):
        return self.row(row).tag

    def vr(self, uint32_t row):
        return vr_text(self.row(row).vr)

    def offset(self, uint32_t row):
        return self.row(row).offset

    def length(self, uint32_t row):
        return self.row(row).length

    def flags(self, uint32_t row):
        return self.row(row).flags

    def end(self, uint32_t row):
        return self.row(row).end

    def depth(self, uint32_t row):
        return self.row(row).depth

    def parent(self, uint32_t row):
        return self.row(row).parent

    def header_nbytes(self, uint32_t row):
        return dcm_row_header_nbytes(self.row(row))

    cdef object value(self, uint32_t row, uint16_t vr, int *kind):
        cdef const dcm_element *element = &self.c.rows[row]
        cdef const uint8_t *p
        cdef bytes copied
        if vr == DCM_VR_SQ:
            kind[0] = SEQUENCE
            return None
        if element.flags & DCM_ROW_FRAGMENTS and self.pending:
            kind[0] = PENDING
            return None
        if (vr == DCM_VR_XS or vr == DCM_VR_OX or vr == DCM_VR_XO or vr == DCM_VR_UO
                or (vr == DCM_VR_UN and element.tag >> 16 & 1)):
            kind[0] = UNRESOLVED
            return None
        p = self.source.held(element.offset, element.length)
        if p == NULL:
            # only mapped: what cannot be read any more must not end the process
            copied = self.source.copy(element.offset, element.length)
            p = <const uint8_t *> PyBytes_AS_STRING(copied)
        # what stands in UN is little-endian in every transfer syntax. PS3.5 §6.2.2
        value = decode(p, element.length, vr, element.flags & DCM_ROW_BIG_ENDIAN != 0 and element.vr != DCM_VR_UN, kind)
        if kind[0] == PLAIN or kind[0] == CHARSET:
            return value
        if (element.tag == 0x00283002 or 0x00281101 <= element.tag <= 0x00281103) and kind[0] == LIST and value[0] < 0:
            value[0] += 65536  # LUT Descriptors count their entries without a sign. PS3.3 C.11.1.1.1
        value = finish(kind[0], value)
        kind[0] = PLAIN
        return value

    def read(self, uint32_t parent, uint32_t tag):
        cdef int kind = PLAIN
        cdef uint32_t row = dcm_index_find(&self.c, parent, tag)
        if row == DCM_NO_ROW:
            return _MISSING
        value = self.value(row, self.c.rows[row].vr, &kind)
        return (kind, value, row)

    def read_keyword(self, uint32_t parent, str keyword not None):
        cdef int kind = PLAIN
        cdef Py_ssize_t nbytes = 0
        cdef const char *text = PyUnicode_AsUTF8AndSize(keyword, &nbytes)
        cdef const dcm_dict_entry *entry = dcm_dict_find_keyword(text, nbytes)
        cdef uint32_t row
        if entry == NULL:
            return None
        row = dcm_index_find(&self.c, parent, entry.tag)
        if row == DCM_NO_ROW:
            return _MISSING
        value = self.value(row, self.c.rows[row].vr, &kind)
        return (kind, value, row)

    def decode(self, uint32_t row, str vr=None):
        cdef int kind = PLAIN
        cdef uint16_t code = self.row(row).vr if vr is None else vr_of_text(vr)
        value = self.value(row, code, &kind)
        return (kind, value, row)

    def view(self, uint32_t row):
        cdef const dcm_element *element = self.row(row)
        return self.source.view(element.offset, element.length)

    def header_view(self, uint32_t row):
        cdef const dcm_element *element = self.row(row)
        cdef uint32_t nbytes = dcm_row_header_nbytes(element)
        return self.source.view(element.offset - nbytes, nbytes)

    def numbers(self, uint32_t row, bint decimal):
        """All values of a DS (decimal) or IS row as a bytearray of doubles or 64-bit integers."""
        cdef const dcm_element *element = self.row(row)
        cdef _Held held = self.held(element)
        cdef const uint8_t *p = held.p
        cdef uint64_t nbytes = dcm_text_trim(p, element.length)
        cdef uint64_t n = dcm_text_nvalues(p, nbytes)
        cdef bytearray out = bytearray(8 * n)
        cdef char *to = out
        cdef const uint8_t *end = p + nbytes
        cdef const uint8_t *stop
        cdef uint64_t i
        cdef bint good = True
        self.source.nexports += 1
        with nogil:
            if decimal:
                good = dcm_parse_ds_list(p, nbytes, <double *> to, n)
            else:
                for i in range(n):
                    stop = <const uint8_t *> memchr(p, c"\\", end - p)
                    if stop == NULL:
                        stop = end
                    good = dcm_parse_is(p, stop - p, <int64_t *> to + i)
                    if not good:
                        break
                    p = stop + 1
        self.source.nexports -= 1
        if not good:
            return None
        return out

    def findings(self):
        cdef uint32_t i
        cdef dcm_finding *f
        result = []
        for i in range(self.c.nfindings):
            f = &self.c.findings[i]
            result.append((f.offset, f.tag, dcm_finding_names[f.code].decode(), dcm_finding_texts[f.code].decode(),
                           dcm_finding_clauses[f.code].decode()))
        return result

    def note_deflate_form(self, uint64_t offset):
        """Add the one finding that is not the scanner's: the deflate stream was odd. Before publication only."""
        dcm_index_note(&self.c, offset, 0, DCM_F_DEFLATE_FORM)

    def unparsed_numbers(self):
        """Rows of DS and IS elements with a value that is no number."""
        cdef uint32_t row
        cdef const dcm_element *element
        cdef _Held held
        cdef const uint8_t *p
        cdef const uint8_t *end
        cdef const uint8_t *stop
        cdef double d
        cdef int64_t i
        cdef bint good
        rows = []
        for row in range(self.c.nmeta, self.c.nrows):
            element = &self.c.rows[row]
            if element.vr != DCM_VR_DS and element.vr != DCM_VR_IS:
                continue
            held = self.held(element)
            p = held.p
            end = p + dcm_text_trim(p, element.length)
            while p < end:
                stop = <const uint8_t *> memchr(p, c"\\", end - p)
                if stop == NULL:
                    stop = end
                good = dcm_parse_ds(p, stop - p, &d) if element.vr == DCM_VR_DS else dcm_parse_is(p, stop - p, &i)
                if not good and stop > p:
                    rows.append(row)
                    break
                p = stop + 1
        return rows

    def uneven_numbers(self):
        """Rows of binary VRs whose length is no multiple of the size of a value."""
        cdef uint32_t row, unit
        cdef const dcm_element *element
        rows = []
        for row in range(self.c.nmeta, self.c.nrows):
            element = &self.c.rows[row]
            unit = 4 if element.vr == DCM_VR_AT else dcm_vr_unit_nbytes(element.vr)
            if unit and element.length % unit and not element.flags & DCM_ROW_PARTIAL:
                rows.append(row)
        return rows

    def special_text(self, uint32_t parent):
        """Children whose text a character set rules and that is not plain ASCII."""
        cdef const dcm_element *element
        rows = []
        for row in self.children(parent):
            element = self.row(row)
            if dcm_text_has_charset(element.vr) and not dcm_text_is_plain(self.held(element).p, element.length):
                rows.append(row)
        return rows

    def sequences(self, uint32_t parent):
        """Children that are sequences."""
        return [row for row in self.children(parent) if self.row(row).vr == DCM_VR_SQ]

    def table(self):
        """The rows as bytes, 32 each, laid out as csrc/index.h says."""
        if self.c.nrows == 0:
            return memoryview(b"")
        return memoryview(_Rows(self))

    def __reduce__(self):
        raise TypeError("an Index cannot be pickled; pickle the Dataset")


cdef class _Rows:
    """The rows of an index as a read-only buffer that keeps the index alive."""

    cdef Index index

    def __cinit__(self, Index index not None):
        self.index = index

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, <void *> self.index.c.rows, <Py_ssize_t> self.index.c.nrows * sizeof(dcm_element),
                          1, flags)


cdef extern from "Python.h":
    int PyBuffer_FillInfo(Py_buffer *view, object o, void *buf, Py_ssize_t len, bint readonly, int flags) except -1
