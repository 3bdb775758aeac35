"""``dicomet transcode``: files into another transfer syntax. PS3.5 §10."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomet import uids
from dicomet.cli.batch import Pair, default_workers, options_of, pairs_of, run_batch
from dicomet.errors import PixelDataMissing
from dicomet.uids import UID

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = {
    "implicit": "ImplicitVRLittleEndian",
    "explicit": "ExplicitVRLittleEndian",
    "big-endian": "ExplicitVRBigEndian",
    "deflated": "DeflatedExplicitVRLittleEndian",
    "rle": "RLELossless",
    "jpeg": "JPEGBaseline8Bit",
    "jpeg-extended": "JPEGExtended12Bit",
    "jpeg-lossless": "JPEGLosslessSV1",
    "jpeg-ls": "JPEGLSLossless",
    "jpeg-ls-near": "JPEGLSNearLossless",
    "j2k": "JPEG2000",
    "j2k-lossless": "JPEG2000Lossless",
    "htj2k": "HTJ2K",
    "htj2k-lossless": "HTJ2KLossless",
    "htj2k-rpcl": "HTJ2KLosslessRPCL",
    "jxl": "JPEGXL",
    "jxl-lossless": "JPEGXLLossless",
    "deflated-frames": "DeflatedImageFrameCompression",
}


def syntax_named(name: str) -> str:
    """UID of a transfer syntax by a short name, its keyword or itself.

    Raises
    ------
    ValueError
        There is none.
    """
    keyword = _NAMES.get(name.lower(), name)
    if keyword[:1].isdigit():
        return UID(keyword)
    found = getattr(uids, keyword, None)
    if not isinstance(found, UID) or not found.is_transfer_syntax:
        known = ", ".join(_NAMES)
        raise ValueError(f"{name!r} is no transfer syntax; give a UID, a keyword, or one of: {known}")
    return found


def transcode(
    source: str,
    target: str,
    *,
    to: str,
    options: Sequence[str] = (),
    workers: int | None = None,
    skip_existing: bool = False,
    quiet: bool = False,
) -> int:
    """Write a file, or all below a folder, in another transfer syntax.

    Returns
    -------
    int
        1 if a file failed, 130 if interrupted, else 0.
    """
    from dicomet.pixels.transcode import transcode_file
    from dicomet.reader import dcmread
    from dicomet.writer import dcmwrite

    syntax, settings = syntax_named(to), options_of(options)
    if "workers" in settings:
        raise ValueError("workers is an option of its own: --workers")
    pairs = pairs_of(source, target)
    workers = workers or default_workers()
    threads = workers if len(pairs) == 1 else None  # over the frames of one file, or over files

    def work(path: str, out: str) -> None:
        try:
            transcode_file(path, out, syntax, workers=threads, **settings)  # type: ignore[arg-type]
        except PixelDataMissing:
            if not os.path.isdir(source):
                raise
            dcmwrite(out, dcmread(path))

    def exists(pair: Pair) -> bool:
        return os.path.exists(pair.target)

    skip = exists if skip_existing else None
    return run_batch(pairs, work, workers=workers, what="transcoded", quiet=quiet, skip=skip)
