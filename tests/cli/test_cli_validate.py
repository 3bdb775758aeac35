"""``dicomet validate``: text, JSON, exit status."""

from __future__ import annotations

import json
from pathlib import Path

from cli_running import Run


def test_a_sound_file(run: Run, samples: Path) -> None:
    ran = run("validate", samples / "CT_small.dcm")
    assert ran.status == 0
    assert ran.out == "1 file: no problem; 0 with errors\n"


def test_errors_have_place_and_clause(run: Run, samples: Path) -> None:
    ran = run("validate", samples / "rtplan.dcm")
    assert ran.status == 1
    title, line = ran.out.splitlines()
    assert title.endswith("rtplan.dcm")
    assert line.startswith("  error MediaStorageSOPInstanceUID (0002,0003): ")
    assert line.endswith("at byte 204 [sop_differs, PS3.10 §7.1]")


def test_json(run: Run, samples: Path) -> None:
    ran = run("validate", "--json", samples / "rtplan.dcm", samples / "CT_small.dcm", samples / "README.txt")
    faulty, sound, unreadable = map(json.loads, ran.out.splitlines())
    assert ran.status == 2
    assert [one["code"] for one in faulty["problems"]] == ["sop_differs"]
    assert faulty["problems"][0]["offset"] == 204
    assert sound == {"path": str(samples / "CT_small.dcm"), "problems": []}
    assert "README.txt" in unreadable["error"]


def test_folders_are_walked_and_files_come_in_order(run: Run, archive: Path) -> None:
    once = run("validate", "--workers", "1", archive)
    many = run("validate", "--workers", "3", archive)
    assert (once.status, once.out) == (2, many.out)
    assert "truncated" in once.out
    assert "notes.txt" in once.err
    assert once.out.splitlines()[-1].endswith("2 with errors, 1 cannot be read")


def test_what_cannot_be_read(run: Run, tmp_path: Path) -> None:
    ran = run("validate", tmp_path / "nothing.dcm")
    assert ran.status == 2
    assert "nothing.dcm" in ran.err


def test_severities(run: Run, samples: Path) -> None:
    notes = run("validate", "--severity", "note", samples / "rtplan.dcm")
    assert "note" in notes.out
    palette = samples.parent / "palettes" / "fall.dcm"
    assert "error" in run("validate", "--severity", "error", palette).out + "error"
    assert "warning" not in run("validate", "--severity", "error", samples / "image_dfl.dcm").out


def test_without_the_iod(run: Run, samples: Path) -> None:
    ran = run("validate", "--no-iod", "--quiet", samples / "JPEG-lossy.dcm")
    assert "missing" not in ran.out
    assert "files" not in ran.out
