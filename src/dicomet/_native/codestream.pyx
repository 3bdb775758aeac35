"""What the header of a compressed frame says: T.81 Annex B, T.87 Annex C, T.800 Annexes A and I, ISO/IEC 18181."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint64_t

from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_OK, dcm_status
from dicomet._native.libdcm.codestream cimport *

from dicomet.errors import PixelDataError, SourceChanged

# By dcm_stream_kind.
cdef tuple _KINDS = (None, "JPEG", "JPEG", "JPEG", "JPEG", "JPEG", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL")
cdef tuple _CLAUSES = (
    None, "T.81 Annex B", "T.81 Annex B", "T.81 Annex B", "T.81 Annex B", "T.81 Annex B", "T.87 Annex C",
    "T.800 Annex A", "T.814 Annex A", "ISO/IEC 18181-1 Annex D")

# By dcm_stream_fault.
cdef tuple _FAULTS = (
    None,
    "the header is cut",
    "other bytes where a marker must stand",
    "a marker segment is shorter than what it must hold",
    "no frame header",
    "a second frame header",
    "an image without rows or columns",
    "a number of components that cannot be",
    "a sampling factor that cannot be",
    "a precision that cannot be",
    "tiles that do not hold the image",
    "no coding style (COD) before the first tile-part",
    "a box of a length that cannot be",
    "boxes without a codestream",
    "no scan",
)


cdef object _clause(const dcm_codestream *c):
    if c.fault in (DCM_STREAM_BOX, DCM_STREAM_NO_CODESTREAM):
        return "ISO/IEC 18181-2 §9" if c.kind == DCM_STREAM_JXL else "T.800 Annex I"
    return _CLAUSES[c.kind]


cdef class Codestream:
    """Made by `read`."""

    cdef dcm_codestream c

    def __init__(self):
        raise TypeError("a Codestream is made by read()")

    @property
    def kind(self):
        return _KINDS[self.c.kind]

    @property
    def sof(self):
        return None if self.c.sof == DCM_NO_SOF else self.c.sof

    @property
    def lossless(self):
        return None if self.c.lossless == DCM_LOSSLESS_UNKNOWN else self.c.lossless == 1

    @property
    def adobe_transform(self):
        return None if self.c.adobe_transform < 0 else self.c.adobe_transform

    @property
    def spiff_colour(self):
        return None if self.c.spiff_colour < 0 else self.c.spiff_colour

    @property
    def fault(self):
        return _FAULTS[self.c.fault]

    @property
    def fault_offset(self):
        return None if self.c.fault == DCM_STREAM_SOUND else self.c.fault_offset

    @property
    def fault_clause(self):
        return None if self.c.fault == DCM_STREAM_SOUND else _clause(&self.c)

    @property
    def h(self):
        return tuple(<list> [self.c.h[i] for i in range(min(self.c.samples, 4))])

    @property
    def v(self):
        return tuple(<list> [self.c.v[i] for i in range(min(self.c.samples, 4))])

    @property
    def component_ids(self):
        cdef bint jpeg = self.c.kind <= DCM_STREAM_JPEG_LS
        return PyBytes_FromStringAndSize(<const char *> self.c.component_ids, min(self.c.samples, 4) if jpeg else 0)

    @property
    def codestream_offset(self):
        return self.c.codestream_offset

    @property
    def codestream_nbytes(self):
        return self.c.codestream_nbytes

    @property
    def header_nbytes(self):
        return self.c.header_nbytes

    @property
    def rows(self):
        return self.c.rows

    @property
    def columns(self):
        return self.c.columns

    @property
    def samples(self):
        return self.c.samples

    @property
    def precision(self):
        return self.c.precision

    @property
    def x_offset(self):
        return self.c.x_offset

    @property
    def y_offset(self):
        return self.c.y_offset

    @property
    def tile_columns(self):
        return self.c.tile_columns

    @property
    def tile_rows(self):
        return self.c.tile_rows

    @property
    def restart_interval(self):
        return self.c.restart_interval

    @property
    def enumcs(self):
        return self.c.enumcs

    @property
    def extra_channels(self):
        return self.c.extra_channels

    @property
    def layers(self):
        return self.c.layers

    @property
    def scan_components(self):
        return self.c.scan_components

    @property
    def predictor(self):
        return self.c.predictor

    @property
    def point_transform(self):
        return self.c.point_transform

    @property
    def near(self):
        return self.c.near

    @property
    def interleave(self):
        return self.c.interleave

    @property
    def hp_transform(self):
        return self.c.hp_transform

    @property
    def progression(self):
        return self.c.progression

    @property
    def levels(self):
        return self.c.levels

    @property
    def orientation(self):
        return self.c.orientation

    @property
    def is_signed(self):
        return self.c.is_signed

    @property
    def is_float(self):
        return self.c.is_float

    @property
    def differs(self):
        return self.c.differs

    @property
    def subsampled(self):
        return self.c.subsampled

    @property
    def complete(self):
        return self.c.complete

    @property
    def eoi(self):
        return self.c.eoi

    @property
    def jfif(self):
        return self.c.jfif

    @property
    def dnl(self):
        return self.c.dnl

    @property
    def jls_preset(self):
        return self.c.jls_preset

    @property
    def jls_mapping_table(self):
        return self.c.jls_mapping_table

    @property
    def mct(self):
        return self.c.mct

    @property
    def jp2(self):
        return self.c.jp2

    @property
    def jp2_palette(self):
        return self.c.jp2_palette

    @property
    def jxl_container(self):
        return self.c.jxl_container

    @property
    def jxl_jpeg(self):
        return self.c.jxl_jpeg

    @property
    def xyb(self):
        return self.c.xyb

    def __repr__(self):
        sof = "" if self.sof is None else f" SOF{self.sof}"
        return (f"<{self.kind}{sof}: {self.rows} x {self.columns} x {self.samples}, "
                f"{'signed ' if self.is_signed else ''}{self.precision} bits>")

    def __reduce__(self):
        raise TypeError("a Codestream cannot be pickled; pickle the bytes")


def read(data):
    cdef Codestream self = Codestream.__new__(Codestream)
    cdef Py_buffer buffer
    cdef dcm_status status
    PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
    with nogil:
        status = dcm_codestream_read_guarded(<const uint8_t *> buffer.buf, <uint64_t> buffer.len, &self.c)
    PyBuffer_Release(&buffer)
    if status == DCM_E_CHANGED:
        raise SourceChanged("the file shrank while it was read")
    if status != DCM_OK:
        raise PixelDataError(f"{_KINDS[self.c.kind]}: {_FAULTS[self.c.fault]}", offset=self.c.fault_offset,
                             clause=_clause(&self.c))
    return None if self.c.kind == DCM_STREAM_NONE else self


cdef int _peek(object data, cbool *starts, cbool *stops) except -1:
    cdef Py_buffer buffer
    cdef dcm_status status
    PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
    with nogil:
        status = dcm_codestream_peek_guarded(<const uint8_t *> buffer.buf, <uint64_t> buffer.len, starts, stops)
    PyBuffer_Release(&buffer)
    if status == DCM_E_CHANGED:
        raise SourceChanged("the file shrank while it was read")
    return 0


def begins(data):
    cdef cbool starts, stops
    _peek(data, &starts, &stops)
    return starts


def ends(data):
    cdef cbool starts, stops
    _peek(data, &starts, &stops)
    return stops
