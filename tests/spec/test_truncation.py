"""Files that end early give every element that is whole, and say that they end early. PS3.5 §7.1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="its files are the ones that are cut")
from corpus import real_files

from dicomet._native.index import Index
from dicomet._native.source import Source
from dicomet.errors import InvalidDicomError

ROW = np.dtype(  # csrc/index.h
    [
        ("offset", "<i8"),
        ("length", "<i8"),
        ("tag", "<u4"),
        ("end", "<u4"),
        ("parent", "<u4"),
        ("vr", "<u2"),
        ("depth", "u1"),
        ("flags", "u1"),
    ]
)
LONG, FRAGMENTS, PARTIAL = 8, 64, 128
SEQUENCE = int.from_bytes(b"SQ", "little")
MAX_CUTS = 700  # a file; every n-th boundary of files that have more
PREFIX_NBYTES = 132
# Explicit VR by its transfer syntax, implicit by its bytes: eight bytes of a data set do not tell which.
UNDECIDED = {("SC_rgb_jpeg.dcm", 364)}


def _rows(data: memoryview) -> np.ndarray:
    return np.frombuffer(Index.scan(Source.of(data), fragments=True).table(), ROW)


def _whole(rows: np.ndarray) -> np.ndarray:
    """Rows of elements that hold a value, all of it."""
    container = (rows["vr"] == SEQUENCE) | (rows["vr"] == 0) | (rows["flags"] & FRAGMENTS != 0)
    return rows[~container & (rows["flags"] & PARTIAL == 0)]


def _boundaries(rows: np.ndarray) -> list[int]:
    header = np.where(rows["flags"] & LONG, 12, 8)
    ends = (rows["offset"] - header, rows["offset"], rows["offset"] + rows["length"])
    cuts = np.unique(np.concatenate(ends))
    return [int(cut) for cut in cuts[:: len(cuts) // MAX_CUTS + 1]]


def test_every_file_cut_at_every_boundary_of_its_structure() -> None:
    ncuts = 0
    for path in real_files().values():
        ncuts += _cut_everywhere(path)
    assert ncuts > 30_000


def _cut_everywhere(path: Path) -> int:
    data = memoryview(path.read_bytes())
    try:
        index = Index.scan(Source.of(data), fragments=True)
    except InvalidDicomError:
        return 0
    if index.needs_inflate:
        return 0  # test_tolerance cuts deflated ones
    rows = np.frombuffer(index.table(), ROW)
    whole = _whole(rows)
    cuts = _boundaries(rows)
    for cut in cuts:
        want = whole[whole["offset"] + whole["length"] <= cut]
        try:
            found = _whole(_rows(data[:cut]))
        except InvalidDicomError:
            assert cut <= PREFIX_NBYTES + 12, (path.name, cut)
            continue
        if (path.name, cut) in UNDECIDED:
            continue
        for column in ("tag", "offset", "length"):
            assert found[column].tolist() == want[column].tolist(), (path.name, cut)
    return len(cuts)
