"""A native ultrasound clip of YBR_FULL_422 to RGB, opening included. PS3.3 §C.7.6.3.1.2."""

from typing import Any

from .corpus import corpus_file
from .corpus.pixels import CLIP_FRAMES
from .journey import Journey, contenders, faster_than


def clip(share: int) -> tuple[tuple[Any, ...], int]:
    """The whole clip."""
    return (corpus_file("clip"),), CLIP_FRAMES


JOURNEYS = (
    Journey(
        name="ybr-422",
        title="30 native frames of 1024 × 1024, YBR_FULL_422 to RGB",
        unit="frame",
        prepare=clip,
        contenders=contenders("clip", "pydicom", "simpleitk")[:-1],
        bars=faster_than(pydicom=10),
    ),
)
