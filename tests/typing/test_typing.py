"""The package and a user's program under mypy and pyright; stubs against the native modules."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLE = HERE / "sample.py"


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def _mypy(cache: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Success: no issues found"), done.stdout


def test_package_under_mypy(mypy_cache: Path) -> None:
    _mypy(mypy_cache)


def test_sample_under_mypy(mypy_cache: Path) -> None:
    _mypy(mypy_cache, str(SAMPLE))


def _environment() -> dict[str, str]:
    # the machine's node and the pyright that is there: nothing is looked up or fetched for a test
    return {**os.environ, "PYRIGHT_PYTHON_GLOBAL_NODE": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


@pytest.fixture(scope="module")
def pyright() -> list[str]:
    command = [sys.executable, "-m", "pyright"]
    version = subprocess.run(
        [*command, "--version"], env=_environment(), capture_output=True, text=True
    )
    if version.returncode:
        reason = (version.stdout + version.stderr).strip().splitlines()[-1:]
        pytest.skip(f"pyright cannot run here, it needs node and its npm package: {reason}")
    return command


def _pyright(command: list[str], project: Path) -> None:
    done = subprocess.run(
        [*command, "--project", str(project), "--outputjson", "--pythonpath", sys.executable],
        cwd=ROOT, env=_environment(), capture_output=True, text=True,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    problems = [
        f"{found['file']}:{found['range']['start']['line'] + 1}: {found['message']}"
        for found in report["generalDiagnostics"]
    ]
    assert problems == []
    assert report["summary"]["filesAnalyzed"] > 0


def test_package_under_pyright(pyright: list[str]) -> None:
    _pyright(pyright, ROOT / "pyproject.toml")


def test_sample_under_pyright(pyright: list[str], tmp_path: Path) -> None:
    project = {
        "include": ["sample.py"],
        "extraPaths": [str(ROOT / "src")],
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "enableTypeIgnoreComments": False,  # those are mypy's
        "reportMissingModuleSource": "none",
        "reportPrivateUsage": "none",
    }
    (tmp_path / "sample.py").write_bytes(SAMPLE.read_bytes())  # a project holds what it includes
    path = tmp_path / "pyrightconfig.json"
    path.write_text(json.dumps(project))
    _pyright(pyright, path)


def test_sample_runs() -> None:
    spec = importlib.util.spec_from_file_location("sample", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    sample = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sample)
    assert sample.main(Path(get_testdata_file("CT_small.dcm"))) > 80


def test_stubs_of_the_native_modules_say_what_is_there(tmp_path: Path) -> None:
    native = ROOT / "src" / "dicomet" / "_native"
    modules = sorted(path.stem for path in native.glob("*.pyx"))
    assert modules == sorted(path.stem for path in native.glob("*.pyi"))
    allowed = tmp_path / "allowed.txt"
    allowed.write_text(
        # Cython's own names; the buffer protocol, which is no method before Python 3.12; and that classes are not
        # marked as bases that exclude others: the mark is known to the newest checkers only (their members are
        # checked by their own names)
        r".*\.(__test__|__pyx_capi__|__reduce_cython__|__setstate_cython__|__buffer__)"
        "\n"
        r"dicomet\._native\.\w+\.[A-Z]\w+"
        "\n"
    )
    command = [sys.executable, "-m", "mypy.stubtest", "--concise", "--allowlist", str(allowed)]
    command += ["--ignore-unused-allowlist", *(f"dicomet._native.{name}" for name in modules)]
    source = str(ROOT / "src")
    environment = {**os.environ, "MYPYPATH": source}
    if any(native.glob("index.*.so")):
        environment["PYTHONPATH"] = source  # built in place; else the installed package is tested
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
