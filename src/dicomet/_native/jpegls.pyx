"""JPEG-LS: frames to samples. ITU-T T.87."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport DCM_E_NO_MEMORY, DCM_OK, dcm_status
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.libdcm.jpegls cimport (
    DCM_JPLS_CUT, DCM_JPLS_FRAME, DCM_JPLS_MAPPING, DCM_JPLS_NO_SCAN, DCM_JPLS_PARAMETERS, DCM_JPLS_SAMPLING, DCM_JPLS_SCAN,
    DCM_JPLS_SEGMENT, DCM_JPLS_SHORT, dcm_jpls, dcm_jpls_decode, dcm_jpls_fault_of, dcm_jpls_free, dcm_jpls_layout,
    dcm_jpls_nbytes, dcm_jpls_new)
from dicomet._native.libdcm.simd cimport dcm_simd_force_portable

from dicomet.errors import PixelDataError, SourceChanged, UnsupportedError


SHORT = DCM_JPLS_SHORT

_FAULTS = {
    DCM_JPLS_CUT: ("the stream ends within its headers", "T.87 §C.1"),
    DCM_JPLS_SEGMENT: ("a marker segment is shorter than what it must hold", "T.87 §C.2"),
    DCM_JPLS_FRAME: ("no frame header, or of another image", "T.87 §C.2.2"),
    DCM_JPLS_SCAN: ("the scan header does not go with the frame header", "T.87 §C.2.3"),
    DCM_JPLS_PARAMETERS: ("coding parameters that cannot be", "T.87 §C.2.4.1.1"),
    DCM_JPLS_SAMPLING: ("components are of different sizes", "T.87 §C.2.2"),
    DCM_JPLS_MAPPING: ("samples are indices of a mapping table", "T.87 §C.2.4.1.2"),
    DCM_JPLS_NO_SCAN: ("there is no scan", "T.87 §C.1"),
}

# Decoders that wait for the next frame: as many as there were threads at a time, up to this, and no larger ones.
cdef Py_ssize_t MAX_SPARE = 8
cdef uint64_t MAX_SPARE_NBYTES = 64 << 20
cdef list _spare = []


cdef class Decoder:
    """The native decoder, which belongs to one thread at a time."""

    cdef dcm_jpls *d

    def __cinit__(self):
        self.d = dcm_jpls_new()
        if self.d == NULL:
            raise MemoryError()

    def __dealloc__(self):
        dcm_jpls_free(self.d)


cdef struct Task:
    dcm_jpls *d
    dcm_jpls_layout layout
    const uint8_t *input
    uint64_t in_nbytes
    uint8_t *out
    uint64_t out_nbytes
    uint32_t notes
    dcm_status status


cdef void run_decode(void *context) noexcept nogil:
    cdef Task *task = <Task *> context
    task.status = dcm_jpls_decode(task.d, &task.layout, task.input, task.in_nbytes, task.out, task.out_nbytes, &task.notes)


def decode(encoded, out, *, uint32_t rows, uint32_t columns, uint32_t samples, uint32_t sample_nbytes):
    cdef Py_buffer source, target
    cdef Task task
    cdef Decoder decoder
    cdef uint64_t offset = 0
    cdef bint whole
    PyObject_GetBuffer(encoded, &source, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            if not (1 <= rows <= 65535 and 1 <= columns <= 65535 and 1 <= samples <= 4 and 1 <= sample_nbytes <= 2):
                raise ValueError(f"{rows} rows of {columns} columns, {samples} samples of {sample_nbytes} bytes: JPEG-LS has no "
                                 "such frames")
            if <uint64_t> target.len != <uint64_t> rows * columns * samples * sample_nbytes:
                raise ValueError(f"out has {target.len} bytes, where {rows} rows of {columns} columns have "
                                 f"{<uint64_t> rows * columns * samples * sample_nbytes}")
            decoder = _spare.pop() if _spare else Decoder()
            task.d = decoder.d
            task.layout.rows = rows
            task.layout.columns = columns
            task.layout.samples = samples
            task.layout.sample_nbytes = sample_nbytes
            task.input = <const uint8_t *> source.buf
            task.in_nbytes = <uint64_t> source.len
            task.out = <uint8_t *> target.buf
            task.out_nbytes = <uint64_t> target.len
            task.notes = 0
            task.status = DCM_OK
            with nogil:
                whole = dcm_guarded(run_decode, &task)
            fault = dcm_jpls_fault_of(decoder.d, &offset)
            if len(_spare) < MAX_SPARE and dcm_jpls_nbytes(decoder.d) <= MAX_SPARE_NBYTES:
                _spare.append(decoder)
            if not whole:
                raise SourceChanged("the file shrank while its pixels were read")
            if task.status == DCM_E_NO_MEMORY:
                raise MemoryError()
            if task.status != DCM_OK:
                message, clause = _FAULTS[fault]
                error = UnsupportedError if fault in (DCM_JPLS_SAMPLING, DCM_JPLS_MAPPING) else PixelDataError
                raise error(f"JPEG-LS: {message}", offset=offset, clause=clause)
            return task.notes
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def force_portable(bint on):
    dcm_simd_force_portable(on)
