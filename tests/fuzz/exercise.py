"""Child process of test_hostile: looks at all of each mutant and prints a JSON line about it."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutate

import dicomet
from dicomet.errors import DicomError, WriteError

LAST = 0xFFFCFFFC  # Data Set Trailing Padding
WAYS: tuple[dict[str, Any], ...] = (
    {}, {"lengths": "undefined"}, {"lengths": "defined"}, {"transfer_syntax": "1.2.840.10008.1.2.2"}
)  # fmt: skip
STEPS: tuple[tuple[str, Callable[[dicomet.FileDataset], object]], ...] = (
    ("elements", lambda ds: [_look_at(element) for element in ds.iterall()]),
    ("meta", lambda ds: [_look_at(element) for element in ds.file_meta]),
    ("str", str),
    ("json", lambda ds: ds.to_json()),
    ("xml", lambda ds: ds.to_xml()),
    ("findings", lambda ds: [str(finding) for finding in ds.findings]),
    ("validate", lambda ds: [str(problem) for problem in dicomet.validate(ds, notes=True)]),
    ("walk", lambda ds: ds.walk(lambda _, element: element.tag)),
    ("write", lambda ds: _write(ds)),
    ("rest", lambda ds: (len(ds), ds.dir(), ds.get("PatientName"), ds.preamble, ds.filename)),
)


def _look_at(element: dicomet.DataElement) -> None:
    assert len(element.VR) == 2 or element.VR == ""
    _ = element.value, element.VM, element.name, element.keyword, element.is_empty
    assert element.raw.nbytes == element.length


def _write(ds: dicomet.FileDataset) -> None:
    """Edited in front, in an item and behind; saved in several ways; read again, all of it there."""
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4"
    item = next((one for element in ds if element.VR == "SQ" for one in element.value), None)
    if item is not None:
        item.add_new(LAST, "OB", b"item")
    ds.add_new(LAST, "OB", b"last")
    tags = _tags(ds)
    for options in WAYS:
        out = io.BytesIO()
        try:
            ds.save_as(out, **options)
        except WriteError:
            if "transfer_syntax" not in options:
                raise
            continue  # fragments have no place in it
        assert len(out.getbuffer()) <= 4 * ds._index.source.nbytes + 65536
        twin = dicomet.dcmread(out.getbuffer())
        assert twin[LAST].value == b"last"
        assert _tags(twin) == tags
    ds.save_as(io.BytesIO(), enforce_file_format=False)


def _tags(ds: dicomet.Dataset) -> list[int]:
    """Those that are written: no group lengths, no File Meta Information astray, nothing that no element may be."""
    return [int(tag) for tag in ds.keys() if tag.element and tag.group != 2 and tag <= LAST]  # noqa: SIM118


def read(source: bytes | Path) -> list[str]:
    """Names of the steps that ended in a DicomError; every other exception passes through."""
    refused = []
    try:
        ds = dicomet.dcmread(source)
    except DicomError:
        return ["dcmread"]
    for name, step in STEPS:
        try:
            step(ds)
        except DicomError:
            refused.append(name)
    return refused


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def _can_measure() -> bool:
    """Linux lets a process set its high-water mark back."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def run(mutants: Iterator[tuple[str, bytes]], folder: Path) -> None:
    measured = _can_measure()
    gc.collect()
    gc.freeze()  # or collecting before each mutant costs more than the mutant
    path = folder / "mutant.dcm"
    for i, (name, data) in enumerate(mutants):
        print(json.dumps({"begin": name}), flush=True)
        # bytes as short as a path may be taken for one
        source: bytes | Path = data if i % 2 and len(data) >= 132 else path
        if source is path:
            path.write_bytes(data)
        gc.collect()
        before = 0
        if measured:
            Path("/proc/self/clear_refs").write_text("5")
            before = _status("VmRSS")
        start = time.process_time()
        error = None
        refused: list[str] = []
        try:
            refused = read(source)
        except Exception:
            error = traceback.format_exc(limit=-4)
        seconds = time.process_time() - start
        added = _status("VmHWM") - before if measured else 0
        result = {
            "name": name,
            "nbytes": len(data),
            "seconds": seconds,
            "added": added,
            "error": error,
        }
        print(json.dumps({**result, "refused": refused}), flush=True)


def chosen(what: str, first: int, last: int, each: int) -> Iterator[tuple[str, bytes]]:
    if what == "crafted":
        for name, make in list(mutate.crafted())[first:last]:
            yield name, make()
        return
    if what == "regressions":
        for path in sorted((Path(__file__).parent / "regressions").iterdir()):
            yield path.name, path.read_bytes()
        return
    for path in mutate.files()[first:last]:
        for number in range(each):
            yield mutate.mutant(path, number)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.pop("PYTHONTRACEMALLOC", None)
        read(
            b"\x08\0\x05\0CS\x0a\0ISO_IR 100\x10\0\x10\0PN\4\0A^B=" + bytes(200)
        )  # imports are not the mutants' doing
        run(chosen(sys.argv[1], *map(int, sys.argv[2:5])), Path(temporary))
