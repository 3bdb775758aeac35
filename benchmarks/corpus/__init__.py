"""The benchmark corpora: made once, the same bytes everywhere, kept in a cache folder.

Where: the environment variable ``DICOMET_BENCHMARK_CACHE``, else the system's folder for temporary
files.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import images
from .directory import dicomdir
from .headers import ATTRIBUTES, write_headers
from .media import write_media
from .multiframe import enhanced_multiframe
from .pixels import (
    CLIP_FRAMES,
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS,
    JPEG_LS_LOSSLESS,
    RLE_LOSSLESS,
    encoded_volume,
    native_square,
    native_volume,
    slice_image,
    ultrasound_clip,
    write_native_volume,
)
from .report import structured_report
from .structures import structure_set

VERSION = 1  # raise it when a corpus changes
HEADER_FILES = 1600
TREE_FILES = 20_000
TREE_FOLDERS = 20
LARGE_FRAMES = 2_000  # of half a mebibyte: a gibibyte
SLICES = 256
MEMORY_NBYTES = 4 << 30  # source, target, and the temporary file of a gibibyte

__all__ = ["ATTRIBUTES", "cache_folder", "corpus", "corpus_file", "in_memory", "memory_folder"]


def cache_folder() -> Path:
    """Where corpora and compiled helpers are kept."""
    root = os.environ.get("DICOMET_BENCHMARK_CACHE")
    base = Path(root) if root else Path(tempfile.gettempdir()) / "dicomet-benchmarks"
    return base / f"v{VERSION}"


def _headers(folder: Path) -> None:
    write_headers(folder, HEADER_FILES, pixel_nbytes=100_000)


def _tree(folder: Path) -> None:
    """Copies of 1,600 headers with instance UIDs of their own, in folders as archives have them."""
    sources = folder / "sources"
    sources.mkdir()
    write_headers(sources, HEADER_FILES, pixel_nbytes=16_384)
    originals = [path.read_bytes() for path in sorted(sources.iterdir())]
    shutil.rmtree(sources)
    share = TREE_FILES // TREE_FOLDERS
    for number in range(TREE_FILES):
        study = folder / f"{number // share:02d}" / f"{number % share // 50:02d}"
        if number % 50 == 0:
            study.mkdir(parents=True)
        original = originals[number * 7 % len(originals)]
        uid_at = original.index(b"2.25.") + 5  # of MediaStorageSOPInstanceUID
        uid = original[uid_at : uid_at + 30]
        renamed = original.replace(uid, f"{10_000 + number}".encode() + uid[5:])
        (study / f"IM{number % 50:04d}.dcm").write_bytes(renamed)


def _file(build: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "file.dcm").write_bytes(build())

    return write


def _slice_files(folder: Path) -> None:
    for number in range(SLICES):
        (folder / f"{number:03d}.dcm").write_bytes(slice_image())


MAKERS: dict[str, Callable[[Path], None]] = {
    "headers": _headers,
    "tree": _tree,
    "media": write_media,
    "report": _file(lambda: structured_report(430)),
    "report_tenth": _file(lambda: structured_report(43)),
    "dicomdir": _file(lambda: dicomdir(20_000)),
    "dicomdir_tenth": _file(lambda: dicomdir(2_000)),
    "structures": _file(lambda: structure_set(40, 100)),
    "structures_tenth": _file(lambda: structure_set(40, 10)),
    "defined_20000": _file(lambda: enhanced_multiframe(20_000, undefined=False)),
    "undefined_20000": _file(lambda: enhanced_multiframe(20_000, undefined=True)),
    "defined_5000": _file(lambda: enhanced_multiframe(5_000, undefined=False)),
    "undefined_5000": _file(lambda: enhanced_multiframe(5_000, undefined=True)),
    "undefined_1000": _file(lambda: enhanced_multiframe(1_000, undefined=True)),
    "undefined_500": _file(lambda: enhanced_multiframe(500, undefined=True)),
    "native_undefined_400": _file(lambda: native_volume(400)),
    "native_defined_400": _file(lambda: native_volume(400, undefined=False)),
    "native_12_400": _file(lambda: native_volume(400, bits_stored=12)),
    "square_64": _file(lambda: native_square(64)),
    "square_2048": _file(lambda: native_square(2048)),
    "rle_400": _file(lambda: encoded_volume(400, RLE_LOSSLESS)),
    "rle_80": _file(lambda: encoded_volume(80, RLE_LOSSLESS)),
    "rle_16": _file(lambda: encoded_volume(16, RLE_LOSSLESS)),
    "jpegls_400": _file(lambda: encoded_volume(400, JPEG_LS_LOSSLESS)),
    "jpegls_80": _file(lambda: encoded_volume(80, JPEG_LS_LOSSLESS)),
    "jpegls_16": _file(lambda: encoded_volume(16, JPEG_LS_LOSSLESS)),
    "rle_1000": _file(lambda: encoded_volume(1000, RLE_LOSSLESS)),
    "native_16": _file(lambda: native_volume(16)),
    "native_80": _file(lambda: native_volume(80)),
    "native_2000": lambda folder: write_native_volume(folder / "file.dcm", LARGE_FRAMES),
    "jpeg_80": _file(lambda: encoded_volume(80, JPEG_LOSSLESS)),
    "j2k_16": _file(lambda: encoded_volume(16, JPEG_2000_LOSSLESS)),
    "slice": _file(slice_image),
    "slices_256": _slice_files,
    "clip": _file(lambda: ultrasound_clip(CLIP_FRAMES)),
    **images.MAKERS,
}


def corpus(name: str) -> Path:
    """Folder of the corpus ``name``, made if it is not there yet; a half-made one never shows."""
    folder = cache_folder() / name
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch) / name
            made.mkdir()
            MAKERS[name](made)
            made.rename(folder)
    return folder


def corpus_file(name: str) -> str:
    """Path of the one file of a corpus."""
    return str(corpus(name) / "file.dcm")


def memory_folder() -> Path:
    """A folder on a file system in memory where there is one with room, for journeys that write: disks are none of
    their business. Who makes it takes it away at its end.
    """
    room = Path("/dev/shm")
    base = room if room.is_dir() and shutil.disk_usage(room).free > MEMORY_NBYTES else cache_folder()
    folder = base / "dicomet-benchmarks-written"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def in_memory(name: str) -> Path:
    """The folder of a corpus, copied to where `memory_folder` is."""
    folder = memory_folder() / name
    if not folder.exists():
        shutil.copytree(corpus(name), folder)
    return folder
