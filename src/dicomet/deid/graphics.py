"""Overlays: planes of their own, and those in bits of Pixel Data that no sample uses. PS3.15 §E.3.3; PS3.3 C.9.2.

A bitmap may show a name, and nobody reads it here: Overlay Data stays only where rectangles say which part of it is
blanked, and goes with its whole group else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomet.dataset import Dataset
    from dicomet.deid.rectangles import Rectangle

GROUPS = range(0x6000, 0x6100, 2)
_ROWS, _COLUMNS, _NUMBER_OF_FRAMES, _ORIGIN = 0x0010, 0x0011, 0x0015, 0x0050
_BITS_ALLOCATED, _BIT_POSITION, _DATA = 0x0100, 0x0102, 0x3000


def embedded_bits(ds: Dataset) -> int:
    """Bits of each cell of Pixel Data that hold overlays, as a mask. Retired; PS3.5 §8.1.2 (2004)."""
    mask = 0
    allocated = _number(ds, 0x00280100)
    stored = _number(ds, 0x00280101)
    high_bit = _number(ds, 0x00280102, stored - 1)
    used = ((1 << stored) - 1) << max(high_bit + 1 - stored, 0)
    for group in overlay_groups(ds):
        position = _number(ds, group << 16 | _BIT_POSITION)
        if ds._element(group << 16 | _DATA) is None and 0 <= position < allocated <= 64:
            mask |= 1 << position & ~used
    return mask


def overlay_groups(ds: Dataset) -> list[int]:
    """Groups 60xx that have elements."""
    tags = ds._index.tags(ds._row)
    return sorted({tag >> 16 for tag in tags if tag >> 24 == 0x60 and not tag >> 16 & 1})


def clean_overlays(ds: Dataset, rectangles: tuple[Rectangle, ...]) -> tuple[int, int]:
    """Blank rectangles of the image in Overlay Data; without any, remove the groups.

    Returns
    -------
    (int, int)
        Groups that were blanked, and those that were removed.
    """
    nblanked = nremoved = 0
    for group in overlay_groups(ds):
        if rectangles and _blank(ds, group, rectangles):
            nblanked += 1
            continue
        nremoved += 1
        for tag in ds._tags():
            if tag >> 16 == group:
                ds._delete(tag)
    return nblanked, nremoved


def _blank(ds: Dataset, group: int, rectangles: tuple[Rectangle, ...]) -> bool:
    import numpy as np

    element = ds._element(group << 16 | _DATA)
    rows, columns = _number(ds, group << 16 | _ROWS), _number(ds, group << 16 | _COLUMNS)
    nframes = max(_number(ds, group << 16 | _NUMBER_OF_FRAMES), 1)
    if element is None or not isinstance(element.value, bytes) or rows < 1 or columns < 1:
        return False
    bits = np.unpackbits(np.frombuffer(element.value, "u1"), bitorder="little")
    if len(bits) < rows * columns * nframes or not ds.is_little_endian:
        return False
    top, left = _origin(ds, group)
    planes = bits[: rows * columns * nframes].reshape(nframes, rows, columns)
    for x, y, width, height in rectangles:
        first_row, first_column = max(y - top, 0), max(x - left, 0)
        planes[:, first_row : max(y + height - top, 0), first_column : max(x + width - left, 0)] = 0
    ds.add_new(group << 16 | _DATA, element.VR, np.packbits(bits, bitorder="little").tobytes())
    return True


def _origin(ds: Dataset, group: int) -> tuple[int, int]:
    """Row and column of the image, from 0, where the overlay begins."""
    element = ds._element(group << 16 | _ORIGIN)
    value = element.value if element is not None else None
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, int) for one in value):
        return value[0] - 1, value[1] - 1
    return 0, 0


def _number(ds: Dataset, tag: int, default: int = 0) -> int:
    element = ds._element(tag)
    return element.value if element is not None and isinstance(element.value, int) else default
