"""Sequence: the items of a sequence, made into data sets when they are touched. PS3.5 §7.5."""

from __future__ import annotations

from dicomet._native.view import SequenceView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableSequence
    from typing import Any, overload

    from dicomet._native.index import Index
    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
else:
    from _collections_abc import MutableSequence  # the same, without importing all of collections


class Sequence(SequenceView, MutableSequence["Dataset"]):
    """The items of a sequence element, each a `Dataset`.

    Behaves as a list. Items of a file become data sets when they are touched, and stay the same objects.
    Changing the sequence or its items changes the data set in memory.
    """

    __slots__ = ()

    def __init__(self, items: Iterable[Dataset] = ()) -> None:
        self._items = []
        self.extend(items)

    @classmethod
    def _over(cls, index: Index, rows: list[int], parent: Dataset) -> Sequence:
        self = cls.__new__(cls)
        self._index = index
        self._parent = parent
        self._items = [*rows]  # row numbers, replaced by data sets one by one
        return self

    if TYPE_CHECKING:

        def _item(self, i: int) -> Dataset: ...
        def __iter__(self) -> Iterator[Dataset]: ...

    if TYPE_CHECKING:  # overloads stand alone, or mypy does not see the implementation

        @overload
        def __getitem__(self, key: int) -> Dataset: ...
        @overload
        def __getitem__(self, key: slice) -> Sequence: ...

    def __getitem__(self, key: int | slice) -> Dataset | Sequence:
        if isinstance(key, slice):
            return Sequence([self._item(i) for i in range(*key.indices(len(self._items)))])
        return self._item(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            self._items[key] = [self._checked(item) for item in value]
        else:
            self._items[key] = self._checked(value)
        self._rearranged = True

    def __delitem__(self, key: int | slice) -> None:
        del self._items[key]
        self._rearranged = True

    def insert(self, index: int, value: Dataset) -> None:
        self._items.insert(index, self._checked(value))
        self._rearranged = True

    def _checked(self, item: Any) -> Dataset:
        if not hasattr(item, "_edits"):
            raise TypeError(f"an item is a Dataset, not {type(item).__name__}")
        if self._parent is not None and item._parent is None:
            item._parent = self._parent
        checked: Dataset = item
        return checked

    def _adopt(self, parent: Dataset) -> None:
        """Made items take their character set and Pixel Representation from `parent`."""
        self._parent = parent
        for item in self._items:
            if not isinstance(item, int):
                self._checked(item)

    def _iterall(self) -> Iterator[DataElement]:
        for item in self:
            yield from item.iterall()

    def _changed(self) -> bool:
        """Whether it differs from what the file holds; a made sequence always does."""
        if self._index is None or self._rearranged:
            return True
        return any(not isinstance(item, int) and item._changed() for item in self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        raise TypeError("a Sequence can change: it has no hash")

    def __reduce__(self) -> tuple[object, ...]:
        return (Sequence, (list(self),))

    def __deepcopy__(self, memo: dict[int, Any]) -> Sequence:
        from copy import deepcopy

        if not self._changed() and self._parent is not None and self._index is not None:
            rows = [item if isinstance(item, int) else item._row for item in self._items]
            parent = memo.get(id(self._parent), self._parent)
            return Sequence._over(self._index, rows, parent)
        return Sequence([deepcopy(item, memo) for item in self])

    def __repr__(self) -> str:
        return f"<Sequence, {len(self)} item{'' if len(self) == 1 else 's'}>"
