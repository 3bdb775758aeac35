"""The parts of a concatenation behind one another, as one source of frames. PS3.3 §C.7.6.16.2.2.4."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomet.errors import PixelDataError
from dicomet.pixels.frames import kept_of
from dicomet.pixels.matrix import FULL, count_of, ntiles_told

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from dicomet.dataset import Dataset
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.reader import FrameReader

CLAUSE = "PS3.3 §C.7.6.16.2.2.4"
_OFFSET = 0x00209228
_MAX_GAP = 1 << 20  # missing frames that are believed in, or so many times those that are there
_GAP_RATIO = 1000


class JoinedPart(NamedTuple):
    """One instance, and the number of its first frame in the whole."""

    ds: Dataset
    reader: FrameReader
    first: int

    @property
    def end(self) -> int:
        """The number behind its last frame."""
        return self.first + self.reader.nframes


class Joined:
    """Frames of several readers under one numbering: a `dicomet.pixels.region.FrameSource`.

    Attributes
    ----------
    parts : list of JoinedPart
        Ascending, without overlap.
    nframes : int
        Frames of the whole, missing ones among them.
    notes : set of str
        Codes of what was found.
    """

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self.notes: set[str] = set()
        self.parts = self._placed(_without_doubles(datasets))
        self._firsts = [part.first for part in self.parts]
        self.layout: PixelLayout = self.parts[0].reader.layout
        there = sum(part.reader.nframes for part in self.parts)
        self.nframes = self.parts[-1].end
        if self.nframes - there > max(_MAX_GAP, _GAP_RATIO * there):
            raise PixelDataError(
                f"Concatenation Frame Offset Number {self.parts[-1].first}, where there are {there} frames",
                tag=_OFFSET,
                clause=CLAUSE,
            )
        ds = self.parts[0].ds
        if count_of(ds, "InConcatenationTotalNumber") > len(self.parts):
            self.notes.add("concatenation_missing")
            told = ntiles_told(ds, self.layout) if ds.get("DimensionOrganizationType", None) == FULL else 0
            if self.nframes < told <= there + max(_MAX_GAP, _GAP_RATIO * there):
                self.nframes = told
        if self.missing():
            self.notes.add("concatenation_missing")
        for part in self.parts:
            if self._kind(part) != self._kind(self.parts[0]):
                raise PixelDataError(
                    f"parts whose frames differ: {part.reader.layout} and {self.layout}",
                    path=part.reader.element.source.path,
                    clause=CLAUSE,
                )

    @staticmethod
    def _kind(part: JoinedPart) -> tuple[Any, ...]:
        reader = part.reader
        return tuple((reader.out_shape(rgb, True), reader.out_dtype(rgb, True)) for rgb in (True, False))

    def _placed(self, datasets: list[Dataset]) -> list[JoinedPart]:
        readers = [kept_of(ds).reader for ds in datasets]
        if len(datasets) == 1 and "ConcatenationUID" not in datasets[0]:
            return [JoinedPart(datasets[0], readers[0], 0)]
        offsets = [ds.get("ConcatenationFrameOffsetNumber", None) for ds in datasets]
        if all(isinstance(offset, int) and offset >= 0 for offset in offsets):
            parts = [JoinedPart(*one) for one in zip(datasets, readers, offsets, strict=True)]
            parts.sort(key=lambda part: part.first)
            if all(a.end <= b.first for a, b in pairwise(parts)):
                return parts
        self.notes.add("concatenation_order")
        order = sorted(range(len(datasets)), key=lambda k: count_of(datasets[k], "InConcatenationNumber"))
        parts, first = [], 0
        for k in order:
            parts.append(JoinedPart(datasets[k], readers[k], first))
            first = parts[-1].end
        return parts

    def missing(self) -> list[range]:
        """Numbers of frames that are in no part, in stretches."""
        ends = [0, *(part.end for part in self.parts)]
        return [range(a, b) for a, b in zip(ends, [*self._firsts, self.nframes], strict=True) if a < b]

    def part_of(self, frame: int) -> JoinedPart:
        """The part that a frame stands in.

        Raises
        ------
        PixelDataError
            It is missing.
        """
        k = bisect_right(self._firsts, frame) - 1
        if k < 0 or frame >= self.parts[k].end:
            raise PixelDataError(f"frame {frame} is in a part of the concatenation that is missing", clause=CLAUSE)
        return self.parts[k]

    # -- as a source of frames ---------------------------------------------------------------------

    def out_shape(self, rgb: bool, palette: bool) -> tuple[int, ...]:
        """Shape of one decoded frame."""
        return self.parts[0].reader.out_shape(rgb, palette)

    def out_dtype(self, rgb: bool, palette: bool) -> np.dtype[Any]:
        """Dtype of a decoded frame."""
        return self.parts[0].reader.out_dtype(rgb, palette)

    def check(self, frame: int) -> None:
        """Raise if the frame is missing, or its bytes cannot hold what the header says."""
        part = self.part_of(frame)
        part.reader.check(frame - part.first)

    def check_all(self, frames: Sequence[int]) -> None:
        """The same of frames that are to be read into one array."""
        for frame in frames:
            self.check(frame)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
        """A new array, to be written; `PixelDataError` where there is no memory for it."""
        return self.parts[0].reader.empty(shape, dtype)

    def decode(self, frame: int, out: np.ndarray, *, rgb: bool, palette: bool) -> str:
        """Decode into `out`; gives its Photometric Interpretation."""
        part = self.part_of(frame)
        return part.reader.decode(frame - part.first, out, rgb=rgb, palette=palette)


def _without_doubles(datasets: Sequence[Dataset]) -> list[Dataset]:
    """Each instance once."""
    seen: set[str] = set()
    kept = []
    for ds in datasets:
        uid = str(ds.get("SOPInstanceUID", None) or "")
        if not uid or uid not in seen:
            kept.append(ds)
        seen.add(uid)
    return kept
