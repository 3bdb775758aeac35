"""Hostile input ends in a data set or a DicomError, within 1 s and 64 MiB and twice the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dicomet import dcmread

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import mutate  # noqa: E402

MUTANTS_EACH = 26  # twice through mutate.KINDS
FILES_PER_BATCH = 40
MAX_SECONDS = 1.0
MAX_ADDED_NBYTES = 64 << 20

pytest.importorskip("pydicom", reason="the mutants are made of its files")


def _exercise(*arguments: object) -> list[dict[str, Any]]:
    """Results of one child process; what it was at when it died fails the test by its name."""
    command = [sys.executable, str(HERE / "exercise.py"), *map(str, arguments)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    lines = [json.loads(line) for line in child.stdout.splitlines()]
    if child.returncode:
        last = lines[-1].get("begin", "the end") if lines else "the start"
        pytest.fail(f"the process died at {last} with {child.returncode}\n{child.stderr[-3000:]}")
    return [line for line in lines if "name" in line]


def _check(results: list[dict[str, Any]], max_seconds: float, max_added: int) -> None:
    wrong = [f"{r['name']}: {r['error']}" for r in results if r["error"]]
    slow = [f"{r['name']}: {r['seconds']:.2f} s" for r in results if r["seconds"] > max_seconds]
    large = [
        f"{r['name']}: {r['added'] >> 20} MiB for {r['nbytes']} bytes"
        for r in results
        if r["added"] > max_added + 2 * r["nbytes"]
    ]
    assert not wrong + slow + large


@pytest.fixture(scope="module")
def limits(request: pytest.FixtureRequest) -> tuple[float, int]:
    """Sanitizers make everything slower and larger: they are asked for crashes and exceptions."""
    sanitized = "asan" in Path("/proc/self/maps").read_text() if sys.platform == "linux" else False
    return (20.0, 1 << 40) if sanitized else (MAX_SECONDS, MAX_ADDED_NBYTES)


@pytest.mark.parametrize("first", range(0, 240, FILES_PER_BATCH))
def test_mutants_of_real_files(first: int, limits: tuple[float, int]) -> None:
    nfiles = len(mutate.files())
    if first == 0:
        assert nfiles * MUTANTS_EACH >= 5000
        assert nfiles <= 240  # or the last ones would go unread
    if first >= nfiles:
        return
    results = _exercise("files", first, first + FILES_PER_BATCH, MUTANTS_EACH)
    kinds = Counter(r["name"].rsplit(":", 1)[1] for r in results)
    assert len(results) == MUTANTS_EACH * len(mutate.files()[first : first + FILES_PER_BATCH])
    assert kinds.keys() == {kind.__name__ for kind in mutate.KINDS}
    _check(results, *limits)


def test_crafted_attacks(limits: tuple[float, int]) -> None:
    results = _exercise("crafted", 0, 1000, 0)
    _check(results, *limits)
    refused = {r["name"] for r in results if "dcmread" in r["refused"]}
    assert {"bomb-zeros-128", "bomb-elements-128", "bomb-zlib"} <= refused
    assert {"nested-65-defined", "nested-65-undefined", "nested-100000-undefined"} <= refused
    assert not {"nested-64-defined", "nested-64-undefined", "bomb-zeros-1"} & refused
    read = {r["name"]: r["refused"] for r in results}
    assert not read["private-nested-10"]
    assert "elements" in read["private-nested-70"]


def test_what_broke_something_once(limits: tuple[float, int]) -> None:
    _check(_exercise("regressions", 0, 0, 0), *limits)


def test_mutants_are_the_same_every_time() -> None:
    path = mutate.files()[0]
    assert [mutate.mutant(path, i) for i in range(13)] == [
        mutate.mutant(path, i) for i in range(13)
    ]


@pytest.mark.parametrize(
    "name", ["items", "endless-items", "delimiters", "open-bulk", "short-32", "bad-vr"]
)
def test_work_grows_with_the_file_and_no_faster(name: str) -> None:
    """Counted, not timed: what is kept is bounded by the file's size, and findings by a number."""
    data = dict(mutate.crafted())[f"many-{name}-item"]()
    ds = dcmread(data)
    assert len(ds._index) <= len(data) // 8
    assert 0 < len(ds.findings) <= 5000
