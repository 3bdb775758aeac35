"""Kernels of pixels: native samples, colour, palettes. PS3.5 §8, PS3.3 §C.7.6.3, §C.7.9."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.bitrun cimport dcm_bitrun_pack
from dicomet._native.libdcm.cellrun cimport dcm_cell_bits, dcm_cell_bits_of, dcm_cellrun_correct, dcm_cellrun_has_unused
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.libdcm.planes cimport dcm_planes_deinterleave, dcm_planes_interleave
from dicomet._native.libdcm.samples cimport dcm_samples, dcm_samples_sound, dcm_samples_unpack
from dicomet._native.libdcm.simd cimport dcm_simd_force_portable

from dicomet.errors import SourceChanged


cdef class _Bytes:
    """The contiguous bytes of an object, until this one is gone."""

    cdef Py_buffer buffer
    cdef bint held
    cdef uint8_t *p
    cdef size_t nbytes

    def __cinit__(self, data, bint writable=False):
        PyObject_GetBuffer(data, &self.buffer, PyBUF_WRITABLE if writable else PyBUF_SIMPLE)
        self.held = True
        self.p = <uint8_t *> self.buffer.buf
        self.nbytes = <size_t> self.buffer.len

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)


# What a kernel works on. Every one runs under the guard: its input may lie in a file that somebody cuts short.
ctypedef struct Work:
    const uint8_t *data
    size_t data_nbytes
    uint8_t *out
    uint64_t n            # samples, pixels or bytes: what the kernel counts
    uint64_t result
    dcm_samples layout
    dcm_cell_bits bits


cdef int run(void (*work)(void *context) noexcept nogil, Work *w) except -1:
    cdef bint whole
    with nogil:
        whole = dcm_guarded(work, w)
    if not whole:
        raise SourceChanged("the file shrank after it was opened")
    return 0


cdef int check(bint sound, str what) except -1:
    if not sound:
        raise ValueError(what)
    return 0


cdef int check_size(uint64_t n, uint64_t nbytes, _Bytes out) except -1:
    """Whether out is n times nbytes large; nbytes is small."""
    if n > <uint64_t> 1 << 56 or n * nbytes != out.nbytes:
        raise ValueError(f"out has {out.nbytes} bytes, not {int(n) * int(nbytes)}")
    return 0


cdef int check_apart(_Bytes data, _Bytes out) except -1:
    if data.nbytes and out.nbytes and data.p < out.p + out.nbytes and out.p < data.p + data.nbytes:
        raise ValueError("data and out overlap")
    return 0


cdef bint is_width(uint32_t nbytes) noexcept:
    return nbytes == 1 or nbytes == 2 or nbytes == 4 or nbytes == 8


def force_portable(bint on):
    dcm_simd_force_portable(on)


cdef void work_unpack(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.result = dcm_samples_unpack(&w.layout, w.data, w.data_nbytes, w.out, w.n)


cdef uint64_t unpack_samples(data, out, uint64_t nsamples, const dcm_samples *layout) except? 0:
    cdef _Bytes source = _Bytes(data)
    cdef _Bytes target = _Bytes(out, True)
    cdef Work w
    if not dcm_samples_sound(layout, nsamples):
        raise ValueError(
            f"no such cells: bits allocated {layout.bits_allocated}, stored {layout.bits_stored}, "
            f"high bit {layout.high_bit}, bit offset {layout.bit_offset}, {layout.nplanes} planes, "
            f"{nsamples} samples of {layout.out_nbytes} bytes")
    check_size(nsamples, layout.out_nbytes, target)
    check_apart(source, target)
    w.layout = layout[0]
    w.data, w.data_nbytes, w.out, w.n, w.result = source.p, source.nbytes, target.p, nsamples, 0
    run(work_unpack, &w)
    return w.result


def unpack(data, out, *, uint32_t bit_offset, uint64_t nsamples, uint32_t bits_allocated, uint32_t bits_stored,
           uint32_t high_bit, bint signed, bint big_endian, bint swap_pairs, uint32_t planes,
           uint32_t out_nbytes_per_sample):
    cdef dcm_samples layout
    layout.bits_allocated, layout.bits_stored, layout.high_bit = bits_allocated, bits_stored, high_bit
    layout.bit_offset, layout.nplanes, layout.out_nbytes = bit_offset, planes, out_nbytes_per_sample
    layout.is_signed, layout.big_endian, layout.swap_pairs = signed, big_endian, swap_pairs
    return unpack_samples(data, out, nsamples, &layout)


def floats(data, out, *, uint64_t nsamples, uint32_t nbytes_per_sample, bint big_endian, uint32_t planes=1):
    cdef dcm_samples layout
    check(nbytes_per_sample == 4 or nbytes_per_sample == 8, "floats have 4 or 8 bytes")
    layout.bits_allocated = layout.bits_stored = 8 * nbytes_per_sample
    layout.high_bit = 8 * nbytes_per_sample - 1
    layout.bit_offset, layout.nplanes, layout.out_nbytes = 0, planes, nbytes_per_sample
    layout.is_signed, layout.big_endian, layout.swap_pairs = False, big_endian, False
    return unpack_samples(data, out, nsamples, &layout)


cdef void work_unused(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    cdef uint32_t nbytes = w.layout.bits_allocated // 8
    w.result = dcm_cellrun_has_unused(w.data, nbytes, w.layout.bits_stored, w.layout.is_signed, w.layout.big_endian,
                                      w.data_nbytes // nbytes)


def has_unused_bits(data, *, uint32_t bits_allocated, uint32_t bits_stored, bint signed, bint big_endian):
    cdef _Bytes source = _Bytes(data)
    cdef Work w
    check(bits_allocated % 8 == 0 and is_width(bits_allocated // 8), "cells have 8, 16, 32 or 64 bits")
    check(1 <= bits_stored <= bits_allocated, "bits stored are 1 to bits allocated")
    w.data, w.data_nbytes, w.result = source.p, source.nbytes, 0
    w.layout.bits_allocated, w.layout.bits_stored = bits_allocated, bits_stored
    w.layout.is_signed, w.layout.big_endian = signed, big_endian
    run(work_unused, &w)
    return w.result != 0


cdef void work_correct(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_cellrun_correct(w.bits, w.out, w.layout.out_nbytes, w.n)


def correct(out, *, uint32_t nbytes_per_sample, uint32_t bits_stored, bint signed):
    cdef _Bytes target = _Bytes(out, True)
    cdef Work w
    check(is_width(nbytes_per_sample), "samples have 1, 2, 4 or 8 bytes")
    check(1 <= bits_stored <= 8 * nbytes_per_sample, "bits stored are 1 to the bits of a sample")
    check(target.nbytes % nbytes_per_sample == 0, "out is no whole number of samples")
    w.out, w.n, w.layout.out_nbytes = target.p, target.nbytes // nbytes_per_sample, nbytes_per_sample
    w.bits = dcm_cell_bits_of(0, bits_stored, signed)
    run(work_correct, &w)


cdef void work_interleave(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_planes_interleave(w.data, <size_t> w.n * w.layout.out_nbytes, w.layout.nplanes, w.layout.out_nbytes, w.out, w.n)


cdef void work_deinterleave(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_planes_deinterleave(w.data, w.layout.nplanes, w.layout.out_nbytes, w.out, w.n)


cdef int arrange(void (*work)(void *context) noexcept nogil, data, out, uint32_t planes, uint32_t nbytes) except -1:
    cdef _Bytes source = _Bytes(data)
    cdef _Bytes target = _Bytes(out, True)
    cdef uint64_t pixel = <uint64_t> planes * nbytes
    cdef Work w
    check(is_width(nbytes), "samples have 1, 2, 4 or 8 bytes")
    check(planes >= 1, "there is at least one plane")
    check(source.nbytes == target.nbytes, "data and out are not of the same size")
    check(source.nbytes % pixel == 0, "data is no whole number of pixels")
    check_apart(source, target)
    w.data, w.out, w.n = source.p, target.p, source.nbytes // pixel
    w.layout.nplanes, w.layout.out_nbytes = planes, nbytes
    return run(work, &w)


def interleave(data, out, *, uint32_t planes, uint32_t nbytes_per_sample):
    arrange(work_interleave, data, out, planes, nbytes_per_sample)


def deinterleave(data, out, *, uint32_t planes, uint32_t nbytes_per_sample):
    arrange(work_deinterleave, data, out, planes, nbytes_per_sample)


cdef void work_pack(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_bitrun_pack(w.data, w.data_nbytes, w.layout.bit_offset, w.out)


def pack_bits(samples_u8, *, uint32_t bit_offset=0):
    cdef _Bytes source = _Bytes(samples_u8)
    cdef bytes out
    cdef Work w
    check(bit_offset <= 7, "a bit offset is 0 to 7")
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> ((source.nbytes + bit_offset + 7) // 8))
    w.data, w.data_nbytes, w.layout.bit_offset = source.p, source.nbytes, bit_offset
    w.out = <uint8_t *> PyBytes_AS_STRING(out)
    run(work_pack, &w)
    return out
