"""File-sets: made, changed, written, copied; old or new whenever writing ends. PS3.10 §8."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from build import LE, part10
from corpus import pydicom_folder
from media_made import Item, directory, folder_of, instance, save

from dicomet import DicomError, dcmread
from dicomet._native.plan import Plan
from dicomet.errors import InvalidDicomError, WriteError
from dicomet.media import FileIDError, FileSet, ProfileError, RecordError
from dicomet.media.directory import read_directory
from dicomet.media.emitting import plan_directory
from dicomet.media.fileid import problem_of

REAL = pydicom_folder() / "test_files" / "dicomdirtests"


def uids(file_set: FileSet) -> list[str]:
    return [str(one.SOPInstanceUID) for one in file_set]


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def offsets_hold(path: Path) -> None:
    """Every offset of a DICOMDIR leads to a record, and all records are reached. PS3.10 §8.6."""
    ds = dcmread(path)
    _, findings = read_directory(ds)
    assert findings == []
    assert ds.findings == []
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert ds.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.1.3.10"


# -- making ----------------------------------------------------------------------------------------


def test_a_folder_becomes_a_file_set_in_place(images: Path) -> None:
    before = files_in(images)
    made, refused = FileSet.create(images, file_set_id="DISC 1", sync=False)
    assert refused == []
    assert len(made) == 12
    assert files_in(images) == before | {"DICOMDIR"}
    offsets_hold(images / "DICOMDIR")
    read = FileSet(images)
    assert read.ID == "DISC 1"
    assert read.UID == made.UID
    assert uids(read) == uids(made) == [f"1.2.3.4.{n}" for n in range(1, 13)]
    assert [one.file_id for one in read][:2] == [("P0", "S0", "I00001"), ("P0", "S0", "I00002")]
    assert read.check("STD-GEN-CD") == []
    assert not read.is_changed


def test_copied_to_another_folder_files_get_names_of_their_own(images: Path, tmp_path: Path) -> None:
    (images / "P0" / "S0" / "I00001").rename(images / "P0" / "S0" / "first image.dcm")
    made, refused = FileSet.create(images, tmp_path / "disc", sync=False)
    assert refused == []
    assert sorted(str(one.file_id) for one in made)[0] == "('PT000000', 'ST000000', 'SE000000', 'IM000000')"
    assert all(not problem_of(one.file_id or ()) for one in made)
    assert files_in(tmp_path / "disc") == {"DICOMDIR", *("/".join(one.file_id or ()) for one in made)}
    assert {one.load().SOPInstanceUID for one in FileSet(tmp_path / "disc")} == set(uids(made))
    assert made.check() == []
    again, refused = FileSet.create(images, sync=False)
    assert [(Path(path).name, type(error)) for path, error in refused] == [("first image.dcm", FileIDError)]
    assert len(again) == 11


def test_what_is_no_dicom_is_told(images: Path) -> None:
    (images / "README").write_text("hello")
    (images / "P0" / "LINK").symlink_to(images / "P0" / "S0" / "I00001")
    save(instance(99, InstanceNumber=None), images / "BAD")
    _, refused = FileSet.create(images, sync=False)
    assert {Path(path).name: type(error) for path, error in refused} == {
        "README": InvalidDicomError,
        "BAD": RecordError,
    }


def test_another_file_set_is_not_overwritten_unless_told(images: Path) -> None:
    FileSet.create(images, sync=False)
    before = (images / "DICOMDIR").read_bytes()
    with pytest.raises(FileExistsError):
        FileSet.create(images, sync=False)
    assert (images / "DICOMDIR").read_bytes() == before
    FileSet.create(images, overwrite=True, sync=False)
    assert (images / "DICOMDIR").read_bytes() != before  # another File-set UID


def test_data_sets_in_memory(tmp_path: Path) -> None:
    made = FileSet()
    one = made.add(instance(1))
    assert one.is_added
    assert one.path is None
    assert one.load().SOPInstanceUID == "1.2.3.4.1"
    assert made.find(PatientID="4711") == [one]
    made.write(tmp_path / "disc", sync=False)
    assert not one.is_added
    assert one.load().filename == one.path == str(tmp_path / "disc" / "PT000000" / "ST000000" / "SE000000" / "IM000000")
    assert FileSet(tmp_path / "disc").check() == []


def test_an_edited_file_is_listed_as_it_is_written(images: Path, tmp_path: Path) -> None:
    ds = dcmread(images / "P0" / "S0" / "I00001")
    ds.PatientID, ds.file_meta.TransferSyntaxUID = "EDITED", "1.2.840.10008.1.2"
    made = FileSet()
    made.add(ds)
    made.write(tmp_path / "disc", sync=False)
    one = next(iter(FileSet(tmp_path / "disc")))
    assert (one.PatientID, one.TransferSyntaxUID) == ("EDITED", "1.2.840.10008.1.2")
    assert one.load().PatientID == "EDITED"
    assert made.check() == []


def test_files_without_meta_information_are_written_as_files(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    whole = save(instance(1), tmp_path / "whole").read_bytes()
    bare.write_bytes(whole[dcmread(whole)._index.body_offset :])
    made = FileSet()
    made.add(bare)
    made.write(tmp_path / "disc", sync=False)
    assert made.check() == []
    assert next(iter(made)).load().preamble is not None
    (tmp_path / "BARE").mkdir()
    bare.rename(tmp_path / "BARE" / "BARE")
    _, refused = FileSet.create(tmp_path / "BARE", sync=False)
    assert [error.clause for _, error in refused if isinstance(error, RecordError)] == ["PS3.10 §7.1"]


def test_an_empty_file_set(tmp_path: Path) -> None:
    made = FileSet()
    with pytest.raises(ValueError, match="folder"):
        made.write()
    made.write(tmp_path / "disc", sync=False)
    read = FileSet(tmp_path / "disc" / "DICOMDIR")
    assert len(read) == 0
    assert read.records == []
    assert read.dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == 0


def test_file_set_ids_and_profiles() -> None:
    with pytest.raises(ValueError, match="16"):
        FileSet().ID = "x" * 17
    with pytest.raises(ProfileError, match="STD-GEN-CD"):
        FileSet(profile="STD-XYZ")
    assert FileSet(profile="std-gen-usb-j2k").ID == ""


# -- reading ---------------------------------------------------------------------------------------


def test_what_the_directory_says_of_an_instance(images: Path) -> None:
    FileSet.create(images, sync=False)
    one = FileSet(images).find(PatientID="P1", SeriesNumber=2)[1]
    assert one.SOPInstanceUID == one.get("SOPInstanceUID") == "1.2.3.4.11"
    assert (one.PatientName, one.Modality, one["InstanceNumber"]) == ("Name^1", "CT", 11)
    assert one.record.parent is not None
    assert one.record.parent.dataset.SeriesInstanceUID == "1.2.3.1.1"
    assert "PatientID" in one
    assert "Rows" not in one
    assert one.get("Rows", "none") == "none"
    with pytest.raises(AttributeError):
        _ = one.Rows
    with pytest.raises(KeyError):
        one["Rows"]


def test_finding(images: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    assert len(found.find()) == 12
    assert len(found.find(PatientID="P0", Modality="CT")) == 6
    assert found.find(PatientID="none") == []
    assert found.find(Rows=1) == []
    assert len(found.find(Rows=1, load=True)) == 12
    assert found.find_values("PatientID") == ["P0", "P1"]
    assert found.find_values("Rows", load=True) == [1]
    assert "1.2.3.4.1" in found
    assert "1.2.3" not in found
    assert 5 not in found


def test_instances_are_read_when_they_are_asked_for(images: Path) -> None:
    FileSet.create(images, sync=False)
    for path in images.rglob("I0*"):
        path.unlink()
    found = FileSet(images)
    assert len(found.find(PatientID="P0")) == 6
    with pytest.raises(FileIDError):
        next(iter(found)).load()


def test_text_for_people(images: Path) -> None:
    made, _ = FileSet.create(images, sync=False)
    assert str(made).splitlines()[:4] == [
        "PATIENT: P0, Name^0",
        "  STUDY: 20240229, S1",
        "    SERIES: CT, 1",
        "      3 IMAGE",
    ]
    assert "      IMAGE: 1, P0\\S0\\I00001" in made.tree(instances=True).splitlines()
    assert "12 instances" in repr(made)


def test_a_folder_without_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileSet(tmp_path)
    save(instance(1), tmp_path / "DICOMDIR")
    with pytest.raises(InvalidDicomError):
        FileSet(tmp_path)


def test_a_medium_in_lower_case(images: Path, tmp_path: Path) -> None:
    FileSet.create(images, sync=False)
    disc = tmp_path / "disc"
    for path in files_in(images):
        (disc / path.lower()).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(images / path, disc / f"{path.lower()};1")
    found = FileSet(disc)
    assert found.check() == []
    assert {one.load().SOPInstanceUID for one in found} == set(uids(found))
    found.remove(found.find(PatientID="P0"))
    found.write(sync=False)
    assert len(FileSet(disc)) == 6
    assert sorted(path.name for path in disc.iterdir()) == ["dicomdir;1", "p1"]


# -- changing --------------------------------------------------------------------------------------


def test_added_and_removed_in_place(images: Path, tmp_path: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    new = save(
        instance(50, PatientID="P1", StudyInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3.1.0"), tmp_path / "new.dcm"
    )
    other = save(instance(51, PatientID="P2"), tmp_path / "other.dcm")
    found.add(new)
    found.add(other)
    found.remove(found.find(PatientID="P0"))
    assert found.is_changed
    assert len(found) == 8
    assert "P0/S0/I00001" in files_in(images)
    found.write(sync=False)
    offsets_hold(images / "DICOMDIR")
    assert files_in(images) == {
        "DICOMDIR",
        *(f"P1/S{s}/I{n:05d}" for s in (0, 1) for n in range(7 + 3 * s, 10 + 3 * s)),
        "P1/S0/IM000000",  # with its series
        "PT000000/ST000000/SE000000/IM000000",
    }
    assert not (images / "P0").exists()
    assert FileSet(images).check() == []
    assert found.UID == FileSet(images).UID


def test_what_was_added_and_removed_before_writing_leaves_no_trace(images: Path, tmp_path: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    new = save(instance(50), tmp_path / "new.dcm")
    found.remove(found.add(new))
    assert len(found.records) == 2
    found.add(new)  # and again
    assert len(found) == 13
    found.remove(found.find(PatientID="4711"))
    found.write(sync=False)
    assert len(FileSet(images)) == 12
    assert new.exists()
    with pytest.raises(ValueError, match="not in"):
        found.remove(FileSet(images).find()[0])


def test_an_instance_removed_and_added_again(images: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    one = found.find()[0]
    path = one.path
    assert path is not None
    found.remove(one)
    found.add(path)
    found.write(sync=False)
    assert len(FileSet(images)) == 12
    assert FileSet(images).check() == []


def test_removed_files_that_other_records_name_stay(tmp_path: Path) -> None:
    disc = tmp_path / "disc"
    save(instance(1), disc / "ONE")
    keys = LE.element(0x00041511, "UI", "1.2.3.4.1")
    image = [Item("IMAGE", None, None, "ONE", more=keys) for _ in range(2)]
    image[0].following = 4
    (disc / "DICOMDIR").write_bytes(
        directory(Item("PATIENT", None, 1), Item("STUDY", None, 2), Item("SERIES", None, 3), *image)
    )
    found = FileSet(disc)
    found.remove(found.find()[0])
    found.write(sync=False)
    assert (disc / "ONE").exists()
    found.remove(found.find())
    found.write(sync=False)
    assert files_in(disc) == {"DICOMDIR"}


def test_keys_may_be_edited(images: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    found.records[0].dataset.PatientName = "Other^Name"
    found.records[1].dataset.PatientComments = "kept"
    found.write(sync=False)
    offsets_hold(images / "DICOMDIR")
    again = FileSet(images)
    assert [root.dataset.PatientName for root in again.records] == ["Other^Name", "Name^1"]
    assert again.records[1].dataset.PatientComments == "kept"
    made = FileSet()
    made.add(instance(1)).record.dataset.InstanceNumber = 77
    made.write(images / "NEW", sync=False)
    assert next(iter(FileSet(images / "NEW"))).InstanceNumber == 77


@pytest.mark.parametrize(
    "name", ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nooffset", "DICOMDIR-reordered"]
)
def test_real_directories_rewritten_hold_the_same(name: str, tmp_path: Path) -> None:
    disc = tmp_path / "disc"
    shutil.copytree(REAL, disc, ignore=shutil.ignore_patterns("TINY_ALPHA", "DICOMDIR*"))
    shutil.copy(REAL / name, disc / "DICOMDIR")
    before = FileSet(disc)
    keys = [[(e.tag, e.value) for e in r.dataset if e.tag > 0x00041420] for root in before.records for r in root.walk()]
    before.write(sync=False)
    offsets_hold(disc / "DICOMDIR")
    after = FileSet(disc)
    assert keys == [
        [(e.tag, e.value) for e in r.dataset if e.tag > 0x00041420] for root in after.records for r in root.walk()
    ]
    assert after.ID == before.ID
    assert after.UID == before.UID


def test_copies(images: Path, tmp_path: Path) -> None:
    FileSet.create(images, file_set_id="A", sync=False)
    found = FileSet(images)
    found.add(instance(50))
    copied = found.copy(tmp_path / "disc", sync=False)
    assert len(copied) == 13
    assert copied.ID == "A"
    assert [one.file_id for one in copied][:12] == [one.file_id for one in found][:12]
    assert copied.check() == []
    offsets_hold(tmp_path / "disc" / "DICOMDIR")
    assert found.path == str(images)
    assert found.find(PatientID="4711")[0].is_added
    assert len(FileSet(images)) == 12
    with pytest.raises(ValueError, match="itself"):
        found.copy(images)
    with pytest.raises(FileExistsError):
        found.copy(tmp_path / "disc")


def test_written_to_another_folder_it_stands_there(images: Path, tmp_path: Path) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    (tmp_path / "disc" / "P0" / "S0").mkdir(parents=True)
    (tmp_path / "disc" / "P0" / "S0" / "i00001").write_text("taken")
    found.write(tmp_path / "disc", sync=False)
    assert found.path == str(tmp_path / "disc")
    assert len(FileSet(images)) == 12
    assert found.check() == []
    assert (tmp_path / "disc" / "P0" / "S0" / "i00001").read_text() == "taken"


def test_a_real_file_set_goes_around(tmp_path: Path) -> None:
    copied = FileSet(REAL / "TINY_ALPHA").copy(tmp_path / "disc", sync=False)
    assert len(copied) == len(FileSet(REAL / "TINY_ALPHA")) == 50
    assert copied.check() == FileSet(REAL / "TINY_ALPHA").check() == []
    assert (tmp_path / "disc" / "README").exists()  # its descriptor


def test_many_are_removed_at_once(tmp_path: Path) -> None:
    made = FileSet()
    for number in range(300):
        made.add(instance(number, PatientID=f"P{number % 3}"))
    made.remove(made.find(PatientID="P1"))
    assert len(made) == 200
    assert [root.dataset.PatientID for root in made.records] == ["P0", "P2"]
    made.add(instance(1000, PatientID="P1"))
    made.add(instance(1001, PatientID="P0"))
    assert [sum(1 for _ in root.walk()) for root in made.records] == [104, 103, 4]


# -- safety ----------------------------------------------------------------------------------------


def hostile(tmp_path: Path, file_id: str) -> tuple[FileSet, Path]:
    """A file-set whose only image is said to lie somewhere else."""
    disc = tmp_path / "disc"
    disc.mkdir()
    secret = save(instance(1), tmp_path / "SECRET")
    keys = LE.element(0x00041511, "UI", "1.2.3.4.1")
    items = (
        Item("PATIENT", None, 1),
        Item("STUDY", None, 2),
        Item("SERIES", None, 3),
        Item("IMAGE", None, None, file_id, more=keys),
    )
    (disc / "DICOMDIR").write_bytes(directory(*items))
    return FileSet(disc), secret


@pytest.mark.parametrize("file_id", ["..\\SECRET", "../SECRET", "A\\..\\..\\SECRET", "LINK", "OUT\\SECRET", "DICOMDIR"])
def test_ps310_8_5_no_file_outside_is_read_copied_or_deleted(tmp_path: Path, file_id: str) -> None:
    found, secret = hostile(tmp_path, file_id)
    (tmp_path / "disc" / "LINK").symlink_to(secret)
    (tmp_path / "disc" / "OUT").symlink_to(tmp_path)
    one = found.find()[0]
    with pytest.raises(FileIDError):
        one.load()
    with pytest.raises(FileIDError):
        found.copy(tmp_path / "copy", sync=False)
    assert not (tmp_path / "copy" / "DICOMDIR").exists()
    assert [finding.code for finding in found.check() if finding.code == "file_missing"] == ["file_missing"]
    found.remove(one)
    found.write(sync=False)
    assert secret.exists()
    assert (tmp_path / "disc" / "DICOMDIR").exists()
    assert (tmp_path / "disc" / "LINK").is_symlink()


def test_nothing_is_written_through_links_that_lead_out(images: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (images / "PT000000").symlink_to(outside)
    FileSet.create(images, sync=False)
    found = FileSet(images)
    found.add(instance(50))
    found.write(sync=False)
    assert list(outside.iterdir()) == []
    assert found.check() == []


def test_a_directory_behind_a_link_is_replaced_not_written_through(images: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    FileSet.create(images, sync=False)
    (images / "DICOMDIR").rename(target)
    (images / "DICOMDIR").symlink_to(target)
    before = target.read_bytes()
    found = FileSet(images)
    found.remove(found.find()[0])
    found.write(sync=False)
    assert target.read_bytes() == before
    assert len(FileSet(images)) == 11


def test_a_failed_write_changes_nothing(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FileSet.create(images, sync=False)
    before = files_in(images), (images / "DICOMDIR").read_bytes()
    found = FileSet(images)
    good, bad = save(instance(50), tmp_path / "good"), save(instance(51), tmp_path / "bad")
    first, _ = found.add(good), found.add(bad)
    bad.unlink()
    with pytest.raises(FileNotFoundError):
        found.write(sync=False)
    assert (files_in(images), (images / "DICOMDIR").read_bytes()) == before
    assert first.is_added
    assert first.file_id is None
    save(instance(51), bad)
    found.write(sync=False)
    assert FileSet(images).check() == []
    assert len(found) == 14


def test_a_directory_that_is_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("dicomet.media.emitting._MAX_NBYTES", 500)
    made = FileSet()
    made.add(instance(1))
    with pytest.raises(WriteError):
        made.write(tmp_path / "disc", sync=False)
    assert files_in(tmp_path / "disc") == set()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_failure_about_the_directory_leaves_old_or_new(
    images: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    FileSet.create(images, sync=False)
    found = FileSet(images)
    found.add(instance(50))

    class Failing:
        def __init__(self, plan: Plan) -> None:
            self.plan = plan

        def replace(self, path: str, sync: bool) -> None:
            if error is KeyboardInterrupt:
                self.plan.replace(path, sync)
            raise error

    def plan(*arguments: Any) -> tuple[Failing, Any]:
        made, offsets = plan_directory(*arguments)
        return Failing(made), offsets

    monkeypatch.setattr("dicomet.media.writing.plan_directory", plan)
    with pytest.raises(error):
        found.write(sync=False)
    assert len(FileSet(images)) == (13 if error is KeyboardInterrupt else 12)
    assert len(files_in(images)) == len(FileSet(images)) + 1
    assert FileSet(images).check() == []


WRITER = """
import sys
from dicomet.media import FileSet
found = FileSet(sys.argv[1])
found.remove(found.find(PatientID="P0"))
found.add_files(sys.argv[2])
print("ready", flush=True)
found.write()
"""


@pytest.mark.parametrize("wait_ms", [0, 2, 5, 10, 20, 40])
def test_killed_in_the_middle_the_directory_is_the_old_or_the_new_one(
    images: Path, tmp_path: Path, wait_ms: int
) -> None:
    FileSet.create(images, sync=False)
    more = tmp_path / "more"
    for number in range(60):
        save(instance(100 + number, PatientID="NEW"), more / f"{number}.dcm")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, images, more], stdout=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait_ms / 1000)
        process.send_signal(signal.SIGKILL)
    found = FileSet(images)
    assert len(found) in (12, 66)
    assert found.check() == []
    offsets_hold(images / "DICOMDIR")


def test_reading_many_records_makes_no_data_set_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path / "many", patients=1, series=1, images=200)
    FileSet.create(tmp_path / "many", sync=False)
    found = FileSet(tmp_path / "many")
    assert sum(record._dataset is not None for root in found.records for record in root.walk()) == 0


def test_every_error_is_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(
        part10(b"\x04\0\x20\x12SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff" * 200)
    )
    with suppress(DicomError):
        FileSet(tmp_path)
