"""The Basic Application Level Confidentiality Profile, its options, and the action that follows for each attribute.

PS3.15 Annex E, Table E.1-1; PS3.16 CID 7050.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dicomet._native import dictionary
from dicomet._native.deid import IDENTIFIER, KEEP, PLAIN, Rules, X
from dicomet.deid import table

if TYPE_CHECKING:
    from collections.abc import Callable

BASIC = "basic"
PROFILES = (BASIC,)

BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
OPTIONS = {
    "clean_pixel_data": ("113101", "Clean Pixel Data Option"),
    "clean_recognizable_visual_features": ("113102", "Clean Recognizable Visual Features Option"),
    "clean_graphics": ("113103", "Clean Graphics Option"),
    "clean_structured_content": ("113104", "Clean Structured Content Option"),
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "retain_full_dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "retain_modified_dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain_device_identity": ("113109", "Retain Device Identity Option"),
    "retain_uids": ("113110", "Retain UIDs Option"),
    "retain_safe_private": ("113111", "Retain Safe Private Option"),
    "retain_institution_identity": ("113112", "Retain Institution Identity Option"),
}
"""Each option with its code of the coding scheme DCM."""

_LETTERS = {
    "p": "retain_safe_private",
    "u": "retain_uids",
    "d": "retain_device_identity",
    "i": "retain_institution_identity",
    "c": "retain_patient_characteristics",
    "f": "retain_full_dates",
    "m": "retain_modified_dates",
    "t": "clean_descriptors",
    "s": "clean_structured_content",
    "g": "clean_graphics",
}


class Action(IntEnum):
    """What is to be done about an element. Those of two and three letters are settled by its type in the IOD."""

    KEEP = KEEP
    X = X
    Z = 3
    D = 4
    U = 5
    XZ = 6
    XD = 7
    XZD = 8
    ZD = 9
    XZU = 10
    SHIFT = 11
    """C of dates."""
    TEXT = 12
    """C of descriptors and other text."""
    ENTER = 13
    """C of sequences: they stay, their items are cleaned by the rules of what stands in them."""
    GRAPHIC = 14
    """C of graphics and text in groups 50xx and 60xx."""
    PRIVATE = 15
    SOME_UID = 16
    """A UID that the table does not list: mapped unless it is registered."""
    PLAIN = PLAIN
    """A UID that names no instance."""


_BASIC = {"X": Action.X, "Z": Action.Z, "D": Action.D, "U": Action.U, "X/Z": Action.XZ, "X/D": Action.XD,
          "X/Z/D": Action.XZD, "X/Z/U": Action.XZU, "Z/D": Action.ZD}  # fmt: skip

# Attributes that are alike to those of the table, and missing there; the form is the table's.
_SUPPLEMENT = """\
00140104 X
00142006 X
0040A067 X
0040A160 D TS
00140102 X fM
00080404 X fM
0008041F X fM
"""
# UIDs that name no instance: classes, syntaxes, coding schemes, templates, colour palettes of PS3.6, software.
_OTHER_UIDS = """\
AffectedSOPClassUID RequestedSOPClassUID SOPClassUID RelatedGeneralSOPClassUID OriginalSpecializedSOPClassUID
SOPClassesInStudy CodingSchemeUID ContextUID MappingResourceUID ContextGroupExtensionCreatorUID
StoredInstanceTransferSyntaxUID ReferencedSOPClassUID SOPClassesSupported AvailableTransferSyntaxUID CreatorVersionUID
ReferencedColorPaletteInstanceUID FlowTransferSyntaxUID MACCalculationTransferSyntaxUID
EncryptedContentTransferSyntaxUID SegmentationTemplateUID PertinentSOPClassesInStudy PertinentSOPClassesInSeries
ReferencedSOPClassUIDInFile ReferencedTransferSyntaxUIDInFile ReferencedRelatedGeneralSOPClassUIDInFile
"""
_CURVE, _OVERLAY = "50xxxxxx", ("60xx3000", "60xx4000")
_DATES = ("DA", "DT", "TM")
# Ends of keywords of text that tells one person, place, device or event from others.
_IDENTIFIERS = ("ID", "IDs", "Number", "Numbers", "Address", "Name", "Identifier", "Serial")
_TEXT = frozenset(("AE", "LO", "SH", "ST", "UC", "UT"))


@dataclass(frozen=True)
class Profile:
    """A profile with options, ready for use.

    Attributes
    ----------
    options : frozenset of str
    actions : dict of int to int
        `Action` by tag, with what `Rules` adds.
    rules : Rules
        The same, and that of groups.
    groups : dict of str to int
        Arguments of `Rules`.
    codes : tuple of (str, str)
        Code value and meaning of the profile and each option. PS3.16 CID 7050.
    """

    options: frozenset[str]
    actions: dict[int, int]
    groups: dict[str, int]
    rules: Rules
    codes: tuple[tuple[str, str], ...]

    def action_of(self, tag: int) -> Action | None:
        """What is to be done about an attribute; None where no rule names it."""
        action = self.rules.action_of(tag) & ~IDENTIFIER
        return Action(action) if action else None

    def rules_for(self, settle: Callable[[Action, int], Action]) -> Rules:
        """Rules for the top level of one SOP class, where ``settle(action, tag)`` removes what need not be there."""
        actions = {
            tag: Action.X | action & IDENTIFIER
            if settle(Action(action & ~IDENTIFIER), tag) is Action.X
            else action
            for tag, action in self.actions.items()
        }
        return Rules(actions, **self.groups)


def make_profile(profile: str, options: frozenset[str]) -> Profile:
    """A profile with options.

    Raises
    ------
    ValueError
        There is no such profile or option, or two options exclude each other.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile {profile!r} is none of {', '.join(PROFILES)}")
    unknown = options - OPTIONS.keys()
    if unknown:
        raise ValueError(f"option {min(unknown)!r} is none of {', '.join(OPTIONS)}")
    if {"retain_full_dates", "retain_modified_dates"} <= options:
        raise ValueError("retain_full_dates and retain_modified_dates exclude each other")
    codes = (BASIC_CODE, *(OPTIONS[name] for name in OPTIONS if name in options))
    actions, groups = _actions(options)
    return Profile(options, actions, groups, Rules(actions, **groups), codes)


def _actions(options: frozenset[str]) -> tuple[dict[int, int], dict[str, int]]:
    actions = {dictionary.keyword_tag(keyword): int(Action.PLAIN) for keyword in _OTHER_UIDS.split()}
    groups = {"of_private": Action.X, "of_curve": Action.X, "of_overlay": Action.X}
    for line in (*_SUPPLEMENT.splitlines(), *table.ROWS.splitlines()):
        place, basic, *letters = line.split(" ")
        key = place.replace("x", "0")
        action = _action(int(key, 16) if key != "ggggeeee" else 0, basic, "".join(letters), options)
        if place == "ggggeeee":
            groups["of_private"] = Action.PRIVATE if action == Action.TEXT else Action.X
        elif place == _CURVE:
            groups["of_curve"] = action
        elif place in _OVERLAY:
            groups["of_overlay"] = action  # a plane without its bits, or a group without its plane, is none
        else:
            identifies = action != Action.KEEP and _identifies(int(key, 16))
            actions[int(key, 16)] = int(action) | (IDENTIFIER if identifies else 0)
    groups["of_unknown"] = Action.X
    groups["of_uid"] = Action.KEEP if "retain_uids" in options else Action.SOME_UID
    return actions, {name: int(action) for name, action in groups.items()}


def _identifies(tag: int) -> bool:
    keyword = dictionary.tag_keyword(tag)
    return dictionary.tag_vr(tag) in _TEXT and keyword.endswith(_IDENTIFIERS) and keyword != "ProtocolName"


def _action(tag: int, basic: str, letters: str, options: frozenset[str]) -> Action:
    """The action of one row: what an option keeps is kept, what one cleans is cleaned, else the profile's own."""
    asked = [letter for letter in letters if _LETTERS[letter.lower()] in options]
    if any(letter.islower() for letter in asked):
        return Action.KEEP
    vr = dictionary.tag_vr(tag)
    for letter in asked:
        if letter == "M":
            if vr in _DATES:
                return Action.SHIFT
            if vr == "SH":
                return Action.KEEP  # Timezone Offset From UTC is no date
        elif vr == "SQ":
            return Action.ENTER
        elif letter == "G":
            return Action.GRAPHIC
        else:
            return Action.TEXT
    return _BASIC[basic]
