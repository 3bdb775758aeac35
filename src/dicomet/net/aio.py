"""An association as its requestor uses it, awaited. PS3.7 §9, §10; PS3.8 §7."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self

from typing_extensions import Buffer

from dicomet.errors import DicomError, NetworkError, NetworkTimeout, ProtocolError
from dicomet.net.client import error_of, rejection_of
from dicomet.net.dimse import Operation, Response, is_response, response
from dicomet.net.events import Aborted, Established, Event, Message, Rejected, Released, ReleaseRequested
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.link import Link
from dicomet.net.negotiation import PresentationContext
from dicomet.net.pdus import AssociateAccept, AssociateRequest
from dicomet.net.requesting import Requesting, response_of
from dicomet.net.tls import is_of
from dicomet.net.transport import refuse_iscl
from dicomet.net.upperlayer import UpperLayer

_UNRECOGNIZED_OPERATION = 0x0211
_PENDING = (0xFF00, 0xFF01)
_MANY = 64  # responses that nobody has taken yet, before no more are read


class _Request:
    """A request that was sent, and the responses that came."""

    def __init__(self, context_id: int) -> None:
        self.context_id = context_id
        self.came: deque[Message] = deque()
        self.is_answered = False
        self.is_left = False  # nobody takes them any more
        self.changed = asyncio.Event()


class AsyncAssociation(Requesting[Coroutine[Any, Any, Response]]):
    """An association that we asked for, on the running loop.

    Made by `AE.associate_async`. Every ``send_`` method is awaited for its `Response`. Several tasks may use it: as
    many requests are under way as was negotiated (one, unless `asynchronous` was asked for), the others wait for their
    turn. Leaving an ``async with`` block releases the association, or aborts it where an exception leaves the block.

    Attributes
    ----------
    accept : AssociateAccept
        What the acceptor said.
    """

    def __init__(self, link: Link, accept: AssociateAccept) -> None:
        super().__init__(link.layer.contexts.values())
        self.accept = accept
        self._link = link
        self._layer = link.layer
        self._loop = asyncio.get_running_loop()
        self._turns = asyncio.Semaphore(link.layer.window or 0xFFFF)
        self._requests: dict[int, _Request] = {}
        self._end: DicomError | None = None
        self._has_ended = asyncio.Event()
        link.tell = self._told

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
        first: asyncio.Future[Event | None] = loop.create_future()

        def tell(event: Event | None) -> None:
            if not first.done():
                first.set_result(event)

        name = (hostname or address[0]) if context else None
        try:
            async with asyncio.timeout(timeouts.connect or None):
                _, link = await loop.create_connection(
                    lambda: Link(layer, tell), *address, ssl=context, server_hostname=name, local_addr=bind
                )
        except TimeoutError:
            raise NetworkTimeout(f"no connection to {address[0]}:{address[1]} in time") from None
        except OSError as error:
            raise NetworkError(f"no connection to {address[0]}:{address[1]}: {error.strerror or error}") from error
        assert link.transport is not None
        if is_bound and not is_of(link.transport.get_extra_info("peercert"), asked.called):
            link.end()
            raise NetworkError(f"the peer's certificate is not that of {asked.called!r}", clause="PS3.15 §B.9")
        layer.connected(loop.time())
        link.run()
        event = await first
        if isinstance(event, Established):
            return cls(link, event.accept)
        link.end()
        raise rejection_of(event.reject) if isinstance(event, Rejected) else error_of(event)

    @property
    def is_established(self) -> bool:
        """Whether messages can be sent."""
        return self._layer.state == 6

    def next_message_id(self) -> int:
        """One that no request has that is under way."""
        while (number := super().next_message_id()) in self._requests:
            pass
        return number

    async def release(self) -> None:
        """End it in order. Nothing happens if it has ended. `NetworkTimeout` if the peer does not agree in time."""
        if self._layer.state == 6:
            self._layer.release(self._loop.time())
            self._link.run()
            await self._has_ended.wait()
            if isinstance(self._end, NetworkTimeout):
                raise self._end
        self._link.end()

    def abort(self) -> None:
        """End it at once."""
        self._layer.abort(self._loop.time())
        self._link.run()
        self._link.end()
        self._ended(error_of(None))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.release()
        else:
            self.abort()

    # What the peer does

    def _told(self, event: Event | None) -> None:
        layer = self._layer
        if isinstance(event, Message):
            if is_response(event.command):
                self._take(event)
            elif event.command["CommandField"] != Operation.C_CANCEL:
                refused = response(event.command, _UNRECOGNIZED_OPERATION)
                layer.send(event.context_id, refused, None, self._loop.time())
        elif isinstance(event, ReleaseRequested):
            layer.confirm_release(self._loop.time())
            if layer.state != 11:  # else we asked as well, and wait for the answer
                self._ended(error_of(event))
        elif isinstance(event, Released):
            if layer.state == 12:
                layer.confirm_release(self._loop.time())
            self._ended(error_of(None))
        elif event is None or isinstance(event, Aborted):
            self._ended(error_of(event))

    def _take(self, message: Message) -> None:
        """A response, to whom it answers."""
        number = message.command.get("MessageIDBeingRespondedTo", 0)
        asked = self._requests.get(number)
        if asked is None or asked.context_id != message.context_id:
            self._layer.abort(self._loop.time())
            self._ended(ProtocolError("a response to a request that was not sent", clause="PS3.7 §9.1"))
            return
        if not asked.is_left:
            asked.came.append(message)
        if message.command.get("Status") not in _PENDING:
            asked.is_answered = True
            self._over(number)
        asked.changed.set()
        self._watch()
        if len(asked.came) >= _MANY:
            self._link.pause_reading()

    def _over(self, number: int) -> None:
        """A request is answered, or will not be."""
        if self._requests.pop(number, None) is not None:
            self._turns.release()

    def _watch(self) -> None:
        """Wait for the next response, but not where we do not read it."""
        is_waiting = any(len(one.came) < _MANY for one in self._requests.values())
        self._layer.wait("response", self._layer.timeouts.response if is_waiting else 0, self._loop.time())

    def _ended(self, error: DicomError) -> None:
        if self._end is None:
            self._end = error
            self._link.end()
        self._has_ended.set()
        for number, asked in list(self._requests.items()):
            self._over(number)
            asked.changed.set()

    # Messages

    async def send(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> None:
        """Send a message that has no response, such as C-CANCEL. For requests there is `request`."""
        if self._end is not None:
            raise self._end
        self._layer.send(context.id, command, data, self._loop.time())
        self._link.run()
        await self._link.drain()

    async def request(
        self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None
    ) -> AsyncIterator[Message]:
        """Send a request when its turn comes, and give its responses, pending ones first, until the last.

        The data set is as encoded in the context's transfer syntax. Who takes no more responses lets the rest be
        dropped; to end it sooner, send a C-CANCEL.

        Raises
        ------
        NetworkTimeout
            No response in time; the association is aborted.
        AssociationAborted, AssociationReleased
            The peer ended it.
        """
        await self._turns.acquire()
        asked = self._requests[command["MessageID"]] = _Request(context.id)
        try:
            await self._send_request(asked, command, data)
            while True:
                while asked.came:
                    message = asked.came.popleft()
                    self._read_on()
                    yield message
                if asked.is_answered:
                    return
                if self._end is not None:
                    raise self._end
                asked.changed.clear()
                await asked.changed.wait()
        finally:
            asked.is_left = True
            asked.came.clear()
            self._read_on()

    async def _send_request(self, asked: _Request, command: Mapping[Any, Any], data: Buffer | None) -> None:
        try:
            if self._end is not None:
                raise self._end
            self._layer.send(asked.context_id, command, data, self._loop.time())
        except BaseException:
            self._over(command["MessageID"])
            raise
        self._watch()
        self._link.run()
        await self._link.drain()

    def _read_on(self) -> None:
        """Once somebody has taken responses."""
        if self._link.is_paused and not any(len(one.came) >= _MANY for one in self._requests.values()):
            self._link.resume_reading()
            self._watch()

    async def _ask(
        self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None
    ) -> Response:
        async for message in self.request(context, command, data):
            return response_of(message, context)
        raise error_of(None)
