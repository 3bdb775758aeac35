"""A smaller or coarser picture of a frame, or a part of it, from JPEG 2000. PS3.5 §8.2.4, ITU-T T.800 Annex B."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomet._native import codestream, j2k
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels.codecs import as_buffer
from dicomet.pixels.jpeg2000 import is_native, settle

if TYPE_CHECKING:
    from dicomet.pixels.layout import PixelLayout


def preview(
    encoded: memoryview,
    layout: PixelLayout,
    notes: list[str],
    *,
    reduce: int,
    layers: int,
    region: tuple[int, int, int, int] | None,
    threads: int,
) -> tuple[np.ndarray, str]:
    """Decode what is wanted of a frame's codestream: see `dicomet.pixels.frames.Frames.preview`.

    Returns
    -------
    tuple
        The array, and the Photometric Interpretation of what stands there.
    """
    stream = codestream.read(encoded)
    if stream is None or not is_native(stream) or stream.differs or layout.bits_allocated > 16:
        raise UnsupportedError("previews are made of JPEG 2000 frames of up to 16 bits", clause="PS3.5 §8.2.4")
    if reduce > stream.levels:
        raise ValueError(f"reduce: the frame has {stream.levels} levels that can be left out")
    if (stream.rows, stream.columns, stream.samples) != (layout.rows, layout.columns, layout.samples):
        raise PixelDataError("the stream is of another size than the header says", clause="PS3.5 §8.2.4")
    if stream.precision > layout.bits_allocated:
        raise PixelDataError("the stream has more bits than Bits Allocated", tag=0x00280100, clause="PS3.5 §8.2.4")
    x, y, width, height = region or (0, 0, stream.columns, stream.rows)
    if min(x, y) < 0 or min(width, height) < 1 or x + width > stream.columns or y + height > stream.rows:
        raise ValueError(f"region: not inside the {stream.columns} × {stream.rows} pixels of the frame")
    left, columns = _reduced(stream.x_offset, x, width, reduce)
    top, rows = _reduced(stream.y_offset, y, height, reduce)
    if not rows or not columns:
        raise ValueError("region: nothing of it is left at that size")
    samples = (layout.samples,) if layout.samples > 1 else ()
    out = np.empty((rows, columns, *samples), layout.dtype)
    encoded = encoded[stream.codestream_offset :][: stream.codestream_nbytes]
    found = j2k.decode(
        encoded,
        as_buffer(out),
        rows=rows,
        columns=columns,
        samples=stream.samples,
        sample_nbytes=out.itemsize,
        is_signed=stream.is_signed,
        reduce=reduce,
        layers=layers,
        threads=threads,
        region=(left, top) if region else None,
    )
    if found & j2k.SHORT:
        notes.append("stream_short")
    return out, settle(stream, layout, out, notes)


def _reduced(offset: int, start: int, length: int, reduce: int) -> tuple[int, int]:
    """First sample, and number of them, of a span of pixels: those that stand at multiples of 2^reduce. B-15."""

    def at(position: int) -> int:
        return -(-(offset + position) >> reduce)

    return at(start) - at(0), at(start + length) - at(start)
