"""Attributes of all frames as arrays, from the functional groups of a multi-frame image. PS3.3 §C.7.6.16.

The native core finds and decodes the values of all frames at once. What it leaves, and data sets whose groups
were edited, are walked in Python, item by item, with the same results.
"""

from __future__ import annotations

import math
import re

import numpy as np

from dicomet._native.groups import FrameColumns
from dicomet._native.index import TOP
from dicomet.errors import LimitError
from dicomet.resolve import resolve_vr
from dicomet.tags import Tag, dictionary_has_tag, dictionary_VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
    from dicomet.sequence import Sequence

    Name = TypeVar("Name", str, int, tuple[int, int])
    Path = tuple[tuple[int, ...], bool]  # tags below the item, and whether its macros are searched as well

_SHARED = 0x52009229
_PER_FRAME = 0x52009230
_NUMBER_OF_FRAMES = 0x00280008
_DTYPES = {
    "AT": "u4", "DS": "f8", "FD": "f8", "FL": "f4", "IS": "i8", "SL": "i4", "SS": "i2", "SV": "i8",
    "UL": "u4", "US": "u2", "UV": "u8",
}  # fmt: skip
_TEXT = frozenset(["AE", "AS", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"])
_FLOATS = frozenset(("DS", "FD", "FL"))
_LUT_DESCRIPTORS = frozenset((0x00283002, 0x00281101, 0x00281102, 0x00281103))  # read without a sign
_DECIMAL = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *", re.ASCII)
_INTEGER = re.compile(r" *([+-]?\d+)(\.0*)? *", re.ASCII)
_FREE_NBYTES = 64 << 20  # arrays may always be as large as this; beyond, the source must warrant them


class _OwnContext(Exception):
    """Text under a character set that an item may have of its own."""


def frame_attributes(
    ds: Dataset, names: Iterable[Name], *, nframes: int | None = None
) -> dict[Name, np.ndarray[Any, Any]]:
    """Values of attributes for every frame.

    The value for a frame is that in its item of the Per-Frame Functional Groups Sequence; where that has
    none, that in the Shared Functional Groups Sequence; where there is none either, that of the data set's own
    element, unless a path was asked for. So images without functional groups give their own values.

    Parameters
    ----------
    ds : Dataset
        A multi-frame image, or any other.
    names : iterable of str, int or pair
        Keywords or tags, which are looked for in the item itself and then in the first item of each sequence
        in it, in the order of their tags, private ones last; or paths below the item such as
        ``"PlanePositionSequence.ImagePositionPatient"``, of keywords and of tags as hexadecimal numbers.
    nframes : int, optional
        Frames wanted. Otherwise as many as the Per-Frame Functional Groups Sequence has items; without one,
        Number of Frames; without that, 1. Frames without an item have what all share, or nothing.

    Returns
    -------
    dict of name to numpy.ndarray
        By the names as given. Shape (frames,) where no frame has more than one value, else (frames, k) with
        the k of the frame that has most. All new, in the byte order of the machine.

        DS, FD (float64) and FL (float32): NaN where a frame has no value, or fewer, or what is no number.
        IS (int64), US, SS, UL, SL, UV, SV (as they are), AT (uint32): a `numpy.ma.MaskedArray` if there is such
        a place, else a plain array. Where frames differ in VR: float64, or int64 if all are integers.

        Text (object): `str`, tuples of `str` for several values, "" if the element is empty, None if it is
        missing. Other VRs (object): the values as the data set has them, None if missing.

    Raises
    ------
    ValueError
        An unknown keyword, or a negative `nframes`.
    LimitError
        Arrays out of proportion to the size of the data set, such as a Number of Frames that cannot be.
    SourceChanged
        The file shrank after it was opened.
    SourceClosed
        The data set was closed.
    """
    if nframes is not None and nframes < 0:
        raise ValueError(f"the number of frames cannot be negative: {nframes}")
    keys = list(dict.fromkeys(names))
    paths = [_path_of(name) for name in keys]
    columns = None if _is_edited(ds, _PER_FRAME) or _is_edited(ds, _SHARED) else _located(ds, paths)
    nitems = len(columns) if columns is not None else len(_items_of(ds, _PER_FRAME))
    wanted = nframes if nframes is not None else nitems or _number_of_frames(ds)
    _check_room(ds, wanted)
    n = wanted if nitems else min(wanted, 1)  # without items all frames are alike
    skip = _complete(ds, columns, paths, n) if columns is not None else frozenset()
    result = {}
    for number, (name, path) in enumerate(zip(keys, paths, strict=True)):
        found = None
        if columns is not None and number not in skip:
            found = _column(ds, columns, number, path, n)
        if found is None:
            found = _assembled(ds, _elements(ds, path, n), path)
        if n != wanted:
            _check_room(ds, wanted * math.prod(found.shape[1:]))
            found = found.repeat(wanted, axis=0)
        result[name] = found
    return result


def _path_of(name: Any) -> Path:
    if isinstance(name, str) and "." in name:
        return tuple(int(Tag(part)) for part in name.split(".")), False
    return (int(Tag(name)),), True


def _check_room(ds: Dataset, ncells: int) -> None:
    """No array is made that is out of all proportion to the bytes that ask for it."""
    source = ds._index.source
    nbytes = source.nbytes if source is not None else 0
    if ncells * 8 > _FREE_NBYTES + 16 * nbytes:
        raise LimitError(
            f"{ncells} values for all frames are more than {nbytes} bytes of data set warrant",
            path=source.path if source is not None else None,
            clause="PS3.3 §C.7.6.16",
        )


def _number_of_frames(ds: Dataset) -> int:
    element = ds._element(_NUMBER_OF_FRAMES)
    value = element.value if element is not None else None
    return value if isinstance(value, int) and value > 0 else 1


# What the native core does ---------------------------------------------------------------------------


def _is_edited(ds: Dataset, tag: int) -> bool:
    """Whether a sequence is another than the one in the index."""
    if ds._is_edited(tag):
        return True
    sequence = (ds._sequences or {}).get(tag)
    return sequence is not None and sequence._changed()


def _rows_of(sequence: Sequence) -> list[int] | None:
    """Rows of the items in the index of the sequence; None if they are not all of it."""
    rows = []
    for item in sequence._items:
        if isinstance(item, int):
            rows.append(item)
        elif item._index is sequence._index:
            rows.append(item._row)
        else:
            return None
    return rows


def _located(ds: Dataset, paths: list[Path]) -> FrameColumns | None:
    """The attributes in the items of the frames; None if only Python can tell."""
    index = ds._index
    if index.source is None:
        return None
    columns = FrameColumns.of(paths)
    row = index.find(ds._row, _PER_FRAME)
    if row == TOP or index.vr(row) != "SQ":
        return columns
    if _PER_FRAME not in (ds._sequences or {}) and columns.add_unscanned(index, row):
        return columns
    sequence = ds._sequence(index, row)
    rows = _rows_of(sequence)
    return columns if rows is not None and columns.add(sequence._index, rows) else None


def _complete(ds: Dataset, columns: FrameColumns, paths: list[Path], n: int) -> frozenset[int]:
    """Bring the columns to n frames, with what all share; the paths that are left to Python."""
    columns.resize(n)
    everything = frozenset(range(len(paths)))
    row = ds._index.find(ds._row, _SHARED)
    if row != TOP and ds._index.vr(row) == "SQ":
        sequence = ds._sequence(ds._index, row)
        rows = _rows_of(sequence)
        if rows is None or (rows and not columns.fill(sequence._index, rows[0])):
            return everything
    skip = set()
    for number, (tags, anywhere) in enumerate(paths):
        element = ds._element(tags[0]) if anywhere else None
        if element is None:
            continue
        index = None if ds._is_edited(tags[0]) else element._index
        if index is None or not columns.fill_path(number, index, element._row):
            skip.add(number)
    return frozenset(skip)


def _column(ds: Dataset, columns: FrameColumns, number: int, path: Path, n: int) -> np.ndarray[Any, Any] | None:
    """One attribute as an array; None if only Python can tell."""
    measured = columns.measure(number)
    if measured is None or path[0][-1] in _LUT_DESCRIPTORS:
        return None
    vr, nvalues = measured
    if vr == "":
        return _nothing(path, n)
    stored = vr
    if vr == "US or SS":
        if columns.own_context:
            return None
        vr = resolve_vr(ds, ds._index, 0, vr)
    if vr in _DTYPES:
        shape = (n,) if nvalues <= 1 else (n, nvalues)
        _check_room(ds, math.prod(shape))
        numbers = np.empty(shape, _DTYPES[vr])
        mask = np.empty(shape, bool)
        nmissing = columns.numbers(number, stored, max(nvalues, 1), numbers.data, mask.data)
        return np.ma.MaskedArray(numbers, mask) if nmissing and vr not in _FLOATS else numbers
    if vr not in _TEXT:
        return None

    def decode_text(vr: str, value: bytes) -> Any:
        if columns.own_context:
            raise _OwnContext
        return ds._decode_text(vr, value)

    try:
        return np.fromiter(columns.texts(number, decode_text), object, n)
    except _OwnContext:
        return None


# The same in Python ----------------------------------------------------------------------------------


def _items_of(ds: Dataset, tag: int) -> Sequence | list[Dataset]:
    element = ds._element(tag)
    if element is None or element.VR != "SQ":
        return []
    items: Sequence = element.value
    return items


def _elements(ds: Dataset, path: Path, n: int) -> list[DataElement | None]:
    """The attribute for each of n frames."""
    items, shared = _items_of(ds, _PER_FRAME), _items_of(ds, _SHARED)
    general = _find(shared[0], path) if len(shared) else None
    if general is None and path[1]:
        general = ds._element(path[0][0])
    found: list[DataElement | None] = []
    for number in range(n):
        element = _find(items[number], path) if number < len(items) else None
        found.append(element if element is not None else general)
    return found


def _find(item: Dataset, path: Path) -> DataElement | None:
    tags, anywhere = path
    at = item
    for tag in tags[:-1]:
        items = _items_of(at, tag)
        if not len(items):
            return None
        at = items[0]
    element = at._element(tags[-1])
    if element is not None or not anywhere:
        return element
    macros = [one for one in item if _is_macro(one) and len(one.value)]
    for macro in sorted(macros, key=lambda one: (one.tag.is_private, int(one.tag))):
        first: Dataset = macro.value[0]
        element = first._element(tags[0])
        if element is not None:
            return element
    return None


def _is_macro(element: DataElement) -> bool:
    """A sequence by its own word; private ones sent as UN are not searched."""
    index = None if element._edited else element._index
    return (element.VR if index is None else index.vr(element._row)) == "SQ"


def _nothing(path: Path, n: int) -> np.ndarray[Any, Any]:
    """No frame has a value: what it would be by the dictionary."""
    tag = path[0][-1]
    vr = dictionary_VR(tag).split(" ")[0] if dictionary_has_tag(tag) else ""
    if vr in _FLOATS:
        return np.full(n, np.nan, _DTYPES[vr])
    if vr in _DTYPES:
        numbers = np.zeros(n, _DTYPES[vr])
        return np.ma.MaskedArray(numbers, np.ones(n, bool)) if n else numbers
    return np.full(n, None, object)


def _assembled(ds: Dataset, elements: list[DataElement | None], path: Path) -> np.ndarray[Any, Any]:
    vrs = {element.VR for element in elements if element is not None}
    n = len(elements)
    if not vrs:
        return _nothing(path, n)
    if not vrs <= _DTYPES.keys():
        values = (None if one is None else _plain(one.value) if one.VR in _TEXT else one.value for one in elements)
        return np.fromiter(values, object, n)
    decimal = not vrs.isdisjoint(_FLOATS)
    dtype = np.dtype(_DTYPES[vrs.pop()] if len(vrs) == 1 else "f8" if decimal else "i8")
    rows = [[] if one is None else _numbers(one.value, decimal) for one in elements]
    nvalues = max(map(len, rows))
    _check_room(ds, n * max(nvalues, 1))
    shape = (n,) if nvalues <= 1 else (n, nvalues)
    given = [one for row in rows for one in row if one is not None]
    if not decimal and given:
        low, high = min(given), max(given)
        if low < np.iinfo(dtype).min or high > np.iinfo(dtype).max:
            dtype = np.dtype("i8" if low >= -(1 << 63) and high < 1 << 63 else object)
    array = np.full(shape, np.nan if decimal else 0, dtype)
    mask = np.ones(shape, bool)
    for number, row in enumerate(rows):
        for place, one in enumerate(row):
            if one is not None:
                array[(number, place) if nvalues > 1 else number] = one
                mask[(number, place) if nvalues > 1 else number] = False
    return np.ma.MaskedArray(array, mask) if mask.any() and not decimal else array


def _plain(value: Any) -> Any:
    """Text as `str`, several values as a tuple."""
    if isinstance(value, tuple | list):
        return tuple(map(str, value))
    return "" if value is None else str(value)


def _numbers(value: Any, decimal: bool) -> list[Any]:
    """The values of an element, None for what is no number."""
    if value is None or value == "":
        return []
    values = value if isinstance(value, tuple | list) else [value]
    return [_number(one, decimal) for one in values]


def _number(value: Any, decimal: bool) -> float | int | None:
    if isinstance(value, str):
        match = (_DECIMAL if decimal else _INTEGER).fullmatch(value)
        if match is None:
            return None
        number = float(value) if decimal else int(match[1])
        return number if not decimal or math.isfinite(number) else None
    try:
        return float(value) if decimal else int(value) if int(value) == value else None
    except (TypeError, ValueError, OverflowError):
        return None
