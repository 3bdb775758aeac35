"""A thread's turn at an association: C-STORE and C-ECHO are answered as they come. PS3.7 §9.1.1, §9.1.5.

Meanwhile nobody else touches the association: the loop does not read, and its clock does not look. A turn ends with
whatever else is asked, after some time of silence, and when others wait for a thread.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

from dicomet._native import receiver, takefiles
from dicomet.net.dimse import Operation, operation_of
from dicomet.net.events import LargeData, Message
from dicomet.net.negotiation import PresentationContext
from dicomet.net.secured import Secured
from dicomet.net.services.storage import Incoming, Receiving
from dicomet.net.upperlayer import UpperLayer
from dicomet.syntax import syntax_of

_TLS_NBYTES = 1 << 18  # taken at a time
_SLICE_MS = 5  # before it is looked whether others wait
_MAX_SILENT = 4  # slices

Answer = Callable[[Message, Incoming | None], None]
"""Does what a request asks for, and leaves the response to be sent."""


def taker_of(peer: Any, storage: Receiving | None, *, echoes: bool) -> takefiles.Taker:
    """What answers natively over an association that was established."""
    layer: UpperLayer = peer.layer
    place = storage.place if storage is not None else None
    contexts: list[tuple[int, bool, bool, bytes]] = []
    if storage is not None and place is not None:
        for context in layer.contexts.values():
            syntax = syntax_of(context.transfer_syntax)
            if not syntax.deflated:
                contexts.append((context.id, syntax.implicit, syntax.big_endian, storage.meta_of(peer, context)))
    return takefiles.Taker(
        layer.receiver,
        place,
        contexts,
        echoes=echoes,
        max_pdu_nbytes=layer.max_pdu_nbytes,
        write_seconds=layer.timeouts.pdu,
    )


class Turn:
    """Made on the loop, run in a thread, ended on the loop.

    Attributes
    ----------
    incoming : Incoming or None
        After the turn: the file of the data set that is being received.
    is_broken : bool
        After the turn: whether the connection is of no more use.
    """

    def __init__(
        self,
        layer: UpperLayer,
        taker: takefiles.Taker,
        connected: socket.socket | None,
        secured: Secured | None,
        answer: Answer,
        open_file: Callable[[PresentationContext, dict[Any, Any]], Incoming | None],
        is_wanted: Callable[[], bool],
    ) -> None:
        """For an association.

        Parameters
        ----------
        layer, taker
            Of the association.
        connected : socket or None
            The connection; None: the turn is one request, and its response is the loop's to write.
        secured : Secured or None
            What the connection carries, if it is not plain.
        answer : callable
        open_file : callable
            Gives a file for a long data set.
        is_wanted : callable
            Whether others wait for a thread.
        """
        self.incoming: Incoming | None = None
        self.is_broken = False
        self._layer = layer
        self._taker = taker
        self._socket = None if connected is None else socket.socket(fileno=os.dup(connected.fileno()))
        self._secured = secured
        self._room = bytearray()  # for what is secured
        self._thread = 0
        self._lock = threading.Lock()  # of the socket's end, and of its own
        self._is_over = self._is_given_up = False
        self._answer = answer
        self._open_file = open_file
        self._is_wanted = is_wanted

    @property
    def is_mine(self) -> bool:
        """Whether it is this thread's."""
        return self._thread == threading.get_ident()

    def stop(self) -> None:
        """Let it end, and the connection with it. From another thread."""
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):  # the peer was first
                    self._socket.shutdown(socket.SHUT_RDWR)

    def give_up(self, incoming: Incoming | None) -> None:
        """Nobody waits for its end: let go of what it was to have, or will leave."""
        with self._lock:
            self._is_given_up = True
            left = self.incoming if self._is_over else incoming
            if self._thread and not self._is_over:
                return
        self._close()
        if left is not None:
            left.give_up()

    def _close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def run(self, message: Message, incoming: Incoming | None) -> None:
        """Answer a request, and those that come behind it if the connection is ours."""
        with self._lock:
            if self._is_given_up:
                return
            self._thread = threading.get_ident()
        try:
            self._run(message, incoming)
        finally:
            with self._lock:
                self._is_over = True
            if self._is_given_up and self.incoming is not None:
                self.incoming.give_up()

    def _run(self, message: Message, incoming: Incoming | None) -> None:
        if self._socket is None:
            self._answer(message, incoming)
            return
        taker, silent, nreads = self._taker, 0, self._taker.nreads
        taker.open(self._socket.fileno(), is_apart=self._secured is not None)
        take = taker.take if self._secured is None else self._take_secured
        try:
            self._answer(message, incoming)
            while self._write() and self._layer.state == 6 and silent < _MAX_SILENT and not self._is_wanted():
                end = take(_SLICE_MS)
                if end == takefiles.TIME:
                    silent = silent + 1 if taker.nreads == nreads else 0
                    nreads = taker.nreads
                elif end == takefiles.EVENT:
                    silent = 0
                    if not self._take(taker.event):
                        break
                else:
                    self.is_broken = end == takefiles.TIMEOUT
                    break
        finally:
            taker.close()
            self._recall()
            self._close()

    def _write(self) -> bool:
        pieces, secured, taker = self._layer.data_to_send(), self._secured, self._taker
        if secured is None:
            self.is_broken = not taker.write(pieces)
            return not self.is_broken
        secured.write([taker.responses(), *pieces])
        encrypted = secured.to_send()
        self.is_broken = bool(encrypted) and not taker.write([encrypted])
        return not self.is_broken

    def _take_secured(self, max_ms: int) -> int:
        """As `takefiles.Taker.take`, through TLS."""
        taker, secured, receiver = self._taker, self._secured, self._layer.receiver
        assert secured is not None
        if not self._room:
            self._room = bytearray(_TLS_NBYTES)
        end_at = time.monotonic() + max_ms / 1000
        while True:
            end = taker.take(0)
            if end == takefiles.TIME:
                try:
                    nbytes = secured.read_into(receiver.space())
                except ssl.SSLError:  # the loop hears of it again, and says so
                    return takefiles.CLOSED
                receiver.took(nbytes)
                if nbytes:
                    continue
            left = end_at - time.monotonic()
            if not self._write():  # before an event, too: it may be the last one
                return takefiles.TIMEOUT
            if end != takefiles.TIME or left <= 0:
                return end
            came = -1 if secured.is_ended else taker.receive(self._room, int(left * 1000) + 1)
            if came <= 0:
                return takefiles.TIME if came == 0 else takefiles.CLOSED
            secured.put(memoryview(self._room)[:came])

    def _recall(self) -> None:
        """What was begun natively goes on in words."""
        is_pending, file = self._taker.forget()
        if is_pending:
            self._layer.recall_command()
        if file is not None:
            self.incoming = Incoming(file[1], file[0])

    def _take(self, kind: int) -> bool:
        """Deal with what came. False: it is the loop's."""
        layer = self._layer
        if kind in (receiver.DATA, receiver.LARGE):
            self._recall()
        layer.take(kind, time.monotonic())
        while (event := layer.told()) is not None:
            if isinstance(event, Message) and operation_of(event.command) == Operation.C_STORE:
                incoming, self.incoming = self.incoming, None
                self._answer(event, incoming)
            elif isinstance(event, LargeData):
                self.incoming = self._open_file(layer.contexts[event.context_id], event.command)
                if self.incoming is not None:
                    layer.sink(self.incoming.fd)
            else:
                layer.tell_again(event)
                return False
        return True
