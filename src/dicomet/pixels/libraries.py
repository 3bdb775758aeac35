"""The one door to imagecodecs: each of its functions is loaded when it is first called.

Every codec there releases the GIL. What it raises becomes `PixelDataError`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import imagecodecs

from dicomet.errors import PixelDataError

if TYPE_CHECKING:
    import numpy as np

VERSION: str = imagecodecs.__version__


@cache
def _function(name: str) -> Any:
    return getattr(imagecodecs, name)


def decode(function: str, encoded: Any, out: np.ndarray, **options: Any) -> np.ndarray:
    """Decode into `out` by the imagecodecs function of that name.

    Raises
    ------
    PixelDataError
        The library refused the bytes.
    """
    try:
        decoded: np.ndarray = _function(function)(encoded, out=out, **options)
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise PixelDataError(f"{function}: {_reason(error)}", clause="PS3.5 §8.2") from error
    return decoded


def encode(function: str, array: Any, **options: Any) -> bytes:
    """Encode by the imagecodecs function of that name.

    Raises
    ------
    PixelDataError
        The library refused the array.
    """
    try:
        return bytes(_function(function)(array, **options))
    except (RuntimeError, ValueError, TypeError) as error:
        raise PixelDataError(f"{function}: {_reason(error)}", clause="PS3.5 §8.2") from error


def version_of(library: str) -> str:
    """Name and version of a library inside imagecodecs, such as ``"charls 2.4.3"``; "" where it is absent."""
    try:
        return str(getattr(imagecodecs, f"{library}_version")())
    except (AttributeError, ImportError):
        return ""


def _reason(error: BaseException) -> str:
    cause = error.__cause__
    return f"{error} ({cause})" if cause is not None else str(error)


def inflate(encoded: Any, out: Any) -> int:
    """Inflate a raw deflate stream (RFC 1951) into `out`, a writable buffer of bytes; returns how many came.

    Raises
    ------
    PixelDataError
        It is no such stream, or longer than `out`.
    """
    try:
        return memoryview(imagecodecs.deflate_decode(encoded, raw=True, out=out)).nbytes
    except (RuntimeError, ValueError, TypeError) as error:
        raise PixelDataError(f"deflate_decode: {_reason(error)}", clause="PS3.5 §A.4.13") from error
