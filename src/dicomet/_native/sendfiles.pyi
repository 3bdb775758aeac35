"""Files over an association, as long as nothing is out of the ordinary. PS3.4 Annex B."""

import os
from collections.abc import Iterable, Sequence
from typing import Final, Self, final

from dicomet._native.receiver import Receiver

DONE: Final[int]
"""All files were sent and answered, or the time is over."""
UNUSUAL: Final[int]
"""The next file is the caller's: nothing was sent of it. Those before it are answered."""
ANSWER: Final[int]
"""`Sender.event` came instead of a success, and was taken off the receiver."""
TIMEOUT: Final[int]
"""The peer took or answered nothing in time."""
CLOSED: Final[int]
"""The connection was closed, or broke."""
SHORT: Final[int]
"""A file was cut while it was sent: the association cannot go on."""
WRITE: Final[int]
"""Apart: `Sender.out` is to be written."""
READ: Final[int]
"""Apart: more is to be read into the receiver."""

def look(paths: Sequence[str | os.PathLike[str]]) -> list[tuple[str, str, str, int, int] | None]:
    """What files are, by their first kilobytes, without the GIL.

    Returns
    -------
    list of (SOP class, SOP instance, transfer syntax, offset of the data set, bytes of the file) or None
        None where something is unusual, or cannot be read.
    """

@final
class Sender:
    """Sends files over a socket without the GIL. For one thread at a time."""

    def __new__(
        cls,
        receiver: Receiver,
        contexts: Iterable[tuple[str, str, int]],
        max_pdu_nbytes: int,
        *,
        window: int = 1,
        is_apart: bool = False,
    ) -> Self:
        """For an association.

        Parameters
        ----------
        receiver : Receiver
            Of the association; kept.
        contexts : iterable of (SOP class, transfer syntax, ID)
            That were accepted.
        max_pdu_nbytes : int
            That the peer takes.
        window : int
            Requests that may be under way at a time; 0: any number. 64 are, at most. PS3.7 §D.3.3.3.
        is_apart : bool
            Whether the caller reads and writes the connection.
        """

    def begin(
        self,
        fd: int,
        paths: Sequence[str | os.PathLike[str]],
        *,
        message_id: int,
        write_seconds: float,
        read_seconds: float,
    ) -> None:
        """Take files that are to be sent from now on.

        Parameters
        ----------
        fd : int
            The socket, which stays the caller's.
        paths : sequence of path
            A name that no file can have is unusual.
        message_id : int
            Of the last message that was sent.
        write_seconds, read_seconds : float
            How long the peer may take for the next bytes; 0: any time.
        """

    def send(self, max_ms: int) -> int:
        """C-STORE of files, until something is unusual; no other is begun after so many milliseconds.

        Gives one of the constants. After `ANSWER`, `WRITE` and `READ` it is called again to go on.
        """

    def take_done(self) -> list[tuple[int, str]]:
        """Files that were answered with success and not told before: their places among the paths, and instances."""

    def answered(self, message_id: int, context: int) -> tuple[int, str] | None:
        """Which file and instance a response answers that was read elsewhere, once; None if it answers none."""

    @property
    def nsent(self) -> int:
        """Files that were sent so far: the place of the next one."""

    @property
    def out(self) -> memoryview:
        """After `WRITE`: holds until the next call."""

    @property
    def message_id(self) -> int:
        """Of the message that was sent last."""

    @property
    def event(self) -> int:
        """After `ANSWER`: what came, as `Receiver.next` tells it."""
