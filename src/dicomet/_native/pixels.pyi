"""Kernels of pixels: native samples, colour, palettes. PS3.5 §8, PS3.3 §C.7.6.3, §C.7.9.

All take contiguous buffers (bytes, memoryviews, arrays of any dtype), which they borrow for the call; what they
write goes to a writable buffer of the caller, in the byte order of this machine, and need not be aligned. They run
without the GIL. All raise `ValueError` for arguments that contradict one another, before anything is written, and
`SourceChanged` if the input lies in a mapped file that has been cut short (what was written by then is undefined).
"""

from typing import Any, TypeAlias

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

def unpack(
    data: Buffer,
    out: Buffer,
    *,
    bit_offset: int,
    nsamples: int,
    bits_allocated: int,
    bits_stored: int,
    high_bit: int,
    signed: bool,
    big_endian: bool,
    swap_pairs: bool,
    planes: int,
    out_nbytes_per_sample: int,
) -> int:
    """Samples of native pixel cells. PS3.5 §8.1.1, §8.2, Annex D.

    Parameters
    ----------
    data : buffer
        Begins at the byte that holds the first bit of the frame; with `swap_pairs` at the even byte that
        begins its 16-bit word. May end early: missing samples become 0. It may also be longer.
    out : writable buffer
        `nsamples` integers of `out_nbytes_per_sample` bytes; does not overlap `data`.
    bit_offset : int
        Where the first cell begins, in bits from the start of `data`: 0 to 7, or to 15 with `swap_pairs`. A multiple
        of 8 for cells of whole bytes.
    nsamples : int
        How many; a multiple of `planes`.
    bits_allocated : int
        Size of a cell, 1 to 64. Cells of 8, 16, 24 to 64 bits are whole bytes. Others are packed: they follow one
        another without a gap, from the least significant bit of the first byte on.
    bits_stored, high_bit : int
        A sample is bits ``high_bit - bits_stored + 1`` to ``high_bit`` of its cell. No more than fit into `out`.
    signed : bool
        Samples are extended by their sign, else by zeros.
    big_endian : bool
        Byte order of cells of several whole bytes. Packed cells and single bytes have none.
    swap_pairs : bool
        The two bytes of every 16-bit word stand in exchanged order (OW in big-endian). They are put right before
        anything else is done; a last odd byte counts as missing. PS3.5 §A.3.
    planes : int
        1, or the number of planes of Planar Configuration 1: `out` is by pixel all the same.
    out_nbytes_per_sample : int
        1, 2, 4 or 8.

    Returns
    -------
    int
        How many samples were there, counted in the order of `data`; a cell that is cut is missing.
    """

def floats(
    data: Buffer, out: Buffer, *, nsamples: int, nbytes_per_sample: int, big_endian: bool, planes: int = 1
) -> int:
    """Samples of Float (4 bytes) or Double Float (8 bytes) Pixel Data, moved as bits; else as `unpack`.

    PS3.3 §C.7.6.24, §C.7.6.25.
    """

def has_unused_bits(
    data: Buffer, *, bits_allocated: int, bits_stored: int, signed: bool, big_endian: bool
) -> bool:
    """Whether a plain view of native cells would be wrong: any whole cell is not the sample in its lowest bits.

    Parameters
    ----------
    data : buffer
        Cells of whole bytes; a last cell that is cut does not count.
    bits_allocated : {8, 16, 32, 64}
    bits_stored : int
        1 to `bits_allocated`; the high bit is ``bits_stored - 1``.
    signed : bool
        The bits above must repeat the sign, else be 0.
    big_endian : bool

    Returns
    -------
    bool
    """

def correct(out: Buffer, *, nbytes_per_sample: int, bits_stored: int, signed: bool) -> None:
    """Keep the lowest `bits_stored` bits of samples of 1, 2, 4 or 8 bytes, extended by sign or zeros, in place."""

def interleave(data: Buffer, out: Buffer, *, planes: int, nbytes_per_sample: int) -> None:
    """Colour by plane to colour by pixel: Planar Configuration 1 to 0. PS3.3 §C.7.6.3.1.3.

    Parameters
    ----------
    data : buffer
        `planes` planes, a whole number of pixels.
    out : writable buffer
        Of the same size; does not overlap `data`.
    planes : int
        At least 1.
    nbytes_per_sample : {1, 2, 4, 8}
    """

def deinterleave(data: Buffer, out: Buffer, *, planes: int, nbytes_per_sample: int) -> None:
    """Colour by pixel to colour by plane: the reverse of `interleave`. PS3.3 §C.7.6.3.1.3."""

def pack_bits(samples_u8: Buffer, *, bit_offset: int = 0) -> bytes:
    """Bytes, each zero or not, to bits, the first the least significant. PS3.5 §8.2.

    Parameters
    ----------
    samples_u8 : buffer
        One byte a sample; every value but 0 is 1.
    bit_offset : int
        0 to 7 zero bits in front of the first.

    Returns
    -------
    bytes
        Zero bits fill the last byte.
    """

def ybr_full_to_rgb(
    data: Buffer, out: Buffer, *, nbytes_per_sample: int = 1, bits_stored: int = 0
) -> None:
    """YBR_FULL by pixel to RGB by pixel. PS3.3 §C.7.6.3.1.2.

    The exact inverse of the equations, rounded to the nearest integer, halves up, and clipped to 0 and
    ``2 ** bits_stored - 1``.

    Parameters
    ----------
    data : buffer
        A whole number of pixels; CB and CR are 0 at ``2 ** (bits_stored - 1)``.
    out : writable buffer
        Of the same size; begins where `data` begins, or does not overlap it.
    nbytes_per_sample : {1, 2}
        2: in the byte order of this machine.
    bits_stored : int
        8 in 1 byte, 1 to 16 in 2; 0 stands for all bits.
    """

def rgb_to_ybr_full(
    data: Buffer, out: Buffer, *, nbytes_per_sample: int = 1, bits_stored: int = 0
) -> None:
    """RGB by pixel to YBR_FULL by pixel: the reverse of `ybr_full_to_rgb`. PS3.3 §C.7.6.3.1.2."""

def ybr_partial_to_rgb(data: Buffer, out: Buffer) -> None:
    """The partial range of CCIR 601-2 by pixel, 8 bits, to RGB; retired. Else as `ybr_full_to_rgb`.

    The equations of PS3.3 §C.7.6.3.1.2 for YBR_PARTIAL_422 (edition 2016 and before), inverted as they are printed.
    """

def ybr_full_422_to_rgb(data: Buffer, out: Buffer, *, npixels: int, columns: int = 0) -> int:
    """Native YBR_FULL_422 to RGB by pixel. PS3.3 §C.7.6.3.1.2.

    Parameters
    ----------
    data : buffer
        Groups of Y1 Y2 CB CR for two pixels, 8 bits each. May end early: pixels of groups that are not whole
        become 0. It may also be longer.
    out : writable buffer
        `npixels` times three bytes; does not overlap `data`.
    npixels : int
    columns : int
        Of a row. Groups begin anew in every row: where `columns` is odd, the last of a row has a Y2 that is not
        used. 0: there is one row.

    Returns
    -------
    int
        How many pixels were there.
    """

def ybr_full_422_expand(data: Buffer, out: Buffer, *, npixels: int, columns: int = 0) -> int:
    """Native YBR_FULL_422 to YBR_FULL by pixel, chroma given to both pixels. Else as `ybr_full_422_to_rgb`."""

def ybr_partial_422_to_rgb(data: Buffer, out: Buffer, *, npixels: int, columns: int = 0) -> int:
    """Native YBR_PARTIAL_422 to RGB by pixel; retired. Else as `ybr_full_422_to_rgb` and `ybr_partial_to_rgb`."""

def apply_palette(
    indices: Buffer,
    out: Buffer,
    *,
    index_nbytes: int,
    lut: Buffer,
    lut_nbytes: int,
    nentries: int,
    first: int,
    signed_indices: bool,
) -> None:
    """Indices to RGB by pixel. PS3.3 §C.7.6.3.1.5, §C.7.6.3.1.6.

    Parameters
    ----------
    indices : buffer
        Integers of `index_nbytes` (1 or 2) bytes. Below the first entry they take the first, above the last entry
        the last.
    out : writable buffer
        Three times `lut_nbytes` for each index; overlaps neither `indices` nor `lut`.
    index_nbytes : {1, 2}
    lut : buffer
        `nentries` times red, green, blue.
    lut_nbytes : {1, 2}
        Size of a colour in `lut`, and in `out`.
    nentries : int
        1 to 65536.
    first : int
        The index that the first entry is for, -32768 to 65535.
    signed_indices : bool
    """

def expand_segmented(data: Buffer, *, nentries: int, bits: int, big_endian: bool) -> bytes:
    """A lookup table out of its discrete, linear and indirect segments. PS3.3 §C.7.9.2.

    Values between the ends of a linear segment are rounded to the nearest integer, halves to the even one. The
    offset of an indirect segment counts bytes.

    Parameters
    ----------
    data : buffer
        The value of a Segmented Palette Color Lookup Table Data element. One value that is left over at the end is
        padding.
    nentries : int
        Of the descriptor, 1 to 65536.
    bits : {8, 16}
        Of an entry.
    big_endian : bool
        Byte order of the 16-bit words, also of those that hold two entries of 8 bits (OW).

    Returns
    -------
    bytes
        At most `nentries` entries of `bits`; fewer if the segments make fewer.

    Raises
    ------
    PixelDataError
        The segments are cut, unknown or make too many entries; the first is not discrete; an indirect one points
        outside the data, or to an indirect one.
    """

def force_portable(on: bool) -> None:
    """For tests: this module uses no instructions that only some processors have, until told otherwise."""
