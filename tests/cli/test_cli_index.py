"""dicomet index: summary, second run, interruption, several folders, columns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_running import Run

ESC = "\x1b"


def test_a_folder_becomes_a_table(run: Run, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    ran = run("index", archive, "-o", output)
    assert (ran.status, ran.err) == (0, "")
    rows = ran.rows()
    expected = {"files": "5", "ok": "3", "not_dicom": "1", "truncated": "1", "new": "5"}
    assert {name: rows[name] for name in expected} == expected
    assert (rows["CT"], rows["MR"], rows["RTPLAN"]) == ("1", "2", "1")
    assert (rows["changed"], rows["reused"], rows["vanished"]) == ("0", "0", "0")
    assert float(rows["seconds"]) >= 0
    assert rows["files read a second"]
    table = pq.read_table(output)
    assert table.num_rows == 5
    status = dict(zip(table["path"].to_pylist(), table["status"].to_pylist(), strict=True))
    assert status[str(archive / "notes.txt")] == "not_dicom"


def test_a_second_run_reads_nothing(run: Run, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    assert run("index", archive, "-o", output).status == 0
    # Same size, same time, other content: whoever opened it would see a patient of another name.
    path = archive / "ct.dcm"
    state = path.stat()
    path.write_bytes(path.read_bytes().replace(b"CompressedSamples^CT1", b"Somebody^Else^Here^CT"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    rows = run("index", archive, "-o", output).rows()
    counts = [rows[name] for name in ("files", "new", "changed", "reused", "vanished")]
    assert counts == ["5", "0", "0", "5", "0"]
    assert "CompressedSamples^CT1" in pq.read_table(output)["PatientName"].to_pylist()
    run("index", archive, "-o", output, "--rebuild")
    assert "CompressedSamples^CT1" not in pq.read_table(output)["PatientName"].to_pylist()


def test_new_changed_and_vanished_files(run: Run, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    run("index", archive, "-o", output)
    (archive / "new.dcm").write_bytes((archive / "mr.dcm").read_bytes())
    (archive / "notes.txt").unlink()
    os.utime(archive / "ct.dcm", (1, 1))
    rows = run("index", archive, "-o", output).rows()
    counts = [rows[name] for name in ("files", "new", "changed", "reused", "vanished")]
    assert counts == ["5", "1", "1", "3", "1"]


def test_several_folders_give_each_file_once(run: Run, archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.dcm").write_bytes((archive / "ct.dcm").read_bytes())
    output = archive / "index.parquet"  # within a folder that it indexes
    for files_new, reused in (("6", "0"), ("0", "6")):
        rows = run("index", archive, archive / "sub", other, "-o", output).rows()
        assert (rows["files"], rows["new"], rows["reused"]) == ("6", files_new, reused)


@pytest.mark.parametrize("more", [[], ["archive"]])
def test_a_folder_that_is_away_leaves_the_index_alone(
    run: Run, archive: Path, tmp_path: Path, more: list[str]
) -> None:
    output = tmp_path / "index.parquet"
    run("index", archive, "-o", output)
    before = output.read_bytes()
    away = tmp_path / "away"
    ran = run("index", *(tmp_path / name for name in more), away, "-o", output)
    assert ran.status == 1
    assert ran.err == f"dicomet: {away}: No such file or directory\n"
    assert output.read_bytes() == before


def test_an_output_that_cannot_be_is_said_at_once(run: Run, archive: Path, tmp_path: Path) -> None:
    ran = run("index", archive, "-o", tmp_path / "none" / "index.parquet")
    assert ran.status == 1
    assert ran.err == f"dicomet: {tmp_path / 'none'}: No such file or directory\n"


def test_a_file_that_is_no_index_is_not_overwritten(
    run: Run, archive: Path, tmp_path: Path
) -> None:
    output = tmp_path / "thesis.docx"
    output.write_bytes(b"years of work")
    ran = run("index", archive, "-o", output)
    assert ran.status == 1
    assert "thesis.docx" in ran.err
    assert output.read_bytes() == b"years of work"


def test_more_columns(run: Run, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    nested = "code=ProcedureCodeSequence.CodeValue"
    ran = run("index", archive, "-o", output, "-c", "Modality", "-c", "RTPlanLabel", "-c", nested)
    assert ran.status == 0
    names = pq.read_schema(output).names
    assert names[-2:] == ["RTPlanLabel", "code"]
    assert names.count("Modality") == 1


def test_columns_of_a_file(run: Run, archive: Path, tmp_path: Path) -> None:
    columns = tmp_path / "columns.txt"
    columns.write_text("# what we need\nPatientID\n\n  Modality\n")
    output = tmp_path / "index.parquet"
    assert run("index", archive, "-o", output, "--columns-file", columns).status == 0
    names = pq.read_schema(output).names
    assert names == ["path", "size", "mtime", "status", "PatientID", "Modality"]


def test_a_column_that_cannot_be(run: Run, archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "index.parquet"
    ran = run("index", archive, "-o", output, "-c", "PatientsShoeSize")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "PatientsShoeSize" in ran.err
    assert not output.exists()


def test_quiet_says_nothing(run: Run, archive: Path, tmp_path: Path) -> None:
    ran = run("index", archive, "-o", tmp_path / "index.parquet", "--quiet")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_no_progress_bar_where_there_is_no_terminal(
    run_process: Run, archive: Path, tmp_path: Path
) -> None:
    ran = run_process(
        "-m", "dicomet", "index", archive, "-o", tmp_path / "i.parquet", FORCE_COLOR="1"
    )
    assert ran.status == 0
    assert ran.err == ""
    assert ESC not in ran.out


def test_progress_bar_on_a_terminal(run_on_terminal: Run, archive: Path, tmp_path: Path) -> None:
    ran = run_on_terminal("index", archive, "-o", tmp_path / "i.parquet")
    assert ran.status == 0
    assert "reading headers" in ran.out
    assert "5/5" in ran.out


# Lets the first batch through, says so, and waits for the signal.
INTERRUPTIBLE = """
import sys, time
from dicomet.cli import main, progress
count = progress.IndexProgress.__call__
def wait(self, done, total, nbytes):
    count(self, done, total, nbytes)
    if total and done:
        print("read", flush=True)
        while True:
            time.sleep(0.05)
progress.IndexProgress.__call__ = wait
sys.exit(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGINT to one process is POSIX")
def test_interrupted_it_goes_on_where_it_was(run: Run, samples: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    first = folder / "0000"
    first.write_bytes((samples / "CT_small.dcm").read_bytes())
    for number in range(1, 5000):  # more than one batch
        os.link(first, folder / f"{number:04}")
    output = tmp_path / "index.parquet"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "index", str(folder), "-o", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "read\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert said == (
        "dicomet: interrupted; 4,096 of 5,000 files are done and kept; "
        "run the same command again to go on\n"
    )
    assert not output.exists()
    rows = run("index", folder, "-o", output).rows()
    assert (rows["files"], rows["reused"], rows["new"]) == ("5,000", "4,096", "904")
    assert pq.read_metadata(output).num_rows == 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "index.parquet"]


def test_a_summary_without_colours_on_a_terminal(
    run_on_terminal: Run, archive: Path, tmp_path: Path
) -> None:
    run_on_terminal("index", archive, "-o", tmp_path / "i.parquet")
    out = run_on_terminal("query", tmp_path / "i.parquet", "SELECT 1 AS one", NO_COLOR="1").out
    assert "one" in out
    assert ESC not in out
