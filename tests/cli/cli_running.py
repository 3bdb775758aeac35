"""What a run of the command line gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    def rows(self) -> dict[str, str]:
        """The rows of a summary, name to value."""
        return {
            " ".join(words[:-1]): words[-1]
            for line in self.out.splitlines()[2:]
            if len(words := line.split()) > 1
        }


Run = Callable[..., Ran]
