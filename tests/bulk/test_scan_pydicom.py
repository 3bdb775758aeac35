"""Every column of every file that pydicom and pydicom-data bring equals pydicom's value."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pydicom.data
import pytest
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue

from dicomet.bulk import DEFAULT_COLUMNS, Column, parse_columns, scan
from dicomet.bulk.walk import walk_files

MORE_COLUMNS = (
    "MediaStorageSOPClassUID",
    "ImplementationVersionName",
    "SpecificCharacterSet",
    "OperatorsName",
    "OtherPatientIDs",
    "PatientComments",
    "FrameIncrementPointer",
    "SmallestImagePixelValue",
    "RedPaletteColorLookupTableDescriptor",
    "PixelAspectRatio",
    "DoseGridScaling",
    "RTPlanLabel",
    "ContentDescription",
    "RequestAttributesSequence.ScheduledProcedureStepID",
    "PerformedProtocolCodeSequence.CodeMeaning",
    "ConceptNameCodeSequence.CodeMeaning",
    "ReferencedImageSequence[1].ReferencedSOPInstanceUID",
    "SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing",
    "PerFrameFunctionalGroupsSequence[1].PlanePositionSequence.ImagePositionPatient",
    "ContentSequence[2].ConceptNameCodeSequence.CodeValue",
)

DIFFERENCES = {
    # PS3.5 §6.2.1.1: trailing "=" may be left out; pydicom's str() does so, the column has the text
    ("chrX1.dcm", "PatientName"): "Wang^XiaoDong=王^小東=",
    ("chrX2.dcm", "PatientName"): "Wang^XiaoDong=王^小东=",
}

# Damaged on purpose: what is cut off is no value here, while pydicom may give a part of it.
EXPECTED_STATUSES = {"ok", "truncated", "not_dicom"}


def real_files() -> list[str]:
    roots = [Path(pydicom.data.__file__).parent]
    spec = importlib.util.find_spec("data_store")
    if spec is not None and spec.origin is not None:
        roots.append(Path(spec.origin).parent)
    shared = Path(__file__).parents[3] / "shared" / "data"
    if shared.is_dir():
        roots.append(shared)
    return [
        file.path
        for root in roots
        for file in walk_files(root)
        if not file.path.endswith((".py", ".pyc"))
    ]


def convert(column: Column) -> Callable[[object], object]:
    number = int if column.type == "int" else float

    def text(value: object) -> object:
        return (f"{value:08X}" if column.vr == "AT" else str(value)).rstrip(" \0") or None

    def parsed(value: Any) -> object:
        try:
            return number(value)
        except (TypeError, ValueError, OverflowError):
            return None

    return text if column.type == "text" else parsed


def expected(dataset: pydicom.Dataset, column: Column) -> object:
    for step in column.steps[:-1]:
        items = dataset[step.tag].value if step.tag in dataset else ()
        if items is None or len(items) <= step.item:
            return None
        dataset = items[step.item]
    tag = column.steps[-1].tag
    if tag not in dataset:
        return None
    value = dataset[tag].value
    if value is None or value == "":
        return None
    one = convert(column)
    if not isinstance(value, (MultiValue, list)):
        value = one(value)
        return [value] if column.is_list and value is not None else value
    values = [one(each) for each in value]
    if column.is_list:
        return values or None
    return "\\".join(str(v or "") for v in values) if column.type == "text" else values[0]


@pytest.fixture(scope="module")
def files() -> list[str]:
    found = real_files()
    assert len(found) > 100
    return found


def gathered(files: list[str], columns: list[Column], workers: int) -> dict[str, list[Any]]:
    (batch,) = scan(files, columns, workers=workers)
    return batch.to_pydict()


def test_every_column_of_every_real_file(files: list[str]) -> None:
    columns = list(parse_columns([*DEFAULT_COLUMNS, *MORE_COLUMNS]))
    values = gathered(files, columns, 2)
    assert set(values["status"]) <= EXPECTED_STATUSES
    wrong = []
    ncompared = 0
    for i, path in enumerate(files):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            for column in columns:
                if not column.steps:
                    continue
                source = dataset.file_meta if column.source == "meta" else dataset
                want = expected(source, column)
                want = DIFFERENCES.get((os.path.basename(path), column.name), want)
                ncompared += want is not None
                if values[column.name][i] != want:
                    wrong.append((path, column.name, values[column.name][i], want))
    assert wrong == []
    assert ncompared > 5000


def test_what_pydicom_reads_is_dicom(files: list[str]) -> None:
    values = gathered(files, list(parse_columns(["status", "transfer_syntax"])), 1)
    for path, status, syntax in zip(
        files, values["status"], values["transfer_syntax"], strict=True
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                meta = pydicom.dcmread(path, specific_tags=[]).file_meta
            except InvalidDicomError:
                continue
        assert status != "not_dicom", path
        assert syntax == meta.get("TransferSyntaxUID", None), path


def test_threads_change_nothing(files: list[str]) -> None:
    columns = list(parse_columns([*DEFAULT_COLUMNS, *MORE_COLUMNS]))
    assert gathered(files * 3, columns, 1) == gathered(files * 3, columns, 2)
