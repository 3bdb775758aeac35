"""A rectangle of the total pixel matrix, put together from the tiles that it touches. PS3.3 §C.7.6.17.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dicomet.errors import PixelDataError
from dicomet.pixels.prefetch import in_order, spread

if TYPE_CHECKING:
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.matrix import Matrix
    from dicomet.pixels.positions import Box


class FrameSource(Protocol):
    """What tiles are decoded by: a `dicomet.pixels.reader.FrameReader`, or several behind one another."""

    @property
    def nframes(self) -> int:
        """Frames that are numbered."""
        ...

    @property
    def layout(self) -> PixelLayout:
        """What the header says of a frame."""
        ...

    def out_shape(self, rgb: bool, palette: bool) -> tuple[int, ...]:
        """Shape of one decoded frame."""
        ...

    def out_dtype(self, rgb: bool, palette: bool) -> np.dtype[Any]:
        """Dtype of a decoded frame."""
        ...

    def check(self, frame: int) -> None:
        """Raise if the frame's bytes cannot hold what the header says."""
        ...

    def decode(self, frame: int, out: np.ndarray, *, rgb: bool, palette: bool) -> str:
        """Decode into `out`, contiguous, of `out_shape` and `out_dtype`; gives its Photometric Interpretation."""
        ...


class Region:
    """One rectangle that is being read.

    Parameters
    ----------
    box : (int, int, int, int)
        Left, top, right, bottom in the matrix; may reach beyond it.
    out : numpy.ndarray
        (bottom - top, right - left[, samples]).
    """

    def __init__(self, source: FrameSource, matrix: Matrix, box: Box, out: np.ndarray, rgb: bool) -> None:
        self.source, self.grid, self.out, self.rgb = source, matrix.grid, out, rgb
        left, top, right, bottom = box
        self.left, self.top = left, top
        # the part inside the matrix: padding of tiles at its edges lies outside and never shows
        self.clip = (max(left, 0), max(top, 0), min(right, matrix.columns), min(bottom, matrix.rows))
        self.shape, self.dtype = source.out_shape(rgb, True), source.out_dtype(rgb, True)
        self._scratch: list[np.ndarray] = []

    def read(self, path: int, plane: int, workers: int, fill: Any) -> None:
        """Decode every tile that is touched, once, and give `fill` to pixels that no tile has."""
        clip = self.clip
        is_inside = clip[0] < clip[2] and clip[1] < clip[3]
        frames = self.grid.frames_in(clip, path, plane) if is_inside else np.empty(0, np.int64)
        places = self.grid.places(frames)
        if not self.grid.is_disjoint:
            frames, places = _last_at_each_place(frames, places)
        if not self.grid.is_disjoint or self._covered(places) < self.out.shape[0] * self.out.shape[1]:
            self._fill(fill)
        if not len(frames):
            return
        self.source.check(int(frames[0]))
        numbers, corners = frames.tolist(), places.tolist()
        if workers == 1 or len(numbers) == 1:
            for frame, corner in zip(numbers, corners, strict=True):
                self._put(frame, *corner)
        elif self.grid.is_disjoint:
            spread(lambda k: self._put(numbers[k], *corners[k]), len(numbers), workers)
        else:  # later frames lie over earlier ones: decoded side by side, put down in order
            for corner, tile in zip(corners, in_order(self._decoded, numbers, workers, workers), strict=True):
                self._copy(tile, *corner)

    def _covered(self, places: np.ndarray) -> int:
        """Pixels of the region that tiles have, if no two overlap."""
        left, top, right, bottom = self.clip
        x, y = places.T
        width = np.minimum(x + self.grid.tile_columns, right) - np.maximum(x, left)
        height = np.minimum(y + self.grid.tile_rows, bottom) - np.maximum(y, top)
        return int((width * height).sum())

    def _fill(self, fill: Any) -> None:
        try:
            self.out[...] = fill
        except (OverflowError, TypeError, ValueError) as error:
            raise ValueError(f"fill {fill!r} is no pixel of {self.dtype}: {error}") from None

    def _put(self, frame: int, x: int, y: int) -> None:
        """Decode a tile to its place: straight into `out` where it lies there in one piece."""
        target = self._target(x, y)
        if target.shape == self.shape and target.flags.c_contiguous and target.flags.aligned:
            self.source.decode(frame, target, rgb=self.rgb, palette=True)
            return
        try:
            tile = self._scratch.pop()
        except IndexError:
            tile = self._new()
        self.source.decode(frame, tile, rgb=self.rgb, palette=True)
        self._copy(tile, x, y)
        self._scratch.append(tile)

    def _decoded(self, frame: int) -> np.ndarray:
        tile = self._new()
        self.source.decode(frame, tile, rgb=self.rgb, palette=True)
        return tile

    def _new(self) -> np.ndarray:
        try:
            return np.empty(self.shape, self.dtype)
        except MemoryError:
            raise PixelDataError(f"no memory for a tile of {self.shape} {self.dtype}") from None

    def _target(self, x: int, y: int) -> np.ndarray:
        """Where in `out` the visible part of a tile belongs."""
        left, top, right, bottom = self.clip
        columns = slice(max(x, left) - self.left, min(x + self.grid.tile_columns, right) - self.left)
        rows = slice(max(y, top) - self.top, min(y + self.grid.tile_rows, bottom) - self.top)
        return self.out[rows, columns]

    def _copy(self, tile: np.ndarray, x: int, y: int) -> None:
        target = self._target(x, y)
        row, column = max(self.clip[1] - y, 0), max(self.clip[0] - x, 0)
        target[...] = tile[row : row + target.shape[0], column : column + target.shape[1]]


def _last_at_each_place(frames: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of tiles at exactly one place the last, which hides the others: its frame and place, ascending by frame."""
    if not len(frames):
        return frames, places
    _, first = np.unique(places[::-1], axis=0, return_index=True)
    kept = np.sort(len(frames) - 1 - first)
    return frames[kept], places[kept]
