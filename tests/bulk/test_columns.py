"""Columns: how they are written and what they become. PS3.6, PS3.5 §6.2, §7.8."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomet.bulk.columns import (
    DEFAULT_COLUMNS,
    Column,
    ColumnError,
    Step,
    parse_column,
    parse_columns,
)


@pytest.mark.parametrize(
    ("text", "type_", "is_list", "vr"),
    [
        ("PatientName", "text", False, "PN"),
        ("ImageType", "text", True, "CS"),
        ("InstanceNumber", "int", False, "IS"),
        ("Rows", "int", False, "US"),
        ("SmallestImagePixelValue", "int", False, "xs"),
        ("SliceThickness", "float", False, "DS"),
        ("PixelSpacing", "float", True, "DS"),
        ("ImagePositionPatient", "float", True, "DS"),
        ("RealWorldValueSlope", "float", False, "FD"),
        ("FrameIncrementPointer", "text", True, "AT"),
        ("00100020", "text", False, "LO"),
        ("(0010,0020)", "text", False, "LO"),
        ("(00091001)"[1:-1], "text", False, "UN"),
        ('(0009,"ACME 1.0",20):FD', "float", False, "FD"),
        ('(0009,"ACME: a.b=c",21):DS[]', "float", True, "DS"),
        ("OverlayRows", "int", False, "US"),
    ],
)
def test_type_follows_from_the_dictionary(text: str, type_: str, is_list: bool, vr: str) -> None:
    column = parse_column(text)
    assert (column.type, column.is_list, column.vr) == (type_, is_list, vr)
    assert (column.name, column.source) == (text, "element")


def test_path_goes_through_items() -> None:
    column = parse_column("OtherPatientIDsSequence[2].PatientID")
    assert column.steps == (Step(0x00101002, 2), Step(0x00100020))
    first = parse_column("RequestAttributesSequence.ScheduledProcedureStepID")
    assert first.steps[0].item == 0
    mixed = parse_column("(0040,0275).00400009")
    assert mixed.steps == first.steps


def test_private_element_names_its_creator() -> None:
    column = parse_column('(0029,"SIEMENS MEDCOM HEADER",08)')
    assert column.steps == (Step(0x00290008, 0, "SIEMENS MEDCOM HEADER"),)
    assert column.vr == "CS"


def test_alias_names_the_column() -> None:
    column = parse_column('mass = (0009,"A=B",20):DS')
    assert (column.name, column.steps[0].creator) == ("mass", "A=B")
    assert parse_column("where=path") == Column("where", "path", "text")


def test_file_meta_information_has_its_own_source() -> None:
    assert parse_column("MediaStorageSOPClassUID").source == "meta"
    assert parse_column("transfer_syntax").source == "transfer_syntax"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NoSuchKeyword",
        "RequestAttributesSequence",
        "RequestAttributesSequence.",
        "RequestAttributesSequence..PatientID",
        "PatientID.PatientName",
        "PatientID[1]",
        "PixelData",
        "FileMetaInformationVersion",
        "7FE00010",
        "FFFAFFFA",
        "CommandField",
        "(0010,0020",
        '(0010,"ACME",20)',
        "00020010.00100020",
        "PatientID:OB",
        "PatientID PatientName",
        ".".join(["RequestAttributesSequence"] * 16 + ["PatientID"]),
    ],
)
def test_what_cannot_be_a_column_is_refused(text: str) -> None:
    with pytest.raises(ColumnError):
        parse_column(text)


def test_columns_are_several_and_differ() -> None:
    for wrong in ("PatientID", [], ["Rows", "Rows"], ["Rows", "Rows=Columns"]):
        with pytest.raises(ColumnError):
            parse_columns(wrong)
    assert [c.name for c in parse_columns(["Rows", Column("p", "path", "text")])] == ["Rows", "p"]


def test_default_columns_are_what_users_query() -> None:
    columns = parse_columns(None)
    assert [column.name for column in columns] == list(DEFAULT_COLUMNS)
    assert sum(column.source == "element" for column in columns) >= 30
    assert {"path", "size", "mtime", "transfer_syntax", "status"} <= {c.source for c in columns}


def test_the_docs_list_the_default_columns() -> None:
    page = Path(__file__).parents[2] / "docs" / "columns.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(DEFAULT_COLUMNS)
