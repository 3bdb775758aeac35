"""JPEG 2000 Part 1: codestreams to samples. ITU-T T.800."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport DCM_E_CHANGED, DCM_E_NO_MEMORY, DCM_E_RANGE, DCM_OK, dcm_status
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.libdcm.j2k cimport (
    DCM_J2K_CUT, DCM_J2K_MISSING, DCM_J2K_NO_MARKER, DCM_J2K_NO_TILE, DCM_J2K_REDUCED, DCM_J2K_SEGMENT,
    DCM_J2K_SHORT, DCM_J2K_SIZES, DCM_J2K_UNSUPPORTED, dcm_j2k, dcm_j2k_decode, dcm_j2k_fault_of, dcm_j2k_free,
    dcm_j2k_nbytes, dcm_j2k_new, dcm_j2k_request)
from dicomet._native.libdcm.simd cimport dcm_simd_force_portable

from dicomet.errors import PixelDataError, SourceChanged, UnsupportedError


SHORT = DCM_J2K_SHORT

_FAULTS = {
    DCM_J2K_CUT: ("the codestream ends within its headers", "T.800 §A.3"),
    DCM_J2K_NO_MARKER: ("other bytes where a marker must stand", "T.800 §A.3"),
    DCM_J2K_SEGMENT: ("a marker segment cannot be so", "T.800 §A.4"),
    DCM_J2K_MISSING: ("a marker segment is missing that must be there", "T.800 §A.3"),
    DCM_J2K_SIZES: ("the image has another size", "T.800 §A.5.1"),
    DCM_J2K_UNSUPPORTED: ("it has what is not decoded here", "T.800 §A.4"),
    DCM_J2K_NO_TILE: ("there is not one tile-part", "T.800 §A.4.2"),
    DCM_J2K_REDUCED: ("there are fewer resolution levels than are to be left out", "T.800 §A.6.1"),
}

# Decoders that wait for the next frame: as many as there were threads at a time, up to this, and no larger ones.
cdef Py_ssize_t MAX_SPARE = 8
cdef uint64_t MAX_SPARE_NBYTES = 256 << 20
cdef list _spare = []


cdef class Decoder:
    """The native decoder, which belongs to one caller at a time."""

    cdef dcm_j2k *d

    def __cinit__(self):
        self.d = dcm_j2k_new()
        if self.d == NULL:
            raise MemoryError()

    def __dealloc__(self):
        dcm_j2k_free(self.d)


cdef struct Task:
    dcm_j2k *d
    dcm_j2k_request request
    const uint8_t *input
    uint64_t in_nbytes
    uint8_t *out
    uint64_t out_nbytes
    uint32_t notes
    dcm_status status


cdef void run_decode(void *context) noexcept nogil:
    cdef Task *task = <Task *> context
    task.status = dcm_j2k_decode(task.d, &task.request, task.input, task.in_nbytes, task.out, task.out_nbytes, &task.notes)


def decode(encoded, out, *, uint32_t rows, uint32_t columns, uint32_t samples, uint32_t sample_nbytes, bint is_signed=False,
           uint32_t reduce=0, uint32_t layers=0, region=None, uint32_t threads=1):
    cdef Py_buffer source, target
    cdef Task task
    cdef Decoder decoder
    cdef uint64_t offset = 0
    cdef bint whole
    if threads == 0:
        raise ValueError("threads: at least the calling one")
    task.request.is_region = region is not None
    task.request.x, task.request.y = region or (0, 0)
    PyObject_GetBuffer(encoded, &source, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            decoder = _spare.pop() if _spare else Decoder()
            task.d = decoder.d
            task.request.rows = rows
            task.request.columns = columns
            task.request.samples = samples
            task.request.sample_nbytes = sample_nbytes
            task.request.is_signed = is_signed
            task.request.reduce = reduce
            task.request.layers = layers
            task.request.nthreads = threads
            task.input = <const uint8_t *> source.buf
            task.in_nbytes = <uint64_t> source.len
            task.out = <uint8_t *> target.buf
            task.out_nbytes = <uint64_t> target.len
            task.notes = 0
            task.status = DCM_OK
            with nogil:
                whole = dcm_guarded(run_decode, &task)
            fault = dcm_j2k_fault_of(decoder.d, &offset)
            if len(_spare) < MAX_SPARE and dcm_j2k_nbytes(decoder.d) <= MAX_SPARE_NBYTES:
                _spare.append(decoder)
            if not whole or task.status == DCM_E_CHANGED:
                raise SourceChanged("the file shrank while its pixels were read")
            if task.status == DCM_E_RANGE:
                raise ValueError(f"{rows} rows of {columns} columns, {samples} samples of {sample_nbytes} bytes, out has "
                                 f"{task.out_nbytes} bytes: that does not go together, or JPEG 2000 has no such frames")
            if task.status == DCM_E_NO_MEMORY:
                raise MemoryError()
            if task.status != DCM_OK:
                message, clause = _FAULTS[fault]
                if fault == DCM_J2K_UNSUPPORTED:
                    raise UnsupportedError(f"JPEG 2000: {message}", offset=offset, clause=clause)
                raise PixelDataError(f"JPEG 2000: {message}", offset=offset, clause=clause)
            return task.notes
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&source)


def force_portable(bint on):
    dcm_simd_force_portable(on)
