"""Hostile images end in arrays of the declared shape or a DicomError: no crash, hang, print, or memory for nothing."""

from __future__ import annotations

import base64
import gc
import json
import pickle
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomet
from dicomet.errors import DicomError, PixelDataError, SourceClosed

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
imagecodecs = pytest.importorskip("imagecodecs")
import pixel_cases  # noqa: E402
import pixel_mutants as mutants  # noqa: E402
import pixel_tables as tables  # noqa: E402

EACH = 90 * mutants.TIMES  # damaged streams of every kind
MAX_SECONDS = 2.0
FREE_NBYTES = 24 << 20
LARGE = 65535


def _exercise(which: str) -> list[dict[str, Any]]:
    """Results of one child process; what it was at when it died fails the test by its name and bytes."""
    command = [sys.executable, str(HERE / "pixel_exercise.py"), which]
    child = subprocess.run(command, capture_output=True, text=True, timeout=600 * mutants.TIMES, check=False)
    lines = [json.loads(line) for line in child.stdout.splitlines()]
    if child.returncode:
        last = lines[-1].get("begin", "the end") if lines else "the start"
        data = dict(pixel_cases.cases(which)).get(last, b"")
        encoded = base64.b64encode(data).decode()
        pytest.fail(f"the process died at {last} with {child.returncode}\n{child.stderr[-3000:]}\n{encoded}")
    return [line for line in lines if "name" in line]


def _check(results: list[dict[str, Any]]) -> None:
    sanitized = "asan" in Path("/proc/self/maps").read_text() if sys.platform == "linux" else False
    wrong = [f"{r['name']}: {r['error']}" for r in results if r["error"]]
    loud = [f"{r['name']} printed {r['printed'][:200]}" for r in results if r["printed"]]
    slow = [f"{r['name']}: {r['seconds']:.2f} s" for r in results if r["seconds"] > MAX_SECONDS and not sanitized]
    large = [
        f"{r['name']}: {r['added'] >> 20} MiB for {r['nbytes']} bytes"
        for r in results
        if r["added"] > FREE_NBYTES + 2 * r["nbytes"] + 10 * _nsamples(r) and not sanitized
    ]
    sound = [r for r in results if r["name"].startswith("sound")]
    refused = [f"{r['name']} refused {r['refused']}" for r in sound if not r["shape"]]
    assert not wrong + loud + slow + large + refused


def _nsamples(result: dict[str, Any]) -> int:
    """Of all frames, where they were not refused; several arrays of them are alive at a time."""
    return int(np.prod(result["shape"])) if result["shape"] else 0


def _outcomes(results: list[dict[str, Any]]) -> Counter[bool]:
    return Counter(bool(r["shape"]) for r in results if not r["name"].startswith("sound"))


# -- streams, tables, headers ------------------------------------------------------------------------------


def test_damaged_streams() -> None:
    results = _exercise(f"damaged:0-{EACH}")
    _check(results)
    read = _outcomes(results)
    assert sum(read.values()) == EACH * len(mutants.compressed()) >= 2000
    assert min(read[True], read[False]) > 500  # neither is all refused nor all let through


def test_streams_and_files_cut_anywhere() -> None:
    results = _exercise("cut")
    _check(results)
    assert sum(_outcomes(results).values()) >= 500


def test_tables_fragments_palettes_and_groups_that_lie() -> None:
    results = _exercise("tables")
    _check(results)
    assert sum(_outcomes(results).values()) >= 1500
    read = {r["name"]: r["shape"] for r in results}
    for name in ("rle-16", "jpeg-8", "uncompressed-rgb", "j2k-8"):
        whole = [5, *read[f"sound {name}"][1:]]
        for what in ("basic right of 5", "basic shifted of 5", "basic descending of 5", "basic largest of 5",
                     "extended right of 5", "extended huge of 5", "extended not paired of 5", "odd"):  # fmt: skip
            assert read[f"{name}/{what}"] == whole, f"{name}/{what}"


@pytest.mark.parametrize("kind", ["native", "j", "htj2k", "rle,deflated,uncompressed"])
def test_headers_that_lie(kind: str) -> None:
    names = [name for name in mutants.images() if name.startswith(tuple(kind.split(",")))]
    results = _exercise(f"lies:{','.join(names)}")
    _check(results)
    assert sum(_outcomes(results).values()) >= 150 * len(names)
    assert min(_outcomes(results).values()) > 20 * len(names)


def test_cases_are_the_same_every_time() -> None:
    for which in ("damaged:3-9", "lies:rle-8", "cut"):
        assert list(pixel_cases.cases(which)) == list(pixel_cases.cases(which))


# -- memory ------------------------------------------------------------------------------------------------


def _peak(work: Any) -> int:
    """Bytes that Python and NumPy held at most, more than before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", list(mutants.compressed()))
@pytest.mark.parametrize(("rows", "columns"), [(LARGE, LARGE), (20_000, 20_000), (LARGE, 64)])
def test_no_memory_is_taken_for_pixels_that_cannot_be(name: str, rows: int, columns: int) -> None:
    image = mutants.compressed()[name]
    size = {mutants.NROWS: ("US", rows.to_bytes(2, "little")), mutants.NCOLUMNS: ("US", columns.to_bytes(2, "little"))}
    frames = dicomet.dcmread(image.file({**image.header, **size})).frames
    small = rows * columns * image.header[mutants.SAMPLES][1][0] < 32 << 20  # then it is taken, to be filled

    def work() -> None:
        for step in (lambda: frames[0], frames.read, lambda: list(frames)):
            with pytest.raises(DicomError):
                step()  # type: ignore[operator]

    if not small:
        assert _peak(work) < 1 << 20
    elif not name.startswith("rle"):
        work()


def _patched(name: str, rows: int, columns: int) -> bytes:
    """The first frame with another size in its own header too."""
    frame = mutants.compressed()[name].frames[0]
    old, new = ((mutants.ROWS, mutants.COLUMNS), (rows, columns))
    width = 4 if name.startswith(("j2k", "htj2k")) else 2
    order = reversed if width == 4 else list
    a, b = (b"".join(n.to_bytes(width, "big") for n in order(size)) for size in (old, new))
    assert frame.count(a) >= 1
    return frame.replace(a, b)


@pytest.mark.parametrize("name", [n for n in mutants.compressed() if n.startswith(("jpeg", "j2k", "htj2k"))])
def test_a_stream_that_lies_with_its_header_is_too_short(name: str) -> None:
    image = mutants.compressed()[name]
    rows = columns = 60_000
    size = {tag: ("US", (60_000).to_bytes(2, "little")) for tag in (mutants.NROWS, mutants.NCOLUMNS)}
    stream = _patched(name, rows, columns)
    frames = dicomet.dcmread(image.file({**image.header, **size}, mutants.fragments((stream, stream)))).frames
    with pytest.raises(PixelDataError, match="too short"):
        frames[0]

    def work() -> None:
        with pytest.raises(PixelDataError):
            frames.read()

    assert _peak(work) < 1 << 20


@pytest.mark.parametrize("name", ["native-16", "native-422", "native-12", "native-palette", "rle-16", "jpeg-8",
                                  "j2k-8", "deflated-16"])  # fmt: skip
def test_reading_takes_the_memory_of_the_pixels_and_little_more(name: str) -> None:
    """What C libraries take for themselves is not seen by this."""
    image = mutants.images()[name]
    frames = dicomet.dcmread(_large(image, 400)).frames
    frames.read([0])
    declared = int(np.prod(frames.shape)) * frames.dtype.itemsize
    assert len(frames) == 400
    assert _peak(frames.read) < 1.25 * declared + (1 << 20)
    assert _peak(lambda: [None for _ in frames]) < 1 << 20


def _large(image: mutants.Image, n: int = 200) -> bytes:
    """The frames n times: too large a file to be read instead of mapped."""
    frames = image.frames * (n // 2)
    pixels = mutants.fragments(frames)
    if image.is_native:
        pixels = image.enc.element(image.tag, image.vr, b"".join(frames))
    data = image.file({**image.header, mutants.FRAMES: ("IS", str(n).encode() + b" " * (len(str(n)) % 2))}, pixels)
    assert len(data) > 1 << 17
    return data


# -- files that shrink, close, are let go ------------------------------------------------------------------

SHRINK = """
import os, sys
import dicomet
from dicomet.errors import DicomError

path, when = sys.argv[1:3]
size = os.path.getsize(path)
steps = [lambda f: f[1], lambda f: f.read(), lambda f: list(f.iter(workers=2)), lambda f: bytes(f.raw(1)[:1]),
         lambda f: f.spans(1), lambda f: f.view(0).shape, lambda f: f.findings]
data = open(path, "rb").read()
for step in steps:
    for left in (size - 1, size // 2 // 4096 * 4096, 0):
        with open(path, "wb") as file:
            file.write(data)
        ds = dicomet.dcmread(path)
        try:
            if when == "before":
                os.truncate(path, left)
            frames = ds.frames
            if when == "between":
                os.truncate(path, left)
            step(frames)
        except DicomError:
            pass
        del ds
print("alive")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file cannot be cut there")
@pytest.mark.parametrize("when", ["before", "between"])
@pytest.mark.parametrize("name", ["native-16", "native-422", "native-palette", "native-12", "rle-16", "rle-rgb",
                                  "jpeg-8", "jpegls-16", "j2k-8", "htj2k-8", "jxl-16", "deflated-16",
                                  "uncompressed-rgb"])  # fmt: skip
def test_a_file_that_shrinks_ends_no_process(name: str, when: str, tmp_path: Path) -> None:
    image = mutants.images()[name]
    path = tmp_path / "shrinks.dcm"
    path.write_bytes(_large(image))
    child = subprocess.run([sys.executable, "-c", SHRINK, str(path), when], capture_output=True, text=True,
                           timeout=120, check=False)  # fmt: skip
    assert (child.returncode, child.stdout.strip(), child.stderr) == (0, "alive", "")


@pytest.mark.parametrize("name", ["native-16", "native-1", "rle-16", "jpeg-8"])
def test_closed_data_sets_have_no_frames(name: str, tmp_path: Path) -> None:
    path = tmp_path / "closed.dcm"
    path.write_bytes(mutants.images()[name].file())
    ds = dicomet.dcmread(path)
    frames = ds.frames
    kept = frames[0]
    before = kept.copy()
    ds.close()
    steps = (lambda: frames[1], frames.read, lambda: list(frames), lambda: frames.raw(0), lambda: frames.read(raw=True))
    for step in steps:
        with pytest.raises(SourceClosed):
            step()  # type: ignore[operator]
    with pytest.raises(DicomError):
        frames.view(0)
    assert np.array_equal(kept, before)
    assert isinstance(frames.findings, list)
    assert len(frames) == 2


@pytest.mark.parametrize("name", ["native-16", "native-palette", "rle-16", "jpeg-8", "uncompressed-rgb"])
def test_letting_go_of_frames_lets_go_of_the_file(name: str, tmp_path: Path) -> None:
    """Without the garbage collector: there are no cycles."""
    path = tmp_path / "let_go.dcm"
    path.write_bytes(_large(mutants.images()[name]))

    def is_mapped() -> bool:
        return path.name in Path("/proc/self/maps").read_text()

    if not Path("/proc/self/maps").exists():
        pytest.skip("no /proc")
    gc.collect()
    gc.disable()
    try:
        ds = dicomet.dcmread(path)
        frames = ds.frames
        del ds
        assert frames.read().shape == frames.shape  # the data set is not needed
        one, raw = frames[0], frames.raw(0)
        list(frames.iter(workers=2))
        list(frames)
        _ = frames.findings
        assert is_mapped()
        del frames, one, raw
        assert not is_mapped()
        ds = dicomet.dcmread(path)
        _ = ds.pixel_array, ds.frames.attributes(["Rows"])
        del ds
        assert not is_mapped()
    finally:
        gc.enable()


def test_frames_of_pickled_data_sets_are_the_same() -> None:
    for name in ("native-16", "rle-16", "native-palette"):
        ds = dicomet.dcmread(mutants.images()[name].file())
        again = pickle.loads(pickle.dumps(ds))
        assert np.array_equal(again.frames.read(), ds.frames.read())
    with pytest.raises(TypeError):
        pickle.dumps(ds.frames)


def test_every_set_of_cases_has_names_of_its_own() -> None:
    for cases in (tables.every(), mutants.damaged(mutants.compressed()["rle-8"], 0, 50)):
        names = [name for name, _ in cases]
        assert len(names) == len(set(names))
