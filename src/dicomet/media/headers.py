"""The headers of instances: of files, one after another, and of data sets in memory. PS3.10 §7.

Threads were tried: on files in the page cache they wait for each other, and take twice as long.
"""

from __future__ import annotations

import os

from dicomet._native.index import TOP, Index
from dicomet._native.source import Source
from dicomet.dataset import Dataset
from dicomet.errors import DicomError
from dicomet.media.fileid import DICOMDIR
from dicomet.reader import dcmread
from dicomet.syntax import syntax_for
from dicomet.writer import encode_data_set

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomet.filedataset import FileDataset

    Header = tuple[str, "FileDataset | DicomError | OSError"]

_PIXELS = 0x7FE00000


def read_headers(paths: Iterable[str]) -> Iterator[Header]:
    """Read the headers of files, without their pixels.

    Parameters
    ----------
    paths : iterable of str
        Taken one at a time.

    Yields
    ------
    (str, FileDataset or exception)
        Each path, in order, with its header or why there is none.
    """
    for path in paths:
        try:
            yield path, dcmread(path, stop_before_pixels=True)
        except (DicomError, OSError) as error:
            yield path, error


def files_below(folder: str) -> Iterator[str]:
    """Paths of the files in a folder and those below it, by their names, without any DICOMDIR.

    Links are not followed. Folders that cannot be read count as empty, but for the first one.
    """
    stack = [folder]
    while stack:
        path = stack.pop()
        if path is not folder and not path.endswith(os.sep):
            if os.path.basename(path).upper() != DICOMDIR:
                yield path
            continue
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=_name, reverse=True)
        except OSError:
            if path is folder:
                raise
            continue
        stack += (entry.path + os.sep * entry.is_dir() for entry in found if not entry.is_symlink())


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def header_of(ds: Dataset) -> tuple[Dataset, str]:
    """A data set in memory as if its header had been read, and the transfer syntax that it will be written in."""
    syntax = str(syntax_for(ds).uid)
    if not ds._changed() and ds._index.source is not None:
        return ds, syntax
    part = ds.copy()
    for tag in part.keys():  # noqa: SIM118
        if tag >= _PIXELS:
            del part[tag]
    index = Index.scan_bare(Source.of(encode_data_set(part)), False, False)
    return Dataset._over(index, TOP, None), syntax
