"""The DICOM JSON Model, against pydicom's on all real files, DCMTK's on some. PS3.18 Annex F."""

from __future__ import annotations

import base64
import importlib.util
import json
import logging
import math
import shutil
import struct
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

import dicomet
from dicomet.json import to_json, to_json_dict

Model = dict[str, Any]


def _roots() -> list[Path]:
    found = []
    for name in ("pydicom.data", "data_store"):  # the second is the module of pydicom-data
        spec = importlib.util.find_spec(name)
        assert spec is not None, f"{name} is a test requirement"
        assert spec.origin is not None
        found.append(Path(spec.origin).parent)
    return found


FILES = sorted(
    path
    for root in _roots()
    for path in root.rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc", ".json", ".md", ".txt", ".zip", ".gz")
)

# Files on which pydicom is no measure, and why.
NO_MEASURE = {
    "badVR.dcm": "IS that is no number raises in pydicom; here it is text, PS3.18 §F.2.3",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "cut in Pixel Data: pydicom has no element",
}
# Element that pydicom makes of the first bytes of a value that the file's end cuts. PS3.5 §7.1
CUT = {"rtplan_truncated.dcm": ("300A00B0", "300A0111", "300A012C")}


def _pydicom(path: Path | str) -> pydicom.Dataset | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path)
        except (pydicom.errors.InvalidDicomError, AttributeError, NotImplementedError):
            return None


def _pydicom_model(ds: pydicom.Dataset) -> Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ds.to_json_dict()


class Rules:
    """What the standard says otherwise than pydicom does, laid over pydicom's model."""

    def __init__(self, big_endian: bool) -> None:
        self.big_endian = big_endian
        self.used: Counter[str] = Counter()

    def over(self, model: Model) -> Model:
        result = {}
        for key, element in model.items():
            if key.endswith("0000"):
                self.used["F.2.2 group lengths are left out"] += 1
            else:
                result[key] = self.element(element["vr"], dict(element))
        return result

    def element(self, vr: str, element: Model) -> Model:
        if vr == "OW" and self.big_endian and "InlineBinary" in element:
            self.used["F.2.7 bytes of words in little endian"] += 1
            data = bytearray(base64.b64decode(element["InlineBinary"]))
            data[0::2], data[1::2] = data[1::2], data[0::2]
            element["InlineBinary"] = base64.b64encode(data).decode()
        if "Value" not in element:
            return element
        values = element["Value"]
        if vr == "SQ":
            if not values:
                self.used["F.2.5 a sequence without items has no Value"] += 1
                return {"vr": vr}
            return {"vr": vr, "Value": [self.over(item) for item in values]}
        return {"vr": vr, "Value": [self.value(vr, value) for value in values]}

    def value(self, vr: str, value: Any) -> Any:
        if vr == "PN":
            groups = {name: text for name, text in value.items() if text}
            self.used["F.2.2 component groups that are not empty"] += groups != value
            return groups or None
        if value == "":
            self.used["F.2.5 an empty value among several is null"] += 1
            return None
        padded = isinstance(value, str) and value != value.rstrip(" ")
        if padded and vr not in ("LT", "ST", "UR", "UT"):
            self.used["PS3.5 §6.2 spaces at the end are padding"] += 1
            return value.rstrip(" ")
        return value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_model_is_that_of_pydicom_but_for_the_rules(path: Path) -> None:
    theirs = _pydicom(path)
    if theirs is None:
        return  # no DICOM by pydicom's measure: counted below
    ds = dicomet.dcmread(path)
    model = ds.to_json_dict()
    assert json.loads(to_json(ds), parse_constant=pytest.fail) == model
    if path.name in NO_MEASURE:
        return
    expected = Rules(theirs.original_encoding[1] is False).over(_pydicom_model(theirs))
    if path.name in CUT:
        outer, inner, last = CUT[path.name]
        del expected[outer]["Value"][0][inner]["Value"][0][last]
    assert model == expected
    assert list(model) == sorted(model)


def test_the_files_are_many_and_every_rule_is_met_in_them() -> None:
    nread, used = 0, Counter[str]()
    for path in FILES:
        theirs = _pydicom(path)
        if theirs is None or path.name in NO_MEASURE:
            continue
        nread += 1
        rules = Rules(theirs.original_encoding[1] is False)
        rules.over(_pydicom_model(theirs))
        used.update(rules.used)
    assert nread > 240
    assert set(+used) >= {
        "F.2.2 group lengths are left out",
        "F.2.5 a sequence without items has no Value",
        "F.2.5 an empty value among several is null",
        "F.2.7 bytes of words in little endian",
        "PS3.5 §6.2 spaces at the end are padding",
    }


def test_numbers_that_are_none_stay_text_where_pydicom_raises() -> None:
    path = get_testdata_file("badVR.dcm")
    theirs = _pydicom(path)
    assert theirs is not None
    with pytest.raises(ValueError, match="1A"):
        _pydicom_model(theirs)
    values = [
        value
        for element in dicomet.dcmread(path).to_json_dict().values()
        if element["vr"] == "IS"
        for value in element.get("Value", ())
    ]
    assert "1A" in values


# -- DCMTK -----------------------------------------------------------------------------------------

# Files in which DCMTK leaves little to explain: explicit, implicit, big endian, nested, charsets.
DCMTK_FILES = [
    "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm",
    "SC_rgb_small_odd_big_endian.dcm", "chrArab.dcm",
    "chrFrenMulti.dcm", "chrX1.dcm", "chrX2.dcm", "eCT_Supplemental.dcm",
    "rtdose_expb.dcm", "rtplan.dcm", "test-SR.dcm", "reportsi.dcm", "liver_1frame.dcm",
]  # fmt: skip


def _same(ours: Any, theirs: Any) -> bool:
    """Equal, but that DCMTK prints FL and FD with fewer digits and keeps DS in its own notation."""
    if isinstance(ours, float):
        return isinstance(theirs, float | int) and math.isclose(ours, theirs, rel_tol=1e-6)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in ours)
    return bool(ours == theirs)


def _as_dcmtk(model: Model, utf8: bool) -> Model:
    """DCMTK rewrites (0008,0005) and cuts delimiters at the ends of names; both are its choice.

    PS3.18 §F.2.2 note 3 wants the Specific Character Set of the source; PS3.5 §6.2.1.1 lets a
    writer leave out delimiters of components that are empty.
    """
    result: Model = {}
    for key, element in model.items():
        if key == "00080005":
            element = {"vr": "CS", "Value": ["ISO_IR 192"]} if utf8 else element
        elif element["vr"] == "SQ" and "Value" in element:
            element = {"vr": "SQ", "Value": [_as_dcmtk(item, utf8) for item in element["Value"]]}
        elif element["vr"] == "PN" and "Value" in element:
            names = [
                {group: text.rstrip("^") for group, text in (name or {}).items()}
                for name in element["Value"]
            ]
            names = [{group: text for group, text in name.items() if text} for name in names]
            element = {"vr": "PN", "Value": names} if any(names) else {"vr": "PN"}
        result[key] = element
    return result


@pytest.mark.skipif(shutil.which("dcm2json") is None, reason="DCMTK's dcm2json is not installed")
@pytest.mark.parametrize("name", DCMTK_FILES)
def test_model_is_that_of_dcmtk(name: str) -> None:
    path = next(path for path in FILES if path.name == name)
    text = subprocess.run(["dcm2json", "-q", path], capture_output=True, check=True).stdout
    theirs = json.loads(text.decode("utf-8"))
    utf8 = theirs.get("00080005", {}).get("Value") == ["ISO_IR 192"]
    ours = _as_dcmtk(dicomet.dcmread(path).to_json_dict(), utf8)
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not _same(ours[key], theirs[key])] == []


# -- the clauses, one by one -----------------------------------------------------------------------


def _model(tag: int, vr: str, value: Any) -> Model:
    ds = dicomet.Dataset()
    ds.add_new(tag, vr, value)
    model = ds.to_json_dict()
    assert list(model) == [f"{tag:08X}"]
    assert model[f"{tag:08X}"]["vr"] == vr
    return {key: value for key, value in model[f"{tag:08X}"].items() if key != "vr"}


def _read(body: bytes) -> dicomet.Dataset:
    return dicomet.dcmread(body, force=True)


def _element(tag: int, vr: str, value: bytes, order: str = "<") -> bytes:
    head = struct.pack(f"{order}HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT", "SV", "UV"):
        return head + struct.pack(f"{order}HI", 0, len(value)) + value
    return head + struct.pack(f"{order}H", len(value)) + value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう",
         [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}]),
        ("=山田^太郎", [{"Ideographic": "山田^太郎"}]),
        ("==やまだ", [{"Phonetic": "やまだ"}]),
        (["A^B", "", "C"], [{"Alphabetic": "A^B"}, None, {"Alphabetic": "C"}]),
    ],
)  # fmt: skip
def test_F_2_2_names_by_component_groups_that_are_not_empty(name: Any, expected: Any) -> None:
    assert _model(0x00100010, "PN", name) == {"Value": expected}


@pytest.mark.parametrize(
    ("tag", "vr", "value", "expected"),
    [
        (0x00280009, "AT", 0x00181063, ["00181063"]),
        (0x00280009, "AT", [0x7FE00010, 0], ["7FE00010", "00000000"]),
        (0x00280030, "DS", ["0.5", "1e3"], [0.5, 1000.0]),
        (0x00280030, "DS", "5 mm", ["5 mm"]),
        (0x00200013, "IS", "17", [17]),
        (0x00200013, "IS", ["-1", "x"], [-1, "x"]),
        (0x00189074, "UV", 2**64 - 1, [2**64 - 1]),
        (0x00080008, "CS", ["ORIGINAL", "", "AXIAL"], ["ORIGINAL", None, "AXIAL"]),
        (0x00080018, "UI", "1.2.3", ["1.2.3"]),
    ],
)
def test_F_2_3_values_by_vr(tag: int, vr: str, value: Any, expected: Any) -> None:
    found = _model(tag, vr, value)["Value"]
    assert found == expected
    assert [type(one) for one in found] == [type(one) for one in expected]


def test_F_2_3_numbers_that_are_not_finite_are_text_since_json_has_none() -> None:
    values = struct.pack("<4d", math.nan, math.inf, -math.inf, 0.5)
    ds = _read(_element(0x00080005, "CS", b"ISO_IR 192") + _element(0x0018605A, "FD", values))
    assert ds.to_json_dict()["0018605A"]["Value"] == ["NaN", "inf", "-inf", 0.5]
    assert json.loads(ds.to_json(), parse_constant=pytest.fail)["0018605A"]["Value"][0] == "NaN"
    assert math.isnan(float(ds.to_json_dict()["0018605A"]["Value"][0]))


@pytest.mark.parametrize(
    ("vr", "value"),
    [("LO", ""), ("IS", None), ("PN", ""), ("OB", b""), ("OB", None), ("SQ", []), ("US", None)],
)
def test_F_2_5_empty_elements_have_a_vr_and_nothing_else(vr: str, value: Any) -> None:
    assert _model(0x00091001, vr, value) == {}


def test_F_2_5_items_without_elements_are_empty_objects() -> None:
    assert _model(0x00081140, "SQ", [dicomet.Dataset()]) == {"Value": [{}]}


@pytest.mark.parametrize(
    ("vr", "order"), [("OB", "B"), ("OW", "H"), ("OL", "I"), ("OF", "f"), ("OV", "Q"), ("OD", "d")]
)
def test_F_2_7_inline_binary_is_little_endian_whatever_the_source(vr: str, order: str) -> None:
    head = _element(0x00080005, "CS", b"ISO_IR 192", ">") + _element(0x00280010, "US", b"\0\1", ">")
    numbers = [3.0, 4.0] if order in "fd" else [1, 2]
    ds = _read(head + _element(0x00291001, vr, struct.pack(f">2{order}", *numbers), ">"))
    assert not ds.is_little_endian
    assert base64.b64decode(ds.to_json_dict()["00291001"]["InlineBinary"]) == struct.pack(
        f"<2{order}", *numbers
    )


def test_F_2_7_bytes_behind_the_last_whole_word_stay() -> None:
    head = _element(0x00080005, "CS", b"ISO_IR 192", ">") + _element(0x00280010, "US", b"\0\1", ">")
    ds = _read(head + _element(0x00291001, "OL", b"\1\2\3\4\5\6", ">"))
    assert base64.b64decode(ds.to_json_dict()["00291001"]["InlineBinary"]) == b"\4\3\2\1\5\6"


def test_text_is_unicode_whatever_the_character_set_and_the_term_stays() -> None:
    path = next(path for path in FILES if path.name == "chrGreek.dcm")
    text = dicomet.dcmread(path).to_json()
    assert "Διονυσιος" in text
    assert json.loads(text.encode())["00080005"]["Value"] == ["ISO_IR 126"]


def test_results_are_builtins_only() -> None:
    def check(value: Any) -> None:
        assert type(value) in (dict, list, str, int, float, type(None)), type(value)
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                check(inner)

    for name in ("CT_small.dcm", "rtplan.dcm", "test-SR.dcm"):
        check(dicomet.dcmread(get_testdata_file(name)).to_json_dict())


# -- options ---------------------------------------------------------------------------------------


def test_handler_is_asked_beyond_the_threshold_at_every_depth_as_in_pydicom() -> None:
    path = get_testdata_file("CT_small.dcm")
    theirs = _pydicom(path)
    assert theirs is not None
    handler: Callable[[Any], str] = lambda element: f"x/{int(element.tag):08X}/{len(element.value)}"  # noqa: E731
    for threshold in (0, 7, 8, 1024, 1 << 20):
        expected = theirs.to_json_dict(threshold, handler)
        expected = {key: value for key, value in expected.items() if not key.endswith("0000")}
        assert dicomet.dcmread(path).to_json_dict(threshold, handler) == expected
    item = dicomet.Dataset()
    item.add_new(0x00420011, "OB", b"1234")
    outer = dicomet.Dataset()
    outer.add_new(0x00081140, "SQ", [item])
    nested = outer.to_json_dict(4, handler)["00081140"]["Value"][0]["00420011"]
    assert nested == {"vr": "OB", "BulkDataURI": "x/00420011/4"}


def test_elements_of_which_no_json_can_be_made_raise_or_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    item = dicomet.Dataset()
    item.add_new(0x00280010, "US", "many")
    item.add_new(0x00280011, "US", 3)
    ds = dicomet.Dataset()
    ds.add_new(0x00081140, "SQ", [item])
    with pytest.raises(ValueError, match="many"):
        ds.to_json()
    with caplog.at_level(logging.WARNING, logger="dicomet"):
        model = to_json_dict(ds, suppress_invalid_tags=True)
    assert model["00081140"]["Value"] == [{"00280011": {"vr": "US", "Value": [3]}}]
    assert "(0028,0010)" in caplog.text


@pytest.mark.parametrize(("vr", "value"), [("OB", 4), ("UN", "text"), ("LO", 5), ("UI", b"1.2")])
def test_values_of_another_type_than_the_vr_has_raise(vr: str, value: Any) -> None:
    ds = dicomet.Dataset()
    ds.add_new(0x00091001, vr, value)
    with pytest.raises(TypeError):
        ds.to_json_dict()


def test_dump_handler_makes_the_text() -> None:
    ds = dicomet.dcmread(get_testdata_file("CT_small.dcm"))
    assert ds.to_json(dump_handler=lambda model: str(len(model))) == str(len(ds.to_json_dict()))


def test_edits_show_at_every_depth_and_the_file_stays() -> None:
    path = get_testdata_file("rtplan.dcm")
    ds = dicomet.dcmread(path)
    before = ds.to_json_dict()
    ds.PatientID = "new"
    ds.DoseReferenceSequence[0].DoseReferenceNumber = 77
    del ds.StudyDate
    after = ds.to_json_dict()
    assert after["00100020"] == {"vr": "LO", "Value": ["new"]}
    assert after["300A0010"]["Value"][0]["300A0012"] == {"vr": "IS", "Value": [77]}
    assert before.keys() - after.keys() == {"00080020"}
    assert dicomet.dcmread(path).to_json_dict() == before


def test_element_gives_its_own_part() -> None:
    ds = dicomet.dcmread(get_testdata_file("CT_small.dcm"))
    model = ds.to_json_dict()
    assert {f"{int(e.tag):08X}": e.to_json_dict() for e in ds} == model
    uri = ds["PixelData"].to_json_dict(lambda element: "here", 16)
    assert uri == {"vr": "OW", "BulkDataURI": "here"}
