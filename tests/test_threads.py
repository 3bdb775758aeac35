"""One data set read by many threads: handles are immutable, caches are filled harmlessly."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from build import LE, UNDEFINED, part10, patient
from corpus import real_file

from dicomet import dcmread

NTHREADS = 8


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[], Any]) -> list[Any]:
    """Results of a function that all threads begin at the same moment."""
    barrier = threading.Barrier(NTHREADS)
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        barrier.wait()
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(NTHREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return results


def values(ds: Any) -> list[Any]:
    return [(int(e.tag), e.VR, e.VM, str(e)) for e in ds.iterall()]


@pytest.mark.parametrize("name", ["rtplan.dcm", "DICOMDIR-implicit", "CT_small.dcm", "chrH31.dcm"])
def test_one_data_set_is_read_by_many_threads(name: str) -> None:
    expected = values(dcmread(real_file(name)))
    for _ in range(5):
        ds = dcmread(real_file(name))
        assert in_threads(lambda ds=ds: values(ds)) == [expected] * NTHREADS


def test_all_threads_get_the_same_items() -> None:
    body = b"".join(
        LE.sequence(0x00081140 + i, *[LE.item(patient(), length=UNDEFINED)] * 20) for i in range(20)
    )
    for _ in range(10):
        ds = dcmread(part10(body))
        found = in_threads(lambda ds=ds: [id(i) for e in ds for i in e.value])
        assert all(ids == found[0] for ids in found)


def test_what_follows_encapsulated_pixels_is_found_by_all() -> None:
    fragments = LE.item() + LE.item(b"\xff\xd8\xff\xd9") * 50 + LE.sequence_end()
    body = patient() + LE.element(0x7FE00010, "OB", fragments, length=UNDEFINED)
    data = part10(body + LE.element(0xFFFCFFFC, "OB", bytes(8)), "1.2.840.10008.1.2.4.50")
    for _ in range(20):
        ds = dcmread(data)
        found = in_threads(lambda ds=ds: (len(ds.PixelData), ds.DataSetTrailingPadding, len(ds)))
        assert set(found) == {(len(fragments) - 8, bytes(8), 6)}


def test_views_and_closing_race_harmlessly(tmp_path: Path) -> None:
    from dicomet.errors import SourceClosed

    path = tmp_path / "file"
    pixels = bytes(range(256)) * 400
    path.write_bytes(part10(patient() + LE.element(0x7FE00010, "OW", pixels)))
    for _ in range(50):
        ds = dcmread(path)

        def look(ds: Any = ds) -> bool:
            try:
                good = bytes(ds["PixelData"].raw) == pixels
            except SourceClosed:
                good = True
            ds.close()
            return good

        assert all(in_threads(look))


def test_the_same_file_opens_in_many_threads(ct_small: Path) -> None:
    assert set(in_threads(lambda: dcmread(ct_small).PatientID)) == {"1CT1"}
