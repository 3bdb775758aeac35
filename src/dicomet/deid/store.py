"""Replacements kept in a file, for several processes and later runs. PS3.15 §E.3.9.

An SQLite database with one row for each identifier: whoever has it can undo the replacement, so it wants the same
care as the originals.
"""

from __future__ import annotations

import csv
import os
import secrets
import sqlite3
from typing import TYPE_CHECKING

from dicomet.deid.remap import KEY_NBYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

KINDS = ("uid", "patient", "days")
_KEY = "key"
_TIMEOUT_SECONDS = 60.0
_SCHEMA = """\
CREATE TABLE IF NOT EXISTS replacement (
    kind TEXT NOT NULL, original TEXT NOT NULL, replacement TEXT NOT NULL, PRIMARY KEY (kind, original)
) WITHOUT ROWID"""


class Store:
    """A `Mapping` in a file. Several processes may use the file at once; an object belongs to one thread.

    Parameters
    ----------
    path : path
        Made if it is not there, for its owner alone to read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = sqlite3.connect(self.path, timeout=_TIMEOUT_SECONDS, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(_SCHEMA)

    def replacement(self, kind: str, original: str, proposed: str) -> str:
        """What is kept for an identifier, `proposed` if nothing was."""
        found = self._find(kind, original)
        if found is None:
            self._database.execute("INSERT OR IGNORE INTO replacement VALUES (?, ?, ?)", (kind, original, proposed))
            found = self._find(kind, original)  # perhaps that of another process
        return proposed if found is None else found

    def _find(self, kind: str, original: str) -> str | None:
        query = "SELECT replacement FROM replacement WHERE kind = ? AND original = ?"
        row = self._database.execute(query, (kind, original)).fetchone()
        return None if row is None else str(row[0])

    def key(self) -> bytes:
        """A random key that was made with the file, for replacements that are yet to be proposed."""
        return bytes.fromhex(self.replacement(_KEY, "", secrets.token_hex(KEY_NBYTES)))

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """(kind, original, replacement), in order."""
        query = "SELECT kind, original, replacement FROM replacement WHERE kind <> ? ORDER BY 1, 2"
        yield from self._database.execute(query, (_KEY,))

    def export_csv(self, path: str | os.PathLike[str]) -> None:
        """Write all replacements, with a head line."""
        with open(path, "w", newline="", encoding="utf-8", opener=_private) as file:
            writer = csv.writer(file)
            writer.writerow(("kind", "original", "replacement"))
            writer.writerows(self)

    def import_csv(self, path: str | os.PathLike[str]) -> None:
        """Take replacements over from a file as `export_csv` writes it. What is kept already goes first.

        Raises
        ------
        ValueError
            A line has another form.
        """
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if not rows or rows[0] != ["kind", "original", "replacement"]:
            raise ValueError("the file does not begin with: kind,original,replacement")
        for number, row in enumerate(rows[1:], 2):
            if len(row) != 3 or row[0] not in KINDS:
                raise ValueError(f"line {number} is no replacement")
        with self._database:
            self._database.executemany("INSERT OR IGNORE INTO replacement VALUES (?, ?, ?)", rows[1:])

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
