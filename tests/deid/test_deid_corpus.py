"""Every real file: nothing that identified anybody is left, nothing else has changed. PS3.15 §E.1.1."""

from __future__ import annotations

import csv
import functools
import io
import re
import warnings
from pathlib import Path

import pydicom
import pytest
from corpus import real_files

from dicomet import Dataset, FileDataset, dcmread, validate
from dicomet.deid import Deidentifier, Report
from dicomet.deid.deidentifier import DirectoryRefused
from dicomet.errors import InvalidDicomError
from dicomet.uids import UID

KEY = b"corpus"
_TABLE = Path(__file__).resolve().parents[2] / "tools" / "data" / "deidentification.csv"
_PIXELS = 0x7FE00010
_STAMPS = {0x00120062, 0x00120063, 0x00120064, 0x00280303}
_NUMBERS = ("DS", "IS")
_DUMMIES = {b"Anonymous", b"ANONYMIZED", b"19000101"}  # what some files had in before
_IDENTIFIERS = (
    "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "InstitutionName", "InstitutionAddress",
    "StationName", "PatientAddress", "DeviceSerialNumber", "AdmissionID", "PatientTelephoneNumbers",
    "RequestedProcedureID", "ScheduledProcedureStepID", "PerformedProcedureStepID", "MedicalRecordLocator",
)  # fmt: skip
_OPTIONS = [
    (),
    ("retain_modified_dates", "retain_safe_private", "clean_descriptors", "clean_structured_content", "clean_graphics"),
    ("retain_uids", "retain_full_dates", "retain_device_identity", "retain_patient_characteristics"),
]


@functools.cache
def table() -> dict[int, dict[str, str]]:
    """Rows of Table E.1-1 by tag, those of repeating groups left out."""
    with _TABLE.open(newline="", encoding="utf-8") as file:
        return {int(row["tag"], 16): row for row in csv.DictReader(file) if re.fullmatch("[0-9A-F]{8}", row["tag"])}


def _kept(row: dict[str, str], options: tuple[str, ...]) -> bool:
    columns = [name.replace("retain_full", "retain_long_full") for name in options]
    return any(row.get(column) == "K" for column in columns)


def originals(ds: FileDataset, options: tuple[str, ...]) -> set[bytes]:
    """Values of at least four characters that may not come out: names, identifiers, UIDs, dates."""
    found: set[bytes] = set()
    kept: set[bytes] = set()  # a date of birth may be that of a study, whose date is kept
    for element in ds.iterall():
        row = table().get(int(element.tag))
        if row is None or element.VR == "SQ":
            continue
        if _kept(row, options):
            kept.update(bytes(element.raw).rstrip(b" \0").split(b"\\"))
            continue
        named = element.keyword in _IDENTIFIERS
        if element.VR in ("PN", "UI", "DA", "DT") or named:
            for value in bytes(element.raw).rstrip(b" \0").split(b"\\"):
                text = value.strip(b" \0")
                if element.VR == "UI" and UID(text.decode("latin-1")).name != text.decode("latin-1"):
                    continue  # registered
                if len(text) >= 4 and set(text) != {ord("0")}:
                    found.add(text)
    return found - _DUMMIES - kept


def searched(data: bytes) -> bytes:
    """The bytes of a file but for pixels and numbers, which may look like anything."""
    ds = dcmread(data)
    out = bytearray(data)
    for element in ds.iterall():
        if element.tag == _PIXELS or element.VR in (*_NUMBERS, "OW", "OB"):
            start = element.offset
            if start is not None and element.length:
                out[start : start + element.length] = bytes(element.length)
    return bytes(out).replace(b"19000101", b"")


def _raw_elements(ds: Dataset) -> dict[int, bytes]:
    return {int(element.tag): bytes(element.raw) for element in ds if element.VR != "SQ"}


def _run(path: Path, options: tuple[str, ...]) -> tuple[bytes, bytes, Report]:
    data = path.read_bytes()
    made, report = Deidentifier(options=options, key=KEY, with_elements=True).deidentify_bytes(data)
    return data, made, report


@pytest.mark.parametrize("options", _OPTIONS, ids=["basic", "clean", "retain"])
@pytest.mark.parametrize("name", real_files())
def test_nothing_that_identifies_survives(name: str, options: tuple[str, ...]) -> None:
    try:
        data, made, report = _run(real_files()[name], options)
    except (InvalidDicomError, DirectoryRefused):
        return
    before, after = dcmread(data), dcmread(made)
    where = searched(made)
    left = {text for text in originals(before, options) if text in where}
    assert not left

    touched = {path for path, _ in report.elements}
    old, new = _raw_elements(before), _raw_elements(after)
    for tag, raw in new.items():
        if tag not in _STAMPS and f"({tag >> 16:04X},{tag & 0xFFFF:04X})" not in touched and tag & 0xFFFF:
            same = raw == old[tag] or raw == old[tag] + b"\0" or raw == old[tag] + b" "
            assert same or (len(raw) > 4096 and raw[:4096] == old[tag][:4096]), hex(tag)
    assert after.PatientIdentityRemoved == "YES"
    if any(finding.code == "truncated" for finding in before.findings):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert pydicom.dcmread(io.BytesIO(made), force=True).PatientIdentityRemoved == "YES"


def test_what_comes_out_is_as_valid_as_what_went_in(tmp_path: Path) -> None:
    """Actions are settled by type, so nothing that the IOD wants is missing afterwards."""
    for name, path in list(real_files().items())[::5]:
        try:
            _, made, _ = _run(path, ())
        except (InvalidDicomError, DirectoryRefused):
            continue
        (tmp_path / "made").write_bytes(made)
        before = {(one.path, one.code) for one in validate(path)}
        new = {(one.path, one.code) for one in validate(tmp_path / "made") if one.severity == "error"} - before
        assert {one for one in new if not one[0].startswith("MediaStorage")} == set(), name
