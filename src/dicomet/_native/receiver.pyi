"""Bytes off a connection to PDUs and messages. PS3.8 §9.3, Annex E."""

from collections.abc import Iterable
from typing import Final, Self, final

from typing_extensions import Buffer

NOTHING: Final[int]
"""More bytes are needed."""
PDU: Final[int]
"""A PDU other than P-DATA-TF: `Receiver.type` and `body`. P-DATA-TF where none is wanted: its type alone."""
COMMAND: Final[int]
"""A whole command set: `context` and `command`. Call `Receiver.expect` before going on."""
LARGE: Final[int]
"""A data set that is longer than `large_nbytes` so far; told once of each."""
DATA: Final[int]
"""A whole data set: `take` it, or it went to the sink."""
FAULT: Final[int]
"""What no peer may send: `fault` is the reason of the A-ABORT. Nothing more comes."""

@final
class Block:
    """Bytes of a data set as they came: a read-only buffer that owns its memory."""

    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Receiver:
    """Takes bytes in any pieces; reserves memory for what came, not for what is claimed. For one thread at a time."""

    def __new__(
        cls,
        *,
        pdu_nbytes: int,
        other_nbytes: int,
        command_nbytes: int,
        data_nbytes: int = 0,
        held_nbytes: int = 0,
        large_nbytes: int = 0,
    ) -> Self:
        """Limits, in bytes; 0: none.

        Parameters
        ----------
        pdu_nbytes, other_nbytes : int
            Of a P-DATA-TF and of any other PDU behind its header.
        command_nbytes : int
            Of a command set.
        data_nbytes : int
            Of a data set. The rest of a longer one is dropped, and `is_too_long` tells.
        held_nbytes : int
            The same, of one that goes to no file.
        large_nbytes : int
            Of a data set before `LARGE` is told.
        """

    wants_data: bool
    """Whether P-DATA-TF is welcome."""

    def accept(self, contexts: Iterable[int]) -> None:
        """Which presentation contexts messages may come on."""

    def space(self) -> memoryview:
        """Where the next bytes are to be received. Writable; holds until the next call of any method."""

    def took(self, nbytes: int) -> None:
        """So many bytes were received there."""

    def put(self, data: Buffer, start: int) -> int:
        """Take bytes of a buffer from `start` on, as many as there is room for, and tell how many."""

    def next(self) -> int:
        """What came next: one of the constants. `MemoryError` if there is no memory for it."""

    def expect(self, has_data: bool) -> None:
        """Whether a data set follows the command set."""

    def sink(self, fd: int) -> None:
        """Let the data set go to a file: what is there of it first. It is for one data set; -1 ends it before that."""

    @property
    def is_inside(self) -> bool:
        """Whether a PDU or a message has begun and not ended."""

    @property
    def type(self) -> int:
        """Of the PDU."""

    @property
    def context(self) -> int:
        """ID of the message's presentation context."""

    @property
    def fault(self) -> int:
        """Reason for an A-ABORT by the provider. PS3.8 Table 9-26."""

    @property
    def body(self) -> bytes:
        """Of the PDU, behind its header."""

    @property
    def command(self) -> bytes:
        """The command set."""

    @property
    def data_nbytes(self) -> int:
        """Of the data set so far, wherever it went."""

    @property
    def is_too_long(self) -> bool:
        """Whether the data set is longer than `data_nbytes` or `held_nbytes` allows; it is not whole then."""

    @property
    def sink_errno(self) -> int:
        """Why the sink could not be written; 0 if it could."""

    def take(self) -> Block:
        """The data set, or what is there of it in memory."""
