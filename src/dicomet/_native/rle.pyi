"""RLE Lossless: frames to samples and back. PS3.5 Annex G."""

from typing import Any, TypeAlias

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

SHORT: int
"""Note: a segment ended before its plane was full; the missing bytes are 0."""
LONG: int
"""Note: a segment went on when its plane was full; the rest was left out. One byte of 0, which makes the
length even, is no reason for it."""
EXTRA_SEGMENTS: int
"""Note: the frame has more segments than a pixel has bytes; the last were left out."""
ORDER: int
"""Note: the offsets of the segments do not ascend."""

def decode(encoded: Buffer, out: Buffer, *, samples: int, sample_nbytes: int) -> int:
    """Decode one frame. Works without the GIL.

    Parameters
    ----------
    encoded : buffer
        The frame, from its RLE header on; contiguous. May lie in a mapped file.
    out : buffer
        Where the samples go: contiguous and writable, of pixels x `samples` x `sample_nbytes` bytes.
        Samples are little-endian, those of a pixel side by side, so the shape is (rows, columns,
        samples). Must not overlap `encoded`.
    samples : int
        Samples per Pixel.
    sample_nbytes : int
        Bytes of a sample, 1 to 8. Pixels of one bit are packed: give 1, and an `out` of packed bytes.

    Returns
    -------
    int
        What was tolerated, as bits: `SHORT`, `LONG`, `EXTRA_SEGMENTS`, `ORDER`. 0 for a sound frame.
        Every byte of `out` was written.

    Raises
    ------
    PixelDataError
        The header does not go with the layout (PS3.5 §G.5): the frame is shorter than 64 bytes, has
        fewer segments than a pixel has bytes, or a segment that begins outside of it. Its `offset`
        counts from the start of the frame. `out` is as it was.
    SourceChanged
        The file that `encoded` is mapped from shrank. Part of `out` may have been written.
    ValueError
        `out` is no whole number of pixels or not contiguous, or there are no such samples.
    OverflowError
        A number that is negative or beyond 32 bits.
    TypeError, BufferError
        No buffers of that kind.
    """

def encode(
    samples_buffer: Buffer, *, rows: int, columns: int, samples: int, sample_nbytes: int
) -> bytes:
    """Encode one frame, every row for itself (PS3.5 §G.3.1). Works without the GIL.

    Parameters
    ----------
    samples_buffer : buffer
        rows x columns x samples x `sample_nbytes` bytes, contiguous; samples little-endian, those of a
        pixel side by side. May lie in a mapped file.
    rows, columns, samples : int
        Shape of the frame. For pixels of one bit, columns of packed bytes.
    sample_nbytes : int
        Bytes of a sample, 1 to 8; a pixel has 15 at most.

    Returns
    -------
    bytes
        The frame: header and segments, each of even length.

    Raises
    ------
    SourceChanged
        The file that the samples are mapped from shrank.
    ValueError
        RLE Lossless has no such frames, the buffer has another size, or a segment would begin behind
        4 GiB.
    OverflowError
        A number that is negative or beyond 32 bits.
    MemoryError
    TypeError, BufferError
        No buffer of that kind.
    """
