"""Sending many files: over several associations, and again where one broke. PS3.4 Annex B."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Any

from dicomet._native import sendfiles
from dicomet.errors import AssociationRejected, DicomError, NetworkError
from dicomet.net.client import Association
from dicomet.net.services.sending import Item, Request, batches, contexts_for, item_of, request_of_file
from dicomet.net.status import category, meaning

_CHUNK_NFILES = 500  # of one association, if there are several at a time
_NATIVE_NFILES = 256  # looked at, and handed over, at a time
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


def _look(paths: list[str]) -> list[Item | Sent]:
    """What files are: natively, and what is unusual about them in Python."""
    found: list[Item | Sent] = []
    for path, known in zip(paths, sendfiles.look(paths), strict=True):
        try:
            found.append(item_of(path) if known is None else Item(path, *known))
        except (DicomError, OSError, ValueError) as error:  # a name with a NUL in it, too
            found.append(Sent(path, None, str(error)))
    return found


def _looked(paths: Iterable[str]) -> Generator[list[Item | Sent]]:
    """What files are, some at a time; the next ones are looked at while those are sent."""
    from concurrent.futures import ThreadPoolExecutor

    left = iter(paths)
    some = list(itertools.islice(left, _NATIVE_NFILES))
    found = _look(some)
    with ThreadPoolExecutor(1, "dicomet-look") as pool:
        while some := list(itertools.islice(left, _NATIVE_NFILES)):
            ahead = pool.submit(_look, some)
            yield found
            found = ahead.result()
    yield found


class _Source:
    """Files that are to be sent, in their order. Those that were not answered come again, before the others."""

    def __init__(self, blocks: Iterable[list[Item | Sent]]) -> None:
        self._blocks = iter(blocks)
        self._items: deque[Item] = deque()
        self._failed: list[Sent] = []
        self._kinds: dict[tuple[str, str], Item] = {}  # one file of each that came so far, latest last

    def _fill(self) -> None:
        while not self._items and (block := next(self._blocks, None)) is not None:
            for one in block:
                if isinstance(one, Sent):
                    self._failed.append(one)
                    continue
                self._items.append(one)
                kind = (one.sop_class, one.transfer_syntax)
                self._kinds.pop(kind, None)
                self._kinds[kind] = one

    def take_failed(self) -> list[Sent]:
        """Files that could not be read, since the last time."""
        failed, self._failed = self._failed, []
        return failed

    def kinds(self) -> list[Item]:
        """Files of all kinds that the next association is for: of the next ones, and of those before, as they fit."""
        self._fill()
        return next(batches([*self._items, *reversed(self._kinds.values())]), []) if self._items else []

    def take(self, kinds: Iterable[Item] | None = None) -> list[Item]:
        """The next few, as long as they are of such kinds; None: of any."""
        self._fill()
        known = None if kinds is None else {(one.sop_class, one.transfer_syntax) for one in kinds}
        some: list[Item] = []
        while self._items and len(some) < _NATIVE_NFILES:
            if known is not None and (self._items[0].sop_class, self._items[0].transfer_syntax) not in known:
                break
            some.append(self._items.popleft())
        return some

    def give_back(self, items: Iterable[Item]) -> None:
        """They were not answered."""
        self._items.extendleft(reversed(list(items)))


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
        some = items[at:]
        for i, answer in association.send_natively([item.path for item in some]):
            item = some[i]
            yield at + i, Sent(item.path, 0, "", item.sop_instance) if answer is None else _sent(item, answer.command)
        at += association.nsent_natively
        if at < len(items):
            yield at, _send_one(association, items[at])
            at += 1


def _send_one(association: Association, item: Item) -> Sent:
    ready = _prepare(association, item)
    if isinstance(ready, Sent):
        return ready
    return _sent(item, association.exchange(*ready).command)


def _send_all(source: _Source, open_association: Open, retries: int) -> Iterator[Sent]:
    """Send files, over another association where one has ended, which is tried so many times without progress."""
    failures = 0
    while kinds := source.kinds():
        left: dict[int, Item] = {}
        try:
            with open_association(contexts_for(kinds)) as association:
                while some := source.take(kinds):
                    left = dict(enumerate(some))
                    for i, sent in _send_over(association, some):
                        del left[i]
                        failures = 0
                        yield sent
                    yield from source.take_failed()
        except NetworkError as error:
            source.give_back(left.values())
            failures += 1
            if failures > retries or (isinstance(error, AssociationRejected) and error.result == 1):
                while some := source.take():
                    yield from (Sent(item.path, None, str(error), item.sop_instance) for item in some)
    yield from source.take_failed()


def send_files(paths: Iterable[str], open_association: Open, *, jobs: int = 1, retries: int = 2) -> Iterator[Sent]:
    """Send files, and give what became of each, in the order in which that is known.

    Sending begins when the first few are known: there may be any number of them, which nobody keeps.

    Parameters
    ----------
    paths : iterable of str
    open_association : callable
        Asks for an association with the contexts it is given, such as ``lambda contexts: ae.associate(host, port,
        contexts)``. Where files come that it has no context for, there is another one.
    jobs : int
        Associations at a time.
    retries : int
        How often another association is asked for, while nothing gets through.
    """
    with contextlib.closing(_looked(paths)) as blocks:
        if jobs == 1:
            yield from _send_all(_Source(blocks), open_association, retries)
            return
        size = _CHUNK_NFILES
        if isinstance(paths, Sized):
            size = max(1, min(size, -(-len(paths) // jobs)))
        yield from _in_threads(
            _chunks(blocks, size), jobs, lambda chunk: _send_all(_Source([chunk]), open_association, retries)
        )


_Chunk = list[Item | Sent]


def _chunks(blocks: Iterable[_Chunk], size: int) -> Iterator[_Chunk]:
    files = itertools.chain.from_iterable(blocks)
    while some := list(itertools.islice(files, size)):
        yield some


def _in_threads(chunks: Iterator[_Chunk], jobs: int, send: Callable[[_Chunk], Iterator[Sent]]) -> Iterator[Sent]:
    results: queue.Queue[Sent | BaseException | None] = queue.Queue(_MAX_WAITING)
    stopped, lock = threading.Event(), threading.Lock()

    def next_chunk() -> _Chunk | None:
        with lock:
            return None if stopped.is_set() else next(chunks, None)

    def run() -> None:
        end: BaseException | None = None
        try:
            while (chunk := next_chunk()) is not None:
                for sent in send(chunk):
                    if stopped.is_set():
                        return
                    results.put(sent)
        except BaseException as error:
            end = error
        finally:
            results.put(end)

    threads = [threading.Thread(target=run, name=f"dicomet-store-{i}", daemon=True) for i in range(jobs)]
    for thread in threads:
        thread.start()
    left = len(threads)
    try:
        while left:
            sent = results.get()
            if isinstance(sent, Sent):
                yield sent
                continue
            left -= 1
            if sent is not None:
                raise sent
    finally:
        stopped.set()
        while left:
            left -= not isinstance(results.get(), Sent)
        for thread in threads:
            thread.join()
