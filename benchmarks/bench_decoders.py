"""Streams that dicomet decodes itself, against the library that it would ask otherwise. PS3.5 §8.2, Annex A.

The journeys go from open data sets to arrays. ``python -m benchmarks.bench_decoders [ROUNDS]`` compares the two
decoders alone, image by image: in one process, by turns, both into an array that is there.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .bench_codecs import OPEN, OURS, RIVALS, image_files
from .corpus import corpus
from .journey import Bar, Contender, CorpusMissing, Journey

LIBRARY = "imagecodecs, raw"
CORPORA = {"jpeg_lossless_wg04": 3.3, "jpeg_lossless_rgb": 3.0}  # and how many times the library's speed is wanted
SAMPLE_SECONDS = 0.03


def _journey(name: str, title: str) -> Journey:
    rivals = ("dicomsdl", "gdcm", "simpleitk")
    return Journey(
        name=name.replace("_", "-"),
        title=title,
        unit="decoded MB",
        prepare=image_files(name),
        contenders=(
            *OURS,
            Contender(LIBRARY, "imagecodecs_", "decode_jpeg"),
            *(Contender(one, *RIVALS[one]) for one in rivals),
            Contender("pydicom", "pydicom_", "decode_gdcm"),
        ),
        bars=(
            Bar("ratio", over=LIBRARY, under=OPEN, at_least=CORPORA[name]),
            *(Bar("ratio", over=one, at_least=2) for one in (*rivals, "pydicom")),
        ),
    )


JOURNEYS = (
    _journey("jpeg_lossless_wg04", "JPEG Lossless SV1, WG-04's images"),
    _journey("jpeg_lossless_rgb", "JPEG Lossless SV1, RGB"),
)


def _decoders(path: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The native decoder and the library, each ready to decode the one frame of a file."""
    import imagecodecs
    import numpy as np

    from dicomet import dcmread
    from dicomet._native import codestream, jpeg_lossless

    encoded = bytes(dcmread(path).frames.raw(0))
    stream = codestream.read(encoded)
    options = {"colorspace": "RGB", "outcolorspace": "RGB"} if stream.samples == 3 else {}
    expected = imagecodecs.jpeg8_decode(encoded, **options)
    out = np.empty_like(expected)
    layout = {"rows": stream.rows, "columns": stream.columns, "samples": stream.samples}
    native = partial(jpeg_lossless.decode, encoded, out, sample_nbytes=out.itemsize, **layout)
    native()
    if not np.array_equal(out, expected):
        raise AssertionError(f"{path.name}: the decoders do not agree")
    return native, partial(imagecodecs.jpeg8_decode, encoded, out=out, **options)


def _seconds(work: Callable[[], Any], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def compare(name: str, rounds: int) -> None:
    """Print what each image of a corpus takes, and all of them."""
    totals = [0.0, 0.0]
    print(f"\n{name}\n\n| image | native ms | library ms | library / native |\n|---|---:|---:|---:|")
    for path in sorted(corpus(name).glob("*.dcm")):
        pair = _decoders(path)
        times = max(1, int(SAMPLE_SECONDS / _seconds(pair[1], 1)))
        samples = [[_seconds(one, times) for one in pair] for _ in range(rounds)]
        native, library = (statistics.median(column) for column in zip(*samples, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in samples)
        totals[0] += native
        totals[1] += library
        print(f"| {path.stem} | {native * 1e3:.3f} | {library * 1e3:.3f} | {ratio:.2f} |")
    print(f"| all | {totals[0] * 1e3:.3f} | {totals[1] * 1e3:.3f} | {totals[1] / totals[0]:.2f} |")


def main() -> None:
    """Compare the decoders over each corpus that is there."""
    for name in CORPORA:
        try:
            compare(name, int(sys.argv[1]) if len(sys.argv) > 1 else 9)
        except CorpusMissing as reason:
            print(f"\n{name}: {reason}")


if __name__ == "__main__":
    main()
