"""Text beyond ASCII: under its character set, and as long as its VR allows. PS3.5 §6.1, §6.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomet._native.valuecheck import CODES, max_nchars
from dicomet.charset import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet.charset import CharacterSet

_BY_NAME = {name: number for number, (name, *_) in enumerate(CODES)}
_SINGLE = frozenset(("LT", "ST", "UT"))
_MAX_GROUPS, _MAX_COMPONENTS = 3, 5


class TextFault(NamedTuple):
    """What is wrong: code, clause, one sentence."""

    code: str
    clause: str
    text: str


def _fault(name: str) -> TextFault:
    _, _, clause, text = CODES[_BY_NAME[name]]
    return TextFault(name, clause, text)


def faults_of(value: bytes, vr: str, characters: CharacterSet) -> Iterator[TextFault]:
    """What is wrong with the text of an element of a VR that a character set rules; each fault once."""
    text, damaged = characters.decode_checked(value, delimiters=DELIMITERS[vr])
    if damaged and not characters.terms:
        sentence = "text beyond ASCII without a Specific Character Set"
        yield TextFault("character_set_missing", "PS3.3 C.12.1.1.2", sentence)
    elif damaged:
        yield TextFault("character_set", "PS3.5 §6.1", "bytes that are no text in the character set")
    text = text.rstrip("\0 ")
    allowed = "\t\n\f\r" if vr in _SINGLE else ""
    if any((one < " " or one == "\x7f") and one not in allowed for one in text.replace("\x1b", "")):
        yield _fault("control_character")
    values = [text] if vr in _SINGLE else text.split("\\")
    yield from {name: _fault(name) for one in values if (name := _form(one, vr))}.values()


def _form(value: str, vr: str) -> str:
    """Name of what is wrong with one value, "" if nothing is."""
    limit = max_nchars(vr)
    if vr != "PN":
        return "too_long" if limit and len(value) > limit else ""
    groups = value.split("=")
    if len(groups) > _MAX_GROUPS:
        return "name_groups"
    if any(group.count("^") >= _MAX_COMPONENTS for group in groups):
        return "name_components"
    return "too_long" if any(len(group) > limit for group in groups) else ""
