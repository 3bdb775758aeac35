"""Kernels of pixels: native samples, colour, palettes. PS3.5 §8, PS3.3 §C.7.6.3, §C.7.9."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.bitrun cimport dcm_bitrun_pack
from dicomet._native.libdcm.cellrun cimport dcm_cell_bits, dcm_cell_bits_of, dcm_cellrun_correct, dcm_cellrun_has_unused
from dicomet._native.libdcm.color cimport (
    DCM_COLOR_FULL_TO_RGB, DCM_COLOR_KEEP, DCM_COLOR_PARTIAL_TO_RGB, DCM_COLOR_RGB_TO_FULL, dcm_color_convert_16,
    dcm_color_convert_422, dcm_color_convert_8, dcm_color_step)
from dicomet._native.libdcm.guard cimport dcm_guarded
from dicomet._native.libdcm.palette cimport DCM_PALETTE_MAX_NENTRIES, dcm_palette, dcm_palette_apply
from dicomet._native.libdcm.planes cimport dcm_planes_deinterleave, dcm_planes_interleave
from dicomet._native.libdcm.samples cimport dcm_samples, dcm_samples_sound, dcm_samples_unpack
from dicomet._native.libdcm.segments cimport (
    DCM_SEGMENTS_CUT, DCM_SEGMENTS_FIRST, DCM_SEGMENTS_NESTED, DCM_SEGMENTS_OFFSET, DCM_SEGMENTS_OK,
    DCM_SEGMENTS_OPCODE, DCM_SEGMENTS_TOO_MANY, dcm_segments_expand, dcm_segments_status)
from dicomet._native.libdcm.simd cimport dcm_simd_force_portable

from dicomet.errors import PixelDataError, SourceChanged


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
    dcm_color_step step
    size_t columns
    dcm_palette palette
    dcm_segments_status segments
    uint32_t ndone


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


cdef void work_color_8(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_color_convert_8(w.step, w.data, w.out, w.n)


cdef void work_color_16(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_color_convert_16(w.step, w.data, w.layout.bits_stored, w.out, w.n)


cdef int convert(dcm_color_step step, data, out, uint32_t nbytes, uint32_t bits) except -1:
    cdef _Bytes source = _Bytes(data)
    cdef _Bytes target = _Bytes(out, True)
    cdef Work w
    check((nbytes == 1 and bits == 8) or (nbytes == 2 and 1 <= bits <= 16),
          "samples have 8 bits in 1 byte or 1 to 16 in 2")
    check(source.nbytes == target.nbytes, "data and out are not of the same size")
    check(source.nbytes % (3 * nbytes) == 0, "data is no whole number of pixels")
    if source.p != target.p:
        check_apart(source, target)
    w.step, w.data, w.out, w.n = step, source.p, target.p, source.nbytes // (3 * nbytes)
    w.layout.bits_stored = bits
    return run(work_color_8 if nbytes == 1 else work_color_16, &w)


def ybr_full_to_rgb(data, out, *, uint32_t nbytes_per_sample=1, uint32_t bits_stored=0):
    convert(DCM_COLOR_FULL_TO_RGB, data, out, nbytes_per_sample, bits_stored or 8 * nbytes_per_sample)


def rgb_to_ybr_full(data, out, *, uint32_t nbytes_per_sample=1, uint32_t bits_stored=0):
    convert(DCM_COLOR_RGB_TO_FULL, data, out, nbytes_per_sample, bits_stored or 8 * nbytes_per_sample)


def ybr_partial_to_rgb(data, out):
    convert(DCM_COLOR_PARTIAL_TO_RGB, data, out, 1, 8)


cdef void work_422(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.result = dcm_color_convert_422(w.step, w.data, w.data_nbytes, w.columns, w.out, w.n)


cdef uint64_t convert_422(dcm_color_step step, data, out, uint64_t npixels, size_t columns) except? 0:
    cdef _Bytes source = _Bytes(data)
    cdef _Bytes target = _Bytes(out, True)
    cdef Work w
    check_size(npixels, 3, target)
    check_apart(source, target)
    w.step, w.data, w.data_nbytes, w.columns = step, source.p, source.nbytes, columns
    w.out, w.n, w.result = target.p, npixels, 0
    run(work_422, &w)
    return w.result


def ybr_full_422_to_rgb(data, out, *, uint64_t npixels, size_t columns=0):
    return convert_422(DCM_COLOR_FULL_TO_RGB, data, out, npixels, columns)


def ybr_full_422_expand(data, out, *, uint64_t npixels, size_t columns=0):
    return convert_422(DCM_COLOR_KEEP, data, out, npixels, columns)


def ybr_partial_422_to_rgb(data, out, *, uint64_t npixels, size_t columns=0):
    return convert_422(DCM_COLOR_PARTIAL_TO_RGB, data, out, npixels, columns)


cdef void work_palette(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    dcm_palette_apply(&w.palette, w.data, w.out, w.n)


def apply_palette(indices, out, *, uint32_t index_nbytes, lut, uint32_t lut_nbytes, uint32_t nentries, int32_t first,
                  bint signed_indices):
    cdef _Bytes source = _Bytes(indices)
    cdef _Bytes table = _Bytes(lut)
    cdef _Bytes target = _Bytes(out, True)
    cdef Work w
    check(index_nbytes == 1 or index_nbytes == 2, "indices have 1 or 2 bytes")
    check(lut_nbytes == 1 or lut_nbytes == 2, "entries have 1 or 2 bytes")
    check(1 <= nentries <= DCM_PALETTE_MAX_NENTRIES, "a table has 1 to 65536 entries")
    check(-32768 <= first <= 65535, "the first index is -32768 to 65535")
    check(table.nbytes == <size_t> nentries * 3 * lut_nbytes, "lut is not nentries times three colours")
    check(source.nbytes % index_nbytes == 0, "indices are not whole")
    check_size(source.nbytes // index_nbytes, 3 * lut_nbytes, target)
    check_apart(source, target)
    check_apart(table, target)
    w.palette.lut, w.palette.nentries, w.palette.first, w.palette.lut_nbytes = table.p, nentries, first, lut_nbytes
    w.palette.index_nbytes, w.palette.index_is_signed = index_nbytes, signed_indices
    w.data, w.out, w.n = source.p, target.p, source.nbytes // index_nbytes
    run(work_palette, &w)


cdef void work_segments(void *context) noexcept nogil:
    cdef Work *w = <Work *> context
    w.segments = dcm_segments_expand(w.data, w.data_nbytes, w.layout.bits_allocated, w.layout.big_endian, w.out,
                                    <uint32_t> w.n, &w.ndone)


cdef dict SEGMENT_FAULTS = {
    DCM_SEGMENTS_CUT: "a segment ends behind the data",
    DCM_SEGMENTS_OPCODE: "a segment is neither discrete, linear nor indirect",
    DCM_SEGMENTS_FIRST: "the first segment is not discrete",
    DCM_SEGMENTS_OFFSET: "an indirect segment points outside the data",
    DCM_SEGMENTS_NESTED: "an indirect segment copies an indirect one",
    DCM_SEGMENTS_TOO_MANY: "the segments make more entries than the descriptor says",
}


def expand_segmented(data, *, uint32_t nentries, uint32_t bits, bint big_endian):
    cdef _Bytes source = _Bytes(data)
    cdef bytes out
    cdef Work w
    check(bits == 8 or bits == 16, "entries have 8 or 16 bits")
    check(1 <= nentries <= DCM_PALETTE_MAX_NENTRIES, "a table has 1 to 65536 entries")
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nentries * (bits // 8))
    w.data, w.data_nbytes, w.out, w.n = source.p, source.nbytes, <uint8_t *> PyBytes_AS_STRING(out), nentries
    w.layout.bits_allocated, w.layout.big_endian = bits, big_endian
    w.segments, w.ndone = DCM_SEGMENTS_OK, 0
    run(work_segments, &w)
    if w.segments != DCM_SEGMENTS_OK:
        raise PixelDataError(SEGMENT_FAULTS[w.segments], clause="PS3.3 §C.7.9.2")
    return out if w.ndone == nentries else out[:w.ndone * (bits // 8)]
