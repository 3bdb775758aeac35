"""``dicomet deid``: a file, a folder, keys, and what is said when something is wrong."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from cli_running import Run

from dicomet import Dataset, dcmread
from dicomet.deid import OPTIONS
from dicomet.writer import dcmwrite


def _file(**values: object) -> bytes:
    ds = Dataset()
    known = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3", "PatientName": "Roe^Jane",
             "PatientID": "ROE-4711", "StudyDescription": "Chest of Roe", **values}  # fmt: skip
    for keyword, value in known.items():
        setattr(ds, keyword, value)
    stream = BytesIO()
    dcmwrite(stream, ds)
    return stream.getvalue()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for i in range(3):
        (tmp_path / "in" / f"{i}.dcm").write_bytes(_file(SOPInstanceUID=f"1.2.3.{i}"))
    return tmp_path / "in"


def test_a_folder_twice(run: Run, source: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    ran = run("deid", source, tmp_path / "out", "--key-file", key, "-o", "clean-descriptors")
    assert (ran.status, ran.out, ran.err) == (0, "3 de-identified\n", "")
    assert dcmread(tmp_path / "out" / "0.dcm").StudyDescription == "Chest of"
    assert key.stat().st_mode & 0o777 == 0o600
    again = run("deid", source, tmp_path / "out", "--key-file", key, "--option", "clean_descriptors")
    assert (again.status, again.out) == (0, "3 done by an earlier run\n")
    other = run("deid", source, tmp_path / "out", "--key-file", tmp_path / "other")
    assert other.status == 1
    assert "another key or other options" in other.err


def test_without_a_key_it_says_so(run: Run, source: Path, tmp_path: Path) -> None:
    ran = run("deid", source, tmp_path / "out", "--audit", tmp_path / "log", "--names", "hash")
    assert ran.status == 0
    assert "The key was a random one" in ran.out
    assert (tmp_path / "log").exists()
    assert run("deid", source, tmp_path / "map", "--map", tmp_path / "m.sqlite", "-q").out == ""


def test_a_file(run: Run, source: Path, tmp_path: Path) -> None:
    ran = run("deid", source / "0.dcm", tmp_path / "new.dcm", "--elements")
    assert ran.status == 0
    assert {"path": "(0010,0010)", "done": "replaced"} in json.loads(ran.out)["elements"]
    assert "Roe" not in (tmp_path / "new.dcm").read_text("latin-1")
    assert run("deid", source / "0.dcm", source / "0.dcm").status == 1
    assert run("deid", source / "0.dcm", source).status == 1
    assert run("deid", source / "none", tmp_path / "x").status == 1


def test_what_is_refused(run: Run, source: Path, tmp_path: Path) -> None:
    us = _file(SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1", Rows=1, PixelData=b"\0\0")
    (source / "us.dcm").write_bytes(us)
    ran = run("deid", source, tmp_path / "out", "--burned-in", "refuse", "-q")
    assert ran.status == 1
    assert "us.dcm: PS3.15 §E.3.1: Burned In Annotation" in ran.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.dcm", "1.dcm", "2.dcm"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--option", "retain-all"], "retain_all"),
        (["--profile", "none"], "profile 'none'"),
        (["--blank", "1,2"], "no rectangle"),
        (["--safe-private", "nowhere"], "nowhere"),
        (["-o", "retain-full-dates", "-o", "retain-modified-dates"], "exclude"),
    ],
)
def test_settings_that_mean_nothing(
    run: Run, source: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    ran = run("deid", source, tmp_path / "out", *arguments)
    assert ran.status == 1
    assert message in ran.err
    assert not (tmp_path / "out").exists()


def test_lists_in_files(run: Run, source: Path, tmp_path: Path) -> None:
    (tmp_path / "safe").write_text("(0019,xx01) OWN\n")
    (tmp_path / "rules.toml").write_text('[[rule]]\nModality = "US"\nblank = ["0,0,10,10"]\n')
    ran = run("deid", source, tmp_path / "out", "-o", "retain-safe-private", "--safe-private", tmp_path / "safe",
              "--blank-rules", tmp_path / "rules.toml", "--no-sync")  # fmt: skip
    assert ran.status == 0
    codes = {one.CodeValue for one in dcmread(tmp_path / "out" / "0.dcm").DeidentificationMethodCodeSequence}
    assert codes == {"113100", "113101", "113111"}


def test_folders_in_each_other(run: Run, source: Path) -> None:
    ran = run("deid", source, source / "out")
    assert ran.status == 1
    assert "apart" in ran.err


def test_the_help_names_every_option(run: Run) -> None:
    text = "".join(run("deid", "--help").out.split()).replace("│", "")
    for name in OPTIONS:
        assert name.replace("_", "-") in text
