"""What the adapters of pixel journeys share: looking at a frame, and counting bytes that came out right.

NumPy is imported by the functions: it is no part of what GDCM or the limit need for a header.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..corpus.images import LOSSY_MARK

LOSSY_DIFFERENCE = 0.02  # mean over the image, of its range


def row(frame: Any) -> int:
    """Look at the middle row."""
    return int(frame[len(frame) // 2].sum())


def touch(frame: Any) -> int:
    """Look at every sample, so that a view costs what reading it costs."""
    return int(frame.max()) + row(frame)


def total(frames: Iterable[Any], every: bool = False) -> int:
    """Look at one frame after another, at every sample or at a row; nothing is kept."""
    return sum(map(touch if every else row, frames))


def checksum(frame: Any) -> int:
    """Of all samples."""
    import numpy as np

    return int(np.asarray(frame).sum(dtype=np.int64))


def right_nbytes(decoded: Iterable[tuple[str, Any]]) -> int:
    """Bytes of the images that are what the corpus says they are; (path, array) each, of any shape.

    Lossy codes leave a decoder some freedom, and the corpus keeps what was encoded: there the mean
    difference counts.
    """
    import numpy as np

    right = 0
    for path, array in decoded:
        expected = np.load(Path(path).with_suffix(".npy"))
        if array.size != expected.size:
            continue
        difference = np.abs(array.reshape(expected.shape).astype(np.int64) - expected)
        allowed = 0.0
        if Path(path).with_name(LOSSY_MARK).exists():
            allowed = LOSSY_DIFFERENCE * (int(expected.max()) - int(expected.min()))
        right += expected.nbytes * bool(difference.mean() <= allowed)
    return right


def right_rgb(frames: Iterable[Any], path: str) -> int:
    """Of the first eight frames of the clip, how many are the RGB of its YBR_FULL_422, but for rounding."""
    import numpy as np

    from dicomet import dcmread

    stored = dcmread(path).frames
    found = (
        np.abs(frame.reshape(stored.layout.shape) - _rgb(stored.raw(number), stored.layout.shape)).mean() < 1
        for number, frame in zip(range(8), frames, strict=False)
    )
    return sum(map(int, found))


def _rgb(raw: Any, shape: tuple[int, ...]) -> Any:
    """PS3.3 §C.7.6.3.1.2, with each chroma sample for two pixels."""
    import numpy as np

    y0, y1, blue, red = np.frombuffer(raw, np.uint8).reshape(-1, 4).T.astype(np.float64)
    y = np.stack([y0, y1], axis=1)
    cb, cr = blue[:, None] - 128, red[:, None] - 128
    rgb = (y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb)
    return np.clip(np.stack(rgb, axis=-1), 0, 255).reshape(shape)


def run(frames: Iterable[tuple[str, Any]]) -> None:
    """Decode all that an adapter's generator has, and keep nothing."""
    for _ in frames:
        pass


def encoded(path: str) -> tuple[str, bytes, tuple[int, ...], Any, str]:
    """Path, bytes of the one frame, shape and dtype of what it decodes to, transfer syntax; not timed."""
    import numpy as np

    from dicomet import dcmread

    frames = dcmread(path).frames
    expected = np.load(Path(path).with_suffix(".npy"), mmap_mode="r")
    return path, bytes(frames.raw(0)), expected.shape, expected.dtype, frames.transfer_syntax


def shape_of(path: str) -> tuple[int, ...]:
    """Shape of the image that decoding gives."""
    import numpy as np

    shape: tuple[int, ...] = np.load(Path(path).with_suffix(".npy"), mmap_mode="r").shape
    return shape


def pixel_by_pixel(array: Any, shape: tuple[int, ...]) -> Any:
    """Planes of samples to samples of pixels, where there are several."""
    import numpy as np

    return array if len(shape) == 2 else np.moveaxis(array.reshape(shape[2], *shape[:2]), 0, -1)
