"""Folders of files, by several processes, and gone on with where a run was interrupted.

Every file is written whole or not at all, and noted in the audit log afterwards: a run that is killed loses no more
than notes of files that are then done again, with the same result.
"""

from __future__ import annotations

import atexit
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from dicomet.bulk.walk import walk_files
from dicomet.deid.audit import DONE, AuditLog
from dicomet.deid.deidentifier import Deidentifier, DirectoryRefused
from dicomet.deid.names import NAMES, new_name
from dicomet.deid.profile import BASIC
from dicomet.deid.store import Store
from dicomet.errors import DeidentificationError, DicomError, InvalidDicomError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomet.bulk.walk import FoundFile
    from dicomet.deid.deidentifier import BurnedIn
    from dicomet.deid.names import Names
    from dicomet.deid.rectangles import BlankRules

_NFILES_A_CHUNK = 32
_NFILES_A_PROCESS = 2000  # with fewer, a process takes longer to start than to work
REFUSED, FAILED, NOT_DICOM, DIRECTORY = "refused", "failed", "not_dicom", "dicomdir"


@dataclass(frozen=True)
class Settings:
    """What a `Deidentifier` is made of, for other processes: its parameters, and the path of a `Store`."""

    profile: str = BASIC
    options: tuple[str, ...] = ()
    key: bytes | None = None
    store: str | None = None
    safe_private: frozenset[tuple[int, int, str]] = frozenset()
    blank: BlankRules | None = None
    burned_in: BurnedIn = "note"
    with_elements: bool = False
    sync: bool = True

    @contextmanager
    def open(self) -> Iterator[Deidentifier]:
        """A new object by these settings, and its store as long as it is used."""
        with nullcontext() if self.store is None else Store(self.store) as store:
            yield Deidentifier(
                self.profile,
                self.options,
                key=store.key() if store is not None and self.key is None else self.key,
                mapping=store,
                safe_private=self.safe_private,
                blank=self.blank,
                burned_in=self.burned_in,
                with_elements=self.with_elements,
            )


@dataclass
class Summary:
    """What became of the files of a run.

    Attributes
    ----------
    counts : Counter of str
        Files by status: "done", "refused", "failed", "not_dicom", "dicomdir", and "earlier": done by an earlier run.
    noted : int
        Files of which a person should read the notes in the log.
    problems : list of (str, str)
        Path and reason of what was refused or failed.
    """

    counts: Counter[str] = field(default_factory=Counter)
    noted: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def deidentify_folder(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    settings: Settings,
    *,
    audit: str | os.PathLike[str] | None = None,
    names: Names = "clean",
    workers: int | None = 1,
    progress: Callable[[int, int | None, int], None] | None = None,
) -> Summary:
    """De-identify all files of a folder into another.

    Parameters
    ----------
    source, target : path
        Folders, neither inside the other. `target` is made.
    settings : Settings
    audit : path, optional
        The audit log; ``target.deid.jsonl`` beside `target` unless told. What it says to be done, and is still there,
        is not done again.
    names : {"clean", "keep", "hash"}
        Of the new files: see `dicomet.deid.names.new_name`.
    workers : int or None
        Processes, which import the caller's main module, as `multiprocessing` does. None: one for each 2,000 files, and
        no more than there are processors.
    progress : callable, optional
        ``progress(done, total, 0)`` now and then.

    Returns
    -------
    Summary

    Raises
    ------
    DeidentificationError
        The log is of a run with another key or other options.
    ValueError
        One folder is in the other, or a setting is none.
    OSError
        A folder cannot be read, or the log not written.
    """
    root, out = os.path.abspath(source), os.path.abspath(target)
    _check_apart(root, out)
    if names not in NAMES:
        raise ValueError(f"names {names!r} is none of {', '.join(NAMES)}")
    if settings.key is None and settings.store is None:
        settings = _with_random_key(settings)  # one for all processes
    files = list(walk_files(root, _raise))
    summary = Summary()
    with settings.open() as made, _log_of(audit, out, _fixed(settings, made, names)) as log:
        os.makedirs(out, exist_ok=True)
        work = _Work(settings, root, out, names)
        waiting = [entry for entry in files if not work.is_done(made, entry, log.outputs)]
        summary.counts["earlier"] = len(files) - len(waiting)
        chunks = [waiting[i : i + _NFILES_A_CHUNK] for i in range(0, len(waiting), _NFILES_A_CHUNK)]
        if workers is None:
            workers = min(os.cpu_count() or 1, 1 + len(waiting) // _NFILES_A_PROCESS)
        ndone = len(files) - len(waiting)
        for chunk, records in zip(chunks, _results(work, made, chunks, workers), strict=True):
            log.write([record for record, _, _ in records])
            _count(summary, chunk, records)
            ndone += len(chunk)
            if progress is not None:
                progress(ndone, len(files), 0)
    return summary


def _log_of(path: str | os.PathLike[str] | None, out: str, fixed: dict[str, Any]) -> AuditLog:
    return AuditLog(f"{out}.deid.jsonl" if path is None else path, fixed)


Record = tuple[dict[str, Any], str, bool]  # for the log; reason of a failure; whether there are notes


def _results(
    work: _Work, made: Deidentifier, chunks: list[list[FoundFile]], workers: int
) -> Iterator[list[Record]]:
    if workers == 1 or len(chunks) < 2:
        yield from (work.chunk(made, chunk) for chunk in chunks)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (work,)) as pool:
        try:
            yield from pool.map(_chunk, chunks)
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass
class _Work:
    """What a process needs to know."""

    settings: Settings
    root: str
    out: str
    names: Names

    def hash_of(self, made: Deidentifier, entry: FoundFile) -> str:
        relative = os.path.relpath(entry.path, self.root)
        return made.remapper.digest("input", f"{relative}\0{entry.size}\0{entry.mtime_ns}").hex()

    def is_done(self, made: Deidentifier, entry: FoundFile, outputs: dict[str, tuple[str, int]]) -> bool:
        found = outputs.get(self.hash_of(made, entry))
        if found is None:
            return False
        try:
            return os.stat(os.path.join(self.out, found[0])).st_size == found[1]
        except OSError:
            return False

    def chunk(self, made: Deidentifier, entries: list[FoundFile]) -> list[Record]:
        return [self.file(made, entry) for entry in entries]

    def file(self, made: Deidentifier, entry: FoundFile) -> Record:
        """One file; errors become records, which never quote what the file holds."""
        record: dict[str, Any] = {"input": self.hash_of(made, entry)}
        try:
            self._write(made, entry, record)
        except (DicomError, OSError, MemoryError, RecursionError) as error:
            status = _status_of(error)
            record |= {"status": status, "error": type(error).__name__}
            if isinstance(error, DicomError) and error.clause:
                record["clause"] = error.clause
            return record, _reason_of(error), False
        return record, "", "notes" in record

    def _write(self, made: Deidentifier, entry: FoundFile, record: dict[str, Any]) -> None:
        with made.prepare(entry.path) as prepared:
            relative = os.path.relpath(entry.path, self.root)
            name = new_name(relative, self.names, prepared.cleaner, made.remapper)
            path = os.path.join(self.out, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            prepared.plan.replace(path, self.settings.sync)
            record |= {"status": DONE, "output": name, "nbytes": prepared.plan.nbytes}
            record |= prepared.report.to_dict()


_process: list[tuple[_Work, Deidentifier]] = []  # of a worker: one


def _begin(work: _Work) -> None:
    stack = ExitStack()
    _process.append((work, stack.enter_context(work.settings.open())))
    atexit.register(stack.close)


def _chunk(entries: list[FoundFile]) -> list[Record]:
    work, made = _process[0]
    return work.chunk(made, entries)


def _count(summary: Summary, chunk: list[FoundFile], records: list[Record]) -> None:
    for entry, (record, reason, has_notes) in zip(chunk, records, strict=True):
        status = record["status"]
        summary.counts[status] += 1
        summary.noted += has_notes
        if status in (REFUSED, FAILED):
            summary.problems.append((entry.path, reason))


def _status_of(error: BaseException) -> str:
    if isinstance(error, DirectoryRefused):
        return DIRECTORY
    if isinstance(error, InvalidDicomError):
        return NOT_DICOM
    return REFUSED if isinstance(error, DeidentificationError | UnsupportedError) else FAILED


def _reason_of(error: BaseException) -> str:
    """For the terminal. Messages of other errors may quote a value."""
    if isinstance(error, OSError) and not isinstance(error, DicomError):
        return error.strerror or type(error).__name__
    if isinstance(error, DeidentificationError | UnsupportedError):
        return f"{error.clause}: {error.args[0]}" if error.clause else str(error.args[0])
    clause = error.clause if isinstance(error, DicomError) else None
    return f"{clause}: {type(error).__name__}" if clause else type(error).__name__


def _fixed(settings: Settings, made: Deidentifier, names: Names) -> dict[str, Any]:
    return {
        "profile": settings.profile,
        "options": sorted(made.options),
        "names": names,
        "key": made.remapper.fingerprint,
    }


def _with_random_key(settings: Settings) -> Settings:
    from secrets import token_bytes

    return replace(settings, key=token_bytes(32))


def _check_apart(root: str, out: str) -> None:
    real_root, real_out = os.path.realpath(root), os.path.realpath(out)
    for inner, outer in ((real_root, real_out), (real_out, real_root)):
        if os.path.commonpath((inner, outer)) == outer:
            raise ValueError("source and target folder must lie apart")


def _raise(error: OSError) -> None:
    raise error
