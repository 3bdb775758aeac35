"""Find every element of large nested data sets that are in memory already."""

from collections.abc import Callable
from typing import Any

from .corpus import corpus_file
from .journey import DICOMET, Bar, Journey, contenders


def one_file(whole: str, parts: dict[int, str]) -> Callable[[int], tuple[tuple[Any, ...], int]]:
    """A corpus of one file, and smaller ones of its kind by share; adapters count the units."""

    def prepare(share: int) -> tuple[tuple[Any, ...], int]:
        return (corpus_file(whole if share == 1 else parts[share]),), 0

    return prepare


def _scan(name: str, title: str, whole: str, parts: dict[int, str], **slow: int) -> Journey:
    return Journey(
        name=name,
        title=title,
        unit="element",
        prepare=one_file(whole, parts),
        contenders=contenders("structure", "dicomsdl", "pydicom", slow=slow),
        bars=(Bar("ns", over=DICOMET, at_most=15),),
    )


JOURNEYS = (
    _scan(
        "structure-frames",
        "every element of 20,000 functional groups, undefined lengths",
        "undefined_20000",
        {4: "undefined_5000", 20: "undefined_1000"},
        dicomsdl=4,
        pydicom=20,
    ),
    _scan(
        "structure-report",
        "every element of a structured report, defined lengths",
        "report",
        {10: "report_tenth"},
        pydicom=10,
    ),
    _scan(
        "structure-dicomdir",
        "every element of a DICOMDIR",
        "dicomdir",
        {10: "dicomdir_tenth"},
        pydicom=10,
    ),
)
