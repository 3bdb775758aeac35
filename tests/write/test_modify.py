"""Elements by path: set, inserted, deleted. PS3.5 §7.1, §7.5."""

from __future__ import annotations

import io

import pytest
from build import LE, UNDEFINED, part10, patient

from dicomet import Dataset, FileDataset, dcmread
from dicomet.errors import WriteError
from dicomet.modify import ElementPath, PathError, delete_element, insert_value, set_value


@pytest.fixture
def ds() -> FileDataset:
    items = [LE.item(LE.element(0x00081155, "UI", f"1.2.{i}"), length=UNDEFINED) for i in range(3)]
    sop = LE.element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7") + LE.element(0x00080018, "UI", "1.2.3")
    return dcmread(part10(sop + LE.sequence(0x00081140, *items, length=UNDEFINED) + patient()))


def again(ds: FileDataset) -> FileDataset:
    out = io.BytesIO()
    ds.save_as(out)
    return dcmread(out.getvalue())


@pytest.mark.parametrize("path", ["PatientID", "00100020", "(0010,0020)", "0010,0020"])
def test_keywords_and_tags_name_elements(ds: FileDataset, path: str) -> None:
    assert set_value(ds, path, "new") == 1
    assert again(ds).PatientID == "new"


def test_items_by_number_or_all(ds: FileDataset) -> None:
    assert set_value(ds, "ReferencedImageSequence[1].ReferencedSOPInstanceUID", "9.9") == 1
    assert set_value(ds, "ReferencedImageSequence[*].ReferencedSOPClassUID", "1.2") == 3
    items = again(ds).ReferencedImageSequence
    assert [item.ReferencedSOPInstanceUID for item in items] == ["1.2.0", "9.9", "1.2.2"]
    assert [item.ReferencedSOPClassUID for item in items] == ["1.2"] * 3
    assert items[0]._index.flags(items[0]._row) & 1  # its length is undefined, as it was


def test_what_is_missing_on_the_way_is_made(ds: FileDataset) -> None:
    set_value(ds, "RequestAttributesSequence[0].ScheduledProtocolCodeSequence[0].CodeValue", "X")
    set_value(ds, "ReferencedImageSequence[3].ReferencedSOPInstanceUID", "7.7")
    twin = again(ds)
    assert twin.RequestAttributesSequence[0].ScheduledProtocolCodeSequence[0].CodeValue == "X"
    assert len(twin.ReferencedImageSequence) == 4
    with pytest.raises(PathError, match="4 items"):
        set_value(ds, "ReferencedImageSequence[9].ReferencedSOPInstanceUID", "7.7")


def test_inserting_leaves_what_is_there(ds: FileDataset) -> None:
    assert insert_value(ds, "PatientID", "other") == 0
    assert insert_value(ds, "PatientComments", "none") == 1
    assert (ds.PatientID, ds.PatientComments) == ("4711", "none")


def test_deleting(ds: FileDataset) -> None:
    assert delete_element(ds, "ReferencedImageSequence[*].ReferencedSOPInstanceUID") == 3
    assert delete_element(ds, "ReferencedImageSequence[7].ReferencedSOPInstanceUID") == 0
    assert delete_element(ds, "BeamSequence[0].BeamName") == 0
    assert delete_element(ds, "PatientID") == 1
    twin = again(ds)
    assert "PatientID" not in twin
    assert [len(item) for item in twin.ReferencedImageSequence] == [0, 0, 0]


def test_values_are_typed_by_the_vr(ds: FileDataset) -> None:
    for path, text in (
        ("Rows", "512"), ("PixelSpacing", "0.5\\0.25"), ("FrameIncrementPointer", "00181063"),
        ("ImageOrientationPatient", "1\\0\\0\\0\\1\\0"), ("RecommendedDisplayFrameRateInFloat", "1.5"),
    ):  # fmt: skip
        set_value(ds, path, text)
    set_value(ds, "ImageComments", "a\\b")
    twin = again(ds)
    assert twin.Rows == 512
    assert twin.PixelSpacing == [0.5, 0.25]
    assert twin.FrameIncrementPointer == 0x00181063
    assert twin.RecommendedDisplayFrameRateInFloat == 1.5
    assert twin.ImageComments == "a\\b"
    set_value(ds, "PatientID", "")
    assert ds.PatientID == ""


def test_file_meta_information_is_named_like_the_rest(ds: FileDataset) -> None:
    set_value(ds, "SourceApplicationEntityTitle", "HERE")
    assert again(ds).file_meta.SourceApplicationEntityTitle == "HERE"
    with pytest.raises(PathError, match="no File Meta"):
        set_value(Dataset(), "SourceApplicationEntityTitle", "HERE")


@pytest.mark.parametrize(
    "text",
    ["", "PatientName[0]", "BeamSequence.BeamName", "NoSuchKeyword", "BeamSequence[-1].BeamName", "a..b", "0010"],
)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(PathError):
        ElementPath(text)


@pytest.mark.parametrize(
    ("path", "text"), [("Rows", "x"), ("BeamSequence", "1"), ("PixelData", "xyz"), ("PatientName[0].PatientID", "1")]
)
def test_what_cannot_be_set(ds: FileDataset, path: str, text: str) -> None:
    with pytest.raises(PathError):
        set_value(ds, path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [("PatientBirthDate", "12/31/99"), ("SOPInstanceUID", "1.02"), ("Modality", "ct"), ("PatientID", "x" * 65),
     ("StudyTime", "25"), ("AccessionNumber", "1\\2")],
)  # fmt: skip
def test_new_values_are_held_against_their_vr_on_request(ds: FileDataset, path: str, text: str) -> None:
    """PS3.5 §6.2, §6.4."""
    set_value(ds, path, text)
    with pytest.raises(WriteError) as raised:
        ds.save_as(io.BytesIO(), validate="strict")
    assert raised.value.tag == int(ElementPath(path).tag)
    from dicomet.writecheck import ValueWarning

    out = io.BytesIO()
    with pytest.warns(ValueWarning):
        ds.save_as(out, validate="warn")
    assert dcmread(out.getvalue()).get_item(path) == ds.get_item(path)
    ds.save_as(io.BytesIO())


def test_values_that_were_read_are_not_held_against_anything(ds: FileDataset) -> None:
    bad = dcmread(part10(LE.element(0x00080016, "UI", "1.2") + LE.element(0x00080018, "UI", "01") + patient()))
    bad.PatientID = "fine"
    bad.save_as(io.BytesIO(), validate="strict")
