"""Kernels of pixels: native samples, colour, palettes. PS3.5 §8, PS3.3 §C.7.6.3, §C.7.9.

All take contiguous buffers (bytes, memoryviews, arrays of any dtype), which they borrow for the call; what they
write goes to a writable buffer of the caller, in the byte order of this machine, and need not be aligned. They run
without the GIL. All raise `ValueError` for arguments that contradict one another, before anything is written, and
`SourceChanged` if the input lies in a mapped file that has been cut short (what was written by then is undefined).
"""

from typing_extensions import Buffer

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

def force_portable(on: bool) -> None:
    """For tests: use no instructions that only some processors have, in the whole process, until told otherwise."""
