"""Compressed streams of any kind: checked against the header, then decoded by whoever knows them. PS3.5 §8.2.

What a stream is, its own first bytes tell better than the transfer syntax: a decoder is chosen by them, and a
disagreement becomes a note. Nothing is decoded before the stream's size was held against Rows and Columns.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import codestream
from dicomet._native.pixels import correct, has_unused_bits
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels import libraries
from dicomet.pixels.codecs import Decoded, as_buffer, unsupported_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dicomet._native.codestream import Codestream
    from dicomet.pixels.layout import PixelLayout

# Kind of stream: module of this package with `decode_stream`.
_MODULES = {
    "JPEG": "jpeg",
    "JPEG-LS": "jpegls",
    "JPEG 2000": "jpeg2000",
    "HTJ2K": "jpeg2000",
    "JPEG XL": "jpegxl",
}
_IS_BIG_ENDIAN = sys.byteorder == "big"
_decoders: dict[str, Callable[..., str]] = {}

# A stream larger than the header says is cut to it, up to this.
_MAX_SURPLUS = 1.25
# Transform codecs can describe an empty image of any size in a few bytes: beyond so many bytes of pixels a
# stream must have one byte for so many.
_FREE_NBYTES = 64 << 20
_MAX_RATIO = 20_000
# Huffman codes have a bit at least: one byte of lossless JPEG is 8 samples at most (SOF3), one of the DCT processes 8
# blocks of 64 pixels, or fewer of four times that size. libjpeg-turbo would fill up what is missing.
_MAX_SAMPLES_PER_BYTE = {3: 8}
_MAX_PIXELS_PER_BYTE = {0: 2048, 1: 2048, 2: 2048}


class StreamCodec:
    """Codec of one transfer syntax whose frames are streams with headers of their own.

    Parameters
    ----------
    name : str
        For people.
    kind : str
        Kind of stream that the syntax wants, as `dicomet._native.codestream` names it; "" for any.
    lossless : bool
        The syntax admits lossless streams only.
    processes : collection of int
        JPEG only: the SOF markers that the syntax admits.
    encoder : callable, optional
        ``encoder(array, layout, **options) -> bytes``.
    """

    whole = False

    def __init__(
        self,
        name: str,
        kind: str,
        *,
        lossless: bool = False,
        processes: Collection[int] = (),
        encoder: Callable[..., bytes] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.lossless = lossless
        self.processes = frozenset(processes)
        self.encoder = encoder

    @property
    def can_encode(self) -> bool:
        """Whether `encode` can do anything but raise."""
        return self.encoder is not None

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame: see `dicomet.pixels.codecs.Codec.decode`."""
        stream = codestream.read(encoded)
        if stream is None:
            raise PixelDataError("no compressed image that is known begins in these bytes", clause="PS3.5 §8.2")
        notes = self._notes(stream, layout)
        if stream.codestream_offset and not stream.jxl_container:
            encoded = encoded[stream.codestream_offset :][: stream.codestream_nbytes]
            notes.append("stream_offset")
        kind = stream.kind
        decode = _decoders.get(kind)
        if decode is None:
            decode = _decoders[kind] = import_module(f"dicomet.pixels.{_MODULES[kind]}").decode_stream
        photometric = decode(encoded, stream, layout, out, rgb, notes)
        return Decoded(photometric, tuple(notes))

    def check(self, encoded: memoryview, layout: PixelLayout) -> None:
        """Raise `PixelDataError` if the stream's header does not go together with `layout`."""
        stream = codestream.read(encoded)
        if stream is not None:
            self._notes(stream, layout)

    def _notes(self, stream: Codestream, layout: PixelLayout) -> list[str]:
        """Hold the stream against header and syntax; raises where it cannot be decoded into `layout`."""
        notes: list[str] = []
        rows, columns = stream.rows or layout.rows, stream.columns
        if rows != layout.rows or columns != layout.columns:
            self._check_size(rows, columns, layout)
            notes.append("stream_size")
        if stream.samples != layout.samples:
            raise PixelDataError(
                f"the stream has {stream.samples} samples a pixel, the header says {layout.samples}",
                tag=0x00280002,
                clause="PS3.5 §8.2",
            )
        if layout.nbytes > _FREE_NBYTES and layout.nbytes > _MAX_RATIO * stream.codestream_nbytes:
            raise PixelDataError("the stream is too short for an image of that size", clause="PS3.5 §8.2")
        npixels, nbytes = layout.rows * layout.columns, stream.codestream_nbytes
        if stream.sof is not None and (
            npixels > _MAX_PIXELS_PER_BYTE.get(stream.sof, npixels) * nbytes
            or layout.nsamples > _MAX_SAMPLES_PER_BYTE.get(stream.sof, layout.nsamples) * nbytes
        ):
            raise PixelDataError("the stream is too short for an image of that size", clause="PS3.5 §8.2.1")
        if self.kind and stream.kind != self.kind:
            notes.append("stream_kind")
        elif self.processes and stream.sof not in self.processes:
            notes.append("stream_process")
        if self.lossless and stream.lossless is False:
            notes.append("stream_lossy")
        if stream.precision != layout.bits_stored:
            notes.append("stream_precision")
        if not stream.eoi and stream.kind != "JPEG XL":
            notes.append("stream_end")
        return notes

    def _check_size(self, rows: int, columns: int, layout: PixelLayout) -> None:
        surplus = rows * columns / (layout.rows * layout.columns)
        if rows < layout.rows or columns < layout.columns or surplus > _MAX_SURPLUS:
            raise PixelDataError(
                f"the stream is {columns} × {rows} pixels, the header says {layout.columns} × {layout.rows}",
                tag=0x00280010,
                clause="PS3.5 §8.2",
            )

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        """Encode one frame: see `dicomet.pixels.codecs.Codec.encode`."""
        if self.encoder is None:
            raise unsupported_encoder(self.name, "no encoder is at hand")
        return self.encoder(np.ascontiguousarray(array), layout, **options)


def receive(
    stream: Codestream, out: np.ndarray, kind: str, function: str, encoded: memoryview, **options: Any
) -> None:
    """Fill `out` by a function of imagecodecs, through a temporary array if the stream is of another size or depth.

    Parameters
    ----------
    out : numpy.ndarray
        As `dicomet.pixels.codecs.Codec.decode` has it.
    kind : {"u", "i"}
        Whether the library gives unsigned or signed integers.
    function : str
        Such as ``"jpeg8_decode"``, with its `options`.
    """
    nbytes = sample_nbytes(stream, out)
    shape = (stream.rows or out.shape[0], stream.columns, *out.shape[2:])
    if shape == out.shape and nbytes == out.itemsize:
        libraries.decode(function, encoded, out if out.dtype.kind == kind else out.view(f"{kind}{nbytes}"), **options)
        return
    decoded = libraries.decode(function, encoded, np.empty(shape, f"{kind}{nbytes}"), **options)
    np.copyto(out.view(f"{kind}{out.itemsize}"), decoded[: out.shape[0], : out.shape[1]])


def receive_native(
    stream: Codestream, out: np.ndarray, encoded: memoryview, decode: Callable[..., int], **options: Any
) -> int:
    """Fill `out` by a native decoder, through a temporary array if the stream is of another size or depth.

    Parameters
    ----------
    out : numpy.ndarray
        As `dicomet.pixels.codecs.Codec.decode` has it.
    decode : callable
        ``decode(encoded, out, *, rows, columns, samples, sample_nbytes)``, with its `options`.

    Returns
    -------
    int
        The notes of the decoder.
    """
    nbytes = sample_nbytes(stream, out)
    shape = (stream.rows or out.shape[0], stream.columns, *out.shape[2:])
    fits = shape == out.shape and out.itemsize <= 2
    target = out if fits else np.empty(shape, f"u{nbytes}")
    notes = decode(
        encoded,
        as_buffer(target),
        rows=shape[0],
        columns=shape[1],
        samples=stream.samples,
        sample_nbytes=target.itemsize,
        **options,
    )
    if not fits:
        kind = "i" if stream.is_signed else "u"
        decoded = target.view(f"{kind}{nbytes}")[: out.shape[0], : out.shape[1]]
        np.copyto(out.view(f"{kind}{out.itemsize}"), decoded)
    return notes


def sample_nbytes(stream: Codestream, out: np.ndarray) -> int:
    """Bytes of a sample as the libraries give it; raises where `out` has no room for it."""
    nbytes = 1 if stream.precision <= 8 else 2 if stream.precision <= 16 else 4
    if nbytes > out.itemsize:
        raise PixelDataError(
            f"the stream has {stream.precision} bits a sample, too many for Bits Allocated",
            tag=0x00280100,
            clause="PS3.5 §8.2",
        )
    return nbytes


def sign_and_mask(out: np.ndarray, bits: int, signed: bool) -> None:
    """Keep the low `bits` bits of every sample, sign- or zero-extended, in place."""
    if bits < 8 * out.itemsize:
        correct(out, nbytes_per_sample=out.itemsize, bits_stored=bits, signed=signed)


def ended(encoded: memoryview, stream: Codestream) -> memoryview:
    """The stream with an end marker: for decoders that do not do without one. FFD9 is that of JPEG 2000 as well."""
    return encoded if stream.eoi else memoryview(b"".join((encoded, b"\xff\xd9")))


def unused_bits(out: np.ndarray, stream: Codestream, layout: PixelLayout) -> None:
    """Where a stream has more bits than Bits Stored: cut off of a lossless one; a lossy one may overshoot: clipped."""
    bits, signed = layout.bits_stored, layout.signed
    if bits == 8 * out.itemsize or not has_unused_bits(
        out, bits_allocated=8 * out.itemsize, bits_stored=bits, signed=signed, big_endian=_IS_BIG_ENDIAN
    ):
        return
    if stream.lossless:
        sign_and_mask(out, bits, signed)
        return
    low = -(1 << (bits - 1)) if signed else 0
    np.clip(out, low, low + (1 << bits) - 1, out=out)


def refuse_subsampled(stream: Codestream) -> None:
    """Raise where components are of different sizes, which the library does not take."""
    if stream.subsampled:
        raise UnsupportedError(
            f"{stream.kind} with subsampled components: a decoder that upsamples would be needed", clause="PS3.5 §8.2"
        )


ANY = StreamCodec("by the stream's own header", "")
