"""JPEG 2000 and High-Throughput JPEG 2000. PS3.5 §8.2.4, §8.2.14, ITU-T T.800, T.814.

OpenJPEG decodes both. OpenJPH is faster at the second, by a factor of two, but not fit for bytes that nobody vouches
for: a tile size of 0 or a large quantisation exponent end the process, and what it finds wrong in code-blocks does not
come through imagecodecs: half a frame is left as it was. It encodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet.errors import UnsupportedError
from dicomet.pixels import libraries
from dicomet.pixels.codecs import unsupported_encoder
from dicomet.pixels.streams import StreamCodec, ended, receive, refuse_subsampled, sign_and_mask

if TYPE_CHECKING:
    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout


def decode_stream(
    encoded: memoryview, stream: Codestream, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Decode a codestream into `out`; returns the Photometric Interpretation of what stands there."""
    refuse_subsampled(stream)
    if stream.differs:
        raise UnsupportedError("components of different depth or sign", clause="PS3.5 §8.2.4")
    kind = "i" if stream.is_signed else "u"
    encoded = ended(encoded, stream)
    receive(stream, out, kind, lambda target: libraries.decode("jpeg2k_decode", encoded, target, numthreads=1))
    if stream.is_signed != layout.signed:
        notes.append("stream_sign")
        sign_and_mask(out, stream.precision, layout.signed)
    told = layout.photometric_interpretation
    if layout.samples != 3:
        return told
    if stream.mct:  # the codec has undone the transform
        if told not in ("YBR_ICT", "YBR_RCT"):
            notes.append("stream_colour")
        return "RGB"
    if told in ("YBR_ICT", "YBR_RCT"):
        notes.append("stream_transform")
        return "RGB"
    return told


def _depths(array: np.ndarray, layout: PixelLayout, name: str) -> None:
    if layout.bits_allocated not in (8, 16, 32) or layout.is_float:
        raise unsupported_encoder(name, "integers of 8, 16 or 32 bits allocated are")


def _encode_j2k(
    array: np.ndarray, layout: PixelLayout, *, reversible: bool, mct: bool = True, **options: Any
) -> bytes:
    _depths(array, layout, "JPEG 2000")
    return libraries.encode(
        "jpeg2k_encode",
        array,
        codecformat="J2K",
        reversible=reversible,
        bitspersample=layout.bits_stored,
        colorspace="SRGB" if layout.samples == 3 else None,
        mct=mct and layout.samples == 3,
        numthreads=1,
        **options,
    )


def _encode_lossless(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    """Reversible; ``mct=False`` leaves RGB as it is (Photometric Interpretation RGB, else YBR_RCT)."""
    return _encode_j2k(array, layout, reversible=True, **{"level": 0, **options})


def _encode_lossy(array: np.ndarray, layout: PixelLayout, *, psnr: float = 45, **options: Any) -> bytes:
    """Irreversible, to a quality given as peak signal-to-noise ratio in dB."""
    return _encode_j2k(array, layout, reversible=False, **{"level": psnr, **options})


def _encode_ht(array: np.ndarray, layout: PixelLayout, *, mct: bool = True, **options: Any) -> bytes:
    _depths(array, layout, "HTJ2K")
    settings = {"reversible": True, "rgb": mct and layout.samples == 3, "planar": False, **options}
    return libraries.encode("htj2k_encode", array, **settings)


def _encode_ht_lossy(array: np.ndarray, layout: PixelLayout, *, step: float = 0.001, **options: Any) -> bytes:
    """Irreversible, with a quantisation step relative to the sample's range."""
    return _encode_ht(array, layout, **{"reversible": False, "level": step, **options})


_BY, _HT = libraries.version_of("jpeg2k"), libraries.version_of("htj2k")
LOSSLESS = StreamCodec(f"JPEG 2000 Lossless ({_BY})", "JPEG 2000", lossless=True, encoder=_encode_lossless)
LOSSY = StreamCodec(f"JPEG 2000 ({_BY})", "JPEG 2000", encoder=_encode_lossy)
HT_LOSSLESS = StreamCodec(f"HTJ2K Lossless ({_HT})", "HTJ2K", lossless=True, encoder=_encode_ht)
HT_LOSSLESS_RPCL = StreamCodec(f"HTJ2K Lossless RPCL ({_HT})", "HTJ2K", lossless=True, encoder=_encode_ht)
HT_LOSSY = StreamCodec(f"HTJ2K ({_HT})", "HTJ2K", encoder=_encode_ht_lossy)
