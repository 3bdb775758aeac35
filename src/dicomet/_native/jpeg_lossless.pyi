"""Lossless JPEG with Huffman coding: frames to samples. ITU-T T.81 Annex H, processes 14 and 14 SV1."""

from typing import Any, TypeAlias

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

SHORT: int
"""Note: the entropy-coded data end, or are damaged, before the last sample. From there on differences count
as 0, up to the next restart marker if there is one; components without a scan are 0."""

def decode(
    encoded: Buffer, out: Buffer, *, rows: int, columns: int, samples: int, sample_nbytes: int
) -> int:
    """Decode one frame. Works without the GIL.

    Predictors 1 to 7, 2 to 16 bits a sample, point transforms, 1 to 4 components of one size in one scan
    or several, a Huffman table for each, restart intervals of whole lines. The end marker may be missing,
    and anything may stand behind it.

    Parameters
    ----------
    encoded : buffer
        The frame, from its SOI marker on; contiguous. May lie in a mapped file.
    out : buffer
        Where the samples go: contiguous and writable, of rows x columns x samples x `sample_nbytes` bytes,
        unsigned and in the machine's byte order, those of a pixel side by side. Must not overlap
        `encoded`.
    rows, columns, samples : int
        Those of the frame header: 1 to 65535, 1 to 65535, 1 to 4. Where the header leaves the rows to a
        DNL segment, as many as are wanted.
    sample_nbytes : int
        2, or 1 where the precision is 8 bits at most.

    Returns
    -------
    int
        What was tolerated, as bits: `SHORT`, or 0. Every byte of `out` was written.

    Raises
    ------
    PixelDataError
        The headers cannot give such a frame, or one that is decoded here. Its `offset` counts from the
        start of `encoded`. `out` may hold anything.
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
