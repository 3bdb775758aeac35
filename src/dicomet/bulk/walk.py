"""Folders to files: lazily, in one fixed order, every folder once.

Within a folder the entries come sorted by name, a sub-folder's content where its name stands. Links
to folders are followed, but no folder is entered twice, so that loops end. Pipes, sockets and
devices are left out; every other file is given whatever its name, because DICOM files have any.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple


class FoundFile(NamedTuple):
    """A file and the state that tells whether it has changed.

    Attributes
    ----------
    path : str
        The folder as it was given, joined with the way down; bytes that are not UTF-8 stand as
        surrogates (``os.fsdecode``).
    size : int
        Bytes; -1 if the system did not tell.
    mtime_ns : int
        Last modification, nanoseconds since 1970 UTC; -1 if the system did not tell.
    """

    path: str
    size: int
    mtime_ns: int


OnError = Callable[[OSError], None]
"""Told of every folder that cannot be read; its `filename` says which."""


def walk_entries(
    folder: str | os.PathLike[str], on_error: OnError | None = None
) -> Iterator[os.DirEntry[str]]:
    """Yield the directory entry of every file below a folder, without looking at the file.

    Parameters
    ----------
    folder : path
        Where to begin.
    on_error : callable, optional
        Called with the error of each folder that cannot be read; otherwise such folders count as
        empty.

    Yields
    ------
    os.DirEntry
        Regular files, links to them, and broken links.
    """
    entered: set[tuple[int, int]] = set()
    root = os.fspath(folder)
    stack = [iter(_enter(root, root, entered, on_error))]
    while stack:
        for entry in stack[-1]:
            try:
                if entry.is_dir():
                    stack.append(iter(_enter(entry.path, entry, entered, on_error)))
                    break
                wanted = entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
            except OSError:  # the reader will find out and say so in the file's row
                wanted = True
            if wanted:
                yield entry
        else:
            stack.pop()


def _enter(
    path: str,
    folder: str | os.DirEntry[str],
    entered: set[tuple[int, int]],
    on_error: OnError | None,
) -> list[os.DirEntry[str]]:
    try:
        state = os.stat(path) if isinstance(folder, str) else folder.stat()
        if (state.st_dev, state.st_ino) in entered:
            return []
        entered.add((state.st_dev, state.st_ino))
        with os.scandir(path) as entries:
            return sorted(entries, key=_name)
    except OSError as error:
        if on_error is not None:
            on_error(error)
        return []


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def walk_files(
    folder: str | os.PathLike[str], on_error: OnError | None = None
) -> Iterator[FoundFile]:
    """Yield every file below a folder with its size and time; see `walk_entries`."""
    for entry in walk_entries(folder, on_error):
        yield file_state(entry)


def file_state(entry: os.DirEntry[str] | str) -> FoundFile:
    """Size and time of a file, links followed. Never raises."""
    path = entry if isinstance(entry, str) else entry.path
    try:
        state = os.stat(entry) if isinstance(entry, str) else entry.stat()
    except (OSError, ValueError):
        return FoundFile(path, -1, -1)
    return FoundFile(path, state.st_size, state.st_mtime_ns)
