"""Dataset: a view on an index, and the edits over it. PS3.5 §7.

The bytes are looked at when a value is asked for. Edits live in a small overlay, {tag: element, or None
where it was deleted}; the index below never changes.
"""

from __future__ import annotations

from dicomet._keywords import KeywordAttributes
from dicomet._native.dictionary import keyword_tag
from dicomet._native.index import TOP, Index
from dicomet._native.values import CHARSET, PENDING, PLAIN, SEQUENCE, UNRESOLVED, set_classes
from dicomet._native.view import View, Walk
from dicomet._native.view import set_classes as set_view_classes
from dicomet.charset import DELIMITERS, character_set
from dicomet.conversions import Conversions
from dicomet.editing import CHARACTER_SET, EditableView
from dicomet.element import DataElement
from dicomet.errors import MissingElement
from dicomet.resolve import creator_of, items_of, resolve_vr
from dicomet.sequence import Sequence
from dicomet.tags import BaseTag, Tag
from dicomet.uids import UID
from dicomet.valuetypes import MultiValue, PersonName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, overload

    import numpy as np

    from dicomet.charset import CharacterSet
    from dicomet.pixels.frames import Frames
    from dicomet.private import PrivateBlock
    from dicomet.tags import TagLike

set_classes(UID, PersonName, MultiValue, BaseTag)
_AMBIGUOUS = frozenset(("US or SS", "OB or OW", "US or SS or OW", "US or OW"))
_SINGLE_TEXT = frozenset(("LT", "ST", "UR", "UT"))


class Dataset(EditableView, Conversions, KeywordAttributes):
    """Data elements by tag or keyword.

    Attributes are elements by keyword (``ds.PatientName``), items are elements by tag or keyword
    (``ds[0x0010, 0x0010]``, ``ds["PatientName"]``). Values of a data set that was read are immutable and
    decoded on access; assigning changes the data set in memory, never the file.

    Parameters
    ----------
    elements : Dataset or mapping, optional
        To begin with: elements by tag, or values by keyword or tag.
    """

    if TYPE_CHECKING:  # what stands in the attributes of View
        _sequences: dict[int, Sequence] | None
        _parent: Dataset | None
        _charset: CharacterSet | None

    def __init__(self, elements: Mapping[Any, Any] | Dataset | None = None) -> None:
        if elements is not None:
            self.update(elements)

    # -- values of the index -----------------------------------------------------------------------

    def _finish(self, kind: int, value: Any, row: int) -> Any:
        """What the native core leaves to be done to a value, by kind."""
        if kind == SEQUENCE:
            return self._sequence(self._index, row)
        if kind == CHARSET:
            return self._decode_text(self._index.vr(row), value)
        if kind == UNRESOLVED:
            vr = resolve_vr(self, self._index, row, self._index.vr(row))
            return self._value_as(row, vr)
        assert kind == PENDING
        self._settle()
        return self._finish_or_plain(self._index.decode(row))

    def _finish_or_plain(self, found: tuple[int, Any, int]) -> Any:
        kind, value, row = found
        return value if kind == PLAIN else self._finish(kind, value, row)

    def _value_as(self, row: int, vr: str) -> Any:
        """Value of a row whose VR was found out by other means than its header."""
        if vr == "UN":
            return bytes(self._index.view(row)) or None
        kind, value, row = self._index.decode(row, vr)
        if kind == CHARSET:
            return self._decode_text(vr, value)
        return value if kind == PLAIN else self._finish(kind, value, row)

    def _value_of(self, index: Index, row: int) -> Any:
        if index is not self._index:  # the index was read on since: rows keep their numbers
            index = self._index
        return self._finish_or_plain(index.decode(row))

    def _vr_of(self, index: Index, row: int) -> str:
        vr = index.vr(row)
        if vr in _AMBIGUOUS or (vr == "UN" and index.tag(row) >> 16 & 1):
            return resolve_vr(self, index, row, vr)
        return vr

    def _settle(self) -> None:
        """Read on behind encapsulated Pixel Data: fragments, and elements after them."""
        if self._index.pending:
            View.__setattr__(self, "_index", self._index.full())

    def _edited_value(self, tag: int) -> Any:
        element = self._overlay()[tag]
        if element is None:
            raise AttributeError(f"'{type(self).__name__}' object has no element {Tag(tag)}")
        return element.value

    # -- text --------------------------------------------------------------------------------------

    def _character_set(self) -> CharacterSet:
        """Specific Character Set of the bytes: of its own, or of the data set around it. PS3.5 §6.1.2.3.

        Bytes stay what they were when the attribute is changed. Only where none was read at all, the
        one that was set since tells what they are.
        """
        if self._charset is not None:
            return self._charset
        found = self._read_character_set()
        if found is None:
            return self._present_character_set()
        View.__setattr__(self, "_charset", found)
        return found

    def _read_character_set(self) -> CharacterSet | None:
        row = self._index.find(self._row, CHARACTER_SET)
        if row != TOP:
            value = self._value_of(self._index, row)
            if value:
                return character_set(value)
        return self._parent._read_character_set() if self._parent is not None else None

    def _present_character_set(self) -> CharacterSet:
        """What the attribute says now, here or around it."""
        element = self._element(CHARACTER_SET)
        if element is not None and element.value:
            return character_set(element.value)
        return self._parent._present_character_set() if self._parent is not None else character_set(None)

    def _decode_text(self, vr: str, value: bytes) -> Any:
        text = self._character_set().decode(value, delimiters=DELIMITERS[vr])
        if vr in _SINGLE_TEXT:
            return text.rstrip("\0 ")
        make = PersonName if vr == "PN" else str
        values = [make(one.rstrip("\0 ")) for one in text.split("\\")]
        return values[0] if len(values) == 1 else MultiValue(values)

    # -- sequences ---------------------------------------------------------------------------------

    def _items_of(self, index: Index, row: int) -> tuple[Index, list[int]]:
        """Items that the file's scan passed over; the native core asks for them."""
        return items_of(self, index, row)

    def _as_sequence(self, items: Any) -> Sequence:
        sequence = items if isinstance(items, Sequence) else Sequence(items or ())
        if sequence._parent is not None and sequence._parent is not self:
            sequence = Sequence(sequence)  # items that were read keep the context that they were read in
        if sequence._index is None:
            sequence._adopt(self)
        return sequence

    # -- reading -----------------------------------------------------------------------------------

    def _tag(self, key: Any) -> BaseTag:
        return key if isinstance(key, BaseTag) else Tag(key)

    def _rows(self) -> dict[int, int]:
        """Tags of the index in order, with their rows."""
        self._settle()
        rows = self._index.children(self._row)
        return {self._index.tag(row): row for row in rows}

    def _element(self, tag: int) -> DataElement | None:
        if self._edits is not None and tag in self._edits:
            return self._edits[tag]
        row = self._index.find(self._row, tag)
        if row == TOP and tag > 0x7FE00010 and self._index.pending:
            self._settle()
            row = self._index.find(self._row, tag)
        return None if row == TOP else DataElement._of_row(self, self._index, row)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, key: slice) -> Dataset: ...
        @overload
        def __getitem__(self, key: TagLike) -> DataElement: ...

    def __getitem__(self, key: Any) -> DataElement | Dataset:
        tag: int = keyword_tag(key) if key.__class__ is str else 0
        if not tag:
            if isinstance(key, slice):
                return self._slice(key)
            try:
                tag = self._tag(key)
            except ValueError:
                raise MissingElement(f"{key!r} is neither a tag nor a keyword") from None
        element = self._element(tag)
        if element is None:
            raise MissingElement("no such element", tag=int(tag))
        return element

    def _slice(self, key: slice) -> Dataset:
        low = 0 if key.start is None else int(Tag(key.start))
        high = 1 << 32 if key.stop is None else int(Tag(key.stop))
        tags = [tag for tag in self.keys() if low <= tag < high][:: key.step]
        part = Dataset({tag: self[tag] for tag in tags})
        View.__setattr__(part, "_parent", self)
        return part

    def get(self, key: TagLike, default: Any = None) -> Any:
        """Value by keyword, or `DataElement` by tag; `default` if it is missing."""
        if isinstance(key, str):
            return getattr(self, key, default)
        element = self._element(self._tag(key))
        return default if element is None else element

    def __contains__(self, key: object) -> bool:
        try:
            tag = self._tag(key)
        except (ValueError, OverflowError, TypeError):
            return False
        return self._element(tag) is not None

    def _tags(self) -> list[int]:
        rows = self._rows()
        if not self._edits:
            return list(rows)
        tags = rows.keys() | self._edits.keys()
        return sorted(t for t in tags if t not in self._edits or self._edits[t] is not None)

    def __len__(self) -> int:
        return len(self._tags())

    def __iter__(self) -> Iterator[DataElement]:
        self._settle()
        if self._edits:
            return map(self.__getitem__, map(BaseTag, self._tags()))
        index = self._index
        return (DataElement._of_row(self, index, row) for row in index.children(self._row))

    def __bool__(self) -> bool:
        return True

    def keys(self) -> list[BaseTag]:
        """Tags in ascending order."""
        return [BaseTag(tag) for tag in self._tags()]

    def values(self) -> list[DataElement]:
        """Elements in ascending order of their tags."""
        return list(self)

    def items(self) -> list[tuple[BaseTag, DataElement]]:
        """Tags with their elements."""
        return [(element.tag, element) for element in self]

    elements = __iter__

    def data_element(self, name: str) -> DataElement | None:
        """Element by keyword, None if there is no such keyword; KeyError if the element is missing."""
        tag = keyword_tag(name)
        return self[BaseTag(tag)] if tag else None

    def get_item(self, key: TagLike) -> DataElement | None:
        """Element by tag or keyword, None if it is missing. Nothing is decoded before it is asked for."""
        return self._element(self._tag(key))

    def iterall(self) -> Iterator[DataElement]:
        """Every element of the data set and of the items in it, depth first."""
        self._settle()
        straight = None if self._changed() else Walk.over(DataElement, self)
        return self._iterall() if straight is None else straight

    def _iterall(self) -> Iterator[DataElement]:
        for element in self:
            yield element
            if element.VR == "SQ":
                for item in element.value:
                    yield from item.iterall()

    def walk(self, callback: Callable[..., object], recursive: bool = True) -> None:
        """Call ``callback(dataset, element)`` for every element, depth first."""
        for element in self:
            callback(self, element)
            if recursive and element.VR == "SQ" and element.tag in self:
                for item in element.value:
                    item.walk(callback, recursive)

    def dir(self, *filters: str) -> list[str]:
        """Keywords of the elements that contain any of the filters, whatever the case."""
        names = sorted(e.keyword for e in self if e.keyword)
        if not filters:
            return names
        return [n for n in names if any(f.lower() in n.lower() for f in filters)]

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.dir()})

    def trait_names(self) -> list[str]:
        """What completes after the dot; IPython asks for it by this name."""
        return self.__dir__()

    def group_dataset(self, group: int) -> Dataset:
        """The elements of one group."""
        return self[Tag(group, 0) : Tag(group + 1, 0)]

    def private_block(self, group: int, private_creator: str, create: bool = False) -> PrivateBlock:
        """The block of a private creator. PS3.5 §7.8.1.

        Raises
        ------
        KeyError
            It is not there and `create` is false.
        """
        from dicomet.private import private_block

        return private_block(self, group, private_creator, create)

    def private_creators(self, group: int) -> list[str]:
        """Private creators of an odd group."""
        from dicomet.private import private_creators

        return list(private_creators(self, group))

    def get_private_item(self, group: int, offset: int, private_creator: str) -> DataElement:
        """Element of a private block by the last byte of its tag."""
        return self.private_block(group, private_creator)[offset]

    def _creator_of(self, tag: int) -> str | None:
        return creator_of(self, tag)

    @property
    def is_implicit_VR(self) -> bool:
        return self._index.implicit

    @property
    def is_little_endian(self) -> bool:
        return not self._index.big_endian

    @property
    def original_encoding(self) -> tuple[bool, bool]:
        """(implicit VR, little endian) of the bytes it was read from."""
        return self.is_implicit_VR, self.is_little_endian

    @property
    def is_original_encoding(self) -> bool:
        """Whether Specific Character Set is still what it was when it was read; the rest never changes."""
        return not self._is_edited(CHARACTER_SET)

    @property
    def original_character_set(self) -> list[str]:
        """Specific Character Set terms of the bytes it was read from, inherited ones included."""
        row = self._index.find(self._row, CHARACTER_SET)
        if row == TOP:
            return self._parent.original_character_set if self._parent is not None else []
        value = self._value_of(self._index, row)
        return [str(one) for one in value] if isinstance(value, MultiValue) else [str(value)]

    # -- as a whole --------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        mine, theirs = self._tags(), other._tags()
        return mine == theirs and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        raise TypeError("a Dataset can change: it has no hash")

    def copy(self) -> Dataset:
        """A data set with the same elements; items are shared."""
        other = type(self)._over(self._index, self._row, self._parent)
        View.__setattr__(other, "_edits", None if self._edits is None else dict(self._edits))
        View.__setattr__(other, "_sequences", self._sequences)
        other.__dict__.update(self.__dict__)
        return other

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Dataset:
        from copy import deepcopy

        other = self.copy()
        memo[id(self)] = other
        View.__setattr__(other, "_parent", memo.get(id(self._parent), self._parent))
        other.__dict__.update(deepcopy(self.__dict__, memo))
        View.__setattr__(other, "_sequences", None)
        if self._edits is not None:
            edits = {tag: deepcopy(e, memo) if e is not None else None for tag, e in self._edits.items()}
            View.__setattr__(other, "_edits", edits)
            for element in edits.values():
                if element is not None:
                    element._owner = other
        if self._sequences:
            sequences = {tag: deepcopy(s, memo) for tag, s in list(self._sequences.items())}
            for sequence in sequences.values():
                sequence._adopt(other)
            View.__setattr__(other, "_sequences", sequences)
        return other

    def __reduce__(self) -> tuple[object, ...]:
        from dicomet.pickling import rebuild_item, state_of

        return (rebuild_item, state_of(self))

    @property
    def frames(self) -> Frames:
        """The frames of the pixel data, decoded one at a time: see `dicomet.pixels.frames.Frames`.

        Raises
        ------
        PixelDataMissing
            There is no pixel data.
        PixelDataError
            The header cannot be that of an image, or not one frame is there.
        UnsupportedError
            No codec for the transfer syntax.
        """
        kept = self._pixels
        if kept is not None and kept.is_of_file and not self._edits and "_file_meta" not in self.__dict__:
            found: Frames = kept.frames(self)
            return found
        from dicomet.pixels.frames import frames_of

        return frames_of(self)

    @property
    def pixel_array(self) -> np.ndarray:
        """All frames as one array, kept until the pixels change: see `dicomet.pixels.pixelarray.pixel_array`."""
        from dicomet.pixels.pixelarray import pixel_array

        return pixel_array(self)

    def formatted_lines(self, indent: str = "   ") -> Iterable[str]:
        """Lines for people, one an element, items indented."""
        from dicomet.formatting import lines_of

        return lines_of(self, indent)

    def top(self) -> str:
        """Text for people, without the contents of sequences."""
        return "\n".join(str(element) for element in self)

    def __str__(self) -> str:
        return "\n".join(self.formatted_lines())

    __repr__ = __str__


set_view_classes(Sequence, Dataset, DataElement)
