"""The pixel element of a data set: where its bytes lie and how they are ordered. PS3.5 §8, §A.4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomet._native.index import TOP
from dicomet._native.source import Source
from dicomet.pixels.codecs import DEFLATED, EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, GE_PRIVATE

if TYPE_CHECKING:
    from dicomet.dataset import Dataset

_UNDEFINED, _BIG_ENDIAN, _FRAGMENTS, _PARTIAL = 1, 4, 64, 128  # DCM_ROW_*
_EOT, _EOT_LENGTHS = 0x7FE00001, 0x7FE00002
_ITEM = b"\xfe\xff\x00\xe0"
_NATIVE = frozenset((EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2", DEFLATED, EXPLICIT_VR_BIG_ENDIAN, GE_PRIVATE, ""))


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Bytes of Pixel Data, Float or Double Float Pixel Data.

    Attributes
    ----------
    tag : int
    source : Source
        What offsets count in.
    offset, nbytes : int
        The value: of encapsulated data from the item of the Basic Offset Table on.
    is_encapsulated : bool
        Fragments, by the bytes themselves.
    is_cut : bool
        The source ends before the value does.
    big_endian : bool
        Byte order of native cells.
    words : bool
        VR OW.
    transfer_syntax : str
    eot : (int, int, int, int) or None
        Offset and length in bytes of Extended Offset Table and of its Lengths.
    """

    tag: int
    source: Source
    offset: int
    nbytes: int
    is_encapsulated: bool
    is_cut: bool
    big_endian: bool
    words: bool
    transfer_syntax: str
    eot: tuple[int, int, int, int] | None = None


def transfer_syntax_of(ds: Dataset) -> str:
    """Transfer Syntax UID of the File Meta Information that belongs to a data set; "" if there is none."""
    meta = ds.__dict__.get("_file_meta", ds.__dict__.get("file_meta"))
    told = meta.get("TransferSyntaxUID", None) if meta is not None else None
    return str(told if told else ds._index.transfer_syntax or "")


def element_of(ds: Dataset, tag: int) -> PixelElement:
    """Find the pixel element's bytes."""
    syntax = transfer_syntax_of(ds)
    if ds._is_edited(tag) or ds._index.source is None:
        return _edited(ds, tag, syntax)
    index = ds._index
    row = index.find(ds._row, tag)
    flags = index.flags(row)
    source, offset = index.source, index.offset(row)
    is_encapsulated = bool(flags & _FRAGMENTS)
    if is_encapsulated:
        nbytes = _end_of_container(ds) - offset
    else:
        nbytes = index.length(row)
        is_encapsulated = syntax not in _NATIVE and source.read(offset, min(nbytes, 4)) == _ITEM
    return PixelElement(
        tag,
        source,
        offset,
        nbytes,
        is_encapsulated,
        bool(flags & _PARTIAL),
        bool(flags & _BIG_ENDIAN) or syntax == GE_PRIVATE,
        index.vr(row) != "OB",
        syntax,
        _extended_table(ds) if is_encapsulated else None,
    )


def _end_of_container(ds: Dataset) -> int:
    index = ds._index
    if ds._row == TOP:
        return index.source.nbytes
    return index.offset(ds._row) + index.length(ds._row)


def _extended_table(ds: Dataset) -> tuple[int, int, int, int] | None:
    index = ds._index
    rows = [index.find(ds._row, tag) for tag in (_EOT, _EOT_LENGTHS)]
    if TOP in rows:
        return None
    return (index.offset(rows[0]), index.length(rows[0]), index.offset(rows[1]), index.length(rows[1]))


def _edited(ds: Dataset, tag: int, syntax: str) -> PixelElement:
    """Bytes that were set in memory: encapsulated if they look so and the syntax wants it."""
    element = ds[tag]
    value = element.value
    data = value if isinstance(value, bytes | bytearray | memoryview) else b""
    source = Source.of(data)
    is_encapsulated = syntax not in _NATIVE and bytes(memoryview(data)[:4]) == _ITEM
    big = syntax in (EXPLICIT_VR_BIG_ENDIAN, GE_PRIVATE)
    words = element.VR != "OB"
    return PixelElement(tag, source, 0, source.nbytes, is_encapsulated, False, big, words, syntax)
