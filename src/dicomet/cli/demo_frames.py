"""Part of ``dicomet demo``: every frame of the sample files, decoded."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from dicomet.cli.terminal import printable
from dicomet.errors import DicomError, InvalidDicomError, PixelDataMissing
from dicomet.reader import dcmread
from dicomet.uids import UID


@dataclass
class Tally:
    """What was decoded of one transfer syntax."""

    files: int = 0
    frames: int = 0
    nbytes: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def decode_all(paths: list[str]) -> dict[str, Tally]:
    """Decode every frame of every file that has pixels; by transfer syntax, the most frequent first."""
    tallies: dict[str, Tally] = {}
    for path in paths:
        try:
            ds = dcmread(path)
        except (InvalidDicomError, OSError):
            continue
        with ds:
            syntax = str(ds.file_meta.get("TransferSyntaxUID", "") or "none")
            tally = tallies.setdefault(syntax, Tally())
            start = time.perf_counter()
            try:
                for frame in ds.frames:
                    tally.frames += 1
                    tally.nbytes += frame.nbytes
                tally.files += 1
            except PixelDataMissing:
                continue
            except DicomError as error:
                tally.failures.append(str(error))
            tally.seconds += time.perf_counter() - start
    order = Counter({syntax: tally.files for syntax, tally in tallies.items()})
    return {syntax: tallies[syntax] for syntax, _ in order.most_common() if _worked(tallies[syntax])}


def _worked(tally: Tally) -> bool:
    return bool(tally.files or tally.failures)


def print_tallies(tallies: dict[str, Tally]) -> None:
    """A line a transfer syntax, and what could not be decoded."""
    from dicomet.cli.console import print_table

    rows = [
        (
            UID(syntax).name,
            str(tally.files),
            str(tally.frames),
            f"{tally.nbytes / 1e6:.1f}",
            f"{tally.nbytes / 1e6 / max(tally.seconds, 1e-9):,.0f}",
        )
        for syntax, tally in tallies.items()
    ]
    names = ("transfer syntax", "files", "frames", "MB", "MB/s, opening included")
    print_table(names, rows, right=frozenset((1, 2, 3, 4)))
    for tally in tallies.values():
        for failure in tally.failures:
            print(f"not decoded: {printable(failure)}")
