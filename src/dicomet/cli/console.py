"""Tables and progress bars. Only this module needs rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from dicomet.cli.terminal import has_colours, printable

_UNLIMITED = 1 << 20  # columns: what is no terminal has no width to fit into


def _console(stream: TextIO) -> Console:
    terminal = stream.isatty()
    return Console(
        file=stream,
        width=None if terminal else _UNLIMITED,
        force_terminal=terminal,
        color_system="auto" if has_colours(stream) else None,
        highlight=False,
        markup=False,
    )


def print_table(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
) -> None:
    """Print a table on stdout.

    Parameters
    ----------
    names : sequence of str
        Heads of the columns.
    rows : iterable of sequences of str
        Cells; taken as text, not as markup.
    right : set of int
        Columns that stand to the right, as numbers do.
    """
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for i, name in enumerate(names):
        table.add_column(
            Text(printable(name)), justify="right" if i in right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = _console(sys.stdout)
    if sys.stdout.isatty():
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} files/s" if task.speed else "")


class _FileBar:
    """A bar over files on stderr, if that is a terminal; else nothing is shown."""

    def __init__(self, quiet: bool, total: int | None, description: str) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=_console(sys.stderr),
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(description, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class IndexProgress(_FileBar):
    """The progress bar of an index, on stderr if that is a terminal; else it only counts.

    Parameters
    ----------
    quiet : bool
        No bar in any case.
    doing : str
        What is done to the files.

    Attributes
    ----------
    done : int
        Files done, those taken over from earlier included.
    total : int or None
        Files in all; None while folders are still being walked.
    """

    def __init__(self, quiet: bool = False, doing: str = "reading headers") -> None:
        super().__init__(quiet, None, "looking for files")
        self._doing = doing
        self.done = 0
        self.total: int | None = None

    def __call__(self, done: int, total: int | None, nbytes: int) -> None:
        self.done, self.total = done, total
        what = "looking for files" if total is None else self._doing
        self._progress.update(self._task, description=what, completed=done, total=total)


class FileProgress(_FileBar):
    """The bar of a command that does something to each of many files."""

    def __init__(self, total: int, quiet: bool = False) -> None:
        super().__init__(quiet, total, "")

    def advance(self) -> None:
        """One more is done."""
        self._progress.advance(self._task)
