"""Every element of a data set by pydicom and by dicomet, side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.multival import MultiValue as TheirMultiValue
from pydicom.valuerep import PersonName as TheirPersonName

import dicomet


@dataclass(frozen=True)
class Difference:
    """One element that differs: where (tags and item numbers), in what, and both sides."""

    path: str
    what: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.path} {self.what}: dicomet {self.ours!r:.100} pydicom {self.theirs!r:.100}"


def plain(value: Any) -> Any:
    """A value of either library as builtins: numbers, str, bytes, None, lists."""
    if isinstance(value, TheirMultiValue | dicomet.valuetypes.MultiValue | list):
        return [plain(one) for one in value]
    if isinstance(value, TheirPersonName | str):
        return str(value)
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if value is None or isinstance(value, bytes):
        return value
    if hasattr(value, "as_tuple"):  # DSdecimal
        return float(value)
    raise TypeError(f"value of type {type(value)}")


def same(a: Any, b: Any) -> bool:
    """Equality in which NaN equals NaN."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return (type(a) is type(b) and (a == b or (a != a and b != b))) or (
        isinstance(a, int | float) and isinstance(b, int | float) and a == b
    )


def read_theirs(path: Any) -> pydicom.FileDataset:
    """pydicom's reading of a file, by force and without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[Difference]:
    """Each element that one lacks, or that differs in VR, VM, value, raw bytes or offset."""
    mine = {int(tag) for tag in ours.keys()}  # noqa: SIM118
    other = {int(tag) for tag in theirs.keys()}  # noqa: SIM118
    for tag in sorted(mine | other):
        where = f"{path}{tag:08X}"
        if tag not in other:
            yield Difference(where, "extra", ours[tag].VR, None)
        elif tag not in mine:
            yield Difference(where, "missing", None, theirs.get_item(tag).VR)
        else:
            yield from _element(ours, theirs, tag, where)


def _element(ours: Any, theirs: Any, tag: int, where: str) -> Iterator[Difference]:
    raw = theirs.get_item(tag)
    element = ours[tag]
    if isinstance(raw, RawDataElement) and raw.value is not None:
        if bytes(element.raw) != raw.value:
            yield Difference(where, "raw", bytes(element.raw), raw.value)
        # pydicom's is relative in sequences of defined length and in an inflated body
        inflated = ours._index.inflated
        if "[" not in where and not inflated and element.offset != raw.value_tell:
            yield Difference(where, "offset", element.offset, raw.value_tell)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known = theirs[tag]
    except Exception as error:  # pydicom has no common base of the errors that it raises
        yield Difference(where, "raises", element.VR, type(error).__name__)
        return
    if element.VR != known.VR:
        yield Difference(where, "VR", element.VR, known.VR)
        return
    if element.VM != known.VM:
        yield Difference(where, "VM", element.VM, known.VM)
    if element.VR != "SQ":
        a, b = plain(element.value), plain(known.value)
        if not same(a, b):
            yield Difference(where, "value", a, b)
        return
    if len(element.value) != len(known.value):
        yield Difference(where, "items", len(element.value), len(known.value))
        return
    for i, (item, twin) in enumerate(zip(element.value, known.value, strict=True)):
        yield from differences(item, twin, f"{where}[{i}].")
