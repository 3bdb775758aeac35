"""Data sets out of the DICOM JSON Model: back to what was written, and errors with a place. PS3.18 Annex F."""

from __future__ import annotations

import json
import math
from typing import Any

import pydicom
import pytest
from corpus import real_files
from hypothesis import given, settings
from hypothesis import strategies as st
from modelreference import tags_of

import dicomet
from dicomet import DataElement, Dataset
from dicomet.errors import DicomError, InvalidDicomError, LimitError, ValueDecodeError
from dicomet.json import element_from_json, from_json
from dicomet.valuetypes import MultiValue


def _same(ours: Any, theirs: Any) -> bool:
    """Equal in value and in type, NaN included."""
    if isinstance(ours, MultiValue) and isinstance(theirs, MultiValue):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float) and math.isnan(ours):
        return math.isnan(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


def differences(ours: Dataset, theirs: Dataset, little_endian: bool = True) -> list[str]:
    """Tags whose elements differ, at any depth; of big-endian files the bulk data is passed over."""
    found = []
    for tag in sorted({*tags_of(ours), *tags_of(theirs)}):
        if tag not in ours or tag not in theirs:
            found.append(f"{tag:08X} is there once")
            continue
        one, other = ours[tag], theirs[tag]
        if one.VR != other.VR:
            found.append(f"{tag:08X} {one.VR} {other.VR}")
        elif one.VR == "SQ":
            if len(one.value) != len(other.value):
                found.append(f"{tag:08X} {len(one.value)} {len(other.value)} items")
            for a, b in zip(one.value, other.value, strict=False):
                found += [f"{tag:08X}/{line}" for line in differences(a, b, little_endian)]
        elif not _same(one.value, other.value) and (little_endian or one.VR not in ("OW", "OL", "OF")):
            found.append(f"{tag:08X} {one.VR} {one.value!r:.60} {other.value!r:.60}")
    return found


@pytest.mark.parametrize("name", [*real_files()])
def test_real_files_come_back_by_value(name: str) -> None:
    try:
        ds = dicomet.dcmread(real_files()[name])
    except DicomError:
        return  # no DICOM
    text = ds.to_json()
    back = from_json(text)
    # F.2.7: the model is in little endian
    assert differences(ds, back, ds.is_little_endian) == []
    assert back.to_json() == text


def _pydicom_value(value: Any) -> Any:
    """As a builtin, for comparison."""
    if isinstance(value, pydicom.multival.MultiValue):
        return [_pydicom_value(one) for one in value]
    if isinstance(value, pydicom.valuerep.PersonName):
        return str(value)
    if isinstance(value, pydicom.valuerep.DSfloat | float):
        return float(value)
    if isinstance(value, pydicom.valuerep.IS):
        return int(value)
    return value


@pytest.mark.parametrize("name", ["CT_small.dcm", "rtplan.dcm", "chrH31.dcm", "test-SR.dcm", "waveform_ecg.dcm"])
def test_values_are_those_that_pydicom_makes_of_the_model(name: str) -> None:
    path = next(path for key, path in real_files().items() if key.endswith("/" + name))
    model = dicomet.dcmread(path).to_json_dict()
    theirs = pydicom.Dataset.from_json(model)
    ours = Dataset.from_json(model)
    assert tags_of(ours) == [int(element.tag) for element in theirs]
    for element in theirs:
        mine = ours[int(element.tag)]
        if element.VR == "SQ":
            assert len(mine.value) == len(element.value)
            continue
        value, expected = mine.value, _pydicom_value(element.value)
        if isinstance(value, MultiValue):
            # an empty value among several is None in pydicom
            value = [None if one == "" else one for one in value]
            expected = [None if one == "" else one for one in expected]
        assert value == expected or (value in ("", None) and expected in ("", None)), element


# -- random data sets ------------------------------------------------------------------------------

_plain = st.text(st.characters(exclude_characters="\\=", exclude_categories=["Cs"]), min_size=1, max_size=20)
_numbers = {"SL": 32, "SS": 16, "SV": 64, "UL": 0, "US": 0, "UV": 0}
_unsigned = {"UL": 32, "US": 16, "UV": 64}


def _values(vr: str) -> st.SearchStrategy[Any]:
    if vr in ("LT", "ST", "UR", "UT"):
        return _plain
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "UN"):
        return st.binary(min_size=1, max_size=40)
    one: st.SearchStrategy[Any] = _plain
    if vr in ("SL", "SS", "SV"):
        bits = _numbers[vr]
        one = st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
    elif vr in _unsigned:
        one = st.integers(0, (1 << _unsigned[vr]) - 1)
    elif vr == "AT":
        one = st.integers(0, 0xFFFFFFFF)
    elif vr in ("FD", "FL", "DS"):
        one = st.floats(allow_nan=False, allow_infinity=vr != "DS")
    elif vr == "IS":
        one = st.integers(-(2**31), 2**31 - 1)
    elif vr == "UI":
        one = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){0,6}", fullmatch=True)
    elif vr == "PN":
        one = st.lists(_plain, min_size=1, max_size=3).map("=".join)
    return st.one_of(one, st.lists(one, min_size=2, max_size=4))


VRS = ("AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SS ST SV TM UC UI UL UN UR US UT UV")
_elements = st.sampled_from(VRS.split()).flatmap(lambda vr: st.tuples(st.just(vr), _values(vr)))
_tags = st.integers(0x00090100, 0xFFFC0000).filter(lambda tag: tag & 0xFFFF)


def _made(content: list[tuple[int, Any]]) -> Dataset:
    ds = Dataset()
    for tag, (vr, value) in content:
        ds.add_new(tag, vr, value)
    return ds


data_sets = st.recursive(
    st.lists(st.tuples(_tags, _elements), max_size=5).map(_made),
    lambda inner: st.lists(
        st.tuples(_tags, st.one_of(_elements, st.tuples(st.just("SQ"), st.lists(inner, max_size=3)))),
        max_size=5,
    ).map(_made),
    max_leaves=6,
)


@settings(max_examples=80)
@given(data_sets)
def test_made_data_sets_of_all_vrs_come_back(ds: Dataset) -> None:
    text = ds.to_json()
    back = from_json(text)
    assert differences(ds, back) == []
    assert from_json(json.loads(text)) == from_json(text.encode()) == back
    assert back.to_json() == text


# -- what the model may say ------------------------------------------------------------------------


def _element(vr: str, tag: str = "00091001", **content: Any) -> DataElement:
    return element_from_json(tag, {"vr": vr, **content})


@pytest.mark.parametrize(
    ("vr", "values", "expected"),
    [
        ("DS", ["1.5", 2, None], [1.5, 2.0, ""]),
        ("DS", ["5 mm"], "5 mm"),
        ("IS", ["17"], 17),
        ("IS", [17.0], 17),
        ("SV", ["-9223372036854775808"], -(2**63)),
        ("UV", [2**64 - 1], 2**64 - 1),
        ("FD", ["NaN"], math.nan),
        ("FL", ["inf", "-inf", 1], [math.inf, -math.inf, 1.0]),
        ("AT", ["7FE00010", None], [0x7FE00010, None]),
        ("LO", ["a", None, "b"], ["a", "", "b"]),
        ("LO", ["a\\b"], ["a", "b"]),
        ("LO", ["a\\b", "c"], ["a", "b", "c"]),
        ("PN", [{"Alphabetic": "A^B", "Phonetic": "x"}, None, {}], ["A^B==x", "", ""]),
        ("PN", ["A^B"], "A^B"),
        ("UT", ["a\\b"], "a\\b"),
        ("US", [], None),
        ("LO", [], ""),
        ("LO", [None], ""),
        ("DS", [None], None),
        ("SQ", [], []),
        ("LO", None, ""),
    ],
)
def test_F_2_3_values_as_they_would_be_read(vr: str, values: Any, expected: Any) -> None:
    found = _element(vr, Value=values).value
    assert _same(found, expected) or list(found) == expected or found == expected


def test_F_2_5_items_may_be_empty() -> None:
    sequence = from_json({"00081140": {"vr": "SQ", "Value": [{}, None, {"00100020": {"vr": "LO"}}]}})
    assert [len(item) for item in sequence.ReferencedImageSequence] == [0, 0, 1]


def test_F_2_7_inline_binary_is_base64_in_text_or_a_list_of_one() -> None:
    assert _element("OW", InlineBinary="AQIDBA==").value == b"\1\2\3\4"
    assert _element("OB", InlineBinary=["AQ=="]).value == b"\1"
    assert _element("UN", InlineBinary="").value is None


def test_F_2_6_bulk_data_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    model = {"7FE00010": {"vr": "OW", "BulkDataURI": "http://x/1"}}
    assert from_json(model, lambda uri: uri.encode()).PixelData == b"http://x/1"
    asked = []

    def handler(tag: str, vr: str, uri: str) -> bytes:
        asked.append((tag, vr, uri))
        return b"12"

    assert from_json({"00081140": {"vr": "SQ", "Value": [model]}}, handler)
    assert asked == [("7FE00010", "OW", "http://x/1")]
    assert from_json(model).PixelData is None
    assert "http://x/1" in caplog.text


def test_bulk_data_goes_out_and_comes_back() -> None:
    path = next(path for key, path in real_files().items() if key.endswith("/CT_small.dcm"))
    ds = dicomet.dcmread(path)
    kept: dict[str, bytes] = {}

    def keep(element: DataElement) -> str:
        uri = f"urn:{len(kept)}"
        kept[uri] = element.value
        return uri

    text = ds.to_json(16, keep)
    assert len(kept) > 1
    assert differences(ds, from_json(text, kept.__getitem__)) == []


def test_elements_come_with_the_arguments_of_pydicom() -> None:
    element = DataElement.from_json(Dataset, "00100010", "PN", [{"Alphabetic": "A"}], "Value")
    assert (element.tag, element.VR, element.value) == (0x00100010, "PN", "A")
    assert DataElement.from_json(Dataset, "00100010", "PN", [""], None).value == ""
    uri = DataElement.from_json(Dataset, "7FE00010", "OB", "u", "BulkDataURI", lambda uri: b"x")
    assert uri.value == b"x"


# -- what is no model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        ("[]", "a data set is a JSON object, not list"),
        ('{"00100010": 1}', r"an attribute is a JSON object, \(0010,0010\)"),
        ({"PatientName": {"vr": "PN"}}, "'PatientName' is no tag"),
        ({"0010001": {"vr": "PN"}}, "no tag"),
        ({"0x100010": {"vr": "PN"}}, "no tag"),
        ({"00100010": {}}, r"None is no VR, \(0010,0010\)"),
        ({"00100010": {"vr": "XX"}}, "'XX' is no VR"),
        ({"00100010": {"vr": ["PN"]}}, "list is no VR"),
        ({"00100010": {"vr": "PN", "Value": "A"}}, "Value is an array"),
        ({"00100010": {"vr": "UN", "Value": [], "InlineBinary": ""}}, "Value and InlineBinary"),
        ({"00081140": {"vr": "SQ", "Value": [1]}}, r"an item is a JSON object, not int in \(0008,1140\)\[0\]"),
        ({"7FE00010": {"vr": "OW", "BulkDataURI": 1}}, "BulkDataURI is text"),
    ],
)
def test_what_is_no_model_says_where(model: Any, says: str) -> None:
    with pytest.raises(InvalidDicomError, match=says) as caught:
        from_json(model)
    assert caught.value.clause == "PS3.18 §F.2"


@pytest.mark.parametrize(
    ("vr", "content"),
    [
        ("US", {"Value": [65536]}),
        ("US", {"Value": ["many"]}),
        ("US", {"Value": [1.5]}),
        ("US", {"Value": [True]}),
        ("US", {"Value": ["1_0"]}),
        ("SS", {"Value": [-32769]}),
        ("FD", {"Value": [{}]}),
        ("FD", {"Value": ["1_0"]}),
        ("DS", {"Value": ["1\\2"]}),
        ("IS", {"Value": [1.5]}),
        ("IS", {"Value": [math.inf]}),
        ("DS", {"Value": [math.inf]}),
        ("DS", {"Value": [math.nan]}),
        ("AT", {"Value": ["7FE0"]}),
        ("AT", {"Value": [5]}),
        ("LO", {"Value": [5]}),
        ("LT", {"Value": ["a", "b"]}),
        ("PN", {"Value": [5]}),
        ("PN", {"Value": [{"Alphabetic": 5}]}),
        ("OW", {"Value": [5]}),
        ("OW", {"InlineBinary": "A"}),
        ("OW", {"InlineBinary": "!!!!"}),
        ("OW", {"InlineBinary": 5}),
        ("LO", {"InlineBinary": "AQ=="}),
    ],
)
def test_values_of_another_vr_say_where(vr: str, content: dict[str, Any]) -> None:
    outer = {"00081140": {"vr": "SQ", "Value": [{}, {"00091001": {"vr": vr, **content}}]}}
    with pytest.raises(ValueDecodeError, match=r"in \(0008,1140\)\[1\]") as caught:
        from_json(outer)
    assert caught.value.tag == 0x00091001


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> str:
        return '{"00081140":{"vr":"SQ","Value":[' * depth + "{}" + "]}}" * depth

    assert from_json(nested(64)).to_json() == nested(64)
    for depth in (65, 300, 100_000):
        with pytest.raises(LimitError):
            from_json(nested(depth))
    model: dict[str, Any] = {"00081140": {"vr": "SQ"}}
    model["00081140"]["Value"] = [model]
    with pytest.raises(LimitError):
        from_json(model)


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["00100010", "00081140", "vr", "Value", "InlineBinary", "Alphabetic"]), inner
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["00100010", "00081140", "7FE00010", "x"]),
       st.fixed_dictionaries({"vr": st.sampled_from(["SQ", "PN", "OW", "US", "DS", "LO", "AT"])},
                             optional={"Value": st.lists(_json, max_size=3), "InlineBinary": _json})))  # fmt: skip
def test_any_json_is_a_data_set_or_an_error(model: dict[str, Any]) -> None:
    try:
        ds = from_json(model)
    except DicomError:
        return
    assert differences(ds, from_json(ds.to_json())) == []
