"""A connection of a loop: bytes between an asyncio transport and an upper layer. PS3.8 §9.1."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from dicomet.net.events import Event
from dicomet.net.transport import acknowledge_quickly, set_options
from dicomet.net.upperlayer import UpperLayer

_STEP_NBYTES = 1 << 18  # written at a time: the transport may copy it


class Link(asyncio.BufferedProtocol):
    """Tells events as they happen, and writes no more than the peer takes. Deadlines are on a timer.

    Attributes
    ----------
    transport : Transport or None
        None before the connection, and after it.
    is_paused : bool
        Whether nothing is read, nor awaited.
    """

    def __init__(self, layer: UpperLayer, tell: Callable[[Event | None], None]) -> None:
        """For one side of an association. `tell` is called with each event; with None when the connection is gone."""
        self.layer = layer
        self.transport: asyncio.Transport | None = None
        self.tell = tell
        self._loop = asyncio.get_running_loop()
        self._out: deque[bytes | memoryview] = deque()
        self.is_paused = False
        self._is_ending = False
        self._is_full = False
        self._sent = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        set_options(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.layer.receiver.space()

    def buffer_updated(self, nbytes: int) -> None:
        self.layer.receiver.took(nbytes)
        self.run()
        if self.layer.is_inside and self.transport is not None:
            acknowledge_quickly(self.transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.layer.closed(self._loop.time())
        self.transport = None
        self._out.clear()
        self.run()
        self.tell(None)

    def pause_writing(self) -> None:
        self._is_full = True
        self.layer.wait("write", self.layer.timeouts.pdu, self._loop.time())

    def resume_writing(self) -> None:
        self._is_full = False
        self.layer.wait("write", 0, 0)
        self.run()

    def run(self) -> None:
        """Look at what came, write what is to go, watch the time."""
        now = self._loop.time()
        while (event := self.layer.next_event(now)) is not None:
            self.tell(event)
        self._out.extend(self.layer.data_to_send())
        self._write()
        if self.is_paused:
            self.layer.wait("pdu", 0, 0)
            self.layer.wait("idle", 0, 0)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.layer.next_deadline()
        if deadline is not None and self.transport is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _write(self) -> None:
        while self._out and not self._is_full and self.transport is not None:
            pieces, nbytes = [], 0
            while self._out and nbytes < _STEP_NBYTES:
                pieces.append(self._out.popleft())
                nbytes += len(pieces[-1])
            self.transport.writelines(pieces)
        if self._out and self.transport is not None:
            self._sent.clear()
            return
        self._sent.set()
        if (self.layer.wants_close or self._is_ending) and self.transport is not None:
            self.transport.close()

    def _tick(self) -> None:
        now = self._loop.time()
        is_stuck = self.layer.deadlines.get("write", now + 1) <= now
        self.layer.expire(now)
        if is_stuck:  # half a message cannot be taken back, and an A-ABORT would not be taken either
            self._out.clear()
            self.layer.data_to_send()
            self.run()
            if self.transport is not None:
                self.transport.abort()
        else:
            self.run()

    async def drain(self) -> None:
        """Wait until the peer has taken what was to go, or most of it."""
        await self._sent.wait()

    def pause_reading(self) -> None:
        """Read no more for now, and wait for nothing that would be read."""
        if self.transport is not None and not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self.transport is not None and self.is_paused:
            self.is_paused = False
            self.transport.resume_reading()
            self.run()

    def end(self) -> None:
        """Close the connection, if there is one, once all is written that is to go."""
        self._is_ending = True
        self._out.extend(self.layer.data_to_send())
        self._write()
