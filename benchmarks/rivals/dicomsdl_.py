"""DICOMSDL: ``open(load_until=...)`` with ``getValues`` in bulk, attribute access as its facade."""

from collections.abc import Iterator, Sequence
from typing import Any

import dicomsdl
import numpy as np

from ..corpus import ATTRIBUTES
from . import files as shared
from . import images, table_work, written

NAMES = list(ATTRIBUTES)  # getValues takes nothing but a list
LAST_COLUMN = 0x00280030  # Pixel Spacing
BEFORE_PIXELS = 0x7FDFFFFF
FIRST_AFTER_META = 0x00030000


def headers(files: Sequence[str]) -> list[list[Any]]:
    return [dicomsdl.open(path, load_until=LAST_COLUMN).getValues(NAMES) for path in files]


def facade(files: Sequence[str]) -> list[list[Any]]:
    rows = []
    for path in files:
        dataset = dicomsdl.open(path, load_until=BEFORE_PIXELS)
        rows.append([getattr(dataset, name) for name in NAMES])
    return rows


headers_work = facade_work = table_work


def parquet(folders: Sequence[str], output: str) -> int:
    rows = (
        (path, dicomsdl.open(path, load_until=LAST_COLUMN).getValues(NAMES))
        for path in shared.walk(folders)
    )
    return shared.write_parquet(rows, output)


def structure_ready(path: str) -> tuple[bytes]:
    with open(path, "rb") as stream:
        return (stream.read(),)


def structure(source: bytes) -> Any:
    """Opening finds all elements; counting them is not timed."""
    return dicomsdl.open_memory(source)


def _count(dataset: Any) -> int:
    """Elements at every depth, without the meta group."""
    number = 0
    for element in dataset:
        number += element.tag() >= FIRST_AFTER_META
        if element.vr() == dicomsdl.VR.SQ:
            number += sum(_count(item) for item in element.toSequence())
    return number


structure_work = _count


def _visit(dataset: Any) -> int:
    number = 0
    sequence, pixels = dicomsdl.VR.SQ, dicomsdl.VR.PIXSEQ
    for element in dataset:
        number += element.tag() >= FIRST_AFTER_META
        vr = element.vr()
        if vr == sequence:
            for item in element.toSequence():
                number += _visit(item)
        elif vr != pixels:
            element.value()
    return number


def values(path: str) -> int:
    return _visit(dicomsdl.open(path))


def arrays(path: str) -> list[Any]:
    return [
        np.array(contour.getDataElement("ContourData").toDoubleVector())
        for roi in dicomsdl.open(path).ROIContourSequence
        for contour in roi.ContourSequence
    ]


def arrays_work(found: list[Any]) -> int:
    return sum(array.size for array in found)


def groups(path: str) -> int:
    return int(dicomsdl.open(path, load_until=BEFORE_PIXELS).NumberOfFrames)


def positions(path: str) -> list[Any]:
    groups = dicomsdl.open(path, load_until=BEFORE_PIXELS).PerFrameFunctionalGroupsSequence
    found = [
        (
            item.getDataElement("00209113.0.00200032").toDoubleVector(),
            item.getDataElement("00209116.0.00200037").toDoubleVector(),
        )
        for item in groups
    ]
    return [np.array(column) for column in zip(*found, strict=True)]


positions_work = arrays_work


def frame(path: str, number: int) -> Any:
    found = dicomsdl.open(path).pixelData(number, storedvalue=True)
    images.touch(found)
    return found


frame_work = images.checksum


def frames(path: str, every: bool = False) -> int:
    """What `pixelData` does, but for asking all functional groups again for each frame."""
    dataset = dicomsdl.open(path)
    first = dataset.pixelData(0, storedvalue=True)

    def copied() -> Iterator[Any]:
        for number in range(int(dataset.NumberOfFrames)):
            out = np.empty_like(first)
            dataset.copyFrameData(number, out)
            yield out

    return images.total(copied(), every)


def _decoded(files: Sequence[str]) -> Iterator[tuple[str, Any]]:
    return ((path, dicomsdl.open(path).pixelData(storedvalue=True)) for path in files)


def decode(files: Sequence[str]) -> Sequence[str]:
    images.run(_decoded(files))
    return files


def decode_work(files: Sequence[str]) -> int:
    return images.right_nbytes(_decoded(files))


def rewrite(path: str) -> str:
    dataset = dicomsdl.open(path)
    for name, value in written.EDITS.items():
        setattr(dataset, name, value)
    dataset.saveToFile(written.target_of(path))
    return path


rewrite_work = written.right_edits


def start_ready() -> tuple[str]:
    return ("import dicomsdl",)


start, start_peak = shared.start, shared.start_peak
