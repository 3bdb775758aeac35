"""The images of a slide as levels of a pyramid, with label, overview and thumbnail. PS3.3 §C.8.12.4.1.1, §C.8.12.14."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dicomet.dataset import Dataset
from dicomet.errors import SourceClosed, UnsupportedError
from dicomet.pixels.concatenation import Concatenation
from dicomet.pixels.frames import frames_of
from dicomet.pixels.slidefiles import ASSOCIATED, Image, group, image_of
from dicomet.reader import dcmread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

    from dicomet.filedataset import FileDataset
    from dicomet.pixels.frames import Frames

_TOLERANCE = 1e-3  # by so much, of itself, a level may be coarser than asked for: downsamples come from measures


class Level:
    """One resolution of a pyramid.

    Attributes
    ----------
    total_columns, total_rows : int
        Size of its total pixel matrix.
    pixel_spacing : (float, float) or None
        Between rows and between columns in mm.
    downsample : float
        How many pixels of level 0 make one of these, across: by Pixel Spacing, or by the sizes where that is missing.
    """

    def __init__(self, images: list[Image], base: Image, open_: Callable[[Image], Dataset]) -> None:
        first = images[0]
        self._images, self._open = images, open_
        self._frames: Frames | Concatenation | None = None
        self.total_columns, self.total_rows = first.columns, first.rows
        self.pixel_spacing = first.spacing
        if first.spacing is not None and base.spacing is not None:
            across = [mine / other for mine, other in zip(first.spacing, base.spacing, strict=True)]
        else:
            across = [base.rows / first.rows, base.columns / first.columns]
        self.downsample = sum(across) / 2

    @property
    def datasets(self) -> list[Dataset]:
        """The data set of the level, or those of its concatenation. Opened on first use."""
        return [self._open(image) for image in self._images]

    @property
    def frames(self) -> Frames | Concatenation:
        """The frames of the level, those of all parts where it is a concatenation. Opened on first use."""
        datasets = self.datasets  # whether it is open is seen to every time
        if self._frames is None:
            is_whole = len(datasets) == 1 and "ConcatenationUID" not in datasets[0]
            self._frames = frames_of(datasets[0]) if is_whole else Concatenation.of(datasets)
        return self._frames

    def read_region(self, x: int, y: int, width: int, height: int, **options: Any) -> np.ndarray:
        """Pixels of a rectangle in this level's own columns and rows: see `Tiles.read_region`."""
        return self.frames.read_region(x, y, width, height, **options)

    def __repr__(self) -> str:
        return f"<Level: {self.total_columns} × {self.total_rows}, 1:{self.downsample:g}>"


class Pyramid:
    """The volume images of one slide, largest first, and what was photographed beside them.

    Files given by path are opened when they are needed, and closed with the pyramid, which is a context manager.
    Data sets that were given open stay as they are.
    """

    def __init__(self, levels: list[list[Image]], associated: list[Image]) -> None:
        self._opened: dict[str, FileDataset] = {}
        self._closed = False
        self._associated = associated
        self.levels: tuple[Level, ...] = tuple(Level(images, levels[0][0], self._open) for images in levels)

    # -- making ------------------------------------------------------------------------------------

    @classmethod
    def of(cls, sources: Iterable[str | os.PathLike[str] | Dataset]) -> Pyramid:
        """The one pyramid that files or data sets make up.

        Parameters
        ----------
        sources : iterable of paths and data sets
            In any order. Images that belong to no pyramid are left out.

        Raises
        ------
        UnsupportedError
            There is no tiled volume image.
        ValueError
            There are several pyramids: other series, frames of reference, optical paths or focal planes. See `all_of`.
        """
        found = cls.all_of(sources)
        if not found:
            raise UnsupportedError("no tiled volume image of a slide", clause="PS3.3 §C.8.12.4.1.1")
        if len(found) > 1:
            raise ValueError(f"{len(found)} pyramids, not one: use Pyramid.all_of")
        return found[0]

    @classmethod
    def all_of(cls, sources: Iterable[str | os.PathLike[str] | Dataset]) -> list[Pyramid]:
        """Every pyramid there, in the order of their first images.

        Images of Image Type VOLUME are of one pyramid if they agree in series, frame of reference and optical
        paths; where two of them are of one size, in focal planes too. Of several such images still at one size the
        first counts. Parts of a concatenation are one image.
        """
        images = [image_of(source) for source in sources]
        return [cls(levels, associated) for levels, associated in group(images)]

    # -- levels ------------------------------------------------------------------------------------

    def best_level_for(self, downsample: float) -> int:
        """Number of the coarsest level that is no coarser than asked for; 0 if all are."""
        fits = [k for k, level in enumerate(self.levels) if level.downsample <= downsample * (1 + _TOLERANCE)]
        return max(fits, key=lambda k: self.levels[k].downsample, default=0)

    def read_region(self, level: int, x: int, y: int, width: int, height: int, **options: Any) -> np.ndarray:
        """Pixels of a rectangle in the columns and rows of a level: see `Tiles.read_region`."""
        return self.levels[level].read_region(x, y, width, height, **options)

    def read_region_at(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        level: int | None = None,
        downsample: float | None = None,
        **options: Any,
    ) -> np.ndarray:
        """Pixels of a rectangle given in columns and rows of level 0, as a level has them.

        Parameters
        ----------
        x, y, width, height : float
            In pixels of level 0. Edges are rounded to pixels of the level, so that rectangles that meet still do.
        level : int, optional
            Which level; 0 unless told.
        downsample : float, optional
            Instead of `level`: that of `best_level_for`. Nothing is resampled.
        **options
            As for `Tiles.read_region`.

        Returns
        -------
        numpy.ndarray
            About (height / downsample, width / downsample[, 3]), at least one pixel.
        """
        if level is not None and downsample is not None:
            raise ValueError("a level or a downsample, not both")
        if downsample is not None:
            level = self.best_level_for(downsample)
        if width <= 0 or height <= 0:
            raise ValueError(f"a region is larger than nothing, not {width} × {height}")
        one = self.levels[level or 0]
        left, top = round(x / one.downsample), round(y / one.downsample)
        right, bottom = round((x + width) / one.downsample), round((y + height) / one.downsample)
        return one.read_region(left, top, max(right - left, 1), max(bottom - top, 1), **options)

    # -- what stands beside ------------------------------------------------------------------------

    @property
    def label(self) -> Dataset | None:
        """The image of the label; None if there is none."""
        return self._beside("LABEL")

    @property
    def overview(self) -> Dataset | None:
        """The image of the whole slide; None if there is none."""
        return self._beside("OVERVIEW")

    @property
    def thumbnail(self) -> Dataset | None:
        """The small image of the whole matrix; None if there is none."""
        return self._beside("THUMBNAIL")

    @property
    def associated(self) -> dict[str, list[Dataset]]:
        """All of these, by value 3 of Image Type."""
        return {kind: [self._open(one) for one in self._associated if one.kind == kind] for kind in ASSOCIATED}

    def _beside(self, kind: str) -> Dataset | None:
        for image in self._associated:
            if image.kind == kind:
                return self._open(image)
        return None

    # -- files -------------------------------------------------------------------------------------

    def _open(self, image: Image) -> Dataset:
        if self._closed:
            raise SourceClosed("the pyramid was closed")
        if isinstance(image.source, Dataset):
            return image.source
        ds = self._opened.get(image.source)
        if ds is None:
            ds = self._opened.setdefault(image.source, dcmread(image.source))
        return ds

    def close(self) -> None:
        """Close the files that were opened here."""
        self._closed = True
        while self._opened:
            self._opened.popitem()[1].close()

    def __enter__(self) -> Pyramid:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Pyramid: {', '.join(f'{one.total_columns} × {one.total_rows}' for one in self.levels)}>"
