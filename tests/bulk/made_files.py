"""Small DICOM files, written byte by byte for the tests. PS3.5 §7.1, PS3.10 §7.1."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

LONG = frozenset({"OB", "OW", "SQ", "UN", "UT", "UC", "UR", "SV", "UV"})


def element(tag: int, vr: str, value: bytes) -> bytes:
    """A data element in explicit VR little endian. PS3.5 §7.1.2."""
    value += b"\0" * (len(value) % 2) if vr in ("UI", "OB") else b" " * (len(value) % 2)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in LONG:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def part10(*elements: bytes, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    meta = element(0x00020010, "UI", syntax.encode())
    length = element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + b"".join(elements)


Save = Callable[..., Path]
