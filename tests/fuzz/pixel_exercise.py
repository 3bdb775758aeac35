"""Child process of test_pixels_hostile: looks at all frames of each case and prints a JSON line about it.

What C libraries print goes to a file of its own and counts as a failure. A case that takes too much time is ended by
a signal, and so seen by the parent.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pixel_cases
from exercise import _can_measure, _status

import dicomet
from dicomet._native import codestream
from dicomet.errors import DicomError
from dicomet.pixels.codecs import RLE_LOSSLESS
from dicomet.pixels.frames import Frames
from dicomet.pixels.native import ENCAPSULATED
from dicomet.pixels.streams import StreamCodec

MAX_SECONDS = 20  # of processor time, of one case
MAX_ITERATED = 40


class Refused:
    """Names of the steps that ended in a DicomError; every other exception passes through."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.last = ""

    def attempt(self, name: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except DicomError as error:
            str(error)
            self.steps.append(name)
            self.last = type(error).__name__
            return None


def look(source: bytes | Path) -> tuple[list[str], tuple[int, ...], str]:
    """Steps that were refused, the shape of what `read` gave (() if it was refused), the last error."""
    refused = Refused()
    ds = refused.attempt("dcmread", lambda: dicomet.dcmread(source))
    if ds is None:
        return refused.steps, (), refused.last
    frames: Frames | None = refused.attempt("frames", lambda: ds.frames)
    if frames is None:
        assert refused.attempt("pixel_array", lambda: ds.pixel_array) is None
        return refused.steps, (), refused.last
    shape, dtype, n = frames.shape, frames.dtype, len(frames)
    assert n >= 1
    assert shape[0] == n
    repr(frames)
    _each(frames, refused, sorted({0, n // 2, n - 1}), source)
    for i in (n, -n - 1):
        try:
            frames[i]
        except (IndexError, DicomError):
            continue
        raise AssertionError(f"frame {i} of {n}")
    got = 0
    for options in ({}, {"workers": 2}):
        seen = refused.attempt("iter", lambda o=options: _iterate(frames, o))
        if seen is not None:
            got = seen
    first = refused.attempt("read", lambda: frames.read())
    if first is None:
        return _rest(ds, frames, refused), (), refused.last
    assert first.dtype == dtype
    assert first.shape[1:] == shape[1:]
    assert first.shape[0] == got or got == MAX_ITERATED
    assert n - 1 <= first.shape[0] <= n
    _written_whole(frames, first)
    return _rest(ds, frames, refused), first.shape, refused.last


def _each(frames: Frames, refused: Refused, numbers: list[int], source: bytes | Path) -> None:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    for i in numbers:
        one = refused.attempt("frames[i]", lambda i=i: frames[i])
        if one is not None:
            assert (one.shape, one.dtype) == (frames.shape[1:], frames.dtype)
            _possible(frames, i)
        raw = refused.attempt("raw", lambda i=i: frames.raw(i))
        spans = refused.attempt("spans", lambda i=i: frames.spans(i))
        if raw is not None and spans is not None:
            assert raw.nbytes == sum(nbytes for _, nbytes in spans)
            assert all(offset >= 0 and offset + nbytes <= size for offset, nbytes in spans)
        view = refused.attempt("view", lambda i=i: frames.view(i))
        if view is not None:
            assert view.shape == frames.layout.shape
            view.max()


def _possible(frames: Frames, i: int) -> None:
    """No pixels but those that the bytes can hold."""
    reader, layout = frames._reader, frames.layout
    if reader.table is None:
        end = (i + 1) * layout.native_nbits
        assert end <= 8 * reader.element.nbytes or (reader.is_cut(i) and i == len(frames) - 1)
        return
    encoded = frames.raw(i)
    stream = codestream.read(encoded) if isinstance(reader.codec, StreamCodec) else None
    if stream is not None:
        assert (stream.rows or layout.rows) >= layout.rows
        assert stream.columns >= layout.columns
        assert stream.samples == layout.samples
    elif reader.codec is ENCAPSULATED:
        assert layout.native_nbytes <= encoded.nbytes
    else:  # RLE, deflated
        assert layout.native_nbytes <= (64 if reader.element.transfer_syntax == RLE_LOSSLESS else 1100) * encoded.nbytes


def _iterate(frames: Frames, options: dict[str, Any]) -> int:
    n = 0
    for one in frames.iter(**options):
        assert (one.shape, one.dtype) == (frames.shape[1:], frames.dtype)
        n += 1
        if n == MAX_ITERATED:
            break
    return n


def _written_whole(frames: Frames, first: np.ndarray) -> None:
    """No memory of before comes out: what is decoded does not depend on what stood in `out`."""
    if first.nbytes > 1 << 20:
        return
    out = np.full_like(first.view(np.uint8) if first.flags.c_contiguous else first, 0xA5).view(first.dtype)
    frames.read(range(len(first)), out.reshape(first.shape))
    assert out.tobytes() == first.tobytes(), "not all was written"


def _rest(ds: dicomet.Dataset, frames: Frames, refused: Refused) -> list[str]:
    raw = refused.attempt("read raw", lambda: frames.read(raw=True))
    if raw is not None:
        assert raw.shape[1:] == frames.layout.shape
        assert raw.dtype == frames.layout.dtype
    array = refused.attempt("pixel_array", lambda: ds.pixel_array)
    if array is not None:
        rows, columns = frames.layout.rows, frames.layout.columns
        assert (rows, columns) in (array.shape[:2], array.shape[1:3])
    for finding in frames.findings:
        str(finding)
    refused.attempt("attributes", lambda: frames.attributes(["ImagePositionPatient", "SliceLocation"]))
    return refused.steps


class Output:
    """What is written to stdout and stderr by anybody, since it was last asked for."""

    def __init__(self, folder: Path) -> None:
        self.report = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self.path = folder / "printed"
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        self.seen = 0

    def new(self) -> str:
        if self.path.stat().st_size == self.seen:
            return ""
        printed = self.path.read_bytes()[self.seen :]
        self.seen += len(printed)
        return printed.decode(errors="replace")

    def line(self, **values: object) -> None:
        print(json.dumps(values), file=self.report, flush=True)


def run(cases: Iterator[tuple[str, bytes]], folder: Path) -> None:
    output = Output(folder)
    measured = _can_measure()
    gc.collect()
    gc.freeze()
    path = folder / "case.dcm"
    for i, (name, data) in enumerate(cases):
        output.line(begin=name)
        source: bytes | Path = data if i % 2 else path
        if source is path:
            path.write_bytes(data)
        before = 0
        if measured:
            Path("/proc/self/clear_refs").write_text("5")
            before = _status("VmRSS")
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_VIRTUAL, MAX_SECONDS)  # its own action is to end the process
        start = time.process_time()
        error, refused, shape, last = None, [], (), ""
        try:
            refused, shape, last = look(source)
        except Exception:
            error = traceback.format_exc(limit=-6)
        seconds = time.process_time() - start
        added = _status("VmHWM") - before if measured else 0
        output.line(name=name, nbytes=len(data), seconds=seconds, added=added, error=error, refused=refused,
                    shape=shape, last=last, printed=output.new())  # fmt: skip
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        run(pixel_cases.cases(sys.argv[1]), Path(temporary))
