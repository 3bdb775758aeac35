"""What a data set is made of: an index, the row of its container, and edits over both."""

from collections.abc import Iterator
from typing import Any, Self

from dicomet._native.index import Index

class View:
    """Base of `Dataset`: its state, and attributes by keyword, looked up natively.

    An attribute whose name is a keyword of PS3.6 is the value of that element: from the edits,
    else from the index. What the native core leaves undone (see `dicomet._native.values`) the
    subclass does in ``_finish(kind, value, row)``; the value of an edited element it gives in
    ``_edited_value(tag)``. Names that are no keyword, and keywords of missing elements, are
    ordinary attributes. Assigning one text to a keyword is done natively as well; every other value the
    subclass takes in ``_set_value(tag, value)``, and ``del`` in ``_delete_keyword(keyword, tag)``.
    """

    _index: Index
    """Where the bytes and their rows are; an empty one in a data set made by hand."""
    _row: int
    """Row of the item, or `dicomet._native.index.TOP` or ``META``."""
    _edits: dict[int, Any] | None
    """{tag: element, or None where it was deleted} over the index; None before the first edit."""
    _sequences: dict[int, Any] | None
    """{tag: `Sequence`} that were touched; None before the first."""
    _parent: Any
    """Data set around the item, None at top level."""
    _charset: Any
    """Character set in force once it was asked for; None before."""
    _pixels: Any
    """Where the frames lie, as `dicomet.pixels` keeps it; None before somebody has asked."""

    @classmethod
    def _over(cls, index: Index, row: int, parent: Any) -> Self:
        """A view on a row, made without calling ``__init__``.

        Parameters
        ----------
        index : Index
            Kept alive by the view.
        row : int
            Of an item, or ``TOP`` or ``META``; not checked.
        parent : Dataset or None
            Data set around it.
        """

    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
    def _vr_at(self, tag: int) -> str | None:
        """VR of an element that is there, ambiguous ones resolved; None if it is not."""

    def _put(self, tag: int, vr: str, value: object) -> None:
        """Lay an element over the index. The value must have the form in which values are kept."""

    @classmethod
    def _holding(cls, edits: dict[int, Any]) -> Self:
        """A data set in memory, made without ``__init__``; `edits` is kept."""

    def _sequence(self, index: Index, row: int) -> Any:
        """The `Sequence` of a row, the same object whenever it is asked for.

        Items that the scan passed over it gets from ``_items_of(index, row)`` of the subclass.
        """

class SequenceView:
    """Base of `Sequence`: items of an index, made into data sets when they are touched."""

    _index: Index | None
    """Where the items are; None in a sequence made by hand."""
    _items: list[Any]
    """Row numbers, replaced by data sets one by one."""
    _parent: Any
    """Data set around the sequence, None before there is one."""
    _rearranged: bool
    """Whether items were put in, taken out or moved."""

    def _item(self, i: int) -> Any:
        """Data set of an item; negative numbers count from the end.

        Raises
        ------
        IndexError
            There is no such item.
        """

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...

class ElementView:
    """Base of `DataElement`: a row of an index, its value decoded when it is asked for."""

    _index: Index | None
    """Where its row is; None in an element made by hand."""
    _row: int
    _owner: Any
    """Data set it belongs to, or None."""
    _value: Any
    """The value once it is decoded or set."""
    _vr: str | None
    """The VR once it is known."""
    _decoded: bool
    _verbatim: bool
    """Whether ``_value`` holds the value."""
    tag: Any
    """`BaseTag`."""
    VR: str
    """Value Representation; where the file leaves it open, what PS3.5 and PS3.3 say of it."""
    value: Any
    """None or "" if there is none, a `MultiValue` if there are several, a `Sequence` for SQ."""

    @classmethod
    def _of_row(cls, owner: Any, index: Index, row: int) -> Self:
        """Element over a row, made without ``__init__``; `index` and `owner` are kept alive."""

    @classmethod
    def _made(cls, owner: Any, tag: Any, vr: str, value: Any) -> Self:
        """Element of `owner` by hand, made without ``__init__``; `value` is in the form in which it is kept."""

class Walk:
    """Every element of a data set and of the items in it, depth first, straight down the rows.

    Data sets of items are made only where an element asks for them.
    """

    @staticmethod
    def over(kind: type[Any], root: View) -> Walk | None:
        """Begin a walk whose elements are of class `kind`.

        Returns
        -------
        Walk or None
            None where the rows do not tell the order of the elements: `root` holds elements out of
            order, or leaves some of them out.
        """

    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...

class Scope:
    """The data set that an element of a `Walk` belongs to, made when somebody asks for it."""

def set_classes(sequence: type[SequenceView], item: type[View], element: type[ElementView]) -> None:
    """Say what sequences, items and elements are made as; called once, by `dicomet.dataset`."""
