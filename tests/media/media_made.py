"""Instances and directories for tests, right or wrong as asked."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from build import LE, part10

from dicomet import Dataset, Sequence
from dicomet._native.dictionary import uid_of_keyword
from dicomet.filedataset import FileMetaDataset
from dicomet.writer import dcmwrite

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"


def code(value: str = "121074", meaning: str = "Title") -> Dataset:
    """An item of a code sequence."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, "DCM", meaning
    return ds


def instance(number: int = 1, sop_class: str = CT, **values: Any) -> Dataset:
    """A data set with all that a record of a patient, study, series and image needs; None takes away."""
    ds = Dataset()
    ds.SOPClassUID = uid_of_keyword(sop_class) or sop_class
    ds.SOPInstanceUID = f"1.2.3.4.{number}"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20240229", "101112", "S1", ""
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CT", 1, number
    ds.PatientName, ds.PatientID = "Doe^Jane", "4711"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3.1", "1.2.3.2"
    ds.Rows = ds.Columns = 1
    for keyword, value in values.items():
        if value is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, value)
    return ds


def everything(number: int, sop_class: str) -> Dataset:
    """A data set with every key of every record type. PS3.3 §F.5."""
    ds = instance(
        number, sop_class, ImageType=["ORIGINAL", "PRIMARY"], NumberOfFrames=1, SeriesInstanceUID=f"1.2.5.{number}"
    )
    for what in ("Content", "StructureSet", "RTPlan", "Treatment", "PresentationCreation", "InstanceCreation"):
        setattr(ds, f"{what}Date", "20200102")
        setattr(ds, f"{what}Time", "111213")
    for keyword in (
        "ContentDescription", "ContentCreatorName", "StructureSetLabel", "RTPlanLabel", "HangingProtocolName",
        "HangingProtocolDescription", "HangingProtocolCreator", "DocumentTitle", "HL7InstanceIdentifier",
        "Manufacturer", "ImplantName", "ImplantSize", "ImplantPartNumber", "ImplantAssemblyTemplateName",
        "ImplantTemplateGroupName", "ImplantTemplateGroupIssuer", "UserContentLabel", "UserContentLongLabel",
        "InventoryPurpose",
    ):  # fmt: skip
        setattr(ds, keyword, f"{keyword[:12]}")
    ds.ContentLabel, ds.DoseSummationType, ds.CompletionFlag, ds.VerificationFlag = (
        "LABEL",
        "PLAN",
        "COMPLETE",
        "VERIFIED",
    )
    ds.VerificationDateTime, ds.HangingProtocolCreationDateTime = "20200103", "20200104"
    ds.HangingProtocolLevel, ds.InventoryLevel, ds.MIMETypeOfEncapsulatedDocument = "SITE", "STUDY", "application/pdf"
    ds.NumberOfPriorsReferenced, ds.DataPointRows, ds.DataPointColumns = 0, 1, 2
    for keyword in ("ConceptNameCode", "ProcedureTypeCode", "HangingProtocolUserIdentificationCode"):
        setattr(ds, f"{keyword}Sequence", Sequence([code()]))
    referenced = Dataset()
    referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = CT, "1.2.9"
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = "1.2.8", Sequence([referenced])
    blending = Dataset()
    blending.StudyInstanceUID, blending.ReferencedSeriesSequence = "1.2.7", Sequence([series])
    modifier, content, protocol = Dataset(), Dataset(), Dataset()
    modifier.RelationshipType, modifier.ValueType, modifier.ConceptNameCodeSequence = (
        "HAS CONCEPT MOD", "CODE", Sequence([code("121049")]))  # fmt: skip
    content.RelationshipType, content.ValueType, content.TextValue = "CONTAINS", "TEXT", "x"
    protocol.Modality = "CT"
    ds.ReferencedImageSequence, ds.ReferencedImageEvidenceSequence = Sequence([referenced]), Sequence([referenced])
    ds.ReferencedSeriesSequence, ds.BlendingSequence = Sequence([series]), Sequence([blending])
    ds.ContentSequence, ds.HangingProtocolDefinitionSequence = Sequence([modifier, content]), Sequence([protocol])
    return ds


def save(ds: Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a file, its folders as well."""
    found = Path(path)
    found.parent.mkdir(parents=True, exist_ok=True)
    ds.file_meta = FileMetaDataset()  # type: ignore[attr-defined]
    dcmwrite(found, ds, transfer_syntax=EXPLICIT, sync=False)
    return found


def folder_of(root: Path, patients: int = 2, series: int = 2, images: int = 3) -> Path:
    """A folder of CT images under names that can be File IDs."""
    number = 0
    for p in range(patients):
        for s in range(series):
            for _ in range(images):
                number += 1
                ds = instance(
                    number, PatientID=f"P{p}", PatientName=f"Name^{p}", StudyInstanceUID=f"1.2.3.{p}",
                    SeriesInstanceUID=f"1.2.3.{p}.{s}", SeriesNumber=s + 1,
                )  # fmt: skip
                save(ds, root / f"P{p}" / f"S{s}" / f"I{number:05d}")
    return root


# -- directories byte by byte ----------------------------------------------------------------------

HEAD_NBYTES = len(part10(b"")) + 12 + 12 + 10 + 12  # in front of the first item


class Item:
    """A record: its type, keys, and where it says that the next one and those below stand, as numbers of records."""

    def __init__(
        self, kind: str, following: int | None = None, lower: int | None = None, file_id: str | None = None,
        *, flag: int = 0xFFFF, more: bytes = b"",
    ) -> None:  # fmt: skip
        self.kind, self.following, self.lower, self.file_id = kind, following, lower, file_id
        self.flag, self.more = flag, more

    def body(self, offset_of: dict[int, int]) -> bytes:
        """Its elements."""
        parts = [
            LE.element(0x00041400, "UL", _offset(self.following, offset_of)),
            LE.element(0x00041410, "US", struct.pack("<H", self.flag)),
            LE.element(0x00041420, "UL", _offset(self.lower, offset_of)),
            LE.element(0x00041430, "CS", self.kind),
        ]
        if self.file_id is not None:
            parts.append(LE.element(0x00041500, "CS", self.file_id))
        return b"".join((*parts, self.more))


def _offset(number: int | None, offset_of: dict[int, int]) -> bytes:
    return struct.pack("<I", 0 if number is None else offset_of.get(number, number))


def directory(*items: Item, first: int | None = 0, shift: int = 0) -> bytes:
    """A DICOMDIR of these records. Numbers that are no record's stand as offsets; all are `shift` bytes off."""
    offset_of: dict[int, int] = {}
    at = HEAD_NBYTES
    for number, item in enumerate(items):
        offset_of[number] = at + shift
        at += 8 + len(item.body({}))
    records = b"".join(LE.item(item.body(offset_of)) for item in items)
    body = (
        LE.element(0x00041200, "UL", _offset(first, offset_of))
        + LE.element(0x00041202, "UL", _offset(first, offset_of))
        + LE.element(0x00041212, "US", b"\0\0")
        + LE.sequence(0x00041220, records)
    )
    return part10(body).replace(b"1.2.840.10008.5.1.4.1.1.7\0", b"1.2.840.10008.1.3.10\0\0\0\0\0\0", 1)
