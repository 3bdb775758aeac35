"""Dataset: access, edits over the index, copies, equality, text. PS3.5 §7."""

from __future__ import annotations

import copy
import difflib
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from build import BE, BIG, EXPLICIT, ILE, IMPLICIT, LE, UNDEFINED, part10, patient, study
from corpus import real_file, real_files

from dicomet import DataElement, Dataset, Sequence, dcmread
from dicomet.errors import DicomError, MissingElement
from dicomet.valuetypes import MultiValue


def made() -> Dataset:
    ds = Dataset()
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "4711"
    ds.PixelSpacing = [0.5, 0.5]
    return ds


def test_an_empty_data_set() -> None:
    ds = Dataset()
    assert len(ds) == 0
    assert list(ds) == []
    assert "PatientName" not in ds
    assert str(ds) == ""
    assert ds == Dataset()
    assert bool(ds)


def test_elements_come_in_order_of_tags() -> None:
    ds = Dataset()
    ds.Rows = 1
    ds.PatientID = "x"
    ds.SOPInstanceUID = "1.2"
    assert [e.keyword for e in ds] == ["SOPInstanceUID", "PatientID", "Rows"]


def test_missing_elements_tell_their_tag(ct_small: Path) -> None:
    with pytest.raises(MissingElement) as caught:
        dcmread(ct_small)[0x0011, 0x1234]
    assert caught.value.tag == 0x00111234
    assert isinstance(caught.value, KeyError)
    assert "(0011,1234)" in str(caught.value)
    with pytest.raises(AttributeError, match="EchoTrainLength"):
        dcmread(ct_small).EchoTrainLength  # noqa: B018


def test_attributes_that_are_no_keywords_are_plain(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    ds.note = 5
    assert ds.note == 5
    assert len(ds) == len(dcmread(ct_small))
    del ds.note
    with pytest.raises(AttributeError):
        ds.note  # noqa: B018


def test_edits_never_reach_the_file(ct_small: Path) -> None:
    before = ct_small.read_bytes()
    ds = dcmread(ct_small)
    ds.PatientID = "x"
    del ds.PatientName
    ds.clear()
    assert len(ds) == 0
    assert ct_small.read_bytes() == before
    assert dcmread(ct_small).PatientID == "1CT1"


def test_deleted_elements_are_gone_everywhere(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    n = len(ds)
    del ds.PatientID
    assert len(ds) == n - 1
    assert "PatientID" not in ds
    assert not hasattr(ds, "PatientID")
    assert ds.get("PatientID") is None
    assert 0x00100020 not in ds.keys()  # noqa: SIM118
    assert "PatientID" not in ds.dir()
    with pytest.raises(AttributeError):
        del ds.PatientID
    ds.PatientID = "back"
    assert len(ds) == n
    assert ds.PatientID == "back"


def test_elements_held_before_an_edit_follow_it(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    element = ds["PatientID"]
    element.value = "new"
    assert ds.PatientID == "new"
    assert ds["PatientID"].value == "new"


def test_an_element_added_is_a_copy() -> None:
    element = DataElement("PatientID", "LO", "one")
    first, second = Dataset(), Dataset()
    first.add(element)
    second.add(element)
    first.PatientID = "two"
    assert second.PatientID == "one"
    assert element.value == "one"


def test_assigned_values_read_like_those_of_files() -> None:
    ds = Dataset()
    ds.ImageType = ["A", "B"]
    assert ds.ImageType == ["A", "B"]
    assert isinstance(ds.ImageType, MultiValue)
    ds.ImageType = "A\\B"
    assert ds.ImageType == ["A", "B"]
    ds.PatientName = "Doe^Jane"
    assert ds.PatientName.family_name == "Doe"
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    assert ds.SOPClassUID.name == "CT Image Storage"
    ds.FrameIncrementPointer = 0x00181063
    assert ds.FrameIncrementPointer == (0x0018, 0x1063)
    ds.PatientID = None
    assert ds.PatientID == ""
    ds.Rows = None
    assert ds.Rows is None
    ds.ReferencedImageSequence = [made()]
    assert ds.ReferencedImageSequence[0].PatientID == "4711"


def test_items_inherit_the_character_set() -> None:
    inside = LE.element(0x00100010, "PN", "Müller".encode("latin-1"))
    body = LE.element(0x00080005, "CS", "ISO_IR 100")
    body += LE.sequence(0x00081140, LE.item(LE.sequence(0x00081140, LE.item(inside))))
    ds = dcmread(part10(body))
    item = ds.ReferencedImageSequence[0].ReferencedImageSequence[0]
    assert item.PatientName == "Müller"


def test_an_item_may_have_its_own_character_set() -> None:
    inside = LE.element(0x00080005, "CS", "ISO_IR 192") + LE.element(
        0x00100010, "PN", "Müller ".encode()
    )
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + LE.sequence(0x00081140, LE.item(inside))
    assert dcmread(part10(body)).ReferencedImageSequence[0].PatientName == "Müller"


def test_a_character_set_that_was_missing_rules_what_is_read_from_then_on() -> None:
    body = LE.element(0x00100010, "PN", "Müller ".encode())
    ds = dcmread(part10(body))
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert ds.PatientName == "Müller"
    assert not ds.is_original_encoding
    assert ds.original_character_set == []


@pytest.mark.parametrize("later", ["ISO_IR 100", None])
def test_bytes_stay_in_the_character_set_that_they_were_read_in(later: str | None) -> None:
    """PS3.3 C.12.1.1.2: a change of the attribute is about what will be written."""
    body = LE.element(0x00080005, "CS", "ISO_IR 192") + LE.element(
        0x00100010, "PN", "Müller ".encode()
    )
    ds = dcmread(part10(body))
    if later is None:
        del ds.SpecificCharacterSet
    else:
        ds.SpecificCharacterSet = later
    assert ds.PatientName == "Müller"
    assert not ds.is_original_encoding


@pytest.mark.parametrize(("representation", "expected"), [(0, 65535), (1, -1)])
def test_us_or_ss_follows_pixel_representation(representation: int, expected: int) -> None:
    """PS3.3 C.7.6.3.1: in implicit VR the file does not say; items ask the data set around them."""
    inside = ILE.element(0x00280106, "US", b"\xff\xff")
    body = ILE.sequence(0x00081140, ILE.item(inside))
    body += ILE.element(0x00280103, "US", ILE.pack("H", representation)) + inside
    ds = dcmread(part10(body, IMPLICIT))
    assert ds.SmallestImagePixelValue == expected
    assert ("SS" if representation else "US") == ds["SmallestImagePixelValue"].VR
    assert ds.ReferencedImageSequence[0].SmallestImagePixelValue == expected


def test_lut_descriptors_count_unsigned() -> None:
    """PS3.3 C.11.1.1.1: the number of entries is unsigned, whatever the VR."""
    value = ILE.pack("HhH", 65535, -5, 16)
    body = ILE.element(0x00280103, "US", ILE.pack("H", 1)) + ILE.element(0x00283002, "US", value)
    assert dcmread(part10(body, IMPLICIT)).LUTDescriptor == [65535, -5, 16]


def test_private_elements_take_vr_and_name_from_their_creator() -> None:
    for enc, syntax in ((ILE, IMPLICIT), (LE, EXPLICIT)):
        body = enc.element(0x00190010, "LO", "SIEMENS MR HEADER")
        body += enc.element(0x0019100C, "UN", "1000")
        element = dcmread(part10(body, syntax))[0x0019100C]
        assert element.VR == "IS"
        assert element.value == 1000
        assert element.name == "[B_value]"
        assert element.private_creator == "SIEMENS MR HEADER"


def test_private_elements_without_creator_stay_unknown() -> None:
    element = dcmread(part10(ILE.element(0x0019100C, "UN", "1000"), IMPLICIT))[0x0019100C]
    assert element.VR == "UN"
    assert element.value == b"1000"
    assert element.private_creator is None


# -- copies and equality ---------------------------------------------------------------------------


def nested() -> Any:
    item = LE.item(LE.sequence(0x00081140, LE.item(patient())), length=UNDEFINED)
    return dcmread(part10(study() + LE.sequence(0x00081140, item, item) + patient()))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda ds: ds.copy()])
def test_edits_of_a_copy_stay_there(duplicate: Any) -> None:
    ds = nested()
    twin = duplicate(ds)
    assert twin == ds
    twin.PatientID = "twin"
    del twin.PatientName
    ds.Modality = "CT"
    assert (ds.PatientID, ds.PatientName, ds.Modality) == ("4711", "Doe^Jane", "CT")
    assert (twin.PatientID, twin.Modality) == ("twin", "OT")
    assert "PatientName" not in twin


def test_deep_copies_share_no_items() -> None:
    ds = nested()
    ds.ReferencedImageSequence[0].PatientID = "edited"
    twin = copy.deepcopy(ds)
    twin.ReferencedImageSequence[0].PatientID = "twin"
    twin.ReferencedImageSequence[1].ReferencedImageSequence[0].PatientID = "deep"
    del twin.ReferencedImageSequence[1]
    assert ds.ReferencedImageSequence[0].PatientID == "edited"
    assert ds.ReferencedImageSequence[1].ReferencedImageSequence[0].PatientID == "4711"
    assert len(ds.ReferencedImageSequence) == 2
    assert len(twin.ReferencedImageSequence) == 1


def test_deep_copies_have_a_meta_group_of_their_own() -> None:
    ds = nested()
    ds.file_meta.ImplementationVersionName = "before"
    twin = copy.deepcopy(ds)
    twin.file_meta.ImplementationVersionName = "after"
    assert ds.file_meta.ImplementationVersionName == "before"
    assert twin.file_meta.ImplementationVersionName == "after"


def test_data_sets_are_equal_whatever_their_encoding() -> None:
    pieces = []
    for enc, syntax in ((LE, EXPLICIT), (ILE, IMPLICIT), (BE, BIG)):
        item = enc.item(patient(enc), length=UNDEFINED if enc is BE else None)
        pieces.append(dcmread(part10(study(enc) + enc.sequence(0x00081140, item), syntax)))
    assert pieces[0] == pieces[1] == pieces[2]
    assert Dataset(pieces[0]) == pieces[1]
    pieces[1].ReferencedImageSequence[0].PatientID = "other"
    assert pieces[0] != pieces[1]


def test_a_data_set_has_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Dataset())


def test_walk_survives_deletion() -> None:
    ds = nested()

    def callback(at: Any, element: Any) -> None:
        if element.VR in ("PN", "SQ") and element.tag in at and element.VR == "PN":
            del at[element.tag]

    ds.walk(callback)
    assert not [e for e in ds.iterall() if e.VR == "PN"]


# -- text ------------------------------------------------------------------------------------------


def _reason(ours: str, theirs: str) -> str | None:
    """Why a line of text differs from pydicom's by design; None if it should not."""
    ours, theirs = ours.lstrip(), theirs.lstrip()
    if ours[:11] != theirs[:11]:
        return None
    for vr in (" DS: ", " IS: "):
        if vr in ours and vr in theirs:
            return "numbers stand without quotation marks"
    if " PN: [" in theirs and theirs.replace("'", "") == ours.replace("'", ""):
        return "names in lists stand in quotation marks"
    if ": Array of " in theirs and any(f" {vr}: '" in ours for vr in ("LT", "ST", "UT", "UR")):
        return "long text is shown"
    if " UI: " in ours and ours.split(" UI: ")[0] == theirs.split(" UI: ")[0]:
        return "names of UIDs are those of the edition"
    if " CS: " in ours and ours.replace(" ", "") == theirs.replace(" ", ""):
        return "padding of each value is left out"
    private = "Private tag data", "Private Creator"
    if ours.replace(*private).split() == theirs.replace(*private).split():
        return "private creators are (gggg,0010-00FF)"
    if "Private tag data" in theirs and ours[11:16].strip().startswith("["):
        return "private sequences have names too"
    return None


def test_text_of_real_files_equals_pydicoms() -> None:
    for name, path in real_files().items():
        if name.endswith(("no_meta.dcm", "rtplan_truncated.dcm", "too_short.dcm")):
            continue  # their contents differ: tests/oracle/test_pydicom_equal.py
        ours = [line.rstrip() for line in str(dcmread(path)).split("\n")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = str(pydicom.dcmread(path, force=True))
        # of an empty item pydicom prints an empty line
        theirs = [line.rstrip() for line in text.split("\n") if line]
        if len(ours) != len(theirs):
            pytest.fail(f"{name}: " + "\n".join(difflib.unified_diff(theirs, ours, n=0)))
        for a, b in zip(ours, theirs, strict=True):
            assert a == b or _reason(a, b), (name, a, b)


def test_repr_never_raises() -> None:
    for path in real_files().values():
        try:
            ds = dcmread(path)
        except DicomError:
            continue
        assert repr(ds)
        assert ds.top()
        assert len(list(ds.formatted_lines())) >= len(ds)


def test_sequences_of_defined_length_are_found_lazily() -> None:
    """From 64 KiB on, items are scanned when touched. Findings inside are told all the same."""
    item = LE.item(patient() + LE.element(0x00204000, "LT", b"x" * 4095, length=4095))
    body = study() + LE.sequence(0x00081140, *[item] * 100) + patient()
    ds = dcmread(part10(body))
    assert ds.PatientID == "4711"
    assert len(ds.ReferencedImageSequence) == 100
    assert ds.ReferencedImageSequence[99].PatientID == "4711"
    assert sum(f.code == "odd_length" for f in ds.findings) == 100
    assert len(list(ds.iterall())) == len(ds) + 500


def test_values_of_an_item_from_a_real_file() -> None:
    ds = dcmread(real_file("rtplan.dcm"))
    assert ds.BeamSequence[0].ControlPointSequence[0].NominalBeamEnergy == 6.0
    assert isinstance(ds.BeamSequence, Sequence)


def test_the_one_keyword_without_a_capital() -> None:
    ds = Dataset()
    assert not hasattr(ds, "dBdt")
    ds.dBdt = 4.5
    assert ds.dBdt == 4.5
    assert "dBdt" in ds
    del ds.dBdt
    with pytest.raises(AttributeError, match="dBdt"):
        ds.dBdt  # noqa: B018
