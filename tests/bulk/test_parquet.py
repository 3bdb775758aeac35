"""The Parquet index: incremental, resumable, replaced in one step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_files import element, part10

import dicomet.bulk.parquet as parquet
from dicomet.bulk.parquet import write_index
from dicomet.bulk.summary import IndexFileError, Progress
from dicomet.bulk.walk import walk_files

COLUMNS = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality"]
NUMBERED = [*COLUMNS, "InstanceNumber"]


def write_file(path: Path, number: int, modality: bytes = b"CT") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        part10(
            element(0x00080018, "UI", b"1.2.3.%d" % number),
            element(0x00080060, "CS", modality),
            element(0x00100020, "LO", b"P%d" % (number % 2)),
            element(0x0020000D, "UI", b"1.2.%d" % (number % 3)),
            element(0x0020000E, "UI", b"1.2.3.4.%d" % (number % 4)),
            element(0x00200013, "IS", b"%d" % number),
        )
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    for number in range(20):
        write_file(root / f"{number % 5}" / f"{number:02d}", number)
    (root / "notes.txt").write_text("no DICOM " * 30)
    return root


def rows(output: Path) -> list[dict[str, Any]]:
    table = pq.read_table(output)
    return sorted(table.to_pylist(), key=lambda row: row["path"])


def test_an_index_has_a_row_for_every_file(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    calls: list[tuple[int, int | None, int]] = []
    summary = write_index(
        archive, output, NUMBERED, batch_rows=8, progress=lambda *call: calls.append(call)
    )
    assert (summary.files, summary.failed, summary.new) == (21, 1, 21)
    assert summary.statuses == {"ok": 20, "not_dicom": 1}
    distinct = (summary.patients, summary.studies, summary.series, summary.instances)
    assert distinct == (2, 3, 4, 20)
    assert summary.modalities == {"CT": 20}
    assert summary.nbytes == sum(p.stat().st_size for p in archive.rglob("*") if p.is_file())
    assert calls[0] == (21, None, 0)
    assert [call[:2] for call in calls[1:]] == [(0, 21), (8, 21), (16, 21), (21, 21)]
    assert calls[-1][2] == summary.nbytes
    assert pq.read_schema(output).names == ["path", "size", "mtime", "status", *NUMBERED]
    table = pq.read_table(output)
    assert table["path"].to_pylist() == [f.path for f in walk_files(archive)]
    assert sorted(os.listdir(tmp_path)) == ["archive", "index.parquet"]


def test_only_new_and_changed_files_are_read_again(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "index.parquet"
    write_index(archive, output, NUMBERED)
    before = output.stat()
    again = write_index(archive, output, NUMBERED)
    assert (again.reused, again.new, again.changed, again.vanished) == (21, 0, 0, 0)
    assert output.stat().st_mtime_ns == before.st_mtime_ns

    write_file(archive / "0" / "00", 100, b"MR")
    os.utime(archive / "1" / "01", ns=(0, 10**18))
    (archive / "2" / "02").unlink()
    write_file(archive / "9" / "new", 101)
    opened: list[object] = []
    run = parquet.Scan

    class Spy(run):  # type: ignore[misc, valid-type]
        def __init__(self, paths: Any, *args: Any) -> None:
            super().__init__((opened.append(path) or path for path in paths), *args)

    monkeypatch.setattr(parquet, "Scan", Spy)
    summary = write_index(archive, output, NUMBERED)
    names = ("0/00", "1/01", "9/new")
    assert opened == [str(archive / name) for name in names]
    assert (summary.reused, summary.new, summary.changed, summary.vanished) == (18, 1, 2, 1)
    fresh = tmp_path / "fresh.parquet"
    write_index(archive, fresh, NUMBERED)
    assert rows(output) == rows(fresh)


def test_other_columns_mean_a_new_index(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    write_index(archive, output, COLUMNS)
    summary = write_index(archive, output, NUMBERED)
    assert (summary.reused, summary.new) == (0, 21)
    assert "InstanceNumber" in pq.read_schema(output).names
    assert write_index(archive, output, NUMBERED).reused == 21
    assert write_index(archive, output, NUMBERED, rebuild=True).new == 21


def test_failures_of_the_moment_are_tried_again(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    (archive / "broken").symlink_to(tmp_path / "target")
    assert write_index(archive, output, COLUMNS).statuses["not_found"] == 1
    write_file(tmp_path / "target", 50)
    summary = write_index(archive, output, COLUMNS)
    assert (summary.changed, summary.statuses) == (1, {"ok": 21, "not_dicom": 1})


class Interrupted(Exception):
    pass


def interrupt_after(ndone: int) -> Progress:
    def progress(done: int, total: int | None, nbytes: int) -> None:
        if total is not None and done >= ndone:
            raise Interrupted

    return progress


def test_what_was_read_before_an_interruption_is_kept(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_PART_ROWS", 4)
    output = tmp_path / "index.parquet"
    for ndone in (4, 10):
        with pytest.raises(Interrupted):
            write_index(archive, output, COLUMNS, batch_rows=2, progress=interrupt_after(ndone))
        assert not output.exists()
    write_file(archive / "0" / "00", 100, b"MR")  # changed after it was read
    summary = write_index(archive, output, COLUMNS, batch_rows=2)
    assert summary.reused + summary.new + summary.changed == summary.files == 21
    assert summary.changed == 1
    assert summary.reused >= 9
    fresh = tmp_path / "fresh.parquet"
    write_index(archive, fresh, COLUMNS)
    assert rows(output) == rows(fresh)
    assert sorted(os.listdir(tmp_path)) == ["archive", "fresh.parquet", "index.parquet"]


def test_an_interrupted_update_leaves_the_old_index(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "index.parquet"
    write_index(archive, output, COLUMNS)
    old = output.read_bytes()
    for number in range(10):
        write_file(archive / "0" / f"{number:02d}", number + 200)
    with pytest.raises(Interrupted):
        write_index(archive, output, COLUMNS, batch_rows=2, progress=interrupt_after(18))

    def fail(self: object, *args: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(parquet._Job, "finish", fail)
        with pytest.raises(OSError, match="disk full"):
            write_index(archive, output, COLUMNS)
    assert output.read_bytes() == old
    write_index(archive, output, COLUMNS)
    fresh = tmp_path / "fresh.parquet"
    write_index(archive, fresh, COLUMNS)
    assert rows(output) == rows(fresh)


def test_a_killed_run_goes_on_where_it_stood(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    for number in range(200):
        write_file(root / f"{number:03d}", number)
    output = tmp_path / "index.parquet"
    code = (
        "import sys, time, dicomet.bulk.parquet as parquet\n"
        "parquet._PART_ROWS = 20\n"
        "parquet.write_index(sys.argv[1], sys.argv[2], ['PatientID'], batch_rows=10,\n"
        "                    progress=lambda *call: time.sleep(0.05))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(root), str(output)])
    parts = tmp_path / "index.parquet.parts"
    deadline = time.monotonic() + 60
    while not list(parts.glob("part-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not output.exists()
    nread = sum(pq.read_metadata(part).num_rows for part in parts.glob("part-*"))
    assert nread >= 20
    summary = write_index(root, output, ["PatientID"])
    assert (summary.reused, summary.files) == (nread, 200)
    assert len({row["path"] for row in rows(output)}) == 200


def test_an_index_within_its_archive_is_left_out(archive: Path) -> None:
    output = archive / "index.parquet"
    for _ in range(2):
        assert write_index(archive, output, COLUMNS).files == 21
    (archive / "other").mkdir()
    write_file(archive / "other" / "index.parquet", 77)
    assert write_index(archive, output, COLUMNS).files == 22


def test_a_file_that_is_no_index_is_left_alone(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "precious.parquet"
    pq.write_table(pa.table({"a": [1]}), output)
    with pytest.raises(IndexFileError):
        write_index(archive, output)
    output.write_text("text")
    with pytest.raises(IndexFileError):
        write_index(archive, output)
    assert output.read_text() == "text"
    assert write_index(archive, output, rebuild=True).files == 21


def test_an_archive_that_is_away_does_not_empty_its_index(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    write_index(archive, output, COLUMNS)
    archive.rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        write_index(archive, output, COLUMNS)
    assert pq.read_metadata(output).num_rows == 21


def test_paths_one_by_one_and_of_any_bytes(archive: Path, tmp_path: Path) -> None:
    odd = os.fsencode(archive) + b"/\xff"
    os.link(archive / "0" / "00", odd)
    output = tmp_path / "index.parquet"
    paths = [odd, str(archive / "1" / "01")]
    for reused in (0, 2):
        summary = write_index(iter(paths), output, COLUMNS)
        assert (summary.files, summary.reused, summary.statuses) == (2, reused, {"ok": 2})
    assert [row["path"] for row in rows(output)] == [f"{archive}/1/01", f"{archive}/\\xff"]
    assert write_index([], output, COLUMNS).vanished == 2


def test_an_empty_folder_gives_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    summary = write_index(tmp_path / "archive", tmp_path / "index.parquet")
    assert (summary.files, summary.patients, summary.modalities) == (0, 0, {})
    summary = write_index(tmp_path / "archive", tmp_path / "other.parquet", ["Rows"])
    assert (summary.patients, summary.modalities) == (None, {})
