"""Files over an association, as long as nothing is out of the ordinary. PS3.4 Annex B."""

import os
from collections.abc import Iterable, Sequence
from typing import Final, Self, final

from dicomet._native.receiver import Receiver

DONE: Final[int]
"""All files were sent and answered with success, or the time is over."""
UNUSUAL: Final[int]
"""The next file is the caller's; nothing was sent of it."""
ANSWER: Final[int]
"""The next file was sent; `Sender.event` came instead of success, and was taken off the receiver."""
TIMEOUT: Final[int]
"""The next file was sent, in part perhaps; the peer took or answered nothing in time."""
CLOSED: Final[int]
"""The connection was closed, or broke."""
SHORT: Final[int]
"""The next file was cut while it was sent: the association cannot go on."""

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

    def __new__(cls, receiver: Receiver, contexts: Iterable[tuple[str, str, int]], max_pdu_nbytes: int) -> Self:
        """For an association.

        Parameters
        ----------
        receiver : Receiver
            Of the association; kept.
        contexts : iterable of (SOP class, transfer syntax, ID)
            That were accepted.
        max_pdu_nbytes : int
            That the peer takes.
        """

    def send(
        self,
        fd: int,
        paths: Sequence[str | os.PathLike[str]],
        *,
        message_id: int,
        write_seconds: float,
        read_seconds: float,
        max_ms: int,
    ) -> tuple[int, int]:
        """C-STORE of files, until one of them is unusual or the time is over.

        Parameters
        ----------
        fd : int
            The socket.
        paths : sequence of path
        message_id : int
            Of the last message that was sent.
        write_seconds, read_seconds : float
            How long the peer may take for the next bytes; 0: any time.
        max_ms : int
            The time after which no other file is begun.

        Returns
        -------
        (int, int)
            How many were answered with success, and one of the constants.
        """

    @property
    def message_id(self) -> int:
        """Of the message that was sent last."""

    @property
    def context(self) -> int:
        """ID of the presentation context it went over."""

    @property
    def event(self) -> int:
        """After `ANSWER`: what came, as `Receiver.next` tells it."""
