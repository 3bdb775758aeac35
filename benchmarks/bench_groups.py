"""Open a header with 20,000 per-frame functional groups. PS3.3 §C.7.6.16.

Each adapter answers Number of Frames, so that work and unit are frames. A library that may skip a
sequence of defined length does; the physical limit of that form is one short read.
"""

from collections.abc import Callable
from typing import Any

from .corpus import corpus_file
from .journey import LIMIT, Contender, Journey, contenders, faster_than

FRAMES = 20_000


def header(form: str) -> Callable[[int], tuple[tuple[Any, ...], int]]:
    """A file of that many frames, or of a share of them."""

    def prepare(share: int) -> tuple[tuple[Any, ...], int]:
        nframes = FRAMES // share
        return (corpus_file(f"{form}_{nframes}"),), nframes

    return prepare


RIVALS = ("dicomsdl", "fastdicom", "gdcm", "pydicom")
JOURNEYS = (
    Journey(
        name="groups-undefined",
        title="open 20,000 functional groups of undefined length",
        unit="frame",
        prepare=header("undefined"),
        contenders=(
            *contenders("groups", *RIVALS, slow={"gdcm": 4, "pydicom": 20})[:-1],
            Contender(LIMIT, "limit_", "groups_scanned"),
        ),
        bars=faster_than(pydicom=200),
    ),
    Journey(
        name="groups-defined",
        title="open 20,000 functional groups of defined length",
        unit="frame",
        prepare=header("defined"),
        contenders=(
            *contenders("groups", *RIVALS, slow={"gdcm": 4})[:-1],
            Contender(LIMIT, "limit_", "groups_skipped"),
        ),
        bars=faster_than(pydicom=1),
    ),
)
