"""Offset tables that lie, fragments that are none, RLE headers and palettes that lie, groups of frames that are odd."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from build import LE, UNDEFINED
from pixel_mutants import FRAMES, PIXEL_DATA, Image, fragments, images, item, natives, palette

N = 5
_ITEM, _END = LE.tag(0xFFFEE000), LE.sequence_end()


def _five(name: str) -> tuple[Image, list[bytes]]:
    image = images()[name]
    return image, [image.frames[i % 2] for i in range(N)]


def _file(image: Image, pixels: bytes, count: str = str(N), extra: bytes = b"") -> bytes:
    header = {**image.header, FRAMES: ("IS", count.encode() + b" " * (len(count) % 2))}
    return image.file(header, pixels, extra)


def _offsets(frames: list[bytes]) -> list[int]:
    return [sum(len(item(one)) for one in frames[:i]) for i in range(len(frames))]


def basic_tables(name: str) -> Iterator[tuple[str, bytes]]:
    """Basic Offset Tables that lie."""
    image, frames = _five(name)
    right = _offsets(frames)
    lies = {
        "right": right,
        "shifted": [one + 2 for one in right],
        "by item": [one + 8 for one in right],
        "doubled": [2 * one for one in right],
        "twice": [one for one in right for _ in (0, 1)],
        "all zero": [0] * N,
        "descending": right[::-1],
        "equal inside": [right[0], right[1], right[1], right[3], right[4]],
        "swapped inside": [right[0], right[2], right[1], right[3], right[4]],
        "first not zero": [*right[1:], right[-1] + 8],
        "too many": [*right, right[-1] + 8, right[-1] + 16],
        "too few": right[:3],
        "one": right[:1],
        "beyond": [*right[:4], 0xFFFFFFF0],
        "largest": [0xFFFFFFFF] * N,
        "end of all": [*right[:4], right[-1] + len(item(frames[-1]))],
        "inside an item": [right[0], right[1] + 100, *right[2:]],
    }
    for what, offsets in lies.items():
        for count in (str(N), "", "1", "7"):
            pixels = fragments(frames, struct.pack(f"<{len(offsets)}I", *offsets))
            yield f"{name}/basic {what} of {count or 'none'}", _file(image, pixels, count)
    for nbytes in (1, 2, 3, 5, 19, 21):
        yield f"{name}/basic of {nbytes} bytes", _file(image, fragments(frames, bytes(nbytes)))
    for length in (0x7FFFFFFF, 0xFFFFFFFE, UNDEFINED):
        start = LE.element(PIXEL_DATA, "OB", length=UNDEFINED) + _ITEM + struct.pack("<I", length)
        yield f"{name}/basic of length {length:x}", _file(image, start + b"".join(map(item, frames)) + _END)


def extended_tables(name: str) -> Iterator[tuple[str, bytes]]:
    """Extended Offset Tables that lie."""
    image, frames = _five(name)
    right, sizes = _offsets(frames), [len(one) for one in frames]
    lies: dict[str, tuple[list[int], list[int]]] = {
        "right": (right, sizes),
        "huge": ([right[0], 1 << 63, *right[2:]], sizes),
        "largest": ([(1 << 64) - 1] * N, sizes),
        "wrapping": ([*right[:4], (1 << 64) - 8], sizes),
        "descending": (right[::-1], sizes),
        "shifted": ([one + 4 for one in right], sizes),
        "lengths of zero": (right, [0] * N),
        "lengths too long": (right, [one + 1000 for one in sizes]),
        "lengths huge": (right, [(1 << 64) - 1] * N),
        "lengths too short": (right, [one - 4 for one in sizes]),
        "not paired": (right, sizes[:3]),
        "no lengths": (right, []),
        "no offsets": ([], sizes),
        "too many": ([*right, right[-1] + 8], [*sizes, 8]),
        "inside": ([right[0], right[1] + 6, *right[2:]], sizes),
    }
    for what, (offsets, lengths) in lies.items():
        table = LE.element(0x7FE00001, "OV", struct.pack(f"<{len(offsets)}Q", *offsets))
        table += LE.element(0x7FE00002, "OV", struct.pack(f"<{len(lengths)}Q", *lengths))
        for count in (str(N), "", "2"):
            yield f"{name}/extended {what} of {count or 'none'}", _file(image, fragments(frames), count, table)
    odd = LE.element(0x7FE00001, "OV", bytes(13)) + LE.element(0x7FE00002, "OV", bytes(13))
    yield f"{name}/extended odd", _file(image, fragments(frames), extra=odd)
    other = LE.element(0x7FE00001, "UL", bytes(40)) + LE.element(0x7FE00002, "LO", "x" * 40)
    yield f"{name}/extended of another VR", _file(image, fragments(frames), extra=other)


def odd_fragments(name: str) -> Iterator[tuple[str, bytes]]:
    """Fragments that are empty, odd, open, nested, unended, followed by anything."""
    image, frames = _five(name)
    start = LE.element(PIXEL_DATA, "OB", length=UNDEFINED)
    table, whole = LE.item(), [item(one) for one in frames]
    odd = [_ITEM + struct.pack("<I", len(one) | 1) + one + bytes(len(one) % 2 == 0) for one in frames]
    opened = _ITEM + struct.pack("<I", UNDEFINED) + frames[1]
    nested = LE.item(*(LE.item(one) for one in frames[:2]))
    deep = b"".join(_ITEM + struct.pack("<I", 8 * (300 - i)) for i in range(300))
    halves = [item(part) for one in frames for part in (one[: len(one) // 4 * 2], one[len(one) // 4 * 2 :])]
    pieces = [item(one[i : i + 6]) for one in frames for i in range(0, len(one), 6)]
    empty = item(b"")
    bodies = {
        "odd": [*odd],
        "empty ones between": [part for one in whole for part in (one, empty)],
        "only empty": [empty] * N,
        "many empty": [empty] * 3000,
        "none": [],
        "empty first": [empty, *whole],
        "open": [whole[0], opened, *whole[2:]],
        "open last": [*whole[:4], _ITEM + struct.pack("<I", UNDEFINED) + frames[4] + LE.item_end()],
        "nested": [whole[0], nested, *whole[3:]],
        "nested deeply": [deep, *whole],
        "item ends between": [part for one in whole for part in (one, LE.item_end())],
        "other tags between": [part for one in whole for part in (one, LE.element(0x00100010, "PN", "A^B "))],
        "halves": halves,
        "pieces": pieces,
        "past the end": [*whole[:4], _ITEM + struct.pack("<I", 1 << 30) + frames[4]],
        "nearly largest": [*whole[:4], _ITEM + struct.pack("<I", 0xFFFFFFFE) + frames[4]],
        "big endian": [b"\xff\xfe\xe0\0" + struct.pack(">I", len(one)) + one for one in frames],
        "single bytes": [_ITEM + struct.pack("<I", 1) + b"\xff"] * 200,
        "zeros": [item(bytes(40))] * N,
    }
    ends = {"": _END, " no end": b"", " long end": LE.sequence_end(1000), " end twice": _END * 2,
            " rubbish": bytes(range(37)), " one byte": b"\xfe", " more": _END + LE.element(0xFFFCFFFC, "OB", bytes(8)),
            " item end": LE.item_end() + _END}  # fmt: skip
    for what, body in bodies.items():
        for end_name, end in ends.items():
            for first in (table, b"") if not end_name else (table,):
                label = f"{name}/{what}{end_name}{'' if first else ' no table'}"
                yield label, _file(image, start + first + b"".join(body) + end)
        yield f"{name}/{what} of one", _file(image, start + table + b"".join(body) + _END, "1")
    content = table + b"".join(whole)
    for vr in ("OB", "OW", "UN", "OF", "SQ"):
        defined = LE.element(PIXEL_DATA, vr, content)
        yield f"{name}/defined length {vr}", _file(image, defined)
        unknown = LE.element(PIXEL_DATA, vr, content, length=UNDEFINED) + _END
        yield f"{name}/undefined length {vr}", _file(image, unknown)
    for count in ("0", "1", "4", "6", "10", "4294967295", ""):
        yield f"{name}/{count or 'no'} frames", _file(image, fragments(frames), count)


def rle_headers(name: str) -> Iterator[tuple[str, bytes]]:
    """RLE headers that lie. PS3.5 §G.5."""
    image = images()[name]
    frame = image.frames[0]
    nsegments, *offsets = struct.unpack_from("<16I", frame)
    used = offsets[:nsegments]
    lies: dict[str, tuple[int, list[int]]] = {
        f"{n} segments": (n, used) for n in (0, 1, 2, 3, 4, 5, 6, 12, 15, 16, 17, 255, 1 << 16, 1 << 31, (1 << 32) - 1)
    }
    lies |= {
        "same": (nsegments, [64] * nsegments),
        "descending": (nsegments, used[::-1]),
        "zero": (nsegments, [0] * nsegments),
        "in the header": (nsegments, [32] * nsegments),
        "beyond": (nsegments, [len(frame) + 2] * nsegments),
        "at the end": (nsegments, [64, *[len(frame)] * (nsegments - 1)]),
        "largest": (nsegments, [0xFFFFFFFF] * nsegments),
        "odd": (nsegments, [one + 1 for one in used]),
        "swapped bytes": (nsegments << 24, [one << 24 & 0xFFFFFFFF for one in used]),
        "all fifteen": (15, [64 + i for i in range(15)]),
    }
    for what, (count, told) in lies.items():
        told = (told + [0] * 15)[:15]
        broken = struct.pack("<16I", count, *told) + frame[64:]
        yield f"{name}/rle {what}", image.file(pixels=fragments((broken, frame)))
    for nbytes in (0, 1, 4, 60, 63, 64, 65, 66, 100):
        yield f"{name}/rle of {nbytes} bytes", image.file(pixels=fragments((frame, frame[:nbytes])))
    for byte in (0x00, 0x7F, 0x80, 0x81, 0xFF):
        body = struct.pack("<16I", nsegments, *offsets) + bytes([byte]) * (len(frame) - 64)
        yield f"{name}/rle all {byte:02x}", image.file(pixels=fragments((body, frame)))


def palettes() -> Iterator[tuple[str, bytes]]:
    """Palettes that lie. PS3.3 §C.7.6.3.1.5, §C.7.9.2."""
    image = natives()["native-palette"]
    table = bytes(range(256)) * 2
    descriptors = [(0, 0, 16), (256, 0, 8), (256, 0, 12), (256, 0, 0), (256, 0, 65535), (256, 65535, 16),
                   (256, 32768, 8), (1, 0, 16), (255, 1, 16), (257, 0, 16), (65535, 0, 16), (65535, 0, 8), (0, 0, 8),
                   (256, 0), (256,), (), (256, 0, 16, 8), (2, 300, 16)]  # fmt: skip
    for descriptor in descriptors:
        for size in (0, 1, 2, 255, 256, 511, 512):
            for segmented in (False, True):
                extra = b"".join(palette(descriptor, table[:size], segmented))
                yield f"palette/{descriptor} {size} {segmented}", image.file(extra=extra)
    for vr in ("SS", "OW", "UN", "LO", "FD", "SQ", "AT"):
        yield f"palette/descriptor {vr}", image.file(extra=b"".join(palette(vr=vr)))
    whole = palette()
    for i in range(6):
        yield f"palette/without {i}", image.file(extra=b"".join(whole[:i] + whole[i + 1 :]))
        odd = palette((128, 0, 16), table[:256])
        yield f"palette/other {i}", image.file(extra=b"".join(whole[:i] + odd[i : i + 1] + whole[i + 1 :]))
    for number in range(150):
        name = f"palette/segments {number}"
        rng = random.Random(name)
        usual = (0, 1, 2, 2, 3, 4, 255, 256, 65535)
        words = [rng.choice((*usual, rng.randrange(65536))) for _ in range(rng.randint(1, 30))]
        if rng.random() < 0.8:
            words[:2] = [0, rng.randint(1, 8)]
        bits = rng.choice((8, 16))
        extra = b"".join(palette((256, 0, bits), struct.pack(f"<{len(words)}H", *words), True))
        yield name, image.file(extra=extra)
    for name in ("rle-8", "rle-16", "jpeg-8", "native-16", "native-1", "native-12", "native-rgb", "jxl-16"):
        other = images()[name]
        header = {**other.header, 0x00280004: ("CS", b"PALETTE COLOR ")}
        yield f"palette/of {name}", other.file(header, extra=b"".join(palette()))


def groups() -> Iterator[tuple[str, bytes]]:
    """Functional groups that are odd: fewer, more, empty, nested otherwise, of other VRs."""
    image = natives()["native-16"]

    def position(value: str, vr: str = "DS", tag: int = 0x00200032) -> bytes:
        return LE.item(LE.sequence(0x00209113, LE.item(LE.element(tag, vr, value))))

    right = [position(f"{i}\\0\\1") for i in range(2)]
    cases = {
        "right": right,
        "fewer": right[:1],
        "more": right * 50,
        "none": [],
        "empty items": [LE.item(), LE.item()],
        "other VR": [position("abc", "LO"), position("1\\2", "UT")],
        "numbers": [position("1\\2\\3\\4\\5\\6\\7"), position("")],
        "rubbish": [position("nan\\inf\\1e999"), position("\\\\\\\\")],
        "open": [LE.item(LE.element(0x00209113, "SQ", length=UNDEFINED))] * 2,
        "cut": [right[0], right[1][:-9]],
        "not items": [LE.element(0x00200032, "DS", "1\\2\\3 ")],
        "large": [position("1\\" * 20_000 + "1"), right[1]],
        "deep": [LE.item(*[LE.element(0x00209113, "SQ", length=UNDEFINED) + LE.item(length=UNDEFINED)[:8]] * 100)],
    }
    for what, items in cases.items():
        for length in (None, UNDEFINED, 1 << 30):
            for vr in ("SQ", "UN", "OB"):
                extra = LE.sequence(0x52009230, *items, length=length, vr=vr)
                yield f"groups/{what} {length} {vr}", image.file(extra=extra)
                yield f"groups/shared {what} {length} {vr}", image.file(
                    extra=LE.sequence(0x52009229, *items, length=length, vr=vr)
                )


def every() -> Iterator[tuple[str, bytes]]:
    """All of them."""
    for name in ("rle-16", "jpeg-8", "uncompressed-rgb", "j2k-8"):
        yield from basic_tables(name)
        yield from extended_tables(name)
        yield from odd_fragments(name)
    for name in ("rle-8", "rle-16", "rle-rgb"):
        yield from rle_headers(name)
    yield from palettes()
    yield from groups()
