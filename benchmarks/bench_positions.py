"""Positions and orientations of 20,000 frames as arrays, from the path. PS3.3 §C.7.6.16.2.3, §C.7.6.16.2.4.

Each adapter answers Image Position (Patient) and Image Orientation (Patient) of all frames as two arrays of
doubles; opening the file is part of the work. The physical limit reads the file and steps over the headers of
its elements.
"""

from .bench_groups import header
from .journey import LIMIT, Contender, Journey, contenders, faster_than

RIVALS = ("dicomsdl", "highdicom", "pydicom")


def _positions(form: str, slow: dict[str, int]) -> Journey:
    return Journey(
        name=f"positions-{form}",
        title=f"positions of 20,000 frames as arrays, groups of {form} length",
        unit="frame",
        prepare=header(form),
        contenders=(
            *contenders("positions", *RIVALS, slow=slow)[:-1],
            Contender(LIMIT, "limit_", "groups_scanned"),
        ),
        bars=faster_than(highdicom=100, pydicom=100),
    )


JOURNEYS = (
    _positions("undefined", {"highdicom": 20, "pydicom": 20}),
    _positions("defined", {"highdicom": 4, "pydicom": 4}),
)
