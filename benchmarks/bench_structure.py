"""Find every element of large nested data sets that are in memory already."""

from collections.abc import Callable
from typing import Any

from .corpus import corpus_file
from .journey import DICOMET, Bar, Journey, contenders


def one_file(whole: str, part: str = "") -> Callable[[int], tuple[tuple[Any, ...], int]]:
    """A corpus of one file, and a smaller one of its kind for slow libraries; adapters count."""

    def prepare(share: int) -> tuple[tuple[Any, ...], int]:
        return (corpus_file(whole if share == 1 else part),), 0

    return prepare


def _scan(name: str, title: str, whole: str, part: str = "", share: int = 1) -> Journey:
    return Journey(
        name=name,
        title=title,
        unit="element",
        prepare=one_file(whole, part),
        contenders=contenders("structure", "dicomsdl", "pydicom", slow={"pydicom": share}),
        bars=(Bar("ns", over=DICOMET, at_most=15),),
    )


JOURNEYS = (
    _scan(
        "structure-frames",
        "every element of 20,000 functional groups, undefined lengths",
        "undefined_20000",
        "undefined_1000",
        20,
    ),
    _scan(
        "structure-report",
        "every element of a structured report, defined lengths",
        "report",
        "report_tenth",
        10,
    ),
    _scan("structure-dicomdir", "every element of a DICOMDIR", "dicomdir", "dicomdir_tenth", 10),
)
