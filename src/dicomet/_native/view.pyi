"""What a data set is made of: an index, the row of its container, and edits over both."""

from typing import Any, Self

from dicomet._native.index import Index

class View:
    """Base of `Dataset`: its state, and attributes by keyword, looked up natively.

    An attribute whose name is a keyword of PS3.6 is the value of that element: from the edits,
    else from the index. What the native core leaves undone (see `dicomet._native.values`) the
    subclass does in ``_finish(kind, value, row)``; the value of an edited element it gives in
    ``_edited_value(tag)``. Names that are no keyword, and keywords of missing elements, are
    ordinary attributes.
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
