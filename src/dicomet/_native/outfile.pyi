"""Files that take the place of others once they are complete."""

import os
from types import TracebackType
from typing import Self

from typing_extensions import Buffer

class OutFile:
    """A temporary file beside `path` that gets its name when it is complete; until then what was there is as it was.

    As a context: complete at the end, on disk, or given up after an exception. Garbage is given up too.

    Parameters
    ----------
    path : str or os.PathLike

    Attributes
    ----------
    path : str

    Raises
    ------
    OSError
        No file can be made there.
    """

    def __new__(cls, path: str | bytes | os.PathLike[str]) -> Self: ...
    @property
    def path(self) -> str: ...
    @property
    def fd(self) -> int:
        """Of the temporary file; ValueError when it is complete or given up."""

    def write(self, data: Buffer) -> None:
        """Write at the file's position. OSError."""

    def commit(self, sync: bool = True) -> None:
        """Bring it to disk if `sync`, and give it its name. OSError: the temporary file is gone then."""

    def abandon(self) -> None:
        """Take the temporary file away, if there still is one."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
