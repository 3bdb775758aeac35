"""A connection of one thread: bytes between a socket and an upper layer. PS3.8 §9.1."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

from dicomet.errors import NetworkError, NetworkTimeout
from dicomet.net.events import Event
from dicomet.net.upperlayer import UpperLayer

_MAX_PIECES = 512  # of one gathered write; the system takes 1024
_TLS_NBYTES = 1 << 18  # written at a time
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)

PORT = 11112
PORT_OLD = 104
PORT_TLS = 2762
PORT_ISCL = 2761
"""Of the retired Integrated Secure Communication Layer: refused by name. PS3.8 §9.1.1, PS3.15 §B.2 (retired)."""


def set_options(connected: socket.socket) -> None:
    """No waiting for more to send; peers that are gone are noticed."""
    with contextlib.suppress(OSError):  # not of TCP, in tests
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def acknowledge_quickly(connected: socket.socket) -> None:
    """Acknowledge what came at once; the system forgets it, so it is said whenever more is sure to come.

    A peer that sends a command set and a data set in two writes, without TCP_NODELAY, waits for that in between.
    """
    if _QUICKACK is not None:
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def refuse_iscl(port: int) -> None:
    """Say by name that ISCL is not to be had."""
    if port == PORT_ISCL:
        raise NetworkError("port 2761 is that of ISCL, which is retired: use TLS, port 2762", clause="PS3.15 §B")


class Connection:
    """A socket and an upper layer. For one thread at a time."""

    def __init__(self, connected: socket.socket, layer: UpperLayer) -> None:
        self.socket: socket.socket | None = connected
        self.layer = layer
        self._is_tls = isinstance(connected, ssl.SSLSocket)
        self._room = bytearray(_TLS_NBYTES if self._is_tls else 0)
        set_options(connected)

    @property
    def is_plain(self) -> bool:
        """Whether bytes go through the socket as they are."""
        return not self._is_tls

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.socket is not None

    def fileno(self) -> int:
        """Of the socket; -1 without."""
        return self.socket.fileno() if self.socket is not None else -1

    def flush(self) -> None:
        """Write all that is to go.

        Raises
        ------
        NetworkTimeout
            The peer takes no more: the association is aborted, because half a message cannot be taken back.
        NetworkError
            The connection broke.
        """
        pieces = self.layer.data_to_send()
        if pieces:
            self.write(pieces)
        if self.layer.wants_close:
            self.close()

    def write(self, pieces: list[bytes | memoryview]) -> None:
        """Write bytes of messages. Raises what `flush` does."""
        if self.socket is None:
            return
        self.socket.settimeout(self.layer.timeouts.pdu or None)
        try:
            self._write(pieces)
        except TimeoutError:
            self.close()
            raise NetworkTimeout("the peer took no more bytes in time") from None
        except OSError as error:
            self.close()
            raise NetworkError(f"the connection broke: {error.strerror or error}") from error

    def _write(self, pieces: list[bytes | memoryview]) -> None:
        assert self.socket is not None
        if self._is_tls and len(pieces) == 1:
            self.socket.sendall(pieces[0])
            return
        if self._is_tls:
            self._write_joined(pieces)
            return
        while pieces:
            n = self.socket.sendmsg(pieces[:_MAX_PIECES])
            done = 0
            for piece in pieces:
                nbytes = len(piece)
                if n < nbytes:
                    break
                n -= nbytes
                done += 1
            pieces = pieces[done:]
            if n:
                pieces[0] = memoryview(pieces[0])[n:]

    def _write_joined(self, pieces: list[bytes | memoryview]) -> None:
        """Under TLS every write is a record at least: in larger ones, of the same memory each time."""
        assert self.socket is not None
        room = memoryview(self._room)
        nbytes = 0
        for piece in pieces:
            left = memoryview(piece)
            while left:
                n = min(len(left), len(room) - nbytes)
                room[nbytes : nbytes + n] = left[:n]
                nbytes += n
                left = left[n:]
                if nbytes == len(room):
                    self.socket.sendall(room)
                    nbytes = 0
        if nbytes:
            self.socket.sendall(room[:nbytes])

    def next_event(self) -> Event | None:
        """Wait for the next event; None once the connection is closed and all is told."""
        layer = self.layer
        while True:
            event = layer.next_event(time.monotonic())
            self.flush()
            if event is not None:
                return event
            if self.socket is None:
                return None
            self.receive()

    def receive(self) -> None:
        """Take bytes, or let the next deadline pass."""
        assert self.socket is not None
        layer = self.layer
        deadline = layer.next_deadline()
        wait = None if deadline is None else deadline - time.monotonic()
        if wait is not None and wait <= 0:
            layer.expire(time.monotonic())
            return
        self.socket.settimeout(wait)
        if layer.is_inside:
            acknowledge_quickly(self.socket)
        try:
            n = self.socket.recv_into(layer.receiver.space())
        except TimeoutError:
            layer.expire(time.monotonic())
            return
        except OSError:
            n = 0
        if n:
            layer.receiver.took(n)
        else:
            layer.closed(time.monotonic())
            self.close()

    def close(self) -> None:
        """Close the socket. Never raises."""
        if self.socket is None:
            return
        with contextlib.suppress(OSError):
            self.socket.close()
        self.socket = None
