"""Bytes of elements, items and files for tests, right or wrong as asked. PS3.5 §7, PS3.10 §7."""

from __future__ import annotations

import struct
from dataclasses import dataclass

UNDEFINED = 0xFFFFFFFF
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG = "1.2.840.10008.1.2.2"
JPEG = "1.2.840.10008.1.2.4.50"
GE_PRIVATE = "1.2.840.113619.5.2"

_LONG = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
_PAD = {"UI": b"\0", "OB": b"\0", "UN": b"\0"}


@dataclass(frozen=True)
class Encoding:
    """One of the four ways to write a data set."""

    implicit: bool = False
    big: bool = False

    def pack(self, codes: str, *numbers: float) -> bytes:
        """Numbers in its byte order, by the codes of `struct`."""
        return struct.pack((">" if self.big else "<") + codes, *numbers)

    def tag(self, tag: int) -> bytes:
        """The four bytes of a tag."""
        return self.pack("HH", tag >> 16, tag & 0xFFFF)

    def element(
        self,
        tag: int,
        vr: str,
        value: bytes | str = b"",
        *,
        length: int | None = None,
        long: bool | None = None,
    ) -> bytes:
        """A data element: text is padded; `length` and `long` say otherwise than the rules do."""
        data = value.encode("latin-1") if isinstance(value, str) else value
        if isinstance(value, str) and len(data) % 2:
            data += _PAD.get(vr, b" ")
        nbytes = len(data) if length is None else length
        if self.implicit:
            return self.tag(tag) + self.pack("I", nbytes) + data
        if vr in _LONG if long is None else long:
            return self.tag(tag) + vr.encode("latin-1") + b"\0\0" + self.pack("I", nbytes) + data
        return self.tag(tag) + vr.encode("latin-1") + self.pack("H", nbytes) + data

    def item(self, *elements: bytes, length: int | None = None) -> bytes:
        """An item; of undefined length with its delimiter if `length` is UNDEFINED."""
        data = b"".join(elements)
        nbytes = len(data) if length is None else length
        end = self.item_end() if length == UNDEFINED else b""
        return self.tag(0xFFFEE000) + self.pack("I", nbytes) + data + end

    def item_end(self, length: int = 0) -> bytes:
        """An Item Delimitation Item."""
        return self.tag(0xFFFEE00D) + self.pack("I", length)

    def sequence_end(self, length: int = 0) -> bytes:
        """A Sequence Delimitation Item."""
        return self.tag(0xFFFEE0DD) + self.pack("I", length)

    def sequence(self, tag: int, *items: bytes, length: int | None = None, vr: str = "SQ") -> bytes:
        """A sequence; of undefined length with its delimiter if `length` is UNDEFINED."""
        data = b"".join(items)
        end = self.sequence_end() if length == UNDEFINED else b""
        nbytes = len(data) if length is None else length
        return self.element(tag, vr, data, length=nbytes) + end


LE = Encoding()
ILE = Encoding(implicit=True)
BE = Encoding(big=True)
IBE = Encoding(implicit=True, big=True)
ENCODINGS = {"explicit": (LE, EXPLICIT), "implicit": (ILE, IMPLICIT), "big": (BE, BIG)}


def meta(syntax: str | None = EXPLICIT, *, length: int | None = 0, enc: Encoding = LE) -> bytes:
    """File Meta Information; `length` None leaves Group Length out, else it is off by that much."""
    body = enc.element(0x00020001, "OB", b"\0\1")
    body += enc.element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7")
    body += enc.element(0x00020003, "UI", "1.2.3.4")
    if syntax is not None:
        body += enc.element(0x00020010, "UI", syntax)
    body += enc.element(0x00020012, "UI", "1.2.3")
    if length is None:
        return body
    return enc.element(0x00020000, "UL", enc.pack("I", len(body) + length)) + body


def part10(body: bytes, syntax: str | None = EXPLICIT, *, preamble: bytes = bytes(128)) -> bytes:
    """A Part 10 file around a data set. PS3.10 §7.1."""
    return preamble + b"DICM" + meta(syntax) + body


def patient(enc: Encoding = LE) -> bytes:
    """A few elements that any test may put at an end: Patient's Name, ID, Birth Date and Sex."""
    return (
        enc.element(0x00100010, "PN", "Doe^Jane")
        + enc.element(0x00100020, "LO", "4711")
        + enc.element(0x00100030, "DA", "19700102")
        + enc.element(0x00100040, "CS", "F")
    )


def study(enc: Encoding = LE) -> bytes:
    """A few elements that any test may put at the beginning, of group 0008."""
    return (
        enc.element(0x00080005, "CS", "ISO_IR 100")
        + enc.element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7")
        + enc.element(0x00080018, "UI", "1.2.3.4")
        + enc.element(0x00080020, "DA", "20240229")
        + enc.element(0x00080060, "CS", "OT")
    )
