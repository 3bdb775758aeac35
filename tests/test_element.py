"""DataElement: what it tells of itself, assigned values, raw bytes. PS3.5 §7.1."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from build import BE, BIG, ILE, IMPLICIT, LE, UNDEFINED, part10, patient
from corpus import real_file

from dicomet import DataElement, Dataset, dcmread
from dicomet.valuetypes import MultiValue, PersonName


def test_what_it_tells(ct_small: Any) -> None:
    element = dcmread(ct_small)["ImageType"]
    assert element.tag == 0x00080008
    assert (element.VR, element.VM) == ("CS", 3)
    assert (element.keyword, element.name) == ("ImageType", "Image Type")
    assert element.value == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert not element.is_private
    assert not element.is_empty
    assert not element.is_undefined_length
    assert len(element) == 3
    assert list(element) == element.value
    assert element[0] == "ORIGINAL"


@pytest.mark.parametrize(
    ("enc", "syntax"), [(LE, None), (ILE, IMPLICIT), (BE, BIG)], ids=["le", "ile", "be"]
)
def test_raw_offset_and_length_point_into_the_source(enc: Any, syntax: str | None) -> None:
    data = part10(patient(enc), syntax) if syntax else part10(patient(enc))
    for element in dcmread(data):
        assert data[element.offset : element.offset + element.length] == element.raw
        assert element.raw.readonly
    assert dcmread(data)["PatientName"].raw == b"Doe^Jane"


def test_raw_keeps_padding_and_text_of_numbers() -> None:
    body = LE.element(0x00101030, "DS", " 70.50 ") + LE.element(0x00200013, "IS", "007 ")
    ds = dcmread(part10(body))
    assert (ds.PatientWeight, bytes(ds["PatientWeight"].raw)) == (70.5, b" 70.50  ")
    assert (ds.InstanceNumber, bytes(ds["InstanceNumber"].raw)) == (7, b"007 ")


def test_numbers_that_do_not_parse_stay_text_with_a_finding() -> None:
    body = LE.element(0x00101030, "DS", "70,5") + LE.element(0x00200013, "IS", "1.5 ")
    body += LE.element(0x00200032, "DS", "1\\abc\\\\2 ")
    ds = dcmread(part10(body))
    assert ds.PatientWeight == "70,5"
    assert ds.InstanceNumber == "1.5"
    assert ds.ImagePositionPatient == [1.0, "abc", "", 2.0]
    assert [f.code for f in ds.findings] == ["number_text"] * 3


def test_multiplicity() -> None:
    """PS3.5 §6.4: a backslash parts values, but not in LT, ST, UT and UR."""
    body = LE.element(0x00080008, "CS", "A\\B\\\\C")
    body += LE.element(0x00104000, "LT", "A\\B\\C ")
    ds = dcmread(part10(body))
    assert ds.ImageType == ["A", "B", "", "C"]
    assert ds["ImageType"].VM == 4
    assert ds.PatientComments == "A\\B\\C"
    assert ds["PatientComments"].VM == 1


def test_leading_spaces_stay_in_text_but_not_in_ae() -> None:
    """PS3.5 §6.2: leading spaces are significant in LO and SH no more than in AE and CS."""
    body = LE.element(0x00080054, "AE", " STORE") + LE.element(0x00104000, "LT", "  text ")
    ds = dcmread(part10(body))
    assert ds.RetrieveAETitle == "STORE"
    assert ds.PatientComments == "  text"


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("LO", "text", "text"),
        ("LO", ["a"], "a"),
        ("LO", ["a", "b"], ["a", "b"]),
        ("LO", "a\\b", ["a", "b"]),
        ("LO", [], ""),
        ("LO", None, ""),
        ("LT", "a\\b", "a\\b"),
        ("DS", [], None),
        ("DS", 1.5, 1.5),
        ("US", None, None),
        ("OB", b"\1\2", b"\1\2"),
        ("PN", None, ""),
        ("AT", [0x00100010, 0x00100020], [0x00100010, 0x00100020]),
    ],
)
def test_assigned_values(vr: str, value: Any, expected: Any) -> None:
    element = DataElement(0x00091001, vr, value)
    assert element.value == expected
    if vr == "PN":
        assert isinstance(element.value, PersonName)
    if isinstance(expected, list):
        assert isinstance(element.value, MultiValue)


def test_multi_values_cannot_change_in_place(ct_small: Any) -> None:
    ds = dcmread(ct_small)
    with pytest.raises(AttributeError, match="immutable"):
        ds.ImageType.append("MPR")
    ds.ImageType = [*ds.ImageType, "MPR"]
    assert ds.ImageType[-1] == "MPR"


def test_made_elements_have_no_place() -> None:
    element = DataElement("PatientID", "LO", "x")
    assert element.offset is None
    assert element.length is None
    assert element.raw == b""
    assert element.tag == 0x00100020


def test_clear(ct_small: Any) -> None:
    ds = dcmread(real_file("rtplan.dcm"))
    for keyword, empty in (("PatientID", ""), ("BeamSequence", [])):
        ds[keyword].clear()
        assert getattr(ds, keyword) == empty
        assert ds[keyword].is_empty


def test_a_changed_vr_keeps_the_value() -> None:
    ds = dcmread(part10(LE.element(0x00091001, "UN", b"ab")))
    element = ds[0x00091001]
    element.VR = "LO"
    assert ds[0x00091001].VR == "LO"
    assert ds[0x00091001].value == b"ab"


def test_equality() -> None:
    assert DataElement("PatientID", "LO", "x") == DataElement(0x00100020, "LO", "x")
    assert DataElement("PatientID", "LO", "x") != DataElement("PatientID", "LO", "y")
    assert DataElement("PatientID", "LO", "x") != DataElement("PatientID", "SH", "x")
    assert DataElement("PatientID", "LO", "x") != "x"
    with pytest.raises(TypeError):
        hash(DataElement("PatientID", "LO", "x"))


def test_copies(ct_small: Any) -> None:
    element = dcmread(ct_small)["PatientID"]
    for twin in (copy.copy(element), copy.deepcopy(element)):
        assert twin == element
        twin.value = "other"
        assert element.value == "1CT1"
        assert dcmread(ct_small).PatientID == "1CT1"


def test_a_sequence_of_undefined_length_says_so() -> None:
    ds = dcmread(part10(LE.sequence(0x00081140, LE.item(patient()), length=UNDEFINED)))
    assert ds["ReferencedImageSequence"].is_undefined_length
    assert ds["ReferencedImageSequence"].VM == 1


def test_text(ct_small: Any) -> None:
    ds = dcmread(ct_small)
    assert str(ds["PatientID"]) == "(0010,0020) Patient ID                          LO: '1CT1'"
    assert ds["PixelData"].repval == "Array of 32768 elements"
    assert ds["SOPClassUID"].repval == "CT Image Storage"


@pytest.mark.parametrize("tag", ["NoKeyword", "zzzz", -1, 1 << 32, (1, 2, 3), None])
def test_tags_that_are_none(tag: Any) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        DataElement(tag, "LO", "x")
    assert tag not in Dataset()
