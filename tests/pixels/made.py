"""Images for tests: data sets around given pixels, native or encapsulated. PS3.3 §C.7.6.3, PS3.5 §A.4."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from build import LE, UNDEFINED, Encoding, part10

NATIVE = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"


def header(
    rows: int,
    columns: int,
    *,
    samples: int = 1,
    allocated: int = 16,
    stored: int | None = None,
    high_bit: int | None = None,
    signed: int = 0,
    frames: int | None = None,
    photometric: str | None = None,
    planar: int = 0,
    enc: Encoding = LE,
) -> bytes:
    """Image Pixel Module; `stored` and `high_bit` follow from the rest unless told."""
    stored = allocated if stored is None else stored
    high_bit = stored - 1 if high_bit is None else high_bit
    if photometric is None:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"

    def us(tag: int, value: int) -> bytes:
        return enc.element(tag, "US", enc.pack("H", value))

    parts = [us(0x00280002, samples), enc.element(0x00280004, "CS", photometric)]
    if samples > 1:
        parts.append(us(0x00280006, planar))
    if frames is not None:
        parts.append(enc.element(0x00280008, "IS", str(frames)))
    parts += [us(0x00280010, rows), us(0x00280011, columns), us(0x00280100, allocated), us(0x00280101, stored)]
    parts += [us(0x00280102, high_bit), us(0x00280103, signed)]
    return b"".join(parts)


def native(head: bytes, pixels: bytes, syntax: str = NATIVE, *, vr: str = "OW", enc: Encoding = LE) -> bytes:
    """A file with native pixels, padded to even length."""
    return part10(head + enc.element(0x7FE00010, vr, pixels + b"\0" * (len(pixels) % 2)), syntax)


def item(data: bytes, pad: bytes = b"\0") -> bytes:
    """An item of a fragment, padded to even length."""
    return LE.item(data + pad * (len(data) % 2))


def fragments(
    frames: Sequence[bytes | Sequence[bytes]], *, table: Sequence[int] | str | None = "basic", end: bool = True
) -> bytes:
    """Encapsulated Pixel Data: each frame one fragment or several; a right Basic Offset Table, the given one, or
    an empty one (None)."""
    pieces = [[frame] if isinstance(frame, bytes) else list(frame) for frame in frames]
    encoded = [b"".join(item(piece) for piece in frame) for frame in pieces]
    offsets: Sequence[int] = []
    if table == "basic":
        offsets = [sum(len(one) for one in encoded[:i]) for i in range(len(encoded))]
    elif table is not None and not isinstance(table, str):
        offsets = table
    body = LE.item(struct.pack(f"<{len(offsets)}I", *offsets)) + b"".join(encoded)
    return LE.element(0x7FE00010, "OB", length=UNDEFINED) + body + (LE.sequence_end() if end else b"")


def encapsulated(head: bytes, frames: Sequence[bytes | Sequence[bytes]], syntax: str, **options: object) -> bytes:
    """A file with encapsulated frames; options as of `fragments`."""
    return part10(head + fragments(frames, **options), syntax)  # type: ignore[arg-type]


def ramp(rows: int, columns: int, samples: int = 1, *, dtype: str = "u2", bits: int = 12, seed: int = 0) -> np.ndarray:
    """Pixels that compress and that are all over the range: a gradient, a block, some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    top = (1 << bits) - 1
    flat = (y * 7 + x * 3 + seed * 11) * max(top // 256, 1) // 4
    planes = [np.where((y // 8 + x // 8 + s) % 5 == 0, rng.integers(0, top + 1, (rows, columns)), flat + s * 17) & top
              for s in range(samples)]  # fmt: skip
    array = np.stack(planes, axis=-1) if samples > 1 else planes[0]
    if np.dtype(dtype).kind == "i":
        array = array - (1 << (bits - 1))
    return array.astype(dtype)
