"""What is to be written: ranges of sources and new elements between them. PS3.5 §7, §10."""

import os
from typing import Self

from typing_extensions import Buffer

from dicomet._native.index import Index
from dicomet._native.source import Source

KEEP: int
"""Lengths of sequences and items stay what they were: defined, or undefined with delimiters."""
DEFINED: int
"""All of them defined; beyond 32 bits they become undefined."""
UNDEFINED: int
"""All of them undefined."""

class Plan:
    """Bytes to be written, in order: ranges of sources, which are not copied before they are written, and new ones.

    Keeps its sources open. Belongs to one thread at a time.

    Parameters
    ----------
    implicit, big_endian : bool
        Encoding of the elements that are put into it.
    lengths : int
        `KEEP`, `DEFINED` or `UNDEFINED`.
    """

    def __new__(cls, implicit: bool = False, big_endian: bool = False, lengths: int = ...) -> Self: ...
    @property
    def nbytes(self) -> int:
        """Of everything so far."""

    @property
    def implicit(self) -> bool: ...
    @property
    def big_endian(self) -> bool: ...
    @property
    def lengths(self) -> int: ...
    @property
    def keeps_lengths(self) -> bool:
        """Whether `lengths` is `KEEP`."""

    def put(self, data: Buffer) -> None:
        """New bytes as they are; copied."""

    def copy(self, source: Source, offset: int, nbytes: int) -> None:
        """A range of a source. DicomError where it lies outside."""

    def element(self, tag: int, vr: str, value: Buffer) -> None:
        """A whole element; an odd value is padded as its VR says. UN where a VR with a 16-bit length is too short for
        the value (§6.2.2).

        Raises
        ------
        WriteError
            The value has 2**32 - 1 bytes or more.
        """

    def text(self, tag: int, vr: str, value: object) -> bool:
        """An element of text that is ASCII, which is the same in every character set.

        Returns
        -------
        bool
            False, with nothing done, for everything else: other objects, other characters, VRs that are no text.
        """

    def header(self, tag: int, vr: str, nbytes: int) -> None:
        """The header of an element; the value, of even length, is put in next by the caller."""

    def element_of_row(self, vr: str, index: Index, row: int) -> None:
        """An element whose value is the bytes of a row of any index, in the byte order of the plan."""

    def begin(self, tag: int, was_undefined: bool = False) -> None:
        """Open a sequence. `was_undefined` counts where lengths are kept."""

    def begin_item(self, was_undefined: bool = False) -> None:
        """Open an item."""

    def end(self) -> None:
        """Close the sequence or item that was opened last."""

    def read(self, offset: int, nbytes: int) -> bytes:
        """Some of the bytes, as they will be written."""

    def write(self, fd: int, offset: int = 0, nbytes: int | None = None) -> None:
        """Write it, or `nbytes` from `offset` on, to an open file at its position, without the GIL.

        Raises
        ------
        OSError
        SourceChanged
            A file that is copied from was cut short.
        """

    def replace(self, path: str | bytes | os.PathLike[str], sync: bool = True) -> None:
        """Write everything to a new file that takes the place of `path` once it is complete, and on disk if `sync`.

        Raises
        ------
        OSError, SourceChanged
            As for `write`. What was there is as it was, and the temporary file is gone.
        """

class Children:
    """The children of one container of an index, on their way into a plan in order of their tags."""

    @staticmethod
    def of(
        plan: Plan,
        index: Index,
        parent: int,
        *,
        end_offset: int,
        is_signed: bool = False,
        group_lengths: bool = False,
    ) -> Children:
        """Children of an item, of the top level (TOP) or of the File Meta Information (META).

        Parameters
        ----------
        plan : Plan
        index : Index
        parent : int
        end_offset : int
            First byte behind the last child, for TOP and META.
        is_signed : bool
            Pixel Representation of the data set, for values in implicit VR that are US or SS.
        group_lengths : bool
            Take over group lengths, which are wrong once something changes.
        """

    @staticmethod
    def items(plan: Plan, index: Index, rows: list[int], *, is_signed: bool = False) -> Children:
        """Items of a sequence by their rows."""

    def until(self, tag: int) -> None:
        """Put in the children in front of `tag`, and step over `tag` itself."""

    def text(self, tag: int, vr: str, value: object) -> bool:
        """`until`, then `Plan.text`."""

    def rest(self) -> None:
        """Put in all that are left."""
