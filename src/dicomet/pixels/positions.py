"""Where tiles lie in the total pixel matrix: by rule, or each by its own word. PS3.3 §C.7.6.17.3.

A grid knows frame numbers, places of top left pixels (0-based columns and rows of the matrix), optical paths and
focal planes (by number); it knows neither pixels nor headers. Boxes are left, top, right, bottom, the last two
outside.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Box = tuple[int, int, int, int]

_FARTHEST = 1 << 40  # places beyond it are taken as there: sums with them stay within 64 bits
_NOTHING = np.empty(0, np.int64)


class TileGrid(ABC):
    """Places of the frames of one image; all tiles have one size.

    Attributes
    ----------
    nframes : int
        Frames that are numbered, with a place or without.
    tile_columns, tile_rows : int
        Columns and Rows of a frame.
    is_disjoint : bool
        No two tiles of an optical path and focal plane overlap.
    """

    __slots__ = ("is_disjoint", "nframes", "tile_columns", "tile_rows")

    nframes: int
    tile_columns: int
    tile_rows: int
    is_disjoint: bool

    @abstractmethod
    def frames_in(self, box: Box, path: int, plane: int) -> Integers:
        """Numbers of the frames that have pixels in a box, ascending. The box lies within 64 bits, less a tile."""

    @abstractmethod
    def places(self, frames: Integers) -> Integers:
        """Column and row of the top left pixels: (n, 2). Of frames without a place whatever."""

    @abstractmethod
    def is_placed(self, frames: Integers) -> NDArray[np.bool_]:
        """Whether frames have a place: (n,)."""

    @abstractmethod
    def channel_of(self, frame: int) -> tuple[int, int]:
        """Numbers of optical path and focal plane."""


class FullGrid(TileGrid):
    """TILED_FULL: tiles along rows, then columns, focal planes, and optical paths last.

    Parameters
    ----------
    ncolumns, nrows : int
        Tiles side by side, and one above the other.
    nplanes, npaths : int
    first : int
        Number of frame 0 among those of the whole concatenation.
    """

    __slots__ = ("_first", "_ncolumns", "_npaths", "_nplanes", "_nrows")

    def __init__(
        self,
        nframes: int,
        tile_columns: int,
        tile_rows: int,
        *,
        ncolumns: int,
        nrows: int,
        nplanes: int,
        npaths: int,
        first: int = 0,
    ) -> None:
        self.nframes, self.tile_columns, self.tile_rows = nframes, tile_columns, tile_rows
        self.is_disjoint = True
        self._ncolumns, self._nrows, self._nplanes, self._npaths = ncolumns, nrows, nplanes, npaths
        self._first = first

    def frames_in(self, box: Box, path: int, plane: int) -> Integers:
        left, top, right, bottom = box
        # tile number 0 of the channel has this frame number; frames before 0 and from nframes on are not there
        start = (path * self._nplanes + plane) * self._nrows * self._ncolumns - self._first
        c0, c1 = max(left // self.tile_columns, 0), min(-(-right // self.tile_columns), self._ncolumns)
        r0, r1 = max(top // self.tile_rows, 0), min(-(-bottom // self.tile_rows), self._nrows)
        # rows of tiles that have a frame at all: whatever the header says, no more work than there are frames
        r0 = max(r0, -start // self._ncolumns)
        r1 = min(r1, -((start - self.nframes) // self._ncolumns))
        rows = (start + row * self._ncolumns for row in range(r0, r1))
        runs = [(max(row + c0, 0), min(row + c1, self.nframes)) for row in rows]
        return np.concatenate([_NOTHING, *(np.arange(a, b, dtype=np.int64) for a, b in runs if a < b)])

    def places(self, frames: Integers) -> Integers:
        rest, columns = np.divmod(frames + self._first, self._ncolumns)
        rows = rest % self._nrows
        return np.stack((columns * self.tile_columns, rows * self.tile_rows), axis=-1)

    def is_placed(self, frames: Integers) -> NDArray[np.bool_]:
        ntiles = self._ncolumns * self._nrows * self._nplanes * self._npaths
        placed: NDArray[np.bool_] = frames + self._first < min(ntiles, _FARTHEST)
        return placed

    def channel_of(self, frame: int) -> tuple[int, int]:
        path, plane = divmod((frame + self._first) // (self._ncolumns * self._nrows), self._nplanes)
        return path, plane


class SparseGrid(TileGrid):
    """TILED_SPARSE: every frame says where it lies. Tiles may overlap, and lie wherever they like.

    Parameters
    ----------
    columns, rows : numpy.ndarray
        (frames,), int64: 0-based, of top left pixels.
    placed : numpy.ndarray
        (frames,), bool: whether the frame has a place.
    paths, planes : numpy.ndarray
        (frames,), int64: numbers of optical paths and focal planes.
    nplanes : int
    """

    __slots__ = ("_channels", "_order", "_paths", "_placed", "_places", "_planes", "_sorted_rows")

    def __init__(
        self,
        tile_columns: int,
        tile_rows: int,
        *,
        columns: Integers,
        rows: Integers,
        placed: NDArray[np.bool_],
        paths: Integers,
        planes: Integers,
        nplanes: int,
    ) -> None:
        self.nframes, self.tile_columns, self.tile_rows = len(columns), tile_columns, tile_rows
        self._places = np.stack((columns, rows), axis=-1).clip(-_FARTHEST, _FARTHEST)
        self._placed, self._paths, self._planes = placed, paths, planes
        # Frames by channel, row and column: those of a box lie in one stretch of the order.
        frames = np.flatnonzero(placed)
        x, y = self._places[frames].T
        channels = paths[frames] * nplanes + planes[frames]
        order = np.lexsort((x, y, channels))
        frames, x, y, channels = frames[order], x[order], y[order], channels[order]
        self._order, self._sorted_rows = frames, y
        starts = np.flatnonzero(np.diff(channels, prepend=-1))
        ends = np.append(starts, len(frames))[1:]
        self._channels = {
            (int(paths[frames[start]]), int(planes[frames[start]])): (int(start), int(end))
            for start, end in zip(starts, ends, strict=True)
        }
        twice = (np.diff(x) == 0) & (np.diff(y) == 0) & (np.diff(channels) == 0)
        offsets = (x % tile_columns, y % tile_rows)
        self.is_disjoint = not twice.any() and all(not len(one) or bool((one == one[0]).all()) for one in offsets)

    def frames_in(self, box: Box, path: int, plane: int) -> Integers:
        start, end = self._channels.get((path, plane), (0, 0))
        left, top, right, bottom = box
        if start == end or left >= right or top >= bottom:
            return _NOTHING
        rows = self._sorted_rows[start:end]
        low = start + int(np.searchsorted(rows, top - self.tile_rows, "right"))
        high = start + int(np.searchsorted(rows, bottom, "left"))
        frames = self._order[low:high]
        x = self._places[frames, 0]
        return np.sort(frames[(x > left - self.tile_columns) & (x < right)])

    def places(self, frames: Integers) -> Integers:
        return self._places[frames]

    def is_placed(self, frames: Integers) -> NDArray[np.bool_]:
        return self._placed[frames]

    def channel_of(self, frame: int) -> tuple[int, int]:
        return int(self._paths[frame]), int(self._planes[frame])
