"""fastdicom: ``dcmread(stop_before_pixels=True)`` and ``get``. It reads from paths only."""

from collections.abc import Sequence
from typing import Any

import fastdicom
import numpy as np

from ..corpus import ATTRIBUTES
from . import files as shared
from . import table_work


def _rows(files: Sequence[str]) -> list[list[Any]]:
    rows = []
    for path in files:
        get = fastdicom.dcmread(path, stop_before_pixels=True).get
        rows.append([get(name) for name in ATTRIBUTES])
    return rows


headers = facade = _rows
headers_work = facade_work = table_work


def parquet(folders: Sequence[str], output: str) -> int:
    rows = ((path, [_plain(value) for value in _rows([path])[0]]) for path in shared.walk(folders))
    return shared.write_parquet(rows, output)


def _plain(value: Any) -> Any:
    """An empty element comes as an empty list, whatever its type: Arrow needs one type a column."""
    return None if value == [] else value


def _visit(dataset: Any) -> int:
    number = 0
    for _, value in dataset.items():
        number += 1
        if type(value) is list and value and type(value[0]) is fastdicom.Dataset:
            for item in value:
                number += _visit(item)
    return number


def values(path: str) -> int:
    return _visit(fastdicom.dcmread(path))


def arrays(path: str) -> list[Any]:
    return [
        np.asarray(contour.ContourData)
        for roi in fastdicom.dcmread(path).ROIContourSequence
        for contour in roi.ContourSequence
    ]


def arrays_work(found: list[Any]) -> int:
    return sum(array.size for array in found)


def groups(path: str) -> int:
    return int(fastdicom.dcmread(path, stop_before_pixels=True).NumberOfFrames)


def start_ready() -> tuple[str]:
    return ("import fastdicom",)


start, start_peak = shared.start, shared.start_peak
