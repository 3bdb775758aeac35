"""Folders: names, the audit log, processes, runs that were interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deid_made import KEY, US, as_file, image

from dicomet import dcmread
from dicomet.deid import Settings, deidentify_folder
from dicomet.errors import DeidentificationError

_SETTINGS = Settings(key=KEY, sync=False)
_RUN = """
import sys
from dicomet.deid import Settings, deidentify_folder
deidentify_folder(sys.argv[1], sys.argv[2], Settings(key=sys.argv[3].encode()), workers=1)
"""


def _archive(root: Path, nfiles: int = 5) -> Path:
    source = root / "in"
    for i in range(nfiles):
        folder = source / f"study{i % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"IM{i:04d}.dcm").write_bytes(as_file(image(SOPInstanceUID=f"1.2.3.4.5.{i + 10}")))
    return source


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_and_its_log(tmp_path: Path) -> None:
    source = _archive(tmp_path)
    (source / "README").write_text("no DICOM")
    (source / "DICOMDIR").write_bytes(as_file(image("1.2.840.10008.1.3.10")))
    (source / "us").write_bytes(as_file(image(US, Rows=1, PixelData=b"\0\0")))
    (source / "ROE-4711").mkdir()
    (source / "ROE-4711" / "Jane Roe 1.2.3.4.5.6.dcm").write_bytes(as_file(image()))
    summary = deidentify_folder(source, tmp_path / "out", _SETTINGS)
    assert dict(summary.counts) == {"done": 7, "not_dicom": 1, "dicomdir": 1, "earlier": 0}
    assert summary.noted == 1
    names = sorted(_bytes(tmp_path / "out"))
    assert "study0/IM0000.dcm" in names
    assert not [name for name in names if "ROE" in name.upper() or "1.2.3" in name]
    assert sum(name.endswith(".dcm") for name in names) == 6
    log = (tmp_path / "out.deid.jsonl").read_text()
    for original in ("ROE", "Roe", "1.2.3.4", "IM0000.dcm.", KEY.decode(), "README"):
        assert original not in log
    head, *records = map(json.loads, log.splitlines())
    assert head["options"] == []
    assert len(records) == 9
    assert oct((tmp_path / "out.deid.jsonl").stat().st_mode & 0o777) == "0o600"


def test_names(tmp_path: Path) -> None:
    source = _archive(tmp_path, 2)
    deidentify_folder(source, tmp_path / "keep", _SETTINGS, names="keep")
    deidentify_folder(source, tmp_path / "hash", _SETTINGS, names="hash")
    assert sorted(_bytes(tmp_path / "keep")) == ["study0/IM0000.dcm", "study1/IM0001.dcm"]
    hashed = sorted(_bytes(tmp_path / "hash"))
    assert len(hashed) == 2
    assert all(len(name) == 16 + 1 + 16 + 4 for name in hashed)
    with pytest.raises(ValueError, match="names"):
        deidentify_folder(source, tmp_path / "x", _SETTINGS, names="other")  # type: ignore[arg-type]


def test_a_second_run_does_what_is_left(tmp_path: Path) -> None:
    source, out = _archive(tmp_path), tmp_path / "out"
    deidentify_folder(source, out, _SETTINGS)
    first = _bytes(out)
    (out / "study0" / "IM0000.dcm").unlink()
    (out / "study1" / "IM0001.dcm").write_bytes(b"cut")
    (source / "study0" / "IM0002.dcm").write_bytes(as_file(image(SOPInstanceUID="1.2.3.4.5.12", PatientAge="003Y")))
    summary = deidentify_folder(source, out, _SETTINGS)
    assert summary.counts["earlier"] == 2
    assert summary.counts["done"] == 3
    assert _bytes(out) == first
    for other in (Settings(key=b"other"), Settings(key=KEY, options=("retain_uids",))):
        with pytest.raises(DeidentificationError, match="another key"):
            deidentify_folder(source, out, other)


def test_several_processes_give_the_same(tmp_path: Path) -> None:
    source = _archive(tmp_path, 70)
    store = str(tmp_path / "map.sqlite")
    deidentify_folder(source, tmp_path / "one", Settings(store=store, sync=False), workers=1)
    deidentify_folder(source, tmp_path / "two", Settings(store=store, sync=False), workers=2)
    assert len(_bytes(tmp_path / "one")) == 70
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_a_run_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    source, out = _archive(tmp_path, 400), tmp_path / "out"
    command = [sys.executable, "-c", _RUN, str(source), str(out), KEY.decode()]
    process = subprocess.Popen(command)
    log = tmp_path / "out.deid.jsonl"
    until = time.monotonic() + 30
    while time.monotonic() < until and (not log.exists() or log.read_bytes().count(b"\n") < 34):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with log.open("ab") as file:
        file.write(b'{"input": "cut sho')
    for path in out.rglob("*.dcm"):
        assert dcmread(path).PatientIdentityRemoved == "YES"  # whole
    summary = deidentify_folder(source, out, _SETTINGS)
    assert summary.counts["earlier"] + summary.counts["done"] == 400
    assert summary.counts["earlier"] >= 32
    deidentify_folder(source, tmp_path / "once", _SETTINGS)
    done = {name: data for name, data in _bytes(out).items() if name.endswith(".dcm")}
    assert done == _bytes(tmp_path / "once")


def test_failures_write_nothing_and_say_no_value(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "face").write_bytes(as_file(image(Rows=1, PixelData=b"\0\0")))
    settings = Settings(key=KEY, options=("clean_recognizable_visual_features",))
    summary = deidentify_folder(source, tmp_path / "out", settings)
    assert dict(summary.counts) == {"earlier": 0, "refused": 1}
    assert not _bytes(tmp_path / "out")
    (path, reason) = summary.problems[0]
    assert path.endswith("face")
    assert "PS3.15 §E.3.2" in reason
    if os.geteuid() != 0:
        (source / "face").chmod(0)
        assert deidentify_folder(source, tmp_path / "out2", settings).counts["failed"] == 1


def test_folders_lie_apart(tmp_path: Path) -> None:
    source = _archive(tmp_path, 1)
    for target in (source, source / "out", tmp_path):
        with pytest.raises(ValueError, match="apart"):
            deidentify_folder(source, target, _SETTINGS)


def test_another_log_is_not_written_over(tmp_path: Path) -> None:
    source = _archive(tmp_path, 1)
    (tmp_path / "notes.txt").write_text("mine\n")
    with pytest.raises(DeidentificationError, match="no audit log"):
        deidentify_folder(source, tmp_path / "out", _SETTINGS, audit=tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine\n"
