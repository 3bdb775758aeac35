"""An association as its requestor uses it, awaited. PS3.7 §9, §10; PS3.8 §7."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, cast

from typing_extensions import Buffer

from dicomet.errors import NetworkError, NetworkTimeout, ProtocolError
from dicomet.net.client import error_of, rejection_of
from dicomet.net.dimse import Operation, Response, is_response, response
from dicomet.net.events import Established, Event, LargeData, Message, Rejected, Released, ReleaseRequested
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import PresentationContext
from dicomet.net.pdus import AssociateRequest
from dicomet.net.requesting import Requesting, response_of
from dicomet.net.tls import is_of
from dicomet.net.transport import acknowledge_quickly, refuse_iscl, set_options
from dicomet.net.upperlayer import UpperLayer

_UNRECOGNIZED_OPERATION = 0x0211


class _Link(asyncio.BufferedProtocol):
    """A connection of the loop and an upper layer: events wait in a queue, deadlines on a timer."""

    def __init__(self, layer: UpperLayer) -> None:
        self.layer = layer
        self.transport: asyncio.Transport | None = None
        self.events: deque[Event] = deque()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
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
        self._writable.set()
        self.run()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def run(self) -> None:
        """Look at what came, write what is to go, watch the time."""
        now = self._loop.time()
        while (event := self.layer.next_event(now)) is not None:
            self.events.append(event)
        pieces = self.layer.data_to_send()
        if self.transport is not None:
            if pieces:
                self.transport.writelines(pieces)
            if self.layer.wants_close:
                self.transport.close()
        self._changed.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.layer.next_deadline()
        if deadline is not None and self.transport is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self.layer.expire(self._loop.time())
        self.run()

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was written."""
        await self._writable.wait()

    async def next_event(self) -> Event | None:
        """The next event; None once the connection is closed and all is told."""
        while not self.events:
            if self.transport is None:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self.events.popleft()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.transport is not None:
            self.transport.close()


class AsyncAssociation(Requesting[Coroutine[Any, Any, Response]]):
    """An association that we asked for, on the running loop. One request at a time.

    Made by `AE.associate_async`. Every ``send_`` method is awaited for its `Response`. Leaving an ``async with`` block
    releases the association, or aborts it where an exception leaves the block.
    """

    def __init__(self, link: _Link) -> None:
        super().__init__(link.layer.contexts.values())
        self._link = link
        self._layer = link.layer
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(
        cls,
        address: tuple[str, int],
        asked: AssociateRequest,
        *,
        limits: Limits,
        timeouts: Timeouts,
        context: ssl.SSLContext | None = None,
        hostname: str | None = None,
        bind: tuple[str, int] | None = None,
        is_bound: bool = False,
    ) -> Self:
        """Connect, and ask. Raises what `AE.associate` does."""
        refuse_iscl(address[1])
        loop = asyncio.get_running_loop()
        layer = UpperLayer(is_requestor=True, limits=limits, timeouts=timeouts)
        layer.associate(asked, loop.time())
        name = (hostname or address[0]) if context else None
        try:
            async with asyncio.timeout(timeouts.connect or None):
                _, link = await loop.create_connection(
                    lambda: _Link(layer), *address, ssl=context, server_hostname=name, local_addr=bind
                )
        except TimeoutError:
            raise NetworkTimeout(f"no connection to {address[0]}:{address[1]} in time") from None
        except OSError as error:
            raise NetworkError(f"no connection to {address[0]}:{address[1]}: {error.strerror or error}") from error
        assert link.transport is not None
        if is_bound and not is_of(link.transport.get_extra_info("peercert"), asked.called):
            link.close()
            raise NetworkError(f"the peer's certificate is not that of {asked.called!r}", clause="PS3.15 §B.9")
        layer.connected(loop.time())
        link.run()
        event = await link.next_event()
        if isinstance(event, Established):
            return cls(link)
        link.close()
        raise rejection_of(event.reject) if isinstance(event, Rejected) else error_of(event)

    @property
    def is_established(self) -> bool:
        """Whether messages can be sent."""
        return self._layer.state == 6

    async def release(self) -> None:
        """End it in order. Nothing happens if it has ended."""
        if self._layer.state == 6:
            self._layer.release(self._loop.time())
            self._link.run()
            while (event := await self._link.next_event()) is not None:
                if isinstance(event, ReleaseRequested) or (isinstance(event, Released) and self._layer.state == 12):
                    self._layer.confirm_release(self._loop.time())
                    self._link.run()
                elif isinstance(event, Released):
                    break
        self._link.close()

    def abort(self) -> None:
        """End it at once."""
        self._layer.abort(self._loop.time())
        self._link.run()
        self._link.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.release()
        else:
            self.abort()

    async def send(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> None:
        """Send a message. The data set is as encoded in the context's transfer syntax."""
        try:
            self._layer.send(context.id, command, data, self._loop.time())
        except ProtocolError:
            if self._layer.state == 6:
                raise
            raise error_of(await self._link.next_event()) from None
        self._link.run()
        await self._link.drain()

    async def responses(self, message_id: int, context: PresentationContext) -> AsyncIterator[Message]:
        """The responses to a request, pending ones first, until the last. Raises what `Association.responses` does."""
        layer = self._layer
        while True:
            layer.wait("response", layer.timeouts.response, self._loop.time())
            self._link.run()
            event = await self._link.next_event()
            if isinstance(event, LargeData):
                continue
            if not isinstance(event, Message):
                if isinstance(event, ReleaseRequested):
                    layer.confirm_release(self._loop.time())
                    self._link.run()
                self._link.close()
                raise error_of(event)
            if not is_response(event.command):
                if event.command["CommandField"] != Operation.C_CANCEL:
                    refused = response(event.command, _UNRECOGNIZED_OPERATION)
                    layer.send(event.context_id, refused, None, self._loop.time())
                    self._link.run()
                continue
            if event.command.get("MessageIDBeingRespondedTo") != message_id or event.context_id != context.id:
                self.abort()
                raise ProtocolError("a response to a request that was not sent", clause="PS3.7 §9.1")
            layer.wait("response", 0, 0)
            yield event
            if event.command.get("Status") not in (0xFF00, 0xFF01):
                return

    async def _ask(
        self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None
    ) -> Response:
        await self.send(context, command, data)
        async for message in self.responses(command["MessageID"], context):
            return response_of(message, context)
        raise error_of(None)
