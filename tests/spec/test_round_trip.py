"""Random valid data sets, in each encoding and form of length, are read back whole. PS3.5 §7."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

from build import ENCODINGS, UNDEFINED, Encoding, part10
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomet import dcmread
from dicomet._native import dictionary

_NUMBERS = {
    "SS": ("h", -(2**15), 2**15 - 1), "US": ("H", 0, 2**16 - 1), "SL": ("i", -(2**31), 2**31 - 1),
    "UL": ("I", 0, 2**32 - 1), "SV": ("q", -(2**63), 2**63 - 1), "UV": ("Q", 0, 2**64 - 1),
}  # fmt: skip
_TEXT = ("AE", "CS", "LO", "SH", "UC", "LT", "ST", "UT", "PN", "UI", "DA", "TM", "DS", "IS")
_SINGLE = frozenset(("LT", "ST", "UT"))
_LETTERS = {
    "UI": "0123456789.", "DA": "0123456789", "TM": "0123456789", "DS": "0123456789",
    "IS": "0123456789",
}  # fmt: skip


def _tags() -> dict[str, list[int]]:
    """Standard tags by VR, of groups that have no meaning to the scanner."""
    found: dict[str, list[int]] = {}
    for keyword in dictionary.keywords():
        tag = dictionary.keyword_tag(keyword)
        vr = dictionary.tag_vr(tag)
        # no character set at random; command, meta and pixel groups have rules of their own
        plain = 0x0008 <= tag >> 16 < 0x5000 and tag not in (0x00080005, 0x00080010)
        if plain and tag & 0xFFFF and dictionary.tag_mask(tag) == 0xFFFFFFFF:
            found.setdefault(vr, []).append(tag)
    return found


_BY_VR = _tags()


@dataclass(frozen=True)
class Made:
    """One element: what is written, and what must be read."""

    tag: int
    vr: str
    value: Any  # bytes by encoding are made of it
    expected: Any
    undefined: bool = False

    def encoded(self, enc: Encoding) -> bytes:
        if self.vr == "SQ":
            items = [
                enc.item(*[m.encoded(enc) for m in members], length=UNDEFINED if open_ else None)
                for members, open_ in self.value
            ]
            return enc.sequence(self.tag, *items, length=UNDEFINED if self.undefined else None)
        if self.vr in _NUMBERS:
            code = _NUMBERS[self.vr][0]
            return enc.element(self.tag, self.vr, enc.pack(f"{len(self.value)}{code}", *self.value))
        return enc.element(self.tag, self.vr, self.value)


@st.composite
def _text(draw: st.DrawFn) -> Made:
    vr = draw(st.sampled_from([vr for vr in _TEXT if vr in _BY_VR]))
    letters = _LETTERS.get(vr, string.ascii_letters + string.digits + "_-")
    part = st.text(letters, min_size=1, max_size=12)
    parts = draw(st.lists(part, max_size=1 if vr in _SINGLE else 4))
    number = {"DS": float, "IS": int}.get(vr, str)
    values = [number(part) for part in parts]
    empty = None if vr in ("DS", "IS") else ""
    expected = empty if not values else values[0] if len(values) == 1 else values
    tag = draw(st.sampled_from(_BY_VR[vr]))
    return Made(tag, vr, "\\".join(parts), expected)


@st.composite
def _number(draw: st.DrawFn) -> Made:
    vr = draw(st.sampled_from([vr for vr in _NUMBERS if vr in _BY_VR]))
    _, low, high = _NUMBERS[vr]
    values = draw(st.lists(st.integers(low, high), max_size=4))
    expected = None if not values else values[0] if len(values) == 1 else values
    return Made(draw(st.sampled_from(_BY_VR[vr])), vr, values, expected)


@st.composite
def _bulk(draw: st.DrawFn) -> Made:
    vr = draw(st.sampled_from([vr for vr in ("OB", "OW", "OF", "OD", "OL") if vr in _BY_VR]))
    value = draw(st.binary(max_size=64).map(lambda b: b + bytes(-len(b) % 8)))
    return Made(draw(st.sampled_from(_BY_VR[vr])), vr, value, value or None)


def _in_order(members: list[Made]) -> list[Made]:
    return [m for _, m in sorted({m.tag: m for m in members}.items())]


def _data_sets() -> st.SearchStrategy[list[Made]]:
    leaves = st.one_of(_text(), _number(), _bulk())

    def sequences(inner: st.SearchStrategy[list[Made]]) -> st.SearchStrategy[list[Made]]:
        sequence = st.builds(
            lambda tag, items, undefined: Made(tag, "SQ", items, None, undefined),
            st.sampled_from(_BY_VR["SQ"]),
            st.lists(st.tuples(inner, st.booleans()), max_size=3),
            st.booleans(),
        )
        return st.lists(st.one_of(leaves, sequence), max_size=6).map(_in_order)

    return st.recursive(st.lists(leaves, max_size=6).map(_in_order), sequences, max_leaves=8)


def _assert_same(ds: Any, members: list[Made]) -> None:
    assert [int(e.tag) for e in ds] == [m.tag for m in members]
    for element, member in zip(ds, members, strict=True):
        assert member.vr == element.VR
        if member.vr == "SQ":
            assert element.is_undefined_length == member.undefined
            assert len(element.value) == len(member.value)
            for item, (inside, _) in zip(element.value, member.value, strict=True):
                _assert_same(item, inside)
        else:
            assert element.value == member.expected
            keyword = element.keyword
            assert getattr(ds, keyword) == member.expected
            assert member.tag in ds


@settings(max_examples=150)
@given(members=_data_sets(), name=st.sampled_from(sorted(ENCODINGS)))
def test_every_element_is_read_as_it_was_written(members: list[Made], name: str) -> None:
    enc, syntax = ENCODINGS[name]
    ds = dcmread(part10(b"".join(m.encoded(enc) for m in members), syntax))
    _assert_same(ds, members)
    assert ds.findings == []
