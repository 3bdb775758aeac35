"""Values of the JSON and of the XML model to values of elements, as they would be read from a file.

PS3.18 §F.2.3, PS3.19 §A.1. Both models have the same values; numbers may be text in both.
"""

from __future__ import annotations

import binascii

from dicomet.element import DataElement, empty_value, value_for
from dicomet.errors import InvalidDicomError, LimitError, ValueDecodeError
from dicomet.sequence import Sequence
from dicomet.tags import BaseTag
from dicomet.uids import UID
from dicomet.valuetypes import MultiValue, PersonName, parse_ds, parse_is

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet.dataset import Dataset

    BulkDataUriHandler = Callable[[str, str, str], Any] | Callable[[str], Any]

MAX_DEPTH = 64  # nested sequences, as dcmread has it
_INF = float("inf")
_HEX = frozenset("0123456789abcdefABCDEF")
_SINGLE = frozenset(("LT", "ST", "UR", "UT"))
_TEXTS = frozenset(("AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UC", "UI"))
_BITS = {"SL": 32, "SS": 16, "SV": 64, "UL": 32, "US": 16, "UV": 64}
BULK_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


class Place:
    """Where in a model the reader is, for the messages of errors.

    Attributes
    ----------
    clause : str
        Of the standard that describes the model.
    """

    __slots__ = ("_steps", "clause")

    def __init__(self, clause: str) -> None:
        self.clause = clause
        self._steps: list[tuple[int, int]] = []  # sequences around, and the item of each

    def enter(self, tag: int) -> None:
        """Go into a sequence."""
        if len(self._steps) >= MAX_DEPTH:
            raise LimitError(f"sequences nested deeper than {MAX_DEPTH}", tag=tag, clause=self.clause)
        self._steps.append((tag, -1))

    def next_item(self) -> None:
        """Go to the next item of the innermost sequence."""
        tag, item = self._steps[-1]
        self._steps[-1] = tag, item + 1

    def leave(self) -> None:
        """Go out of the innermost sequence."""
        self._steps.pop()

    def malformed(self, what: str, tag: int | None = None) -> InvalidDicomError:
        """What is wrong with the model."""
        return InvalidDicomError(self._inside(what), tag=tag, clause=self.clause)

    def unfit(self, what: str, tag: int) -> ValueDecodeError:
        """What is wrong with a value."""
        return ValueDecodeError(self._inside(what), tag=tag, clause=self.clause)

    def _inside(self, what: str) -> str:
        if not self._steps:
            return what
        steps = "/".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})[{item}]" for tag, item in self._steps)
        return f"{what} in {steps}"


def tag_of(text: object, place: Place) -> BaseTag:
    """A tag of eight hexadecimal digits."""
    if not isinstance(text, str) or len(text) != 8 or not _HEX.issuperset(text):
        raise place.malformed(f"{_short(text)} is no tag of eight hexadecimal digits")
    return BaseTag(text, 16)


def vr_of(vr: object, tag: int, place: Place) -> str:
    """A VR that there is."""
    if not isinstance(vr, str) or (vr not in NOTHING and vr != "SQ"):
        raise place.malformed(f"{_short(vr)} is no VR", tag)
    return vr


def value_of(vr: str, values: list[Any], tag: int, place: Place) -> Any:
    """The value of an element, as it is kept; not of SQ. None among the values is an empty one.

    Raises
    ------
    ValueDecodeError
        A value is none of the VR.
    """
    convert = _CONVERSIONS.get(vr)
    if convert is None:
        raise place.unfit(f"VR {vr} has no values but bulk data", tag)
    found = []
    for one in values:
        if one is None:
            found.append("" if vr in ("DS", "IS") and len(values) > 1 else NOTHING[vr])
            continue
        try:
            found.append(convert(vr, one))
        except (ValueError, TypeError, OverflowError):
            raise place.unfit(f"{_short(one)} is no value of VR {vr}", tag) from None
    if vr in _SINGLE:
        if len(found) > 1:
            raise place.unfit(f"VR {vr} has one value", tag)
    elif vr in _TEXTS and any("\\" in one for one in found):
        return value_for(vr, "\\".join(found))  # a backslash separates values. PS3.5 §6.2
    if len(found) == 1:
        return found[0]
    return MultiValue(found) if found else NOTHING[vr]


def binary_of(vr: str, text: object, tag: int, place: Place) -> bytes | None:
    """Bytes of Base64; white space in it does not count."""
    if vr not in BULK_VRS:
        raise place.unfit(f"VR {vr} has no InlineBinary", tag)
    if not isinstance(text, str):
        raise place.unfit("InlineBinary is text", tag)
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True) or None
    except (ValueError, binascii.Error):
        raise place.unfit("InlineBinary is no Base64", tag) from None


class BulkData:
    """Asks the user's handler, if there is one, for what a URI leads to."""

    __slots__ = ("_handler", "_takes_uri_only")

    def __init__(self, handler: BulkDataUriHandler | None) -> None:
        self._handler: Callable[..., Any] | None = handler
        self._takes_uri_only = False
        if handler is not None:
            from inspect import signature

            try:
                self._takes_uri_only = len(signature(handler).parameters) == 1
            except ValueError:  # some builtins, such as the look-up of a dict
                self._takes_uri_only = True

    def value(self, vr: str, uri: str, tag: int) -> Any:
        """The element's value; an empty one, and a line in the log, if nobody can be asked."""
        if self._handler is None:
            from logging import getLogger

            getLogger("dicomet").warning(
                "(%04X,%04X) is empty: no bulk_data_uri_handler for %s", tag >> 16, tag & 0xFFFF, uri
            )
            return NOTHING[vr]
        found = self._handler(uri) if self._takes_uri_only else self._handler(f"{tag:08X}", vr, uri)
        return value_for(vr, found)


def sequence_of(items: list[Dataset]) -> Sequence:
    """A sequence of data sets that are in no other."""
    sequence = Sequence.__new__(Sequence)
    sequence._items = items
    return sequence


def made(tag: BaseTag, vr: str, value: Any, owner: Dataset | None) -> DataElement:
    """An element; `value` is in the form in which it is kept."""
    if owner is not None and vr == "SQ":
        value._adopt(owner)
    return DataElement._made(owner, tag, vr, value)


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:40]}…"


# -- one value -------------------------------------------------------------------------------------


def _text(vr: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(vr: str, value: Any) -> int:
    number = _whole(value)
    if not -(1 << _BITS[vr] - 1) <= number < 1 << _BITS[vr]:
        raise ValueError
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError
        return int(value)
    if isinstance(value, str) and (len(value) > 40 or "_" in value):
        raise ValueError
    return int(value)


def _float(vr: str, value: Any) -> float:
    if isinstance(value, bool) or (isinstance(value, str) and ("_" in value or len(value) > 1000)):
        raise TypeError
    return float(value)


def _decimal(vr: str, value: Any) -> Any:
    if isinstance(value, str):
        if "\\" in value:
            raise ValueError
        number = parse_ds(value) if vr == "DS" else parse_is(value)
        return "" if number is None else number
    if vr != "DS":
        return _whole(value)
    decimal = _float(vr, value)
    if not -_INF < decimal < _INF:  # a DS is a decimal. PS3.5 §6.2
        raise ValueError
    return decimal


def _tag(vr: str, value: Any) -> BaseTag:
    if not isinstance(value, str) or len(value) != 8 or not _HEX.issuperset(value):
        raise ValueError
    return BaseTag(value, 16)


def _name(vr: str, value: Any) -> PersonName:
    return PersonName(_text(vr, value))


def _uid(vr: str, value: Any) -> UID:
    return UID(_text(vr, value))


_CONVERSIONS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys((*_TEXTS, *_SINGLE), _text),
    **dict.fromkeys(_BITS, _integer),
    "AT": _tag,
    "DS": _decimal,
    "FD": _float,
    "FL": _float,
    "IS": _decimal,
    "PN": _name,
    "UI": _uid,
}

# What an element of no bytes is read as.
NOTHING = {vr: value_for(vr, empty_value(vr)) for vr in (*_CONVERSIONS, *BULK_VRS)}
