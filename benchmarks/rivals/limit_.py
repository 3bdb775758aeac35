"""The physical limit of each journey: `limit.c`, compiled when it is first wanted."""

import ctypes
import functools
import math
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..corpus import cache_folder
from . import files as shared
from . import images, written

SOURCE = Path(__file__).with_name("limit.c")


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled functions."""
    built = cache_folder() / "liblimit.so"
    if not built.exists() or built.stat().st_mtime < SOURCE.stat().st_mtime:
        compiler = os.environ.get("CC") or shutil.which("cc")
        if compiler is None:
            raise RuntimeError("the physical limit needs a C compiler (cc, or $CC)")
        built.parent.mkdir(parents=True, exist_ok=True)
        scratch = built.with_suffix(f".{os.getpid()}")
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(scratch), str(SOURCE)]
        subprocess.run(command, check=True)
        scratch.replace(built)
    loaded = ctypes.CDLL(str(built))
    for name in ("heads", "walk", "headers", "file", "decimals"):
        getattr(loaded, f"limit_{name}").restype = ctypes.c_long
    return loaded


def _paths(files: Sequence[str]) -> tuple[bytes, int]:
    library()
    return b"\0".join(map(os.fsencode, files)) + b"\0", len(files)


def _heads(paths: bytes, npaths: int) -> int:
    return int(library().limit_heads(paths, ctypes.c_long(npaths)))


headers_ready = facade_ready = _paths
headers = facade = _heads


def parquet(folders: Sequence[str], output: str) -> int:
    """Walk and read; nothing is written."""
    return sum(int(library().limit_walk(os.fsencode(folder))) for folder in folders)


def structure_ready(path: str) -> tuple[bytes]:
    library()
    return (Path(path).read_bytes(),)


def structure(source: bytes) -> int:
    return int(library().limit_headers(source, ctypes.c_size_t(len(source))))


def _whole(path: str) -> tuple[bytes, Any, int]:
    library()
    nbytes = os.path.getsize(path)
    return os.fsencode(path), ctypes.create_string_buffer(nbytes), nbytes


def _file(path: bytes, buffer: Any, nbytes: int) -> int:
    return int(library().limit_file(path, buffer, ctypes.c_size_t(nbytes)))


values_ready = groups_scanned_ready = _whole
values = groups_scanned = _file


def groups_skipped_ready(path: str) -> tuple[bytes, int]:
    return _paths([path])


groups_skipped = _heads


def arrays_ready(path: str) -> tuple[bytes, Any]:
    """All contour data as one text, and room for its numbers."""
    from pydicom import dcmread

    library()
    text = b"\\".join(
        contour.get_item("ContourData").value
        for roi in dcmread(path).ROIContourSequence
        for contour in roi.ContourSequence
    )
    return text, (ctypes.c_double * (text.count(b"\\") + 1))()


def arrays(text: bytes, out: Any) -> int:
    return int(library().limit_decimals(text, ctypes.c_size_t(len(text)), out))


def frame_ready(path: str, number: int) -> tuple[str, int, tuple[int, ...], Any]:
    """Where the frame stands in the file."""
    from dicomet import dcmread

    frames = dcmread(path).frames
    ((offset, _),) = frames.spans(number)
    return path, offset, frames.layout.shape, frames.dtype


def frame(path: str, offset: int, shape: tuple[int, ...], dtype: Any) -> int:
    """Read the bytes at a place that is known, and look at them."""
    import numpy as np

    found = np.fromfile(path, dtype, math.prod(shape), offset=offset).reshape(shape)
    return images.touch(found)


def frames_ready(path: str, every: bool) -> tuple[str, int, tuple[int, ...], Any, bool]:
    """Where the first one stands."""
    from dicomet import dcmread

    frames = dcmread(path).frames
    ((offset, _),) = frames.spans(0)
    return path, offset, frames.shape, frames.dtype, every


def frames(path: str, offset: int, shape: tuple[int, ...], dtype: Any, every: bool) -> int:
    """The file mapped, each frame looked at."""
    import numpy as np

    return images.total(np.memmap(path, dtype, "r", offset, shape), every)


def rewrite(path: str) -> str:
    """The system's calls: read whole, write beside the target, rename."""
    source = os.open(path, os.O_RDONLY)
    data = os.read(source, os.fstat(source).st_size)
    os.close(source)
    target, scratch = written.target_of(path), path + ".scratch"
    out = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.write(out, data)
    os.close(out)
    os.rename(scratch, target)
    return path


def rewrite_large(path: str) -> str:
    """Copied within the kernel."""
    shutil.copyfile(path, written.target_of(path))
    return path


rewrite_work = rewrite_large_work = written.removed


def transcode_ready(path: str, transfer_syntax: str) -> tuple[str, list[Any], Any]:
    """Frames as they are stored, and dicomet's native RLE that makes the other form of one."""
    from dicomet import dcmread
    from dicomet._native import rle

    stored = dcmread(path).frames
    rows, columns = stored.layout.rows, stored.layout.columns
    frames = [bytes(stored.raw(number)) for number in range(len(stored))]
    if transfer_syntax == "1.2.840.10008.1.2.5":
        return path, frames, lambda one: rle.encode(one, rows=rows, columns=columns, samples=1, sample_nbytes=2)
    out = bytearray(2 * rows * columns)

    def decode(one: bytes) -> bytearray:
        rle.decode(one, out, samples=1, sample_nbytes=2)
        return out

    return path, frames, decode


transcode, transcode_work = written.transcode, written.removed


def start_ready() -> tuple[str]:
    """A Python that does nothing."""
    return ("pass",)


start, start_peak = shared.start, shared.start_peak
