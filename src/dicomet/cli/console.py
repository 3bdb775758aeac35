"""Tables and progress bars. Only this module needs rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

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


class Bar:
    """A bar over files on stderr, which is a terminal."""

    def __init__(self, total: int | None, description: str) -> None:
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
        )
        self._task = self._progress.add_task(description, total=total)

    def start(self) -> None:
        """Show it."""
        self._progress.start()

    def stop(self) -> None:
        """Take it away."""
        self._progress.stop()

    def advance(self) -> None:
        """One more is done."""
        self._progress.advance(self._task)

    def update(self, description: str, completed: int, total: int | None) -> None:
        """How far it is."""
        self._progress.update(self._task, description=description, completed=completed, total=total)
