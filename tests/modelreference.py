"""The DICOM JSON Model by the values of the facade, slowly: what the native text must say. PS3.18 §F.2."""

from __future__ import annotations

import base64
from array import array
from typing import Any

from dicomet import DataElement, Dataset
from dicomet.valuetypes import MultiValue, parse_ds, parse_is

UNITS = {"OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 1}
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
BIG_ENDIAN = 4  # DCM_ROW_BIG_ENDIAN


def model_of(ds: Dataset) -> dict[str, Any]:
    """The model of a data set that was read."""
    return {f"{int(e.tag):08X}": _element(e) for e in ds if int(e.tag) & 0xFFFF}


def tags_of(ds: Dataset) -> list[int]:
    """Tags of a data set without group lengths."""
    return [int(element.tag) for element in ds if element.tag.element]


def _element(element: DataElement) -> dict[str, Any]:
    vr = element.VR
    if vr in UNITS:
        data = _little_endian(element, UNITS[vr])
        return {"vr": vr, "InlineBinary": base64.b64encode(data).decode()} if data else {"vr": vr}
    value = element.value
    if vr == "SQ":
        items = [model_of(item) for item in value]
        return {"vr": vr, "Value": items} if items else {"vr": vr}
    if value is None or value == "":
        return {"vr": vr}
    values = value if isinstance(value, MultiValue) else [value]
    return {"vr": vr, "Value": [None if v is None or v == "" else _value(vr, v) for v in values]}


def _value(vr: str, value: Any) -> Any:
    if vr == "PN":
        groups = zip(GROUPS, value.split("="), strict=False)
        return {name: text for name, text in groups if text} or None
    if vr == "AT":
        return f"{int(value):08X}"
    if vr == "DS":
        value = parse_ds(value) if isinstance(value, str) else value
    if vr == "IS":
        value = parse_is(value) if isinstance(value, str) else value
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return "NaN" if value != value else str(value)
    return value


def _little_endian(element: DataElement, unit: int) -> bytes:
    data = bytes(element.raw)
    if not element._index.flags(element._row) & BIG_ENDIAN or unit == 1:
        return data
    whole = len(data) // unit * unit
    numbers = array({2: "H", 4: "I", 8: "Q"}[unit], data[:whole])
    numbers.byteswap()
    return numbers.tobytes() + data[whole:]
