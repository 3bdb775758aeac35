"""A user's program, for type checkers: what dicomet promises to them. test_typing.py runs it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, assert_type

import dicomet
from dicomet import DataElement, Dataset, DicomError, FileDataset, Sequence, dcmread
from dicomet.filedataset import FileMetaDataset
from dicomet.findings import Finding
from dicomet.json import to_json, to_json_dict
from dicomet.tags import BaseTag, Tag
from dicomet.uids import UID
from dicomet.valuetypes import MultiValue, PersonName


def sources(path: Path) -> None:
    """Paths, buffers and streams may be read."""
    data = path.read_bytes()
    assert_type(dcmread(path), FileDataset)
    assert_type(dcmread(str(path), mode="map"), FileDataset)
    assert_type(dcmread(data, stop_before_pixels=True), FileDataset)
    assert_type(dcmread(memoryview(data), specific_tags=["PatientID", 0x00080018]), FileDataset)
    assert_type(dcmread(BytesIO(data)), FileDataset)
    with path.open("rb") as stream, dcmread(stream) as ds:
        assert_type(ds, FileDataset)


def keywords(ds: Dataset) -> None:
    """Attributes have the type of the keyword's VR and VM."""
    assert_type(ds.PatientName, PersonName)
    assert_type(ds.PatientName.family_name, str)
    assert_type(ds.SOPInstanceUID, UID)
    assert_type(ds.Rows, int)
    assert_type(ds.SliceThickness, float)
    assert_type(ds.PixelSpacing, MultiValue[float])
    assert_type(ds.PixelSpacing[0], float)
    assert_type(ds.ImagePositionPatient[1:], MultiValue[float])
    assert_type(ds.StudyDate, str)
    assert_type(ds.ImageType, MultiValue[str])
    assert_type(ds.PixelData, bytes)
    assert_type(ds.OtherPatientIDsSequence, Sequence)
    for item in ds.OtherPatientIDsSequence:
        assert_type(item, Dataset)
        assert_type(item.get("PatientID"), Any)
    assert_type(ds.OtherPatientIDsSequence[0].PatientID, str)


def misspelt(ds: Dataset) -> None:
    """Names that are none are errors to the checkers as well: else these comments were unused."""
    try:
        print(ds.PatientNam)  # type: ignore[attr-defined]  # pyright: ignore
    except AttributeError:
        pass
    else:
        raise AssertionError("there is no such keyword")
    try:
        print(dicomet.dcmraed)  # type: ignore[attr-defined]  # pyright: ignore
    except AttributeError:
        pass
    else:
        raise AssertionError("there is no such function")


def elements(ds: Dataset) -> None:
    """Elements by tag, by keyword and in a loop."""
    element = ds[0x0010, 0x0010]
    assert_type(element, DataElement)
    assert_type(ds["PatientName"], DataElement)
    assert_type(ds[Tag("PatientName")], DataElement)
    assert_type(ds[0x00100000:0x00110000], Dataset)
    assert_type(element.tag, BaseTag)
    assert_type(element.VR, str)
    assert_type(element.VM, int)
    assert_type(element.keyword, str)
    assert_type(element.raw, memoryview)
    assert_type(element.offset, int | None)
    for one in ds:
        assert_type(one, DataElement)
    for tag, one in ds.items():
        assert_type(tag, BaseTag)
        assert_type(one, DataElement)
    assert_type("PatientName" in ds, bool)
    assert_type(len(ds), int)


def whole(ds: FileDataset) -> None:
    """What a file has beside its elements."""
    assert_type(ds.file_meta, FileMetaDataset)
    assert_type(ds.file_meta.TransferSyntaxUID, UID)
    assert_type(ds.filename, str | None)
    assert_type(ds.preamble, bytes | None)
    assert_type(ds.findings, list[Finding])
    assert_type([finding.code for finding in ds.findings], list[str])
    assert_type(ds.copy(), Dataset)
    assert_type(dicomet.DICOM_EDITION, str)


def json(ds: Dataset) -> None:
    """The DICOM JSON Model, with a handler that is given an element."""
    assert_type(ds.to_json(), str)
    assert_type(ds.to_json_dict(1024, lambda element: f"bulk/{element.keyword}"), dict[str, Any])
    assert_type(to_json_dict(ds, suppress_invalid_tags=True), dict[str, Any])
    assert_type(to_json(ds, dump_handler=str), str)
    assert_type(ds["Rows"].to_json_dict(), dict[str, Any])
    assert_type(Dataset.from_json(b"{}", lambda uri: uri.encode()), Dataset)
    assert_type(Dataset.from_json({}, lambda tag, vr, uri: b""), Dataset)
    assert_type(DataElement.from_json(Dataset, "00100010", "PN", [None], "Value"), DataElement)
    assert_type(Dataset.from_xml(ds.to_xml(0, lambda element: f"bulk/{element.keyword}")), Dataset)


def changes(ds: Dataset) -> None:
    """Setting, adding, deleting."""
    ds.PatientName = PersonName("Doe^Jane")
    ds.Rows = 4
    ds.add_new("PatientComments", "LT", "text")
    ds.add(DataElement(0x00091001, "LO", "text"))
    item = Dataset()
    item.PatientID = "1"
    ds.OtherPatientIDsSequence = Sequence([item])
    ds.OtherPatientIDsSequence.append(Dataset())
    del ds.PatientComments
    del ds[0x0009, 0x1001]


def main(path: Path) -> int:
    """Run all of it on a CT image."""
    sources(path)
    ds = dcmread(path)
    changes(ds)
    keywords(ds)
    misspelt(ds)
    elements(ds)
    whole(ds)
    json(ds)
    try:
        dcmread(b"no DICOM at all" * 10)
    except DicomError as error:
        assert_type(error.offset, int | None)
        return len(ds)
    raise AssertionError("that was no DICOM")
