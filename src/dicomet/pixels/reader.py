"""One frame at a time: its bytes, a view, a decoded array. PS3.5 §8, Annex A."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import pixels as kernels
from dicomet._native.frames import FrameTable
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels.codecs import (
    RLE_LOSSLESS,
    VIDEO,
    Decoded,
    codec_for,
)
from dicomet.pixels.element import element_of
from dicomet.pixels.layout import layout_of, number_of_frames, pixel_tag_of
from dicomet.pixels.native import ENCAPSULATED, decode_native
from dicomet.pixels.notes import finding
from dicomet.pixels.palette import palette_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomet.dataset import Dataset
    from dicomet.findings import Finding
    from dicomet.pixels.codecs import Codec
    from dicomet.pixels.element import PixelElement
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.matrix import Matrix
    from dicomet.pixels.palette import Palette
    from dicomet.pixels.video import VideoCodec, VideoStream

_LEAST_PART = 16  # a cut frame is given if at least so small a part of it is there: 1/16
_CHECKED_NBYTES = 64 << 20  # more pixels are held against their streams before memory is taken


class FrameReader:
    """Frames of one pixel element. Holds no reference to the data set; may be used by several threads.

    Attributes
    ----------
    element : PixelElement
    layout : PixelLayout
    nframes : int
        Frames that are there.
    declared : int
        Number of Frames; 0 if the header does not tell.
    codec : Codec or None
        None for native frames.
    table : FrameTable or None
        None for native frames.
    video : VideoStream or None
        Of video, whose fragments are one stream: the table then has one entry for all frames.
    palette : Palette or None
        Where Photometric Interpretation is PALETTE COLOR and the data set has one.
    matrix : tuple or None
        What `dicomet.pixels.tiles` found out, with the edits that it goes by.
    """

    def __init__(self, ds: Dataset) -> None:
        element = element_of(ds, pixel_tag_of(ds))
        try:
            layout, notes = layout_of(ds, element.tag, element.transfer_syntax)
        except PixelDataError as error:
            error.path = element.source.path
            raise
        self.element: PixelElement = element
        self.layout: PixelLayout = layout
        self.declared = number_of_frames(ds)
        self.notes = dict.fromkeys(notes, element.offset)
        self.table: FrameTable | None = None
        self.codec: Codec | None = None
        self.video: VideoStream | None = None
        self.palette: Palette | None = None
        self.matrix: tuple[list[tuple[int, Any]], Matrix] | None = None
        if layout.photometric_interpretation == "PALETTE COLOR" and layout.samples == 1:
            self.palette = palette_of(ds, layout, self.note)
        if element.is_encapsulated:
            self._open_encapsulated()
        else:
            self._open_native()
        if self.nframes == 0:
            raise self._error(f"not one frame is there: {self._sizes()}")
        self.is_large = self.layout.nbytes >= _CHECKED_NBYTES
        # by whether colours are wanted
        self.outputs = tuple((self.out_shape(rgb, True), self.out_dtype(rgb, True)) for rgb in (False, True))

    # -- where frames lie --------------------------------------------------------------------------

    def _open_encapsulated(self) -> None:
        element = self.element
        self.codec = self._codec()
        is_video = element.transfer_syntax in VIDEO
        self.table = FrameTable.open(
            element.source,
            element.offset,
            element.offset + element.nbytes,
            declared=1 if is_video else self.declared,
            whole=self.codec.whole,
            joined=is_video,
            eot=element.eot,
        )
        self._note_table()
        self.nframes = len(self.table)
        if is_video:
            self._open_video()

    def _open_video(self) -> None:
        """Number of Frames says how many there are; one that says nothing, or 1, is held against the packets."""
        assert self.table is not None
        spans = self.table.spans(0) if len(self.table) else []
        codec: VideoCodec = codec_for(self.element.transfer_syntax)  # type: ignore[assignment]
        self.video = codec.open(self.element.source, spans, self.layout, self.declared if self.declared > 1 else 0)
        self.nframes = max(1, self.declared) if spans else 0
        if self.nframes == 1 and not codec.missing:
            try:
                self.nframes = max(1, self.video.count())
            except PixelDataError:  # will be told when a frame is asked for
                return
            if self.declared and self.nframes != self.declared:
                self.note("frame_count")

    def _codec(self) -> Codec:
        """By the transfer syntax; where that is a native one, by the first fragment."""
        syntax = self.element.transfer_syntax
        codec = codec_for(syntax)
        if codec.name != codec_for("").name:
            return codec
        self.note("syntax_encapsulated")
        from dicomet._native import codestream
        from dicomet.pixels.streams import ANY

        element = self.element
        table = FrameTable.open(element.source, element.offset, element.offset + element.nbytes)
        if len(table) == 0 or codestream.begins(table.view(0)):
            return ANY
        nsegments = self.layout.samples * ((self.layout.bits_allocated + 7) // 8)
        is_rle = bytes(table.view(0)[:8]) == struct.pack("<2I", nsegments, 64)
        return codec_for(RLE_LOSSLESS) if is_rle else ENCAPSULATED

    def _open_native(self) -> None:
        element, layout = self.element, self.layout
        if element.transfer_syntax and codec_for(element.transfer_syntax).name != codec_for("").name:
            self._open_bare_stream()
            if self.table is not None:
                return
        elif layout.is_subsampled:
            full = replace(layout, photometric_interpretation=layout.photometric_interpretation[:-4])
            if element.nbytes * 8 >= full.native_nbits * max(self.declared, 1):
                self.note("subsampling")
                self.layout = layout = full
        have, frame = element.nbytes * 8, layout.native_nbits
        there, rest = divmod(have, frame)
        if self.declared and there > self.declared and (there * frame + 15) // 16 * 2 != element.nbytes:
            self.note("pixels_excess")
            there, rest = self.declared, 0
        self.nframes = there
        if element.is_cut and there < max(self.declared, 1) and rest * _LEAST_PART >= frame:
            self.note("frame_cut")
            self.nframes += 1
        if self.declared and self.nframes != self.declared:
            self.note("frame_count")

    def _open_bare_stream(self) -> None:
        """A compressed syntax, but no fragments: either a bare stream of one frame, or native after all."""
        from dicomet._native import codestream

        element = self.element
        self.note("syntax_native")
        if not codestream.begins(element.source.view(element.offset, min(element.nbytes, 4096))):
            return
        first = np.array([0, 1], np.uint64).tobytes()
        spans = np.array([element.offset, element.nbytes], np.uint64).tobytes()
        self.codec = codec_for(element.transfer_syntax)
        self.table = FrameTable.load(element.source, first, spans, element.offset)
        self.nframes = 1

    def use_table(self, table: FrameTable) -> None:
        """Take a table that was saved."""
        self.table = table
        if self.video is None:
            self.nframes = len(table)

    def _note_table(self) -> None:
        assert self.table is not None
        for code in self.table.notes():
            self.note(code)

    def note(self, code: str) -> None:
        """Remember a deviation."""
        self.notes.setdefault(code, self.element.offset)

    def findings(self) -> list[Finding]:
        """What was found so far, in order of the codes."""
        if self.table is not None:
            self._note_table()
        return [finding(code, offset, self.element.tag) for code, offset in sorted(self.notes.items())]

    def index(self, frame: int) -> int:
        """A frame's number from 0, counted from the end if negative.

        Raises
        ------
        IndexError
            Neither the header nor the bytes know such a frame.
        PixelDataError
            The header knows it, but it is not there.
        """
        number = frame + self.nframes if frame < 0 else frame
        if 0 <= number < self.nframes:
            return number
        if 0 <= number < self.declared:
            raise self._error(f"frame {number} is not there: {self._sizes()}")
        raise IndexError(f"no frame {frame}: there are {self.nframes}")

    def _sizes(self) -> str:
        if self.element.is_encapsulated and self.codec is not ENCAPSULATED:
            return f"{self.nframes} frames in the fragments"
        return f"a frame takes {self.layout.native_nbytes} bytes, Pixel Data has {self.element.nbytes}"

    def _error(self, text: str) -> PixelDataError:
        element = self.element
        return PixelDataError(
            text, offset=element.offset, tag=element.tag, path=element.source.path, clause="PS3.3 §C.7.6.3"
        )

    def is_cut(self, frame: int) -> bool:
        """Whether the frame is the last one and the source ends inside it."""
        if frame != self.nframes - 1 or self.video is not None:
            return False
        return "frame_cut" in self.notes if self.table is None else self.table.cut

    # -- encoded bytes -----------------------------------------------------------------------------

    def spans(self, frame: int) -> list[tuple[int, int]]:
        """(offset, length) in bytes of what a frame is made of; of 1-bit frames all bytes with a bit of it.

        Of video: of the whole stream.
        """
        if self.table is not None:
            return self.table.spans(0 if self.video is not None else frame)
        first = frame * self.layout.native_nbits
        start, end = first // 8, (first + self.layout.native_nbits + 7) // 8
        return [(self.element.offset + start, min(end, self.element.nbytes) - start)]

    def raw(self, frame: int) -> memoryview:
        """A frame's bytes: a view on the source; a copy where several fragments had to be joined.

        Of video: the whole stream.
        """
        if self.table is not None:
            return self.table.view(0 if self.video is not None else frame)
        ((offset, nbytes),) = self.spans(frame)
        return self.element.source.view(offset, nbytes)

    # -- views -------------------------------------------------------------------------------------

    @property
    def swap_pairs(self) -> bool:
        """8-bit samples, or packed bits, in big-endian words. PS3.5 §A.3."""
        element = self.element
        return element.big_endian and element.words and self.layout.bits_allocated <= 8

    def view_dtype(self) -> np.dtype[Any] | None:
        """Dtype of a view on a native frame; None where the samples do not stand as an array can have them."""
        layout = self.layout
        is_native = self.table is None or self.codec is ENCAPSULATED
        cells = layout.bits_allocated in (8, 16, 32, 64)
        if not is_native or not cells or layout.is_subsampled or self.swap_pairs:
            return None
        return layout.dtype.newbyteorder(">" if self.element.big_endian else "<")

    def view(self, frame: int, dtype: np.dtype[Any]) -> np.ndarray:
        """The samples of a native frame where they lie, read-only."""
        layout = self.layout
        raw = self.raw(frame)
        if raw.nbytes < layout.nbytes:
            raise self._error(f"frame {frame} has {raw.nbytes} bytes: {self._sizes()}")
        flat = np.frombuffer(raw, dtype, count=layout.nsamples)
        if layout.planar_configuration == 1:
            planes = flat.reshape(layout.samples, layout.rows, layout.columns)
            return planes.transpose(1, 2, 0)
        return flat.reshape(layout.shape)

    def plain_view(self, frame: int) -> np.ndarray | None:
        """The same, if it equals what decoding would give: native byte order, no unused bits set, no gap."""
        layout = self.layout
        dtype = self.view_dtype()
        if dtype is None or not dtype.isnative or layout.planar_configuration == 1 or self.is_cut(frame):
            return None
        if layout.bits_stored < layout.bits_allocated:
            if layout.high_bit != layout.bits_stored - 1:
                return None
            dirty = kernels.has_unused_bits(
                self.raw(frame)[: layout.native_nbytes],
                bits_allocated=layout.bits_allocated,
                bits_stored=layout.bits_stored,
                signed=layout.signed,
                big_endian=False,
            )
            if dirty:
                return None
        return self.view(frame, dtype)

    # -- decoding ----------------------------------------------------------------------------------

    def is_palette(self, rgb: bool, palette: bool) -> bool:
        """Whether decoding so gives the colours of the palette."""
        return rgb and palette and self.palette is not None

    def out_shape(self, rgb: bool, palette: bool) -> tuple[int, ...]:
        """Shape of one decoded frame."""
        return (*self.layout.shape, 3) if self.is_palette(rgb, palette) else self.layout.shape

    def out_dtype(self, rgb: bool, palette: bool) -> np.dtype[Any]:
        """Dtype of a decoded frame."""
        if rgb and palette and self.palette is not None:
            return self.palette.dtype
        return self.layout.dtype

    def check(self, frame: int) -> None:
        """Before much memory is taken: raise if the frame's bytes cannot hold what the header says."""
        self.check_all((frame,))

    def check_all(self, frames: Sequence[int]) -> None:
        """The same of frames that are to be read into one array."""
        if self.layout.nbytes * len(frames) < _CHECKED_NBYTES:
            return
        if self.video is not None:
            self.video.check()
            return
        check = getattr(self.codec, "check", None)
        if check is None or self.table is None:
            return
        for frame in frames:
            try:
                check(self.raw(frame), self.layout)
            except PixelDataError as error:
                raise self._placed(error, frame) from error

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
        """A new array, to be written; `PixelDataError` where there is no memory for it."""
        try:
            return np.empty(shape, dtype)
        except (MemoryError, ValueError):  # ValueError: beyond what addresses can reach
            raise self._error(f"no memory for {shape} {dtype}") from None

    def decode(self, frame: int, out: np.ndarray, *, rgb: bool, palette: bool) -> str:
        """Decode into `out`, contiguous, of `out_shape` and `out_dtype`; gives its Photometric Interpretation."""
        if rgb and palette and self.palette is not None:
            indices = self.plain_view(frame)
            if indices is None:
                indices = self.empty(self.layout.shape, self.layout.dtype)
                self.decode(frame, indices, rgb=False, palette=False)
            self.palette.apply(indices, out)
            return "RGB"
        try:
            if self.table is None or self.codec is None:
                done = self._decode_native(frame, out, rgb)
            elif self.video is not None:
                done = self.video.decode(frame, out, rgb=rgb)
            else:
                done = self.codec.decode(self.table.view(frame), self.layout, out, rgb=rgb)
        except PixelDataError as error:
            raise self._placed(error, frame) from error
        except MemoryError as error:
            raise self._placed(PixelDataError("no memory to decode it"), frame) from error
        for code in done.notes:
            self.note(code)
        photometric = done.photometric_interpretation
        if rgb and photometric.startswith("YBR_") and self.layout.samples == 3:
            return self._to_rgb(photometric, out)
        return photometric

    def preview(self, frame: int, **wanted: Any) -> np.ndarray:
        """A frame of JPEG 2000, smaller or coarser: see `dicomet.pixels.frames.Frames.preview`."""
        from dicomet.pixels.preview import preview

        if self.table is None or self.video is not None or self.palette is not None:
            raise UnsupportedError("previews are made of JPEG 2000 frames", clause="PS3.5 §8.2.4")
        notes: list[str] = []
        try:
            out, photometric = preview(self.table.view(frame), self.layout, notes, **wanted)
        except PixelDataError as error:
            raise self._placed(error, frame) from error
        for code in notes:
            self.note(code)
        if photometric.startswith("YBR_") and self.layout.samples == 3:
            self._to_rgb(photometric, out)
        return out

    def _decode_native(self, frame: int, out: np.ndarray, rgb: bool) -> Decoded:
        element, layout = self.element, self.layout
        first = frame * layout.native_nbits
        start, bit_offset = divmod(first, 8)
        swap_pairs = self.swap_pairs
        if swap_pairs and start % 2:
            start, bit_offset = start - 1, bit_offset + 8
        nbytes = (bit_offset + layout.native_nbits + 7) // 8
        nbytes = min(nbytes + nbytes % 2 if swap_pairs else nbytes, element.nbytes - start)
        return decode_native(
            element.source.view(element.offset + start, nbytes),
            layout,
            out,
            rgb=rgb,
            bit_offset=bit_offset,
            big_endian=element.big_endian,
            swap_pairs=swap_pairs,
        )

    def _to_rgb(self, photometric: str, out: np.ndarray) -> str:
        """In place. YBR_ICT and YBR_RCT are a codec's business and stay where it did not undo them."""
        if out.dtype.kind != "u" or out.itemsize > 2:
            return photometric
        if photometric.startswith("YBR_PARTIAL") and out.itemsize == 1:
            kernels.ybr_partial_to_rgb(out, out)
            return "RGB"
        if photometric.startswith("YBR_FULL"):
            bits = self.layout.bits_stored if out.itemsize == 2 else 8
            kernels.ybr_full_to_rgb(out, out, nbytes_per_sample=out.itemsize, bits_stored=bits)
            return "RGB"
        return photometric

    def _placed(self, error: PixelDataError, frame: int) -> PixelDataError:
        """The error with the place of the frame in the file."""
        element = self.element
        start = self.spans(frame)[0][0]
        return PixelDataError(
            f"frame {frame}: {error.args[0] if error.args else ''}",
            offset=start + (error.offset or 0),
            tag=error.tag or element.tag,
            path=element.source.path,
            clause=error.clause or "PS3.5 §8.2",
        )
