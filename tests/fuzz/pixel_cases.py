"""Every case of test_pixels_hostile by the name of its set."""

from __future__ import annotations

from collections.abc import Iterator

import pixel_mutants as mutants
import pixel_tables


def cases(which: str) -> Iterator[tuple[str, bytes]]:
    """(name, file) of every case of a set; the first are sound, to load what must be loaded."""
    kind, _, rest = which.partition(":")
    yield from (( f"sound {name}", image.file()) for name, image in mutants.images().items())
    if kind == "damaged":
        first, last = map(int, rest.split("-"))
        for image in mutants.compressed().values():
            yield from mutants.damaged(image, first, last)
    if kind == "cut":
        for image in mutants.compressed().values():
            yield from mutants.cut_everywhere(image, 12)
    if kind == "lies":
        for name in rest.split(","):
            yield from mutants.header_lies(mutants.images()[name])
            yield from mutants.mixed_lies(mutants.images()[name], 20)
    if kind == "tables":
        yield from pixel_tables.every()
