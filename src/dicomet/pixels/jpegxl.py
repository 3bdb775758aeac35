"""JPEG XL: lossless, recompressed JPEG, lossy, by libjxl. PS3.5 §8.2.15, ISO/IEC 18181."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomet.pixels import libraries
from dicomet.pixels.codecs import unsigned, unsupported_encoder
from dicomet.pixels.streams import StreamCodec, receive, sign_and_mask

if TYPE_CHECKING:
    import numpy as np

    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout


def decode_stream(
    encoded: memoryview, stream: Codestream, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Decode a JPEG XL stream into `out`; returns the Photometric Interpretation of what stands there."""
    receive(stream, out, "u", "jpegxl_decode", encoded, numthreads=1, keeporientation=True)
    if layout.signed:  # the standard codes no sign
        sign_and_mask(out, layout.bits_stored, True)
    return "RGB" if layout.samples == 3 else layout.photometric_interpretation


def _encode(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    if layout.bits_allocated not in (8, 16) or layout.samples not in (1, 3):
        raise unsupported_encoder("JPEG XL", "1 or 3 samples of 8 or 16 bits allocated are")
    return libraries.encode(
        "jpegxl_encode",
        unsigned(array, layout),
        bitspersample=layout.bits_stored,
        photometric="RGB" if layout.samples == 3 else "GRAY",
        numthreads=1,
        **options,
    )


def _encode_recompressed(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    """A baseline JPEG, recompressed without loss; options as of JPEG Baseline."""
    from dicomet.pixels.jpeg import BASELINE

    jpeg = BASELINE.encode(array, layout, **options)
    return libraries.encode("jpegxl_encode_jpeg", jpeg, numthreads=1, usecontainer=True)


def _encode_lossless(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    return _encode(array, layout, lossless=True, **options)


def _encode_lossy(array: np.ndarray, layout: PixelLayout, *, distance: float = 1.0, **options: Any) -> bytes:
    """`distance`: Butteraugli distance, 1 is visually lossless."""
    if layout.signed:
        raise unsupported_encoder("JPEG XL", "it knows no sign, and errors at the ends of the range would wrap")
    return _encode(array, layout, lossless=False, distance=distance, **options)


_BY = libraries.version_of("jpegxl")
LOSSLESS = StreamCodec(f"JPEG XL Lossless ({_BY})", "JPEG XL", lossless=True, encoder=_encode_lossless)
RECOMPRESSION = StreamCodec(f"JPEG XL JPEG Recompression ({_BY})", "JPEG XL", encoder=_encode_recompressed)
LOSSY = StreamCodec(f"JPEG XL ({_BY})", "JPEG XL", encoder=_encode_lossy)
