"""pylibjpeg-rle by its raw call: bytes in, bytes out; no file, no data set."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rle.utils import decode_frame

from . import images

Encoded = tuple[str, bytes, tuple[int, ...], Any]


def decode_ready(files: Sequence[str]) -> tuple[list[Encoded]]:
    """Path, bytes, shape and dtype of each image."""
    return ([images.encoded(path)[:4] for path in files],)


def _decoded(frames: list[Encoded]) -> Iterator[tuple[str, Any]]:
    """Planes one after another, which is all it promises."""
    for path, encoded, shape, dtype in frames:
        raw = decode_frame(encoded, shape[0] * shape[1], 8 * dtype.itemsize, "<")
        yield path, np.frombuffer(raw, dtype)


def decode(frames: list[Encoded]) -> list[Encoded]:
    images.run(_decoded(frames))
    return frames


def decode_work(frames: list[Encoded]) -> int:
    return images.right_nbytes(
        (path, images.pixel_by_pixel(array, images.shape_of(path))) for path, array in _decoded(frames)
    )
