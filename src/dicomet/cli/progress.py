"""How far a command is that does something to many files."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from dicomet.cli.console import Bar


class _Progress:
    """Shows a bar on stderr if that is a terminal; else nothing is shown, and its library is not loaded."""

    def __init__(self, quiet: bool, total: int | None, description: str) -> None:
        self._bar: Bar | None = None
        if not quiet and sys.stderr.isatty():
            from dicomet.cli.console import Bar

            self._bar = Bar(total, description)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


class IndexProgress(_Progress):
    """Of files that are not all known at the start; without a bar it only counts.

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
        if self._bar is not None:
            self._bar.update("looking for files" if total is None else self._doing, done, total)


class FileProgress(_Progress):
    """Of so many files."""

    def __init__(self, total: int, quiet: bool = False) -> None:
        super().__init__(quiet, total, "")

    def advance(self) -> None:
        """One more is done."""
        if self._bar is not None:
            self._bar.advance()
