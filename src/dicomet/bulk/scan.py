"""Files to Arrow record batches: headers only, on native threads, without pyarrow."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Literal

from dicomet._native.gather import Gatherer, RecordBatch, Schema, stream_capsule
from dicomet.bulk.columns import Column, native_schema, parse_columns
from dicomet.bulk.walk import OnError, walk_entries
from dicomet.charset import DELIMITERS, TEXT, character_set

PathLike = str | bytes | os.PathLike[str]

MAX_INFLATED_RATIO = 200
"""A deflated header may be this many times longer than its file, ..."""
MIN_INFLATED_LIMIT = 1 << 20
"""... or this long if that is more."""

_PIECE_NBYTES = 1 << 16


class Scan:
    """Record batches of a bulk read, made by `scan`: an iterator that is also an Arrow stream.

    ``pyarrow.table(scan)``, ``polars.DataFrame(scan)`` and DuckDB take it as it is, through
    ``__arrow_c_stream__``. A stream and an iterator share the batches: each comes once.

    Attributes
    ----------
    columns : tuple of Column
    schema : Schema
        Has ``names`` and ``__arrow_c_schema__``.
    """

    def __init__(
        self,
        paths: Iterable[PathLike],
        columns: tuple[Column, ...],
        workers: int,
        batch_rows: int,
    ) -> None:
        self.columns = columns
        self.schema: Schema = native_schema(columns)
        self._paths: Iterator[PathLike] = iter(paths)
        self._batch_rows = batch_rows
        self._gatherer = Gatherer(self.schema, workers, decode_text, inflate_head)
        self._closed = False

    def __iter__(self) -> Iterator[RecordBatch]:
        return self

    def __next__(self) -> RecordBatch:
        if self._closed:
            raise StopIteration
        paths = list(islice(self._paths, self._batch_rows))
        if not paths:
            raise StopIteration
        return self._gatherer.run(paths)

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return stream_capsule(self.schema, self)

    def close(self) -> None:
        """End the scan; a batch that another thread is reading is given up."""
        self._closed = True
        self._gatherer.cancel()

    def __enter__(self) -> Scan:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        self.close()
        return False


def scan(
    source: PathLike | Iterable[PathLike],
    columns: Iterable[str | Column] | None = None,
    *,
    workers: int | None = None,
    batch_rows: int = 4096,
    on_error: OnError | None = None,
) -> Scan:
    """Read the headers of many files into Arrow record batches.

    Only as much of a file is read as the columns need, usually 16 KiB; files are never mapped. No
    file raises: each gives a row, and its ``status`` column tells what became of it. Everything of
    a row that could be read stands in it, also where the file is damaged further on.

    Parameters
    ----------
    source : path, or iterable of paths
        A folder with everything below it (see `dicomet.bulk.walk`), a file, or files one by one,
        which may come lazily. Rows come in this order.
    columns : iterable of str or Column, optional
        As `dicomet.bulk.columns` describes; `DEFAULT_COLUMNS` unless told.
    workers : int, optional
        Native threads; as many as there are processors unless told.
    batch_rows : int
        Rows of a batch.
    on_error : callable, optional
        Called with the `OSError` of each folder that cannot be read.

    Returns
    -------
    Scan
        Iterator of `RecordBatch`, and Arrow stream.

    Notes
    -----
    ``status`` is ``ok``, ``truncated`` (the file ends inside an element), ``not_dicom``,
    ``not_found``, ``not_permitted``, ``not_regular`` (a folder, pipe or device), ``io_error``,
    ``changed`` (it shrank while it was read), ``too_deep``, ``too_many_rows``, ``too_long`` (a
    header of more than 1 GiB), ``no_memory`` or ``not_inflated``. ``status_offset`` is the byte
    concerned, where there is one.

    Raises
    ------
    ColumnError
        For a column that cannot be.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows must be at least 1: {batch_rows}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1: {workers}")
    paths = paths_of(source, on_error)
    return Scan(paths, parse_columns(columns), workers or cpu_count(), batch_rows)


def paths_of(
    source: PathLike | Iterable[PathLike], on_error: OnError | None = None
) -> Iterator[PathLike]:
    """The files that a source of `scan` stands for, lazily."""
    if isinstance(source, (str, bytes, os.PathLike)):
        if os.path.isdir(source):
            return (entry.path for entry in walk_entries(os.fsdecode(source), on_error))
        return iter((source,))
    return iter(source)


def cpu_count() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def decode_text(value: bytes, vr: str, terms: bytes | None) -> str:
    """Text in the character sets of a Specific Character Set value. PS3.5 §6.1.2."""
    return character_set(terms).decode(value, delimiters=DELIMITERS.get(vr, TEXT))


def inflate_head(path: str, offset: int, want: int) -> tuple[bytes, bool] | None:
    """The first bytes of a deflated data set. PS3.5 §A.5.

    Parameters
    ----------
    path : str
        The file.
    offset : int
        Where its deflated body begins.
    want : int
        How many inflated bytes are wanted.

    Returns
    -------
    tuple of (bytes, bool), or None
        The bytes, at most `want`, and whether the body ends with them; None if it cannot be
        inflated at all, or swells beyond `MAX_INFLATED_RATIO`. A body that is damaged further on
        ends there.
    """
    for wbits in (-zlib.MAX_WBITS, zlib.MAX_WBITS):  # as the standard has it; with a zlib header
        try:
            found = _inflate(path, offset, want, wbits)
        except OSError:
            return None
        if found is not None:
            return found
    return None


def _inflate(path: str, offset: int, want: int, wbits: int) -> tuple[bytes, bool] | None:
    inflater = zlib.decompressobj(wbits)
    pieces: list[bytes] = []
    nbytes = 0
    with open(path, "rb") as file:
        limit = max(MIN_INFLATED_LIMIT, MAX_INFLATED_RATIO * os.fstat(file.fileno()).st_size)
        file.seek(offset)
        piece = file.read(_PIECE_NBYTES)
        while piece and nbytes < want and not inflater.eof:
            try:
                inflated = inflater.decompress(piece, min(want, limit) - nbytes)
            except zlib.error:
                return (b"".join(pieces), True) if nbytes else None
            pieces.append(inflated)
            nbytes += len(inflated)
            if nbytes >= limit:
                return None
            piece = inflater.unconsumed_tail or file.read(_PIECE_NBYTES)
    if nbytes == 0:
        return None
    return b"".join(pieces), nbytes < want
