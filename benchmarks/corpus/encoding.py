"""Bytes of Explicit VR Little Endian data sets. PS3.5 §7.1.2, §7.5; PS3.10 §7.1.

For corpora too large to build element by element with a toolkit.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate

LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
UNDEFINED = 0xFFFFFFFF
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
BINARY_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}


def element(tag: int, vr: str, value: str | bytes | float | tuple[float, ...] = "") -> bytes:
    """One data element with its value padded to even length."""
    if isinstance(value, str):
        raw = value.encode("ascii")
        if len(raw) % 2:
            raw += b"\0" if vr == "UI" else b" "
    elif isinstance(value, bytes):
        raw = value + b"\0" * (len(value) % 2)
    else:
        numbers = value if isinstance(value, tuple) else (value,)
        raw = struct.pack(f"<{len(numbers)}{BINARY_FORMATS[vr]}", *numbers)
    group, number = tag >> 16, tag & 0xFFFF
    if vr in LONG_VRS:
        return struct.pack("<HH2s2xI", group, number, vr.encode(), len(raw)) + raw
    return struct.pack("<HH2sH", group, number, vr.encode(), len(raw)) + raw


def sequence(tag: int, items: Iterable[bytes], *, undefined: bool = False) -> bytes:
    """A sequence of the given items, all lengths defined or all undefined."""
    head = struct.pack("<HH2s2x", tag >> 16, tag & 0xFFFF, b"SQ")
    parts: list[bytes] = []
    for item in items:
        parts += (
            (struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED), item, ITEM_END)
            if undefined
            else (struct.pack("<HHI", 0xFFFE, 0xE000, len(item)), item)
        )
    body = b"".join(parts)
    if undefined:
        return head + struct.pack("<I", UNDEFINED) + body + SEQUENCE_END
    return head + struct.pack("<I", len(body)) + body


def encapsulated(frames: Sequence[bytes]) -> bytes:
    """Pixel Data of compressed frames, one fragment each, with a Basic Offset Table. PS3.5 §A.4."""
    padded = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    offsets = [0, *accumulate(8 + len(frame) for frame in padded)][:-1]
    item = struct.Struct("<HHI")
    parts = [
        struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OB", UNDEFINED),
        item.pack(0xFFFE, 0xE000, 4 * len(offsets)),
        struct.pack(f"<{len(offsets)}I", *offsets),
    ]
    for frame in padded:
        parts += (item.pack(0xFFFE, 0xE000, len(frame)), frame)
    return b"".join((*parts, SEQUENCE_END))


def part10(
    sop_class: str, sop_instance: str, body: bytes, transfer_syntax: str = EXPLICIT_LITTLE_ENDIAN
) -> bytes:
    """A DICOM file: preamble, prefix, File Meta Information and the data set."""
    meta = b"".join(
        (
            element(0x00020001, "OB", b"\0\1"),
            element(0x00020002, "UI", sop_class),
            element(0x00020003, "UI", sop_instance),
            element(0x00020010, "UI", transfer_syntax),
            element(0x00020012, "UI", "2.25.1"),
        )
    )
    return bytes(128) + b"DICM" + element(0x00020000, "UL", len(meta)) + meta + body


def code(tag: int, value: str, scheme: str, meaning: str) -> bytes:
    """A code sequence of one item. PS3.3 §8."""
    item = (
        element(0x00080100, "SH", value)
        + element(0x00080102, "SH", scheme)
        + element(0x00080104, "LO", meaning)
    )
    return sequence(tag, [item])
