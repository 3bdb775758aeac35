"""Frames decoded ahead by threads, handed out in order, with bounded memory."""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


def in_order(
    work: Callable[[int], T], numbers: Sequence[int], workers: int, ahead: int
) -> Iterator[T]:
    """``map(work, numbers)`` on threads: worker ``w`` takes every ``workers``-th number from the w-th on.

    At most `ahead` results (at least one a worker) wait to be taken or are in the making. An exception comes up
    where its result would have. Threads end when the iterator does, however it does.
    """
    workers = max(1, min(workers, len(numbers)))
    share = max(1, ahead // workers)
    lanes = [_Lane(work, numbers[w::workers], share) for w in range(workers)]
    try:
        for i in range(len(numbers)):
            yield lanes[i % workers].take()
    finally:
        for lane in lanes:
            lane.stop()


class _Lane:
    """One worker, with a queue of results and one of permits to make another."""

    def __init__(self, work: Callable[[int], Any], numbers: Sequence[int], share: int) -> None:
        self.results: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.permits: SimpleQueue[bool] = SimpleQueue()
        for _ in range(share):
            self.permits.put(True)
        self.thread = Thread(target=self._run, args=(work, numbers), daemon=True, name="dicomet-frames")
        self.thread.start()

    def _run(self, work: Callable[[int], Any], numbers: Sequence[int]) -> None:
        for number in numbers:
            if not self.permits.get():
                return
            try:
                self.results.put((work(number), None))
            except BaseException as error:
                self.results.put((None, error))

    def take(self) -> Any:
        result, error = self.results.get()
        self.permits.put(True)
        if error is not None:
            raise error
        return result

    def stop(self) -> None:
        """Let the thread end after what it is doing, and wait for that."""
        while not self.permits.empty():
            self.permits.get()
        self.permits.put(False)
        self.thread.join()


def spread(work: Callable[[int], object], n: int, workers: int) -> None:
    """``work(0) ... work(n - 1)`` on threads, in no order. The first exception is raised when all have ended."""
    left = deque(range(n))
    errors: list[BaseException] = []

    def run() -> None:
        while not errors:
            try:
                number = left.popleft()
            except IndexError:
                return
            try:
                work(number)
            except BaseException as error:
                errors.append(error)

    threads = [Thread(target=run, daemon=True, name="dicomet-frames") for _ in range(min(workers, n) - 1)]
    for thread in threads:
        thread.start()
    run()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
