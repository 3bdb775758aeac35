"""Whether two data sets hold the same, whatever syntax each is encoded in."""

from __future__ import annotations

from typing import Any

import numpy as np

from dicomet import DataElement, Dataset
from dicomet.arrays import value_array

_WORDS = frozenset(("OB", "OW"))
_WORDS_OR_NUMBERS = frozenset(("OW", "SS", "US"))
_SWAPPED = frozenset(("AT", "FD", "FL", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL", "US", "UV"))
_CELLS = {32: "OL", 64: "OV"}  # OW of pixels by Bits Allocated: their byte order changes as a whole
_NUMBERS = frozenset(("OD", "OF", "OL", "OV", "OW", "US", "SS"))


def differences(one: Dataset, other: Dataset, *, implicit: bool = False) -> list[str]:
    """Elements that differ, as text. Group lengths do not count: they are dropped when something changes. PS3.5 §7.2.

    Parameters
    ----------
    one, other : Dataset
    implicit : bool
        One of them went through implicit VR, which forgets the VRs of private elements and of those that the dictionary
        leaves open (PS3.5 §A.1): their bytes are compared.
    """
    found: list[str] = []
    _compare(one, other, implicit, "", found)
    return found


def _elements(ds: Dataset) -> dict[int, DataElement]:
    return {int(element.tag): element for element in ds if int(element.tag) & 0xFFFF}


def _compare(one: Dataset, other: Dataset, implicit: bool, path: str, found: list[str]) -> None:
    mine, theirs = _elements(one), _elements(other)
    for tag in sorted(mine.keys() | theirs.keys()):
        place = f"{path}/{tag:08X}"
        if tag not in mine or tag not in theirs:
            found.append(f"{place} is missing in {'one' if tag not in mine else 'other'}")
            continue
        a, b = mine[tag], theirs[tag]
        if a.VR == b.VR == "SQ":
            if len(a.value) != len(b.value):
                found.append(f"{place} has {len(a.value)} and {len(b.value)} items")
            for i, (x, y) in enumerate(zip(a.value, b.value, strict=False)):
                _compare(x, y, implicit, f"{place}[{i}]", found)
        elif tag == 0x7FE00010 and a.VR == b.VR == "OW" and one.get("BitsAllocated", None) in _CELLS:
            if _array(a, _CELLS[one.BitsAllocated]) != _array(b, _CELLS[one.BitsAllocated]):
                found.append(f"{place}: other pixels")
        elif not _equal(a, b, implicit):
            found.append(f"{place} {a.VR} {b.VR}: {str(a.value)[:60]!r} {str(b.value)[:60]!r}")


def _equal(a: DataElement, b: DataElement, implicit: bool) -> bool:
    if a.VR == b.VR and a.VR not in _NUMBERS:
        return bool(a.value == b.value) or bytes(a.raw).rstrip(b" \0") == bytes(b.raw).rstrip(b" \0")
    if a.VR == b.VR:
        return _little(a) == _little(b)  # not by value: NaN is what it was
    if {a.VR, b.VR} == _WORDS:
        return _array(a, "OW") == _array(b, "OW") or bytes(a.raw)[: len(b.raw)] == bytes(b.raw)[: len(a.raw)]
    if {a.VR, b.VR} <= _WORDS_OR_NUMBERS:
        return implicit and _little(a) == _little(b)
    may_differ = a.tag.is_private or "UN" in (a.VR, b.VR)
    return implicit and may_differ and (_stripped(a) == _stripped(b) or "SQ" in (a.VR, b.VR))


def _stripped(element: DataElement) -> bytes:
    return _little(element).rstrip(b" \0")


def _little(element: DataElement) -> bytes:
    """The bytes as they would be in little endian."""
    if element.VR not in _SWAPPED:
        return bytes(element.raw)
    array = value_array(element)
    data: bytes = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return data


def _array(element: DataElement, vr: str) -> list[Any]:
    """The value as numbers of a bulk VR that is not its own, or is."""
    is_big = element.VR != "OB" and element._index is not None and element._index.big_endian
    dtype = {"OW": "u2", "OL": "u4", "OV": "u8"}[vr]
    raw = bytes(element.raw)
    whole = len(raw) // int(dtype[1]) * int(dtype[1])
    numbers: list[Any] = np.frombuffer(raw[:whole], (">" if is_big else "<") + dtype).tolist()
    return numbers
