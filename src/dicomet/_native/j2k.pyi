"""JPEG 2000 Part 1: codestreams to samples. ITU-T T.800."""

from typing import Any, TypeAlias

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

SHORT: int
"""Note: the codestream ends before its last packet, or is damaged. What is missing counts as 0: coarser pixels, or
mid-grey."""

def decode(
    encoded: Buffer,
    out: Buffer,
    *,
    rows: int,
    columns: int,
    samples: int,
    sample_nbytes: int,
    is_signed: bool = False,
    reduce: int = 0,
    layers: int = 0,
    region: tuple[int, int] | None = None,
    threads: int = 1,
) -> int:
    """Decode one frame. Works without the GIL.

    1 to 4 components of one size, up to 16 bits each, signed or not; tiles, precincts, layers, all five
    progressions, every style of code-blocks; both wavelet transforms and both component transforms, which
    are undone. Regions of interest, components of several sizes and high-throughput blocks are refused.

    Parameters
    ----------
    encoded : buffer
        The codestream, from its SOC marker on, without boxes; contiguous. May lie in a mapped file.
    out : buffer
        Where the samples go: contiguous and writable, of rows x columns x samples x `sample_nbytes` bytes,
        in the machine's byte order, those of a pixel side by side. Must not overlap `encoded`.
    rows, columns : int
        What is decoded has so many: the image, or a region of it, reduced. An image from y0 up to y1 on
        the reference grid has ceil(y1 / 2^reduce) - ceil(y0 / 2^reduce) rows.
    samples : int
        Components, 1 to 4.
    sample_nbytes : int
        2, or 1 where no component has more than 8 bits.
    is_signed : bool
        Whether the components are signed.
    reduce : int
        How many of the highest resolution levels are left out: each halves rows and columns.
    layers : int
        How many quality layers are decoded; 0 for all.
    region : tuple of int, optional
        The first column and row of a region of the reduced image, counted from 0, which has `rows` rows of
        `columns` columns: only the tiles that it meets are decoded. The whole image unless told.
    threads : int
        That decode code-blocks and lines at the same time, the calling one among them.

    Returns
    -------
    int
        What was tolerated, as bits: `SHORT`, or 0. Every byte of `out` was written.

    Raises
    ------
    PixelDataError
        The headers cannot give such a frame. Its `offset` counts from the start of `encoded`. `out` may
        hold anything.
    UnsupportedError
        The codestream has what is not decoded here.
    SourceChanged
        The file that `encoded` is mapped from shrank. Part of `out` may have been written.
    ValueError
        `out` has another size, or there are no such frames.
    OverflowError
        A number that is negative or beyond 32 bits.
    MemoryError
    TypeError, BufferError
        No buffers of that kind.
    """

def force_portable(on: bool) -> None:
    """For tests and benchmarks: decode without instructions that only some processors have (or with them again)."""
