"""The registry of codecs: transfer syntax to who decodes and encodes it. PS3.5 §10, Annex A.

Built-in codecs are named here and loaded when they are first wanted. Other packages add codecs for transfer
syntaxes of their own through the entry-point group ``dicomet.codecs``: the entry's name is the UID, its object a
`Codec`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dicomet.errors import UnsupportedError

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Buffer

    from dicomet.pixels.layout import PixelLayout

ENTRY_POINTS = "dicomet.codecs"

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"
GE_PRIVATE = "1.2.840.113619.5.2"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
DEFLATED_IMAGE_FRAME = "1.2.840.10008.1.2.8.1"

_JPEG = "1.2.840.10008.1.2.4."


class Decoded(NamedTuple):
    """What a codec made of a frame.

    Attributes
    ----------
    photometric_interpretation : str
        Of the samples that stand in ``out`` now.
    notes : tuple of str
        Codes of deviations that were read through: see `dicomet.pixels.notes`.
    """

    photometric_interpretation: str
    notes: tuple[str, ...] = ()


class Codec(Protocol):
    """One way to encode frames."""

    @property
    def name(self) -> str:
        """What it is and by which library, for people."""
        ...

    @property
    def whole(self) -> bool:
        """Each fragment is a frame."""
        ...

    @property
    def can_encode(self) -> bool:
        """Whether `encode` does anything but raise."""
        ...

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame.

        Parameters
        ----------
        encoded : memoryview
            The frame's bytes.
        layout : PixelLayout
            What the header says.
        out : numpy.ndarray
            Contiguous, of ``layout.shape`` and ``layout.dtype``: written whole.
        rgb : bool
            Colours are wanted as RGB: the codec may convert them if it is fast at it.

        Raises
        ------
        PixelDataError
            The bytes cannot give such a frame. ``out`` may hold anything then.
        """
        ...

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        """Encode one frame of ``layout.shape`` and ``layout.dtype``.

        Raises
        ------
        UnsupportedError
            The codec cannot encode, or not such frames.
        """
        ...


# UID: (module of this package, its codec)
_BUILT_IN: dict[str, tuple[str, str]] = {
    IMPLICIT_VR_LITTLE_ENDIAN: ("native", "NATIVE"),
    EXPLICIT_VR_LITTLE_ENDIAN: ("native", "NATIVE"),
    ENCAPSULATED_UNCOMPRESSED: ("native", "ENCAPSULATED"),
    DEFLATED: ("native", "NATIVE"),
    EXPLICIT_VR_BIG_ENDIAN: ("native", "NATIVE"),
    GE_PRIVATE: ("native", "NATIVE"),
    DEFLATED_IMAGE_FRAME: ("native", "DEFLATED_FRAME"),
    RLE_LOSSLESS: ("rle", "RLE"),
    _JPEG + "50": ("jpeg", "BASELINE"),
    _JPEG + "51": ("jpeg", "EXTENDED"),
    _JPEG + "52": ("jpeg", "EXTENDED_ARITHMETIC"),  # retired, processes 3 and 5
    _JPEG + "53": ("jpeg", "SPECTRAL"),  # retired, processes 6 and 8; below 7 and 9, 10 and 12, 11 and 13
    _JPEG + "54": ("jpeg", "SPECTRAL"),
    _JPEG + "55": ("jpeg", "PROGRESSIVE"),
    _JPEG + "56": ("jpeg", "PROGRESSIVE"),
    _JPEG + "57": ("jpeg", "LOSSLESS"),
    _JPEG + "70": ("jpeg", "LOSSLESS_SV1"),
    _JPEG + "80": ("jpegls", "LOSSLESS"),
    _JPEG + "81": ("jpegls", "NEAR_LOSSLESS"),
    _JPEG + "90": ("jpeg2000", "LOSSLESS"),
    _JPEG + "91": ("jpeg2000", "LOSSY"),
    _JPEG + "92": ("jpeg2000", "LOSSLESS"),  # Part 2 multi-component, as far as the library goes
    _JPEG + "93": ("jpeg2000", "LOSSY"),
    _JPEG + "201": ("jpeg2000", "HT_LOSSLESS"),
    _JPEG + "202": ("jpeg2000", "HT_LOSSLESS_RPCL"),
    _JPEG + "203": ("jpeg2000", "HT_LOSSY"),
    _JPEG + "110": ("jpegxl", "LOSSLESS"),
    _JPEG + "111": ("jpegxl", "RECOMPRESSION"),
    _JPEG + "112": ("jpegxl", "LOSSY"),
    **{_JPEG + n: ("video", "MPEG2") for n in ("100", "100.1", "101", "101.1")},
    **{
        _JPEG + n: ("video", "H264")
        for n in ("102", "102.1", "103", "103.1", "104", "104.1", "105", "105.1", "106", "106.1")
    },
    **{_JPEG + n: ("video", "HEVC") for n in ("107", "108")},
}
VIDEO = frozenset(uid for uid, (module, _) in _BUILT_IN.items() if module == "video")

_ELSEWHERE = "the pixels are not in the file: it takes {}"
_JPIP = "a JPIP client that fetches Pixel Data Provider URL (0028,7FE0)"
_RTP = "a receiver of the RTP flow"
# Transfer syntaxes that nobody here decodes, and what it would take.
_UNSUPPORTED = {
    **{_JPEG + n: _ELSEWHERE.format(_JPIP) for n in ("94", "95", "204", "205")},
    **{f"1.2.840.10008.1.2.7.{n}": _ELSEWHERE.format(_RTP) + " (SMPTE ST 2110)" for n in (1, 2, 3)},
    _JPEG + "58": "JPEG Lossless with arithmetic coding (process 15): no library at hand decodes it",
    **{f"{_JPEG}{n}": "hierarchical JPEG: no library at hand decodes it" for n in range(59, 67)},
}


@cache
def codec_for(transfer_syntax: str) -> Codec:
    """The codec of a transfer syntax; an unnamed one counts as native.

    Raises
    ------
    UnsupportedError
        Nobody here knows the syntax; the message says what would be needed.
    """
    found = _BUILT_IN.get(transfer_syntax or EXPLICIT_VR_LITTLE_ENDIAN)
    if found is not None:
        module, name = found
        codec: Codec = getattr(import_module(f"dicomet.pixels.{module}"), name)
        return codec
    if transfer_syntax in _UNSUPPORTED:
        raise UnsupportedError(f"{transfer_syntax}: {_UNSUPPORTED[transfer_syntax]}", clause="PS3.5 §10")
    added = _added().get(transfer_syntax)
    if added is not None:
        loaded: Codec = added.load()
        return loaded
    raise UnsupportedError(
        f"no codec for transfer syntax {transfer_syntax}: a package would have to offer one as entry point of the "
        f"group {ENTRY_POINTS}",
        clause="PS3.5 §10",
    )


@cache
def _added() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


class Entry(NamedTuple):
    """A line of `codec_table`.

    Attributes
    ----------
    uid : str
        Transfer Syntax UID.
    codec : str
        What decodes it; "" if nothing does.
    decodes, encodes : bool
    missing : str
        What would be needed, "" if nothing is missing.
    """

    uid: str
    codec: str
    decodes: bool
    encodes: bool
    missing: str


def codec_table() -> list[Entry]:
    """Every transfer syntax with pixels that is known here, in order of the UIDs; loads all codecs."""
    uids = [*_BUILT_IN, *_UNSUPPORTED, *_added()]
    return [_entry(uid) for uid in sorted(uids, key=lambda uid: [int(part) for part in uid.split(".")])]


def _entry(uid: str) -> Entry:
    try:
        codec = codec_for(uid)
    except (UnsupportedError, ImportError) as error:
        return Entry(uid, "", False, False, error.args[0] if error.args else "")
    missing: str = getattr(codec, "missing", "")
    return Entry(uid, codec.name, not missing, codec.can_encode, missing)


def unsupported_encoder(name: str, why: str) -> UnsupportedError:
    """The error of a codec that cannot encode what it was given."""
    return UnsupportedError(f"{name} cannot encode this: {why}", clause="PS3.5 §8.2")


def as_buffer(array: np.ndarray) -> Buffer:
    """The array's memory as flat bytes, not copied."""
    return array.reshape(-1).view("u1").data


def unsigned(array: np.ndarray, layout: PixelLayout) -> np.ndarray:
    """The samples as unsigned integers of their size: the bits stored, for codings that know no sign."""
    bits = array.view(f"u{array.itemsize}")
    if layout.signed and layout.bits_stored < 8 * array.itemsize:
        bits = bits & bits.dtype.type((1 << layout.bits_stored) - 1)
    return bits
