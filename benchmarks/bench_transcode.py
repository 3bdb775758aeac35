"""Files into another transfer syntax, frame by frame, beside the bare codec. PS3.5 §10, Annex A.

Read from and written to a file system in memory. The limit is the codec's own call for each frame, of arrays or bytes
that are there already, and what comes out written to a file.
"""

from collections.abc import Callable
from typing import Any

from .corpus import in_memory
from .journey import DICOMET, LIMIT, Bar, Contender, Journey

JPEG = "1.2.840.10008.1.2.4."
RLE, JPEG_LS, JPEG_2000, NATIVE = "1.2.840.10008.1.2.5", JPEG + "80", JPEG + "90", "1.2.840.10008.1.2.1"
TWO = "dicomet, 2 workers"
MEBIBYTES = 0.5  # a frame


def volume(name: str, transfer_syntax: str) -> Callable[[int], tuple[tuple[Any, ...], float]]:
    """A file, and the syntax that is wanted."""
    nframes = int(name.split("_")[1])

    def prepare(share: int) -> tuple[tuple[Any, ...], float]:
        return (str(in_memory(name) / "file.dcm"), transfer_syntax), nframes * MEBIBYTES

    return prepare


def slices(share: int) -> tuple[tuple[Any, ...], int]:
    """A folder of single images."""
    folder = in_memory("slices")
    return (str(folder),), len(list(folder.iterdir()))


def _journey(name: str, title: str, corpus: str, syntax: str, *rivals: str, limit: str = "imagecodecs_") -> Journey:
    modules = {"gdcm": "gdcm_", "pydicom": "pydicom_"}
    return Journey(
        name=f"transcode-{name}",
        title=title,
        unit="MiB",
        prepare=volume(corpus, syntax),
        contenders=(
            Contender(DICOMET, "dicomet_", "transcode"),
            Contender(TWO, "dicomet_", "transcode_by_two"),
            *(Contender(one, modules[one], "transcode") for one in rivals),
            Contender(LIMIT, limit, "transcode"),
        ),
        bars=(
            Bar("ratio", over=DICOMET, under=LIMIT, at_most=1.1),
            Bar("ratio", over=DICOMET, under=TWO, at_least=1.8, clock="wall"),
        ),
    )


BOTH = ("gdcm", "pydicom")
JOURNEYS = (
    _journey("to-rle", "native to RLE Lossless, 80 frames", "native_80", RLE, *BOTH, limit="limit_"),
    _journey("to-jpegls", "native to JPEG-LS Lossless, 16 frames", "native_16", JPEG_LS, *BOTH),
    _journey("to-j2k", "native to JPEG 2000 Lossless, 16 frames", "native_16", JPEG_2000, *BOTH),
    _journey("from-rle", "RLE Lossless to native, 80 frames", "rle_80", NATIVE, *BOTH, limit="limit_"),
    _journey("from-jpeg", "JPEG Lossless to native, 16 frames", "jpeg_16", NATIVE, "gdcm"),
    _journey("from-j2k", "JPEG 2000 Lossless to native, 16 frames", "j2k_16", NATIVE, *BOTH),
    Journey(
        name="transcode-folder",
        title="32 files of a folder to JPEG-LS Lossless by a command",
        unit="file",
        prepare=slices,
        contenders=(
            Contender(DICOMET, "dicomet_", "transcode_command"),
            Contender(TWO, "dicomet_", "transcode_command_by_two"),
        ),
        bars=(Bar("ratio", over=DICOMET, under=TWO, at_least=1.8, clock="wall"),),
        processes=True,
    ),
)
