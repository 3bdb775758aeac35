"""What `check` finds. PS3.10 §8, PS3.3 Annex F, PS3.11."""

from __future__ import annotations

from pathlib import Path

import pytest
from build import BE, LE
from media_made import Item, directory, instance, save

from dicomet import dcmread
from dicomet.media import PROFILES, FileSet


@pytest.fixture
def disc(images: Path) -> Path:
    FileSet.create(images, sync=False)
    return images


def codes(disc: Path, profile: str | None = None) -> list[str]:
    return sorted(finding.code for finding in FileSet(disc).check(profile))


def test_nothing_is_wrong(disc: Path) -> None:
    assert codes(disc, "STD-GEN-CD") == []


def test_files_that_are_not_there_or_are_others(disc: Path) -> None:
    (disc / "P0" / "S0" / "I00001").unlink()
    (disc / "P0" / "S0" / "I00002").write_text("no DICOM")
    save(instance(77), disc / "P0" / "S0" / "I00003")
    findings = FileSet(disc).check()
    assert sorted(finding.code for finding in findings) == ["file_differs", "file_missing", "file_unreadable"]
    assert all(finding.offset > 0 and finding.clause for finding in findings)
    assert [finding.tag for finding in findings if finding.code == "file_differs"] == [0x00041511]


def test_ps310_7_1_files_have_meta_information(disc: Path) -> None:
    path = disc / "P0" / "S0" / "I00001"
    data = path.read_bytes()
    path.write_bytes(data[dcmread(data)._index.body_offset :])
    assert "file_form" in codes(disc)


def test_ps311_transfer_syntaxes_of_a_profile(disc: Path) -> None:
    path = disc / "P0" / "S0" / "I00001"
    dcmread(path, mode="read").save_as(path, transfer_syntax="1.2.840.10008.1.2")
    made, _ = FileSet.create(disc, overwrite=True, sync=False)
    assert [finding.code for finding in made.check()] == []
    assert [finding.code for finding in made.check("STD-GEN-CD")] == ["profile_syntax"]
    assert [finding.code for finding in made.check("STD-GEN-MIME") if finding.code != "key_missing"] == []


def test_ps311_keys_of_a_profile(disc: Path) -> None:
    assert codes(disc, "STD-GEN-USB-JPEG") == ["key_missing"] * 24  # Rows and Columns
    made, _ = FileSet.create(disc, overwrite=True, profile="STD-GEN-USB-JPEG", sync=False)
    assert made.check("STD-GEN-USB-JPEG") == []


def test_ps311_profiles() -> None:
    assert PROFILES["STD-GEN-CD"].syntaxes == {"1.2.840.10008.1.2.1"}
    assert len(PROFILES["STD-GEN-DVD-JPEG"].syntaxes) == 4
    assert len(PROFILES["STD-GEN-USB-J2K"].syntaxes) == 3
    assert PROFILES["STD-GEN-BD-MPEG4-HPLV41"].syntaxes == {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.102"}
    assert all(profile.clause.startswith("PS3.11 Annex") for profile in PROFILES.values())


def test_keys_that_are_missing_or_empty(disc: Path) -> None:
    found = FileSet(disc)
    del found.records[0].dataset.PatientName
    found.records[1].dataset.PatientID = ""
    assert sorted(finding.code for finding in found.check()) == ["key_empty", "key_missing"]


def test_listed_twice(disc: Path) -> None:
    found = FileSet(disc)
    one, two = found.find()[:2]
    two.record.file_id = one.record.file_id
    assert [finding.code for finding in found.check()] == ["file_twice", "file_differs"]
    two.record.dataset.ReferencedSOPInstanceUIDInFile = one.SOPInstanceUID
    assert [finding.code for finding in found.check()] == ["file_twice", "instance_twice"]


def test_what_stands_beside_the_records(disc: Path) -> None:
    found = FileSet(disc)
    found.dataset.FileSetID = "lower"
    found.dataset.FileSetDescriptorFileID = ["TEXTS", "README"]
    found.write(sync=False)
    assert codes(disc) == ["descriptor", "file_set_id"]
    (disc / "TEXTS").mkdir()
    (disc / "TEXTS" / "README").write_text("hello")
    found.ID = "UPPER_1"
    found.write(sync=False)
    assert codes(disc) == []


def test_ps310_8_6_a_directory_is_in_explicit_little_endian(tmp_path: Path) -> None:
    from build import BIG, EXPLICIT

    data = directory()
    body = BE.element(0x00041200, "UL", bytes(4)) + BE.sequence(0x00041220)
    head = data[: dcmread(data)._index.body_offset].replace(
        LE.element(0x00020010, "UI", EXPLICIT), LE.element(0x00020010, "UI", BIG)
    )
    (tmp_path / "DICOMDIR").write_bytes(head + body)
    assert "directory_syntax" in codes(tmp_path)


def test_what_reading_found_is_there_too(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(directory(Item("PATIENT"), Item("STUDY"), first=None))
    assert "unreachable" in codes(tmp_path)
