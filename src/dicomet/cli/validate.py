"""``dicomet validate``: files against the standard, for people or as JSON. See docs/validate.md."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from dicomet.bulk.walk import walk_entries
from dicomet.cli.terminal import Paint, error_text, has_colours, printable, say_error
from dicomet.errors import DicomError
from dicomet.validation.checks import validate
from dicomet.validation.problem import SEVERITIES, Severity

if TYPE_CHECKING:
    from dicomet.validation.problem import Problem

SOUND, FAULTY, UNREADABLE = 0, 1, 2  # exit status
_AHEAD = 8  # files a worker that may be checked before the first of them is printed


class Checked(NamedTuple):
    """A file and its problems, or why it could not be read."""

    path: str
    problems: list[Problem]
    error: str | None


def validate_paths(
    paths: Sequence[str],
    *,
    json: bool,
    iod: bool,
    least: Severity,
    force: bool,
    workers: int | None = None,
    quiet: bool = False,
) -> int:
    """Check files, in the order in which they are given or found, and print what is wrong with each.

    Parameters
    ----------
    paths : sequence of str
        Files; folders, with all below them.
    json : bool
        One JSON object a file and line instead of text for people.
    iod : bool
        Check modules and attribute types too.
    least : {"error", "warning", "note"}
        Leave out what is less grave.
    force : bool
        Read also what does not look like DICOM.
    workers : int, optional
        Threads; one a processor unless told.
    quiet : bool
        No progress bar and no summary.

    Returns
    -------
    int
        0 if no file has an error, 1 if one has, 2 if a file or folder cannot be read.
    """
    from dicomet.cli.progress import IndexProgress

    shown = SEVERITIES[: SEVERITIES.index(least) + 1]
    show = _Json() if json else _Text(Paint(has_colours(sys.stdout)))
    counts: Counter[str] = Counter()
    unreadable: list[str] = []
    files = _files(paths, unreadable)

    def check(path: str) -> Checked:
        try:
            problems = validate(path, iod=iod, notes="note" in shown, force=force)
        except (DicomError, OSError) as error:
            return Checked(path, [], error_text(error, path))
        return Checked(path, [one for one in problems if one.severity in shown], None)

    # a bar and the output on one terminal would write over each other
    with IndexProgress(quiet or sys.stdout.isatty(), "checking files") as progress:
        for done, checked in enumerate(_in_order(check, files, workers or os.cpu_count() or 1), 1):
            show(checked)
            counts["unreadable"] += checked.error is not None
            counts["faulty"] += any(one.severity == "error" for one in checked.problems)
            counts.update(one.severity for one in checked.problems)
            progress(done, len(files), 0)
    for folder in unreadable:
        say_error(f"{folder}: cannot be read")
    if not json and not quiet and (len(files) > 1 or not any(counts.values())):
        print(_summary(len(files), counts))
    if counts["unreadable"] or unreadable:
        return UNREADABLE
    return FAULTY if counts["error"] else SOUND


def _files(paths: Sequence[str], unreadable: list[str]) -> list[str]:
    files: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            files += [
                entry.path
                for entry in walk_entries(path, lambda error: unreadable.append(os.fsdecode(error.filename or "")))
            ]
        else:
            files.append(path)
    return files


def _in_order(check: Callable[[str], Checked], files: Sequence[str], workers: int) -> Iterator[Checked]:
    """Results in the order of the files; no more of them wait than the workers need to stay busy."""
    if workers == 1 or len(files) == 1:
        yield from map(check, files)
        return
    waiting: deque[Future[Checked]] = deque()
    with ThreadPoolExecutor(workers, "validate") as pool:
        try:
            for path in files:
                if len(waiting) == _AHEAD * workers:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(check, path))
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


class _Json:
    """One object a file."""

    def __call__(self, checked: Checked) -> None:
        found: dict[str, object] = {"path": checked.path}
        if checked.error is not None:
            found["error"] = checked.error
        found["problems"] = [one.to_dict() for one in checked.problems]
        print(json_module.dumps(found))


class _Text:
    """The path of a file that has problems, and a line for each."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint

    def __call__(self, checked: Checked) -> None:
        if checked.error is not None:
            sys.stdout.flush()  # the error stands behind what was printed before it
            say_error(checked.error)
        elif checked.problems:
            print(self._paint.title(printable(checked.path)))
            for one in checked.problems:
                line = printable(f"  {one}")
                print(self._paint.warning(line) if one.severity == "error" else line)


def _summary(nfiles: int, counts: Counter[str]) -> str:
    def number(n: int, what: str) -> str:
        return f"{n:,} {what}{'' if n == 1 else 's'}"

    parts = [number(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    found = ", ".join(parts) or "no problem"
    unreadable = f", {counts['unreadable']:,} cannot be read" if counts["unreadable"] else ""
    return f"{number(nfiles, 'file')}: {found}; {counts['faulty']:,} with errors{unreadable}"
