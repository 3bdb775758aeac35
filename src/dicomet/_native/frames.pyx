"""The frame table over a source: spans and bytes of encapsulated frames. PS3.5 §A.4."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from dicomet._native.libdcm.base cimport (
    DCM_E_CHANGED, DCM_E_ENCODED, DCM_E_NO_MEMORY, DCM_E_RANGE, DCM_E_TOO_MANY_ROWS, DCM_OK, dcm_status)
from dicomet._native.libdcm.frames cimport *
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.source cimport Source

from dicomet.errors import LimitError, PixelDataError, SourceClosed

_NOTES = (
    (DCM_FRAMES_TABLE_WRONG, "frame_table"),
    (DCM_FRAMES_COUNT, "frame_count"),
    (DCM_FRAMES_CUT, "frame_cut"),
    (DCM_FRAMES_NO_END, "fragments_end"),
    (DCM_FRAMES_UNEVEN, "fragments_uneven"),
    (DCM_FRAMES_NO_TABLE_ITEM, "frame_table_missing"),
    (DCM_FRAMES_EMPTY_FRAGMENT, "fragment_empty"),
)
cdef uint64_t _FEW = 4

cdef struct Work:
    dcm_frames *frames
    const dcm_frames_input *input
    const uint8_t *bytes
    uint64_t nbytes
    uint32_t frame
    dcm_span *spans
    uint64_t cap
    uint64_t nspans
    dcm_status status


cdef void open_work(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.status = dcm_frames_open(w.frames, w.input, w.bytes, w.nbytes)


cdef void walk_work(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.status = dcm_frames_walk(w.frames, w.bytes, w.nbytes)


cdef void locate_work(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.status = dcm_frames_locate(w.frames, w.bytes, w.nbytes, w.frame, w.spans, w.cap, &w.nspans)


cdef class FrameTable:
    cdef dcm_frames c
    cdef readonly Source source

    def __cinit__(self):
        dcm_frames_init(&self.c)

    def __dealloc__(self):
        dcm_frames_free(&self.c)

    @staticmethod
    def open(Source source not None, uint64_t offset, uint64_t end, *, uint32_t declared=0, bint whole=False,
             bint joined=False, bint big_endian=False, tuple eot=None):
        cdef FrameTable self = FrameTable.__new__(FrameTable)
        cdef dcm_frames_input input
        input.offset = offset
        input.end = end
        input.declared = declared
        input.whole = whole
        input.joined = joined
        input.big_endian = big_endian
        input.eot.offset = input.eot.nbytes = input.eot_nbytes.offset = input.eot_nbytes.nbytes = 0
        if eot is not None:
            input.eot.offset, input.eot.nbytes, input.eot_nbytes.offset, input.eot_nbytes.nbytes = eot
        self.source = source
        self.run(&self.c, &input)
        return self

    cdef const uint8_t *bytes(self) except? NULL:
        if self.source.closed:
            raise SourceClosed("the data set was closed", path=self.source.path)
        if self.source.c.mapping.bytes != NULL:
            return self.source.c.mapping.bytes
        return self.source.c.head

    cdef int run(self, dcm_frames *frames, const dcm_frames_input *input) except -1:
        """Open (with an input) or walk, under the guard."""
        cdef Work w
        cdef bint whole
        w.frames = frames
        w.input = input
        w.bytes = self.bytes()
        w.nbytes = self.source.c.nbytes
        w.status = DCM_OK
        self.source.nexports += 1
        with nogil:
            whole = dcm_guarded(open_work if input != NULL else walk_work, &w)
        self.source.nexports -= 1
        if not whole:
            self.source.raise_for(DCM_E_CHANGED, frames.input.offset, 0)
        return self.check(w.status)

    cdef int check(self, dcm_status status) except -1:
        if status == DCM_OK:
            return 0
        if status == DCM_E_NO_MEMORY:
            raise MemoryError()
        if status == DCM_E_TOO_MANY_ROWS:
            raise LimitError("more fragments than the source can hold", offset=self.c.input.offset, tag=0x7FE00010,
                             path=self.source.path, clause="PS3.5 §A.4")
        raise PixelDataError("Pixel Data lies outside the source", offset=self.c.input.offset, tag=0x7FE00010,
                             path=self.source.path, clause="PS3.5 §A.4")

    cdef int walk(self) except -1:
        """Do without the file's table. Another table is filled, and then taken: no reader sees a half-made one."""
        cdef dcm_frames other = self.c
        other.spans = NULL
        other.first = NULL
        other.nspans = other.spans_cap = 0
        try:
            self.run(&other, NULL)
        except BaseException:
            dcm_frames_free(&other)
            raise
        dcm_frames_free(&self.c)
        self.c = other
        return 0

    cdef uint64_t locate(self, uint32_t frame, dcm_span *spans, uint64_t cap) except? 0:
        cdef Work w
        cdef int tries
        for tries in range(2):
            w.frames = &self.c
            w.bytes = self.bytes()
            w.nbytes = self.source.c.nbytes
            w.frame = frame
            w.spans = spans
            w.cap = cap
            w.nspans = 0
            w.status = DCM_OK
            if not dcm_guarded(locate_work, &w):
                self.source.raise_for(DCM_E_CHANGED, self.c.input.offset, 0)
            if w.status == DCM_OK:
                return w.nspans
            if w.status != DCM_E_ENCODED:
                break
            self.walk()
        raise PixelDataError(f"frame {frame} is not there", offset=self.c.input.offset, tag=0x7FE00010,
                             path=self.source.path, clause="PS3.5 §A.4")

    def __len__(self):
        return self.c.nframes

    @property
    def from_table(self):
        return self.c.table.nbytes != 0

    @property
    def cut(self):
        return self.c.notes & DCM_FRAMES_CUT != 0

    def notes(self):
        return [name for bit, name in _NOTES if self.c.notes & bit]

    cdef dcm_span *located(self, uint32_t frame, dcm_span *few, uint64_t *nspans) except NULL:
        """Spans of a frame, in `few` if they fit, else in memory that the caller frees."""
        cdef dcm_span *spans
        nspans[0] = self.locate(frame, few, _FEW)
        if nspans[0] <= _FEW:
            return few
        spans = <dcm_span *> malloc(nspans[0] * sizeof(dcm_span))
        if spans == NULL:
            raise MemoryError()
        try:
            self.locate(frame, spans, nspans[0])
        except BaseException:
            free(spans)
            raise
        return spans

    def spans(self, uint32_t frame):
        cdef dcm_span few[4]
        cdef uint64_t n = 0, i
        cdef dcm_span *spans = self.located(frame, few, &n)
        try:
            return [(spans[i].offset, spans[i].nbytes) for i in range(n)]
        finally:
            if spans != few:
                free(spans)

    def view(self, uint32_t frame):
        cdef dcm_span few[4]
        cdef uint64_t n = 0, i, nbytes = 0, at = 0
        cdef dcm_span *spans = self.located(frame, few, &n)
        cdef bytes joined, part
        try:
            if n == 1:
                return self.source.view(spans[0].offset, spans[0].nbytes)
            for i in range(n):
                nbytes += spans[i].nbytes
            joined = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nbytes)
            for i in range(n):
                part = self.source.copy(spans[i].offset, spans[i].nbytes)
                memcpy(PyBytes_AS_STRING(joined) + at, PyBytes_AS_STRING(part), spans[i].nbytes)
                at += spans[i].nbytes
            return memoryview(joined)
        finally:
            if spans != few:
                free(spans)

    def dump(self):
        cdef uint64_t nfirst
        if self.c.table.nbytes:
            self.walk()
        nfirst = (<uint64_t> self.c.nframes + 1) * sizeof(uint64_t)
        return (
            PyBytes_FromStringAndSize(<char *> self.c.first, <Py_ssize_t> nfirst),
            PyBytes_FromStringAndSize(<char *> self.c.spans, <Py_ssize_t> (self.c.nspans * sizeof(dcm_span))),
        )

    @staticmethod
    def load(Source source not None, bytes first not None, bytes spans not None, uint64_t offset):
        cdef FrameTable self = FrameTable.__new__(FrameTable)
        cdef uint64_t nfirst = len(first) // sizeof(uint64_t), i
        cdef uint64_t nspans = len(spans) // sizeof(dcm_span)
        cdef bint sound = nfirst > 0 and nfirst <= 0xFFFFFFFFu and len(first) % 8 == 0 and len(spans) % 16 == 0
        self.source = source
        if sound:
            self.c.first = <uint64_t *> calloc(nfirst, sizeof(uint64_t))
            self.c.spans = <dcm_span *> calloc(nspans + 1, sizeof(dcm_span))
            if self.c.first == NULL or self.c.spans == NULL:
                raise MemoryError()
            memcpy(self.c.first, PyBytes_AS_STRING(first), len(first))
            memcpy(self.c.spans, PyBytes_AS_STRING(spans), len(spans))
            self.c.nspans = nspans
            self.c.nframes = <uint32_t> (nfirst - 1)
            self.c.input.offset = offset
            self.c.input.end = source.c.nbytes
            sound = self.c.first[0] == 0 and self.c.first[nfirst - 1] == nspans
            for i in range(1, nfirst):
                sound = sound and self.c.first[i - 1] <= self.c.first[i]
            for i in range(nspans):
                sound = (sound and self.c.spans[i].offset <= source.c.nbytes
                         and self.c.spans[i].nbytes <= source.c.nbytes - self.c.spans[i].offset)
        if not sound:
            raise PixelDataError("a frame index that does not fit its file", path=source.path)
        return self

    def __reduce__(self):
        raise TypeError("a FrameTable cannot be pickled; pickle the Dataset")
