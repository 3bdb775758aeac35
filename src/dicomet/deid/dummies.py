"""Values that say nothing, for attributes that must have one. PS3.15 §E.1.1, action D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomet._native.dictionary import tag_vm
from dicomet._native.index import TOP
from dicomet.dataset import Dataset
from dicomet.deid.profile import Action
from dicomet.iods import attribute_type
from dicomet.sequence import Sequence

if TYPE_CHECKING:
    from typing import Any

    from dicomet.deid.profile import Profile
    from dicomet.deid.remap import Remapper

TEXT = "ANONYMIZED"
_DUMMIES: dict[str, Any] = {
    "AS": "000Y", "AT": 0, "DA": "19000101", "DS": "0", "DT": "19000101000000", "FD": 0.0, "FL": 0.0, "IS": "0",
    "OB": b"\0\0", "OD": bytes(8), "OF": bytes(4), "OL": bytes(4), "OV": bytes(8), "OW": b"\0\0", "PN": "Anonymous",
    "SL": 0, "SS": 0, "SV": 0, "TM": "000000", "UL": 0, "UN": b"\0\0", "UR": "about:blank", "US": 0, "UV": 0,
}  # fmt: skip
_LISTS = frozenset(("AT", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_MAX_DEPTH = 8  # nested sequences of an item that is made up


def dummy_value(tag: int, vr: str) -> Any:
    """A value of a VR that is no sequence and no UID, as often as the attribute wants one. PS3.6, VM."""
    value = _DUMMIES.get(vr, TEXT)
    least = tag_vm(tag).split("-")[0]
    return [value] * int(least) if least.isdigit() and least != "1" and vr in _LISTS else value


class ItemMaker:
    """Items that keep the shape of an original, and nothing that it says.

    An attribute that the IOD wants a value for gets a dummy, terms (CS) and registered UIDs stay as they are unless a
    rule of the profile is on them; one that may be empty is empty; the others go.
    """

    def __init__(self, profile: Profile, remapper: Remapper, sop_class: str) -> None:
        self._profile = profile
        self._remapper = remapper
        self._sop_class = sop_class

    def items(self, sequence: Sequence, path: tuple[int, ...], depth: int = 0) -> Sequence:
        """One item in place of all; none where there was none."""
        if len(sequence) == 0 or depth == _MAX_DEPTH:
            return Sequence()
        return Sequence([self._item(sequence[0], path, depth)])

    def _item(self, item: Dataset, path: tuple[int, ...], depth: int) -> Dataset:
        made = Dataset()
        index = item._index
        for tag in index.tags(item._row):
            kind = attribute_type(self._sop_class, (*path, tag))
            if kind is None or kind == "3" or tag & 0x10000:
                continue
            row = index.find(item._row, tag)
            vr = item._vr_of(index, row) if row != TOP else "UN"
            if kind.startswith("2"):
                made.add_new(tag, vr, Sequence() if vr == "SQ" else None)
            elif vr == "SQ":
                made.add_new(tag, vr, self.items(item._sequence(index, row), (*path, tag), depth + 1))
            else:
                made.add_new(tag, vr, self._value(tag, vr, item))
        return made

    def _value(self, tag: int, vr: str, item: Dataset) -> Any:
        if vr == "UI":
            element = item._element(tag)
            return self.uid(str(element.value) if element is not None else "")
        if vr == "CS" and self._profile.action_of(tag) in (None, Action.KEEP, Action.PLAIN):
            element = item._element(tag)
            return element.value if element is not None else dummy_value(tag, vr)
        return dummy_value(tag, vr)

    def uid(self, text: str) -> str:
        """Each UID of a value that is not registered, replaced."""
        return map_uids(self._remapper, text)


def map_uids(remapper: Remapper, text: str) -> str:
    """A UI value with each UID replaced but those of PS3.6."""
    if "\\" in text:
        return "\\".join(map_uids(remapper, one) for one in text.split("\\"))
    uid = text.strip(" \0")
    return uid if not uid or is_registered(uid) else remapper.uid(uid)


def is_registered(uid: str) -> bool:
    """Whether PS3.6 Annex A lists it: it tells of no instance."""
    from dicomet._native.dictionary import uid_entry

    return uid.startswith("1.2.840.10008.") and uid_entry(uid) is not None
