"""One data set through a profile: every element that a rule is on, then what else holds an identifier.

PS3.15 §E.1.1. The native core gives the rows with a rule, and what they hold; here it is decided what becomes of each.
Edits go into the overlays of the data set and its items, so everything else stays the bytes that it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomet._native.deid import DONE, select, sweep
from dicomet._native.index import TOP
from dicomet.dataset import Dataset
from dicomet.deid.burned import PIXELS
from dicomet.deid.dates import is_time, shift_date, shift_datetime
from dicomet.deid.dummies import ItemMaker, dummy_value, map_uids
from dicomet.deid.identifiers import Identifiers
from dicomet.deid.profile import Action
from dicomet.deid.text import Cleaner
from dicomet.element import DataElement, vr_for
from dicomet.errors import DeidentificationError
from dicomet.iods import attribute_type

if TYPE_CHECKING:
    from typing import Any

    from dicomet._native.deid import Rules
    from dicomet.deid.profile import Profile
    from dicomet.deid.remap import Remapper
    from dicomet.deid.report import Report
    from dicomet.iods import AttributeType
    from dicomet.sequence import Sequence

    Hit = tuple[int, int, int, str, int, int, bytes | None, bool]

_PATIENT_NAME, _PATIENT_ID = 0x00100010, 0x00100020
_STUDY_UID = 0x0020000D
_SHIFTS = {"DA": shift_date, "DT": shift_datetime}
_CLEANABLE = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_SETTLED: dict[Action, dict[str, Action]] = {  # by the type's digit; "3" also where the IOD has no such attribute
    Action.XZ: {"1": Action.D, "2": Action.Z, "3": Action.X},
    Action.XD: {"1": Action.D, "2": Action.Z, "3": Action.X},
    Action.XZD: {"1": Action.D, "2": Action.Z, "3": Action.X},
    Action.ZD: {"1": Action.D, "2": Action.Z, "3": Action.Z},
    Action.XZU: {"1": Action.ENTER, "2": Action.Z, "3": Action.X},
    Action.Z: {"1": Action.D, "2": Action.Z, "3": Action.Z},
}


def settled(action: Action, kind: AttributeType | None) -> Action:
    """An action that leaves a choice, settled by the attribute's type in its IOD. PS3.15 §E.1.1.

    What must have a value (Type 1, 1C) gets a dummy, or keeps its items with the UIDs in them replaced; what may be
    empty (2, 2C) becomes so; the rest goes, or is emptied where the table does not say that it may go.
    """
    choices = _SETTLED.get(action)
    return action if choices is None else choices[kind[0] if kind else "3"]


class Settler:
    """`settled` for attributes by their SOP class and path, remembered."""

    _MAX_NREMEMBERED = 1 << 16
    _MAX_NRULES = 256

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._known: dict[tuple[int, str, tuple[int, ...]], Action] = {}
        self._rules: dict[str, Rules] = {}

    def __call__(self, action: int, sop_class: str, path: tuple[int, ...]) -> Action:
        key = (action, sop_class, path)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= self._MAX_NREMEMBERED:
                self._known.clear()
            found = self._known[key] = settled(Action(action), attribute_type(sop_class, path))
        return found

    def top_rules(self, sop_class: str) -> Rules:
        """Rules for the top level of a SOP class: what is removed there need not be looked at one by one."""
        found = self._rules.get(sop_class)
        if found is None:
            if len(self._rules) >= self._MAX_NRULES:
                self._rules.clear()
            found = self._rules[sop_class] = self._profile.rules_for(
                lambda action, tag: settled(action, attribute_type(sop_class, tag))
            )
        return found


class Pass:
    """One data set on its way through a profile.

    Parameters
    ----------
    ds : Dataset
        Without edits, and scanned whole: see `dicomet.deid.deidentifier`. It is changed.
    """

    def __init__(
        self,
        ds: Dataset,
        profile: Profile,
        remapper: Remapper,
        settle: Settler,
        safe_private: frozenset[tuple[int, int, str]],
        report: Report,
        with_elements: bool,
    ) -> None:
        self.ds = ds
        self.index = ds._index
        self.profile = profile
        self.remapper = remapper
        self.settle = settle
        self.safe_private = safe_private
        self.report = report
        self.with_elements = with_elements
        self.sop_class = str(ds.get("SOPClassUID") or "")
        self.patient = self._patient_of(ds)
        self.identifiers = Identifiers()
        self.selected = select(self.index, settle.top_rules(self.sop_class), profile.rules)
        self.marks = self.selected.marks
        self.private: list[Hit] = []
        self.owners: dict[int, tuple[Dataset, tuple[int, ...]]] = {TOP: (ds, ())}
        self._places: dict[int, dict[int, int]] = {}
        self._ndays: int | None = None
        self._cleaner: Cleaner | None = None

    def run(self) -> None:
        """Do everything."""
        selected = self.selected
        note = self.identifiers.add
        self._remove_all(selected.removed)
        for vr, value in selected.taken:
            if value:
                note(vr, value)
        late: list[Hit] = []  # what needs all identifiers to be known
        end_of_removed = 0
        for hit in selected.hits:
            row, action, _, vr, _, end, value, identifies = hit
            if row < end_of_removed:
                if value and identifies:
                    note(vr, value)
                continue
            if action == Action.TEXT or action == Action.GRAPHIC:
                late.append(hit)
                continue
            if action == Action.PRIVATE:
                self.private.append(hit)
                end_of_removed = end
                continue
            done = self._act(hit)
            if value and identifies and done is not Action.KEEP:
                note(vr, value)
            if done is Action.X:
                self._remove(hit)
            if done is not Action.ENTER and done is not Action.KEEP:
                end_of_removed = end
        for hit in late:
            self._clean(hit)
        if self.private:
            self._filter_private()
        self._sweep()

    @property
    def gaps(self) -> bool:
        """Whether the source holds bytes that belong to no element."""
        return self.selected.gaps

    @property
    def has_overlays(self) -> bool:
        """Whether there are elements of groups 60xx at top level."""
        graphic = (hit[2] for hit in self.selected.hits if hit[1] == Action.GRAPHIC)
        return any(tag >> 24 == 0x60 for tag in (*self.selected.removed, *graphic))

    def _remove_all(self, removed: dict[int, None]) -> None:
        if removed:
            self.ds._overlay().update(removed)
            self.report.counts["removed"] += len(removed)
            if self.with_elements:
                self.report.elements += [(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", "removed") for tag in removed]

    # -- one element -------------------------------------------------------------------------------

    def _act(self, hit: Hit) -> Action:
        """Do what is to be done, but for removing. Returns what that was; KEEP for nothing."""
        _, number, tag, _, parent, _, value, _ = hit
        owner, path = self.owners.get(parent) or self._owner(parent)
        action = self.settle(number, self.sop_class, (*path, tag))
        if action is Action.U or action is Action.SOME_UID:
            return self._map(hit, owner, action)
        if action is Action.SHIFT:
            if value is not None and self._shift(hit, owner, value):
                return Action.SHIFT
            action = self.settle(Action.XZD, self.sop_class, (*path, tag))  # a date that cannot be moved
        if action is Action.Z:
            self._empty(hit, owner, path)
        elif action is Action.D:
            self._replace(hit, owner, path)
        return action

    def _remove(self, hit: Hit) -> None:
        owner, _ = self.owners.get(hit[4]) or self._owner(hit[4])
        owner._overlay()[hit[2]] = None
        self._done(hit, "removed")

    def _put(self, hit: Hit, owner: Dataset, vr: str, value: Any, done: str) -> None:
        element = DataElement(hit[2], vr, owner._as_sequence(value) if vr == "SQ" else value)
        element._owner = owner
        owner._overlay()[hit[2]] = element
        self._done(hit, done)

    def _done(self, hit: Hit, done: str) -> None:
        self.marks[hit[0]] = DONE
        self.report.counts[done] += 1
        if self.with_elements:
            _, path = self.owners[hit[4]]
            text = "/".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in (*path, hit[2]))
            self.report.elements.append((text, done))

    @staticmethod
    def _vr(hit: Hit) -> str:
        """VR of the value that is put in; what the file leaves open is as the dictionary says."""
        vr = hit[3]
        return vr_for(hit[2]) if vr == "UN" or len(vr) != 2 else vr

    def _empty(self, hit: Hit, owner: Dataset, path: tuple[int, ...]) -> None:
        tag, vr = hit[2], self._vr(hit)
        if tag == _PATIENT_NAME and not path:
            self._put(hit, owner, vr, self._pseudonym(True), "replaced")
        elif tag == _PATIENT_ID and not path:
            self._put(hit, owner, vr, self._pseudonym(False), "replaced")
        else:
            self._put(hit, owner, vr, () if vr == "SQ" else None, "emptied")

    def _replace(self, hit: Hit, owner: Dataset, path: tuple[int, ...]) -> None:
        row, _, tag, _, _, _, value, _ = hit
        vr = self._vr(hit)
        if vr == "SQ":
            maker = ItemMaker(self.profile, self.remapper, self.sop_class)
            self._put(hit, owner, vr, maker.items(owner._sequence(self.index, row), (*path, tag)), "replaced")
        elif vr == "UI":
            self._put(hit, owner, vr, map_uids(self.remapper, (value or b"").decode("latin-1")), "mapped")
        elif tag in (_PATIENT_NAME, _PATIENT_ID) and not path and self.patient:
            self._put(hit, owner, vr, self._pseudonym(tag == _PATIENT_NAME), "replaced")
        else:
            self._put(hit, owner, vr, dummy_value(tag, vr), "replaced")

    def _map(self, hit: Hit, owner: Dataset, action: Action) -> Action:
        _, _, _, vr, _, _, value, _ = hit
        if value is None:  # a UID in an element of another VR
            return Action.X
        text = value.decode("latin-1")
        mapped = map_uids(self.remapper, text)
        if mapped == text.strip(" \0"):
            return Action.KEEP
        self._put(hit, owner, "UI" if vr == "UN" else vr, mapped, "mapped")
        return Action.U

    def _shift(self, hit: Hit, owner: Dataset, value: bytes) -> bool:
        vr = hit[3]
        if not value:
            return True
        if vr == "TM":
            return is_time(value.decode("latin-1"))  # whole days leave it as it is
        shift = _SHIFTS.get(vr)
        if shift is None:
            return False
        if self._ndays is None:
            self._ndays = self.remapper.days(self.patient)
        moved = [shift(one, self._ndays) if one.strip() else "" for one in value.decode("latin-1").split("\\")]
        if None in moved:
            return False
        self._put(hit, owner, vr, "\\".join(one or "" for one in moved), "shifted")
        return True

    # -- the patient -------------------------------------------------------------------------------

    @staticmethod
    def _patient_of(ds: Dataset) -> str:
        """What tells the patient from others: the identifier, else the name, else the study."""
        for tag, prefix in ((_PATIENT_ID, ""), (_PATIENT_NAME, "name:"), (_STUDY_UID, "study:")):
            element = ds._element(tag)
            text = str(element.value).strip() if element is not None and element.value else ""
            if text:
                return prefix + text
        return ""

    def _pseudonym(self, is_name: bool) -> str | None:
        if not self.patient or self.patient.startswith("study:"):
            return None
        pseudonym = self.remapper.patient(self.patient)
        return f"Anonymous^{pseudonym}" if is_name else pseudonym

    # -- text --------------------------------------------------------------------------------------

    def cleaner(self) -> Cleaner:
        """Of all identifiers that are known by now."""
        if self._cleaner is None:
            characters = self.ds._character_set()
            self._cleaner = Cleaner(self.identifiers.texts(characters.decode))
        return self._cleaner

    def _clean(self, hit: Hit) -> None:
        _, action, tag, vr, parent, _, _, _ = hit
        owner, path = self.owners.get(parent) or self._owner(parent)
        if vr not in _CLEANABLE:
            # of curves and overlays numbers stay, and sound goes; bitmaps are looked at elsewhere
            is_sound = tag >> 24 == 0x50 and 0x2000 <= tag & 0xFFFF < 0x3000
            if action != Action.GRAPHIC or is_sound:
                self._remove(hit)
            return
        text = owner._element(tag)
        before = str(text.value) if text is not None and isinstance(text.value, str) else _joined(text)
        after = self.cleaner().clean(before)
        if after == before:
            return
        if not after and settled(Action.Z, attribute_type(self.sop_class, (*path, tag))) is Action.D:
            after = dummy_value(tag, vr)
        self._put(hit, owner, vr, after or None, "cleaned")

    def _sweep(self) -> None:
        """Elements without a rule that hold an identifier nevertheless."""
        patterns, words = self.identifiers.patterns()
        for row, is_damaged in sweep(self.index, self.marks, patterns, words):
            index = self.index
            tag, vr, parent = index.tag(row), index.vr(row), index.parent(row)
            owner, path = self.owners.get(parent) or self._owner(parent)
            hit: Hit = (row, 0, tag, vr, parent, index.end(row), None, False)
            if tag in PIXELS:
                what = "hold other elements" if is_damaged else "have an identifier in the comments of a frame"
                raise DeidentificationError(f"the pixels seem to {what}", tag=tag, clause="PS3.15 §E.1.1")
            if is_damaged or vr in ("UN", "OB"):
                self._remove(hit)
                continue
            element = owner._element(tag)
            before = _joined(element)
            if vr == "UI":
                self._put(hit, owner, vr, map_uids(self.remapper, before), "swept")
                continue
            after = self.cleaner().strip(before)
            if not after and settled(Action.Z, attribute_type(self.sop_class, (*path, tag))) is Action.D:
                after = dummy_value(tag, vr)
            self._put(hit, owner, vr, after or None, "swept")

    # -- private elements --------------------------------------------------------------------------

    def _filter_private(self) -> None:
        """Leave safe elements and the creators of their blocks. PS3.15 §E.3.10."""
        kept: set[tuple[int, int]] = set()  # (parent, tag of the creator)
        creators: list[Hit] = []
        for hit in self.private:
            tag = hit[2]
            if 0x10 <= tag & 0xFFFF <= 0xFF:
                creators.append(hit)
            elif self._is_safe(hit):
                kept.add((hit[4], _creator_tag(tag)))
                self.report.counts["private_kept"] += 1
            else:
                self._remove(hit)
        for hit in creators:
            if (hit[4], hit[2]) not in kept:
                self._remove(hit)

    def _is_safe(self, hit: Hit) -> bool:
        row, _, tag, vr, parent, end, _, _ = hit
        creator_tag = _creator_tag(tag)
        if tag & 0xFFFF < 0x1000 or vr == "SQ" or end > row + 1:
            return False
        creator = self.index.find(parent, creator_tag)
        if creator == TOP:
            return False
        text = bytes(self.index.view(creator)).strip(b" \0").decode("latin-1")
        return (tag >> 16, tag & 0xFF, text) in self.safe_private

    # -- items -------------------------------------------------------------------------------------

    def _owner(self, item: int) -> tuple[Dataset, tuple[int, ...]]:
        """Data set of an item's row, and the path of sequences to it."""
        known = self.owners.get(item)
        if known is not None:
            return known
        index = self.index
        row = index.parent(item)
        if row == TOP:
            raise DeidentificationError("an item in no sequence", offset=index.offset(item), clause="PS3.5 §7.5")
        outer, path = self._owner(index.parent(row))
        tag = index.tag(row)
        found: tuple[Dataset, tuple[int, ...]]
        last = index.find(index.parent(row), tag)
        sequence = outer._sequence(index, last if last != TOP else row)
        if last != row:  # one of doubled sequences, which only goes if the other is written anew
            if outer._index is index:
                self._rewrite(outer, tag, sequence)
            found = (Dataset(), (*path, tag))
        else:
            places = self._places.get(row)
            if places is None:
                places = self._places[row] = {at: i for i, at in enumerate(index.children(row))}
            found = (sequence._item(places[item]), (*path, tag))
        self.owners[item] = found
        return found

    @staticmethod
    def _rewrite(outer: Dataset, tag: int, sequence: Sequence) -> None:
        if not outer._is_edited(tag):
            element = DataElement(tag, "SQ", sequence)
            element._owner = outer
            outer._overlay()[tag] = element


def _creator_tag(tag: int) -> int:
    return tag & 0xFFFF0000 | tag >> 8 & 0xFF


def _joined(element: DataElement | None) -> str:
    if element is None or element.value is None:
        return ""
    value = element.value
    return "\\".join(map(str, value)) if isinstance(value, tuple) else str(value)

