"""imagecodecs by its raw call: the codec library that dicomet calls too, so what it takes is the limit."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from . import images, written

Encoded = tuple[str, bytes, Callable[[bytes], Any]]
JPEG = "1.2.840.10008.1.2.4."


def _call(transfer_syntax: str, shape: tuple[int, ...], dtype: Any) -> Callable[[bytes], Any]:
    """The function for a syntax, one thread."""
    if transfer_syntax in (JPEG + "50", JPEG + "51", JPEG + "70"):
        options = {} if len(shape) == 3 else {"colorspace": "GRAYSCALE", "outcolorspace": "GRAYSCALE"}
        return partial(imagecodecs.jpeg8_decode, **options)
    if transfer_syntax == JPEG + "80":
        return imagecodecs.jpegls_decode
    if transfer_syntax in (JPEG + "90", JPEG + "91"):
        return partial(imagecodecs.jpeg2k_decode, numthreads=1)
    if transfer_syntax == JPEG + "201":
        return partial(imagecodecs.htj2k_decode, planar=False)
    if transfer_syntax == JPEG + "110":
        return partial(imagecodecs.jpegxl_decode, numthreads=1)
    if transfer_syntax == "1.2.840.10008.1.2.5":
        return partial(_rle, shape=shape, dtype=dtype)
    return partial(_inflate, shape=shape, dtype=dtype)


def _inflate(encoded: bytes, shape: tuple[int, ...], dtype: Any) -> Any:
    out = np.empty(math.prod(shape) * dtype.itemsize, np.uint8)
    imagecodecs.deflate_decode(encoded, raw=True, out=out)
    return out.view(dtype).reshape(shape)


def _rle(encoded: bytes, shape: tuple[int, ...], dtype: Any) -> Any:
    """Planes one after another, which is all it promises; the check puts them together."""
    out = np.empty(math.prod(shape) * dtype.itemsize, np.uint8)
    imagecodecs.dicomrle_decode(encoded, dtype, out=out)
    return out.view(dtype)


def decode_ready(files: Sequence[str]) -> tuple[list[Encoded]]:
    """Path, bytes and the call for each image."""
    found = []
    for path in files:
        _, encoded, shape, dtype, transfer_syntax = images.encoded(path)
        found.append((path, encoded, _call(transfer_syntax, shape, dtype)))
    return (found,)


def _decoded(frames: list[Encoded]) -> Iterator[tuple[str, Any]]:
    return ((path, call(encoded)) for path, encoded, call in frames)


def decode(frames: list[Encoded]) -> list[Encoded]:
    images.run(_decoded(frames))
    return frames


def decode_work(frames: list[Encoded]) -> int:
    return images.right_nbytes(_decoded(frames))


def _encoder(transfer_syntax: str) -> Callable[[Any], Any]:
    if transfer_syntax == JPEG + "80":
        return imagecodecs.jpegls_encode
    settings = {"codecformat": "J2K", "reversible": True, "level": 0, "bitspersample": 16, "numthreads": 1}
    return partial(imagecodecs.jpeg2k_encode, **settings)


def transcode_ready(path: str, transfer_syntax: str) -> tuple[str, list[Any], Callable[[Any], Any]]:
    """Frames as they are stored, and the call that makes the other form of one."""
    from dicomet import dcmread

    stored = dcmread(path).frames
    if transfer_syntax == "1.2.840.10008.1.2.1":
        call = _call(stored.transfer_syntax, stored.layout.shape, stored.dtype)
        if stored.transfer_syntax == JPEG + "70":
            call = partial(imagecodecs.jpeg8_decode)
        return path, [bytes(stored.raw(number)) for number in range(len(stored))], call
    return path, [np.array(frame) for frame in stored], _encoder(transfer_syntax)


transcode, transcode_work = written.transcode, written.removed


def frames_jpegls_ready(path: str) -> tuple[list[bytes]]:
    """The encoded frames of a file."""
    from dicomet import dcmread

    stored = dcmread(path).frames
    return ([bytes(stored.raw(number)) for number in range(len(stored))],)


def frames_jpegls(frames: list[bytes]) -> int:
    return images.total(map(imagecodecs.jpegls_decode, frames))


def decode_rle_work(frames: list[Encoded]) -> int:
    return images.right_nbytes(
        (path, images.pixel_by_pixel(array, images.shape_of(path))) for path, array in _decoded(frames)
    )


decode_rle, decode_rle_ready = decode, decode_ready


def _with_sign(path: str, array: Any, encoded: bytes) -> Any:
    """Samples as the data set has them: JPEG knows no sign."""
    from dicomet._native import codestream

    dtype = np.load(Path(path).with_suffix(".npy"), mmap_mode="r").dtype
    if dtype.kind == "u":
        return array
    unused = 8 * dtype.itemsize - codestream.read(encoded).precision
    return array.astype(dtype) << unused >> unused


def decode_jpeg_work(frames: list[Encoded]) -> int:
    return images.right_nbytes((path, _with_sign(path, call(encoded), encoded)) for path, encoded, call in frames)


decode_jpeg, decode_jpeg_ready = decode, decode_ready
