"""Names of the new files: those of the old ones, as far as they name nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dicomet.deid.remap import Remapper
    from dicomet.deid.text import Cleaner

Names = Literal["clean", "keep", "hash"]
NAMES: tuple[Names, ...] = ("clean", "keep", "hash")
_HASH_NBYTES = 8
_MAX_SUFFIX_NCHARS = 5


def new_name(path: str, names: Names, cleaner: Cleaner, remapper: Remapper) -> str:
    """Path of the new file below its root, from that of the old one.

    Parameters
    ----------
    path : str
        Below the old root.
    names : {"clean", "keep", "hash"}
        "clean": parts that hold an identifier of this data set become hashes; "hash": all do.
    """
    if names == "keep":
        return path
    parts = path.split(os.sep)
    return os.sep.join(
        _hashed(part, remapper) if names == "hash" or cleaner.strip(part) != part else part for part in parts
    )


def _hashed(part: str, remapper: Remapper) -> str:
    stem, suffix = os.path.splitext(part)
    short = stem and len(suffix) <= _MAX_SUFFIX_NCHARS and suffix[1:].isalpha()
    return remapper.digest("path", part, _HASH_NBYTES).hex() + (suffix if short else "")
