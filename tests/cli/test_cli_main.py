"""The command itself: versions, usage errors, missing libraries, start-up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_running import Run

import dicomet


def test_version_names_the_edition(run: Run) -> None:
    ran = run("--version")
    assert ran.status == 0
    assert ran.out == f"dicomet {dicomet.__version__} (DICOM 2026c)\n"


def test_python_m_is_the_same_command(run_process: Run) -> None:
    ran = run_process("-m", "dicomet", "--version")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("dicomet ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["dump"],
        ["dump", "--no-such-option", "x.dcm"],
        ["dump", "--max-depth", "-1", "x.dcm"],
        ["index", "folder"],
        ["index", "folder", "-o", "x.parquet", "--workers", "0"],
        ["query", "x.parquet"],
        ["query", "x.parquet", "SELECT 1", "--format", "xml"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert "Usage" in ran.err


@pytest.mark.parametrize("command", ["dump", "json", "xml", "index", "query", "columns", "codecs", "demo"])
def test_every_command_has_help(run: Run, command: str) -> None:
    ran = run(command, "-h")
    assert ran.status == 0
    assert command in ran.out


@pytest.mark.parametrize(
    ("library", "arguments", "extra"),
    [
        ("typer", ["--version"], "cli"),
        ("rich", ["columns"], "cli"),
        ("pyarrow", ["index", ".", "-o", "x.parquet"], "index"),
        ("duckdb", ["query", "x.parquet", "SELECT 1"], "index"),
    ],
)
def test_a_missing_library_is_named_in_one_line(
    run_process: Run, tmp_path: Path, library: str, arguments: list[str], extra: str
) -> None:
    code = (
        f"import sys; sys.modules[{library!r}] = None; sys.argv[1:] = {arguments!r}\n"
        "from dicomet.cli import main; sys.exit(main())"
    )
    ran = run_process("-c", code)
    assert ran.status == 2
    assert ran.out == ""
    expected = f"dicomet: {library} is missing; get it with: pip install 'dicomet[{extra}]'\n"
    assert ran.err == expected


def test_start_up_imports_nothing_heavy(run_process: Run, samples: Path) -> None:
    code = (
        f"import sys; sys.argv[1:] = ['dump', {str(samples / 'CT_small.dcm')!r}]\n"
        "from dicomet.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'duckdb', 'imagecodecs', 'pydicom', 'rich.progress'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ran = run_process("-c", code)
    assert ran.err == "[]\n"
    assert "PatientName" in ran.out


def test_who_stops_reading_hears_nothing(samples: Path) -> None:
    files = [str(path) for path in sorted(samples.glob("*.dcm"))[:40]]
    process = subprocess.Popen(
        [sys.executable, "-m", "dicomet", "dump", *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141
    process.stderr.close()


@pytest.mark.parametrize(
    ("command", "stopped", "told"),
    [
        ("validate", "dicomet.cli.validate.validate_paths", "dicomet: interrupted\n"),
        ("deid", "dicomet.cli.deid.deidentify_folder", "Begin anew with --key-file\n"),
    ],
)
def test_an_interruption_is_told(
    command: str, stopped: str, told: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stopped, stop)
    ran = run(command, tmp_path, *([tmp_path / "out"] if command == "deid" else []))
    assert ran.status == 130
    assert ran.err.endswith(told)
