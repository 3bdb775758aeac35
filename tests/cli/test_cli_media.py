"""``dicomet media``: create, list, add, remove, check."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cli_running import Run

from dicomet.media import FileSet

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from media_made import folder_of, instance, save


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "images")


def test_create_in_place_and_list(run: Run, images: Path) -> None:
    done = run("media", "create", images, "--id", "DISC_1")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"12 instances in {images}; 0 refused, 0 no DICOM\n"
    assert FileSet(images).ID == "DISC_1"
    done = run("media", "list", images)
    assert done.status == 0
    assert done.out.splitlines()[:4] == [
        "PATIENT: P0, Name^0",
        "  STUDY: 20240229, S1",
        "    SERIES: CT, 1",
        "      3 IMAGE",
    ]
    rows = [json.loads(line) for line in run("media", "list", images / "DICOMDIR", "--json").out.splitlines()]
    assert len(rows) == 12
    assert rows[0]["file_id"] == "P0\\S0\\I00001"
    assert rows[0]["PatientID"] == "P0"
    assert "IMAGE: 1, P0\\S0\\I00001" in run("media", "list", images, "-i").out


def test_create_elsewhere_and_tell_what_was_refused(run: Run, images: Path, tmp_path: Path) -> None:
    save(instance(99, StudyID=None, PatientID="X"), images / "BAD")
    (images / "README").write_text("hello")
    disc = tmp_path / "disc"
    done = run("media", "create", images, "-o", disc, "--json")
    assert done.status == 1
    told = json.loads(done.out)
    assert told["instances"] == 12
    assert told["path"] == str(disc)
    assert {Path(one["path"]).name for one in told["not_added"]} == {"BAD", "README"}
    assert "StudyID has no value" in done.err
    assert "README" not in done.err
    assert run("media", "create", images, "-o", disc).status == 1
    done = run("media", "create", images, "-o", disc, "--overwrite", "--invent", "-q")
    assert (done.status, done.out) == (0, "")
    assert len(FileSet(disc)) == 13


def test_create_of_nothing(run: Run, tmp_path: Path) -> None:
    done = run("media", "create", tmp_path)
    assert done.status == 1
    assert "nothing in it" in done.err
    assert run("media", "create", tmp_path / "none").status == 1
    assert run("media", "create", tmp_path, "--profile", "STD-XYZ").status == 1
    assert run("media", "create", tmp_path, "--id", "x" * 17).status == 2
    assert list(tmp_path.iterdir()) == []


def test_add_and_remove(run: Run, images: Path, tmp_path: Path) -> None:
    run("media", "create", images)
    new = save(instance(50), tmp_path / "new" / "image.dcm")
    done = run("media", "add", images, new.parent)
    assert (done.status, done.out) == (0, "1 instances added, 13 in all\n")
    done = run("media", "add", images, new)
    assert done.status == 1
    assert "already" in done.err
    done = run("media", "remove", images, "PatientID=P0", "SeriesNumber=1")
    assert (done.status, done.out) == (0, "3 instances removed, 10 left\n")
    assert run("media", "remove", images, "PatientID=none").status == 1
    assert run("media", "remove", images, "PatientID").status == 2
    assert run("media", "remove", images, "Nonsense=1").status == 2
    assert FileSet(images).check() == []


def test_check(run: Run, images: Path) -> None:
    run("media", "create", images)
    done = run("media", "check", images, "--profile", "STD-GEN-CD")
    assert (done.status, done.out) == (0, "0 findings\n")
    (images / "P0" / "S0" / "I00001").unlink()
    done = run("media", "check", images)
    assert done.status == 1
    assert "file_missing" in done.out
    rows = [json.loads(line) for line in run("media", "check", images, "--json").out.splitlines()]
    assert [row["code"] for row in rows] == ["file_missing"]
    assert run("media", "check", images / "P1").status == 1


def test_nothing_of_a_directory_steers_a_terminal(run: Run, images: Path) -> None:
    evil = save(instance(60, PatientID="#[31mX", PatientName="#]0;x"), images / "EVIL")
    evil.write_bytes(evil.read_bytes().replace(b"#", b"\x1b"))
    run("media", "create", images)
    for arguments in (("list", images), ("list", images, "-i"), ("list", images, "--json"), ("check", images)):
        assert "\x1b" not in run("media", *arguments).out
