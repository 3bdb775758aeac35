"""Frames by number, in order, in one array: what the frames of a file and those of several have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from dicomet.pixels.prefetch import in_order, spread
from dicomet.pixels.region import FrameSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np

    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.tiles import Tiles


class ReadableSource(FrameSource, Protocol):
    """A source of frames that can make room for several of them."""

    def check_all(self, frames: Sequence[int]) -> None:
        """Raise if frames that are to be read into one array cannot be had."""
        ...

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
        """A new array, to be written; `PixelDataError` where there is no memory for it."""
        ...


class FrameAccess(ABC):
    """Base of `dicomet.pixels.frames.Frames` and `dicomet.pixels.concatenation.Concatenation`."""

    __slots__ = ()

    @abstractmethod
    def _frame_source(self) -> ReadableSource:
        """Who decodes."""

    @abstractmethod
    def _number(self, frame: int) -> int:
        """A frame's number from 0, counted from the end if negative; raises if there is none."""

    @abstractmethod
    def _one(self, frame: int, rgb: bool) -> np.ndarray:
        """A view where it equals the decoded frame, else a new array."""

    @property
    @abstractmethod
    def tiles(self) -> Tiles:
        """The total pixel matrix that the frames are tiles of: see `dicomet.pixels.tiles.Tiles`. PS3.3 §C.7.6.17.3.

        Raises
        ------
        UnsupportedError
            The image is not tiled.
        """

    def _numbers(self, indices: Iterable[int] | None) -> Sequence[int]:
        return range(len(self)) if indices is None else [self._number(i) for i in indices]

    def __len__(self) -> int:
        return self._frame_source().nframes

    @property
    def layout(self) -> PixelLayout:
        """What the header says of a frame's stored samples."""
        return self._frame_source().layout

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what `read` gives without arguments: (frames, rows, columns[, samples])."""
        return (len(self), *self._frame_source().out_shape(True, True))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what `read` gives without arguments."""
        return self._frame_source().out_dtype(True, True)

    def __getitem__(self, key: Any) -> np.ndarray:
        if key.__class__ is slice:
            return self.read(range(*key.indices(len(self))))
        return self._one(self._number(key), True)

    def __iter__(self) -> Iterator[np.ndarray]:
        return self.iter()

    def iter(
        self,
        indices: Iterable[int] | None = None,
        workers: int | None = None,
        prefetch: int | None = None,
        *,
        raw: bool = False,
    ) -> Iterator[np.ndarray]:
        """Frames one after another, each as ``frames[i]`` gives it.

        Parameters
        ----------
        indices : iterable of int, optional
            Which frames, in which order; all of them unless told. A last frame that is cut by the end of the
            source and cannot be decoded is then left out, with a finding.
        workers : int, optional
            Threads that decode ahead. None: none, frames are decoded when they are asked for.
        prefetch : int, optional
            Frames that may wait, decoded, at a time; twice the workers unless told.
        raw : bool
            Stored samples, no colours.

        Yields
        ------
        numpy.ndarray
            Memory stays bounded: nothing is kept here of what was yielded.
        """
        numbers = self._numbers(indices)

        def one(frame: int) -> np.ndarray:
            return self._one(frame, not raw)

        if not workers:
            return map(one, numbers)
        return in_order(one, numbers, workers, prefetch or 2 * workers)

    def read(
        self,
        indices: Iterable[int] | None = None,
        out: np.ndarray | None = None,
        workers: int | None = None,
        *,
        raw: bool = False,
    ) -> np.ndarray:
        """Frames in one array, decoded straight into it.

        Parameters
        ----------
        indices : iterable of int, optional
            Which frames, in which order; all of them unless told (see `iter` for a cut last one).
        out : numpy.ndarray, optional
            C-contiguous, of the shape and dtype that would be made; a new array otherwise.
        workers : int, optional
            Threads that decode at the same time, the calling one among them.
        raw : bool
            Stored samples, no colours.

        Returns
        -------
        numpy.ndarray
            (n, rows, columns) or (n, rows, columns, 3); `out` where that was given.

        Raises
        ------
        PixelDataError
            A frame cannot be had.
        ValueError
            `out` does not fit.
        """
        return self._read(self._numbers(indices), out, workers or 1, not raw, True)

    def _read(
        self, numbers: Sequence[int], out: np.ndarray | None, workers: int, rgb: bool, palette: bool
    ) -> np.ndarray:
        source = self._frame_source()
        shape = (len(numbers), *source.out_shape(rgb, palette))
        dtype = source.out_dtype(rgb, palette)
        if out is None:
            source.check_all(numbers)
            out = source.empty(shape, dtype)
        elif out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError(f"out must be a writable C-contiguous array of shape {shape} and dtype {dtype}")
        target = out
        spread(lambda k: source.decode(numbers[k], target[k], rgb=rgb, palette=palette), len(numbers), workers)
        return out

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
        """Pixels of a rectangle of the total pixel matrix: see `dicomet.pixels.tiles.Tiles.read_region`."""
        return self.tiles.read_region(
            x, y, width, height, out, optical_path=optical_path, focal_plane=focal_plane, workers=workers, raw=raw,
            fill=fill,
        )  # fmt: skip
