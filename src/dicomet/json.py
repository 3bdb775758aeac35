"""The DICOM JSON Model: data sets as dicts and as text. PS3.18 Annex F."""

from __future__ import annotations

import binascii

from dicomet.valuetypes import MultiValue, parse_ds, parse_is

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.element import DataElement

    BulkDataHandler = Callable[[DataElement], str]

BULK_DATA_THRESHOLD = 1024
_BIG_ENDIAN = 4  # DCM_ROW_BIG_ENDIAN
_INF = float("inf")
_BULK_UNITS = {"OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 1}  # bytes of one number
_INTEGERS = frozenset(("SL", "SS", "SV", "UL", "US", "UV"))
_FLOATS = frozenset(("FD", "FL"))
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def to_json_dict(
    ds: Dataset,
    *,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    bulk_data_element_handler: BulkDataHandler | None = None,
    suppress_invalid_tags: bool = False,
) -> dict[str, Any]:
    """The DICOM JSON Model object of a data set. PS3.18 §F.2.

    File Meta Information and group lengths are no part of it. Its order is ascending by tag.

    Parameters
    ----------
    ds : Dataset
    bulk_data_threshold : int
        Length of base64 text beyond which the handler is asked for a URI. Nothing without a handler.
    bulk_data_element_handler : callable, optional
        Takes the `DataElement` (VR OB OD OF OL OV OW UN) and returns its ``BulkDataURI``.
    suppress_invalid_tags : bool
        Leave out, with a line in the log ``dicomet``, elements of which no JSON can be made, at any
        depth; otherwise their exception passes through.

    Returns
    -------
    dict
        Of builtins only, new at every call. Numbers that are not finite are the texts ``"NaN"``, ``"inf"``
        and ``"-inf"``, which JSON can carry. IS and DS are numbers, or the text that is none.
    """
    model: dict[str, Any] = {}
    for element in ds:
        tag = int(element.tag)
        if tag & 0xFFFF == 0:
            continue  # §F.2.2: no group lengths
        try:
            model[f"{tag:08X}"] = element_to_json_dict(
                element, bulk_data_element_handler, bulk_data_threshold, suppress_invalid_tags
            )
        except Exception as error:
            if not suppress_invalid_tags:
                raise
            _log(tag, error)
    return model


def to_json(
    ds: Dataset,
    *,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    bulk_data_element_handler: BulkDataHandler | None = None,
    dump_handler: Callable[[dict[str, Any]], str] | None = None,
    suppress_invalid_tags: bool = False,
) -> str:
    """The DICOM JSON Model object of a data set as text, valid by RFC 8259. PS3.18 §F.2.

    Parameters
    ----------
    ds, bulk_data_threshold, bulk_data_element_handler, suppress_invalid_tags
        As for `to_json_dict`.
    dump_handler : callable, optional
        Makes the text of the dict, instead of `json.dumps`.

    Returns
    -------
    str
        Characters beyond ASCII stand for themselves; encode it as UTF-8. §F.2.2
    """
    model = to_json_dict(
        ds,
        bulk_data_threshold=bulk_data_threshold,
        bulk_data_element_handler=bulk_data_element_handler,
        suppress_invalid_tags=suppress_invalid_tags,
    )
    if dump_handler is not None:
        return dump_handler(model)
    from json import dumps

    return dumps(model, ensure_ascii=False, allow_nan=False)


def element_to_json_dict(
    element: DataElement,
    bulk_data_element_handler: BulkDataHandler | None = None,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    suppress_invalid_tags: bool = False,
) -> dict[str, Any]:
    """``{"vr": ...}`` with at most one of ``Value``, ``InlineBinary``, ``BulkDataURI``. PS3.18 §F.2.2.

    Parameters
    ----------
    element : DataElement
    bulk_data_element_handler, bulk_data_threshold, suppress_invalid_tags
        As for `to_json_dict`.
    """
    vr = element.VR
    model: dict[str, Any] = {"vr": vr}
    if vr in _BULK_UNITS:
        data = _little_endian(element, vr)
        if not data:
            return model
        if bulk_data_element_handler is not None and len(data) > bulk_data_threshold // 4 * 3:
            model["BulkDataURI"] = bulk_data_element_handler(element)
        else:
            model["InlineBinary"] = binascii.b2a_base64(data, newline=False).decode("ascii")
        return model
    value = element.value
    if vr == "SQ":
        items = [
            to_json_dict(
                item,
                bulk_data_threshold=bulk_data_threshold,
                bulk_data_element_handler=bulk_data_element_handler,
                suppress_invalid_tags=suppress_invalid_tags,
            )
            for item in value
        ]
        if items:  # §F.2.5: a value of length 0 has no "Value"; an item without elements is {}
            model["Value"] = items
    elif isinstance(value, MultiValue):
        convert = _CONVERSIONS[vr]
        model["Value"] = [None if one is None or one == "" else convert(one) for one in value]
    elif value is not None and value != "":
        model["Value"] = [_CONVERSIONS[vr](value)]
    return model


def _little_endian(element: DataElement, vr: str) -> memoryview | bytes:
    """The value field as Explicit VR Little Endian has it: what JSON carries. PS3.18 §F.2.7, §8.7.3."""
    index = element._index
    if index is None or element._edited:
        value = element.value
        return b"" if value is None else value if isinstance(value, bytes) else bytes(value)
    data = element.raw  # of encapsulated Pixel Data the items, as they stand in the file
    unit = _BULK_UNITS[vr]
    if unit == 1 or not index.flags(element._row) & _BIG_ENDIAN:
        return data
    return _swapped(data, unit)


def _swapped(data: memoryview, unit: int) -> bytes:
    from array import array

    whole = data.nbytes // unit * unit
    numbers = array({2: "H", 4: "I", 8: "Q"}[unit], bytes(data[:whole]))
    numbers.byteswap()
    return numbers.tobytes() + bytes(data[whole:])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the value is text, not {type(value).__name__}")
    return str(value)


def _name(value: Any) -> dict[str, str] | None:
    groups = zip(_GROUPS, _text(value).split("="), strict=False)
    return {name: text for name, text in groups if text} or None


def _float(value: Any) -> float | str:
    number = float(value)
    if -_INF < number < _INF:
        return number
    return "NaN" if number != number else "inf" if number > 0 else "-inf"


def _decimal(value: Any) -> float | str | None:
    return parse_ds(value) if isinstance(value, str) else _float(value)


def _integer(value: Any) -> int | str | None:
    return parse_is(value) if isinstance(value, str) else int(value)


def _tag(value: Any) -> str:
    return f"{int(value):08X}"


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("AE", "AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UI", "UR", "UT"), _text
    ),
    **dict.fromkeys(_FLOATS, _float),
    **dict.fromkeys(_INTEGERS, int),
    "AT": _tag,
    "DS": _decimal,
    "IS": _integer,
    "PN": _name,
}


def _log(tag: int, error: Exception) -> None:
    from logging import getLogger

    getLogger("dicomet").warning("no JSON of (%04X,%04X): %s", tag >> 16, tag & 0xFFFF, error)
