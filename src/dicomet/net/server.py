"""Accepting associations: one loop for all of them. PS3.8 §9.1."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from dicomet.net.peer import Peer, Serving
from dicomet.net.transport import refuse_iscl

_STOP_SECONDS = 1.0  # for what is being stored, before it is given up
_SPARE_CONNECTIONS = 500  # beyond the associations: closed without a word


class Server:
    """A server, on its own loop. Made by `AE.start_server`; a ``with`` block shuts it down."""

    def __init__(self, serving: Serving, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        refuse_iscl(address[1])
        self.serving = serving
        self.address: tuple[Any, ...] = address
        self.threads = ThreadPoolExecutor(min(serving.maximum, 32) or 1, "dicomet-handler")
        self.tls = tls
        self._nwaiting = 0  # for a thread
        self._lock = threading.Lock()  # of that number
        self.is_stopping = False  # nobody's turn goes on then
        self._peers: set[Peer] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._gone: asyncio.Event | None = None  # all connections, once it stops
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._socket = socket.create_server(address, backlog=512)
        self.address = self._socket.getsockname()

    # Who is there

    @property
    def active_associations(self) -> list[Peer]:
        """Associations that are established."""
        return [one for one in list(self._peers) if one.layer.state == 6]

    def welcome(self, peer: Peer) -> bool:
        """Count a connection; False if there are far too many, or the server stops."""
        self._peers.add(peer)
        return len(self._peers) <= self.serving.maximum + _SPARE_CONNECTIONS and not self.is_stopping

    def farewell(self, peer: Peer) -> None:
        """A connection has ended."""
        self._peers.discard(peer)
        if not self._peers and self._gone is not None:
            self._gone.set()

    def is_full(self, peer: Peer) -> bool:
        """Whether there are as many associations as are allowed; connections that say nothing do not count."""
        others = [one for one in self._peers if one is not peer and one.layer.state not in (1, 2, 13)]
        of_peer = sum(_host(one) == _host(peer) for one in others)
        return len(others) >= self.serving.maximum or of_peer >= self.serving.maximum_of_peer

    # Threads

    async def in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run something in a thread, and give what it returns."""
        with self._lock:
            self._nwaiting += 1

        def run() -> Any:
            with self._lock:
                self._nwaiting -= 1
            return work(*arguments)

        return await asyncio.get_running_loop().run_in_executor(self.threads, run)

    def is_wanted(self) -> bool:
        """Whether a thread is to be given back: others wait for one, or the server stops."""
        return self._nwaiting > 0 or self.is_stopping

    # Running

    async def serve(self) -> None:
        """Serve on the running loop until `shutdown` is called, or the task is canceled."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._loop.create_server(lambda: Peer(self), sock=self._socket)
        self._started.set()
        try:
            await self._stop.wait()
        finally:
            server.close()
            self.is_stopping = True
            for peer in list(self._peers):
                peer.stop(after_turn=True)
            await self._wait_for_peers()
            for peer in list(self._peers):  # who takes nothing, or is in the midst of a handler
                peer.break_off()
            await self._wait_for_peers()
            self.threads.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_peers(self) -> None:
        """Until all have ended, and left nothing behind; not for long."""
        self._gone = asyncio.Event()
        if self._peers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _STOP_SECONDS)

    def run(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            import uvloop  # pyright: ignore[reportMissingImports]
        except ImportError:
            asyncio.run(self.serve())
        else:
            uvloop.run(self.serve())

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._run_in_thread, name="dicomet-server", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _run_in_thread(self) -> None:
        try:
            self.run()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._started.set()

    def shutdown(self) -> None:
        """Abort what is going on, and stop listening. Waits until it is done; may be called twice."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()


def _host(peer: Peer) -> str:
    return str(peer.peer[0]) if peer.peer else ""
