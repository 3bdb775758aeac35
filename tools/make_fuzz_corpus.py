"""Seeds of the fuzzer: small DICOM strings built here, and headers of pydicom's files if installed."""

from __future__ import annotations

import argparse
import importlib.util
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

UNDEFINED = 0xFFFFFFFF
LONG_VRS = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
EXPLICIT_LE, IMPLICIT_LE, EXPLICIT_BE = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
)
DEFLATED, JPEG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"


class Builder:
    """Data elements in one encoding. PS3.5 §7.1."""

    def __init__(self, implicit: bool = False, big: bool = False) -> None:
        self.implicit = implicit
        self.order = ">" if big else "<"

    def header(self, tag: int, vr: str, length: int) -> bytes:
        where = struct.pack(self.order + "HH", tag >> 16, tag & 0xFFFF)
        if self.implicit or tag >> 16 == 0xFFFE:
            return where + struct.pack(self.order + "I", length)
        if vr in LONG_VRS:
            return where + vr.encode() + b"\0\0" + struct.pack(self.order + "I", length)
        return where + vr.encode() + struct.pack(self.order + "H", length)

    def element(self, tag: int, vr: str, value: bytes) -> bytes:
        return self.header(tag, vr, len(value)) + value

    def u16(self, tag: int, value: int) -> bytes:
        return self.element(tag, "US", struct.pack(self.order + "H", value))

    def item(self, content: bytes, undefined: bool = False) -> bytes:
        if not undefined:
            return self.header(0xFFFEE000, "", len(content)) + content
        return self.header(0xFFFEE000, "", UNDEFINED) + content + self.header(0xFFFEE00D, "", 0)

    def sequence(
        self, tag: int, items: list[bytes], undefined: bool = False, vr: str = "SQ"
    ) -> bytes:
        content = b"".join(items)
        if not undefined:
            return self.element(tag, vr, content)
        return self.header(tag, vr, UNDEFINED) + content + self.header(0xFFFEE0DD, "", 0)

    def fragments(self, parts: list[bytes]) -> bytes:
        return self.sequence(0x7FE00010, [self.item(part) for part in parts], True, "OB")


def meta(syntax: str | None, wrong_length: int = 0) -> bytes:
    """File Meta Information. PS3.10 §7.1."""
    build = Builder()
    body = build.element(0x00020001, "OB", b"\0\1")
    if syntax is not None:
        body += build.element(0x00020010, "UI", syntax.encode() + b"\0" * (len(syntax) % 2))
    return build.element(0x00020000, "UL", struct.pack("<I", len(body) + wrong_length)) + body


def part10(syntax: str | None, body: bytes) -> bytes:
    return bytes(128) + b"DICM" + meta(syntax) + body


def data_set(build: Builder, undefined: bool = False) -> bytes:
    """A little of everything."""
    inner = build.element(0x00080100, "SH", b"T-D0") + build.element(0x00080104, "LO", b"text")
    deeper = build.sequence(0x00081140, [build.item(inner, not undefined)], not undefined)
    return b"".join(
        (
            build.element(0x00080005, "CS", b"ISO_IR 100"),
            build.element(0x00080018, "UI", b"1.2.3\0"),
            build.sequence(
                0x00082112, [build.item(deeper, undefined), build.item(b"", undefined)], undefined
            ),
            build.element(0x00090010, "LO", b"MAKER "),
            build.element(0x00091001, "UN", b"1234"),
            build.element(0x00100010, "PN", b"A^B="),
            build.element(0x00180050, "DS", b"1.5\\-2e3"),
            build.element(0x00200013, "IS", b"12"),
            build.u16(0x00280010, 2),
            build.element(0x00281201, "OW", b"\1\0\2\0"),
            build.element(0x7FE00010, "OW", b"\0" * 8),
            build.element(0xFFFCFFFC, "OB", b"\0\0"),
        )
    )


def deep(build: Builder, depth: int, undefined: bool) -> bytes:
    """Nested sequences, made without recursion."""
    content = b""
    for _ in range(depth):
        content = build.sequence(0x00081140, [build.item(content, undefined)], undefined)
    return content


def seeds() -> Iterator[tuple[str, bytes]]:
    """Names and bytes: every encoding, and each tolerated deviation at least once."""
    explicit, implicit, big = Builder(), Builder(implicit=True), Builder(big=True)
    forms: list[tuple[str, str, Builder]] = [
        ("explicit", EXPLICIT_LE, explicit),
        ("implicit", IMPLICIT_LE, implicit),
        ("big", EXPLICIT_BE, big),
    ]
    for name, syntax, build in forms:
        for undefined in (False, True):
            length = "undefined" if undefined else "defined"
            body = data_set(build, undefined)
            yield f"{name}_{length}", part10(syntax, body)
            yield f"{name}_{length}_bare", body
            yield f"{name}_{length}_deep", part10(syntax, deep(build, 9, undefined))
        yield f"{name}_no_syntax", part10(None, data_set(build))
        yield (
            f"{name}_wrong_syntax",
            part10(IMPLICIT_LE if name == "explicit" else EXPLICIT_LE, data_set(build)),
        )
    body = data_set(explicit)
    yield "no_preamble", meta(EXPLICIT_LE) + body
    yield "prefix_only", b"DICM" + meta(EXPLICIT_LE) + body
    yield "meta_length", bytes(128) + b"DICM" + meta(EXPLICIT_LE, 6) + body
    yield (
        "fragments",
        part10(JPEG, explicit.u16(0x00280010, 2) + explicit.fragments([b"", b"\xff\xd8\xff\xd9"])),
    )
    yield (
        "fragments_then",
        part10(JPEG, explicit.fragments([b""]) + explicit.element(0xFFFAFFFA, "SQ", b"")),
    )
    yield "deflated_not", part10(DEFLATED, body)
    yield "padding", part10(EXPLICIT_LE, body + bytes(32))
    yield "garbage_behind", part10(EXPLICIT_LE, body + b"\xde\xad\xbe\xef" * 5)
    yield "empty", part10(EXPLICIT_LE, b"")
    inner = implicit.item(implicit.element(0x00080100, "SH", b"T-D0"), True)
    yield "un_sequence", part10(EXPLICIT_LE, explicit.sequence(0x00082112, [inner], False, "UN"))
    yield "un_undefined", part10(EXPLICIT_LE, explicit.sequence(0x00091001, [inner], True, "UN"))
    yield (
        "ob_undefined",
        part10(EXPLICIT_LE, explicit.sequence(0x00091002, [b"bytes in no item"], True, "OB")),
    )
    code = explicit.element(0x00080100, "SH", b"T-D0")
    item, follower = explicit.item(code), explicit.element(0x00100020, "LO", b"ID")
    changes: list[tuple[str, Callable[[], bytes]]] = [
        ("sequence_long", lambda: explicit.header(0x00082112, "SQ", len(item) + 8) + item),
        ("sequence_short", lambda: explicit.header(0x00082112, "SQ", len(item)) + item + item),
        ("item_long", lambda: explicit.element(0x00082112, "SQ", item[:4] + b"\x20\0\0\0" + code)),
        ("item_short", lambda: explicit.element(0x00082112, "SQ", item[:4] + b"\x02\0\0\0" + code)),
        ("no_delimiter", lambda: explicit.header(0x00082112, "SQ", UNDEFINED) + item),
        ("stray_delimiter", lambda: explicit.header(0xFFFEE00D, "", 0) + item),
        ("vr_blank", lambda: code[:4] + b"  " + code[6:]),
        ("vr_lower", lambda: code[:4] + b"sh" + code[6:]),
        ("vr_long_16", lambda: b"\x28\0\x01\x12OW\x04\0\1\0\2\0"),
        ("vr_short_32", lambda: code[:6] + b"\0\0\4\0\0\0T-D0"),
        ("odd", lambda: explicit.element(0x00080100, "SH", b"odd")),
        ("past_end", lambda: explicit.header(0x00080100, "SH", 0xFFFE) + b"T-D0"),
        ("group_length", lambda: explicit.element(0x00080000, "UL", b"\4\0\0\0")),
        ("implicit_inside", lambda: implicit.element(0x00080100, "SH", b"T-D0")),
    ]
    for name, make in changes:
        yield name, part10(EXPLICIT_LE, make() + follower)
        yield name + "_cut", part10(EXPLICIT_LE, make())


def foreign(limit: int) -> Iterator[tuple[str, bytes]]:
    """The first bytes of the files that pydicom brings, where it is installed."""
    spec = importlib.util.find_spec("pydicom")
    if spec is None or spec.origin is None:
        return
    for path in sorted((Path(spec.origin).parent / "data").rglob("*.dcm")):
        data = path.read_bytes()[:limit]
        if len(data) > 132:
            yield f"pydicom_{path.stem}", data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--regressions", type=Path, help="files that broke something once")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    nfiles = 0
    for name, data in (*seeds(), *foreign(6000)):
        (options.folder / name).write_bytes(data)
        nfiles += 1
    for path in sorted(options.regressions.iterdir()) if options.regressions else ():
        (options.folder / f"regression_{path.name}").write_bytes(path.read_bytes())
        nfiles += 1
    print(f"{nfiles} seeds in {options.folder}")


if __name__ == "__main__":
    main()
