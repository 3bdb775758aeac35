"""Data sets into plans: what was read as ranges, what was edited as new elements. PS3.5 §7, §10.

A data set without edits is one range where it may stay as it is. With edits, the range is cut where they are: each
is encoded, and so are the lengths of the sequences and items around it. Everything else is taken over by the native
core, which encodes headers anew only where the encoding changes.
"""

from __future__ import annotations

from dicomet._native.dictionary import tag_vr
from dicomet._native.index import META, TOP
from dicomet._native.plan import Children, Plan
from dicomet.charset import character_set
from dicomet.dataset import Dataset
from dicomet.editing import CHARACTER_SET
from dicomet.element import DataElement
from dicomet.encode import cells_of, encode_value
from dicomet.errors import DicomError, WriteError
from dicomet.resolve import pixel_representation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet._native.index import Index
    from dicomet.charset import CharacterSet
    from dicomet.sequence import Sequence

    Check = Callable[[int, str, bytes], None]
    Edits = dict[int, DataElement | Sequence | None]

_META_GROUP = 0x0002
_META_LENGTH = 0x00020000
_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXEL_DATA = 0x7FE00008
_UNDEFINED = 1  # DCM_ROW_UNDEFINED
_ITEM, _SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_TEXT = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))


def put_data_set(
    plan: Plan, ds: Dataset, *, encapsulated: bool = False, hole: int | None = None, check: Check | None = None
) -> int:
    """Put a whole data set, without File Meta Information, at the end of a plan.

    Parameters
    ----------
    plan : Plan
        In the encoding that is wanted.
    ds : Dataset
    encapsulated : bool
        Whether new Pixel Data that begins with an item is fragments. PS3.5 §A.4
    hole : int, optional
        Tag at top level that is left out.
    check : callable, optional
        Called with the tag, the VR and the bytes of each value that is encoded anew.

    Returns
    -------
    int
        Where in the plan the element of the tag `hole` would stand; 0 if none was named.

    Raises
    ------
    WriteError
        A value does not fit its VR, or encapsulated Pixel Data would be in another encoding than PS3.5 §A.4 says.
    CharacterEncodeError
        Text that the Specific Character Set does not have.
    SourceChanged, SourceClosed
        What is to be copied is no longer there.
    """
    for tag in ds._edits or ():
        if tag >> 16 == _META_GROUP and tag in ds:
            raise WriteError("elements of group 0002 belong to file_meta", tag=tag, clause="PS3.10 §7.1")
    planner = _Planner(plan, encapsulated, hole, check)
    planner.root = ds
    planner.data_set(ds, ds._present_character_set())
    return planner.hole_at


def put_file_meta(plan: Plan, meta: Dataset | None, elements: dict[int, tuple[str, Any]]) -> None:
    """Put File Meta Information without its group length into a plan: what it has, and `elements` in place of that.

    Parameters
    ----------
    plan : Plan
        After `begin_file_meta`, or in Explicit VR Little Endian.
    meta : Dataset or None
    elements : dict of tag to (VR, value)
        Values are ASCII text or bytes. In ascending order.
    """
    if meta is None:
        meta = Dataset()
    children = None
    if meta._index.source is not None:
        children = Children.of(plan, meta._index, meta._row, end_offset=_end_of(meta))
        children.until(_META_LENGTH)
    if not meta._edits:
        text = plan.text if children is None else children.text
        for tag, (vr, value) in elements.items():
            if not text(tag, vr, value):
                plan.element(tag, vr, value if isinstance(value, bytes) else _encoded(tag, vr, value))
    else:
        edits: Edits = {**meta._edits, _META_LENGTH: None}
        for tag, (vr, value) in elements.items():
            edits[tag] = DataElement(tag, vr, value)
        _Planner(plan, False, None, None)._put_edits(meta, edits, character_set(None), children)
    if children is not None:
        children.rest()


def _encoded(tag: int, vr: str, value: object) -> bytes:
    try:
        return encode_value(vr, value, character_set(None))
    except DicomError as error:
        error.tag = error.tag or tag
        raise


class _Planner:
    """One plan while it is made."""

    __slots__ = ("check", "encapsulated", "hole", "hole_at", "plan", "root")

    def __init__(self, plan: Plan, encapsulated: bool, hole: int | None, check: Check | None) -> None:
        self.plan = plan
        self.check = check
        self.encapsulated = encapsulated
        self.hole = hole
        self.hole_at = 0
        self.root: Dataset | None = None  # whose elements the hole is among

    def data_set(self, ds: Dataset, characters: CharacterSet) -> None:
        """A data set or an item; `characters` is the set that its text is to be in."""
        edits = self._edits(ds, characters)
        if self.hole is not None and ds is self.root:
            edits[self.hole] = None
        if self._must_settle(ds._index, edits):
            ds._settle()
        index = ds._index
        if index.source is None:
            self._put_edits(ds, edits, characters, None)
        elif not edits and self._may_stay(ds):
            end = index.end_offset if index.stopped and not index.pending else index.source.nbytes
            self.plan.copy(index.source, index.body_offset, end - index.body_offset)
        else:
            children = Children.of(
                self.plan,
                index,
                ds._row,
                end_offset=_end_of(ds),
                is_signed=index.implicit and bool(pixel_representation(ds)),
                group_lengths=not edits and self._keeps(index),
            )
            self._put_edits(ds, edits, characters, children)
            children.rest()

    def _must_settle(self, index: Index, edits: Edits) -> bool:
        """Whether encapsulated Pixel Data and what follows cannot be one range to the end of the file."""
        if not index.pending:
            return False
        return not self._keeps(index) or index.keep_tags is not None or max(edits, default=0) > _FLOAT_PIXEL_DATA

    def _may_stay(self, ds: Dataset) -> bool:
        """Whether all of a file's data set can be copied in one range."""
        return ds._row == TOP and ds._index.keep_tags is None and self._keeps(ds._index)

    def _keeps(self, index: Index) -> bool:
        """Whether headers and lengths stay as they were read."""
        same = index.implicit == self.plan.implicit and index.big_endian == self.plan.big_endian
        return same and self.plan.keeps_lengths

    def _put_edits(
        self, ds: Dataset, edits: Edits, characters: CharacterSet, children: Children | None
    ) -> None:
        tags = sorted(edits)
        i = 0
        while True:
            if self.check is None:
                i = self.plan.texts(edits, tags, i, DataElement, children)
            if i == len(tags):
                return
            tag = tags[i]
            i += 1
            edit = edits[tag]
            if children is not None:
                children.until(tag)
            if isinstance(edit, DataElement):
                self.element(ds, tag, edit, characters)
                continue
            if tag == self.hole and ds is self.root:
                self.hole_at = self.plan.nbytes
            if edit is not None:
                self._sequence(ds, tag, edit, characters)

    # -- what has changed --------------------------------------------------------------------------

    def _edits(self, ds: Dataset, characters: CharacterSet) -> Edits:
        """Elements that are not taken over as they were read, by tag; None for what was deleted."""
        edits: Edits = {}
        for tag, sequence in list((ds._sequences or {}).items()):
            if sequence._changed():
                edits[tag] = sequence
        if ds._edits:
            edits.update(ds._edits)
        if ds._index.source is not None and self._text_changes(ds, characters):
            for element in ds:
                tag = int(element.tag)
                if tag not in edits and element.VR == "SQ":
                    edits[tag] = element.value
                elif tag not in edits and element.VR in _TEXT and not _is_plain(element):
                    edits[tag] = element
        return edits

    @staticmethod
    def _text_changes(ds: Dataset, wanted: CharacterSet) -> bool:
        """Whether text was read in another character set than it is wanted in."""
        read = ds._character_set()
        return bool(read.terms) and read.terms != wanted.terms

    # -- what is new -------------------------------------------------------------------------------

    def element(self, ds: Dataset, tag: int, element: DataElement, characters: CharacterSet) -> None:
        """One element, encoded anew."""
        vr = element.VR
        value = element.value
        if vr == "SQ":
            self._sequence(ds, tag, value, characters)
        elif tag == _PIXEL_DATA and self._is_fragments(value):
            self._fragments(value)
        elif element._verbatim and element._index is not None:
            self.plan.element_of_row(vr, element._index, element._row)
        else:
            vr = self._vr(ds, element)
            cells = cells_of(vr, tag, ds.get("BitsAllocated", None))
            try:
                data = encode_value(cells, value, characters, self.plan.big_endian, ds._index.big_endian)
                if self.check is not None:
                    self.check(tag, vr, data)
                self.plan.element(tag, vr, data)
            except DicomError as error:
                error.tag = error.tag or tag
                raise

    def _vr(self, ds: Dataset, element: DataElement) -> str:
        """VR of a made element; where the dictionary leaves a choice, what the data set says. PS3.5 Annex A."""
        vr = element.VR
        if vr not in ("US", "SS", "OB", "OW"):
            return vr
        choice = tag_vr(element.tag)
        if choice == "US or SS":
            return "SS" if pixel_representation(ds) else "US"
        if choice == "OB or OW" and element.tag == _PIXEL_DATA:
            bits = ds.get("BitsAllocated")
            return "OW" if self.plan.implicit or (isinstance(bits, int) and bits > 8) else "OB"
        if " or OW" in choice and isinstance(element.value, bytes | bytearray | memoryview):
            return "OW" if vr == "US" or "OB" not in choice else vr
        return vr

    def _is_fragments(self, value: Any) -> bool:
        return self.encapsulated and isinstance(value, bytes | bytearray | memoryview) and value[:4] == _ITEM

    def _fragments(self, value: Any) -> None:
        self.plan.put(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff")
        self.plan.put(value)
        if bytes(value[-8:]) != _SEQUENCE_END:
            self.plan.put(_SEQUENCE_END)

    def _sequence(self, ds: Dataset, tag: int, sequence: Sequence, characters: CharacterSet) -> None:
        self.plan.begin(tag, self._was_undefined(ds, tag))
        waiting: list[int] = []  # rows of items that nobody has touched
        for i, item in enumerate(list(sequence._items)):
            if isinstance(item, int):
                parent = sequence._parent
                if parent is None or not self._text_changes(parent, characters):
                    waiting.append(item)
                    continue
                item = sequence._item(i)
            self._rows(ds, sequence, waiting)
            self._item(item, characters)
        self._rows(ds, sequence, waiting)
        self.plan.end()

    def _rows(self, ds: Dataset, sequence: Sequence, rows: list[int]) -> None:
        if rows and sequence._index is not None:
            signed = bool(pixel_representation(ds))
            Children.items(self.plan, sequence._index, rows, is_signed=signed).rest()
            rows.clear()

    def _item(self, item: Dataset, characters: CharacterSet) -> None:
        index, row = item._index, item._row
        is_row = index.source is not None and row < len(index)
        self.plan.begin_item(is_row and bool(index.flags(row) & _UNDEFINED))
        own = item._element(CHARACTER_SET)
        self.data_set(item, character_set(own.value) if own is not None and own.value else characters)
        self.plan.end()

    @staticmethod
    def _was_undefined(ds: Dataset, tag: int) -> bool:
        row = ds._index.find(ds._row, tag)
        return row != TOP and bool(ds._index.flags(row) & _UNDEFINED)


def _is_plain(element: DataElement) -> bool:
    raw = bytes(element.raw)
    return raw.isascii() and b"\x1b" not in raw


def _end_of(ds: Dataset) -> int:
    """First byte behind the last element at top level, or of the File Meta Information."""
    index = ds._index
    if ds._row == META:
        return index.body_offset
    return index.source.nbytes if index.pending else index.end_offset
