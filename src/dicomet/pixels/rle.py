"""RLE Lossless, native. PS3.5 Annex G."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import rle
from dicomet._native.pixels import pack_bits, unpack
from dicomet.errors import PixelDataError
from dicomet.pixels.codecs import Decoded, as_buffer
from dicomet.pixels.streams import sign_and_mask

if TYPE_CHECKING:
    from dicomet.pixels.layout import PixelLayout

_MAX_RATIO = 64  # two bytes make a run of 128
_NOTES = (
    (rle.SHORT, "rle_short"),
    (rle.LONG, "rle_long"),
    (rle.EXTRA_SEGMENTS, "rle_segments"),
    (rle.ORDER, "rle_order"),
)


class RleCodec:
    """RLE Lossless of any depth and number of samples."""

    name = "RLE Lossless (dicomet)"
    whole = True
    can_encode = True

    def check(self, encoded: memoryview, layout: PixelLayout) -> None:
        """Raise `PixelDataError` if so few bytes cannot be a frame of that size, whatever they are."""
        if layout.native_nbytes > _MAX_RATIO * encoded.nbytes:
            raise PixelDataError("too few bytes for a frame of that size", clause="PS3.5 §G.3")

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame: see `dicomet.pixels.codecs.Codec.decode`."""
        self.check(encoded, layout)
        nbytes = _cell_nbytes(layout)
        if layout.bits_allocated == 1:
            found = self._decode_bits(encoded, layout, out)
        elif nbytes == out.itemsize:
            found = rle.decode(encoded, out, samples=layout.samples, sample_nbytes=nbytes)
        else:  # 24, 40, 48, 56 bits: no array has such items
            cells = bytearray(layout.nsamples * nbytes)
            found = rle.decode(encoded, cells, samples=layout.samples, sample_nbytes=nbytes)
            _unpack(cells, layout, out, 8 * nbytes)
        if layout.bits_stored < layout.bits_allocated:
            sign_and_mask(out, layout.bits_stored, layout.signed)
        notes = tuple(code for bit, code in _NOTES if found & bit)
        return Decoded(layout.photometric_interpretation, notes)

    def _decode_bits(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray) -> int:
        packed = bytearray((layout.rows * layout.columns + 7) // 8 * layout.samples)
        found = rle.decode(encoded, packed, samples=layout.samples, sample_nbytes=1)
        _unpack(packed, layout, out, 1)
        return found

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        """Encode one frame: see `dicomet.pixels.codecs.Codec.encode`. There are no options."""
        array = np.ascontiguousarray(array)
        if layout.bits_allocated == 1:
            packed = pack_bits(as_buffer(array))
            return rle.encode(packed, rows=1, columns=len(packed), samples=1, sample_nbytes=1)
        return rle.encode(
            as_buffer(array),
            rows=layout.rows,
            columns=layout.columns,
            samples=layout.samples,
            sample_nbytes=array.itemsize,
        )


def _cell_nbytes(layout: PixelLayout) -> int:
    return (layout.bits_allocated + 7) // 8


def _unpack(cells: bytearray, layout: PixelLayout, out: np.ndarray, bits: int) -> None:
    unpack(
        cells,
        out,
        bit_offset=0,
        nsamples=layout.nsamples,
        bits_allocated=bits,
        bits_stored=min(layout.bits_stored, bits),
        high_bit=min(layout.bits_stored, bits) - 1,
        signed=layout.signed,
        big_endian=False,
        swap_pairs=False,
        planes=1,
        out_nbytes_per_sample=out.itemsize,
    )


RLE = RleCodec()
