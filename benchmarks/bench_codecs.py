"""One image after another under each transfer syntax, from the path to the array. PS3.5 §8.2, Annex A.

*dicomet, open* asks data sets that are open for their frame again: what the facade adds to the raw call of
imagecodecs, which decodes the same bytes and is the limit. RLE is dicomet's own: its rival there is the raw call of
pylibjpeg-rle. What else dicomet decodes itself is in `bench_decoders`. Units are decoded megabytes; work is counted
in bytes that came out right.
"""

from collections.abc import Callable
from typing import Any

from .corpus import corpus
from .journey import DICOMET, LIMIT, Bar, Contender, Journey, faster_than

OPEN = "dicomet, open"
RAW_RLE = "pylibjpeg-rle, raw"


def image_files(name: str) -> Callable[[int], tuple[tuple[Any, ...], float]]:
    """The images of a corpus, or every so many-th of them."""

    def prepare(share: int) -> tuple[tuple[Any, ...], float]:
        import numpy as np

        files = sorted(corpus(name).glob("*.dcm"))[::share]
        nbytes = sum(np.load(path.with_suffix(".npy"), mmap_mode="r").nbytes for path in files)
        return ([str(path) for path in files],), nbytes / 1e6

    return prepare


OURS = (Contender(DICOMET, "dicomet_", "decode"), Contender(OPEN, "dicomet_", "decode_open"))
RAW = Contender(LIMIT, "imagecodecs_", "decode")


def _rle(name: str, title: str, *others: Contender, share: int = 1) -> Journey:
    return Journey(
        name=name.replace("_", "-"),
        title=title,
        unit="decoded MB",
        prepare=image_files(name),
        contenders=(
            *OURS,
            Contender(RAW_RLE, "pylibjpeg_", "decode"),
            Contender("imagecodecs, raw", "imagecodecs_", "decode_rle"),
            Contender("dicomsdl", "dicomsdl_", "decode"),
            Contender("pydicom, pylibjpeg-rle", "pydicom_", "decode_pylibjpeg"),
            Contender("pydicom", "pydicom_", "decode_pydicom", share),
            *others,
        ),
        bars=(
            Bar("ratio", over=RAW_RLE, under=OPEN, at_least=2),
            *faster_than(dicomsdl=2.5, pydicom=15),
        ),
    )


RIVALS = {
    "dicomsdl": ("dicomsdl_", "decode"),
    "gdcm": ("gdcm_", "decode"),
    "simpleitk": ("simpleitk_", "decode"),
}


def _codec(name: str, title: str, *rivals: str, plugin: str = "") -> Journey:
    """pydicom by the plugin that is named."""
    others = [Contender(one, *RIVALS[one]) for one in rivals]
    if plugin:
        others.append(Contender("pydicom", "pydicom_", f"decode_{plugin}"))
    return Journey(
        name=name.replace("_", "-"),
        title=title,
        unit="decoded MB",
        prepare=image_files(name),
        contenders=(*OURS, *others, RAW),
        bars=(
            Bar("ratio", over=OPEN, under=LIMIT, at_most=1.05),
            *(Bar("ratio", over=one.label, at_least=1) for one in others),
        ),
    )


# Not in: GDCM under baseline, which leaves YBR as it is; pydicom under extended, where no plugin takes these files.
ALL = ("dicomsdl", "gdcm", "simpleitk")
JOURNEYS = (
    _rle(
        "rle_wg04",
        "RLE Lossless, WG-04's 16 images",
        Contender("gdcm", "gdcm_", "decode_whole", 4),
        Contender("simpleitk", "simpleitk_", "decode", 4),
        share=4,
    ),
    _rle("rle_grey", "RLE Lossless, grey images of 16 bits"),
    _rle("rle_colour", "RLE Lossless, RGB"),
    _codec("jpeg_baseline", "JPEG Baseline, colour and grey of 8 bits", "dicomsdl", "simpleitk", plugin="pillow"),
    _codec("jpeg_extended", "JPEG Extended, 12 bits", *ALL),
    _codec("jpegls", "JPEG-LS Lossless", *ALL, plugin="pyjpegls"),
    _codec("jpeg2000", "JPEG 2000 Lossless", *ALL, plugin="pylibjpeg"),
    _codec("jpeg2000_lossy", "JPEG 2000", *ALL, plugin="pylibjpeg"),
    _codec("htj2k", "HTJ2K Lossless", plugin="pylibjpeg"),
    _codec("jpegxl", "JPEG XL Lossless"),
    _codec("deflated", "Deflated Image Frame"),
)
