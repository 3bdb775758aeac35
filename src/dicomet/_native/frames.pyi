"""The frame table over a source: spans and bytes of encapsulated frames. PS3.5 §A.4."""

from dicomet._native.source import Source

class FrameTable:
    """Where the bytes of each encapsulated frame lie.

    By the Extended or Basic Offset Table, whose entries are checked when a frame is asked for; by a walk over
    all fragments where there is no table, or once it turns out to be wrong.
    """

    source: Source

    @staticmethod
    def open(
        source: Source,
        offset: int,
        end: int,
        *,
        declared: int = 0,
        whole: bool = False,
        joined: bool = False,
        big_endian: bool = False,
        eot: tuple[int, int, int, int] | None = None,
    ) -> FrameTable:
        """Table of encapsulated Pixel Data.

        Parameters
        ----------
        source : Source
            Kept alive by the table.
        offset, end : int
            First byte behind the element's header; end of its value, or of the source where the length is
            undefined.
        declared : int
            Number of Frames; 0 if it is not known.
        whole : bool
            Each fragment is a frame.
        joined : bool
            All fragments are one stream.
        big_endian : bool
            Byte order of the fragments' headers.
        eot : (int, int, int, int), optional
            Offset and length in bytes of the values of Extended Offset Table and of its Lengths.

        Raises
        ------
        LimitError
            More fragments than 1 Mi plus one for every 16 bytes of the source.
        SourceChanged
            The mapped file was cut short.
        """

    def __len__(self) -> int: ...
    @property
    def from_table(self) -> bool:
        """Whether a table of the file is in use."""

    @property
    def cut(self) -> bool:
        """Whether a walk found the source to end inside the last fragment."""

    def notes(self) -> list[str]:
        """Codes of what was found wrong so far."""

    def spans(self, frame: int) -> list[tuple[int, int]]:
        """(offset, length) in bytes of each fragment of a frame, counted from the start of the source.

        Raises
        ------
        PixelDataError
            There is no such frame.
        """

    def view(self, frame: int) -> memoryview:
        """The encoded bytes of a frame: a read-only view on the source, or a copy if there are several fragments.

        Raises
        ------
        PixelDataError
            There is no such frame.
        """

    def dump(self) -> tuple[bytes, bytes]:
        """The table as native 64-bit integers: first span of each frame and their number, spans as pairs."""

    @staticmethod
    def load(source: Source, first: bytes, spans: bytes, offset: int) -> FrameTable:
        """Table out of what `dump` gave; `offset` is that of the Pixel Data.

        Raises
        ------
        PixelDataError
            It does not fit the source.
        """
