"""One multi-frame image that was split over several instances. PS3.3 §C.7.6.16.2.2.4."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

from dicomet.pixels.access import FrameAccess
from dicomet.pixels.frames import Frames
from dicomet.pixels.joined import Joined
from dicomet.pixels.matrix import Part, matrix_of
from dicomet.pixels.notes import finding
from dicomet.pixels.tiles import Tiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

    from dicomet.dataset import Dataset
    from dicomet.findings import Finding
    from dicomet.pixels.matrix import Matrix

_UID = 0x00209161


class Concatenation(FrameAccess):
    """The frames of all parts of a concatenation, numbered through, as if they were in one data set.

    Used as `dicomet.pixels.frames.Frames` is. Frames of parts that are not there have numbers too; asking for them
    raises `PixelDataError`. Frames behind the last part that is there are not counted, unless the image is a full
    matrix of tiles, which tells how many they are.

    The data sets stay open for as long as they are; nothing is closed here.
    """

    def __init__(self, parts: Sequence[Dataset]) -> None:
        self._source = Joined(parts)
        self._matrix: Matrix | None = None

    @classmethod
    def of(cls, datasets: Iterable[Dataset]) -> Concatenation:
        """Put parts together, by their Concatenation Frame Offset Numbers, in whatever order they come.

        A single data set that is part of no concatenation is taken as one.

        Raises
        ------
        ValueError
            No part at all, or parts of different concatenations.
        PixelDataError
            Frames of different layout, or an offset number that cannot be.
        """
        parts = list(datasets)
        if not parts:
            raise ValueError("a concatenation has at least one part")
        uids = {str(ds.get("ConcatenationUID", None) or "") for ds in parts}
        if len(uids) > 1 or (len(parts) > 1 and "" in uids):
            raise ValueError(f"parts of {len(uids)} concatenations, or of none")
        return cls(parts)

    # -- what there is -----------------------------------------------------------------------------

    @property
    def parts(self) -> tuple[Dataset, ...]:
        """The data sets in the order of their frames."""
        return tuple(part.ds for part in self._source.parts)

    def _frame_source(self) -> Joined:
        return self._source

    @property
    def missing(self) -> list[range]:
        """Numbers of the frames whose parts are not there."""
        return self._source.missing()

    @property
    def is_complete(self) -> bool:
        """Whether all parts are there, as far as their headers tell."""
        return "concatenation_missing" not in self._source.notes

    @property
    def findings(self) -> list[Finding]:
        """Deviations met so far, those of every part and those of their union."""
        found = [one for part in self._source.parts for one in part.reader.findings()]
        return found + [finding(code, 0, _UID) for code in sorted(self._source.notes)]

    # -- frames ------------------------------------------------------------------------------------

    def part_of(self, frame: int) -> tuple[Frames, int]:
        """Frames of the part that a frame stands in, and its number there.

        Raises
        ------
        PixelDataError
            The part is missing.
        """
        number = self._number(frame)
        part = self._source.part_of(number)
        return Frames(part.ds, part.reader), number - part.first

    def _one(self, frame: int, rgb: bool) -> np.ndarray:
        part = self._source.part_of(frame)
        return Frames(part.ds, part.reader)._one(frame - part.first, rgb)

    def view(self, frame: int) -> np.ndarray:
        """The stored samples where they lie: see `dicomet.pixels.frames.Frames.view`."""
        frames, number = self.part_of(frame)
        return frames.view(number)

    def raw(self, frame: int) -> memoryview:
        """A frame's bytes as they stand in the file: see `dicomet.pixels.frames.Frames.raw`."""
        frames, number = self.part_of(frame)
        return frames.raw(number)

    def spans(self, frame: int) -> list[tuple[str | None, int, int]]:
        """Where these bytes are: (path, offset, length) of each fragment; None for data sets in memory."""
        number = self._number(frame)
        part = self._source.part_of(number)
        path = part.reader.element.source.path
        return [(path, *span) for span in part.reader.spans(number - part.first)]

    def _number(self, frame: int) -> int:
        try:
            return range(len(self))[index(frame)]
        except IndexError:
            raise IndexError(f"no frame {frame}: there are {len(self)}") from None

    # -- tiles -------------------------------------------------------------------------------------

    @property
    def tiles(self) -> Tiles:
        """The total pixel matrix that the frames of all parts are tiles of. PS3.3 §C.7.6.17.3."""
        return Tiles(self._source, self._tiled())

    def _tiled(self) -> Matrix:
        if self._matrix is None:
            source = self._source
            parts = [Part(part.ds, part.first, part.reader.nframes) for part in source.parts]
            self._matrix = matrix_of(parts, source.layout, source.nframes, is_whole=True)
            source.notes.update(self._matrix.notes)
        return self._matrix

    def __repr__(self) -> str:
        layout = self.layout
        return f"<Concatenation: {len(self)} × {layout.shape} {layout.dtype} in {len(self._source.parts)} parts>"
