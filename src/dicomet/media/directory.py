"""Reading a DICOMDIR: its records as a tree, whatever its offsets are worth. PS3.3 §F.2.2, PS3.10 §8.6.

A record says where the next one of its level and the first one below it stand, in bytes from the start of the file to
the tag of the item. All of these are taken out of the items at once by the native core, and followed once: no record
is visited twice, so circles and shared branches end. Offsets that are all off by the same number of bytes, as a
changed header leaves them, are put right. Records that no offset leads to are put where the order of the file and
their types say. Each deviation is a finding.
"""

from __future__ import annotations

from array import array

from dicomet._native.groups import FrameColumns
from dicomet.findings import Finding
from dicomet.media.fileid import problem_of, text_of
from dicomet.media.record import FILE_ID, IN_USE, LOWER, MRDR, NEXT, TYPE, Record
from dicomet.media.records import INSTANCE, LEVELS, PATIENT, SERIES, STUDY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.sequence import Sequence

FIRST_ROOT = 0x00041200
LAST_ROOT = 0x00041202
RECORDS = 0x00041220
MAX_DEPTH = 8  # levels below the root that are kept as they are; the standard has four

_ITEM_HEADER_NBYTES = 8
_NAMES = ("PATIENT", "STUDY", "SERIES")


def read_directory(ds: Dataset) -> tuple[list[Record], list[Finding]]:
    """The records of a DICOMDIR.

    Parameters
    ----------
    ds : Dataset
        The DICOMDIR. The records keep it.

    Returns
    -------
    list of Record
        Those at the root, in order.
    list of Finding
        What was wrong with the directory, in no order; what the scanner noted is not among it.
    """
    sequence = ds.get("DirectoryRecordSequence")
    if ds.get_item(RECORDS) is None or not hasattr(sequence, "_items"):
        return [], [Finding((0, RECORDS, "no_records", "there is no Directory Record Sequence", "PS3.3 §F.3.2.2"))]
    return _Reader(ds, sequence).read()


class _Reader:
    """One directory while it is read."""

    def __init__(self, ds: Dataset, sequence: Sequence) -> None:
        self.ds = ds
        self.sequence = sequence
        self.findings: list[Finding] = []
        self.roots: list[Record] = []

    def read(self) -> tuple[list[Record], list[Finding]]:
        columns = _columns(self.sequence)
        self.next, self.in_use, self.lower = columns[:3]
        self.records = self._made(*columns[3:])
        self.by_offset = {record.offset: i for i, record in enumerate(self.records)}
        self.placed = bytearray(len(self.records))
        first = self.ds.get("OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity")
        first = first if isinstance(first, int) else 0
        self.shift = self._shift(first)
        if self._is_root(first + self.shift):
            self._follow(first + self.shift, None, FIRST_ROOT)
        self._place_rest()
        self._check_levels()
        return self.roots, self.findings

    def note(self, record: Record | None, tag: int, code: str, text: str, clause: str = "PS3.3 §F.3.2.2") -> None:
        self.findings.append(Finding((record.offset if record is not None else 0, tag, code, text, clause)))

    # -- records -----------------------------------------------------------------------------------

    def _made(self, types: list[Any], file_ids: list[Any]) -> list[Record]:
        """A record for each item."""
        records = []
        index = self.sequence._index
        assert index is not None
        is_sound = not index.implicit and not index.big_endian and not index.findings()
        rows = [item if isinstance(item, int) else item._row for item in self.sequence._items]
        for number, row in enumerate(rows):
            record = Record(_text(types[number]))
            record._items = self.sequence
            record._number = number
            record._is_sound = is_sound
            record.offset = index.offset(row) - _ITEM_HEADER_NBYTES
            file_id = file_ids[number]
            if file_id:
                components = file_id if isinstance(file_id, tuple) else (_text(file_id),)
                record.file_id = record._read_file_id = components
                problem = problem_of(components)
                if problem:
                    text = f"the File ID {text_of(components)!r} {problem}"
                    self.note(record, FILE_ID, "file_id", text, "PS3.10 §8.2")
            records.append(record)
        return records

    # -- offsets -----------------------------------------------------------------------------------

    def _shift(self, first: int) -> int:
        """How many bytes all offsets are off; 0 if they are right, or not wrong in this way."""
        if not first or not self.records or first in self.by_offset:
            return 0
        shift = self.records[0].offset - first
        for offsets in (self.next, self.lower):
            for offset in offsets:
                if offset and offset + shift not in self.by_offset:
                    return 0
        text = f"all offsets are {abs(shift)} bytes too {'small' if shift > 0 else 'large'}"
        self.note(None, FIRST_ROOT, "offsets_shifted", text, "PS3.10 §8.6")
        return shift

    def _is_root(self, first: int) -> bool:
        """Whether the first record of the root is one that no other record has below it."""
        if first == self.shift:
            return False
        below = first - self.shift in self.lower
        if below:
            text = f"the root begins with the record at {first}, which another has below"
            self.note(None, FIRST_ROOT, "offset", text)
        return not below

    def _follow(self, first: int, above: Record | None, named_by: int) -> None:
        """Place every record that offsets lead to from one on, each once."""
        chains: list[tuple[int, Record | None, int]] = [(first, above, named_by)]
        while chains:
            offset, above, tag = chains.pop()
            at: Record | None = above
            while offset:
                i = self.by_offset.get(offset, -1)
                if i < 0:
                    self.note(at, tag, "offset", f"offset {offset} leads to no directory record")
                    break
                record = self.records[i]
                if self.placed[i]:
                    self.note(at, tag, "offset_again", f"offset {offset} leads to a record that is listed already")
                    break
                self._place(i, above)
                if self.lower[i]:
                    chains.append((self.lower[i] + self.shift, record, LOWER))
                offset = self.next[i] + self.shift if self.next[i] else 0
                at, tag = record, NEXT

    def _place(self, i: int, above: Record | None) -> None:
        self.placed[i] = 1
        record = self.records[i]
        if self.in_use[i] == 0:
            self.note(record, IN_USE, "inactive", "the record is marked as not in use, which is retired")
        depth = 0
        up = above
        while up is not None:
            depth += 1
            up = up.parent
        if depth >= MAX_DEPTH and above is not None:
            self.note(record, LOWER, "too_deep", f"the record lies more than {MAX_DEPTH} levels deep", "PS3.3 §F.4")
            above = above.parent
        record.parent = above
        (self.roots if above is None else above.children).append(record)

    # -- what no offset leads to -------------------------------------------------------------------

    def _place_rest(self) -> None:
        """Place the others: those that no other one leads to first, below the last of a higher level before them."""
        nrest = len(self.placed) - sum(self.placed)
        if not nrest:
            return
        targets = {
            offset + self.shift
            for offsets in (self.next, self.lower)
            for i, offset in enumerate(offsets)
            if offset and not self.placed[i]
        }
        nskipped = self._place_heads(targets) + self._place_heads(frozenset())
        if nrest > nskipped:
            text = f"{nrest - nskipped} of {len(self.records)} records are not below the root: placed by file order"
            self.note(None, RECORDS, "unreachable", text)

    def _place_heads(self, targets: Container[int]) -> int:
        """Place what is no target, and what it leads to. Returns the number of records that are to be left out."""
        last: list[Record | None] = [None, None, None]
        nskipped = 0
        for i, record in enumerate(self.records):
            level = LEVELS.get(record.record_type, INSTANCE)
            if not self.placed[i]:
                if self.in_use[i] == 0 or record.record_type == "MRDR":
                    nskipped += not targets  # taken out of the directory, or pointed at by other means
                    continue
                if record.offset in targets:
                    continue
                if record.record_type not in LEVELS:
                    level = self._level_by_what_is_below(i)
                above = next((one for one in reversed(last[:level]) if one is not None), None)
                self._follow(record.offset, above, RECORDS)
            if level < INSTANCE:
                last[level:] = [record, *[None] * (INSTANCE - level - 1)]
        return nskipped

    def _level_by_what_is_below(self, i: int) -> int:
        """Level of a record of an unknown type."""
        below = self.by_offset.get(self.lower[i] + self.shift, -1) if self.lower[i] else -1
        level = LEVELS.get(self.records[below].record_type, INSTANCE) if below >= 0 else INSTANCE + 1
        return max(level - 1, PATIENT)

    def _check_levels(self) -> None:
        """Resolve what retired records stand for, and look whether each record may stand where it does."""
        for i, record in enumerate(self.records):
            if not self.placed[i]:
                continue
            level = LEVELS.get(record.record_type)
            if record.file_id is None and level == INSTANCE:
                self._resolve(record)
            if record.record_type == "PRIVATE":
                continue
            if level is None:
                text = f"there is no record type {record.record_type!r}"
                self.note(record, TYPE, "record_type", text, "PS3.3 §F.4")
                continue
            above = record.parent.record_type if record.parent is not None else ""
            if level == PATIENT and above:
                wanted = "at the root"
            elif level in (STUDY, SERIES, INSTANCE) and above not in (_NAMES[level - 1], "PRIVATE"):
                wanted = f"below a {_NAMES[level - 1]} record"
            else:
                continue
            text = f"a {record.record_type} record stands {f'below {above}' if above else 'at the root'}, not {wanted}"
            self.note(record, TYPE, "record_level", text, "PS3.3 §F.4")

    def _resolve(self, record: Record) -> None:
        """Take the file from a retired Multi-Referenced File Directory Record. PS3.3-2004 §F.5.14."""
        found = record.dataset.get("MRDRDirectoryRecordOffset")
        target = self.by_offset.get(found, -1) if isinstance(found, int) else -1
        if target >= 0 and self.records[target].file_id is not None:
            record.file_id = self.records[target].file_id
            self.note(record, MRDR, "multi_referenced", "the file is named by a retired MRDR record")
        else:
            self.note(record, FILE_ID, "no_file", f"the {record.record_type} record names no file")


# -- columns ---------------------------------------------------------------------------------------


def _columns(sequence: Sequence) -> tuple[list[int], list[int], list[int], list[Any], list[Any]]:
    """Offsets, flags, types and File IDs of all items; by the native core, or one by one where VRs are odd."""
    rows = [item for item in sequence._items if isinstance(item, int)]
    index = sequence._index
    if index is not None and rows and len(rows) == len(sequence._items):
        columns = FrameColumns.of([((tag,), False) for tag in (NEXT, IN_USE, LOWER, TYPE, FILE_ID)])
        columns.add(index, rows)
        measured = [columns.measure(path) for path in range(5)]
        if all(one is not None and one[0] in vrs for one, vrs in zip(measured, _VRS, strict=True)):
            n = len(rows)
            return (
                _numbers(columns, 0, "UL", n, 0),
                _numbers(columns, 1, "US", n, 0xFFFF),
                _numbers(columns, 2, "UL", n, 0),
                columns.texts(3, _undecoded),
                columns.texts(4, _undecoded),
            )
    items = list(sequence)
    return (
        [_integer(item.get("OffsetOfTheNextDirectoryRecord"), 0) for item in items],
        [_integer(item.get("RecordInUseFlag"), 0xFFFF) for item in items],
        [_integer(item.get("OffsetOfReferencedLowerLevelDirectoryEntity"), 0) for item in items],
        [item.get("DirectoryRecordType") for item in items],
        [_components(item.get("ReferencedFileID")) for item in items],
    )


_VRS = (("UL", ""), ("US", ""), ("UL", ""), ("CS", ""), ("CS", ""))


def _numbers(columns: FrameColumns, path: int, vr: str, n: int, default: int) -> list[int]:
    out = array("H" if vr == "US" else "I", bytes(n * (2 if vr == "US" else 4)))
    missing = bytearray(n)
    nmissing = columns.numbers(path, vr, 1, out, missing)
    if nmissing and default:
        return [default if absent else number for number, absent in zip(out, missing, strict=True)]
    return out.tolist()


def _undecoded(vr: str, value: bytes) -> str:
    return value.decode("latin-1")


def _text(value: object) -> str:
    if isinstance(value, tuple | list):
        return "\\".join(map(str, value))
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def _integer(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _components(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return tuple(str(one) for one in value) if isinstance(value, tuple | list) else str(value)
