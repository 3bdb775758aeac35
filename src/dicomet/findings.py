"""Findings: deviations from the standard that reading tolerated."""

from __future__ import annotations

from dicomet.charset import DELIMITERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet._native.index import Index
    from dicomet.dataset import Dataset


class Finding(tuple[int, int, str, str, str]):
    """One tolerated deviation: ``(offset, tag, code, text, clause)``.

    Attributes
    ----------
    offset : int
        Byte position in the source (of a deflated one: behind its inflated form).
    tag : int
        Element concerned, 0 where there is none.
    code : str
        Short name such as ``"odd_length"``.
    text : str
        One sentence.
    clause : str
        Clause of the standard.
    """

    __slots__ = ()

    @property
    def offset(self) -> int:
        return self[0]

    @property
    def tag(self) -> int:
        return self[1]

    @property
    def code(self) -> str:
        return self[2]

    @property
    def text(self) -> str:
        return self[3]

    @property
    def clause(self) -> str:
        return self[4]

    def __str__(self) -> str:
        where = f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X}) " if self.tag else ""
        return f"{where}{self.text} at byte {self.offset} [{self.code}, {self.clause}]"


def findings_of(ds: Dataset) -> list[Finding]:
    """Findings of the scan, of the values, and of the frames that were looked at; ascending by offset."""
    ds._settle()
    found: set[Finding] = set()
    seen: set[int] = set()
    _collect(ds, found, seen)
    if ds._pixels is not None:
        found.update(ds._pixels.reader.findings())
    return sorted(found)


def _collect(ds: Dataset, found: set[Finding], seen: set[int]) -> None:
    index = ds._index
    _collect_index(index, found, seen)
    for row in index.special_text(ds._row):
        vr = index.vr(row)
        value = index.view(row)
        characters = ds._character_set()
        _, damaged = characters.decode_checked(bytes(value), delimiters=DELIMITERS[vr])
        if damaged:
            text = "bytes that are no text in the character set: replaced"
            found.add(_of_row(index, row, "character_set", text, "PS3.5 §6.1"))
    for problem in ds._character_set().problems if index.find(ds._row, 0x00080005) < len(index) else ():
        row = index.find(ds._row, 0x00080005)
        found.add(_of_row(index, row, "character_set_term", problem, "PS3.3 C.12.1.1.2"))
    for row in [*index.sequences(ds._row), *_private_sequences(ds)]:
        items = ds._sequence(index, row)
        if items._index is not None:
            _collect_index(items._index, found, seen)  # there may be no item at all
        for item in items:
            _collect(item, found, seen)


def _private_sequences(ds: Dataset) -> list[int]:
    """Rows that are sequences by the table of private elements only."""
    index = ds._index
    unknown = (row for row in index.children(ds._row) if index.vr(row) == "UN" and index.tag(row) >> 16 & 1)
    return [row for row in unknown if ds._vr_of(index, row) == "SQ"]


def _collect_index(index: Index, found: set[Finding], seen: set[int]) -> None:
    if id(index) in seen:
        return
    seen.add(id(index))
    found.update(Finding(row) for row in index.findings())
    for row in index.unparsed_numbers():
        text = "IS or DS value that is no number: kept as text"
        found.add(_of_row(index, row, "number_text", text, "PS3.5 §6.2"))
    for row in index.uneven_numbers():
        text = "length is no multiple of a value's size: the bytes behind the last whole value are left out"
        found.add(_of_row(index, row, "value_length", text, "PS3.5 §6.2"))


def _of_row(index: Index, row: int, code: str, text: str, clause: str) -> Finding:
    return Finding((index.offset(row), index.tag(row), code, text, clause))
