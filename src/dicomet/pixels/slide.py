"""Pixels of a total pixel matrix in the slide coordinate system. PS3.3 §C.8.12.2, §C.8.12.14.1.2."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet.errors import UnsupportedError
from dicomet.pixels.groups import frame_attributes
from dicomet.sequence import Sequence as Items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from dicomet.dataset import Dataset

_CLAUSE = "PS3.3 §C.8.12.14"
MM_PER_MICROMETRE = 0.001  # Z offsets are in µm, X and Y offsets in mm


@dataclass(frozen=True, slots=True)
class SlidePlace:
    """Where a total pixel matrix lies on its slide, in mm.

    Attributes
    ----------
    origin : numpy.ndarray
        X, Y and Z of the centre of the top left pixel.
    along_row, along_column : numpy.ndarray
        The step to the next column, and to the next row.
    """

    origin: np.ndarray
    along_row: np.ndarray
    along_column: np.ndarray

    def to_slide(self, x: ArrayLike, y: ArrayLike, z: float) -> np.ndarray:
        """X, Y, Z of pixels, with `z` in the place of the origin's: (..., 3)."""
        columns, rows = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        place: np.ndarray = self.origin + columns[..., None] * self.along_row + rows[..., None] * self.along_column
        if not math.isnan(z):
            place[..., 2] += z - self.origin[2]
        return place

    def from_slide(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Columns and rows of places, whose Z does not matter: (..., 2)."""
        across, down = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        offsets = np.stack((across - self.origin[0], down - self.origin[1]), axis=-1)
        try:
            inverse = np.linalg.inv(np.stack((self.along_row[:2], self.along_column[:2]), axis=-1))
        except np.linalg.LinAlgError:
            raise UnsupportedError("the image stands upright on the slide: its pixels have no X and Y of their own",
                                   tag=0x00480102, clause=_CLAUSE) from None  # fmt: skip
        found: np.ndarray = offsets @ inverse.T
        return found


def slide_place_of(ds: Dataset) -> SlidePlace | None:
    """Where the matrix of a data set lies; None if the header does not tell."""
    spacing = pixel_spacing_of(ds)
    directions = _numbers(frame_attributes(ds, ["ImageOrientationSlide"], nframes=1)["ImageOrientationSlide"], 6)
    items = items_of(ds, "TotalPixelMatrixOriginSequence")
    if spacing is None or directions is None or not len(items):
        return None
    corner = _numbers((_first(items[0], "X"), _first(items[0], "Y")), 2)
    height = _numbers(_first(items[0], "Z"), 1)
    if corner is None:
        return None
    origin = np.array([*corner, height[0] * MM_PER_MICROMETRE if height is not None else 0.0])
    return SlidePlace(origin, directions[:3] * spacing[1], directions[3:] * spacing[0])


def pixel_spacing_of(ds: Dataset) -> tuple[float, float] | None:
    """Pixel Spacing in mm: between rows, between columns; None if it is missing or not positive."""
    found = frame_attributes(ds, ["PixelSpacing"], nframes=1)["PixelSpacing"]
    numbers = _numbers(found, 2)
    if numbers is None or not (numbers > 0).all():
        return None
    return float(numbers[0]), float(numbers[1])


def items_of(ds: Dataset, keyword: str) -> Sequence[Dataset]:
    """Items of a sequence; none where it is missing or no sequence."""
    value = ds.get(keyword, None)
    return value if isinstance(value, Items) else ()


def _first(item: Dataset, axis: str) -> Any:
    return item.get(f"{axis}OffsetInSlideCoordinateSystem", None)


def _numbers(value: Any, n: int) -> np.ndarray | None:
    """So many finite numbers, or None."""
    try:
        numbers = np.array(value, np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if len(numbers) == n and bool(np.isfinite(numbers).all()) else None
