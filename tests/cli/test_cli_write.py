"""``dicomet modify`` and ``dicomet transcode``: files and folders. PS3.5 §10."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_running import Run
from corpus import real_file

from dicomet import dcmread


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, a plan, and a file that is no DICOM, one of them deeper."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name, place in (("CT_small.dcm", "ct"), ("MR_small.dcm", "deep/mr"), ("rtplan.dcm", "plan")):
        (folder / place).write_bytes(real_file(name).read_bytes())
    (folder / "notes.txt").write_text("no DICOM at all, but long enough to be looked at " * 8)
    return folder


def test_modify_one_file_in_place(run: Run, folder: Path) -> None:
    before = (folder / "ct").read_bytes()
    ran = run("modify", folder / "ct", "-s", "PatientID=77", "-d", "StudyID", "-i", "PatientComments=x")
    assert (ran.status, ran.err) == (0, "")
    ds = dcmread(folder / "ct")
    assert (ds.PatientID, ds.PatientComments) == ("77", "x")
    assert "StudyID" not in ds
    assert bytes(ds["PixelData"].raw) == bytes(dcmread(before)["PixelData"].raw)


def test_modify_what_changes_nothing_leaves_the_file_alone(run: Run, folder: Path) -> None:
    before = (folder / "ct").stat()
    assert run("modify", folder / "ct", "-d", "BeamSequence[0].BeamName").status == 0
    assert (folder / "ct").stat().st_ino == before.st_ino


def test_modify_a_folder_into_another(run: Run, folder: Path, tmp_path: Path) -> None:
    ran = run("modify", folder, "-o", tmp_path / "out", "--set", "InstitutionName=There", "--delete-private")
    assert ran.status == 0
    assert "3 files modified, 1 no DICOM" in ran.out
    assert dcmread(tmp_path / "out" / "deep" / "mr").InstitutionName == "There"
    assert not any(e.tag.is_private for e in dcmread(tmp_path / "out" / "ct").iterall())
    assert dcmread(folder / "plan").InstitutionName != "There"


def test_modify_tells_of_each_failure_and_goes_on(run: Run, folder: Path) -> None:
    ran = run("modify", folder, "-s", "PatientBirthDate=never", "--validate", "strict")
    assert ran.status == 1
    assert ran.err.count("PatientBirthDate") == 0
    assert ran.err.count("(0010,0030)") == 3
    assert "3 failed" in ran.out
    ran = run("modify", folder, "-s", "nothing")
    assert (ran.status, "PATH=VALUE" in ran.err) == (1, True)


def test_modify_several_files(run: Run, folder: Path, tmp_path: Path) -> None:
    ran = run("modify", folder / "ct", folder / "plan", "-o", tmp_path / "out", "-s", "PatientID=5")
    assert (ran.status, ran.err) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"ct", "plan"}
    assert dcmread(tmp_path / "out" / "plan").PatientID == "5"
    ran = run("modify", folder, folder / "deep", "-o", tmp_path / "twice", "-s", "PatientID=5")
    assert ran.status == 0
    ran = run("modify", folder / "ct", folder / "ct", "-o", tmp_path / "twice", "-s", "PatientID=5")
    assert (ran.status, "under one name" in ran.err) == (1, True)


def test_modify_wants_something_to_do(run: Run, folder: Path) -> None:
    ran = run("modify", folder / "ct")
    assert (ran.status, "nothing to change" in ran.err) == (1, True)


def test_errors_name_the_file_once(run: Run, folder: Path) -> None:
    ran = run("modify", folder / "notes.txt", "-s", "PatientID=1")
    assert ran.status == 1
    assert ran.err.count("notes.txt") == 1


def test_transcode_one_file(run: Run, folder: Path, tmp_path: Path) -> None:
    ran = run("transcode", folder / "ct", tmp_path / "out.dcm", "--to", "j2k-lossless")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    ds = dcmread(tmp_path / "out.dcm")
    assert ds.file_meta.TransferSyntaxUID.keyword == "JPEG2000Lossless"
    assert np.array_equal(ds.frames.read(), dcmread(folder / "ct").frames.read())


def test_transcode_a_folder_and_go_on(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = run("transcode", folder, out, "--to", "RLELossless", "--workers", "2")
    assert ran.status == 0
    assert "3 files transcoded, 1 no DICOM" in ran.out
    assert dcmread(out / "plan").SOPClassUID.keyword == "RTPlanStorage"
    (out / "ct").unlink()
    ran = run("transcode", folder, out, "--to", "rle", "--skip-existing")
    assert "1 files transcoded, 1 no DICOM, 2 skipped" in ran.out


def test_transcode_options_reach_the_encoder(run: Run, folder: Path, tmp_path: Path) -> None:
    path = real_file("SC_rgb.dcm")
    sizes = []
    for quality in (20, 95):
        assert run("transcode", path, tmp_path / "out", "--to", "jpeg", "--option", f"quality={quality}").status == 0
        sizes.append((tmp_path / "out").stat().st_size)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--to", "nothing"),
        ("--to", "jpeg", "--option", "quality"),
        ("--to", "jpeg-ls", "--option", "near=1"),
        ("--to", "jxl-lossless", "--option", "nothing=1"),
        ("--to", "rle", "--option", "workers=2"),
    ],
)
def test_transcode_says_what_it_cannot_do(run: Run, folder: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = run("transcode", folder / "ct", tmp_path / "out", *arguments)
    assert ran.status == 1
    assert ran.err.startswith("dicomet: ")
    assert not (tmp_path / "out").exists()
