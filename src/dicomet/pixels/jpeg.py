"""JPEG: lossless streams natively, the other processes by libjpeg-turbo. PS3.5 §8.2.1, §A.4.1, ITU-T T.81.

What the native decoder does not cover (components of several sizes, odd restart intervals) goes to libjpeg-turbo
as well: the stream's header tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import jpeg_lossless
from dicomet.errors import UnsupportedError
from dicomet.pixels import libraries
from dicomet.pixels.codecs import unsigned, unsupported_encoder
from dicomet.pixels.streams import StreamCodec, receive, receive_native, sign_and_mask, unused_bits

if TYPE_CHECKING:
    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout

_SOF_LOSSLESS = 3
_HUFFMAN = (0, 1, 2, 3)  # the processes that libjpeg-turbo knows besides the arithmetic ones
_ARITHMETIC = (9, 10)
_APP14, _SOS = 0xEE, 0xDA
_RGB_IDS = (b"RGB", b"rgb")


def decode_stream(
    encoded: memoryview, stream: Codestream, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Decode a JPEG stream of any process into `out`; returns the Photometric Interpretation of what stands there."""
    if stream.sof not in _HUFFMAN and stream.sof not in _ARITHMETIC:
        raise UnsupportedError(
            f"JPEG process SOF{stream.sof} (hierarchical, or arithmetic lossless): no decoder is at hand",
            clause="PS3.5 §A.4.1",
        )
    photometric = layout.photometric_interpretation
    options: dict[str, Any] = {}
    if layout.samples == 3:
        photometric, options = _colours(stream, layout, rgb, notes)
    if is_native(stream):
        if receive_native(stream, out, encoded, jpeg_lossless.decode) & jpeg_lossless.SHORT:
            notes.append("stream_short")
    else:
        receive(stream, out, "u", "jpeg8_decode", encoded, **options)
    if layout.signed:
        sign_and_mask(out, layout.bits_stored, True)
    elif stream.precision > layout.bits_stored:
        unused_bits(out, stream, layout)
    return photometric


def is_native(stream: Codestream) -> bool:
    """Whether the native decoder covers what the header tells."""
    return (
        stream.sof == _SOF_LOSSLESS
        and 1 <= stream.samples <= 4
        and 2 <= stream.precision <= 16
        and 1 <= stream.predictor <= 7
        and not stream.subsampled
        and (stream.scan_components == 1 or {*stream.h, *stream.v} == {1})
        and stream.restart_interval % stream.columns == 0
    )


def _colours(
    stream: Codestream, layout: PixelLayout, rgb: bool, notes: list[str]
) -> tuple[str, dict[str, Any]]:
    """What the three components are, and what libjpeg-turbo shall do with them."""
    told = layout.photometric_interpretation
    is_ybr = _is_ybr(stream, told)
    if is_ybr != told.startswith("YBR"):
        notes.append("stream_colour")
    if not is_ybr:
        return "RGB", {"colorspace": "RGB", "outcolorspace": "RGB"}
    if stream.sof == _SOF_LOSSLESS:  # converts nothing
        return "YBR_FULL", {"colorspace": "YCBCR", "outcolorspace": "YCBCR"}
    if rgb:
        return "RGB", {"colorspace": "YCBCR", "outcolorspace": "RGB"}
    return "YBR_FULL", {"colorspace": "YCBCR", "outcolorspace": "YCBCR"}


def _is_ybr(stream: Codestream, told: str) -> bool:
    """The stream's own marks come before Photometric Interpretation, as with other readers."""
    if stream.component_ids in _RGB_IDS:
        return False
    if stream.adobe_transform is not None:
        return stream.adobe_transform == 1
    if stream.jfif:
        return True
    return told.startswith("YBR")


def _encode(
    array: np.ndarray, layout: PixelLayout, *, lossless: bool, bits: int, from_rgb: bool = False, **options: Any
) -> bytes:
    if layout.bits_allocated not in (8, 16) or layout.samples not in (1, 3):
        raise unsupported_encoder("JPEG", "1 or 3 samples of 8 or 16 bits allocated are")
    if layout.bits_stored > bits:
        raise unsupported_encoder("JPEG", f"{layout.bits_stored} bits stored are more than {bits}")
    if layout.signed and not lossless:
        raise unsupported_encoder("JPEG", "signed samples have no place in a DCT process")
    settings: dict[str, Any] = {"lossless": lossless}
    if array.dtype.itemsize == 2:
        settings["bitspersample"] = max(layout.bits_stored, 9) if lossless else 12
    array = unsigned(array, layout)
    if layout.samples == 1:
        return libraries.encode("jpeg8_encode", array, **{**settings, **options})
    # colours are stored as they come, unless the library is to convert them
    ybr = layout.photometric_interpretation.startswith("YBR")
    if lossless:  # libjpeg-turbo 3.1 writes damaged lossless streams of YCbCr, and sound ones of RGB
        settings |= {"colorspace": "RGB", "outcolorspace": "RGB"}
        encoded = libraries.encode("jpeg8_encode", array, **{**settings, **options})
        return _without_rgb_marks(encoded) if ybr else encoded
    settings["colorspace"] = "YCBCR" if ybr and not from_rgb else "RGB"
    settings["outcolorspace"] = "YCBCR" if ybr else "RGB"
    if ybr:
        settings["subsampling"] = "422" if layout.photometric_interpretation == "YBR_FULL_422" else "444"
    return libraries.encode("jpeg8_encode", array, **{**settings, **options})


def _without_rgb_marks(encoded: bytes) -> bytes:
    """A stream of three components whose marks say RGB, without them: Adobe's marker, and the components' names.

    T.81 §B.2.2, §B.2.3.
    """
    parts, at = [encoded[:2]], 2
    while at + 4 <= len(encoded):
        marker, nbytes = encoded[at + 1], 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")
        segment = bytearray(encoded[at : at + nbytes])
        at += nbytes
        if marker == _APP14:
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            segment[10:19:3] = b"\x01\x02\x03"
        if marker == _SOS:
            segment[5:11:2] = b"\x01\x02\x03"
        parts.append(bytes(segment))
        if marker == _SOS:
            break
    return b"".join((*parts, encoded[at:]))


def _encode_baseline(array: np.ndarray, layout: PixelLayout, *, quality: int = 90, **options: Any) -> bytes:
    """Baseline, 8 bits: `quality` 1 to 100; `from_rgb`: the samples are RGB, the layout tells what they become."""
    if array.dtype.itemsize != 1:
        raise unsupported_encoder("JPEG Baseline", "8 bits allocated are")
    return _encode(array, layout, lossless=False, bits=8, level=quality, **options)


def _encode_extended(array: np.ndarray, layout: PixelLayout, *, quality: int = 90, **options: Any) -> bytes:
    """Extended, 8 or 12 bits: `quality` 1 to 100."""
    return _encode(array, layout, lossless=False, bits=12, level=quality, **options)


def _encode_lossless(array: np.ndarray, layout: PixelLayout, *, predictor: int = 1, **options: Any) -> bytes:
    """Lossless, process 14: `predictor` 1 to 7."""
    return _encode(array, layout, lossless=True, bits=16, predictor=predictor, **options)


def _encode_sv1(array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
    """Lossless, process 14, selection value 1."""
    return _encode(array, layout, lossless=True, bits=16, predictor=1, **options)


_BY = libraries.version_of("jpeg8").replace("_", "-")
BASELINE = StreamCodec(f"JPEG Baseline ({_BY})", "JPEG", processes=(0,), encoder=_encode_baseline)
EXTENDED = StreamCodec(f"JPEG Extended ({_BY})", "JPEG", processes=(0, 1), encoder=_encode_extended)
EXTENDED_ARITHMETIC = StreamCodec(f"JPEG Extended, arithmetic ({_BY})", "JPEG", processes=(9,))
SPECTRAL = StreamCodec(f"JPEG Spectral Selection ({_BY})", "JPEG", processes=(2, 10))
PROGRESSIVE = StreamCodec(f"JPEG Full Progression ({_BY})", "JPEG", processes=(2, 10))
LOSSLESS = StreamCodec(
    f"JPEG Lossless (dicomet; {_BY})", "JPEG", lossless=True, processes=(3,), encoder=_encode_lossless
)
LOSSLESS_SV1 = StreamCodec(
    f"JPEG Lossless SV1 (dicomet; {_BY})", "JPEG", lossless=True, processes=(3,), encoder=_encode_sv1
)
