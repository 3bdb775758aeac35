"""Many files to many files: what commands that write have in common."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dicomet.bulk.walk import walk_entries
from dicomet.cli.terminal import INTERRUPTED, error_text, say_error
from dicomet.errors import DicomError, InvalidDicomError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import NamedTuple

    class Pair(NamedTuple):
        """A file to read and one to write."""

        source: str
        target: str
else:
    from collections import namedtuple

    Pair = namedtuple("Pair", "source target")

_WAITING = 64  # files a worker that are handed out ahead


def pairs_of(source: str, target: str | None) -> list[Pair]:
    """What to read and what to write: a file, or all below a folder, at the same places below another one.

    Parameters
    ----------
    source : str
        File or folder.
    target : str or None
        Of a file: a file, or a folder that is there. Of a folder: a folder, made where it is missing. None: the source
        itself.

    Raises
    ------
    OSError
        The source is not there.
    """
    os.stat(source)
    if not os.path.isdir(source):
        if target is not None and os.path.isdir(target):
            target = os.path.join(target, os.path.basename(source))
        return [Pair(source, target or source)]
    found = []
    own = None if target is None else os.path.join(os.path.abspath(target), "")
    for entry in walk_entries(source, lambda error: say_error(f"{error.filename}: cannot be read")):
        path = os.fsdecode(entry.path)
        if own is not None and os.path.abspath(path).startswith(own) and not os.path.samefile(source, own):
            continue  # what an earlier run wrote into a folder inside
        found.append(Pair(path, path if target is None else os.path.join(target, os.path.relpath(path, source))))
    return found


def run_batch(
    pairs: Sequence[Pair],
    work: Callable[[str, str], None],
    *,
    workers: int,
    what: str,
    quiet: bool = False,
    skip: Callable[[Pair], bool] | None = None,
) -> int:
    """Do it for every pair, on threads, with a progress bar on a terminal. One that fails does not stop the others.

    Parameters
    ----------
    pairs : sequence of Pair
    work : callable
        ``work(source, target)``; errors of DICOM and of the system are reported.
    workers : int
    what : str
        For the summary: "transcoded".
    quiet : bool
        No bar and no summary; failures are told all the same.
    skip : callable, optional
        Pairs that were done before.

    Returns
    -------
    int
        0; 1 if one failed; 130 if interrupted.
    """
    from dicomet.cli.progress import FileProgress

    counts = {"done": 0, "failed": 0, "no DICOM": 0, "skipped": 0}
    many = len(pairs) > 1
    try:
        with FileProgress(len(pairs), quiet or not many) as progress:
            for pair, error in _results(pairs, work, workers, skip):
                kind = _kind(error, many)
                counts[kind] += 1
                if kind == "failed":
                    assert isinstance(error, Exception)
                    text = error_text(error)
                    say_error(text if pair.source in text else f"{pair.source}: {text}")
                progress.advance()
    except KeyboardInterrupt:
        say_error(f"interrupted: {counts['done']:,} of {len(pairs):,} files {what}")
        return INTERRUPTED
    if many and not quiet:
        others = "".join(f", {n:,} {kind}" for kind, n in counts.items() if n and kind != "done")
        print(f"{counts['done']:,} files {what}{others}")
    return int(counts["failed"] > 0)


class _Skipped(Exception):
    """Done before."""


def _kind(error: Exception | None, many: bool) -> str:
    if error is None:
        return "done"
    if isinstance(error, _Skipped):
        return "skipped"
    return "no DICOM" if many and isinstance(error, InvalidDicomError) else "failed"


def _results(
    pairs: Sequence[Pair], work: Callable[[str, str], None], workers: int, skip: Callable[[Pair], bool] | None
) -> Iterator[tuple[Pair, Exception | None]]:
    def one(pair: Pair) -> Exception | None:
        try:
            if skip is not None and skip(pair):
                return _Skipped()
            folder = os.path.dirname(pair.target)
            if folder:
                os.makedirs(folder, exist_ok=True)
            work(pair.source, pair.target)
        except (DicomError, OSError, ValueError) as error:
            return error
        return None

    if workers == 1:
        for pair in pairs:
            yield pair, one(pair)
        return
    pool = ThreadPoolExecutor(workers, "dicomet-batch")
    try:
        for start in range(0, len(pairs), _WAITING * workers):
            part = pairs[start : start + _WAITING * workers]
            yield from zip(part, pool.map(one, part), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def default_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def options_of(texts: Iterable[str]) -> dict[str, object]:
    """``name=value`` texts as keyword arguments; numbers and true or false as such.

    Raises
    ------
    ValueError
        One has no "=".
    """
    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise ValueError(f"{text!r} is not NAME=VALUE")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
