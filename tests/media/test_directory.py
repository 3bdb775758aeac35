"""Reading directories, right and wrong. PS3.3 §F.2.2, §F.3.2.2, §F.4."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from build import LE
from corpus import pydicom_folder
from media_made import Item, directory
from media_rivals import pydicom_file_set

from dicomet import DicomError, dcmread
from dicomet.findings import Finding
from dicomet.media import FileSet, Record
from dicomet.media.directory import MAX_DEPTH, read_directory

REAL = pydicom_folder() / "test_files" / "dicomdirtests"


def read(data: bytes) -> tuple[list[Record], list[Finding]]:
    return read_directory(dcmread(data))


def shape(roots: list[Record]) -> list[object]:
    """Types and File IDs, nested."""
    return [
        (record.record_type, record.file_id, shape(record.children)) if record.children
        else (record.record_type, record.file_id)
        for record in roots
    ]  # fmt: skip


def codes(findings: list[Finding]) -> list[str]:
    return sorted(finding.code for finding in findings)


WHOLE = (
    Item("PATIENT", 4, 1),
    Item("STUDY", None, 2),
    Item("SERIES", None, 3),
    Item("IMAGE", None, None, "A\\B"),
    Item("PATIENT", None, None),
)
SHAPE = [("PATIENT", None, [("STUDY", None, [("SERIES", None, [("IMAGE", ("A", "B"))])])]), ("PATIENT", None)]


def test_the_tree_is_that_of_the_offsets() -> None:
    roots, findings = read(directory(*WHOLE))
    assert shape(roots) == SHAPE
    assert findings == []
    assert [record.record_type for record in roots[0].walk()] == ["PATIENT", "STUDY", "SERIES", "IMAGE"]
    image = roots[0].children[0].children[0].children[0]
    assert [record.record_type for record in image.above()] == ["IMAGE", "SERIES", "STUDY", "PATIENT"]


def test_offsets_that_are_all_off_are_put_right() -> None:
    roots, findings = read(directory(*WHOLE, shift=-132))
    assert shape(roots) == SHAPE
    assert codes(findings) == ["offsets_shifted"]


def test_without_any_offset_file_order_and_types_tell() -> None:
    bare = [Item(item.kind, None, None, item.file_id) for item in WHOLE]
    roots, findings = read(directory(*bare, first=None))
    assert shape(roots) == SHAPE
    assert codes(findings) == ["unreachable"]


def test_offsets_that_lead_nowhere() -> None:
    items = list(WHOLE)
    items[2] = Item("SERIES", None, 99)
    roots, findings = read(directory(*items))
    assert shape(roots) == SHAPE
    assert codes(findings) == ["offset", "unreachable"]


def test_a_root_that_begins_in_the_middle() -> None:
    roots, findings = read(directory(*WHOLE, first=3))
    assert shape(roots) == SHAPE
    assert codes(findings) == ["offset", "unreachable"]


@pytest.mark.parametrize("back", [0, 1, 2, 3])
def test_circles_end(back: int) -> None:
    items = list(WHOLE)
    items[3] = Item("IMAGE", back, back, "A\\B")
    roots, findings = read(directory(*items))
    assert sum(1 for root in roots for _ in root.walk()) == len(items)
    assert "offset_again" in codes(findings) or "offset" in codes(findings)


def test_shared_branches_are_listed_once() -> None:
    roots, findings = read(directory(*WHOLE[:4], Item("PATIENT", None, 1)))
    assert sum(1 for root in roots for _ in root.walk()) == 5
    assert codes(findings) == ["offset_again"]


def test_records_out_of_use_are_left_out_unless_an_offset_leads_to_them() -> None:
    gone = Item("IMAGE", None, None, "GONE", flag=0)
    roots, findings = read(directory(*WHOLE, gone))
    assert shape(roots) == SHAPE
    assert findings == []
    items = [*WHOLE[:3], Item("IMAGE", None, None, "A\\B", flag=0), WHOLE[4]]
    roots, findings = read(directory(*items))
    assert shape(roots) == SHAPE
    assert codes(findings) == ["inactive"]


def test_deep_chains_are_flattened() -> None:
    n = 5000
    items = [Item("PRIVATE", None, i + 1 if i + 1 < n else None) for i in range(n)]
    roots, _ = read(directory(*items))
    assert sum(1 for root in roots for _ in root.walk()) == n
    assert max(sum(1 for _ in record.above()) for root in roots for record in root.walk()) <= MAX_DEPTH + 1


def test_f4_records_where_they_may_not_stand() -> None:
    roots, findings = read(
        directory(Item("STUDY", 1), Item("PATIENT", None, 2), Item("PATIENT"), Item("WHAT"), first=0)
    )
    assert codes(findings) == ["record_level", "record_level", "record_type", "unreachable"]
    assert len(roots) == 2


def test_retired_multi_referenced_records_name_the_file() -> None:
    more = LE.element(0x00041504, "UL", b"\0\0\0\0")
    items = [*WHOLE[:3], Item("IMAGE", more=more), WHOLE[4], Item("MRDR", None, None, "X\\Y")]
    data = bytearray(directory(*items))
    target = data.rindex(b"\xfe\xff\x00\xe0", 0, data.index(b"MRDR"))
    at = data.index(more)
    data[at + 8 : at + 12] = target.to_bytes(4, "little")
    roots, findings = read(bytes(data))
    assert roots[0].children[0].children[0].children[0].file_id == ("X", "Y")
    assert codes(findings) == ["multi_referenced"]


def test_broken_file_ids_are_findings() -> None:
    items = [*WHOLE[:3], Item("IMAGE", None, None, "image1.dcm\\B"), WHOLE[4]]
    _, findings = read(directory(*items))
    assert codes(findings) == ["file_id"]
    assert findings[0].clause == "PS3.10 §8.2"


def test_a_leaf_without_a_file() -> None:
    _, findings = read(directory(*WHOLE[:3], Item("IMAGE"), WHOLE[4]))
    assert codes(findings) == ["no_file"]


def test_offsets_of_another_vr() -> None:
    data = directory(*WHOLE).replace(b"\x04\x00\x00\x14UL", b"\x04\x00\x00\x14SL", 2)
    assert shape(read(data)[0]) == SHAPE


def test_a_file_without_records() -> None:
    ds = dcmread(directory())
    assert read_directory(ds) == ([], [])
    del ds.DirectoryRecordSequence
    assert codes(read_directory(ds)[1]) == ["no_records"]


@pytest.mark.parametrize(
    "name", ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nooffset", "DICOMDIR-reordered"]
)
def test_real_directories_as_pydicom_reads_them(name: str, tmp_path: Path) -> None:
    ours = FileSet(REAL / name)
    with pydicom_file_set(REAL / "DICOMDIR") as theirs:
        assert [(str(one.SOPInstanceUID), one.path) for one in ours] == [
            (str(one.SOPInstanceUID), one.path) for one in theirs
        ]
    assert not ours._found
    assert {str(one.load().SOPInstanceUID) for one in ours} == {str(one.SOPInstanceUID) for one in ours}


def test_a_real_directory_whose_patients_have_no_type() -> None:
    ours = FileSet(REAL / "DICOMDIR-nopatient")
    assert [(one.SOPInstanceUID, one.path) for one in ours] == [
        (one.SOPInstanceUID, one.path) for one in FileSet(REAL / "DICOMDIR-reordered")
    ]
    assert codes(ours.findings).count("record_type") == 2


def test_an_empty_real_directory() -> None:
    assert len(FileSet(REAL / "DICOMDIR-empty.dcm")) == 0


def test_mutants_give_a_result_or_an_error_in_bounded_time(tmp_path: Path) -> None:
    """What can be read can be written, and is sound then."""
    sources = [directory(*WHOLE), (REAL / "DICOMDIR").read_bytes(), (REAL / "DICOMDIR-implicit").read_bytes()]
    chance = random.Random(20)
    started = time.monotonic()
    nwritten = 0
    for round_number in range(300):
        data = bytearray(sources[round_number % len(sources)])
        for _ in range(chance.choice((1, 3, 30))):
            at = chance.randrange(128, len(data))
            if chance.random() < 0.2:
                del data[at : at + chance.randrange(1, 9)]
            else:
                data[at] = chance.choice((0, 1, 0xFF, chance.randrange(256)))
        if round_number % 10 == 0:
            del data[chance.randrange(300, len(data)) :]
        (tmp_path / "DICOMDIR").write_bytes(data)
        try:
            found = FileSet(tmp_path)
            found.check()
            str(found), repr(found), [(repr(one), one.get("PatientID")) for one in found]
            found.write(sync=False)
        except DicomError:
            continue
        again = FileSet(tmp_path)
        assert [record.record_type for root in again.records for record in root.walk()] == [
            record.record_type for root in found.records for record in root.walk()
        ]
        assert not {finding.code for finding in again._found} & {"offset", "offset_again", "unreachable", "too_deep"}
        nwritten += 1
    assert nwritten > 200
    assert time.monotonic() - started < 60
