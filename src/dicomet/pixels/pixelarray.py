"""`ds.pixel_array` with pydicom's meaning, and frames of a path in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomet.pixels.frames import Frames, frames_of, kept_of
from dicomet.reader import dcmread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from dicomet.dataset import Dataset
    from dicomet.reader import Readable


def pixel_array(ds: Dataset) -> np.ndarray:
    """All frames of a data set as one new array.

    YBR is converted to RGB; PALETTE COLOR stays indices; bits beyond Bits Stored are cleared or carry the sign.

    Returns
    -------
    numpy.ndarray
        (rows, columns[, samples]) of a single frame, else (frames, rows, columns[, samples]); writable, C-contiguous,
        in native byte order. The same array whenever it is asked for, until the pixels are edited.
    """
    kept = kept_of(ds)
    if kept.array is not None:
        return kept.array
    frames = Frames(ds, kept.reader)
    stack = frames._read(frames._numbers(None), None, 1, True, False)
    array: np.ndarray = stack[0] if len(stack) == 1 else stack
    kept.array = array
    return array


def iter_frames(
    source: Readable,
    indices: Iterable[int] | None = None,
    workers: int | None = None,
    prefetch: int | None = None,
    *,
    raw: bool = False,
    **options: Any,
) -> Iterator[np.ndarray]:
    """Frames of a file one after another.

    Parameters
    ----------
    source : path, bytes-like or binary file object
        As for `dicomet.dcmread`, which gets the `options`.
    indices, workers, prefetch, raw
        As for `dicomet.pixels.frames.Frames.iter`.

    Yields
    ------
    numpy.ndarray
        (rows, columns) or (rows, columns, 3).
    """
    with dcmread(source, **options) as ds:
        yield from frames_of(ds).iter(indices, workers, prefetch, raw=raw)
