"""Sending many files: over several associations, and again where one broke. PS3.4 Annex B."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dicomet._native import sendfiles
from dicomet.errors import AssociationRejected, DicomError, NetworkError
from dicomet.net.client import Association
from dicomet.net.services.sending import Item, Request, batches, contexts_for, item_of, request_of_file
from dicomet.net.status import category, meaning

_CHUNK_NFILES = 500  # of one association, if there are several at a time
_NATIVE_NFILES = 256  # handed over at a time
_MAX_WAITING = 1000  # results that nobody has taken yet, before the senders wait

Open = Callable[[list[tuple[str, tuple[str, ...]]]], Association]
"""Asks for an association with such contexts."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a file."""

    path: str
    status: int | None
    """Of the C-STORE response; None if there was none."""
    message: str = ""
    """What the status means, or why there is none."""
    sop_instance: str = ""

    @property
    def ok(self) -> bool:
        """Whether the peer has it: success, or a warning."""
        return self.status is not None and category(self.status) in ("Success", "Warning")


def _items(paths: Iterable[str], failed: list[Sent]) -> Iterator[Item]:
    """What files are: natively, and what is unusual about them in Python."""
    left = iter(paths)
    while some := list(itertools.islice(left, _NATIVE_NFILES)):
        for path, found in zip(some, sendfiles.look(some), strict=True):
            try:
                yield item_of(path) if found is None else Item(path, *found)
            except (DicomError, OSError, ValueError) as error:  # a name with a NUL in it, too
                failed.append(Sent(path, None, str(error)))


def _chunks(items: list[Item], jobs: int) -> Iterator[list[Item]]:
    size = max(1, min(_CHUNK_NFILES, -(-len(items) // jobs))) if jobs > 1 else len(items)
    for batch in batches(items):
        for i in range(0, len(batch), max(size, 1)):
            yield batch[i : i + size]


def _prepare(association: Association, item: Item) -> Request | Sent:
    """What is sent of a file, or why nothing can be."""
    try:
        return request_of_file(association, item)
    except (DicomError, OSError, ValueError) as error:
        return Sent(item.path, None, str(error), item.sop_instance)


def _sent(item: Item, command: dict[Any, Any]) -> Sent:
    status = command.get("Status")
    said = command.get("ErrorComment") or (meaning(status) if status else "")
    return Sent(item.path, status if isinstance(status, int) else None, said, item.sop_instance)


def _send_over(association: Association, items: list[Item]) -> Iterator[tuple[int, Sent]]:
    """Send files: natively, and what is unusual about them in Python. Gives the place of each that was answered."""
    at = 0
    while at < len(items):
        some = items[at : at + _NATIVE_NFILES]
        for i, answer in association.send_natively([item.path for item in some]):
            item = some[i]
            yield at + i, Sent(item.path, 0, "", item.sop_instance) if answer is None else _sent(item, answer.command)
        nsent = association.nsent_natively
        at += nsent
        if nsent < len(some):
            yield at, _send_one(association, items[at])
            at += 1


def _send_one(association: Association, item: Item) -> Sent:
    ready = _prepare(association, item)
    if isinstance(ready, Sent):
        return ready
    return _sent(item, association.exchange(*ready).command)


def _send_chunk(items: list[Item], open_association: Open, retries: int) -> Iterator[Sent]:
    """Send files, over another association where one has ended, which is tried so many times without progress."""
    left, failures = dict(enumerate(items)), 0
    while left:
        places, some = list(left), list(left.values())
        try:
            with open_association(contexts_for(some)) as association:
                for i, sent in _send_over(association, some):
                    del left[places[i]]
                    failures = 0
                    yield sent
        except NetworkError as error:
            failures += 1
            if failures > retries or (isinstance(error, AssociationRejected) and error.result == 1):
                for item in left.values():
                    yield Sent(item.path, None, str(error), item.sop_instance)
                return


def send_files(paths: Iterable[str], open_association: Open, *, jobs: int = 1, retries: int = 2) -> Iterator[Sent]:
    """Send files, and give what became of each, in the order in which that is known.

    Parameters
    ----------
    paths : iterable of str
    open_association : callable
        Asks for an association with the contexts it is given, such as ``lambda contexts: ae.associate(host, port,
        contexts)``.
    jobs : int
        Associations at a time.
    retries : int
        How often another association is asked for, while nothing gets through.
    """
    failed: list[Sent] = []
    items = list(_items(paths, failed))
    yield from failed
    if jobs == 1:
        for chunk in _chunks(items, 1):
            yield from _send_chunk(chunk, open_association, retries)
        return
    yield from _in_threads(
        list(_chunks(items, jobs)), jobs, lambda chunk: _send_chunk(chunk, open_association, retries)
    )


def _in_threads(chunks: list[list[Item]], jobs: int, send: Callable[[list[Item]], Iterator[Sent]]) -> Iterator[Sent]:
    work: queue.SimpleQueue[list[Item]] = queue.SimpleQueue()
    for chunk in chunks:
        work.put(chunk)
    results: queue.Queue[Sent | None] = queue.Queue(_MAX_WAITING)
    stopped = threading.Event()

    def run() -> None:
        try:
            while not stopped.is_set():
                for sent in send(work.get_nowait()):
                    if stopped.is_set():
                        return
                    results.put(sent)
        except queue.Empty:
            pass
        finally:
            results.put(None)

    threads = [threading.Thread(target=run, name=f"dicomet-store-{i}", daemon=True) for i in range(jobs)]
    for thread in threads:
        thread.start()
    left = len(threads)
    try:
        while left:
            sent = results.get()
            if sent is None:
                left -= 1
            else:
                yield sent
    finally:
        stopped.set()
        while left:
            left -= results.get() is None
