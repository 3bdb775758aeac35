"""The changing half of a data set: a small overlay over an index that never changes. PS3.5 §7."""

from __future__ import annotations

from dicomet._native.index import TOP
from dicomet._native.view import View
from dicomet.element import DataElement, value_for, vr_for
from dicomet.encode import cells_of, in_other_order
from dicomet.errors import MissingElement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.sequence import Sequence
    from dicomet.tags import BaseTag, TagLike

CHARACTER_SET = 0x00080005


class EditableView(View):
    """Elements set, added and removed in memory; base of `Dataset`, which has the reading half."""

    if TYPE_CHECKING:
        _edits: dict[int, DataElement | None] | None
        _sequences: dict[int, Sequence] | None

        def _element(self, tag: int) -> DataElement | None: ...
        def _tag(self, key: Any) -> BaseTag: ...
        def _tags(self) -> list[int]: ...
        def _as_sequence(self, items: Any) -> Sequence: ...
        def __getitem__(self, key: Any) -> Any: ...
        def __contains__(self, key: object) -> bool: ...
        def __iter__(self) -> Iterator[DataElement]: ...

    def _overlay(self) -> dict[int, DataElement | None]:
        """The edits, begun now if there are none."""
        edits = self._edits
        if edits is None:
            edits = {}
            View.__setattr__(self, "_edits", edits)
        return edits

    def _edit(self, element: DataElement) -> None:
        self._overlay()[int(element.tag)] = element

    def _is_edited(self, tag: int) -> bool:
        return self._edits is not None and tag in self._edits

    def _delete(self, tag: int) -> None:
        edits = self._overlay()
        if self._index.find(self._row, tag) == TOP:
            edits.pop(tag, None)
        else:
            edits[tag] = None

    def _changed(self) -> bool:
        """Whether it differs from the bytes that it was read from."""
        if self._edits or self._index.source is None:
            return True
        if not self._sequences:
            return False
        return any(s._changed() for s in list(self._sequences.values()))  # other threads may add some

    def _set_value(self, tag: int, value: Any) -> None:
        vr = self._vr_at(tag) or vr_for(tag)
        if vr == "SQ" and isinstance(value, str | bytes | int | float):
            vr = vr_for(tag)  # the file was wrong there
        self._put(tag, vr, self._as_sequence(value) if vr == "SQ" else value_for(vr, value))

    def _delete_keyword(self, keyword: str, tag: int) -> None:
        if self._element(tag) is None:
            raise AttributeError(f"no element {keyword}")
        self._delete(tag)

    def __setitem__(self, key: TagLike, element: DataElement) -> None:
        if not isinstance(element, DataElement):
            raise TypeError("an item of a Dataset is a DataElement")
        if self._tag(key) != element.tag:
            raise ValueError(f"{self._tag(key)} is not the element's tag {element.tag}")
        value = element.value
        if not element._is_plain_row:
            self.add_new(element.tag, element.VR, value)
        elif isinstance(value, bytes) and element._is_big_endian != self._index.big_endian:
            owner = element._owner
            bits = None if owner is None else owner.get("BitsAllocated", None)
            cells = cells_of(element.VR, int(element.tag), bits)
            self.add_new(element.tag, element.VR, in_other_order(cells, value))
        else:
            element._copy_to(self)

    def __delitem__(self, key: TagLike | slice) -> None:
        if isinstance(key, slice):
            for element in self[key]:
                self._delete(int(element.tag))
            return
        tag = self._tag(key)
        if self._element(tag) is None:
            raise MissingElement("no such element", tag=int(tag))
        self._delete(int(tag))

    def add_new(self, tag: TagLike, VR: str, value: Any) -> None:
        """Put an element into the data set, in place of one with the same tag."""
        element = DataElement(tag, VR, self._as_sequence(value) if VR == "SQ" else value)
        element._owner = self
        self._edit(element)

    def add(self, element: DataElement) -> None:
        """Put a copy of an element into the data set."""
        self[element.tag] = element

    def update(self, other: Mapping[Any, Any] | Dataset) -> None:
        """Take over the elements of another data set, or values by keyword or tag."""
        for key, element in list(other.items()):
            if isinstance(element, DataElement):
                self.add(element)
            else:
                self._set_value(int(self._tag(key)), element)

    def setdefault(self, key: TagLike, default: Any = None) -> DataElement:
        """The element, made with the value `default` (or from a `DataElement`) if it is missing."""
        tag = self._tag(key)
        if tag not in self:
            if isinstance(default, DataElement):
                self.add(default)
            else:
                self.add_new(tag, vr_for(tag), default)
        found: DataElement = self[tag]
        return found

    def pop(self, key: TagLike, *default: Any) -> Any:
        """Remove an element and return it; `default` (or KeyError) if it is missing."""
        element = self._element(self._tag(key))
        if element is None:
            if default:
                return default[0]
            raise MissingElement("no such element", tag=int(self._tag(key)))
        self._delete(int(element.tag))
        return element

    def clear(self) -> None:
        """Remove every element."""
        for tag in self._tags():
            self._delete(tag)

    def remove_private_tags(self) -> None:
        """Remove private elements here and in all items."""
        for element in list(self):
            if element.tag.is_private:
                self._delete(int(element.tag))
            elif element.VR == "SQ":
                for item in element.value:
                    item.remove_private_tags()
