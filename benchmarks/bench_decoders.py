"""Streams that dicomet decodes itself, against the library that it would ask otherwise. PS3.5 §8.2, Annex A.

The journeys go from open data sets to arrays. ``python -m benchmarks.bench_decoders [ROUNDS [SET...]]`` compares the
two decoders alone, image by image: in one process, by turns, both into an array that is there. JPEG 2000 besides with
two threads, by wall time.
"""

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .bench_codecs import OPEN, OURS, RIVALS, image_files
from .corpus import corpus
from .corpus.images import wg04
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


class Pair(NamedTuple):
    """The native decoder and the library, each ready to decode one frame, with so many threads.

    `portable` is the native decoder without the instructions that only some processors have; None for lossless
    JPEG, which is not measured so.
    """

    native: Callable[..., Any]
    library: Callable[..., Any]
    portable: Callable[[], Any] | None = None


def _frames(folder: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    from dicomet import dcmread

    for path in sorted(folder.glob(pattern)):
        yield path.stem.split("_")[0], bytes(dcmread(path).frames.raw(0))


def _interleaved() -> Iterator[tuple[str, bytes]]:
    """WG-04's colour images under JPEG-LS in every interleave."""
    import jpeg_ls
    import numpy as np

    for path in sorted(corpus("jpeg_lossless_rgb").glob("*.npy")):
        image = np.load(path)
        for number, mode in enumerate(("none", "line", "sample")):
            array = np.moveaxis(image, -1, 0) if mode == "none" else image
            yield f"{path.stem}, {mode}", bytes(jpeg_ls.encode_array(array, interleave_mode=number))


def _named(name: str) -> Callable[[], Iterator[tuple[str, bytes]]]:
    return lambda: _frames(corpus(name), "*.dcm")


def _of_wg04(folder: str) -> Callable[[], Iterator[tuple[str, bytes]]]:
    return lambda: _frames(wg04() / folder, "*")


SETS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "jpeg_lossless_wg04": _named("jpeg_lossless_wg04"),
    "jpeg_lossless_rgb": _named("jpeg_lossless_rgb"),
    "jpegls_wg04": _of_wg04("JLSL"),
    "jpegls_near_wg04": _of_wg04("JLSN"),
    "jpegls_rgb": _interleaved,
    "jpeg2000_wg04": _of_wg04("J2KR"),
    "jpeg2000_lossy_wg04": _of_wg04("J2KI"),
}


def _pair(label: str, encoded: bytes) -> Pair:
    """Both decoders of a stream, which must agree."""
    import imagecodecs
    import numpy as np

    from dicomet._native import codestream, j2k, jpeg_lossless, jpegls

    stream = codestream.read(encoded)
    shape: tuple[int, ...] = (stream.rows, stream.columns, *((stream.samples,) if stream.samples > 1 else ()))
    kind = "i" if stream.is_signed else "u"
    out, theirs = (np.empty(shape, f"{kind}{1 if stream.precision <= 8 else 2}") for _ in range(2))
    layout = {"rows": stream.rows, "columns": stream.columns, "samples": stream.samples, "sample_nbytes": out.itemsize}
    if stream.kind == "JPEG":
        options = {"colorspace": "RGB", "outcolorspace": "RGB"} if stream.samples == 3 else {}
        native = partial(jpeg_lossless.decode, encoded, out, **layout)
        library = partial(imagecodecs.jpeg8_decode, encoded, out=theirs, **options)
    elif stream.kind == "JPEG-LS":
        if stream.samples > 1 and stream.interleave == 0:
            theirs = np.moveaxis(np.empty((stream.samples, *shape[:2]), out.dtype), 0, -1)
        native = partial(jpegls.decode, encoded, out, **layout)
        planes = np.moveaxis(theirs, -1, 0) if stream.samples > 1 and stream.interleave == 0 else theirs
        library = partial(imagecodecs.jpegls_decode, encoded, out=planes)
    else:
        view = out.view(f"u{out.itemsize}")

        def native(threads: int = 1) -> Any:
            return j2k.decode(encoded, view, is_signed=stream.is_signed, threads=threads, **layout)

        def library(threads: int = 1) -> Any:
            return imagecodecs.jpeg2k_decode(encoded, out=theirs, numthreads=threads)

    portable = None
    if stream.kind != "JPEG":
        module = jpegls if stream.kind == "JPEG-LS" else j2k

        def portable() -> None:
            module.force_portable(True)
            native()
            module.force_portable(False)

        portable()
        expected = out.copy()
        native()
        if not np.array_equal(out, expected):
            raise AssertionError(f"{label}: not the same without some instructions")
    native()
    library()
    if np.abs(out.astype(int) - theirs).max() > (1 if stream.kind == "JPEG 2000" and not stream.lossless else 0):
        raise AssertionError(f"{label}: the decoders do not agree")
    return Pair(native, library, portable)


def _seconds(work: Callable[[], Any], times: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(times):
        work()
    return (clock() - start) / times


def compare(name: str, rounds: int, threads: int = 1) -> None:
    """Print what each image of a set takes, all of them, and the mean of the ratios.

    With one thread by CPU time, and without the instructions that only some processors have as well. With more by
    wall time, the native decoder against the library with one thread, and against the library with as many.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    title = name if threads == 1 else f"{name}, {threads} threads"
    columns = ["native", "library", "portable"] if threads == 1 else ["native", "library, 1 thread", "library"]
    print(f"\n{title}\n\n| image | {' | '.join(f'{one} ms' for one in columns)} | library / native |")
    print(f"|---|{'---:|' * (len(columns) + 1)}")
    totals, logs, others = [0.0] * len(columns), [], []
    for label, encoded in SETS[name]():
        pair = _pair(label, encoded)
        works: list[Callable[[], Any]] = [pair.native, pair.library, pair.portable or pair.native]
        if threads > 1:
            works = [partial(pair.native, threads), pair.library, partial(pair.library, threads)]
        times = max(1, int(SAMPLE_SECONDS / _seconds(pair.library, 1, clock)))
        samples = [[_seconds(one, times, clock) for one in works] for _ in range(rounds)]
        medians = [statistics.median(column) for column in zip(*samples, strict=True)]
        ratio = statistics.median(sample[1] / sample[0] for sample in samples)
        totals = [total + one for total, one in zip(totals, medians, strict=True)]
        logs.append(math.log(ratio))
        others.append(math.log(medians[1] / medians[2] if threads == 1 else medians[2] / medians[0]))
        print(f"| {label} | {' | '.join(f'{one * 1e3:.3f}' for one in medians)} | {ratio:.2f} |", flush=True)
    print(f"| all | {' | '.join(f'{one * 1e3:.3f}' for one in totals)} | {totals[1] / totals[0]:.2f} |")
    print(f"\nGeometric mean of the ratios: {math.exp(statistics.fmean(logs)):.2f}", end="; ")
    print("library / portable" if threads == 1 else "against the library with as many", end=": ")
    in_all = totals[1] / totals[2] if threads == 1 else totals[2] / totals[0]
    print(f"{math.exp(statistics.fmean(others)):.2f}, in all {in_all:.2f}")


def main() -> None:
    """Compare the decoders over each set that is there."""
    rounds, wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 9, sys.argv[2:] or list(SETS)
    for name in wanted:
        try:
            compare(name, rounds)
            if name.startswith("jpeg2000"):
                compare(name, rounds, 2)
        except CorpusMissing as reason:
            print(f"\n{name}: {reason}")


if __name__ == "__main__":
    main()
