"""RLE Lossless: frames to samples and back. PS3.5 Annex G."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport DCM_E_RANGE, DCM_OK, dcm_status
from dicomet._native.libdcm.guard cimport dcm_guarded, dcm_guarded_copy
from dicomet._native.libdcm.rle cimport (
    DCM_RLE_EXTRA_SEGMENTS, DCM_RLE_LONG, DCM_RLE_MAX_SEGMENTS, DCM_RLE_ORDER, DCM_RLE_SHORT, dcm_rle_decode,
    dcm_rle_layout)
from dicomet._native.libdcm.rle_encode cimport dcm_rle_bound, dcm_rle_encode

from dicomet.errors import PixelDataError, SourceChanged


cdef extern from "Python.h":
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *p, Py_ssize_t nbytes) except NULL
    int resize_bytes "_PyBytes_Resize"(PyObject **p, Py_ssize_t nbytes) except -1
    char *bytes_at "PyBytes_AS_STRING"(PyObject *p) noexcept nogil
    void Py_XDECREF(PyObject *p)


SHORT = DCM_RLE_SHORT
LONG = DCM_RLE_LONG
EXTRA_SEGMENTS = DCM_RLE_EXTRA_SEGMENTS
ORDER = DCM_RLE_ORDER


cdef struct Task:
    dcm_rle_layout layout
    uint64_t row_npixels
    const uint8_t *input
    uint64_t in_nbytes
    uint8_t *out
    uint64_t out_nbytes
    uint64_t written
    uint32_t notes
    dcm_status status


cdef void run_decode(void *context) noexcept nogil:
    cdef Task *task = <Task *> context
    task.status = dcm_rle_decode(&task.layout, task.input, task.in_nbytes, task.out, task.out_nbytes, &task.notes)


cdef void run_encode(void *context) noexcept nogil:
    cdef Task *task = <Task *> context
    task.status = dcm_rle_encode(&task.layout, task.row_npixels, task.input, task.in_nbytes, task.out, task.out_nbytes,
                                 &task.written)


cdef object changed():
    return SourceChanged("the file shrank while its pixels were read")


cdef object error_of(const Task *task):
    """What is wrong with a header that was refused."""
    cdef uint8_t[64] header
    cdef uint64_t nplanes = <uint64_t> task.layout.samples * task.layout.sample_nbytes
    clause = "PS3.5 §G.5"
    if nplanes > DCM_RLE_MAX_SEGMENTS:
        return PixelDataError(f"{nplanes} bytes a pixel, where {DCM_RLE_MAX_SEGMENTS} segments are the most", offset=0, clause=clause)
    if task.in_nbytes < sizeof(header):
        return PixelDataError(f"an RLE header has 64 bytes, the frame {task.in_nbytes}", offset=0, clause=clause)
    if not dcm_guarded_copy(header, task.input, sizeof(header)):
        return changed()
    numbers = [int.from_bytes(header[i:i + 4], "little") for i in range(0, 64, 4)]
    if numbers[0] < nplanes:
        return PixelDataError(f"{numbers[0]} segments, where a pixel has {nplanes} bytes", offset=0, clause=clause)
    for i in range(1, nplanes + 1):
        if not 64 <= numbers[i] <= task.in_nbytes:
            return PixelDataError(f"segment {i} begins at {numbers[i]}, in a frame of {task.in_nbytes} bytes",
                                  offset=4 * i, clause=clause)
    return changed()


def decode(encoded, out, *, uint32_t samples, uint32_t sample_nbytes):
    cdef Py_buffer source, target
    cdef Task task
    cdef bint whole
    PyObject_GetBuffer(encoded, &source, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            if samples == 0 or sample_nbytes == 0 or sample_nbytes > 8:
                raise ValueError(f"{samples} samples of {sample_nbytes} bytes: neither may be 0, nor a sample longer than 8")
            if <uint64_t> target.len % (<uint64_t> samples * sample_nbytes) != 0:
                raise ValueError(f"out has {target.len} bytes, no multiple of {samples} samples of {sample_nbytes} bytes")
            task.layout.npixels = <uint64_t> target.len // (<uint64_t> samples * sample_nbytes)
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
            if not whole:
                raise changed()
            if task.status != DCM_OK:
                raise error_of(&task)
            return task.notes
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def encode(samples_buffer, *, uint32_t rows, uint32_t columns, uint32_t samples, uint32_t sample_nbytes):
    cdef Py_buffer source
    cdef Task task
    cdef PyObject *out = NULL
    cdef uint64_t bound
    cdef bint whole
    PyObject_GetBuffer(samples_buffer, &source, PyBUF_SIMPLE)
    try:
        task.layout.npixels = <uint64_t> rows * columns
        task.layout.samples = samples
        task.layout.sample_nbytes = sample_nbytes
        task.row_npixels = columns
        task.input = <const uint8_t *> source.buf
        task.in_nbytes = <uint64_t> source.len
        task.written = 0
        task.status = DCM_OK
        bound = dcm_rle_bound(&task.layout, columns)
        if bound == 0:
            raise ValueError(f"{rows} rows of {columns} columns, {samples} samples of {sample_nbytes} bytes: RLE Lossless "
                             "has no such frames")
        if task.in_nbytes != task.layout.npixels * samples * sample_nbytes:
            raise ValueError(f"{task.in_nbytes} bytes, where {rows} rows of {columns} columns have "
                             f"{task.layout.npixels * samples * sample_nbytes}")
        out = new_bytes(NULL, <Py_ssize_t> bound)
        task.out = <uint8_t *> bytes_at(out)
        task.out_nbytes = bound
        with nogil:
            whole = dcm_guarded(run_encode, &task)
        if not whole:
            raise changed()
        if task.status == DCM_E_RANGE:
            raise ValueError("a segment would begin behind 4 GiB, out of the reach of its offset")
        resize_bytes(&out, <Py_ssize_t> task.written)
        return <bytes> out
    finally:
        Py_XDECREF(out)
        PyBuffer_Release(&source)
