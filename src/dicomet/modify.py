"""Elements named by paths such as ``BeamSequence[0].BeamName``: set, inserted, deleted. PS3.5 §7.1, §7.5."""

from __future__ import annotations

import re

from dicomet.dataset import Dataset
from dicomet.element import vr_for
from dicomet.errors import DicomError, MissingElement
from dicomet.tags import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dicomet.tags import BaseTag

_STEP = re.compile(r"(?P<name>[A-Za-z]\w*|\(?[0-9A-Fa-f]{4},?[0-9A-Fa-f]{4}\)?)(?:\[(?P<item>\d+|\*)\])?\Z")
_INTEGERS = frozenset(("SL", "SS", "SV", "UL", "US", "UV"))
_BYTES = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


class PathError(DicomError, ValueError):
    """A text that is no path to an element, or leads nowhere in a data set."""


class ElementPath:
    """Where an element stands: through items of sequences, each by its number from 0 or ``*`` for all.

    Parameters
    ----------
    text : str
        Keywords or tags (``00100010``, ``(0010,0010)``), dots between them, an item behind each but the last:
        ``ReferencedSeriesSequence[0].SeriesInstanceUID``, ``BeamSequence[*].BeamName``.

    Raises
    ------
    PathError
        It is none.
    """

    __slots__ = ("containers", "tag", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        steps = [_STEP.match(part) for part in text.split(".")]
        containers: list[tuple[BaseTag, int | None]] = []
        last = len(steps) - 1
        for i, step in enumerate(steps):
            if step is None or (step["item"] is None) != (i == last):
                raise PathError(f"{text!r} is no path such as PatientName or BeamSequence[0].BeamName")
            try:
                tag = Tag(step["name"].strip("()").replace(",", ""))
            except (ValueError, OverflowError):
                raise PathError(f"{step['name']!r} is neither a keyword nor a tag") from None
            if i == last:
                self.tag = tag
            else:
                containers.append((tag, None if step["item"] == "*" else int(step["item"])))
        self.containers = containers

    def data_sets(self, ds: Dataset, *, make: bool = False) -> Iterator[Dataset]:
        """The data sets that the element stands in, or would.

        Parameters
        ----------
        ds : Dataset
        make : bool
            Make sequences that are missing, and the item behind the last one.

        Raises
        ------
        PathError
            A step is no sequence, or has no such item and none may be made.
        """
        found = [ds]
        for tag, number in self.containers:
            found = [item for one in found for item in self._items(one, tag, number, make)]
        return iter(found)

    def _items(self, ds: Dataset, tag: BaseTag, number: int | None, make: bool) -> list[Dataset]:
        element = ds.get_item(tag)
        if element is None:
            if not make or number is None:
                return []
            ds.add_new(tag, "SQ", [])
            element = ds[tag]
        if element.VR != "SQ":
            raise PathError(f"{tag} is no sequence, in {self.text!r}", tag=int(tag), clause="PS3.5 §7.5")
        items = element.value
        if number is None:
            return list(items)
        if make and number == len(items):
            items.append(Dataset())
        if number >= len(items):
            if make:
                raise PathError(f"{tag} has {len(items)} items, in {self.text!r}", tag=int(tag), clause="PS3.5 §7.5")
            return []
        return [items[number]]


def set_value(ds: Dataset, path: str | ElementPath, text: str) -> int:
    """Give an element a value, and make it where it is missing, with the sequences and items around it.

    Parameters
    ----------
    ds : Dataset
        Changed in place. (0002,eeee) goes into its File Meta Information.
    path : str or ElementPath
    text : str
        The value, with backslashes between several. Numbers in decimal; tags and bulk data in hexadecimal.

    Returns
    -------
    int
        Elements that were set.

    Raises
    ------
    PathError
        The path leads nowhere.
    WriteError
        The VR cannot hold the value.
    """
    path = path if isinstance(path, ElementPath) else ElementPath(path)
    n = 0
    for one in path.data_sets(_home(ds, path), make=True):
        vr = one._vr_at(path.tag) or vr_for(path.tag)
        one.add_new(path.tag, vr, value_of_text(vr, text, int(path.tag)))
        n += 1
    return n


def insert_value(ds: Dataset, path: str | ElementPath, text: str) -> int:
    """As `set_value`, but only where the element is missing; what there is stays."""
    path = path if isinstance(path, ElementPath) else ElementPath(path)
    n = 0
    for one in path.data_sets(_home(ds, path), make=True):
        if path.tag not in one:
            vr = vr_for(path.tag)
            one.add_new(path.tag, vr, value_of_text(vr, text, int(path.tag)))
            n += 1
    return n


def delete_element(ds: Dataset, path: str | ElementPath) -> int:
    """Delete an element where it is; gives how many there were."""
    path = path if isinstance(path, ElementPath) else ElementPath(path)
    n = 0
    for one in path.data_sets(_home(ds, path)):
        try:
            del one[path.tag]
        except MissingElement:
            continue
        n += 1
    return n


def _home(ds: Dataset, path: ElementPath) -> Dataset:
    first = path.containers[0][0] if path.containers else path.tag
    if first.group != 2:
        return ds
    meta: Dataset | None = getattr(ds, "file_meta", None)
    if meta is None:
        raise PathError("the data set has no File Meta Information", tag=int(first), clause="PS3.10 §7.1")
    return meta


def value_of_text(vr: str, text: str, tag: int) -> Any:
    """A value as it is assigned, from what somebody typed. PS3.5 §6.2

    Raises
    ------
    PathError
        It is no value of the VR; for SQ there is none.
    """
    try:
        if vr == "SQ":
            raise ValueError("items are set one element at a time")
        if not text:
            return None
        if vr in _INTEGERS:
            return [int(part) for part in text.split("\\")]
        if vr in ("FD", "FL"):
            return [float(part) for part in text.split("\\")]
        if vr == "AT":
            return [Tag(part.strip("()").replace(",", "")) for part in text.split("\\")]
        if vr in _BYTES:
            return bytes.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise PathError(f"{text!r} is no value of VR {vr}: {error}", tag=tag, clause="PS3.5 §6.2") from None
    return text
