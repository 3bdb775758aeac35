"""SOP classes, their IODs, modules with usage, and the types of attributes. PS3.3; PS3.5 §7.4.

IODs and modules go by names such as ``"ct-image"`` and ``"image-pixel"``. What is here is what the tables of
PS3.3 say: conditions of Type 1C and 2C are text there, and functional group macros have no usage.
"""

from __future__ import annotations

from dicomet._native import iods as _iods
from dicomet.tags import BaseTag, Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, TypeAlias

    from dicomet.tags import TagLike

    AttributeType: TypeAlias = Literal["1", "1C", "2", "2C", "3"]
    Usage: TypeAlias = Literal["M", "C", "U"]


class Attribute(tuple[BaseTag, "AttributeType", bool]):
    """An attribute of a module or of the items of a sequence: ``(tag, type, has_items)``.

    Attributes
    ----------
    tag : BaseTag
        Of a repeating group the first, (6000,eeee).
    type : {"1", "1C", "2", "2C", "3"}
        How strictly it is asked for.
    has_items : bool
        Whether it is a sequence whose items have attributes here.
    """

    __slots__ = ()

    @property
    def tag(self) -> BaseTag:
        return self[0]

    @property
    def type(self) -> AttributeType:
        return self[1]

    @property
    def has_items(self) -> bool:
        return self[2]


def attribute_type(sop_class_uid: str | None, path: int | Iterable[int]) -> AttributeType | None:
    """How strictly an IOD asks for an attribute.

    Parameters
    ----------
    sop_class_uid : str or None
        SOP class of the data set. Of one that has no IOD here (a private or a retired one) and for None, the
        modules of all IODs count.
    path : int or iterable of int
        Tag of a top-level attribute, or tags of the sequences that lead to it and its own:
        ``(0x00081140, 0x00081155)`` is Referenced SOP Instance UID in Referenced Image Sequence. Items are not
        told apart. At most 120 tags.

    Returns
    -------
    {"1", "1C", "2", "2C", "3"} or None
        The strictest type among the modules that hold it there, whether they are mandatory or not: ``"1"``
        before ``"1C"`` before ``"2"`` before ``"2C"`` before ``"3"``. None where no module holds it: a private
        attribute, or one of a Standard Extended SOP Class.

    Notes
    -----
    A look-up takes a quarter of a microsecond, some two microseconds where all modules are asked.
    """
    return _iods.attribute_type(sop_class_uid, path)


def iod_of(sop_class_uid: str) -> str | None:
    """Name of the IOD of a SOP class; None if it has none here."""
    return _iods.iod_of_sop_class(sop_class_uid)


def modules_of(iod: str) -> list[tuple[str, Usage]]:
    """Modules of an IOD and their usage, mandatory ones first; KeyError for an unknown IOD.

    Parameters
    ----------
    iod : str
        As `iod_of` names it.

    Returns
    -------
    list of (str, {"M", "C", "U"})
        Name of the module and whether it is mandatory, conditional or optional.
    """
    return _iods.modules_of(iod)


def attributes_of(module: str, path: Iterable[TagLike] = ()) -> list[Attribute]:
    """Attributes of a module, or of the items of a sequence in it; KeyError for an unknown module.

    Parameters
    ----------
    module : str
        As `modules_of` names it.
    path : iterable of TagLike
        Sequences that lead to the items; empty: the top level.

    Returns
    -------
    list of Attribute
        Ascending by tag; empty where the path leads nowhere.
    """
    return [
        Attribute((BaseTag(tag), kind, has_items))
        for tag, kind, has_items in _iods.attributes_of(module, tuple(int(Tag(tag)) for tag in path))
    ]


def clause_of(module: str) -> str:
    """Clause of PS3.3 that a module stands in; ``"PS3.3 Annex C"`` for the rarer ones."""
    return _iods.module_clause(module)
