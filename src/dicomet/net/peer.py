"""An association that was asked of us: requests come, and are answered one after another. PS3.7 §9, §10; PS3.8 §7.

Reading and protocol are done on the loop. Handlers that are coroutine functions run there as well, others in threads,
so that a slow one keeps nobody else waiting. Who stores or echoes gets a thread while that comes: see `turn`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any, Protocol, cast

from dicomet._native.takefiles import Taker
from dicomet.net import evt
from dicomet.net.dimse import Operation, is_response, operation_of, response
from dicomet.net.events import Aborted, AssociateRequested, LargeData, Message, ReleaseRequested
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import (
    BY_ACSE,
    BY_PRESENTATION,
    BY_USER,
    PERMANENT,
    TRANSIENT,
    Policy,
    PresentationContext,
    Reply,
    answer,
    refusal,
)
from dicomet.net.pdus import AssociateReject, AssociateRequest
from dicomet.net.secured import Secured
from dicomet.net.tls import is_of
from dicomet.net.transport import acknowledge_quickly, set_options
from dicomet.net.turn import Turn, taker_of
from dicomet.net.upperlayer import UpperLayer

log = logging.getLogger("dicomet.net")

SUCCESS, PROCESSING_FAILURE, UNRECOGNIZED_OPERATION, OUT_OF_RESOURCES = 0x0000, 0x0110, 0x0211, 0xA700
_TLS_NBYTES = 1 << 16  # taken at a time
_MAX_WAITING = 8  # messages of an association that came while another is handled, before no more are read
_MAX_WAITING_NBYTES = 1 << 20  # of their data sets


@dataclass(frozen=True, slots=True)
class Serving:
    """How a server answers: made by `AE.serving`, never changed."""

    policy: Policy
    ae_title: str
    limits: Limits
    timeouts: Timeouts
    maximum: int
    maximum_of_peer: int
    handlers: Mapping[Any, Callable[..., Any]] = field(default_factory=dict)
    storage: Any = None
    bind_titles: bool = False
    """Whether the calling AE title must be a name in the peer's certificate."""


class Host(Protocol):
    """What an association wants of its server."""

    serving: Serving
    tls: ssl.SSLContext | None
    is_stopping: bool

    def welcome(self, peer: Peer) -> bool:
        """Count a connection; False if there are far too many, or the server stops."""
        ...

    def farewell(self, peer: Peer) -> None:
        """A connection has ended."""
        ...

    def is_full(self, peer: Peer) -> bool:
        """Whether there are as many associations as are allowed."""
        ...

    async def in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run something in a thread, and give what it returns."""
        ...

    def is_wanted(self) -> bool:
        """Whether a thread is to be given back."""
        ...


class Peer(asyncio.BufferedProtocol):
    """An association that was asked of us.

    Attributes
    ----------
    request : AssociateRequest or None
    peer : tuple
        Address of the requestor.
    """

    def __init__(self, server: Host) -> None:
        self.server = server
        self.serving = server.serving
        self.layer = UpperLayer(
            is_requestor=False, limits=self.serving.limits, timeouts=self.serving.timeouts, refuse=self._refuse
        )
        self.peer: tuple[Any, ...] = ()
        self.canceled: set[int] = set()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._secured = None if server.tls is None else Secured(server.tls)
        self._room = bytearray()  # for what is secured: there once something came
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[Message, Any]] = deque()  # with what `storage` keeps of them
        self._is_released = False  # the peer wants no more
        self._is_full = False  # more is to be written than the peer reads
        self._incoming: Any = None  # what `storage` keeps for the data set that is being received
        self._turn: Turn | None = None  # in a thread, whose the association is then
        self._taker: Taker | None = None
        self._has_echoed = False

    @property
    def request(self) -> AssociateRequest | None:
        """What the peer asked for."""
        return self.layer.request

    @property
    def certificate(self) -> dict[str, Any] | None:
        """The peer's certificate, as `ssl.SSLSocket.getpeercert` gives it; None without."""
        return None if self._secured is None else self._secured.certificate

    def abort(self) -> None:
        """End it at once: what a handler answers then is not sent. From any thread. PS3.8 §7.3."""
        if self._turn is not None and self._turn.is_mine:
            self.layer.abort(time.monotonic())
        else:
            self._loop.call_soon_threadsafe(self.stop)

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.peer = transport.get_extra_info("peername") or ()
        self._socket = transport.get_extra_info("socket")
        if self._socket is not None:
            set_options(self._socket)
        if not self.server.welcome(self):
            self._transport.abort()
            return
        self.layer.connected(self._loop.time())
        self._watch()

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._secured is None:
            return self.layer.receiver.space()
        if not self._room:
            self._room = bytearray(_TLS_NBYTES)
        return memoryview(self._room)

    def buffer_updated(self, nbytes: int) -> None:
        if self._secured is None:
            self.layer.receiver.took(nbytes)
        else:
            self._secured.put(memoryview(self._room)[:nbytes])
        self._run()
        if self.layer.is_inside and self._socket is not None and self._transport is not None:
            acknowledge_quickly(self._socket)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        """The peer does not read: what it asks for is not read either."""
        self._is_full = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        self._resume()

    def _resume(self) -> None:
        if self._turn is not None or self._is_full or self._is_behind():
            return
        if self._transport is not None:
            self._transport.resume_reading()

    def _is_behind(self) -> bool:
        """Whether enough waits for an answer, so that no more is read."""
        nbytes = sum(len(message.data) for message, _ in self._waiting if message.data is not None)
        return len(self._waiting) >= _MAX_WAITING or nbytes > _MAX_WAITING_NBYTES

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._turn is not None:
            self._turn.stop()
            return
        self._end()

    def stop(self, *, after_turn: bool = False) -> None:
        """Abort, and close; if told so after the turn that a thread has, which ends by itself when the server stops."""
        if self._transport is None:
            return
        if self._turn is not None:
            if not after_turn:
                self._transport.abort()
            return
        self.layer.abort(self._loop.time())
        self._flush()
        self._close()

    def break_off(self) -> None:
        """Close the connection, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _close(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._secured is not None:
            self._secured.end()
            self._transport.write(self._secured.to_send())
        self._transport.close()

    def _end(self) -> None:
        """The connection is no more."""
        self.layer.closed(self._loop.time())
        self._run()
        if self._timer is not None:
            self._timer.cancel()
        for incoming in (self._incoming, *(one for _, one in self._waiting)):
            if incoming is not None:
                incoming.give_up()
        self._incoming = None
        self._waiting.clear()
        self.server.farewell(self)
        self._notify(evt.EVT_CONN_CLOSE)

    def _flush(self) -> None:
        pieces = self.layer.data_to_send()
        if self._transport is None:
            return
        if self._secured is not None:
            self._secured.write(pieces)
            pieces = [encrypted] if (encrypted := self._secured.to_send()) else []
        if len(pieces) == 1:
            self._transport.write(pieces[0])
        elif pieces:
            self._transport.writelines(pieces)
        if self.layer.wants_close:
            self._close()

    # Time: one timer, which is set anew when it has run, not whenever something came

    def _watch(self) -> None:
        deadline = self.layer.next_deadline()
        if deadline is None or self._transport is None:
            return
        if self._timer is not None:
            if self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._turn is not None:
            return
        now = self._loop.time()
        deadline = self.layer.next_deadline()
        if deadline is not None and deadline <= now:
            self.layer.expire(now)
            self._run()
        self._watch()

    # Events

    def _run(self) -> None:
        layer, now = self.layer, self._loop.time()
        while self._turn is None:
            event = layer.next_event(now)
            if type(event) is Message:
                self._take(event)
            elif event is not None:
                self._handle(event, now)
            elif not self._decrypt():
                break
        if self._turn is None:
            self._flush()
            self._watch()

    def _decrypt(self) -> bool:
        """Whether more came, under TLS."""
        if self._secured is None or self._transport is None or self._transport.is_closing():
            return False
        receiver = self.layer.receiver
        try:
            nbytes = self._secured.read_into(receiver.space())
        except ssl.SSLError as error:
            log.info("no TLS with %s: %s", self._name(), error.reason or error)
            self._transport.write(self._secured.to_send())
            self._transport.close()
            return False
        receiver.took(nbytes)
        if self._secured.is_ended:
            self._close()
        return nbytes > 0

    def _handle(self, event: object, now: float) -> None:
        if isinstance(event, LargeData):
            if self.serving.storage is not None and operation_of(event.command) == Operation.C_STORE:
                self._incoming = self._open_file(self.layer.contexts[event.context_id], event.command)
                if self._incoming is not None:
                    self.layer.sink(self._incoming.fd)
        elif isinstance(event, AssociateRequested):
            self._answer(event.request, now)
        elif isinstance(event, ReleaseRequested):
            self._is_released = True
            self._release(now)
        elif isinstance(event, Aborted):
            log.info("%s aborted: %s", self._name(), event.why or f"source {event.source}, reason {event.reason}")
            self._notify(evt.EVT_ABORTED)

    def _release(self, now: float) -> None:
        """Agree to the end, once all that was asked for before is answered."""
        if self._is_released and self._task is None and self.layer.state in (8, 9, 12):
            self.layer.confirm_release(now)
            self._notify(evt.EVT_RELEASED)

    def _name(self) -> str:
        calling = self.request.calling if self.request else "?"
        return f"{calling!r} at {self.peer[0] if self.peer else '?'}"

    def _refuse(self, request: AssociateRequest) -> AssociateReject | None:
        """What the provider itself does not take. PS3.8 Table 9-21."""
        if not request.protocol_version & 1:
            return AssociateReject(PERMANENT, BY_ACSE, 2)
        if self.server.is_full(self):
            return AssociateReject(TRANSIENT, BY_PRESENTATION, 2)
        return None

    def _answer(self, request: AssociateRequest, now: float) -> None:
        reject = refusal(request, self.serving.policy)
        if reject is None and self.serving.bind_titles and not is_of(self.certificate, request.calling):
            reject = AssociateReject(PERMANENT, BY_USER, 3)
        handler = self.serving.handlers.get(evt.EVT_REQUESTED)
        said = None
        if reject is None and handler is not None:
            try:
                said = handler(self)
            except Exception:
                log.exception("the handler of a request by %s failed", self._name())
                said = AssociateReject(PERMANENT, BY_USER, 1)
            reject = said if isinstance(said, AssociateReject) else None
        if reject is not None:
            log.info("%s rejected: source %d, reason %d", self._name(), reject.source, reject.reason)
            self.layer.reject(reject, now)
            return
        reply = said if isinstance(said, Reply) else None
        self.layer.accept(answer(request, self.serving.policy, reply), now)
        self._notify(evt.EVT_ACCEPTED)

    def _notify(self, name: str) -> None:
        handler = self.serving.handlers.get(name)
        if handler is None:
            return
        try:
            handler(self)
        except Exception:
            log.exception("the handler of %r failed, for %s", name, self._name())

    # Messages: one after another, in the order in which they came

    def _take(self, message: Message) -> None:
        if message.command["CommandField"] == Operation.C_CANCEL:
            self.canceled.add(message.command.get("MessageIDBeingRespondedTo", 0))
            return
        if is_response(message.command):
            return
        incoming, self._incoming = self._incoming, None
        if self._task is None:
            self._perform(message, incoming)
            return
        self._waiting.append((message, incoming))
        if self._is_behind() and self._transport is not None:
            self._transport.pause_reading()

    def _perform(self, message: Message, incoming: Any) -> None:
        """Answer a request at once if that needs no handler, else start one."""
        command = message.command
        context = self.layer.contexts[message.context_id]
        operation = operation_of(command)
        handler = self.serving.handlers.get(operation) if operation is not None else None
        if self._wants_turn(operation, handler):
            self._begin_turn(message, incoming)
            return
        if message.is_too_long:
            self._respond(context, command, OUT_OF_RESOURCES)
        elif handler is not None:
            event = evt.Event(self, context, command, message.data)
            self._task = self._loop.create_task(self._call(handler, event))
        else:
            self._respond(context, command, SUCCESS if operation == Operation.C_ECHO else UNRECOGNIZED_OPERATION)

    async def _call(self, handler: Callable[[evt.Event], Any], event: evt.Event) -> None:
        try:
            if iscoroutinefunction(handler):
                said = await handler(event)
            else:
                said = await self.server.in_thread(handler, event)
            self._respond(event.context, event.command, said)
        except Exception:
            log.exception("the handler of %s failed", self._name())
            self._respond(event.context, event.command, PROCESSING_FAILURE)
        self._task = None
        self._go_on()

    def _go_on(self) -> None:
        """What had to wait for an answer."""
        while self._waiting and self._task is None:
            self._perform(*self._waiting.popleft())
        if self._turn is None:
            self._release(self._loop.time())
            self._run()
            self._resume()

    # A thread's turn

    def _wants_turn(self, operation: Operation | None, handler: Callable[..., Any] | None) -> bool:
        """Whether more of that is likely to come: it is for C-STORE, and for C-ECHO from the second one on."""
        if operation == Operation.C_ECHO and handler is None:
            has_echoed, self._has_echoed = self._has_echoed, True
            return has_echoed
        if operation != Operation.C_STORE:
            return False
        return self.serving.storage is not None or (handler is not None and not iscoroutinefunction(handler))

    def _begin_turn(self, message: Message, incoming: Any) -> None:
        if self._transport is None:
            return
        self._transport.pause_reading()
        is_alone = not self._waiting and not self._transport.get_write_buffer_size()
        if self._taker is None:
            echoes = evt.EVT_C_ECHO not in self.serving.handlers
            self._taker = taker_of(self, self.serving.storage, echoes=echoes)
        self._turn = Turn(
            self.layer,
            self._taker,
            self._socket if is_alone else None,
            self._secured,
            self._answer_in_thread,
            self._open_file,
            lambda: self.server.is_wanted() or self._is_over(),
        )
        self._task = self._loop.create_task(self._take_turn(self._turn, message, incoming))

    async def _take_turn(self, turn: Turn, message: Message, incoming: Any) -> None:
        try:
            await self.server.in_thread(turn.run, message, incoming)
        except asyncio.CancelledError:
            turn.give_up(incoming)
            raise
        except Exception:
            log.exception("what %s sent could not be stored", self._name())
            turn.is_broken = True
        self._turn = self._task = None
        self._incoming = turn.incoming
        if self._transport is None:
            self._end()
        elif turn.is_broken:
            self._transport.abort()
        elif self.server.is_stopping:
            self.stop()
        else:
            if self._is_over():
                self.layer.expire(time.monotonic())
            self._go_on()

    def _is_over(self) -> bool:
        """Whether the association has had its time; a clock of the loop stands still while others look."""
        end = self.layer.deadlines.get("whole")
        return end is not None and end <= time.monotonic()

    def _open_file(self, context: PresentationContext, command: dict[Any, Any]) -> Any:
        return None if self.serving.storage is None else self.serving.storage.open(self, context, command)

    def _answer_in_thread(self, message: Message, incoming: Any) -> None:
        """Answer a C-STORE, or a C-ECHO."""
        context, serving = self.layer.contexts[message.context_id], self.serving
        try:
            if operation_of(message.command) == Operation.C_ECHO:
                said = SUCCESS
            elif serving.storage is not None:
                said = serving.storage.store(self, context, message, incoming)
            elif message.is_too_long:
                said = OUT_OF_RESOURCES
            else:
                handler = serving.handlers[Operation.C_STORE]
                said = handler(evt.Event(self, context, message.command, message.data))
            self._respond(context, message.command, said)
        except Exception:
            log.exception("storing what %s sent failed", self._name())
            self._respond(context, message.command, PROCESSING_FAILURE)

    def _respond(self, context: PresentationContext, command: Mapping[Any, Any], said: Any) -> None:
        """Send a response. `said`: a status, or elements of the command set as a mapping; either with a data set."""
        if self.layer.state not in (6, 8):
            return
        dataset = None
        if isinstance(said, tuple):
            said, dataset = said
        others = dict(said) if isinstance(said, Mapping) else {"Status": int(said)}
        status = others.pop("Status")
        data = None
        if dataset is not None:
            from dicomet.net.datasets import encode

            data = encode(dataset, context.transfer_syntax)
        answer = response(command, status, has_data=data is not None, **others)
        self.layer.send(context.id, answer, data, self._loop.time())
