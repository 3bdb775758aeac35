"""The audit log: what became of each file, a line of JSON each, without what the files held.

The first line tells the settings and the fingerprint of the key. Inputs are named by a keyed hash of their path, size
and time: whoever has the key finds them again, nobody else reads a name. A run that goes on
reads what is done from here.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from dicomet.errors import DeidentificationError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

_VERSION = 1
_HEAD = "dicomet_deid"
DONE = "done"


class AuditLog:
    """A log that is begun, or gone on with.

    Parameters
    ----------
    path : path
    settings : dict
        What must be the same in every run: profile, options, fingerprint of the key.

    Attributes
    ----------
    outputs : dict of str to (str, int)
        Output and size of the inputs that are done, by their hashes.

    Raises
    ------
    DeidentificationError
        The log is of a run with other settings, or no such log.
    """

    def __init__(self, path: str | os.PathLike[str], settings: dict[str, Any]) -> None:
        self.path = os.fspath(path)
        self.outputs: dict[str, tuple[str, int]] = {}
        head = {_HEAD: _VERSION, **settings}
        good_nbytes = self._read(head)
        self._file = open(self.path, "ab", opener=_private)  # noqa: SIM115
        self._file.truncate(good_nbytes)  # a line that a crash cut short
        if good_nbytes == 0:
            self._line(head)

    def _read(self, head: dict[str, Any]) -> int:
        """Take over what is done. Returns how many bytes are whole lines."""
        if not os.path.exists(self.path):
            return 0
        nbytes = 0
        with open(self.path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                record = _parsed(line)
                if nbytes == 0 and record != head:
                    raise DeidentificationError(
                        f"{self.path} is the log of a run with another key or other options, or no audit log"
                    )
                nbytes += len(line)
                if record.get("status") == DONE:
                    self.outputs[str(record["input"])] = (str(record["output"]), int(record["nbytes"]))
        return nbytes

    def write(self, records: list[dict[str, Any]]) -> None:
        """Add a line for each; they are in the hands of the system when this returns."""
        for record in records:
            self._line(record)
        self._file.flush()

    def _line(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Bring everything to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
