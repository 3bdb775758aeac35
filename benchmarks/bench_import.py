"""What ``import`` costs above ``python -c pass``."""

from typing import Any

from .journey import DICOMET, LIMIT, Bar, Journey, contenders


def nothing(share: int) -> tuple[tuple[Any, ...], int]:
    """No corpus: one process is one unit."""
    return (), 1


JOURNEYS = (
    Journey(
        name="import",
        title="import in a fresh interpreter",
        unit="process",
        prepare=nothing,
        contenders=contenders("start", "dicomsdl", "fastdicom", "gdcm", "pydicom"),
        bars=(
            Bar("ms", over=DICOMET, under=LIMIT, at_most=15),
            Bar("ms", over=DICOMET, under=LIMIT, at_most=15, clock="wall"),
        ),
        processes=True,
    ),
)
