"""Values to bytes, by VR. PS3.5 §6.2, §6.4.

The opposite of what the native core does when it reads: text, numbers, tags and bulk data as they are kept in
data sets become the value field of an element, without its padding.
"""

from __future__ import annotations

import struct

from dicomet.charset import DELIMITERS
from dicomet.errors import WriteError
from dicomet.tags import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomet.charset import CharacterSet

_CODES = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_DTYPES = {"FD": "f8", "FL": "f4", "OD": "f8", "OF": "f4", "OL": "u4", "OV": "u8", "SL": "i4", "SS": "i2",
           "SV": "i8", "UL": "u4", "US": "u2", "UV": "u8"}  # fmt: skip
_UNITS = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}  # bytes of one number
_PIXEL_DATA = 0x7FE00010
_PIXEL_CELLS = {32: "OL", 64: "OV"}  # by Bits Allocated
_BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_DS_NCHARS = 16


def encode_value(
    vr: str, value: Any, characters: CharacterSet, big_endian: bool = False, bytes_big_endian: bool = False
) -> bytes:
    """The value field of an element, not padded.

    Parameters
    ----------
    vr : str
        Any but SQ.
    value : object
        As a `DataElement` of this VR keeps it: text, number, tag, a tuple or list of them, bytes, or a NumPy
        array for numbers and bulk data. None and "" are no value.
    characters : CharacterSet
        For the VRs that Specific Character Set rules.
    big_endian : bool
        Byte order of numbers.
    bytes_big_endian : bool
        Byte order of the numbers in a value that is bytes already.

    Raises
    ------
    WriteError
        The VR cannot hold the value.
    CharacterEncodeError
        A character is not in the character set.
    """
    if value is None or (value.__class__ is str and not value):
        return b""
    try:
        if vr in _BULK:
            return _bulk(vr, value, big_endian, bytes_big_endian)
        if vr in _CODES:
            return _numbers(vr, value, big_endian, bytes_big_endian)
        if vr == "AT":
            return _tags(value, big_endian)
        if vr in DELIMITERS:
            return characters.encode(_text(vr, value), delimiters=DELIMITERS[vr])
        return _text(vr, value).encode("latin-1")
    except UnicodeEncodeError as error:
        if isinstance(error, WriteError) or hasattr(error, "clause"):
            raise
        raise WriteError(f"VR {vr} takes no character {error.object[error.start]!r}", clause="PS3.5 §6.1") from None
    except (struct.error, ArithmeticError, TypeError, ValueError) as error:
        if isinstance(error, WriteError):
            raise
        raise WriteError(f"VR {vr} cannot hold {_shown(value)}: {error}", clause="PS3.5 §6.2") from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _text(vr: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    one = _ds if vr == "DS" else _is if vr == "IS" else _plain
    if _is_array(value):
        value = value.tolist()  # of a NumPy scalar too
    if isinstance(value, tuple | list):
        return "\\".join("" if v is None else v if isinstance(v, str) else one(v) for v in value)
    return one(value)


def _plain(value: Any) -> str:
    """Text of dates and times as well. PS3.5 §6.2"""
    if isinstance(value, bytes):
        raise TypeError("bytes where text must be")
    if hasattr(value, "strftime"):
        form = "%Y%m%d" if not hasattr(value, "hour") else "%H%M%S" if not hasattr(value, "year") else "%Y%m%d%H%M%S"
        fraction = f".{value.microsecond:06d}" if getattr(value, "microsecond", 0) else ""
        zone = value.strftime("%z") if hasattr(value, "year") and hasattr(value, "hour") else ""
        return str(value.strftime(form)) + fraction + zone
    return str(value)


def format_ds(number: float) -> str:
    """The decimal of at most 16 characters that is nearest to a number. PS3.5 §6.2, DS."""
    number = float(number)
    if number != number or number in (float("inf"), float("-inf")):
        raise WriteError(f"DS cannot hold {number}", clause="PS3.5 §6.2")
    text = repr(number)
    if text.endswith(".0"):
        text = text[:-2]
    ndigits = 17
    while len(text) > _DS_NCHARS:
        ndigits -= 1
        text = f"{number:.{ndigits}g}"
    return text


def _ds(value: Any) -> str:
    if isinstance(value, int):
        text = str(int(value))
        return text if len(text) <= _DS_NCHARS else format_ds(value)
    if value.__class__.__name__ == "Decimal" and len(str(value)) <= _DS_NCHARS:
        return str(value)
    return format_ds(value)


def _is(value: Any) -> str:
    number = int(value)
    if number != value:
        raise ValueError("no whole number")
    return str(number)


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array_interface__")


def _numbers(vr: str, value: Any, big_endian: bool, bytes_big_endian: bool) -> bytes:
    if _is_array(value):
        return _of_array(vr, value, big_endian)
    if isinstance(value, bytes | bytearray | memoryview):
        return _swapped(bytes(value), struct.calcsize("=" + _CODES[vr]), big_endian != bytes_big_endian)
    values = value if isinstance(value, tuple | list) else (value,)
    return struct.pack(f"{'>' if big_endian else '<'}{len(values)}{_CODES[vr]}", *values)


def _of_array(vr: str, value: Any, big_endian: bool) -> bytes:
    """Numbers of an array, each of which the VR must be able to hold."""
    dtype = (">" if big_endian else "<") + _DTYPES[vr]
    if value.dtype.kind not in "biuf":
        raise TypeError(f"numbers of {value.dtype}")
    import numpy as np

    with np.errstate(invalid="raise", over="raise"):
        converted = value.astype(dtype)
    if dtype[1] != "f" and not (converted == value).all():
        raise ValueError("a number is out of range, or no whole one")
    return bytes(converted.tobytes())


def _tags(value: Any, big_endian: bool) -> bytes:
    is_pair = isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[0], str)
    one = isinstance(value, int | str) or (is_pair and isinstance(value[1], str))
    values: Any = [value] if one else value
    parts = [part for tag in map(Tag, values) for part in (tag.group, tag.element)]
    return struct.pack(f"{'>' if big_endian else '<'}{len(parts)}H", *parts)


def _bulk(vr: str, value: Any, big_endian: bool, bytes_big_endian: bool) -> bytes:
    unit = _UNITS.get(vr, 1)
    if _is_array(value):
        if vr in _DTYPES:
            return _of_array(vr, value, big_endian)
        raw = value.astype(value.dtype.newbyteorder("<")).tobytes()
        return _swapped(raw, unit, big_endian)
    if not isinstance(value, bytes | bytearray | memoryview):
        if unit == 1:
            raise TypeError("bytes are wanted")
        values = value if isinstance(value, tuple | list) else (value,)
        code = {"OD": "d", "OF": "f", "OL": "I", "OV": "Q", "OW": "H"}[vr]
        return struct.pack(f"{'>' if big_endian else '<'}{len(values)}{code}", *values)
    return _swapped(bytes(value), unit, big_endian != bytes_big_endian)


def cells_of(vr: str, tag: int, bits_allocated: Any) -> str:
    """VR by whose numbers a value changes its byte order: its own, but for Pixel Data of larger cells in OW."""
    return _PIXEL_CELLS.get(bits_allocated, vr) if tag == _PIXEL_DATA and vr == "OW" else vr


def in_other_order(vr: str, data: bytes) -> bytes:
    """Bulk data with its numbers in the other byte order."""
    return _swapped(data, _UNITS.get(vr, 1), True)


def _swapped(data: bytes, unit: int, swap: bool) -> bytes:
    if not swap or unit == 1:
        return data
    from array import array

    whole = len(data) // unit * unit
    numbers = array({2: "H", 4: "I", 8: "Q"}[unit], data[:whole])
    numbers.byteswap()
    return numbers.tobytes() + data[whole:]
