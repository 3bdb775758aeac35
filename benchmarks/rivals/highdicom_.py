"""highdicom: ``imread`` with frames left for later; its ``Image`` is a data set of pydicom's."""

from typing import Any

import highdicom
import numpy as np


def positions(path: str) -> list[Any]:
    """No method gives the positions of all frames; the items do."""
    image = highdicom.imread(path, lazy_frame_retrieval=True)
    found = [
        (
            item.PlanePositionSequence[0].ImagePositionPatient,
            item.PlaneOrientationSequence[0].ImageOrientationPatient,
        )
        for item in image.PerFrameFunctionalGroupsSequence
    ]
    return [np.array(column, np.float64) for column in zip(*found, strict=True)]


def positions_work(found: list[Any]) -> int:
    return sum(array.size for array in found)
