"""Seeded damage to real files: a mutant is made again from its file's name and its number."""

from __future__ import annotations

import importlib.util
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import dicomet
from dicomet.errors import DicomError

MAX_FILE_NBYTES = 300_000
UNDEFINED = b"\xff\xff\xff\xff"
DEFLATED = b"1.2.840.10008.1.2.1.99"
VRS = ("AE", "AS", "AT", "CS", "DS", "FD", "IS", "LO", "OB", "OW", "PN", "SQ", "SV", "UI", "UL", "UN",
       "US", "UT")  # fmt: skip


def files() -> list[Path]:
    """Real DICOM files of moderate size: those of pydicom and pydicom-data."""
    found: dict[str, Path] = {}
    for package in ("pydicom", "data_store"):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        for path in Path(spec.submodule_search_locations[0]).rglob("*"):
            if (
                path.suffix.lower() in (".py", ".json", ".txt", ".md", ".csv", ".pyc")
                or not path.is_file()
            ):
                continue
            if 132 < path.stat().st_size <= MAX_FILE_NBYTES and _rows(path):
                found.setdefault(path.name, path)
    return [found[name] for name in sorted(found)]


@cache
def _rows(path: Path) -> list[tuple[int, int, int, str]]:
    """(header offset, value offset, value end, VR) of every element, item and fragment."""
    try:
        ds = dicomet.dcmread(path)
    except (DicomError, OSError):
        return []
    ds._settle()
    index = ds._index
    if index.inflated:
        return []
    return [
        (
            index.offset(row) - index.header_nbytes(row),
            index.offset(row),
            index.offset(row) + index.length(row),
            index.vr(row),
        )
        for row in range(len(index))
    ]


def cut(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """End the file at, before or behind a boundary of its structure."""
    header, value, end, _ = rng.choice(rows)
    return data[
        : rng.choice((header, header + 4, value - 1, value, (value + end) // 2, end, end - 1))
    ]


def length(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """Another length field: nothing, odd, the largest, undefined, past the end, a little off."""
    header, value, end, _ = rng.choice(rows)
    nbytes = 4 if value - header == 12 or data[header + 4 : header + 6].isalpha() is False else 2
    now = end - value
    new = rng.choice(
        (0, 1, now + 1, now + 2, max(now - 2, 0), 0xFFFFFFFE, 0xFFFFFFFF, len(data), 0x7FFFFFFF)
    )
    field = (new & (1 << 8 * nbytes) - 1).to_bytes(nbytes, "little")
    return data[: value - nbytes] + field + data[value:]


def vr(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """Other bytes where an explicit VR stands."""
    header, *_ = rng.choice(rows)
    known = rng.choice(VRS).encode()
    new = rng.choice((known, known.lower(), b"  ", b"\0\0", b"??", b"XX", rng.randbytes(2)))
    return data[: header + 4] + new + data[header + 6 :]


def delimiter(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """A delimiter or item header more, or one fewer."""
    marks = [b"\xfe\xff" + e for e in (b"\x00\xe0", b"\x0d\xe0", b"\xdd\xe0")]
    mark = rng.choice(marks)
    places = [at for at in _places(data, mark) if at > 132]
    if places and rng.random() < 0.5:
        at = rng.choice(places)
        return data[:at] + data[at + 8 :]
    header, _, end, _ = rng.choice(rows)
    at = rng.choice((header, end))
    new = mark + rng.choice((b"\0\0\0\0", UNDEFINED, b"\4\0\0\0"))
    return data[:at] + new * rng.choice((1, 1, 1, 2, 50)) + data[at:]


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def charset(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """Text that its character set cannot hold, and character sets that are none."""
    text = [
        row
        for row in rows
        if row[3] in ("CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT") and row[2] > row[1]
    ]
    if not text:
        return flip(data, rows, rng)
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        _, value, end, _ = rng.choice(text)
        junk = rng.choice(
            (
                b"\x1b$B\x80\xff",
                b"\x1b$)C\xb1",
                b"\x1b(",
                b"\xe4\xb8",
                b"\xff\xfe\\^=",
                rng.randbytes(6),
            )
        )
        at = rng.randrange(value, end)
        out[at : min(at + len(junk), end)] = junk[: end - at]
    term = rng.choice(
        (b"ISO_IR 192", b"GB18030   ", b"\\ISO 2022 IR 87", b"ISO 2022 IR 149\\x", b"latin-1")
    )
    at = bytes(out).find(b"\x08\x00\x05\x00CS")
    if at >= 0 and rng.random() < 0.7:
        size = int.from_bytes(out[at + 6 : at + 8], "little")
        out[at + 6 : at + 8 + size] = (
            struct.pack("<H", len(term) + len(term) % 2) + term + b" " * (len(term) % 2)
        )
    return bytes(out)


def flip(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """Random bytes at random places, most of them in headers."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 30))):
        header, value, _, _ = rng.choice(rows)
        at = rng.randrange(header, value) if rng.random() < 0.8 else rng.randrange(len(out))
        if at < len(out):
            out[at] = rng.choice((0, 0xFF, 0xFE, 0x80, rng.randrange(256)))
    return bytes(out)


def splice(data: bytes, rows: list[tuple[int, int, int, str]], rng: random.Random) -> bytes:
    """Elements left out, doubled or moved."""
    (a, _, a_end, _), (b, _, _, _) = rng.choice(rows), rng.choice(rows)
    part = data[a:a_end]
    return rng.choice(
        (data[:a] + data[a_end:], data[:b] + part + data[b:], data[:b] + part * 3 + data[b:])
    )


KINDS: tuple[Callable[[bytes, list[tuple[int, int, int, str]], random.Random], bytes], ...] = (
    cut, cut, cut, length, length, length, vr, delimiter, delimiter, charset, flip, flip, splice,
)  # fmt: skip


def mutant(path: Path, number: int) -> tuple[str, bytes]:
    """Name and bytes of one mutant of a file."""
    name = f"{path.name}#{number}"
    rng = random.Random(name)
    kind = KINDS[number % len(KINDS)]
    data = kind(path.read_bytes(), _rows(path), rng)
    return f"{name}:{kind.__name__}", data


def _head(path: Path) -> bytes:
    """The file up to its data set."""
    return path.read_bytes()[: dicomet.dcmread(path)._index.body_offset]


def _part10(syntax: bytes) -> bytes:
    uid = syntax + b"\0" * (len(syntax) % 2)
    meta = b"\2\0\x10\0UI" + struct.pack("<H", len(uid)) + uid
    return bytes(128) + b"DICM\2\0\0\0UL\4\0" + struct.pack("<I", len(meta)) + meta


def nested(depth: int, undefined: bool) -> bytes:
    """Sequences in sequences, made without recursion."""
    parts = []
    for level in range(depth):
        left = 20 * (depth - level) - 20
        item, sequence = (UNDEFINED, UNDEFINED) if undefined else (
            struct.pack("<I", left), struct.pack("<I", left + 8))  # fmt: skip
        parts.append(b"\x08\0\x40\x11SQ\0\0" + sequence + b"\xfe\xff\0\xe0" + item)
    if undefined:
        parts.append((b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0") * depth)
    return b"".join(parts)


def private_sequences(depth: int) -> bytes:
    """Known private sequences, implicit: each is found only when the one around it is read."""
    content = b""
    for _ in range(depth):
        item = b"\xfe\xff\0\xe0" + struct.pack("<I", len(content)) + content
        creator = b"\x71\0\x10\0" + struct.pack("<I", 16) + b"AGFA-AG_HPState "
        content = creator + b"\x71\0\x18\x10" + struct.pack("<I", len(item)) + item
    return content


@cache
def _bomb(nbytes: int, pattern: bytes) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = (pattern * ((1 << 20) // len(pattern) + 1))[: 1 << 20]
    parts = [machine.compress(block) for _ in range(nbytes >> 20)]
    return b"".join((*parts, machine.flush()))


def crafted() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Attacks that damage does not hit upon."""
    explicit, implicit = _part10(b"1.2.840.10008.1.2.1"), _part10(b"1.2.840.10008.1.2")
    for depth in (10, 63, 64, 65, 119, 121, 1000, 10_000, 100_000):
        for undefined in (False, True):
            name = f"nested-{depth}-{'un' * undefined}defined"
            yield name, lambda d=depth, u=undefined: explicit + nested(d, u)
    for depth in (10, 70, 300):
        yield f"private-nested-{depth}", lambda d=depth: implicit + private_sequences(d)
    pixels = b"\xe0\x7f\x10\0OB\0\0" + UNDEFINED
    code = b"\x08\0\0\1SH\4\0T-D0"
    for size in (1, 16, 128):
        yield f"bomb-zeros-{size}", lambda s=size: _part10(DEFLATED) + _bomb(s << 20, b"\0")
        yield f"bomb-elements-{size}", lambda s=size: _part10(DEFLATED) + _bomb(s << 20, code)
        yield (
            f"bomb-nested-{size}",
            lambda s=size: _part10(DEFLATED) + _bomb(s << 20, nested(1, True)[:20]),
        )
    yield "bomb-zlib", lambda: _part10(DEFLATED) + zlib.compress(bytes(64 << 20), 9)
    yield "bomb-cut", lambda: _part10(DEFLATED) + _bomb(16 << 20, code)[:5000]
    many = {
        "delimiters": b"\xfe\xff\x0d\xe0\0\0\0\0",
        "items": b"\xfe\xff\0\xe0\0\0\0\0",
        "endless-items": b"\xfe\xff\0\xe0" + UNDEFINED,
        "doubled": code,
        "empty-sequences": b"\x08\0\x40\x11SQ\0\0\0\0\0\0",
        "open-bulk": b"\x09\0\x10\x10OB\0\0" + UNDEFINED,
        "bad-vr": b"\x08\0\0\1??\4\0T-D0",
        "implicit": b"\x08\0\0\1\4\0\0\0T-D0",
        "short-32": b"\x08\0\0\1SH\0\0\4\0\0\0T-D0",
        "swapped": b"\0\x08\1\0SH\0\4T-D0",
        "too-long": b"\x08\0\0\1SH\xfe\xffT-D0",
    }
    for name, one in many.items():
        for front, where in (
            (b"", "top"),
            (b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + b"\xfe\xff\0\xe0" + UNDEFINED, "item"),
        ):
            yield f"many-{name}-{where}", lambda o=one, f=front: explicit + f + o * 4000
    yield "many-fragments", lambda: explicit + pixels + b"\xfe\xff\0\xe0\0\0\0\0" * 10_000
    yield (
        "many-values",
        lambda: explicit + b"\x10\0\0\x40UC\0\0" + struct.pack("<I", 200_000) + b"\\" * 200_000,
    )
    creators = b"".join(
        struct.pack("<HH", 0x29, 0x1000 + i) + b"UN\0\0\2\0\0\0ab" for i in range(8000)
    )
    item = b"\x29\0\x10\0LO\4\0ACME" + creators
    yield "many-private-top", lambda: explicit + item
    sequence = (
        b"\x08\0\x40\x11SQ\0\0"
        + struct.pack("<I", len(item) + 8)
        + b"\xfe\xff\0\xe0"
        + struct.pack("<I", len(item))
    )
    yield "many-private-item", lambda: explicit + sequence + item
    backwards = b"".join(
        struct.pack("<HH", 0x29, 0x8000 - i) + b"SQ\0\0\0\0\0\0" for i in range(8000)
    )
    undefined = b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + b"\xfe\xff\0\xe0" + UNDEFINED
    yield "many-backwards", lambda: explicit + undefined + backwards
    person = b"^" * 60_000 + b"=" * 4000
    yield (
        "person-name",
        lambda: explicit + b"\x10\0\x10\0PN" + struct.pack("<H", len(person)) + person,
    )
    escapes = (
        b"\x08\0\x05\0CS\x0e\0\\ISO 2022 IR 87\x10\0\0\x40LT"
        + struct.pack("<H", 60_000)
        + b"\x1b$B\x1b(B" * 10_000
    )
    yield "escapes", lambda: explicit + escapes
    digits = b"1" * 60_000
    yield "digits", lambda: explicit + b"\x18\0\x50\0DS" + struct.pack("<H", 60_000) + digits
    yield "integer", lambda: explicit + b"\x20\0\x13\0IS" + struct.pack("<H", 60_000) + digits
    yield "meta-only", lambda: explicit
    yield "empty-like", lambda: bytes(132)
