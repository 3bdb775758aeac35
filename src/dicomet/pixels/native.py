"""Uncompressed frames: native, encapsulated as they are, or deflated. PS3.5 §8.1, §A.1 to §A.4.11."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import pixels
from dicomet.errors import PixelDataError
from dicomet.pixels.codecs import Decoded, as_buffer, unsupported_encoder

if TYPE_CHECKING:
    from dicomet.pixels.layout import PixelLayout

_MAX_DEFLATE_RATIO = 1032  # what the deflate format can reach


class NativeCodec:
    """Frames whose samples stand in the bytes as PS3.5 §8.1 has them.

    What the header cannot tell (byte order, where in a byte a frame begins) comes as arguments of
    `decode_native`; `decode` takes little-endian frames that begin at a byte.
    """

    whole = True
    can_encode = True

    def __init__(self, name: str) -> None:
        self.name = name

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame: see `dicomet.pixels.codecs.Codec.decode`."""
        NativeCodec.check(self, encoded, layout)
        return decode_native(encoded, layout, out, rgb=rgb)

    def check(self, encoded: memoryview, layout: PixelLayout) -> None:
        """Raise `PixelDataError` if there are too few bytes for a frame."""
        if encoded.nbytes < layout.native_nbytes:
            raise PixelDataError(
                f"a frame takes {layout.native_nbytes} bytes, here are {encoded.nbytes}", clause="PS3.5 §8.1.1"
            )

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        """The frame's bytes, little-endian, by Planar Configuration."""
        return encode_native(array, layout)


class DeflatedCodec(NativeCodec):
    """Deflated Image Frame Compression: a native frame under RFC 1951. PS3.5 §A.4.13."""

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame: see `dicomet.pixels.codecs.Codec.decode`."""
        from dicomet.pixels import libraries

        self.check(encoded, layout)
        frame = memoryview(as_buffer(out)) if _is_plain(layout) else memoryview(bytearray(layout.native_nbytes))
        frame = frame[: libraries.inflate(encoded, frame)]
        if not _is_plain(layout):
            return super().decode(frame, layout, out, rgb=rgb)
        NativeCodec.check(self, frame, layout)
        if layout.bits_stored < layout.bits_allocated:
            pixels.correct(
                out, nbytes_per_sample=out.itemsize, bits_stored=layout.bits_stored, signed=layout.signed
            )
        return Decoded(layout.photometric_interpretation)

    def check(self, encoded: memoryview, layout: PixelLayout) -> None:
        """Raise `PixelDataError` if such a frame cannot come out of so few bytes."""
        if layout.native_nbytes > _MAX_DEFLATE_RATIO * encoded.nbytes + 1024:
            raise PixelDataError("too few bytes for a frame of that size", clause="PS3.5 §A.4.13")

    def encode(self, array: np.ndarray, layout: PixelLayout, *, level: int = 6, **options: Any) -> bytes:
        """`level`: 1 (fast) to 12 (small)."""
        from dicomet.pixels import libraries

        return libraries.encode("deflate_encode", encode_native(array, layout), level=level, raw=True, **options)


def _is_plain(layout: PixelLayout) -> bool:
    """Whether a frame's bytes are those of its array, but for bits that are not used."""
    return (
        sys.byteorder == "little"
        and layout.bits_allocated in (8, 16, 32, 64)
        and layout.high_bit == layout.bits_stored - 1
        and layout.planar_configuration == 0
        and not layout.is_subsampled
    )


def decode_native(
    encoded: Any,
    layout: PixelLayout,
    out: np.ndarray,
    *,
    rgb: bool,
    bit_offset: int = 0,
    big_endian: bool = False,
    swap_pairs: bool = False,
) -> Decoded:
    """One native frame into `out`; samples that the bytes do not reach become 0. PS3.5 §8.1, §8.2.

    Parameters
    ----------
    encoded : bytes-like
        From the byte that holds the frame's first bit.
    bit_offset : int
        Of that bit in the byte, 0 to 15.
    big_endian : bool
        Byte order of cells of more than 8 bits.
    swap_pairs : bool
        8-bit samples in big-endian words (OW).
    """
    if layout.is_subsampled:
        return _decode_422(encoded, layout, out, rgb, swap_pairs)
    planes = layout.samples if layout.planar_configuration == 1 else 1
    if layout.is_float:
        pixels.floats(
            encoded,
            out,
            nsamples=layout.nsamples,
            nbytes_per_sample=out.itemsize,
            big_endian=big_endian,
            planes=planes,
        )
        return Decoded(layout.photometric_interpretation)
    pixels.unpack(
        encoded,
        out,
        bit_offset=bit_offset,
        nsamples=layout.nsamples,
        bits_allocated=layout.bits_allocated,
        bits_stored=layout.bits_stored,
        high_bit=layout.high_bit,
        signed=layout.signed,
        big_endian=big_endian,
        swap_pairs=swap_pairs,
        planes=planes,
        out_nbytes_per_sample=out.itemsize,
    )
    return Decoded(layout.photometric_interpretation)


def _decode_422(encoded: Any, layout: PixelLayout, out: np.ndarray, rgb: bool, swap_pairs: bool) -> Decoded:
    if layout.bits_allocated != 8:
        raise PixelDataError(
            f"{layout.photometric_interpretation} of {layout.bits_allocated} bits",
            tag=0x00280004,
            clause="PS3.3 §C.7.6.3.1.2",
        )
    if swap_pairs:
        words = np.empty((encoded.nbytes // 2, 2), np.uint8)
        plain = replace(layout, photometric_interpretation="YBR_FULL", samples=1)
        decode_native(encoded, replace(plain, rows=1, columns=words.size), words, rgb=False, swap_pairs=True)
        encoded = as_buffer(words)
    npixels, columns = layout.rows * layout.columns, layout.columns
    is_partial = layout.photometric_interpretation == "YBR_PARTIAL_422"
    if rgb and is_partial:
        pixels.ybr_partial_422_to_rgb(encoded, out, npixels=npixels, columns=columns)
        return Decoded("RGB")
    if rgb:
        pixels.ybr_full_422_to_rgb(encoded, out, npixels=npixels, columns=columns)
        return Decoded("RGB")
    pixels.ybr_full_422_expand(encoded, out, npixels=npixels, columns=columns)
    return Decoded("YBR_PARTIAL" if is_partial else "YBR_FULL")


def encode_native(array: np.ndarray, layout: PixelLayout) -> bytes:
    """The bytes of a frame, little-endian, by Planar Configuration; one bit a sample is packed."""
    array = np.ascontiguousarray(array)
    if layout.bits_allocated == 1:
        return pixels.pack_bits(as_buffer(array))
    if layout.bits_allocated not in (8, 16, 32, 64):
        raise unsupported_encoder("native", f"{layout.bits_allocated} bits allocated are not")
    if layout.planar_configuration == 1 and layout.samples > 1:
        array = np.ascontiguousarray(np.moveaxis(array, -1, 0))
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


NATIVE = NativeCodec("native (dicomet)")
ENCAPSULATED = NativeCodec("encapsulated uncompressed (dicomet)")
DEFLATED_FRAME = DeflatedCodec("deflated frame (libdeflate, dicomet)")
