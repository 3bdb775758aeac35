"""Any data set and any edits: what is written is read again as what it was meant to be. PS3.5 §7, §10."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pytest
from corpus import real_file
from hypothesis import given, settings
from hypothesis import strategies as st
from same_content import differences
from saving import NATIVE, made

from dicomet import Dataset, dcmread
from dicomet.tags import dictionary_VR
from dicomet.valuetypes import MultiValue

LENGTHS = st.sampled_from(["keep", "defined", "undefined"])
SYNTAXES = st.sampled_from(sorted(NATIVE))

_text = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\"), max_size=20)
_words = _text.map(lambda s: s.strip(" "))
_wide = st.text(st.sampled_from("aé水дß Ω^="), max_size=12).map(lambda s: s.strip(" "))
_uid = st.lists(st.integers(0, 10**9), min_size=1, max_size=6).map(lambda ns: ".".join(map(str, ns)))
_bytes = st.binary(min_size=1, max_size=30).map(lambda b: b + b"\0" * (len(b) % 2))


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One or several."""
    return values | st.lists(values, min_size=2, max_size=4)


def _integers(nbytes: int, signed: bool) -> st.SearchStrategy[Any]:
    bits = 8 * nbytes
    return _some(st.integers(-(1 << bits - 1), (1 << bits - 1) - 1) if signed else st.integers(0, (1 << bits) - 1))


def _units(nbytes: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=nbytes, max_size=40).map(lambda b: b[: len(b) // nbytes * nbytes])


# Elements whose VR every syntax knows, by VR; with their values.
PLAIN: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "AE": (0x00080055, _some(st.text("ABC_", min_size=1, max_size=16))),
    "AS": (0x00101010, st.from_regex(r"\A[0-9]{3}[DWMY]\Z")),
    "AT": (0x00280009, st.sampled_from([0x00181063, 0xFFFFFFFF, 0, 0x7FE00010])),
    "CS": (0x00080008, _some(st.text("AB _1", max_size=16).map(lambda s: s.strip(" ")))),
    "DA": (0x00080020, st.dates().map(lambda d: d.strftime("%Y%m%d").zfill(8))),
    "DS": (0x00280030, _some(st.integers(-(10**9), 10**9).map(lambda n: n / 1000))),
    "DT": (0x0008002A, st.datetimes().map(lambda d: d.strftime("%Y%m%d%H%M%S").zfill(14))),
    "FD": (0x00189087, _some(st.floats(allow_nan=False))),
    "FL": (0x00186060, _some(st.floats(allow_nan=False, width=32))),
    "IS": (0x00200013, _integers(4, True)),
    "LO": (0x00081030, _some(_wide)),
    "LT": (0x001021B0, _wide),
    "OB": (0x00420011, _bytes),
    "OD": (0x00660022, _units(8)),
    "OF": (0x00660016, _units(4)),
    "OL": (0x00660040, _units(4)),
    "OV": (0x7FE00001, _units(8)),
    "OW": (0x00281201, _units(2)),
    "PN": (0x00100010, _some(_wide.map(lambda s: s.rstrip("= ")))),  # what ends a name is padding, or says nothing
    "SH": (0x00080050, _some(_words)),
    "SL": (0x00186020, _integers(4, True)),
    "SS": (0x00189219, _integers(2, True)),
    "ST": (0x00080081, _wide),
    "SV": (0x00720082, _integers(8, True)),
    "TM": (0x00080030, st.times().map(lambda t: t.strftime("%H%M%S.%f"))),
    "UC": (0x00080119, _some(_wide)),
    "UI": (0x0020000D, _uid),
    "UL": (0x00186016, _integers(4, False)),
    "UR": (0x00080120, st.just("http://x.y/z") | _words),
    "US": (0x00280010, _integers(2, False)),
    "UT": (0x0040A160, _wide),
    "UV": (0x00720083, _integers(8, False)),
}
SEQUENCES = (0x00081140, 0x00082112, 0x0040A730, 0x52009230)


def test_the_tags_have_these_vrs() -> None:
    for vr, (tag, _) in (*PLAIN.items(), *EDITED.items()):
        assert vr in dictionary_VR(tag), vr


def _members(depth: int) -> st.SearchStrategy[list[tuple[int, str, Any]]]:
    plain = [st.tuples(st.just(tag), st.just(vr), values) for vr, (tag, values) in PLAIN.items()]
    one = st.one_of(*plain)
    if depth:
        items = st.lists(_members(depth - 1), max_size=3)
        one |= st.tuples(st.sampled_from(SEQUENCES), st.just("SQ"), items)
    return st.lists(one, max_size=6)


def _built(members: list[tuple[int, str, Any]], ds: Dataset) -> Dataset:
    for tag, vr, value in members:
        ds.add_new(tag, vr, [_built(item, Dataset()) for item in value] if vr == "SQ" else value)
    return ds


@settings(max_examples=250)
@given(members=_members(3), name=SYNTAXES, lengths=LENGTHS)
def test_made_data_sets_are_read_as_they_were_made(
    members: list[tuple[int, str, Any]], name: str, lengths: str
) -> None:
    ds = _built(members, made(SpecificCharacterSet="ISO_IR 192"))
    out = io.BytesIO()
    ds.save_as(out, transfer_syntax=NATIVE[name], lengths=lengths)  # type: ignore[arg-type]
    twin = dcmread(out.getvalue())
    assert differences(ds, twin) == []
    assert not {f.code for f in twin.findings} - {"character_set"}
    back = io.BytesIO()
    twin.save_as(back, transfer_syntax=NATIVE["explicit"], lengths="defined")
    direct = io.BytesIO()
    ds.save_as(direct, transfer_syntax=NATIVE["explicit"], lengths="defined")
    assert back.getvalue() == direct.getvalue()  # there and back it is what it would have been at once


# -- edits -------------------------------------------------------------------------------------------------

FILES = ("CT_small.dcm", "rtplan.dcm", "DICOMDIR-nopatient", "nested_priv_SQ.dcm", "reportsi.dcm", "ExplVR_BigEnd.dcm",
         "MR_small_implicit.dcm", "JPEG2000.dcm", "693_UNCR.dcm", "chrH32.dcm")  # fmt: skip
EDITED = {"LO": (0x00081030, "edited"), "PN": (0x00100010, "A^B"), "CS": (0x00080060, "OT"), "UI": (0x0020000D, "1.2"),
          "US": (0x00280012, 7), "UT": (0x0040A160, "x" * 301), "SH": (0x00080050, "ISS"), "DS": (0x00101030, 70.5),
          "IS": (0x00200012, 3), "AT": (0x00280009, 0x00181063)}  # fmt: skip
# Which data set, by the number of the item along the way; what to do; with which element.
_step = st.tuples(
    st.lists(st.integers(0, 50), max_size=3),
    st.sampled_from(["set", "delete", "delete first", "add item", "drop item", "swap items"]),
    st.sampled_from(sorted(EDITED)),
)


def _sequences(ds: Any) -> list[Any]:
    return [element for element in ds if element.VR == "SQ"]


def _place(ds: Any, way: list[int]) -> Any:
    """The data set or item that a way leads to, the same in both libraries."""
    for number in way:
        items = [item for element in _sequences(ds) for item in element.value]
        if not items:
            break
        ds = items[number % len(items)]
    return ds


def _edit(ds: Any, step: tuple[list[int], str, str], make: type[Any]) -> None:
    way, what, vr = step
    at = _place(ds, way)
    tag, value = EDITED[vr]
    with_items = [element for element in _sequences(at) if len(element.value) > 1]
    if what == "set":
        at.add_new(tag, vr, value)
    elif what == "delete" and tag in at:
        del at[tag]
    elif what == "delete first":
        tags = [element.tag for element in at if element.tag > 0x00080018 and element.tag.element]
        if tags:
            del at[tags[0]]
    elif what == "add item" and _sequences(at):
        item = make()
        item.add_new(tag, vr, value)
        _sequences(at)[0].value.insert(0, item)
    elif what == "drop item" and with_items:
        del with_items[0].value[1]
    elif what == "swap items" and with_items:
        items = with_items[0].value
        items[0], items[1] = items[1], items[0]


def _model(ds: Dataset) -> dict[int, Any]:
    """All of it as builtins; group lengths go when something changes."""
    found: dict[int, Any] = {}
    for element in ds:
        if int(element.tag) & 0xFFFF == 0:
            continue
        value = element.value
        if element.VR == "SQ":
            found[int(element.tag)] = [_model(item) for item in value]
        else:
            found[int(element.tag)] = tuple(value) if isinstance(value, MultiValue) else value
    return found


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=12)
@given(steps=st.lists(_step, min_size=1, max_size=6), lengths=LENGTHS)
def test_edited_files_are_read_as_they_were_edited(
    name: str, steps: list[tuple[list[int], str, str]], lengths: str
) -> None:
    import pydicom

    path = real_file(name)
    ds = dcmread(path)
    if name == "nested_priv_SQ.dcm":  # in implicit VR only their undefined lengths tell that these are sequences
        lengths = "keep"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pydicom.dcmread(path)
        if "SOPClassUID" not in ds:
            for one in (ds, theirs):
                one.SOPClassUID, one.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
        for step in steps:
            _edit(ds, step, Dataset)
            _edit(theirs, step, pydicom.Dataset)
        out = io.BytesIO()
        ds.save_as(out, lengths=lengths)  # type: ignore[arg-type]
        twin = dcmread(out.getvalue())
        assert _model(twin) == _model(ds)
        for group_length in [e.tag for e in theirs if e.tag.element == 0]:
            del theirs[group_length]
        again = pydicom.dcmread(io.BytesIO(out.getvalue()))
        for group_length in [e.tag for e in again if e.tag.element == 0]:
            del again[group_length]
        assert again == theirs
