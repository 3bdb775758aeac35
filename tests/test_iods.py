"""SOP classes, IODs, modules, attribute types. PS3.3; PS3.5 §7.4."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest

from dicomet import iods, uids
from dicomet._native import iods as native
from dicomet.tags import tag_for_keyword

CT = str(uids.CTImageStorage)
SR = str(uids.ComprehensiveSRStorage)
NAME, REFERENCES, INSTANCE = 0x00100010, 0x00081140, 0x00081155
# Which attributes a content item has depends on its Value Type: types 1 and 2 are 1C and 2C. PS3.3 C.17.3
CONTENT_MODULES = ("sr-document-content", "encapsulated-document")
FACTS = Path(os.environ.get("DICOMET_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "facts"


def test_a_sop_class_has_an_iod() -> None:
    assert iods.iod_of(CT) == "ct-image"
    assert iods.iod_of(uids.CTImageStorage) == "ct-image"
    assert iods.iod_of("1.2.3") is None
    assert iods.iod_of("") is None
    assert iods.iod_of("ü") is None
    assert len(native.sop_classes()) == 180


def test_an_iod_has_modules_with_usage() -> None:
    modules = dict(iods.modules_of("ct-image"))
    assert modules["image-pixel"] == "M"
    assert modules["contrast-bolus"] == "C"
    assert modules["overlay-plane"] == "U"
    with pytest.raises(KeyError):
        iods.modules_of("no-iod")
    assert all(iods.modules_of(iod) for iod in native.iods())


def test_a_module_has_attributes() -> None:
    attributes = {a.tag.keyword: a for a in iods.attributes_of("general-reference")}
    assert attributes["ReferencedImageSequence"].has_items
    inner = iods.attributes_of("general-reference", ["ReferencedImageSequence"])
    assert [(a.tag.keyword, a.type) for a in inner if a.tag == INSTANCE] == [("ReferencedSOPInstanceUID", "1")]
    assert iods.attributes_of("general-reference", ["PatientName"]) == []
    with pytest.raises(KeyError):
        iods.attributes_of("no-module")
    assert iods.clause_of("image-pixel") == "PS3.3 C.7.6.3"
    assert iods.clause_of("raw-data") == "PS3.3 Annex C"


@pytest.mark.parametrize(
    ("sop_class", "path", "expected"),
    [
        (CT, NAME, "2"),
        (CT, (NAME,), "2"),
        (CT, [REFERENCES, INSTANCE], "1"),
        (CT, 0x0020000D, "1"),
        (CT, 0x00280006, "1C"),
        (CT, 0x00081030, "3"),
        (CT, 0x00185100, "2C"),
        (CT, 0x60020010, "1"),  # any overlay
        (CT, 0x00091001, None),
        (CT, (NAME, NAME), None),
        (CT, (), None),
        ("1.2.3", NAME, "2"),  # of any module
        (None, 0x0020000D, "1"),
        ("1.2.3", 0x00091001, None),
        (SR, (0x0040A730,) * 50 + (0x0040A160,), "1C"),  # content items of any depth
        (SR, (0x0040A730,) * 200, None),
    ],
)
def test_type_of_an_attribute(sop_class: str | None, path: int, expected: str | None) -> None:
    assert iods.attribute_type(sop_class, path) == expected


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError):
        iods.attribute_type(1, NAME)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        iods.attribute_type(CT, 1 << 32)


def test_tables_are_those_of_the_facts() -> None:
    """Every row of the flat table is found by its path."""
    source = FACTS / "module_attributes.csv.gz"
    if not source.exists():
        pytest.skip("the flat tables do not lie beside the project")
    known = {name for iod in native.iods() for name, _ in iods.modules_of(iod)}
    found: dict[tuple[str, tuple[int, ...]], dict[int, str]] = {}
    nrows = 0
    with gzip.open(source, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            tag = tag_for_keyword(row["keyword"])
            if row["module"] not in known or tag is None:
                continue
            path = tuple(tag_for_keyword(keyword) or 0 for keyword in filter(None, row["path"].split("/")))
            if 0 in path:
                continue  # below what the dictionary does not know yet
            key = (row["module"], path)
            if key not in found:
                found[key] = {a.tag: a.type for a in iods.attributes_of(*key)}
            given = found[key][tag]
            loosened = row["module"] in CONTENT_MODULES and given == row["type"] + "C"
            assert given == row["type"] or loosened
            nrows += 1
    assert nrows > 90_000
