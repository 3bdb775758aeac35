"""Frames on their way into another transfer syntax: decoded or not, encoded, and what the header says of them then.

PS3.5 §8.2, Annex A; PS3.3 §C.7.6.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native.pixels import pack_bits
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels.codecs import as_buffer, codec_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.reader import FrameReader
    from dicomet.syntax import Syntax

_JPEG = "1.2.840.10008.1.2.4."
_DCT = frozenset(_JPEG + n for n in ("50", "51", "53", "55"))
# Encoders that put RGB through a colour transform of their own, and what Photometric Interpretation is then. §8.2.4
_TRANSFORMS = {
    **{_JPEG + n: "YBR_RCT" for n in ("90", "92", "201", "202")},
    **{_JPEG + n: "YBR_ICT" for n in ("91", "93", "203")},
    **{_JPEG + n: "YBR_FULL_422" for n in ("50", "51", "111")},
}


class Target:
    """How the frames of a reader become frames of a transfer syntax. May be used by several threads.

    Parameters
    ----------
    reader : FrameReader
    syntax : Syntax
    options : mapping
        For the encoder; ``rgb=True`` keeps RGB as it is where the encoder would transform it.

    Attributes
    ----------
    layout : PixelLayout
        Of the frames in the target.
    copies : bool
        Frames are in that syntax already: their bytes are taken over.
    """

    def __init__(self, reader: FrameReader, syntax: Syntax, options: Mapping[str, Any]) -> None:
        self.reader = reader
        self.syntax = syntax
        self.codec = codec_for(str(syntax.uid))
        self.options = dict(options)
        keeps_rgb = self.options.pop("rgb", False)
        source = reader.element.transfer_syntax
        self.copies = syntax.encapsulated and source == syntax.uid and reader.element.is_encapsulated and not options
        if reader.video is not None and self.copies:
            raise UnsupportedError("video is one stream: save the data set as it is", clause="PS3.5 §8.2.5")
        if not self.copies and syntax.encapsulated and not self.codec.can_encode:
            raise UnsupportedError(f"{self.codec.name} does not encode", clause="PS3.5 §10")
        is_ybr = reader.layout.photometric_interpretation.startswith("YBR_FULL")
        to_rgb = is_ybr and syntax.uid in (_JPEG + "111", _JPEG + "112")
        self._rgb = reader.layout.samples == 3 and (source in _DCT or to_rgb)
        self._photometric = reader.layout.photometric_interpretation
        self._first: np.ndarray | None = None  # decoded to see what it is, and kept until it is asked for
        if not self.copies:
            self._first, self._photometric = self._decoded(0)
        if syntax.uid == _JPEG + "110" and self._photometric.startswith("YBR"):
            raise UnsupportedError("JPEG XL has no YBR, and to make RGB of it is not lossless", clause="PS3.5 §8.2.15")
        self.layout = reader.layout if self.copies else self._layout(keeps_rgb)

    def _layout(self, keeps_rgb: bool) -> PixelLayout:
        """One cell a sample, colours by pixel, the sample in the lowest bits."""
        layout = self.reader.layout
        bits = layout.bits_allocated if layout.bits_allocated == 1 else 8 * layout.dtype.itemsize
        photometric = self._photometric
        transform = _TRANSFORMS.get(str(self.syntax.uid))
        if photometric == "RGB" and transform and not keeps_rgb:
            photometric = transform
            if transform == "YBR_FULL_422":
                self.options |= {"from_rgb": True}
        return replace(
            layout,
            bits_allocated=bits,
            high_bit=layout.bits_stored - 1,
            photometric_interpretation=photometric,
            planar_configuration=0,
            transfer_syntax=str(self.syntax.uid),
        )

    def room(self) -> np.ndarray | None:
        """Where frames can be decoded one after the other; None where none are."""
        return None if self.copies else self.reader.empty(self.reader.layout.shape, self.reader.layout.dtype)

    def _decoded(self, frame: int, room: np.ndarray | None = None) -> tuple[np.ndarray, str]:
        """Samples of a frame, and their Photometric Interpretation; in `room`, or in new memory."""
        reader = self.reader
        if reader.table is None and not reader.layout.is_subsampled:
            view = reader.plain_view(frame)
            if view is not None:
                return view, reader.layout.photometric_interpretation
        reader.check(frame)
        out = reader.empty(reader.layout.shape, reader.layout.dtype) if room is None else room
        return out, reader.decode(frame, out, rgb=self._rgb, palette=False)

    def frame(self, frame: int, room: np.ndarray | None = None) -> Buffer:
        """The bytes of a frame in the target; they may lie in `room`, to be used before the next frame is put there.

        Raises
        ------
        PixelDataError
            It cannot be decoded, or has other colours than the first one.
        UnsupportedError
            The encoder does not take such samples.
        """
        if self.copies:
            return self.reader.raw(frame)
        first = self._first if frame == 0 else None
        if first is not None:
            self._first = None
            array, photometric = first, self._photometric
        else:
            array, photometric = self._decoded(frame, room)
        if photometric != self._photometric:
            raise PixelDataError(f"frame {frame} is {photometric}, the first one {self._photometric}")
        if self.syntax.encapsulated:
            return self._encoded(array)
        return self._native(array)

    def _encoded(self, array: np.ndarray) -> bytes:
        try:
            return self.codec.encode(array, self.layout, **self.options)
        except TypeError as error:  # a name that the encoder does not know, or sets itself
            raise UnsupportedError(f"{self.codec.name} does not take these options: {error}") from error

    def _native(self, array: np.ndarray) -> Buffer:
        """Cells in the byte order of the target; one bit a sample as a byte, to be packed over all frames."""
        if self.layout.bits_allocated == 1:
            return np.ascontiguousarray(array).tobytes()
        cells = np.ascontiguousarray(array, array.dtype.newbyteorder(">" if self.syntax.big_endian else "<"))
        return as_buffer(cells)

    @property
    def frame_nbytes(self) -> int:
        """Of a native frame, not rounded up for one bit a sample."""
        return self.layout.nsamples * self.layout.bits_allocated // 8

    @property
    def nbytes(self) -> int:
        """Of all native frames, without padding."""
        return (self.reader.nframes * self.layout.nsamples * self.layout.bits_allocated + 7) // 8


class BitPacker:
    """Frames of one bit a sample, one after the other without a gap. PS3.5 §8.1.1."""

    def __init__(self) -> None:
        self._left = b""

    def pack(self, samples: Buffer) -> bytes:
        """The bytes that are complete with these samples, one byte each."""
        whole = self._left + bytes(samples)
        nsamples = len(whole) // 8 * 8
        self._left = whole[nsamples:]
        return pack_bits(whole[:nsamples]) if nsamples else b""

    def rest(self) -> bytes:
        """The last byte, if bits are left."""
        return pack_bits(self._left) if self._left else b""
