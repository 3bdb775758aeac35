"""The DICOM JSON Model: data sets as dicts and as text. PS3.18 Annex F."""

from __future__ import annotations

import binascii

from dicomet.element import DataElement
from dicomet.valuetypes import MultiValue, parse_ds, parse_is

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dicomet._native.index import Index
    from dicomet.dataset import Dataset

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
        Length of base64 text beyond which the handler, if there is one, is asked for a URI.
    bulk_data_element_handler : callable, optional
        Takes the `DataElement` (VR OB OD OF OL OV OW UN) and returns its ``BulkDataURI``.
    suppress_invalid_tags : bool
        Leave out, with a line in the log ``dicomet``, elements of which no JSON can be made, at any
        depth; otherwise their exception passes through.

    Returns
    -------
    dict
        Of builtins only, new at every call. Numbers that are not finite are the texts ``"NaN"``,
        ``"inf"`` and ``"-inf"``, which JSON can carry. IS and DS are numbers, or the text that is
        none.
    """
    writer = _Writer(bulk_data_element_handler, bulk_data_threshold, suppress_invalid_tags)
    return writer.data_set(ds)


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
) -> dict[str, Any]:
    """One element: its VR and at most one of Value, InlineBinary, BulkDataURI. PS3.18 §F.2.2.

    Parameters
    ----------
    element : DataElement
    bulk_data_element_handler, bulk_data_threshold
        As for `to_json_dict`.
    """
    return _Writer(bulk_data_element_handler, bulk_data_threshold, False).element(element)


class _Writer:
    """One conversion: its options, and the ways from a data set, an element and a value."""

    __slots__ = ("handler", "limit_nbytes", "suppress")

    def __init__(self, handler: BulkDataHandler | None, threshold: int, suppress: bool) -> None:
        self.handler = handler
        self.limit_nbytes = threshold // 4 * 3  # base64 makes four characters of three bytes
        self.suppress = suppress

    def data_set(self, ds: Dataset) -> dict[str, Any]:
        model: dict[str, Any] = {}
        for tag, element in self._elements(ds):
            if tag & 0xFFFF == 0:
                continue  # §F.2.2: no group lengths
            try:
                # of a row as it was read no DataElement is made
                is_row = element.__class__ is int
                one = self._row(ds, element) if is_row else self.element(element)
            except Exception as error:
                if not self.suppress:
                    raise
                _log(tag, error)
            else:
                model[f"{tag:08X}"] = one
        return model

    def _elements(self, ds: Dataset) -> Iterable[tuple[int, Any]]:
        return [(int(element.tag), element) for element in ds] if ds._edits else ds._rows().items()

    def _row(self, ds: Dataset, row: int) -> dict[str, Any]:
        index = ds._index
        vr = ds._vr_of(index, row)
        if vr not in _BULK_UNITS:
            return self._value(vr, ds._value_of(index, row))
        if self.handler is not None and index.length(row) > self.limit_nbytes:
            return self.element(DataElement._of_row(ds, index, row))
        return _inline(vr, _little_endian(index, row, vr))

    def element(self, element: DataElement) -> dict[str, Any]:
        vr = element.VR
        if vr not in _BULK_UNITS:
            return self._value(vr, element.value)
        data: memoryview | bytes
        if element._index is None or element._edited:
            data = b"" if element.value is None else bytes(memoryview(element.value))
        else:
            data = _little_endian(element._index, element._row, vr)
        if self.handler is not None and len(data) > self.limit_nbytes:
            return {"vr": vr, "BulkDataURI": self.handler(element)}
        return _inline(vr, data)

    def _value(self, vr: str, value: Any) -> dict[str, Any]:
        if vr == "SQ":  # §F.2.5: without items there is no "Value"; an item without elements is {}
            items = [self.data_set(item) for item in value]
            return {"vr": vr, "Value": items} if items else {"vr": vr}
        if value is None or value == "":
            return {"vr": vr}
        convert = _CONVERSIONS[vr]
        if value.__class__ is MultiValue:
            values = [None if one is None or one == "" else convert(one) for one in value]
            return {"vr": vr, "Value": values}
        return {"vr": vr, "Value": [convert(value)]}


def _inline(vr: str, data: memoryview | bytes) -> dict[str, Any]:
    if not data:
        return {"vr": vr}
    return {"vr": vr, "InlineBinary": binascii.b2a_base64(data, newline=False).decode("ascii")}


def _little_endian(index: Index, row: int, vr: str) -> memoryview | bytes:
    """The value field in little endian, which JSON carries; fragments as they stand. §F.2.7"""
    data = index.view(row)
    unit = _BULK_UNITS[vr]
    return _swapped(data, unit) if index.flags(row) & _BIG_ENDIAN and unit > 1 else data


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
