"""One side of an association, without sockets, clocks and threads. PS3.8 §9.2.

The state machine stands in `states` as a table; here are its actions. Who uses it gives it the bytes that came, takes
the bytes that are to go, asks it for events and for the next deadline, and tells it the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import Buffer

from dicomet._native import pdu as native
from dicomet._native import receiver as received
from dicomet.errors import ProtocolError
from dicomet.net.dimse import NO_DATA_SET
from dicomet.net.events import (
    Aborted,
    AssociateRequested,
    Established,
    Event,
    LargeData,
    Message,
    Rejected,
    Released,
    ReleaseRequested,
)
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import PresentationContext, agreed, sendable_nbytes, window
from dicomet.net.pdus import (
    RELEASE_REQUEST,
    RELEASE_RESPONSE,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    decode_accept,
    decode_reject,
    decode_request,
    encode_abort,
)
from dicomet.net.states import ACTIONS, EVENTS, NEXT_STATES, STATES

_EVENT_OF_PDU = {1: 6, 2: 3, 3: 4, 4: 10, 5: 12, 6: 13, 7: 16}
_METHODS = {action: "_" + action.lower().replace("-", "_") for action in NEXT_STATES}
_INVALID, _UNEXPECTED = 6, 2  # reasons of an A-ABORT. PS3.8 Table 9-26
_OURS = 131072  # the longest PDU that we make of a long data set


class UpperLayer:
    """One side of an association.

    Every method that may start or end a time of waiting takes `now`, seconds on any clock that does not go back.
    After each call, `data_to_send` has what is to be written, and `wants_close` tells whether the connection is to be
    closed behind it.
    """

    def __init__(
        self,
        *,
        is_requestor: bool,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        refuse: Callable[[AssociateRequest], AssociateReject | None] | None = None,
    ) -> None:
        """Start in state 1.

        Parameters
        ----------
        is_requestor : bool
            Whether we ask for the association, or the peer does.
        limits : Limits, optional
        timeouts : Timeouts, optional
        refuse : callable, optional
            Tells why a request is not acceptable to the provider, before the user hears of it. AE-6.
        """
        self.is_requestor = is_requestor
        self.limits = limits or Limits()
        self.timeouts = timeouts or Timeouts()
        self.state = 1
        self.wants_close = False
        self.contexts: dict[int, PresentationContext] = {}
        self.request: AssociateRequest | None = None
        self.window = 1
        self.max_pdu_nbytes = 0
        self.deadlines: dict[str, float] = {}
        self.receiver = received.Receiver(
            pdu_nbytes=self.limits.pdu_nbytes,
            other_nbytes=self.limits.other_pdu_nbytes,
            command_nbytes=self.limits.command_nbytes,
            data_nbytes=self.limits.data_nbytes,
            held_nbytes=self.limits.held_nbytes,
            large_nbytes=self.limits.memory_nbytes,
        )
        self._refuse = refuse
        self._out: list[bytes | memoryview] = []
        self._events: deque[Event] = deque()
        self._command: dict[Any, Any] = {}
        self._now = 0.0
        self._reason = _UNEXPECTED  # of an A-ABORT that we send

    # What the user wants

    def associate(self, request: AssociateRequest, now: float) -> None:
        """Ask for an association. The connection is wanted next: call `connected`."""
        self.request = request
        self._on(1, now)

    def connected(self, now: float) -> None:
        """The connection is there."""
        if self.timeouts.whole:
            self.deadlines["whole"] = now + self.timeouts.whole
        self._on(2 if self.is_requestor else 5, now)

    def accept(self, accept: AssociateAccept, now: float) -> None:
        """Accept the association that was requested."""
        self._on(7, now, accept)

    def reject(self, reject: AssociateReject, now: float) -> None:
        """Reject it."""
        self._on(8, now, reject)

    def send(self, context_id: int, command: Mapping[Any, Any], data: Buffer | None, now: float) -> None:
        """Send a message, whose data set is borrowed until it was written.

        Raises
        ------
        ProtocolError
            Not in this state, or on a context that was not accepted.
        ValueError
            A data set of an odd number of bytes.
        """
        if context_id not in self.contexts:
            raise ProtocolError(f"presentation context {context_id} was not accepted", clause="PS3.8 §7.1")
        if data is not None and memoryview(data).nbytes % 2:
            raise ValueError("PS3.5 §7.1.1: a data set of an odd number of bytes")
        pieces = native.message(context_id, native.encode_command(command), data, self.max_pdu_nbytes)
        self._on(9, now, pieces)

    def send_command(self, context_id: int, command: Mapping[Any, Any], now: float) -> None:
        """Send the command set of a message whose data set follows by `send_data`."""
        if context_id not in self.contexts:
            raise ProtocolError(f"presentation context {context_id} was not accepted", clause="PS3.8 §7.1")
        self._on(9, now, native.message(context_id, native.encode_command(command), None, self.max_pdu_nbytes))

    def send_data(self, context_id: int, data: Buffer, *, is_last: bool, now: float) -> None:
        """Send a stretch of an even number of bytes of that data set."""
        self._on(9, now, native.fragments(context_id, data, is_last, self.max_pdu_nbytes))

    def release(self, now: float) -> None:
        """Ask for an orderly end."""
        self._on(11, now)

    def confirm_release(self, now: float) -> None:
        """Agree to the end that the peer asked for."""
        self._on(14, now)

    def abort(self, now: float) -> None:
        """End it at once. Nothing happens where there is nothing to be ended."""
        if (15, self.state) in ACTIONS:
            self._on(15, now)
        elif self.state in (2, 13):
            self.wants_close = True

    def sink(self, fd: int) -> None:
        """Let the data set of which `LargeData` was told go to a file; the descriptor stays the caller's."""
        self.receiver.sink(fd)

    # What the network brings

    def receive_data(self, data: Buffer, now: float) -> list[Event]:
        """Take bytes that came, in any pieces, and give all events they make. For who does not receive in place."""
        found: list[Event] = []
        view, at = memoryview(data).cast("B"), 0
        while at < len(view):
            at += self.receiver.put(view, at)
            while (event := self.next_event(now)) is not None:
                found.append(event)
        return found

    def closed(self, now: float) -> None:
        """The connection was closed, or broke."""
        self._on(17, now)

    def next_event(self, now: float) -> Event | None:
        """What happened next, or None once all bytes were looked at."""
        events, receiver = self._events, self.receiver
        while not events:
            kind = receiver.next()
            if kind == received.NOTHING:
                self._watch(now)
                return None
            self.take(kind, now)
        return events.popleft()

    def take(self, kind: int, now: float) -> None:
        """Make events of what the receiver tells: for who has asked it in our stead."""
        receiver = self.receiver
        if kind == received.COMMAND:
            self._take_command(now)
        elif kind == received.DATA:
            self._take_data()
        elif kind == received.PDU:
            self._take_pdu(receiver.type, now)
        elif kind == received.LARGE:
            self._events.append(LargeData(receiver.context, self._command))
        else:
            self._fault(receiver.fault, now)

    def told(self) -> Event | None:
        """What `take` has made an event of; None where that is all."""
        return self._events.popleft() if self._events else None

    def tell_again(self, event: Event) -> None:
        """Give an event back: it is the next one."""
        self._events.appendleft(event)

    def recall_command(self) -> None:
        """Read the command set of the message that is being received: for who let another deal with it."""
        self._command = native.decode_command(self.receiver.command)

    @property
    def is_inside(self) -> bool:
        """Whether a PDU or a message has begun and not ended: more is sure to come."""
        return self.receiver.is_inside

    # Time and output

    def data_to_send(self) -> list[bytes | memoryview]:
        """The pieces that are to be written next, in one gathered write."""
        out, self._out = self._out, []
        return out

    def next_deadline(self) -> float | None:
        """When `expire` is to be called, unless something happens before."""
        return min(self.deadlines.values(), default=None)

    def expire(self, now: float) -> None:
        """Do what is to be done at a deadline that has passed: the association does not go on."""
        due = [name for name, deadline in self.deadlines.items() if deadline <= now]
        for name in due:
            self.deadlines.pop(name, None)
        if "artim" in due:
            self._on(18, now)
        elif due and (15, self.state) in ACTIONS:
            self._on(15, now)
            self._events.append(Aborted(0, 0, is_ours=True, why=f"waited too long: {due[0]}"))

    def wait(self, name: str, seconds: float, now: float) -> None:
        """Set a deadline of the user's own, such as that of a response; 0 takes it away."""
        if seconds:
            self.deadlines[name] = now + seconds
        else:
            self.deadlines.pop(name, None)

    def _watch(self, now: float) -> None:
        """What is waited for after bytes were looked at."""
        if self.state != 6:
            return
        one, other, seconds = (
            ("pdu", "idle", self.timeouts.pdu) if self.is_inside else ("idle", "pdu", self.timeouts.idle)
        )
        self.deadlines.pop(other, None)
        if seconds:
            self.deadlines[one] = now + seconds

    # PDUs

    def _take_command(self, now: float) -> None:
        try:
            command = native.decode_command(self.receiver.command)
        except ProtocolError:
            self._fault(_INVALID, now)
            return
        kind = command.get("CommandDataSetType")
        if not isinstance(kind, int) or not isinstance(command.get("CommandField"), int):
            self._fault(_INVALID, now)
            return
        has_data = kind != NO_DATA_SET
        self.receiver.expect(has_data)
        self._command = command
        if not has_data:
            self._events.append(Message(self.receiver.context, command, None))

    def _take_data(self) -> None:
        receiver = self.receiver
        self._events.append(
            Message(receiver.context, self._command, receiver.take(), receiver.is_too_long, receiver.sink_errno)
        )

    def _take_pdu(self, kind: int, now: float) -> None:
        body = self.receiver.body if kind != 4 else b""
        self._reason = _UNEXPECTED
        payload: Any = body
        try:
            if kind == 1 and self.state == 2:
                payload = decode_request(body)
            elif kind == 2 and self.state == 5:
                payload = decode_accept(body)
        except ProtocolError:
            self._fault(_INVALID, now)
            return
        self._on(_EVENT_OF_PDU[kind], now, payload)

    def _fault(self, reason: int, now: float) -> None:
        self._reason = reason
        self._on(19, now)

    # The state machine

    def _on(self, event: int, now: float, payload: Any = None) -> None:
        action = ACTIONS.get((event, self.state))
        if action is None:
            if event in (3, 4, 6, 10, 12, 13, 16, 17, 19):
                return
            raise ProtocolError(
                f"{EVENTS[event]}, in state {self.state} ({STATES[self.state]})", clause="PS3.8 Table 9-10"
            )
        self._now = now
        getattr(self, _METHODS[action])(payload)

    def _go(self, state: int) -> None:
        """To a state; `artim` and the waiting for answers go by it."""
        self.state = state
        self.receiver.wants_data = state in (6, 7)
        deadlines = self.deadlines
        for name in ("artim", "associate", "idle", "pdu"):
            deadlines.pop(name, None)
        if state in (2, 13):
            self.wait("artim", self.timeouts.artim, self._now)
        elif state in (5, 7, 10, 11):
            self.wait("associate", self.timeouts.associate, self._now)
        elif state == 6:
            self.wait("idle", self.timeouts.idle, self._now)
        elif state == 1:
            deadlines.clear()

    def _close(self) -> None:
        self.wants_close = True
        self._go(1)

    def _establish(self, accept: AssociateAccept) -> None:
        assert self.request is not None
        theirs = accept.user if self.is_requestor else self.request.user
        self.contexts = agreed(self.request, accept, is_requestor=self.is_requestor)
        self.max_pdu_nbytes = sendable_nbytes(theirs.max_pdu_nbytes, _OURS)
        self.window = window(self.request, accept, is_requestor=self.is_requestor)
        self.receiver.accept(self.contexts)

    def _ae_1(self, _: None) -> None:
        self._go(4)

    def _ae_2(self, _: None) -> None:
        assert self.request is not None
        self._out.append(self.request.encode())
        self._go(5)

    def _ae_3(self, accept: AssociateAccept) -> None:
        self._establish(accept)
        self._go(6)
        self._events.append(Established(accept))

    def _ae_4(self, body: bytes) -> None:
        self._events.append(Rejected(decode_reject(body)))
        self._close()

    def _ae_5(self, _: None) -> None:
        self._go(2)

    def _ae_6(self, request: AssociateRequest) -> None:
        self.request = request
        reject = self._refuse(request) if self._refuse else None
        if reject is not None:
            self._out.append(reject.encode())
            self._go(13)
            return
        self._go(3)
        self._events.append(AssociateRequested(request))

    def _ae_7(self, accept: AssociateAccept) -> None:
        self._out.append(accept.encode())
        self._establish(accept)
        self._go(6)

    def _ae_8(self, reject: AssociateReject) -> None:
        self._out.append(reject.encode())
        self._go(13)

    def _dt_1(self, pieces: list[bytes | memoryview]) -> None:
        self._out += pieces

    def _dt_2(self, _: object) -> None:
        """What P-DATA-TF brings is told message by message, in `next_event`."""

    def _ar_1(self, _: None) -> None:
        self._out.append(RELEASE_REQUEST)
        self._go(7)

    def _ar_2(self, _: object) -> None:
        self._go(8)
        self._events.append(ReleaseRequested())

    def _ar_3(self, _: object) -> None:
        self._events.append(Released())
        self._close()

    def _ar_4(self, _: None) -> None:
        self._out.append(RELEASE_RESPONSE)
        self._go(13)

    def _ar_5(self, _: None) -> None:
        self._go(1)

    _ar_6 = _dt_2
    _ar_7 = _dt_1

    def _ar_8(self, _: object) -> None:
        self._go(9 if self.is_requestor else 10)
        self._events.append(ReleaseRequested())

    def _ar_9(self, _: None) -> None:
        self._out.append(RELEASE_RESPONSE)
        self._go(11)

    def _ar_10(self, _: object) -> None:
        self._go(12)
        self._events.append(Released())

    def _aa_1(self, _: object) -> None:
        self._out.append(encode_abort(0, 0))
        self._go(13)

    def _aa_2(self, _: object) -> None:
        self._close()

    def _aa_3(self, body: bytes) -> None:
        self._events.append(Aborted(body[2], body[3]))
        self._close()

    def _aa_4(self, _: None) -> None:
        self._events.append(Aborted(None, None, why="the connection was closed"))
        self._go(1)

    def _aa_5(self, _: None) -> None:
        self._go(1)

    def _aa_6(self, _: object) -> None:
        """A PDU that comes too late does not count."""

    def _aa_7(self, _: object) -> None:
        self._out.append(encode_abort(2, self._reason))
        self._go(13)

    def _aa_8(self, _: object) -> None:
        self._out.append(encode_abort(2, self._reason))
        self._events.append(Aborted(2, self._reason, is_ours=True, why="the peer sent what it may not"))
        self._go(13)
