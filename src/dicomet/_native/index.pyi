"""The frozen index over a source: find rows, read their values. PS3.5 §7.

A row is a data element, an item or a fragment, by its number in file order. Rows of the File Meta
Information come first. A method that takes a row raises `IndexError` where there is none; one that
takes a parent wants the row of an item, `TOP` or `META`. Methods that look at values raise
`SourceClosed` and `SourceChanged` as `Source.view` does.
"""

from typing import Any, Final, final

from dicomet._native.source import Source

TOP: Final[int]
"""Stands for the top level of the data set where a parent is wanted, and for no row as a result."""
META: Final[int]
"""Stands for the File Meta Information where a parent is wanted. PS3.10 §7.1."""

@final
class Index:
    """Rows over a source. Never changes after it was made, so threads share it. Not picklable.

    Made by `scan`, `scan_bare`, `full` and `items`. ``Index()`` has no rows and no source. The
    attributes are read-only.
    """

    source: Source
    """What the rows point into; None for ``Index()``."""
    transfer_syntax: str
    """UID of the File Meta Information; "" if there is none; None for ``Index()``."""
    implicit: bool
    """Whether the data set's headers have no VR, as found, whatever the transfer syntax says."""
    big_endian: bool
    """Whether the data set is big-endian, as found."""
    has_preamble: bool
    """Whether 128 bytes and ``DICM`` stand before the meta group."""
    stopped: bool
    """Whether the scan ended before the source did, as it was told to."""
    pending: bool
    """Whether it ended at encapsulated Pixel Data: `full` reads on."""
    needs_inflate: bool
    """Whether only the meta group was scanned, because the body is deflated. PS3.5 §A.5."""
    inflated: bool
    """Whether the source is an inflated one."""
    body_offset: int
    """First byte of the data set, counted from the start of the source, as all offsets are."""
    end_offset: int
    """Where the scan ended."""

    @staticmethod
    def scan(
        source: Source,
        *,
        stop_tag: int = 0,
        stop_before_pixels: bool = False,
        fragments: bool = False,
        force: bool = False,
        inflated: bool = False,
        max_depth: int = 64,
        max_rows: int = 0,
        lazy_nbytes: int = 0,
        keep_tags: tuple[int, ...] | None = None,
    ) -> Index:
        """Scan a DICOM file from its start. Runs without the GIL.

        Parameters
        ----------
        source : Source
            Kept alive by the index.
        stop_tag : int
            First tag at top level that is not scanned; 0: none.
        stop_before_pixels : bool
            Leave out Pixel Data, Float and Double Float Pixel Data, and what follows.
        fragments : bool
            Walk encapsulated Pixel Data and what follows, instead of stopping there.
        force : bool
            Scan bytes that do not look like DICOM as implicit VR little endian.
        inflated : bool
            The source's body is inflated already.
        max_depth : int
            Nested sequences, 120 at most.
        max_rows : int
            Rows; 0: 1 Mi + size / 16.
        lazy_nbytes : int
            Sequences at top level of a defined length from here on are scanned by `items` only;
            0: none.
        keep_tags : tuple of int, optional
            Leave out other elements at top level.

        Raises
        ------
        InvalidDicomError
            Nothing looks like DICOM and `force` is not set.
        LimitError
            `max_depth` or `max_rows` was passed.
        SourceChanged, SourceError, SourceClosed, MemoryError
        """

    @staticmethod
    def scan_bare(source: Source, implicit: bool, big_endian: bool, max_depth: int = 64) -> Index:
        """Scan a data set that fills its source, without a meta group. Raises as `scan`."""

    def settings(self) -> dict[str, Any]:
        """The keyword arguments of `scan` that make the same index again (but ``inflated``)."""

    def full(self) -> Index:
        """Index with fragments and what follows, its rows numbered alike; self if it has all.

        Raises what `scan` does.
        """

    def items(self, row: int, implicit: bool) -> Index:
        """Index over the items in a row's value; its top level is the items. Raises as `scan`.

        Parameters
        ----------
        row : int
            Of a sequence that was left for later, or of UN that holds one.
        implicit : bool
            Whether headers in it have no VR (PS3.5 §6.2.2 note 2: always in UN).
        """

    def __len__(self) -> int:
        """Number of rows, at every depth."""

    @property
    def keep_tags(self) -> list[int] | None:
        """Tags that are left at top level, ascending; None if all are."""

    @property
    def nmeta(self) -> int:
        """Rows of the File Meta Information, numbered from 0."""

    def find(self, parent: int, tag: int) -> int:
        """Row of a tag below a parent, the last of doubled ones; `TOP` if there is none."""

    def children(self, parent: int) -> list[int]:
        """Rows below a parent: elements by tag, the last of doubled ones; items in file order."""

    def tags(self, parent: int) -> list[int]:
        """Tags of `children`."""

    def count(self, parent: int) -> int:
        """Number of `children`."""

    def sequences(self, parent: int) -> list[int]:
        """Those of `children` that have VR SQ."""

    def uneven_numbers(self) -> list[int]:
        """Rows of binary VRs whose length is no multiple of the size of a value. PS3.5 §6.2."""

    def special_text(self, parent: int) -> list[int]:
        """Those of `children` that Specific Character Set rules and that are not plain ASCII."""

    def tag(self, row: int) -> int:
        """Tag as 0xGGGGEEEE."""

    def vr(self, row: int) -> str:
        """VR of the header, or of the dictionary where the header has none; "" for items.

        Ambiguous ones as the dictionary writes them: ``"US or SS"``.
        """

    def offset(self, row: int) -> int:
        """First byte of the value field."""

    def length(self, row: int) -> int:
        """Bytes of the value field without delimiters; cut where the source ends."""

    def flags(self, row: int) -> int:
        """``DCM_ROW_*`` of csrc/index.h, or-ed."""

    def end(self, row: int) -> int:
        """Row after the last descendant."""

    def depth(self, row: int) -> int:
        """Containers around the row: 0 at top level."""

    def parent(self, row: int) -> int:
        """Row of the container; `TOP` at top level."""

    def header_nbytes(self, row: int) -> int:
        """Bytes of tag, VR and length before the value field: 8 or 12."""

    def read(self, parent: int, tag: int) -> tuple[int, Any, int]:
        """(kind, value, row) of a tag below a parent; kind `MISSING` if there is none.

        The kinds are those of `dicomet._native.values`; the value is new builtins.
        """

    def read_keyword(self, parent: int, keyword: str) -> tuple[int, Any, int] | None:
        """`read` by keyword; None if there is no such keyword."""

    def decode(self, row: int, vr: str | None = None) -> tuple[int, Any, int]:
        """(kind, value, row) of a row, by the VR that it has or by the one given.

        Raises
        ------
        KeyError
            There is no such VR.
        """

    def view(self, row: int) -> memoryview:
        """The value field, read-only, not copied, alive as long as the view is."""

    def header_view(self, row: int) -> memoryview:
        """Tag, VR and length as they stand in the source; as `view`."""

    def numbers(self, row: int, decimal: bool) -> bytearray | None:
        """All values of a DS (`decimal`) or IS row, parsed without the GIL.

        Returns
        -------
        bytearray
            New; float64 for DS, int64 for IS, in the machine's byte order. None if a value is no
            number.
        """

    def unparsed_numbers(self) -> list[int]:
        """Rows of IS and DS, at every depth, with a value that is no number."""

    def findings(self) -> list[tuple[int, int, str, str, str]]:
        """(offset, tag, code, text, clause) of every deviation that the scan read through. New."""

    def note_deflate_form(self, offset: int) -> None:
        """Add the finding that the deflated body was odd; before anyone else holds the index."""

    def table(self) -> memoryview:
        """The rows as bytes, 32 each as csrc/index.h has them, read-only; keeps the index alive."""
