"""Twelve attributes a file in bulk: 1,600 distinct real headers, warm cache."""

from typing import Any

from .corpus import HEADER_FILES, corpus
from .journey import DICOMET, LIMIT, Bar, Contender, Journey, contenders, faster_than


def header_files(share: int) -> tuple[tuple[Any, ...], int]:
    """The first files of the corpus; its templates take turns, so any part is like the whole."""
    files = sorted(map(str, corpus("headers").iterdir()))[: HEADER_FILES // share]
    return (files,), len(files)


TWO_THREADS = "dicomet, 2 threads"
JOURNEYS = (
    Journey(
        name="headers",
        title="12 attributes a file, in bulk",
        unit="file",
        prepare=header_files,
        contenders=(
            *contenders(
                "headers",
                "dicomsdl",
                "fastdicom",
                "gdcm",
                "pydicom",
                slow={"gdcm": 2, "pydicom": 4},
            ),
            Contender(TWO_THREADS, "dicomet_", "headers_two_threads"),
        ),
        bars=(
            Bar("ratio", over=DICOMET, under=LIMIT, at_most=1.6),
            *faster_than(dicomsdl=3.5, fastdicom=14, gdcm=45, pydicom=110),
            Bar("ratio", over=DICOMET, under=TWO_THREADS, at_least=1.6, clock="wall"),
        ),
    ),
)
