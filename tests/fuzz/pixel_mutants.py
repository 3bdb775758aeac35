"""Seeded damage to images: headers that lie, tables that lie, damaged streams. A case is made again from its name."""

from __future__ import annotations

import os
import random
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

import imagecodecs
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from build import BE, BIG, EXPLICIT, LE, UNDEFINED, Encoding, part10

from dicomet._native import rle

ROWS, COLUMNS = 48, 64
TIMES = int(os.environ.get("DICOMET_PIXEL_MUTANTS", "1"))  # that many times as many damaged streams
JPEG = "1.2.840.10008.1.2.4."
UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"
PIXEL_DATA = 0x7FE00010
SAMPLES, PHOTOMETRIC, PLANAR, FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
NROWS, NCOLUMNS, ALLOCATED, STORED, HIGH, SIGN = (
    0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103)  # fmt: skip

Header = dict[int, tuple[str, bytes]]  # tag: VR, value


@dataclass(frozen=True)
class Image:
    """A sound image: what a case starts from."""

    name: str
    header: Header
    frames: tuple[bytes, ...]  # encoded each; one piece if native
    syntax: str = EXPLICIT
    enc: Encoding = LE
    tag: int = PIXEL_DATA
    vr: str = "OW"
    extra: tuple[bytes, ...] = field(default=())  # elements behind the Image Pixel Module

    @property
    def is_native(self) -> bool:
        return self.syntax in (EXPLICIT, BIG)

    def file(self, header: Header | None = None, pixels: bytes | None = None, extra: bytes | None = None) -> bytes:
        """As a file; with another header, other pixel elements, other elements before them."""
        header = self.header if header is None else header
        body = b"".join(self.enc.element(tag, vr, value) for tag, (vr, value) in sorted(header.items()))
        body += b"".join(self.extra) if extra is None else extra
        return part10(body + (self.pixels() if pixels is None else pixels), self.syntax)

    def pixels(self) -> bytes:
        """The element that holds them."""
        if self.is_native:
            data = b"".join(self.frames)
            return self.enc.element(self.tag, self.vr, data + b"\0" * (len(data) % 2))
        return fragments(self.frames)


def item(data: bytes) -> bytes:
    """A fragment."""
    return LE.item(data + b"\0" * (len(data) % 2))


def fragments(frames: tuple[bytes, ...] | list[bytes], table: bytes = b"", end: bool = True) -> bytes:
    """Encapsulated Pixel Data, a fragment each."""
    start = LE.element(PIXEL_DATA, "OB", length=UNDEFINED) + LE.item(table)
    return start + b"".join(map(item, frames)) + (LE.sequence_end() if end else b"")


def header_of(
    samples: int, allocated: int, stored: int, signed: int, photometric: str, planar: int = 0, enc: Encoding = LE,
    frames: int = 2,
) -> Header:  # fmt: skip
    """Image Pixel Module."""
    numbers = {SAMPLES: samples, NROWS: ROWS, NCOLUMNS: COLUMNS, ALLOCATED: allocated, STORED: stored,
               HIGH: stored - 1, SIGN: signed}  # fmt: skip
    if samples > 1:
        numbers[PLANAR] = planar
    header: Header = {tag: ("US", enc.pack("H", number)) for tag, number in numbers.items()}
    header[PHOTOMETRIC] = ("CS", _text(photometric))
    header[FRAMES] = ("IS", _text(str(frames)))
    return header


def _text(value: str) -> bytes:
    return value.encode("latin-1") + b" " * (len(value) % 2)


def ramp(samples: int, bits: int, signed: bool, seed: int) -> np.ndarray:
    """A picture that compresses, yet reaches both ends of the range."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    top = (1 << bits) - 1
    planes = [(x * 5 + y * 3 + 40 * s) * top // 600 % (top + 1) for s in range(samples)]
    for plane in planes:
        plane[8:20, 8:24] = rng.integers(0, top + 1, (12, 16))
    array = np.stack(planes, axis=-1) if samples > 1 else planes[0]
    if signed:
        array = array - (1 << bits - 1)
    return array.astype(f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}")


# -- sound images ------------------------------------------------------------------------------------------

Coder = Callable[[np.ndarray], bytes]


def _rle(array: np.ndarray) -> bytes:
    samples = array.shape[2] if array.ndim == 3 else 1
    return rle.encode(array, rows=ROWS, columns=COLUMNS, samples=samples, sample_nbytes=array.itemsize)


def _unsigned(array: np.ndarray) -> np.ndarray:
    return array.view(f"u{array.itemsize}")


# name: transfer syntax, samples, bits stored, signed, photometric interpretation, encoder
_COMPRESSED: dict[str, tuple[str, int, int, int, str, Coder]] = {
    "jpeg-8": (JPEG + "50", 1, 8, 0, "MONOCHROME2", lambda a: imagecodecs.jpeg8_encode(a, 80)),
    "jpeg-ybr": (JPEG + "50", 3, 8, 0, "YBR_FULL_422", lambda a: imagecodecs.jpeg8_encode(a, 80)),
    "jpeg-12": (JPEG + "51", 1, 12, 0, "MONOCHROME2", lambda a: imagecodecs.jpeg8_encode(a, 90, bitspersample=12)),
    "jpeg-lossless-8": (JPEG + "70", 1, 8, 0, "MONOCHROME2", lambda a: imagecodecs.jpeg8_encode(a, lossless=True)),
    "jpeg-lossless-16": (
        JPEG + "57", 1, 16, 1, "MONOCHROME2",
        lambda a: imagecodecs.jpeg8_encode(_unsigned(a), lossless=True, predictor=5, bitspersample=16)),
    "jpeg-lossless-rgb": (
        JPEG + "70", 3, 8, 0, "RGB",
        lambda a: imagecodecs.jpeg8_encode(a, lossless=True, colorspace="RGB", outcolorspace="RGB")),
    "jpegls-8": (JPEG + "80", 1, 8, 0, "MONOCHROME2", imagecodecs.jpegls_encode),
    "jpegls-16": (JPEG + "80", 1, 16, 0, "MONOCHROME2", imagecodecs.jpegls_encode),
    "jpegls-near-rgb": (JPEG + "81", 3, 8, 0, "RGB", lambda a: imagecodecs.jpegls_encode(a, 3)),
    "j2k-8": (JPEG + "90", 1, 8, 0, "MONOCHROME2", lambda a: _j2k(a)),
    "j2k-16-signed": (JPEG + "90", 1, 16, 1, "MONOCHROME2", lambda a: _j2k(a)),
    "j2k-rct": (JPEG + "90", 3, 8, 0, "YBR_RCT", lambda a: _j2k(a)),
    "j2k-ict": (JPEG + "91", 3, 8, 0, "YBR_ICT", lambda a: _j2k(a, level=40, reversible=False)),
    "htj2k-8": (JPEG + "201", 1, 8, 0, "MONOCHROME2", lambda a: imagecodecs.htj2k_encode(a, reversible=True)),
    "htj2k-16-signed": (JPEG + "201", 1, 16, 1, "MONOCHROME2", lambda a: imagecodecs.htj2k_encode(a, reversible=True)),
    "htj2k-rct": (
        JPEG + "202", 3, 8, 0, "YBR_RCT",
        lambda a: imagecodecs.htj2k_encode(a, reversible=True, rgb=True, planar=False)),
    "htj2k-lossy": (JPEG + "203", 1, 8, 0, "MONOCHROME2", lambda a: imagecodecs.htj2k_encode(a, 0.01)),
    "jxl-8": (JPEG + "110", 1, 8, 0, "MONOCHROME2", lambda a: _jxl(a, lossless=True)),
    "jxl-16": (JPEG + "110", 1, 16, 0, "MONOCHROME2", lambda a: _jxl(a, lossless=True)),
    "jxl-rgb-lossy": (JPEG + "112", 3, 8, 0, "RGB", lambda a: _jxl(a, lossless=False)),
    "rle-8": (RLE, 1, 8, 0, "MONOCHROME2", _rle),
    "rle-16": (RLE, 1, 12, 1, "MONOCHROME2", _rle),
    "rle-rgb": (RLE, 3, 8, 0, "RGB", _rle),
    "deflated-16": (
        DEFLATED_FRAME, 1, 16, 0, "MONOCHROME2",
        lambda a: imagecodecs.deflate_encode(a.tobytes(), raw=True)),
    "uncompressed-rgb": (UNCOMPRESSED, 3, 8, 0, "RGB", lambda a: a.tobytes()),
}  # fmt: skip


def _j2k(array: np.ndarray, **options: object) -> bytes:
    settings = {"level": 0, "codecformat": "J2K", "reversible": True, "mct": array.ndim == 3, **options}
    return imagecodecs.jpeg2k_encode(array, numthreads=1, **settings)


def _jxl(array: np.ndarray, **options: object) -> bytes:
    return imagecodecs.jpegxl_encode(array, effort=3, usecontainer=False, numthreads=1, **options)


@cache
def compressed() -> dict[str, Image]:
    """Two frames of every kind of stream."""
    images = {}
    for name, (syntax, samples, bits, signed, photometric, encode) in _COMPRESSED.items():
        header = header_of(samples, 8 if bits <= 8 else 16, bits, signed, photometric)
        frames = tuple(bytes(encode(ramp(samples, bits, bool(signed), seed))) for seed in range(2))
        images[name] = Image(name, header, frames, syntax)
    return images


@cache
def natives() -> dict[str, Image]:
    """Two frames of every kind of native pixels."""
    gray8, gray12, rgb = (
        [ramp(samples, bits, False, seed) for seed in range(2)] for samples, bits in ((1, 8), (1, 12), (3, 8))
    )
    packed12 = [np.stack([a & 255, a >> 8 & 15 | (b & 15) << 4, b >> 4 & 255], -1).astype("u1")
                for a, b in ((one.reshape(-1)[::2], one.reshape(-1)[1::2]) for one in gray12)]  # fmt: skip
    floats = [one.astype("<f4") for one in gray12]
    made = [
        Image("native-8", header_of(1, 8, 8, 0, "MONOCHROME2"), _raw(gray8), vr="OB"),
        Image("native-16", header_of(1, 16, 12, 1, "MONOCHROME2"), _raw(gray12)),
        Image("native-rgb", header_of(3, 8, 8, 0, "RGB", 1), _raw(rgb), vr="OB"),
        Image("native-ybr", header_of(3, 8, 8, 0, "YBR_FULL"), _raw(rgb), vr="OB"),
        Image("native-422", header_of(3, 8, 8, 0, "YBR_FULL_422"), tuple(one.tobytes()[: ROWS * COLUMNS * 2]
                                                                      for one in rgb), vr="OB"),
        Image("native-1", header_of(1, 1, 1, 0, "MONOCHROME2"),
              tuple(np.packbits(one > 99, bitorder="little").tobytes() for one in gray8), vr="OB"),
        Image("native-12", header_of(1, 12, 12, 0, "MONOCHROME2"), _raw(packed12)),
        Image("native-float", header_of(1, 32, 32, 0, "MONOCHROME2"), _raw(floats), tag=0x7FE00008, vr="OF"),
        Image("native-palette", header_of(1, 8, 8, 0, "PALETTE COLOR"), _raw(gray8), vr="OB",
              extra=tuple(palette())),
        Image("native-be", header_of(1, 16, 16, 0, "MONOCHROME2", enc=BE),
              tuple(one.astype(">u2").tobytes() for one in gray12), BIG, BE),
        Image("native-be-words", header_of(3, 8, 8, 0, "RGB", enc=BE), _raw(rgb), BIG, BE),
    ]  # fmt: skip
    return {image.name: image for image in made}


def _raw(frames: list[np.ndarray]) -> tuple[bytes, ...]:
    return tuple(one.tobytes() for one in frames)


def palette(descriptor: tuple[int, ...] = (256, 0, 16), data: bytes | None = None, segmented: bool = False,
            vr: str = "US") -> list[bytes]:  # fmt: skip
    """The elements of a palette."""
    table = struct.pack("<256H", *range(0, 65536, 256)) if data is None else data
    told = struct.pack(f"<{len(descriptor)}H", *descriptor)
    first = 0x00281221 if segmented else 0x00281201
    return [LE.element(0x00281101 + i, vr, told) for i in range(3)] + [
        LE.element(first + i, "OW", table + b"\0" * (len(table) % 2)) for i in range(3)
    ]


def images() -> dict[str, Image]:
    """All of them."""
    return {**natives(), **compressed()}


# -- headers that lie --------------------------------------------------------------------------------------

_NUMBERS = (SAMPLES, PLANAR, NROWS, NCOLUMNS, ALLOCATED, STORED, HIGH, SIGN)
_PHOTOMETRICS = ("", "RGB", "MONOCHROME1", "monochrome2", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422",
                 "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "PALETTE COLOR", "ARGB", "CMYK", "HSV", "XYB",
                 "RGB\\YBR_FULL", "\0\0\0\0", "\xff\xfe", "X" * 300)  # fmt: skip
_COUNTS = ("", "0", "1", "3", "4", "7", "65535", "-1", "2147483647", "2147483648", "4294967296", "9" * 40, "2.0",
           "1e3", "two", "2\\2", "\\", " 2 ")  # fmt: skip


def values_of(image: Image, tag: int) -> Iterator[tuple[str, tuple[str, bytes] | None]]:
    """(what it is called, VR and value or None if the element is missing) of every lie about an attribute."""
    yield "missing", None
    if tag == PHOTOMETRIC:
        yield from ((repr(text[:20]), ("CS", _text(text))) for text in _PHOTOMETRICS)
        yield "as number", ("US", b"\1\0")
        return
    if tag == FRAMES:
        yield from ((repr(text), ("IS", _text(text))) for text in _COUNTS)
        yield "as number", ("UL", image.enc.pack("I", 3))
        yield "as sequence", ("SQ", b"")
        return
    now = int.from_bytes(image.header[tag][1], "big" if image.enc.big else "little") if tag in image.header else 0
    for number in sorted({0, 1, 7, max(now - 1, 0), now + 1, 2 * now, 4, 24, 64, 65535} - {now}):
        yield str(number), ("US", image.enc.pack("H", number))
    pack = image.enc.pack
    yield "empty", ("US", b"")
    yield "odd", ("US", b"\1\0\0")
    yield "doubled", ("US", pack("HH", now, now))
    yield "several", ("US", pack("HHH", 0, now, 65535))
    yield "negative", ("SS", pack("h", -max(now, 1)))
    yield "large", ("UL", pack("I", 0xFFFFFFFF))
    yield "larger", ("UV", pack("Q", 1 << 63))
    yield "as text", ("LO", _text(str(now)))
    yield "as decimal", ("DS", _text(f"{now}.5"))
    yield "as float", ("FD", pack("d", float("nan")))
    yield "as tag", ("AT", pack("HH", 0x28, 0x10))
    yield "as bytes", ("OB", pack("H", now))
    yield "unknown", ("UN", pack("H", now))
    yield "as sequence", ("SQ", b"")


def header_lies(image: Image) -> Iterator[tuple[str, bytes]]:
    """Files of an image whose header lies in one attribute."""
    for tag in (*_NUMBERS, PHOTOMETRIC, FRAMES):
        for what, value in values_of(image, tag):
            header = {one: told for one, told in image.header.items() if one != tag}
            if value is not None:
                header[tag] = value
            yield f"{image.name}/{tag:08X} {what}", image.file(header)


def mixed_lies(image: Image, n: int) -> Iterator[tuple[str, bytes]]:
    """Files of an image whose header lies in several attributes."""
    for number in range(n):
        name = f"{image.name}/mixed {number}"
        rng = random.Random(name)
        header = dict(image.header)
        for tag in rng.sample((*_NUMBERS, PHOTOMETRIC, FRAMES), rng.randint(2, 5)):
            _, value = rng.choice(list(values_of(image, tag)))
            header.pop(tag, None)
            if value is not None:
                header[tag] = value
        yield name, image.file(header)


# -- streams that are damaged ------------------------------------------------------------------------------


def _truncated(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data)) if rng.random() < 0.6 else rng.randrange(min(len(data), 200))
    return data[:at] + rng.choice((b"", b"", b"\xff\xd9", bytes(8)))


def _flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        at = rng.randrange(min(len(out), rng.choice((40, 200, 1 << 30))))
        out[at] ^= 1 << rng.randrange(8)
    return bytes(out)


def _overwritten(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(2, min(len(out), rng.choice((60, 250, 1 << 30))))
        new = rng.choice((b"\0", b"\xff", b"\0\0", b"\xff\xff", b"\x7f\xff", b"\x80\0", b"\0\1", b"\xff" * 4, bytes(4),
                          b"\x7f\xff\xff\xff", b"\0\0\0\1", rng.randbytes(3)))  # fmt: skip
        out[at : at + len(new)] = new
    return bytes(out[: max(len(data), 1)])


def _moved(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    part = data[a : min(b, a + 400)]
    junk = rng.randbytes(rng.randint(1, 9))
    return rng.choice((data[:a] + data[b:], data[:b] + part + data[b:], data[:a] + junk + data[a:], data + part * 3,
                       part + data, data[:a] + bytes(b - a) + data[b:]))  # fmt: skip


_MARKERS = (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC9, 0xD8, 0xD9, 0xDA, 0xDC, 0xDD, 0xF7, 0xF8, 0x4F, 0x51, 0x52, 0x53, 0x5C,
            0x90, 0x93)  # fmt: skip


def _markers(data: bytes, rng: random.Random) -> bytes:
    """Another marker, or a marker segment twice, away, or of another length."""
    places = [i for i in range(len(data) - 4) if data[i] == 0xFF and data[i + 1] not in (0, 0xFF)]
    if len(places) < 2:
        return _flipped(data, rng)
    at = rng.choice(places)
    end = next((b for a, b in pairwise(places) if a == at), len(data))
    kind = rng.randrange(4)
    if kind == 0:
        return data[: at + 1] + bytes([rng.choice((*_MARKERS, rng.randrange(256)))]) + data[at + 2 :]
    if kind == 1:
        return data[:at] + data[at:end] * 2 + data[end:]
    if kind == 2:
        return data[:at] + data[end:]
    return data[: at + 2] + struct.pack(">H", rng.choice((0, 1, 2, 3, 6, 255, 65535))) + data[at + 4 :]


DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _truncated, _flipped, _flipped, _overwritten, _overwritten, _moved, _markers, _markers)  # fmt: skip


def damaged(image: Image, first: int, last: int) -> Iterator[tuple[str, bytes]]:
    """Files of an image one of whose frames is damaged."""
    for number in range(first, last):
        kind = DAMAGE[number % len(DAMAGE)]
        name = f"{image.name}#{number}:{kind.__name__}"
        rng = random.Random(name)
        frames = list(image.frames)
        which = number // len(DAMAGE) % len(frames)
        frames[which] = kind(frames[which], rng)
        yield name, image.file(pixels=fragments(frames))


def cut_everywhere(image: Image, n: int) -> Iterator[tuple[str, bytes]]:
    """The file ends inside its frames, its delimiter, its table; and frames end early in a sound file."""
    whole = image.file()
    start = len(whole) - len(image.pixels())
    for number in range(n):
        at = start + (len(whole) - start) * number // n
        yield f"{image.name}/cut {at}", whole[:at]
        short = image.frames[1][: len(image.frames[1]) * number // n]
        yield f"{image.name}/short {len(short)}", image.file(pixels=fragments((image.frames[0], short)))
