"""Encapsulated Pixel Data: frames as fragments behind an offset table. PS3.5 §A.4; PS3.3 §C.7.6.3.1.8."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from dicomet.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

PIXEL_DATA_HEADER = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
_MAX_NBYTES = 0xFFFFFFFE


def item_header(nbytes: int) -> bytes:
    """Header of an item of the Basic Offset Table or of a fragment, which have even lengths."""
    if nbytes > _MAX_NBYTES:
        raise WriteError(f"a frame of {nbytes} bytes needs several fragments", tag=0x7FE00010, clause="PS3.5 §A.4")
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", nbytes)


def basic_offset_table(sizes: Iterable[int]) -> bytes:
    """The item of the Basic Offset Table over frames of one fragment each.

    Parameters
    ----------
    sizes : iterable of int
        Bytes of each frame.

    Raises
    ------
    WriteError
        A frame begins beyond what 32 bits can tell: that takes an Extended Offset Table.
    """
    offsets = _offsets(sizes)
    if offsets and offsets[-1] > _MAX_NBYTES:
        raise WriteError("frames lie beyond 4 GiB", tag=0x7FE00010, clause="PS3.5 §A.4")
    return item_header(4 * len(offsets)) + struct.pack(f"<{len(offsets)}I", *offsets)


def extended_offset_table(sizes: Iterable[int]) -> tuple[bytes, bytes]:
    """Values of Extended Offset Table (7FE0,0001) and Extended Offset Table Lengths (7FE0,0002)."""
    sizes = list(sizes)
    form = f"<{len(sizes)}Q"
    return struct.pack(form, *_offsets(sizes)), struct.pack(form, *sizes)


def _offsets(sizes: Iterable[int]) -> list[int]:
    """Of each frame's item, counted from the first."""
    offsets, at = [], 0
    for nbytes in sizes:
        offsets.append(at)
        at += 8 + nbytes + nbytes % 2
    return offsets


def encapsulate(frames: Iterable[Buffer], *, offset_table: bool = True) -> bytes:
    """The value of encapsulated Pixel Data, of one fragment a frame, to be assigned to ``ds.PixelData``.

    Parameters
    ----------
    frames : iterable of bytes-like
        Encoded.
    offset_table : bool
        Fill the Basic Offset Table; else it is empty.

    Returns
    -------
    bytes
        Of all items, without the delimiter, which the writer adds.
    """
    whole = [memoryview(frame).cast("B") for frame in frames]
    parts: list[Buffer] = [basic_offset_table(len(frame) for frame in whole) if offset_table else item_header(0)]
    for frame in whole:
        odd = len(frame) % 2
        parts += [item_header(len(frame) + odd), frame, b"\0" * odd]
    return b"".join(parts)
