"""JPEG 2000 and High-Throughput JPEG 2000. PS3.5 §8.2.4, §8.2.14, ITU-T T.800, T.814.

Part 1 is decoded natively. What the native decoder does not cover (more than 16 bits, palettes, regions of interest)
goes to OpenJPEG, as the stream's headers tell; so does HTJ2K. OpenJPH is faster at that, by a
factor of two, but not fit for bytes that nobody vouches for: a tile size of 0 or a large quantisation exponent end the
process; what it finds wrong in code-blocks does not come through imagecodecs, and half a frame is left as it was; and
what comes out of irreversible streams is not clipped to the samples' range, so that white that overshoots turns black.
It encodes.
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from dicomet._native import j2k
from dicomet.errors import UnsupportedError
from dicomet.pixels import libraries
from dicomet.pixels.codecs import unsupported_encoder
from dicomet.pixels.streams import (
    StreamCodec,
    ended,
    receive,
    receive_native,
    refuse_subsampled,
    sign_and_mask,
    unused_bits,
)

if TYPE_CHECKING:
    import numpy as np

    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout


def decode_stream(
    encoded: memoryview, stream: Codestream, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Decode a codestream into `out`; returns the Photometric Interpretation of what stands there."""
    refuse_subsampled(stream)
    if layout.bits_allocated > 32:
        raise UnsupportedError(f"{stream.kind} has no samples of {layout.bits_allocated} bits", clause="PS3.5 §8.2.4")
    if stream.differs:
        raise UnsupportedError("components of different depth or sign", clause="PS3.5 §8.2.4")
    _receive(encoded, stream, out, notes)
    return settle(stream, layout, out, notes)


def is_native(stream: Codestream) -> bool:
    """Whether the native decoder covers what the main header tells."""
    return (
        stream.kind == "JPEG 2000"
        and 1 <= stream.samples <= 4
        and 1 <= stream.precision <= 16
        and not stream.subsampled
        and not stream.jp2_palette
    )


def _receive(encoded: memoryview, stream: Codestream, out: np.ndarray, notes: list[str]) -> None:
    """Fill `out`, natively if the stream has nothing that is not covered."""
    if is_native(stream):
        try:
            found = receive_native(stream, out, encoded, j2k.decode, is_signed=stream.is_signed)
        except UnsupportedError:  # what the header does not tell, such as a region of interest
            pass
        else:
            if found & j2k.SHORT:
                notes.append("stream_short")
            return
    receive(stream, out, "i" if stream.is_signed else "u", "jpeg2k_decode", ended(encoded, stream), numthreads=1)


def settle(stream: Codestream, layout: PixelLayout, out: np.ndarray, notes: list[str]) -> str:
    """Bring decoded samples to sign and bits of the layout, and tell what their colours are."""
    if stream.is_signed != layout.signed:
        notes.append("stream_sign")
        sign_and_mask(out, stream.precision, layout.signed)
    elif stream.precision > layout.bits_stored and not stream.lossless:
        unused_bits(out, stream, layout)
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


def _check(array: np.ndarray, layout: PixelLayout, name: str, most_bits: int) -> None:
    if layout.bits_allocated not in (8, 16, 32) or layout.is_float:
        raise unsupported_encoder(name, "integers of 8, 16 or 32 bits allocated are")
    if layout.bits_stored > most_bits:
        raise unsupported_encoder(name, f"{layout.bits_stored} bits stored are more than {most_bits}")


def _transforms(layout: PixelLayout) -> bool:
    """Whether the component transform is wanted: Photometric Interpretation says so. PS3.5 §8.2.4."""
    return layout.samples == 3 and layout.photometric_interpretation in ("YBR_RCT", "YBR_ICT")


def _encode_j2k(array: np.ndarray, layout: PixelLayout, *, reversible: bool, **options: Any) -> bytes:
    """RGB goes through the component transform if the layout's Photometric Interpretation is YBR_RCT or YBR_ICT."""
    _check(array, layout, "JPEG 2000", 24)
    settings = {
        "codecformat": "J2K",
        "reversible": reversible,
        "bitspersample": layout.bits_stored,
        "mct": _transforms(layout),
        "numthreads": 1,
    }
    if layout.samples == 3:
        settings["colorspace"] = "SRGB"
    return libraries.encode("jpeg2k_encode", array, **settings, **options)


def _encode_lossless(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    return _encode_j2k(array, layout, reversible=True, **{"level": 0, **options})


def _encode_lossy(array: np.ndarray, layout: PixelLayout, *, psnr: float = 45, **options: Any) -> bytes:
    """Irreversible, to a quality given as signal-to-noise ratio in dB; the signal's peak is the frame's own range."""
    extent = max(1, int(array.max()) - int(array.min()))
    level = psnr + 20 * log10(((1 << layout.bits_stored) - 1) / extent)
    return _encode_j2k(array, layout, reversible=False, **{"level": level, **options})


def _encode_ht(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    """As `_encode_j2k`, by the high-throughput block coder."""
    _check(array, layout, "HTJ2K", 24)  # what the decoder takes
    settings = {"reversible": True, "rgb": _transforms(layout), "planar": False, **options}
    return libraries.encode("htj2k_encode", array, **settings)


def _encode_ht_rpcl(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    """Resolution by resolution, with tile-part lengths, down to 64 × 64 or less. PS3.5 §10.18."""
    levels = max(1, (max(layout.rows, layout.columns) - 1).bit_length() - 6)
    return _encode_ht(array, layout, **{"tlm": True, "tilepart": 1, "resolutions": levels, **options})


def _encode_ht_lossy(array: np.ndarray, layout: PixelLayout, *, step: float = 2, **options: Any) -> bytes:
    """Irreversible; `step`: quantisation step in sample values."""
    level = step / 256**array.itemsize
    return _encode_ht(array, layout, **{"reversible": False, "level": level, **options})


_BY, _HT = libraries.version_of("jpeg2k"), f"{libraries.version_of('jpeg2k')}, {libraries.version_of('htj2k')}"
LOSSLESS = StreamCodec(f"JPEG 2000 Lossless (native, {_BY})", "JPEG 2000", lossless=True, encoder=_encode_lossless)
LOSSY = StreamCodec(f"JPEG 2000 (native, {_BY})", "JPEG 2000", encoder=_encode_lossy)
HT_LOSSLESS = StreamCodec(f"HTJ2K Lossless ({_HT})", "HTJ2K", lossless=True, encoder=_encode_ht)
HT_LOSSLESS_RPCL = StreamCodec(f"HTJ2K Lossless RPCL ({_HT})", "HTJ2K", lossless=True, encoder=_encode_ht_rpcl)
HT_LOSSY = StreamCodec(f"HTJ2K ({_HT})", "HTJ2K", encoder=_encode_ht_lossy)
