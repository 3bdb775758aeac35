"""Frames of large multi-frame files: one, all, a view, ahead by threads, with bounded memory. PS3.3 §C.7.6.16.

Opening the file is part of the work. A view on a mapped file costs next to nothing until it is read: so of a
single frame every sample is looked at, and of all frames either a row of each or every sample.
"""

from collections.abc import Callable
from typing import Any

from .corpus import corpus_file
from .journey import DICOMET, LIMIT, Bar, Contender, Journey, contenders, faster_than

FRAMES = 400
MIDDLE = FRAMES // 2 + 3
STREAMED = 1000
FRAME_MIB = 0.5
SHARE, WHOLE_SHARE = 5, 25  # of 400 frames: for those that decode frame by frame, and those that decode all at once
Prepared = tuple[tuple[Any, ...], int]


def one_frame(form: str) -> Callable[[int], Prepared]:
    """A file and the number of the frame that is wanted."""

    def prepare(share: int) -> Prepared:
        return (corpus_file(f"{form}_{FRAMES}"), MIDDLE), 1

    return prepare


def volume(form: str, nframes: int = FRAMES) -> Callable[[int], Prepared]:
    """A file of that many frames, or of a share of them."""

    def prepare(share: int) -> Prepared:
        return (corpus_file(f"{form}_{nframes // share}"),), nframes // share

    return prepare


def native_volume(form: str, every: bool) -> Callable[[int], Prepared]:
    """A file, and whether all of each frame is looked at or one row."""

    def prepare(share: int) -> Prepared:
        return (corpus_file(f"native_{form}_{FRAMES}"), every), FRAMES

    return prepare


def both_sizes(share: int) -> Prepared:
    """Small frames and large ones."""
    return (corpus_file("square_64"), corpus_file("square_2048")), 1


RIVALS = ("dicomsdl", "gdcm", "pydicom", "simpleitk")
LARGE = "dicomet, 2048 × 2048"
TWO, READ, READ_TWO = "dicomet, 2 workers", "dicomet, read", "dicomet, read, 2 workers"


def _one(form: str, *rivals: str, bars: tuple[Bar, ...]) -> Journey:
    return Journey(
        name=f"frame-native-{form}",
        title=f"the middle of 400 native frames of 512 × 512, functional groups of {form} length",
        unit="frame",
        prepare=one_frame(f"native_{form}"),
        contenders=contenders("frame", *rivals),
        bars=bars,
    )


def _all(
    name: str, form: str, title: str, *rivals: str, every: bool, factor: float
) -> Journey:
    return Journey(
        name=f"frames-native-{name}",
        title=f"400 native frames of 512 × 512, {title}",
        unit="frame",
        prepare=native_volume(form, every),
        contenders=contenders("frames", *rivals),
        bars=faster_than(**dict.fromkeys(rivals, 1) | {"pydicom": factor}),
    )


def _encapsulated(
    name: str, title: str, function: str, *limit: Contender, factor: float, dicomsdl: float = 0, share: int = 1
) -> Journey:
    """pydicom by its fastest plugin; GDCM all at once, which is its faster way here."""
    return Journey(
        name=f"frames-{name}",
        title=f"400 frames of 512 × 512, {title}, one after another",
        unit="frame",
        prepare=volume(name),
        contenders=(
            Contender(DICOMET, "dicomet_", "frames"),
            Contender("dicomsdl", "dicomsdl_", "frames", SHARE),
            Contender("gdcm", "gdcm_", "frames_whole", WHOLE_SHARE),
            Contender("pydicom", "pydicom_", function, SHARE),
            Contender("simpleitk", "simpleitk_", "frames", WHOLE_SHARE),
            Contender(TWO, "dicomet_", "frames_by_two", share),
            Contender(READ, "dicomet_", "frames_read", share),
            Contender(READ_TWO, "dicomet_", "frames_read_by_two", share),
            *limit,
        ),
        bars=(
            *faster_than(dicomsdl=dicomsdl or factor, pydicom=factor, gdcm=1, simpleitk=1),
            Bar("ratio", over=DICOMET, under=TWO, at_least=1.8, clock="wall"),
            Bar("ratio", over=READ, under=READ_TWO, at_least=1.8, clock="wall"),
        ),
    )


JOURNEYS = (
    _one(
        "undefined",
        *RIVALS,
        bars=(
            Bar("ns", over=DICOMET, at_most=3_000_000),
            *faster_than(pydicom=100, gdcm=40, dicomsdl=1, simpleitk=1),
        ),
    ),
    _one("defined", *RIVALS[:-1], bars=faster_than(pydicom=100, gdcm=40, dicomsdl=1)),
    _all("16", "undefined", "16 bits of 16, a row of each looked at", *RIVALS, every=False, factor=20),
    _all("12", "12", "12 bits of 16, a row of each looked at", "dicomsdl", "pydicom", every=False, factor=20),
    _all("all", "undefined", "16 bits of 16, every sample looked at", "dicomsdl", "pydicom", every=True, factor=20),
    Journey(
        name="view-native",
        title="`frames.view(i)` of 64 × 64 and of 2048 × 2048 pixels",
        unit="view",
        prepare=both_sizes,
        contenders=(
            Contender(DICOMET, "dicomet_", "view"),
            Contender(LARGE, "dicomet_", "view_large"),
        ),
        bars=(Bar("ratio", over=LARGE, at_most=1.5),),
    ),
    _encapsulated("rle", "RLE Lossless", "frames_rle", factor=5),
    _encapsulated(
        "jpegls",
        "JPEG-LS Lossless",
        "frames_jpegls",
        Contender(LIMIT, "imagecodecs_", "frames_jpegls", SHARE),
        factor=1.4,
        dicomsdl=2.5,
        share=SHARE,
    ),
    Journey(
        name="frames-streamed",
        title="1,000 RLE frames of 512 × 512 of an open data set by two workers",
        unit="frame",
        prepare=volume("rle", STREAMED),
        contenders=(Contender(DICOMET, "dicomet_", "stream"),),
        bars=(Bar("mib", over=DICOMET, at_most=10 * FRAME_MIB),),
    ),
)
