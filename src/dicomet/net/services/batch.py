"""Sending many files: over several associations, and again where one broke. PS3.4 Annex B."""

from __future__ import annotations

import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, NamedTuple

from dicomet._native import sendfiles
from dicomet.errors import AssociationRejected, DicomError, NetworkError
from dicomet.net.client import Association
from dicomet.net.services.sending import Item, Request, batches, contexts_for, item_of, request_of_file
from dicomet.net.status import category, meaning

_BLOCK_NFILES = 256  # that one association has in hand
_MAX_WAITING = 8  # lists of results that nobody has taken yet, before the senders wait

Open = Callable[[list[tuple[str, tuple[str, ...]]]], Association]
"""Asks for an association with such contexts."""


class Sent(NamedTuple):
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


_Kind = tuple[str, str]
"""A SOP class and a transfer syntax."""


def _kind(item: Item) -> _Kind:
    return item.sop_class, item.transfer_syntax


_Block = dict[int, str]
"""Files that a sender has in hand and that were not answered, in their order."""


class _Files:
    """Files that are still to be sent, for several senders. What one of them cannot send is for the others."""

    def __init__(self, paths: Iterable[str], nsenders: int) -> None:
        self._paths = iter(paths)
        self._size = _BLOCK_NFILES
        if isinstance(paths, Sized) and nsenders > 1:  # all of them have something to do until the end
            self._size = max(1, min(_BLOCK_NFILES, -(-len(paths) // (4 * nsenders))))
        self._returned: deque[str] = deque()
        self._nsenders, self._nwaiting = nsenders, 0
        self._is_over = False
        self._changed = threading.Condition()

    def take(self) -> _Block:
        """The next few; none once all were sent: until then others may give some back."""
        with self._changed:
            self._nwaiting += 1
            while not self._is_over:
                some = [self._returned.popleft() for _ in range(min(self._size, len(self._returned)))]
                some += itertools.islice(self._paths, self._size - len(some))
                if some:
                    self._nwaiting -= 1
                    return dict(enumerate(some))
                if self._nwaiting >= self._nsenders:
                    self.end()
                    break
                self._changed.wait()
            return {}

    def leave(self, block: _Block) -> bool:
        """A sender can send no more. Whether others are left, who send what it had in hand."""
        with self._changed:
            self._nsenders -= 1
            self._returned.extend(block.values())
            self._changed.notify_all()
            return self._nsenders > 0

    def end(self) -> None:
        """No more are to be sent."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()


def _prepare(association: Association, item: Item) -> Request | Sent:
    """What is sent of a file, or why nothing can be."""
    try:
        return request_of_file(association, item)
    except (DicomError, OSError, ValueError) as error:
        return Sent(item.path, None, str(error), item.sop_instance)


def _sent(path: str, sop_instance: str, command: dict[Any, Any]) -> Sent:
    status = command.get("Status")
    said = command.get("ErrorComment") or (meaning(status) if status else "")
    return Sent(path, status if isinstance(status, int) else None, said, sop_instance)


def _send_one(association: Association, item: Item) -> Sent:
    ready = _prepare(association, item)
    if isinstance(ready, Sent):
        return ready
    return _sent(item.path, item.sop_instance, association.exchange(*ready).command)


def _send_over(association: Association, block: _Block, kinds: set[_Kind]) -> Iterator[list[Sent]]:
    """Send files, natively, and what is unusual about them in Python, up to one that the association is not for.

    What was answered is in the block no longer.
    """
    places, paths, at = list(block), list(block.values()), 0
    while at < len(paths):
        for answered in association.send_natively(paths[at:]):
            sent = []
            for i, sop_instance, answer in answered:
                path = block.pop(places[at + i])
                sent.append(
                    Sent(path, 0, "", sop_instance) if answer is None else _sent(path, sop_instance, answer.command)
                )
            yield sent
        at += association.nsent_natively
        if at == len(paths):
            return
        [one] = _look([paths[at]])
        if isinstance(one, Item):
            if _kind(one) not in kinds:
                return
            one = _send_one(association, one)
        del block[places[at]]
        at += 1
        yield [one]


def _send_all(files: _Files, open_association: Open, retries: int) -> Iterator[list[Sent]]:
    """Send files, over another association where one has ended, which is tried so many times without progress.

    A file that ends each of them is passed over, as long as others got through before it.
    """
    failures, has_progressed = 0, False
    known: dict[_Kind, Item] = {}  # one file of each that came so far, latest last
    block = files.take()
    while block:
        looked = _look(list(block.values()))
        if failed := [one for one in looked if isinstance(one, Sent)]:
            yield failed
        items = [one for one in looked if isinstance(one, Item)]
        block = dict(enumerate(one.path for one in items))
        if not items:
            block = files.take()
            continue
        kinds = next(batches([*items, *reversed(known.values())]))
        for one in items:
            known.pop(_kind(one), None)
            known[_kind(one)] = one
        is_open = False
        try:
            with open_association(contexts_for(kinds)) as association:
                is_open = True
                while block:
                    for sent in _send_over(association, block, {_kind(one) for one in kinds}):
                        failures, has_progressed = 0, True
                        yield sent
                    if block:
                        break
                    block = files.take()
        except NetworkError as error:
            failures += 1
            is_final = isinstance(error, AssociationRejected) and error.result == 1
            if failures <= retries and not is_final:
                continue
            if not (is_open and has_progressed and block):
                yield from _give_up(files, block, error)
                return
            yield _failed([block.pop(next(iter(block)))], error)
            failures, has_progressed = 0, False
            block = block or files.take()


def _failed(paths: list[str], error: NetworkError) -> list[Sent]:
    """What is said of files that could not be sent."""
    return [
        Sent(one.path, None, str(error), one.sop_instance) if isinstance(one, Item) else one for one in _look(paths)
    ]


def _give_up(files: _Files, block: _Block, error: NetworkError) -> Iterator[list[Sent]]:
    """Leave files to the others; who is the last one tells why they were not sent."""
    if files.leave(block):
        return
    while block := files.take():
        yield _failed(list(block.values()), error)


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
        Associations at a time. Where the peer takes fewer of them, those send all.
    retries : int
        How often another association is asked for, while nothing gets through. A file that ended all of them is passed
        over, if others got through before it.
    """
    files = _Files(paths, jobs)
    if jobs == 1:
        for sent in _send_all(files, open_association, retries):
            yield from sent
    else:
        yield from _in_threads(files, jobs, lambda: _send_all(files, open_association, retries))


def _in_threads(files: _Files, jobs: int, send: Callable[[], Iterator[list[Sent]]]) -> Iterator[Sent]:
    results: queue.Queue[list[Sent] | BaseException | None] = queue.Queue(_MAX_WAITING)
    stopped = threading.Event()

    def run() -> None:
        end: BaseException | None = None
        try:
            for sent in send():
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
            if isinstance(sent, list):
                yield from sent
                continue
            left -= 1
            if sent is not None:
                raise sent
    finally:
        stopped.set()
        files.end()
        while left:
            left -= not isinstance(results.get(), list)
        for thread in threads:
            thread.join()
