"""An association as its requestor uses it, blocking. PS3.7 §9, §10; PS3.8 §7."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from typing_extensions import Buffer

from dicomet._native import sendfiles
from dicomet.errors import (
    AssociationAborted,
    AssociationRejected,
    AssociationReleased,
    NetworkError,
    NetworkTimeout,
    ProtocolError,
)
from dicomet.net.dimse import Operation, Response, is_response, response
from dicomet.net.events import Aborted, Established, Event, LargeData, Message, Rejected, Released, ReleaseRequested
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import REJECTIONS, PresentationContext
from dicomet.net.pdus import AssociateAccept, AssociateReject, AssociateRequest
from dicomet.net.requesting import Requesting, response_of
from dicomet.net.tls import is_of
from dicomet.net.transport import Connection, refuse_iscl
from dicomet.net.upperlayer import UpperLayer

_UNRECOGNIZED_OPERATION = 0x0211
_NATIVE_MS = 200  # of native work, before an interruption is looked for

Answered = tuple[int, str, Message | None]
"""A file by its place, the SOP instance in it, and the response if that was no plain success."""


class Association(Requesting[Response]):
    """An association that we asked for. Used by one thread at a time.

    Made by `AE.associate`. Leaving a ``with`` block releases it, or aborts it where an exception leaves the block.

    Attributes
    ----------
    accept : AssociateAccept
        What the acceptor said.
    """

    def __init__(self, connection: Connection, accept: AssociateAccept) -> None:
        super().__init__(connection.layer.contexts.values())
        self._connection = connection
        self._layer = connection.layer
        self.accept = accept
        self._sender: sendfiles.Sender | None = None

    @classmethod
    def open(
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
        """Connect, and ask.

        Raises
        ------
        NetworkError
            No connection, or one that broke; no TLS with that peer.
        NetworkTimeout
            No connection or no answer in time.
        AssociationRejected
        AssociationAborted
        """
        refuse_iscl(address[1])
        layer = UpperLayer(is_requestor=True, limits=limits, timeouts=timeouts)
        layer.associate(asked, time.monotonic())
        connected = _connect(address, timeouts.connect, bind, context, hostname)
        connection = Connection(connected, layer)
        if is_bound and not (isinstance(connected, ssl.SSLSocket) and is_of(connected.getpeercert(), asked.called)):
            connection.close()
            raise NetworkError(f"the peer's certificate is not that of {asked.called!r}", clause="PS3.15 §B.9")
        layer.connected(time.monotonic())
        connection.flush()
        event = connection.next_event()
        if isinstance(event, Established):
            return cls(connection, event.accept)
        connection.close()
        raise rejection_of(event.reject) if isinstance(event, Rejected) else error_of(event)

    # Life

    @property
    def is_established(self) -> bool:
        """Whether messages can be sent."""
        return self._layer.state == 6

    def release(self) -> None:
        """End it in order. Nothing happens if it has ended. `NetworkTimeout` if the peer does not agree in time."""
        if self._layer.state != 6:
            self._connection.close()
            return
        self._layer.release(time.monotonic())
        self._connection.flush()
        try:
            while (event := self._connection.next_event()) is not None:
                if isinstance(event, ReleaseRequested):  # at the same time
                    self._layer.confirm_release(time.monotonic())
                    self._connection.flush()
                elif isinstance(event, Aborted):
                    if event.why.startswith("waited"):
                        raise NetworkTimeout("the peer did not answer the release")
                    return
                elif isinstance(event, Released):
                    if self._layer.state == 12:
                        self._layer.confirm_release(time.monotonic())
                        self._connection.flush()
                    return
        finally:
            self._connection.close()

    def abort(self) -> None:
        """End it at once. Nothing happens if it has ended."""
        self._layer.abort(time.monotonic())
        with contextlib.suppress(NetworkError):
            self._connection.flush()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.release()
        else:
            self.abort()

    # Messages

    def send(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> None:
        """Send a message, in one gathered write. The data set is as encoded in the context's transfer syntax."""
        try:
            self._layer.send(context.id, command, data, time.monotonic())
        except ProtocolError:
            if self._layer.state == 6:
                raise
            raise self._ended() from None
        self._connection.flush()

    def send_streamed(
        self, context: PresentationContext, command: Mapping[Any, Any], pieces: Iterator[tuple[Buffer, bool]]
    ) -> None:
        """Send a message whose data set comes in stretches of even length; the flag of the last one is true."""
        self._layer.send_command(context.id, command, time.monotonic())
        for piece, is_last in pieces:
            self._layer.send_data(context.id, piece, is_last=is_last, now=time.monotonic())
            self._connection.flush()

    def responses(self, message_id: int, context: PresentationContext) -> Iterator[Message]:
        """The responses to a request, pending ones first, until the last.

        Raises
        ------
        NetworkTimeout
            No response in time; the association is aborted.
        AssociationAborted, AssociationReleased
            The peer ended it.
        """
        layer = self._layer
        while True:
            layer.wait("response", layer.timeouts.response, time.monotonic())
            event = self._next_event()
            if not isinstance(event, Message):
                continue
            if not is_response(event.command):
                self._refuse(event)
                continue
            if event.command.get("MessageIDBeingRespondedTo") != message_id or event.context_id != context.id:
                raise self._unasked()
            layer.wait("response", 0, 0)
            yield event
            if event.command.get("Status") not in (0xFF00, 0xFF01):
                return

    def exchange(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> Message:
        """Send a request, and wait for its only response."""
        self.send(context, command, data)
        return next(self.responses(command["MessageID"], context))

    def send_natively(self, paths: list[str]) -> Iterator[list[Answered]]:
        """C-STORE of files without the GIL, as many at a time as was negotiated.

        Ends once all are answered, or before one that is unusual, of which nothing was sent: see `nsent_natively`.

        Yields
        ------
        list of (int, str, Message or None)
            Which files were answered, by their places among the paths, the SOP instances in them, and with what; None:
            with success.

        Raises
        ------
        NetworkError
            The association has ended; what was not yielded was not answered. As `responses`.
        """
        connection, layer = self._connection, self._layer
        if self._sender is None:
            usable = [one for one in self.accepted_contexts if one.as_scu]
            self._sender = sendfiles.Sender(
                layer.receiver,
                [(one.abstract_syntax, one.transfer_syntax, one.id) for one in usable],
                layer.max_pdu_nbytes,
                window=layer.window,
                is_apart=not connection.is_plain,
            )
        if layer.state != 6 or not connection.is_open:
            raise self._ended()
        sender = self._sender
        sender.begin(
            connection.fileno(),
            paths,
            message_id=self._message_id,
            write_seconds=layer.timeouts.pdu,
            read_seconds=layer.timeouts.response,
        )
        while True:
            end = sender.send(_NATIVE_MS)
            self._message_id = sender.message_id
            if done := sender.take_done():
                yield [(*one, None) for one in done]
            if end == sendfiles.WRITE:
                connection.write([sender.out])
            elif end == sendfiles.READ:
                self._read_natively()
            elif end == sendfiles.ANSWER:
                yield [self._answer_natively(sender)]
            elif end == sendfiles.UNUSUAL or (end == sendfiles.DONE and sender.nsent == len(paths)):
                return
            elif end != sendfiles.DONE:
                raise self._failed_natively(end)

    @property
    def nsent_natively(self) -> int:
        """Files that `send_natively` sent: the place of the first one that it did not."""
        return self._sender.nsent if self._sender is not None else 0

    def _read_natively(self) -> None:
        """Wait for bytes, which are looked at natively."""
        layer = self._layer
        layer.wait("response", layer.timeouts.response, time.monotonic())
        self._connection.receive()
        if not self._connection.is_open or layer.state != 6:
            raise self._ended()
        layer.wait("response", 0, 0)

    def _answer_natively(self, sender: sendfiles.Sender) -> Answered:
        """What came that was no plain success, and the file it answers."""
        layer = self._layer
        layer.take(sender.event, time.monotonic())
        layer.wait("response", layer.timeouts.response, time.monotonic())
        while not isinstance(event := self._next_event(), Message) or not is_response(event.command):
            if isinstance(event, Message):
                self._refuse(event)
        layer.wait("response", 0, 0)
        file = sender.answered(event.command.get("MessageIDBeingRespondedTo", 0), event.context_id)
        if file is None:
            raise self._unasked()
        return *file, event

    def _failed_natively(self, end: int) -> NetworkError:
        layer, now = self._layer, time.monotonic()
        if end == sendfiles.SHORT:
            self.abort()
            return NetworkError("a file was cut while it was sent")
        if end == sendfiles.TIMEOUT:
            layer.wait("response", 1e-9, now - 1)
            layer.expire(now)
        else:
            layer.closed(now)
        return self._ended()

    def _unasked(self) -> ProtocolError:
        self.abort()
        return ProtocolError("a response to a request that was not sent", clause="PS3.7 §9.1")

    def _ask(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> Response:
        return response_of(self.exchange(context, command, data), context)

    def _refuse(self, message: Message) -> None:
        """What a peer asks of us that we do not do."""
        if message.command.get("CommandField") == Operation.C_CANCEL:
            return
        self._layer.send(message.context_id, response(message.command, _UNRECOGNIZED_OPERATION), None, time.monotonic())
        self._connection.flush()

    def _next_event(self) -> Event:
        event = self._connection.next_event()
        if isinstance(event, Message | LargeData):
            return event
        if isinstance(event, ReleaseRequested):
            self._layer.confirm_release(time.monotonic())
            self._connection.flush()
        self._connection.close()
        raise error_of(event)

    def _ended(self) -> NetworkError:
        """Why there is no association any more."""
        event = self._connection.next_event()
        self._connection.close()
        return error_of(event)


def _connect(
    address: tuple[str, int],
    seconds: float,
    bind: tuple[str, int] | None,
    context: ssl.SSLContext | None,
    hostname: str | None,
) -> socket.socket:
    try:
        connected = socket.create_connection(address, seconds or None, bind)
    except TimeoutError:
        raise NetworkTimeout(f"no connection to {address[0]}:{address[1]} in time") from None
    except OSError as error:
        raise NetworkError(f"no connection to {address[0]}:{address[1]}: {error.strerror or error}") from error
    if context is None:
        return connected
    try:
        return context.wrap_socket(connected, server_hostname=hostname or address[0])
    except TimeoutError:
        connected.close()
        raise NetworkTimeout(f"no TLS with {address[0]}:{address[1]} in time") from None
    except OSError as error:
        connected.close()
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or error.strerror or error
        raise NetworkError(f"no TLS with {address[0]}:{address[1]}: {reason}", clause="PS3.15 §B") from error


def rejection_of(reject: AssociateReject) -> AssociationRejected:
    """What an A-ASSOCIATE-RJ is for its user."""
    why = REJECTIONS.get((reject.source, reject.reason), f"reason {reject.reason}")
    kind = "for now" if reject.result == 2 else "for good"
    return AssociationRejected(
        f"rejected {kind}: {why}", result=reject.result, source=reject.source, reason=reject.reason
    )


def error_of(event: object) -> NetworkError:
    """What an event that ends an association is for its user."""
    if isinstance(event, Aborted):
        if event.why.startswith("waited"):
            return NetworkTimeout(event.why)
        who = {0: "by the peer's user", 2: "by the provider"}.get(event.source or 0, "")
        if event.source is None:
            return AssociationAborted(event.why)
        said = f": {event.why}" if event.why else ""
        return AssociationAborted(f"aborted {who}{said}", source=event.source, reason=event.reason)
    if isinstance(event, ReleaseRequested):
        return AssociationReleased("released by the peer", clause="PS3.8 §7.2")
    return AssociationAborted("the association has ended")
