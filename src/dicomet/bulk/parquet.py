"""A Parquet index of an archive: incremental, resumable, replaced in one step.

While an index is made its rows are kept in ``OUTPUT.parts/``, some ten thousand to a file. What was
read before an interruption is taken from there at the next start. At the end old rows that still
hold and new rows are written to a temporary file, which replaces the index when it is on disk. A
file is read again when its size or modification time has changed, and after failures that another
try may mend. Only this module needs pyarrow (extra ``index``).
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from dicomet._native.gather import RecordBatch
from dicomet.bulk.columns import Column, parse_column, parse_columns
from dicomet.bulk.scan import PathLike, Scan, cpu_count
from dicomet.bulk.summary import IndexFileError, IndexSummary, Progress
from dicomet.bulk.walk import FoundFile, file_state, walk_entries

pc: Any = pyarrow.compute  # makes its functions as it is imported: nothing to check types by

FORMAT = 1
"""Version of what an index holds; another one is built anew."""

_KEY = b"dicomet.index"
_NEEDED = ("path", "size", "mtime", "status")
# Failures that lie in the moment rather than in the file.
_TRY_AGAIN = ("not_found", "not_permitted", "io_error", "changed", "no_memory", "not_regular")
_PART_ROWS = 65536
_PART_SECONDS = 60.0
_ROWS_AT_ONCE = 65536


def write_index(
    source: PathLike | Iterable[PathLike],
    output: str | os.PathLike[str],
    columns: Iterable[str | Column] | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    rebuild: bool = False,
    batch_rows: int = 4096,
    compression: str = "zstd",
) -> IndexSummary:
    """Make or bring up to date the Parquet index of an archive.

    Parameters
    ----------
    source : path, or iterable of paths
        As for `dicomet.bulk.scan`. The index and its parts are left out where they lie in it.
    output : path
        The index. An existing one is brought up to date if it has the same columns, else replaced.
    columns : iterable of str or Column, optional
        As for `dicomet.bulk.scan`; ``path``, ``size``, ``mtime`` and ``status`` are put in front
        where they are missing.
    workers : int, optional
        Native threads; as many as there are processors unless told.
    progress : callable, optional
        See `Progress`; called on this thread, after each batch.
    rebuild : bool
        Read every file anew, whatever is there.
    batch_rows : int
        Files of a batch.
    compression : str
        Of Parquet: ``"zstd"``, ``"snappy"``, ...

    Returns
    -------
    IndexSummary

    Raises
    ------
    IndexFileError
        If `output` exists and is no index; `rebuild` replaces it.
    ColumnError
        For a column that cannot be.
    OSError
        If the folder is not there or cannot be read: the index stays as it is.

    Notes
    -----
    Rows taken over stand first, in their order; then come those read anew, in the order of the
    source. Memory: the path, size and time of every file in Arrow arrays, and a few batches.
    """
    job = _Job(Path(output), _with_needed(parse_columns(columns)), compression)
    started = time.monotonic()
    report: Progress = progress or _say_nothing
    known = _Known([]) if rebuild else job.known()
    if rebuild:
        job.drop_parts()
    # size and time of a file matter only where there is a row to hold against them; reading gives them too
    found = _Found(source, job, report, file_state if known.table is not None else _stateless)
    plan = _compare(found, known)
    nbytes, last = _read_new(job, found, plan, workers or cpu_count(), batch_rows, report)
    if len(plan.to_read) or plan.vanished or not job.output.exists() or job.parts():
        job.finish(known, plan.keep, last)
    return _summary(job, found, plan, nbytes, time.monotonic() - started)


def _say_nothing(done: int, total: int | None, nbytes: int) -> None:
    pass


def _with_needed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    sources = {column.source: column for column in columns if column.name == column.source}
    missing = tuple(parse_column(name) for name in _NEEDED if name not in sources)
    return parse_columns(missing + columns)


def _text_of(path: PathLike) -> tuple[str, bool]:
    """A path as the table has it, and whether that differs from the path itself."""
    if isinstance(path, str) and path.isascii():
        return path, False
    name = os.fsdecode(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        return "".join(chr(b) if b < 0x80 else f"\\x{b:02x}" for b in raw), True
    return name, False


class _Job:
    """The files of one index: output, parts, temporary file."""

    def __init__(self, output: Path, columns: tuple[Column, ...], compression: str) -> None:
        self.output = output
        self.columns = columns
        self.folder = output.with_name(output.name + ".parts")
        self.temporary = output.with_name(output.name + ".new")
        self.compression = compression
        said = [FORMAT, [[c.name, c.source, c.type, c.is_list, c.vr, _steps(c)] for c in columns]]
        self.fingerprint = json.dumps(said).encode()
        native = Scan((), columns, 1, 1)
        self.schema = pa.schema(native).with_metadata({_KEY: self.fingerprint})

    def own_names(self) -> frozenset[str]:
        return frozenset((self.output.name, self.folder.name, self.temporary.name))

    def parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.parquet"))

    def drop_parts(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def known(self) -> _Known:
        """The files with rows that may still hold, the newest first."""
        files = []
        for part in reversed(self.parts()):
            if _fingerprint(part) == self.fingerprint:
                files.append(part)
            else:  # of other columns
                part.unlink()
        if self.output.exists():
            fingerprint = _fingerprint(self.output)
            if fingerprint is None:
                raise IndexFileError("exists and is no index", path=str(self.output))
            if fingerprint == self.fingerprint:
                files.append(self.output)
        return _Known(files)

    def write(self, path: Path, tables: Iterable[pa.Table]) -> None:
        with pq.ParquetWriter(path, self.schema, compression=self.compression) as writer:
            for table in tables:
                if table.num_rows:
                    writer.write_table(table, row_group_size=_ROWS_AT_ONCE)
        _to_disk(path)

    def write_part(self, batches: list[pa.RecordBatch]) -> None:
        self.folder.mkdir(exist_ok=True)
        parts = self.parts()
        number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0
        temporary = self.folder / "unfinished"
        self.write(temporary, [pa.Table.from_batches(batches, self.schema)])
        os.replace(temporary, self.folder / f"part-{number:06d}.parquet")

    def finish(
        self,
        known: _Known,
        keep: np.ndarray[Any, np.dtype[np.bool_]],
        last: list[pa.RecordBatch],
    ) -> None:
        """Write the index of what is kept, of this run's parts and its last rows; swap it in."""
        old = known.files
        made = [part for part in self.parts() if part not in old]
        in_order = list(zip(old, known.starts, strict=True))[::-1]

        def tables() -> Iterator[pa.Table]:
            for path, start in in_order:
                for batch in pq.ParquetFile(path).iter_batches(_ROWS_AT_ONCE):
                    mask = pa.array(keep[start : start + batch.num_rows])
                    start += batch.num_rows
                    yield pa.Table.from_batches([batch]).filter(mask).cast(self.schema)
            for path in made:
                for batch in pq.ParquetFile(path).iter_batches(_ROWS_AT_ONCE):
                    yield pa.Table.from_batches([batch]).cast(self.schema)
            yield pa.Table.from_batches(last, self.schema)

        self.write(self.temporary, tables())
        os.replace(self.temporary, self.output)
        _to_disk(self.output.parent)
        self.drop_parts()


def _steps(column: Column) -> list[list[int | str | None]]:
    return [[step.tag, step.item, step.creator] for step in column.steps]


def _fingerprint(path: Path) -> bytes | None:
    try:
        metadata = pq.read_schema(path).metadata
    except (pa.ArrowException, OSError):
        return None
    found = (metadata or {}).get(_KEY)
    return found if isinstance(found, bytes) else None


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(slots=True)
class _Known:
    """What earlier runs have read: which files of rows, and what they say of each path."""

    files: list[Path]
    starts: list[int] = field(default_factory=list)
    table: Any = None

    def __post_init__(self) -> None:
        tables = []
        start = 0
        for path in self.files:
            table = pq.read_table(path, columns=list(_NEEDED))
            self.starts.append(start)
            start += table.num_rows
            tables.append(table.replace_schema_metadata(None))
        self.table = pa.concat_tables(tables) if tables else None


_StateOf: TypeAlias = "Callable[[os.DirEntry[str] | str], FoundFile]"


def _stateless(entry: os.DirEntry[str] | str) -> FoundFile:
    return FoundFile(entry if isinstance(entry, str) else entry.path, -1, -1)


class _Found:
    """The files there are: path, size and time (-1 where nobody asks for them), in Arrow arrays."""

    def __init__(
        self, source: PathLike | Iterable[PathLike], job: _Job, report: Progress, state: _StateOf
    ) -> None:
        self.state = state
        self.odd: dict[str, PathLike] = {}  # by text: paths that are not UTF-8
        self.unreadable: list[str] = []
        chunks: list[pa.RecordBatch] = []
        nfound = 0
        for files in _batched(self._files(source, job), _ROWS_AT_ONCE):
            chunks.append(self._chunk(files))
            nfound += len(files)
            report(nfound, None, 0)
        self.table = pa.Table.from_batches(chunks, _FOUND_SCHEMA)

    def _files(self, source: PathLike | Iterable[PathLike], job: _Job) -> Iterator[FoundFile]:
        if not isinstance(source, (str, bytes, os.PathLike)):
            return (self.state(os.fsdecode(path)) for path in source)
        if os.path.isdir(source):
            os.scandir(source).close()  # an archive that is away for now must not empty its index
            return self._walk(os.fsdecode(source), job)
        os.stat(source)
        return iter((self.state(os.fsdecode(source)),))

    def _walk(self, folder: str, job: _Job) -> Iterator[FoundFile]:
        own = job.own_names()
        parts, home = os.path.abspath(job.folder), os.path.abspath(job.output.parent)
        for entry in walk_entries(folder, self._note):
            if entry.name in own or entry.name.startswith(("part-", "unfinished")):
                where = os.path.dirname(os.path.abspath(entry.path))
                if where == parts or (where == home and entry.name in own):
                    continue
            yield self.state(entry)

    def _note(self, error: OSError) -> None:
        self.unreadable.append(os.fsdecode(error.filename or ""))

    def _chunk(self, files: Sequence[FoundFile]) -> pa.RecordBatch:
        found, sizes, times = zip(*files, strict=True)
        paths: Iterable[str] = found
        if not all(map(str.isascii, found)):
            paths = [self._told(path) for path in found]
        return pa.record_batch(
            [
                pa.array(paths, pa.large_string()),
                pa.array(sizes, pa.int64()),
                pa.array(np.array(times, np.int64) // 1000).cast(pa.timestamp("us")),
            ],
            schema=_FOUND_SCHEMA,
        )

    def _told(self, path: PathLike) -> str:
        text, odd = _text_of(path)
        if odd:
            self.odd[text] = path
        return text

    def paths(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[PathLike]:
        column = self.table.column("path")
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            for text in column.take(pa.array(rows[first : first + _ROWS_AT_ONCE])).to_pylist():
                path: str = text
                yield self.odd.get(path, path)


_FOUND_SCHEMA = pa.schema(
    [("path", pa.large_string()), ("size", pa.int64()), ("mtime", pa.timestamp("us"))]
)


def _batched(files: Iterable[FoundFile], n: int) -> Iterator[list[FoundFile]]:
    rest = iter(files)
    while batch := list(islice(rest, n)):
        yield batch


@dataclass(slots=True)
class _Plan:
    keep: np.ndarray[Any, np.dtype[np.bool_]]  # of the known rows
    to_read: np.ndarray[Any, np.dtype[np.int64]]  # rows of the found table
    changed: int
    vanished: int


def _compare(found: _Found, known: _Known) -> _Plan:
    """Which known rows still hold, and which files are to be read."""
    nfound = found.table.num_rows
    if known.table is None or known.table.num_rows == 0:
        nothing = np.zeros(0, dtype=np.bool_)
        return _Plan(nothing, np.arange(nfound, dtype=np.int64), 0, 0)
    # The first match counts: the newest row of a path stands first.
    row = pc.index_in(found.table["path"], value_set=known.table["path"])
    there = known.table.take(row)
    retry = pc.is_in(there["status"], value_set=pa.array(_TRY_AGAIN, pa.large_string()))
    same = pc.and_(
        pc.equal(found.table["size"], there["size"]), pc.equal(found.table["mtime"], there["mtime"])
    )
    holds = pc.fill_null(pc.and_not(same, retry), False).to_numpy()
    keep = np.zeros(known.table.num_rows, dtype=np.bool_)
    rows = pc.fill_null(row, -1).to_numpy()
    keep[rows[holds]] = True
    changed = int(np.count_nonzero((rows >= 0) & ~holds))
    gone = pc.invert(pc.is_in(known.table["path"], value_set=found.table["path"]))
    vanished = pc.count_distinct(known.table["path"].filter(gone)).as_py()
    return _Plan(keep, np.flatnonzero(~holds).astype(np.int64), changed, vanished)


def _read_new(
    job: _Job, found: _Found, plan: _Plan, workers: int, batch_rows: int, report: Progress
) -> tuple[int, list[pa.RecordBatch]]:
    """Read what is to be read into parts, of which the last is not written: bytes, last rows.

    When this is interrupted, what is done stays done.
    """
    total = found.table.num_rows
    done, nbytes = total - len(plan.to_read), 0
    report(done, total, 0)
    pending: list[pa.RecordBatch] = []
    nrows, written = 0, time.monotonic()
    try:
        paths = found.paths(plan.to_read)
        for native in _ahead(Scan(paths, job.columns, workers, batch_rows)):
            batch = pa.record_batch(native).replace_schema_metadata(job.schema.metadata)
            pending.append(batch)
            nrows += batch.num_rows
            done += batch.num_rows
            nbytes += pc.sum(batch.column("size")).as_py() or 0
            if nrows >= _PART_ROWS or time.monotonic() - written > _PART_SECONDS:
                job.write_part(pending)
                pending, nrows, written = [], 0, time.monotonic()
            report(done, total, nbytes)
    except BaseException:
        if pending:
            job.write_part(pending)
        raise
    return nbytes, pending


def _ahead(scan: Scan) -> Iterator[RecordBatch]:
    """The batches of a scan, each read while the one before it is used."""
    with ThreadPoolExecutor(1, "dicomet-scan") as pool:
        try:
            coming = pool.submit(next, scan, None)
            while (batch := coming.result()) is not None:
                coming = pool.submit(next, scan, None)
                yield batch
        finally:
            scan.close()


def _summary(job: _Job, found: _Found, plan: _Plan, nbytes: int, seconds: float) -> IndexSummary:
    file = pq.ParquetFile(job.output)

    def column(spec: str) -> Any:
        wanted = parse_column(spec)
        for each in job.columns:
            if (each.source, each.steps) == (wanted.source, wanted.steps):
                return file.read([each.name]).column(0)
        return None

    def distinct(keyword: str) -> int | None:
        values = column(keyword)
        return None if values is None else int(pc.count_distinct(values, mode="only_valid").as_py())

    return IndexSummary(
        files=file.metadata.num_rows,
        statuses=_counts(column("status")),
        patients=distinct("PatientID"),
        studies=distinct("StudyInstanceUID"),
        series=distinct("SeriesInstanceUID"),
        instances=distinct("SOPInstanceUID"),
        modalities=_counts(column("Modality")),
        reused=int(plan.keep.sum()),
        new=len(plan.to_read) - plan.changed,
        changed=plan.changed,
        vanished=plan.vanished,
        nbytes=nbytes,
        seconds=seconds,
        unreadable=tuple(found.unreadable),
    )


def _counts(values: Any) -> dict[str, int]:
    if values is None:
        return {}
    counts = [(each["values"], each["counts"]) for each in pc.value_counts(values).to_pylist()]
    return {
        value: count
        for value, count in sorted(counts, key=lambda each: (-each[1], each[0] or ""))
        if value is not None
    }
