"""``dicomet index``: folders to a Parquet index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dicomet.bulk.columns import DEFAULT_COLUMNS
from dicomet.bulk.walk import walk_entries
from dicomet.cli.terminal import INTERRUPTED, say_error

if TYPE_CHECKING:
    from dicomet.bulk.summary import IndexSummary, Progress



def chosen_columns(more: Sequence[str], columns_file: str | None) -> list[str]:
    """Columns of an index: the usual ones or those of a file, then more of them."""
    columns = list(DEFAULT_COLUMNS)
    if columns_file is not None:
        lines = Path(columns_file).read_text("utf-8", "replace").splitlines()
        columns = [line.strip() for line in lines if line.strip() and line.strip()[0] != "#"]
    return columns + [column for column in dict.fromkeys(more) if column not in columns]


def index(
    folders: Sequence[str],
    output: str,
    *,
    columns: Sequence[str],
    workers: int | None = None,
    rebuild: bool = False,
    quiet: bool = False,
) -> int:
    """Make or bring up to date an index, and print what it holds.

    Returns
    -------
    int
        1 if a folder could not be read, so that its files are missing; 130 if interrupted; else 0.
        Files that cannot be read are rows of the index and no failure.
    """
    from dicomet.cli.progress import IndexProgress

    progress = IndexProgress(quiet)
    try:
        with progress:
            summary = make_index(
                folders,
                output,
                columns=columns,
                workers=workers,
                rebuild=rebuild,
                progress=progress,
            )
    except KeyboardInterrupt:
        say_error(_how_to_go_on(progress.done, progress.total, rebuild))
        return INTERRUPTED
    if not quiet:
        print_summary(summary, output)
    for folder in summary.unreadable:
        say_error(f"{folder}: cannot be read; the index is without its files")
    return int(bool(summary.unreadable))


def make_index(
    folders: Sequence[str],
    output: str,
    *,
    columns: Sequence[str],
    workers: int | None = None,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IndexSummary:
    """`dicomet.bulk.parquet.write_index`, of several folders too."""
    from dicomet.bulk.parquet import write_index

    os.stat(os.path.dirname(os.path.abspath(output)))  # now, not when all is read
    unreadable: list[str] = []
    source = folders[0] if len(folders) == 1 else _files_of(folders, output, unreadable)
    summary = write_index(
        source, output, columns, workers=workers, progress=progress, rebuild=rebuild
    )
    return replace(summary, unreadable=(*summary.unreadable, *unreadable))


def _files_of(folders: Sequence[str], output: str, unreadable: list[str]) -> Iterator[str]:
    """The files of several folders, each once and without those that the index itself consists of.

    Raises
    ------
    OSError
        For a folder that is not there: its rows must not vanish from the index.
    """
    for folder in folders:
        os.stat(folder)
    own = os.path.abspath(output)
    seen: set[str] = set()

    def note(error: OSError) -> None:
        unreadable.append(os.fsdecode(error.filename or ""))

    def files() -> Iterator[str]:
        for folder in folders:
            paths: Iterable[str] = (entry.path for entry in walk_entries(folder, note))
            for path in paths if os.path.isdir(folder) else (folder,):
                whole = os.path.abspath(path)
                if whole in seen or whole in (own, own + ".new"):
                    continue
                if whole.startswith(os.path.join(own + ".parts", "")):
                    continue
                seen.add(whole)
                yield path

    return files()


def _how_to_go_on(done: int, total: int | None, rebuild: bool) -> str:
    again = "run it again without --rebuild" if rebuild else "run the same command again"
    if total is None:
        return f"interrupted before the first file was read; {again}"
    return f"interrupted; {done:,} of {total:,} files are done and kept; {again} to go on"


def print_summary(summary: IndexSummary, output: str) -> None:
    """What an index holds and what making it took, as a table."""
    from dicomet.cli.console import print_table

    rows = [("files", f"{summary.files:,}"), ("ok", f"{summary.statuses.get('ok', 0):,}")]
    rows += [
        (f"  {status}", f"{count:,}")
        for status, count in summary.statuses.items()
        if status != "ok"
    ]
    levels = ("patients", "studies", "series", "instances")
    counts = [(level, getattr(summary, level)) for level in levels]
    rows += [(level, f"{count:,}") for level, count in counts if count is not None]
    rows += [(f"  {modality}", f"{count:,}") for modality, count in summary.modalities.items()]
    rows += [
        (what, f"{getattr(summary, what):,}") for what in ("new", "changed", "reused", "vanished")
    ]
    rows += [
        ("seconds", f"{summary.seconds:.2f}"),
        ("files read a second", f"{summary.files_per_second:,.0f}"),
    ]
    print_table(("index", output), rows, right=frozenset((1,)))
