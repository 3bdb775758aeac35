"""Lossless JPEG with Huffman coding: frames to samples. ITU-T T.81 Annex H, processes 14 and 14 SV1."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport DCM_OK, dcm_status
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.libdcm.jpeg_lossless cimport (
    DCM_JPLL_CUT, DCM_JPLL_FRAME, DCM_JPLL_INTERVAL, DCM_JPLL_NO_SCAN, DCM_JPLL_SAMPLING, DCM_JPLL_SCAN,
    DCM_JPLL_SEGMENT, DCM_JPLL_SHORT, DCM_JPLL_TABLE, dcm_jpll, dcm_jpll_decode, dcm_jpll_fault_of, dcm_jpll_free,
    dcm_jpll_layout, dcm_jpll_new, dcm_jpll_row_nsamples)

from dicomet.errors import PixelDataError, SourceChanged


SHORT = DCM_JPLL_SHORT

_FAULTS = {
    DCM_JPLL_CUT: ("the stream ends within its headers", "T.81 §B.2"),
    DCM_JPLL_SEGMENT: ("a marker segment is shorter than what it must hold", "T.81 §B.2"),
    DCM_JPLL_FRAME: ("no frame header of the lossless process, or of another image", "T.81 §B.2.2"),
    DCM_JPLL_SCAN: ("the scan header does not go with the frame header", "T.81 §B.2.3"),
    DCM_JPLL_TABLE: ("a Huffman table is missing, or cannot be one", "T.81 §B.2.4.2"),
    DCM_JPLL_SAMPLING: ("components are of different sizes", "T.81 §A.1.1"),
    DCM_JPLL_INTERVAL: ("the restart interval is no whole number of lines", "T.81 §H.1.1"),
    DCM_JPLL_NO_SCAN: ("there is no scan", "T.81 §B.2.1"),
}

# Decoders that wait for the next frame: as many as there were threads at a time, up to this. Their tables and their
# memory are of use to it.
cdef Py_ssize_t MAX_SPARE = 8
cdef list _spare = []


cdef class Decoder:
    """The native decoder, which belongs to one thread at a time."""

    cdef dcm_jpll *d

    def __dealloc__(self):
        dcm_jpll_free(self.d)


cdef Decoder decoder_for(uint64_t row_nsamples):
    cdef Decoder decoder
    if _spare:
        decoder = _spare.pop()
        if dcm_jpll_row_nsamples(decoder.d) >= row_nsamples:
            return decoder
    decoder = Decoder()
    decoder.d = dcm_jpll_new(row_nsamples)
    if decoder.d == NULL:
        raise MemoryError()
    return decoder


cdef struct Task:
    dcm_jpll *d
    dcm_jpll_layout layout
    const uint8_t *input
    uint64_t in_nbytes
    uint8_t *out
    uint64_t out_nbytes
    uint32_t notes
    dcm_status status


cdef void run_decode(void *context) noexcept nogil:
    cdef Task *task = <Task *> context
    task.status = dcm_jpll_decode(task.d, &task.layout, task.input, task.in_nbytes, task.out, task.out_nbytes, &task.notes)


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
                raise ValueError(f"{rows} rows of {columns} columns, {samples} samples of {sample_nbytes} bytes: lossless JPEG "
                                 "has no such frames")
            if <uint64_t> target.len != <uint64_t> rows * columns * samples * sample_nbytes:
                raise ValueError(f"out has {target.len} bytes, where {rows} rows of {columns} columns have "
                                 f"{<uint64_t> rows * columns * samples * sample_nbytes}")
            decoder = decoder_for(<uint64_t> columns * samples)
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
            fault = dcm_jpll_fault_of(decoder.d, &offset)
            if len(_spare) < MAX_SPARE:
                _spare.append(decoder)
            if not whole:
                raise SourceChanged("the file shrank while its pixels were read")
            if task.status != DCM_OK:
                message, clause = _FAULTS[fault]
                raise PixelDataError(f"lossless JPEG: {message}", offset=offset, clause=clause)
            return task.notes
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)
