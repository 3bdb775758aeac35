"""IODs, modules and attribute types, and data sets against them. PS3.3; PS3.5 §7.4.

The tables are read-only: all look-ups are safe from any thread. IODs and modules go by names such as
``"ct-image"`` and ``"image-pixel"``.
"""

from collections.abc import Iterable
from typing import Literal

from dicomet._native.index import Index

AttributeType = Literal["1", "1C", "2", "2C", "3"]

EDITION: str
"""Edition of PS3.3 that the tables were made from."""
NO_ROW: int
"""Stands for the top level as a container, and for no row."""

def iod_of_sop_class(uid: str) -> str | None:
    """Name of the IOD of a SOP class; None for classes that have none here."""

def sop_classes() -> list[str]:
    """UIDs of all SOP classes that have an IOD, ascending as text. A new list."""

def iods() -> list[str]:
    """Names of all IODs, ascending. A new list."""

def modules_of(iod: str) -> list[tuple[str, Literal["M", "C", "U"]]]:
    """Modules of an IOD with their usage ``"M"``, ``"C"`` or ``"U"``, in this order; KeyError if there is none."""

def module_clause(module: str) -> str:
    """Clause of a module such as ``"PS3.3 C.7.6.3"``, ``"PS3.3 Annex C"`` where it is not known better."""

def attributes_of(module: str, path: tuple[int, ...] = ()) -> list[tuple[int, AttributeType, bool]]:
    """Attributes of a module, or of the items that a path of sequences leads to.

    Returns
    -------
    list of (tag, type, whether it has items with attributes)
        Ascending by tag; repeating groups at their first (60000010). Empty where the path leads nowhere.

    Raises
    ------
    KeyError
        If there is no such module.
    """

def attribute_type(sop_class_uid: str | None, path: int | Iterable[int]) -> AttributeType | None:
    """See `dicomet.iods.attribute_type`."""

def check_index(
    index: Index, iod: str, *, extra: bool = False, limit: int = 10000
) -> tuple[
    list[tuple[int, int, int, Literal["missing", "empty", "no_items", "not_in_iod"], AttributeType | None, str]], bool
]:
    """Check the data set of an index against an IOD, without the GIL.

    Parameters
    ----------
    index : Index
        Whose lazy sequences are not looked into.
    iod : str
        Name of an IOD.
    extra : bool
        Tell of attributes that no module of the IOD has, too.
    limit : int
        No more problems than about these.

    Returns
    -------
    list of (container, row, tag, code, type, module)
        Row of the item or `NO_ROW`, row of the attribute or `NO_ROW` where it is missing, its tag, what is wrong,
        the strictest type and the module that asks for it.
    bool
        Whether the limit was reached.

    Raises
    ------
    KeyError
        If there is no such IOD.
    SourceClosed, SourceChanged
        The bytes cannot be had any more.
    """
