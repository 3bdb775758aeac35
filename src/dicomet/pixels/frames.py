"""`ds.frames`: random access, iteration, views, decoded arrays. PS3.3 §C.7.6.3, PS3.5 §8."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native.view import View
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels.access import FrameAccess
from dicomet.pixels.element import transfer_syntax_of
from dicomet.pixels.palette import palette_of
from dicomet.pixels.reader import FrameReader

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from dicomet.dataset import Dataset
    from dicomet.findings import Finding
    from dicomet.pixels.palette import Palette
    from dicomet.pixels.tiles import Tiles

_PIXEL_GROUPS = (0x0028, 0x7FE0)


class Frames(FrameAccess):
    """The frames of a data set's pixel data.

    ``len(frames)`` counts the frames that are there. ``frames[i]`` is one frame, negative `i` counting from the
    end: a read-only view on the file where the samples stand in it as they are, else a new array. ``frames[a:b]``
    is `read` of a slice. Iterating gives one frame after another.

    Colours come as RGB: YBR is converted, and PALETTE COLOR looked up. ``raw=True`` gives stored samples instead
    (YBR with full chroma; palette indices). Monochrome samples are stored values always: rescaling and windows
    belong to display. A frame has shape (rows, columns), or (rows, columns, 3) in colour (samples always last).

    Frames may be used by several threads at once.
    """

    __slots__ = ("_ds", "_reader")

    def __init__(self, ds: Dataset, reader: FrameReader) -> None:
        self._ds = ds
        self._reader = reader

    # -- what there is -----------------------------------------------------------------------------

    def _frame_source(self) -> FrameReader:
        return self._reader

    def _number(self, frame: int) -> int:
        return self._reader.index(operator.index(frame))

    @property
    def palette(self) -> Palette | None:
        """Red, Green and Blue Palette Color Lookup Tables, None if there are none, or broken ones.

        Where Photometric Interpretation is PALETTE COLOR, reading applies it. A Supplemental Palette is for the user
        to apply, for which samples it colours is a matter of display. PS3.3 §C.7.6.3.1.5, §C.7.6.19, §C.8.16.2.1.1.1.
        """
        reader = self._reader
        return reader.palette or palette_of(self._ds, reader.layout, reader.note)

    @property
    def transfer_syntax(self) -> str:
        """Transfer Syntax UID; "" where the file has none."""
        return self._reader.element.transfer_syntax

    @property
    def findings(self) -> list[Finding]:
        """Deviations met in the pixel data so far: in the header, the offset table, the frames that were decoded."""
        return self._reader.findings()

    # -- single frames -----------------------------------------------------------------------------

    def _one(self, frame: int, rgb: bool) -> np.ndarray:
        """A view where it equals the decoded frame, else a new array."""
        reader = self._reader
        if reader.table is None and not reader.is_palette(rgb, True):
            view = reader.plain_view(frame)
            if view is not None and not (rgb and reader.layout.photometric_interpretation.startswith("YBR")):
                return view
        return self._decoded(frame, rgb)

    def _decoded(self, frame: int, rgb: bool) -> np.ndarray:
        reader = self._reader
        shape, dtype = reader.outputs[rgb]
        if reader.is_large:
            reader.check(frame)
            out = reader.empty(shape, dtype)
        else:
            out = np.empty(shape, dtype)
        reader.decode(frame, out, rgb=rgb, palette=True)
        return out

    def view(self, frame: int) -> np.ndarray:
        """The stored samples of a frame where they lie, read-only, nothing copied or looked at.

        Returns
        -------
        numpy.ndarray
            (rows, columns) or (rows, columns, samples) in the byte order of the file; of colour by plane a
            transposed view. Bits beyond Bits Stored are as they are in the file. It keeps the file mapped. If
            somebody cuts the file short while the view is in use, touching it ends the process.

        Raises
        ------
        UnsupportedError
            The samples do not stand in the file as an array can have them: compressed, packed, subsampled.
        SourceChanged
            The file was cut short.
        """
        reader = self._reader
        number = reader.index(frame)
        dtype = reader.view_dtype()
        if dtype is None:
            raise UnsupportedError(
                "no view: the samples are compressed, packed or subsampled; use read", clause="PS3.5 §8"
            )
        if reader.is_cut(number):
            raise PixelDataError("the frame is cut short by the end of the source", tag=reader.element.tag)
        return reader.view(number, dtype)

    def raw(self, frame: int) -> memoryview:
        """A frame's bytes as they stand in the file: encoded ones without item headers.

        A read-only view on the source; a copy only where fragments had to be joined. 1-bit frames that begin
        inside a byte come with the bytes around them.
        """
        return self._reader.raw(self._reader.index(frame))

    def spans(self, frame: int) -> list[tuple[int, int]]:
        """Where in the file these bytes are: (offset, length) of each fragment, or of the one piece.

        Offsets count from the start of the file (of a deflated one: behind its inflated form).
        """
        return self._reader.spans(self._reader.index(frame))

    def preview(
        self,
        frame: int,
        *,
        reduce: int = 0,
        layers: int = 0,
        region: tuple[int, int, int, int] | None = None,
        threads: int = 1,
    ) -> np.ndarray:
        """A frame of JPEG 2000 at a lower resolution or quality, or a part of it, without decoding all of it.

        Parameters
        ----------
        frame : int
        reduce : int
            How often rows and columns are halved, at most as often as the codestream has levels.
        layers : int
            Quality layers that are decoded, the coarsest first; 0 for all.
        region : tuple of int, optional
            (x, y, width, height) in pixels of the whole frame: only the tiles that it meets are decoded.
        threads : int
            That decode this one frame at the same time, the calling one among them.

        Returns
        -------
        numpy.ndarray
            A new array as ``frames[i]`` gives it (colours as RGB), of ceil(rows / 2^reduce) rows and alike columns.

        Raises
        ------
        UnsupportedError
            The frame is not JPEG 2000 Part 1, or not of up to 16 bits.
        ValueError
            There are not so many levels, or the region is not inside the frame.
        PixelDataError
            The frame cannot be had.
        """
        return self._reader.preview(
            self._number(frame), reduce=reduce, layers=layers, region=region, threads=threads
        )

    def _numbers(self, indices: Iterable[int] | None) -> Sequence[int]:
        reader = self._reader
        if indices is not None:
            return [self._number(i) for i in indices]
        last = reader.nframes - 1
        if reader.table is not None and reader.is_cut(last) and last > 0:
            try:
                self._decoded(last, False)
            except PixelDataError:
                return range(last)
        return range(reader.nframes)

    # -- tiles ---------------------------------------------------------------------------------------

    @property
    def tiles(self) -> Tiles:
        from dicomet.pixels.tiles import tiles_of

        return tiles_of(self._ds, self._reader)

    # -- an index beside the file ------------------------------------------------------------------

    def save_index(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write down where every frame lies, for files without an offset table: see `dicomet.pixels.frameindex`."""
        from dicomet.pixels.frameindex import save

        return save(self._reader, path)

    def load_index(self, path: str | os.PathLike[str] | None = None) -> None:
        """Take the frame table from a file that `save_index` wrote: see `dicomet.pixels.frameindex`."""
        from dicomet.pixels.frameindex import load

        load(self._reader, path)

    # -- what stands beside the pixels -------------------------------------------------------------

    def attributes(self, names: Iterable[Any]) -> dict[str, np.ndarray]:
        """Attributes of all frames as arrays: see `dicomet.pixels.groups.frame_attributes`. PS3.3 §C.7.6.16."""
        from dicomet.pixels.groups import frame_attributes

        return frame_attributes(self._ds, names, nframes=len(self))

    def __repr__(self) -> str:
        layout = self.layout
        return f"<Frames: {len(self)} × {layout.shape} {layout.dtype}, {layout.photometric_interpretation}>"


class Kept:
    """What a data set keeps of its pixels between calls: where frames lie, and the array once it was made."""

    __slots__ = ("array", "is_of_file", "key", "reader")

    def __init__(self, key: tuple[Any, ...], reader: FrameReader, is_of_file: bool) -> None:
        self.key = key
        self.is_of_file = is_of_file  # found out while nothing about the pixels was edited
        self.reader = reader
        self.array: np.ndarray | None = None

    def frames(self, ds: Dataset) -> Frames:
        """The frames of the data set that keeps this."""
        return Frames(ds, self.reader)


def _key(ds: Dataset) -> tuple[Any, ...]:
    """What the reader of a data set depends on, edits included."""
    edits = ds._edits or {}
    about = [
        (tag, e and (e.value if tag >> 16 == 0x0028 else id(e.value)))
        for tag, e in edits.items()
        if tag >> 16 in _PIXEL_GROUPS
    ]
    return (ds._index.source, ds._row, about, transfer_syntax_of(ds))


def kept_of(ds: Dataset) -> Kept:
    """What the data set keeps; found out once, and again after edits that concern pixels."""
    key = _key(ds)
    kept: Kept | None = ds._pixels
    if kept is None or kept.key != key:
        kept = Kept(key, FrameReader(ds), is_of_file=not key[2])
        View.__setattr__(ds, "_pixels", kept)
    return kept


def frames_of(ds: Dataset) -> Frames:
    """The frames of a data set."""
    return Frames(ds, kept_of(ds).reader)
