"""Rectangles of pixels blanked, and bits that pixels do not use cleared. PS3.15 §E.3.1; PS3.5 §8.

Of native pixels only those bytes change. Encapsulated frames that a rectangle touches are decoded, blanked and encoded
again in their transfer syntax: lossless ones are checked to be the same everywhere else, lossy ones lose a little
again. Other frames keep their bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dicomet.deid.rectangles import Rectangle
from dicomet.errors import DeidentificationError
from dicomet.pixels.codecs import codec_for
from dicomet.pixels.encapsulate import encapsulate
from dicomet.pixels.frames import frames_of
from dicomet.pixels.layout import PIXEL_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.reader import FrameReader

_EOT, _EOT_LENGTHS = 0x7FE00001, 0x7FE00002
_CLAUSE = "PS3.15 §E.3.1"
_LOSSLESS = frozenset(
    "1.2.840.10008.1.2." + n
    for n in ("1.98", "5", "8.1", "4.57", "4.70", "4.80", "4.90", "4.92", "4.201", "4.202", "4.110")
)


def blank_pixels(ds: Dataset, rectangles: tuple[Rectangle, ...], clear_bits: int = 0) -> int:
    """Blank rectangles in all frames, and clear bits of each cell.

    Parameters
    ----------
    ds : Dataset
        Its Pixel Data is replaced if anything changes.
    rectangles : tuple of Rectangle
    clear_bits : int
        Bits of a cell that hold no sample, as a mask.

    Returns
    -------
    int
        Frames that were changed.

    Raises
    ------
    DeidentificationError
        The pixels are in a form that cannot be blanked.
    DicomError
        A frame cannot be decoded or encoded.
    """
    reader = frames_of(ds)._frame_source()
    if reader.table is not None:
        return _blank_encapsulated(ds, reader, rectangles)
    return _blank_native(ds, reader, rectangles, clear_bits)


# -- native ----------------------------------------------------------------------------------------


def _blank_native(ds: Dataset, reader: FrameReader, rectangles: tuple[Rectangle, ...], clear_bits: int) -> int:
    element, layout = reader.element, reader.layout
    value = bytearray(element.source.read(element.offset, element.nbytes))
    if element.is_cut or 8 * len(value) < reader.nframes * layout.native_nbits:
        raise DeidentificationError("the pixels are cut short", tag=element.tag, clause=_CLAUSE)
    if layout.bits_allocated == 1:
        changed = _blank_bits(value, reader, rectangles)
    elif layout.is_subsampled and layout.bits_allocated == 8:
        pairs = _whole(value, np.dtype("u1"), (reader.nframes, layout.rows, (layout.columns + 1) // 2, 4))
        halves = [Rectangle(x // 2, y, (x + width + 1) // 2 - x // 2, height) for x, y, width, height in rectangles]
        changed = _fill(pairs, halves, (0, 0, 128, 128))  # Y Y Cb Cr for each two pixels
    elif layout.bits_allocated in (8, 16, 32, 64):
        changed = _blank_cells(value, reader, rectangles, clear_bits)
    else:
        raise DeidentificationError(f"{layout.bits_allocated} bits allocated cannot be blanked", clause=_CLAUSE)
    if not changed:
        return 0
    vr = ds._vr_at(element.tag) or "OW"
    ds.add_new(element.tag, vr if len(vr) == 2 else "OW", bytes(value))
    return reader.nframes


def _whole(value: bytearray, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(value, dtype, int(np.prod(shape))).reshape(shape)


def _fill(frames: np.ndarray, rectangles: Iterable[Rectangle], blank: Any) -> bool:
    """Blank rectangles of (frames, rows, columns, ...); whether anything else stood there."""
    changed = False
    for x, y, width, height in rectangles:
        part = frames[:, y : y + height, x : x + width]
        changed |= bool((part != blank).any())
        part[...] = blank
    return changed


def _blank_cells(value: bytearray, reader: FrameReader, rectangles: tuple[Rectangle, ...], clear_bits: int) -> bool:
    layout = reader.layout
    by_plane = layout.planar_configuration == 1 and layout.samples > 1
    size = (layout.rows, layout.columns)
    shape = (layout.samples, *size) if by_plane else (*size, layout.samples)
    dtype = np.dtype(f"u{layout.bits_allocated // 8}").newbyteorder(">" if reader.element.big_endian else "<")
    if layout.bits_allocated == 8 and reader.swap_pairs:
        raise DeidentificationError("bytes of 8-bit pixels are swapped in big-endian words", clause=_CLAUSE)
    cells = _whole(value, dtype, (reader.nframes, *shape))
    if by_plane:
        cells = np.moveaxis(cells, 1, -1)
    changed = _fill(cells, rectangles, _blank_of(layout))
    if clear_bits:
        changed |= bool((cells & dtype.type(clear_bits)).any())
        np.bitwise_and(cells, dtype.type(~clear_bits & (1 << layout.bits_allocated) - 1), out=cells)
    return changed


def _blank_bits(value: bytearray, reader: FrameReader, rectangles: tuple[Rectangle, ...]) -> bool:
    layout = reader.layout
    nbits = reader.nframes * layout.nsamples
    bits = np.unpackbits(np.frombuffer(value, "u1"), bitorder="little")
    frames = bits[:nbits].reshape(reader.nframes, layout.rows, layout.columns)
    changed = _fill(frames, rectangles, 0)
    value[:] = np.packbits(bits, bitorder="little").tobytes()
    return changed


def _blank_of(layout: PixelLayout) -> tuple[int, ...] | int:
    """Black; of MONOCHROME1 white. Chroma is in the middle of its range."""
    if layout.photometric_interpretation.startswith("YBR") and layout.samples == 3:
        middle = 1 << layout.bits_stored - 1
        return (0, middle, middle)
    return 0


# -- encapsulated ----------------------------------------------------------------------------------


def _blank_encapsulated(ds: Dataset, reader: FrameReader, rectangles: tuple[Rectangle, ...]) -> int:
    if not rectangles:
        return 0  # encoders keep no bits beyond the samples
    syntax = reader.element.transfer_syntax
    codec = codec_for(syntax)
    if reader.video is not None or not codec.can_encode:
        raise DeidentificationError(f"{codec.name} does not encode: transcode first", clause=_CLAUSE)
    frames = [_blank_frame(reader, frame, rectangles, syntax in _LOSSLESS) for frame in range(reader.nframes)]
    nchanged = sum(frame is not None for frame in frames)
    if not nchanged:
        return 0
    whole = [reader.raw(i) if frame is None else frame for i, frame in enumerate(frames)]
    ds.add_new(PIXEL_DATA, "OB", encapsulate(whole))
    for tag in (_EOT, _EOT_LENGTHS):  # they tell of the old frames
        if ds._element(tag) is not None:
            ds._delete(tag)
    return nchanged


def _blank_frame(reader: FrameReader, frame: int, rectangles: tuple[Rectangle, ...], is_lossless: bool) -> bytes | None:
    """The frame encoded anew; None if it is blank there already."""
    out, told = _decoded(reader, reader.raw(frame))
    layout = replace(
        reader.layout,
        bits_allocated=1 if reader.layout.bits_allocated == 1 else 8 * out.itemsize,
        high_bit=reader.layout.bits_stored - 1,
        planar_configuration=0,
    )
    shown = replace(layout, photometric_interpretation=told)
    if not _fill(out[np.newaxis], rectangles, _blank_of(shown)):
        return None
    if told == "RGB" and layout.photometric_interpretation.startswith("YBR_FULL"):
        layout = shown  # the stream says otherwise than the header, and shall go on so
    codec = codec_for(reader.element.transfer_syntax)
    encoded = codec.encode(out, layout)
    again, told_again = _decoded(reader, memoryview(encoded))
    if told_again != told or (is_lossless and not np.array_equal(again, out)):
        raise DeidentificationError(
            f"{codec.name} does not give frame {frame} back as it was encoded: transcode first", clause=_CLAUSE
        )
    return encoded


def _decoded(reader: FrameReader, encoded: memoryview) -> tuple[np.ndarray, str]:
    """Stored samples, and what they are."""
    assert reader.codec is not None
    out = reader.empty(reader.layout.shape, reader.layout.dtype)
    done = reader.codec.decode(encoded, reader.layout, out, rgb=False)
    return out, done.photometric_interpretation
