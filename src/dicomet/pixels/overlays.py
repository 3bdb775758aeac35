"""Overlays in bits of Pixel Data that samples do not use: taken out, as no encoder keeps them. PS3.3 §C.9.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native.pixels import pack_bits

if TYPE_CHECKING:
    from dicomet.dataset import Dataset
    from dicomet.pixels.reader import FrameReader

_GROUPS = range(0x6000, 0x6020, 2)
_BITS_ALLOCATED, _BIT_POSITION, _DATA = 0x0100, 0x0102, 0x3000
_NUMBER_OF_FRAMES, _FRAME_ORIGIN = 0x0015, 0x0051


def unfold_overlays(ds: Dataset, reader: FrameReader) -> None:
    """Put overlays that lie in unused bits of the pixels into Overlay Data (60xx,3000) of a data set.

    Parameters
    ----------
    ds : Dataset
        Changed in place.
    reader : FrameReader
        Of native pixels; encapsulated ones hold no overlays.
    """
    layout = reader.layout
    for group in _GROUPS:
        position = ds.get((group, _BIT_POSITION))
        if position is None or (group << 16 | _DATA) in ds or not isinstance(position.value, int):
            continue
        in_use = layout.high_bit + 1 - layout.bits_stored <= position.value <= layout.high_bit
        if in_use or position.value >= layout.bits_allocated or layout.samples != 1:
            continue
        dtype = reader.view_dtype()
        if dtype is None:
            continue
        planes = [_plane(reader, frame, dtype, position.value) for frame in range(reader.nframes)]
        bits = pack_bits(np.concatenate(planes).data)
        ds.add_new(group << 16 | _DATA, "OW", bits + b"\0" * (len(bits) % 2))
        ds.add_new(group << 16 | _BITS_ALLOCATED, "US", 1)
        ds.add_new(group << 16 | _BIT_POSITION, "US", 0)
        if reader.nframes > 1:
            ds.add_new(group << 16 | _NUMBER_OF_FRAMES, "IS", reader.nframes)
            ds.add_new(group << 16 | _FRAME_ORIGIN, "US", 1)


def _plane(reader: FrameReader, frame: int, dtype: np.dtype[Any], bit: int) -> np.ndarray:
    """One byte a pixel: the overlay's bit of a frame."""
    cells = reader.view(frame, dtype)
    unsigned = cells.view(np.dtype(f"u{dtype.itemsize}").newbyteorder(">" if dtype.byteorder == ">" else "<"))
    plane: np.ndarray = unsigned >> bit & 1
    return plane.astype(np.uint8).reshape(-1)
