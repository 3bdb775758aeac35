"""Running the command line: in this process, as another one, and on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_running import Ran, Run

from dicomet.cli import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``dicomet`` with these arguments in this process."""

    def run(*arguments: str | os.PathLike[str]) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dicomet", *map(os.fspath, arguments)])
        try:
            status = main()
        except SystemExit as left:
            status = int(left.code or 0)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


@pytest.fixture
def run_process() -> Run:
    """Run ``python ...`` with these arguments as another process."""

    def run(*arguments: str | os.PathLike[str], **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            env={**os.environ, **environment},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def run_on_terminal() -> Run:
    """Run ``python -m dicomet`` with stdout and stderr on a terminal of 80 columns."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this platform")

    def run(*arguments: str | os.PathLike[str], **environment: str) -> Ran:
        ours, theirs = pty.openpty()
        usual = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        process = subprocess.Popen(
            [sys.executable, "-m", "dicomet", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**usual, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        )
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(ours)
        return Ran(process.wait(60), b"".join(pieces).decode(), "")

    return run


def _root(module: str) -> Path:
    spec = find_spec(module)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample files of pydicom."""
    return _root("pydicom") / "data" / "test_files"


@pytest.fixture(scope="session")
def charset_samples() -> Path:
    """The character set samples of pydicom."""
    return _root("pydicom") / "data" / "charset_files"


@pytest.fixture
def archive(tmp_path: Path, samples: Path) -> Path:
    """A folder of three sound files, one truncated, and one that is no DICOM."""
    folder = tmp_path / "archive"
    (folder / "sub").mkdir(parents=True)
    for name, source in (
        ("ct.dcm", "CT_small.dcm"),
        ("mr.dcm", "MR_small.dcm"),
        ("sub/rtplan", "rtplan.dcm"),
        ("sub/truncated.dcm", "MR_truncated.dcm"),
    ):
        (folder / name).write_bytes((samples / source).read_bytes())
    (folder / "notes.txt").write_text("These are notes, not an image. " * 20)
    return folder
