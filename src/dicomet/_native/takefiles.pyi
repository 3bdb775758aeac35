"""Requests of an association answered as they come, as long as nothing is out of the ordinary. PS3.4 Annexes A, B."""

from collections.abc import Iterable, Sequence
from typing import Final, Self, final

from typing_extensions import Buffer

from dicomet._native.receiver import Receiver
from dicomet._native.storefile import Place

TIME: Final[int]
"""The time is over."""
EVENT: Final[int]
"""`Taker.event` is the caller's, and was taken off the receiver."""
TIMEOUT: Final[int]
"""The peer does not take a response."""
CLOSED: Final[int]
"""The connection was closed, or broke."""

@final
class Taker:
    """Answers C-STORE and C-ECHO over a socket without the GIL. For one thread at a time."""

    def __new__(
        cls,
        receiver: Receiver,
        place: Place | None,
        contexts: Iterable[tuple[int, bool, bool, bytes]],
        *,
        echoes: bool,
        max_pdu_nbytes: int,
        write_seconds: float,
    ) -> Self:
        """For an association.

        Parameters
        ----------
        receiver : Receiver
            Of the association; kept.
        place : Place or None
            Where data sets go; None: each is the caller's.
        contexts : iterable of (ID, implicit, big_endian, meta)
            Whose data sets may be stored, with the File Meta Information of their files from (0002,0010) on.
        echoes : bool
            Whether C-ECHO is answered.
        max_pdu_nbytes : int
            That the peer takes.
        write_seconds : float
            How long the peer may take for a response; 0: any time.
        """

    def open(self, fd: int, *, is_apart: bool = False) -> None:
        """Go on over a socket, which stays the caller's. `is_apart`: what it carries is for the caller to read."""

    def close(self) -> None:
        """Leave it: bytes go on another way from here."""

    def take(self, max_ms: int) -> int:
        """Answer until so many milliseconds have passed, apart what came; one of the constants."""

    def receive(self, room: Buffer, max_ms: int) -> int:
        """Take bytes off the socket as they are, and tell how many; 0 if none came in time, -1 if none will come."""

    def responses(self) -> bytes:
        """Apart: what is to be written, once."""

    def write(self, pieces: Sequence[bytes | memoryview]) -> bool:
        """Write all pieces; False if the connection broke, or the peer does not take them in time."""

    def forget(self) -> tuple[bool, tuple[int, str] | None]:
        """Leave what is being received to the caller.

        Returns
        -------
        (bool, (int, str) or None)
            Whether it is a C-STORE whose command set was dealt with here; descriptor and path of its temporary file, if
            it has one, which are the caller's now.
        """

    @property
    def event(self) -> int:
        """After `EVENT`: what came, as `Receiver.next` tells it."""

    @property
    def nreads(self) -> int:
        """How often something came, in all."""
