"""TLS between bytes and bytes, without a socket: whoever reads and writes the connection can go on with it.

An association that was asked of us is read by the loop and by a thread in turns, and both take their bytes through
the same `Secured`. PS3.15 Annex B; the profiles are in `tls`.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

from typing_extensions import Buffer


class Secured:
    """The server's side of a TLS connection. For one thread at a time.

    After every call, `to_send` has what is to be written.

    Attributes
    ----------
    is_open : bool
        Whether the handshake is done.
    is_ended : bool
        Whether the peer has said that nothing more comes.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.is_open = False
        self.is_ended = False
        self._came = ssl.MemoryBIO()
        self._goes = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_side=True)

    @property
    def certificate(self) -> dict[str, Any] | None:
        """The peer's, as `ssl.SSLSocket.getpeercert` gives it; None without."""
        return (self._tls.getpeercert() or None) if self.is_open else None

    def put(self, data: Buffer) -> None:
        """Bytes that came."""
        self._came.write(data)

    def read_into(self, room: memoryview) -> int:
        """Take all bytes that are meant for us and find room, and tell how many; 0: more must come, or `is_ended`.

        The handshake is done by the way.

        Raises
        ------
        ssl.SSLError
            There can be no TLS with that peer, or it broke the rules.
        """
        nbytes, most = 0, len(room)
        try:
            if not self.is_open:
                self._tls.do_handshake()
                self.is_open = True
            while nbytes < most:
                n = self._tls.read(most - nbytes, room[nbytes:])
                assert isinstance(n, int)
                if n == 0:
                    self.is_ended = True
                    break
                nbytes += n
        except ssl.SSLWantReadError:
            pass
        return nbytes

    def write(self, pieces: list[bytes | memoryview]) -> None:
        """Bytes that are meant for the peer. Those before the handshake is done go nowhere."""
        if self.is_open and (joined := b"".join(pieces)):
            self._tls.write(joined)

    def end(self) -> None:
        """Say that nothing more will come."""
        if self.is_open:
            with contextlib.suppress(ssl.SSLError):  # the peer's own word is not waited for
                self._tls.unwrap()

    def to_send(self) -> bytes:
        """What is to be written, once."""
        return self._goes.read() if self._goes.pending else b""
