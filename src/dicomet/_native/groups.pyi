"""Functional groups of multi-frame images as columns. PS3.3 §C.7.6.16."""

from collections.abc import Callable, Iterable
from typing import Any, final

from typing_extensions import Buffer

from dicomet._native.index import Index

@final
class FrameColumns:
    """Where attributes stand in the items of frames, and their values as columns.

    Filled first (`add` or `add_unscanned`, `resize`, `fill`, `fill_path`), then read. All indexes must be over
    the same source, which it keeps alive. Holds 24 bytes for each frame and path. To be used by one thread at a
    time; the work runs without the GIL. Not picklable.
    """

    @staticmethod
    def of(paths: Iterable[tuple[Iterable[int], bool]]) -> FrameColumns:
        """Columns for attributes, without a frame yet.

        Parameters
        ----------
        paths : iterable of (tags, anywhere)
            Tags from the item down: sequences, of which the first item counts, then the attribute. `anywhere`,
            of use with a single tag: also looked for in the first items of the sequences in the item, in the
            order of their tags, private ones last.

        Raises
        ------
        ValueError
            A path without tags.
        OverflowError
            A tag outside 32 bits.
        MemoryError
        """

    def __len__(self) -> int:
        """Number of frames."""

    @property
    def own_context(self) -> bool:
        """Whether an item has a Specific Character Set or a Pixel Representation of its own."""

    def add(self, index: Index, items: list[int]) -> bool:
        """Add a frame for each item, given by its row.

        Returns
        -------
        bool
            False, and nothing done, if the index is over another source than those before.

        Raises
        ------
        IndexError
            There is no such row; nothing is added.
        SourceClosed
        """

    def add_unscanned(self, index: Index, row: int) -> bool:
        """Add a frame for each item of a sequence that the scan left for later.

        Its items are scanned in pieces, whose rows are forgotten.

        Returns
        -------
        bool
            False, and nothing done, if the row is no such sequence, or one that is not well formed throughout:
            it wants an index of its own (`Index.items`).

        Raises
        ------
        IndexError
            There is no such row.
        SourceChanged
            The file shrank after it was opened.
        SourceClosed
        """

    def resize(self, nframes: int) -> None:
        """Cut off frames, or add some without anything. MemoryError if there is no room."""

    def fill(self, index: Index, item: int) -> bool:
        """Take what is missing from another item, by its row. Returns and raises what `add` does."""

    def fill_path(self, path: int, index: Index, row: int) -> bool:
        """Take what is missing of one path from an element, by its row. Returns and raises what `add` does."""

    def measure(self, path: int) -> tuple[str, int] | None:
        """What the values of a path have in common.

        Returns
        -------
        tuple of str and int
            Their VR, "" where there is none; and the largest number of values, for VRs of numbers (AT, DS, FD,
            FL, IS, SL, SS, SV, UL, US, UV, and "US or SS"), else 0.
        None
            VRs differ, or a way leads through a sequence that has not been scanned.

        Raises
        ------
        SourceChanged
            The file shrank after it was opened.
        SourceClosed
        """

    def numbers(self, path: int, vr: str, nvalues: int, out: Buffer, mask: Buffer) -> int:
        """All values of a path as numbers.

        Parameters
        ----------
        path : int
        vr : str
            As `measure` gives it. Elements of other VRs count as missing.
        nvalues : int
            For each frame; what there are more is left out.
        out : buffer
            Writable, contiguous, aligned: frames times `nvalues` numbers in the byte order of the machine: doubles
            for DS, 64-bit integers for IS, 32-bit integers 0xGGGGEEEE for AT, else as the VR is stored.
        mask : buffer
            Writable, contiguous: as many bytes, 1 for each place whose value is missing or no number, else 0. There
            `out` has NaN (DS, FD, FL) or 0.

        Returns
        -------
        int
            Number of such places.

        Raises
        ------
        ValueError
            A VR without numbers, or too little room.
        SourceChanged
            The file shrank after it was opened.
        SourceClosed
        """

    def texts(self, path: int, decode_text: Callable[[str, bytes], Any]) -> list[Any]:
        """All values of a path as text.

        Parameters
        ----------
        path : int
        decode_text : callable
            Called with VR and bytes for text that a character set rules and that is not plain ASCII.

        Returns
        -------
        list
            For each frame `str`, a tuple of `str` for several values, or None. Frames that say the same one after
            the other share one object.

        Raises
        ------
        ValueError
            A VR that is not text.
        SourceChanged
            The file shrank after it was opened.
        SourceClosed
        """
