"""JPEG-LS: frames to samples. ITU-T T.87."""

from typing import Any, TypeAlias

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

SHORT: int
"""Note: the entropy-coded data end, or are damaged, before the last sample. From there on samples are 0, up to the next
restart marker if there is one; so are components without a scan."""

def decode(
    encoded: Buffer, out: Buffer, *, rows: int, columns: int, samples: int, sample_nbytes: int
) -> int:
    """Decode one frame. Works without the GIL.

    Lossless and near-lossless, 2 to 16 bits a sample, point transforms, 1 to 4 components of one size, interleaved
    by line, by sample or in scans of their own, coding parameters of all kinds, restart intervals, HP's colour
    transforms (which are undone). The end marker may be missing, and anything may stand behind it.

    Parameters
    ----------
    encoded : buffer
        The frame, from its SOI marker on; contiguous. May lie in a mapped file.
    out : buffer
        Where the samples go: contiguous and writable, of rows x columns x samples x `sample_nbytes` bytes,
        unsigned and in the machine's byte order, those of a pixel side by side. Must not overlap
        `encoded`.
    rows, columns, samples : int
        Those of the frame header: 1 to 65535, 1 to 65535, 1 to 4. Where the header does not tell the
        rows, as many as are wanted.
    sample_nbytes : int
        2, or 1 where the precision is 8 bits at most.

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
        Components of several sizes, or a mapping table: not decoded here.
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
