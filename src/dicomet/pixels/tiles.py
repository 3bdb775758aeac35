"""`ds.frames.tiles`: the frames of a whole slide image as one large image. PS3.3 §C.7.6.17.3, §C.8.12.14."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet.errors import LimitError, PixelDataError, UnsupportedError
from dicomet.pixels.matrix import Part, count_of, edits_of, matrix_of
from dicomet.pixels.region import Region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from dicomet.dataset import Dataset
    from dicomet.pixels.matrix import Matrix
    from dicomet.pixels.reader import FrameReader
    from dicomet.pixels.region import FrameSource
    from dicomet.pixels.slide import SlidePlace

_MAX_LISTED = 1 << 26  # frames whose positions are made into an array at a time


class Tiles:
    """The total pixel matrix of a tiled image, and the frames as its tiles.

    Columns `x` and rows `y` count from 0 at the top left pixel of the matrix (the standard's positions count
    from 1). A tile at the right or lower edge may reach beyond the matrix: what it has there is padding, and is
    never shown.

    `optical_path` is a number, counted from 0 in the order of `optical_paths`, or an identifier; None is the first
    one. `focal_plane` is a number, counted from 0 at the slide. Where tiles overlap, the later frame counts.
    """

    __slots__ = ("_matrix", "_source")

    def __init__(self, source: FrameSource, matrix: Matrix) -> None:
        self._source = source
        self._matrix = matrix

    # -- what there is -----------------------------------------------------------------------------

    @property
    def organization(self) -> str:
        """``"TILED_FULL"`` or ``"TILED_SPARSE"``: how places were found, whatever the header says."""
        return self._matrix.organization

    @property
    def total_columns(self) -> int:
        """Width of the total pixel matrix in pixels."""
        return self._matrix.columns

    @property
    def total_rows(self) -> int:
        """Height of the total pixel matrix in pixels."""
        return self._matrix.rows

    @property
    def tile_columns(self) -> int:
        """Width of a tile in pixels."""
        return self._matrix.grid.tile_columns

    @property
    def tile_rows(self) -> int:
        """Height of a tile in pixels."""
        return self._matrix.grid.tile_rows

    @property
    def ncolumns(self) -> int:
        """Tiles that stand side by side in a full matrix."""
        return -(-self.total_columns // self.tile_columns)

    @property
    def nrows(self) -> int:
        """Tiles that stand one above the other in a full matrix."""
        return -(-self.total_rows // self.tile_rows)

    @property
    def optical_paths(self) -> tuple[str, ...]:
        """Identifiers of the optical paths in order; of Segmentations the segments' numbers.

        An identifier that is missing is the path's number from 1 on in a full matrix, else empty.
        """
        return self._matrix.optical_paths

    @property
    def focal_planes(self) -> tuple[float, ...]:
        """Z offsets of the focal planes from the slide in mm, ascending; NaN where unknown."""
        return self._matrix.focal_planes

    @property
    def is_disjoint(self) -> bool:
        """Whether it is known that no two tiles of a plane overlap."""
        return self._matrix.grid.is_disjoint

    # -- frames and places -------------------------------------------------------------------------

    def positions(self, frames: Iterable[int] | None = None) -> np.ndarray:
        """Where frames lie in the matrix.

        Parameters
        ----------
        frames : iterable of int, optional
            Their numbers; all of them unless told.

        Returns
        -------
        numpy.ndarray
            (n, 2), int64: column and row of each top left pixel, from 0. A `numpy.ma.MaskedArray` if there is a
            frame without a position.

        Raises
        ------
        IndexError
            There is no such frame.
        LimitError
            The header tells of more frames than an array can be made for.
        """
        grid = self._matrix.grid
        if frames is None:
            if grid.nframes > _MAX_LISTED:
                raise LimitError(f"positions of {grid.nframes} frames at a time", clause="PS3.3 §C.7.6.17.3")
            numbers = np.arange(grid.nframes, dtype=np.int64)
        else:
            numbers = np.array([self._frame(frame) for frame in frames], np.int64)
        places, placed = grid.places(numbers), grid.is_placed(numbers)
        if placed.all():
            return places
        return np.ma.MaskedArray(places, np.stack((~placed, ~placed), axis=-1))

    def position_of(self, frame: int) -> tuple[int, int] | None:
        """Column and row of a frame's top left pixel; None if the frame has no place in the matrix."""
        number = self._frame(frame)
        numbers = np.array([number], np.int64)
        if not self._matrix.grid.is_placed(numbers)[0]:
            return None
        x, y = self._matrix.grid.places(numbers)[0].tolist()
        return x, y

    def channel_of(self, frame: int) -> tuple[int, int]:
        """Numbers of a frame's optical path and focal plane."""
        return self._matrix.grid.channel_of(self._frame(frame))

    def frame_at(self, x: int, y: int, optical_path: int | str | None = None, focal_plane: int = 0) -> int | None:
        """Number of the frame that shows a pixel of the matrix; None if there is none."""
        found = self.frames_in(x, y, 1, 1, optical_path=optical_path, focal_plane=focal_plane)
        return found[-1] if found else None

    def frames_in(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        optical_path: int | str | None = None,
        focal_plane: int = 0,
    ) -> list[int]:
        """Numbers of the frames that have pixels in a rectangle of the matrix, ascending."""
        left, top, right, bottom = _box(x, y, width, height)
        path, plane = self._path(optical_path), self._plane(focal_plane)
        clip = (max(left, 0), max(top, 0), min(right, self.total_columns), min(bottom, self.total_rows))
        if clip[0] >= clip[2] or clip[1] >= clip[3]:
            return []
        numbers: list[int] = self._matrix.grid.frames_in(clip, path, plane).tolist()
        return numbers

    def _frame(self, frame: int) -> int:
        nframes = self._matrix.grid.nframes
        try:
            return range(nframes)[index(frame)]
        except IndexError:
            raise IndexError(f"no frame {frame}: there are {nframes}") from None

    def _path(self, optical_path: int | str | None) -> int:
        paths = self.optical_paths
        if optical_path is None:
            return 0
        if isinstance(optical_path, str):
            if optical_path not in paths:
                raise ValueError(f"no optical path {optical_path!r}: there are {', '.join(map(repr, paths))}")
            return paths.index(optical_path)
        try:
            return range(len(paths))[index(optical_path)]
        except IndexError:
            raise IndexError(f"no optical path {optical_path}: there are {len(paths)}") from None

    def _plane(self, focal_plane: int) -> int:
        try:
            return range(len(self.focal_planes))[index(focal_plane)]
        except IndexError:
            raise IndexError(f"no focal plane {focal_plane}: there are {len(self.focal_planes)}") from None

    # -- slide coordinates -------------------------------------------------------------------------

    def to_slide(self, x: ArrayLike, y: ArrayLike, focal_plane: int = 0) -> np.ndarray:
        """Where pixels of the matrix lie on the slide. PS3.3 §C.8.12.2.

        Parameters
        ----------
        x, y : array_like of float
            Columns and rows from 0: whole numbers are centres of pixels.

        Returns
        -------
        numpy.ndarray
            (..., 3), float64: X, Y and Z offset in the slide coordinate system, all in mm.

        Raises
        ------
        UnsupportedError
            The header lacks Total Pixel Matrix Origin, Image Orientation (Slide) or Pixel Spacing.
        """
        return self._slide().to_slide(x, y, self.focal_planes[self._plane(focal_plane)])

    def from_slide(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Columns and rows of places on the slide given by their X and Y offset in mm: (..., 2), float64."""
        return self._slide().from_slide(x, y)

    def _slide(self) -> SlidePlace:
        if self._matrix.slide is None:
            raise UnsupportedError(
                "no place on the slide: Total Pixel Matrix Origin, Image Orientation (Slide) and Pixel Spacing are "
                "needed",
                clause="PS3.3 §C.8.12.14",
            )
        return self._matrix.slide

    # -- pixels ------------------------------------------------------------------------------------

    def read_region(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        out: np.ndarray | None = None,
        *,
        optical_path: int | str | None = None,
        focal_plane: int = 0,
        workers: int | None = None,
        raw: bool = False,
        fill: Any = 0,
    ) -> np.ndarray:
        """Pixels of a rectangle of the total pixel matrix.

        Parameters
        ----------
        x, y : int
            Column and row of its top left pixel; it may lie outside the matrix, wholly or in part.
        width, height : int
            In pixels.
        out : numpy.ndarray, optional
            Writable, of the shape and dtype that would be made; a new array otherwise.
        optical_path : int or str, optional
            Number or identifier; the first unless told.
        focal_plane : int
            Number, from 0 at the slide.
        workers : int, optional
            Threads that decode at the same time, the calling one among them.
        raw : bool
            Stored samples, no colours.
        fill : int, float or sequence of them
            Value of pixels that no tile has: outside the matrix, or where a sparse one has no tile. One value, or
            one for each sample. Whatever the photometric interpretation, 0 unless told.

        Returns
        -------
        numpy.ndarray
            (height, width), or (height, width, 3) in colour; `out` where that was given. Beside it, memory is
            taken for one tile a worker. Only tiles that are touched are decoded, each once.

        Raises
        ------
        ValueError
            The width or height is less than 1, `out` or `fill` does not fit, there is no such optical path.
        PixelDataError
            A tile cannot be had. `out` may hold anything then.
        """
        left, top, right, bottom = _box(x, y, width, height)
        path, plane = self._path(optical_path), self._plane(focal_plane)
        source = self._source
        shape = (bottom - top, right - left, *source.out_shape(not raw, True)[2:])
        dtype = source.out_dtype(not raw, True)
        if out is None:
            try:
                out = np.empty(shape, dtype)
            except MemoryError:
                raise PixelDataError(f"no memory for {shape} {dtype}") from None
        elif out.shape != shape or out.dtype != dtype or not out.flags.writeable:
            raise ValueError(f"out must be a writable array of shape {shape} and dtype {dtype}")
        Region(source, self._matrix, (left, top, right, bottom), out, not raw).read(path, plane, workers or 1, fill)
        return out

    def __repr__(self) -> str:
        return (
            f"<Tiles: {self.total_columns} × {self.total_rows} in tiles of {self.tile_columns} × {self.tile_rows}, "
            f"{self.organization}>"
        )


def _box(x: int, y: int, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, width, height = index(x), index(y), index(width), index(height)
    if width < 1 or height < 1:
        raise ValueError(f"a region has at least one pixel, not {width} × {height}")
    return left, top, left + width, top + height


def tiles_of(ds: Dataset, reader: FrameReader) -> Tiles:
    """The tiles of a data set. What was found out is kept with the reader until the header is edited."""
    key = edits_of(ds)
    if key is not None and reader.matrix is not None and reader.matrix[0] == key:
        return Tiles(reader, reader.matrix[1])
    is_whole = "ConcatenationUID" not in ds or count_of(ds, "InConcatenationTotalNumber") == 1
    first = 0 if is_whole else count_of(ds, "ConcatenationFrameOffsetNumber")
    matrix = matrix_of([Part(ds, first, reader.nframes)], reader.layout, reader.nframes, is_whole=is_whole)
    for code in matrix.notes:
        reader.note(code)
    reader.matrix = None if key is None else (key, matrix)
    return Tiles(reader, matrix)
