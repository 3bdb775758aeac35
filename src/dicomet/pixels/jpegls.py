"""JPEG-LS, lossless and near-lossless: decoded natively, encoded by CharLS. PS3.5 §8.2.3, §A.4.3, ITU-T T.87."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import jpegls
from dicomet.errors import UnsupportedError
from dicomet.pixels import libraries
from dicomet.pixels.codecs import unsigned, unsupported_encoder
from dicomet.pixels.streams import StreamCodec, receive_native, sign_and_mask, unused_bits

if TYPE_CHECKING:
    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout

_RGB_IDS = (b"RGB", b"rgb")


def decode_stream(
    encoded: memoryview, stream: Codestream, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Decode a JPEG-LS stream into `out`; returns the Photometric Interpretation of what stands there."""
    if stream.jls_mapping_table:
        raise UnsupportedError("JPEG-LS with a mapping table: no decoder at hand applies it", clause="PS3.5 §A.4.3")
    if receive_native(stream, out, encoded, jpegls.decode) & jpegls.SHORT:
        notes.append("stream_short")
    if layout.signed:  # T.87 knows no sign
        sign_and_mask(out, min(stream.precision, layout.bits_stored), True)
    elif stream.precision > layout.bits_stored:
        unused_bits(out, stream, layout)
    if layout.samples == 3 and stream.component_ids in _RGB_IDS and layout.photometric_interpretation != "RGB":
        notes.append("stream_colour")
        return "RGB"
    return layout.photometric_interpretation


def _encode(array: np.ndarray, layout: PixelLayout, *, near: int = 0, **options: Any) -> bytes:
    """`near`: largest error of a sample, 0 is lossless."""
    if layout.bits_allocated not in (8, 16) or layout.samples == 2:
        raise unsupported_encoder("JPEG-LS", "1, 3 or 4 samples of 8 or 16 bits allocated are")
    if layout.signed and near:
        raise unsupported_encoder("JPEG-LS", "it knows no sign, and errors at the ends of the range would wrap")
    return libraries.encode("jpegls_encode", unsigned(array, layout), level=near, **options)


def _encode_lossless(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    return _encode(array, layout, near=0, **options)


def _encode_near(array: np.ndarray, layout: PixelLayout, *, near: int = 2, **options: Any) -> bytes:
    return _encode(array, layout, near=near, **options)


_BY = libraries.version_of("jpegls")
LOSSLESS = StreamCodec(f"JPEG-LS Lossless (native, {_BY})", "JPEG-LS", lossless=True, encoder=_encode_lossless)
NEAR_LOSSLESS = StreamCodec(f"JPEG-LS Near-Lossless (native, {_BY})", "JPEG-LS", encoder=_encode_near)
