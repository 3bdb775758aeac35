"""Sources: the bytes that indexes point into, and who keeps them alive."""

import os
from typing import final

from typing_extensions import Buffer

@final
class Source:
    """Bytes of one DICOM object, never changed: a mapped file, a file that was read, or a buffer.

    A source owns its bytes. Every view that it hands out keeps it alive, and `close` waits for the
    last of them before memory is unmapped. May be used from several threads. Not picklable.
    """

    path: str | None
    """The file's path, None for buffers. Read-only."""
    whole: bool
    """Whether the file was asked for whole instead of mapped. Read-only."""
    closed: bool
    """Whether `close` was called. Read-only."""

    @staticmethod
    def open(
        path: str | bytes | os.PathLike[str] | os.PathLike[bytes], whole: bool = False
    ) -> Source:
        """Open a file; its header is read, the rest mapped when it is first asked for.

        Parameters
        ----------
        path : path-like
        whole : bool
            Read the file into memory: what happens to it later does not matter.

        Raises
        ------
        FileNotFoundError, PermissionError, IsADirectoryError
            As `open` raises them.
        SourceError
            Not a regular file, or one that cannot be read.
        ValueError
            A NUL in the path.
        MemoryError
        """

    @staticmethod
    def of(buffer: Buffer) -> Source:
        """A source over a buffer, which is borrowed (not copied) and must not change.

        Raises
        ------
        TypeError
            The object has no buffer.
        BufferError
            Its buffer is not contiguous.
        """

    @staticmethod
    def of_inflated(data: bytes | bytearray, origin: Source) -> Source:
        """A source over the inflated bytes of a deflated file; it goes by the path of `origin`."""

    @property
    def nbytes(self) -> int:
        """Size of the source."""

    @property
    def mapped(self) -> bool:
        """Whether some of it is mapped by now."""

    @property
    def fingerprint(self) -> tuple[int, int]:
        """Size and modification time in ns (0 for buffers), of the file even if inflated."""

    def view(self, offset: int, nbytes: int) -> memoryview:
        """Bytes of the source, not copied.

        Parameters
        ----------
        offset, nbytes : int
            Range, counted from the start of the source.

        Returns
        -------
        memoryview
            Read-only, one-dimensional, of format ``"B"``. Keeps the bytes, also after `close`.

        Raises
        ------
        DicomError
            The range lies outside the source.
        SourceClosed
            `close` was called.
        SourceChanged
            The file shrank after it was opened.
        """

    def read(self, offset: int, nbytes: int) -> bytes:
        """Bytes of the source, copied. Raises what `view` does."""

    def close(self) -> None:
        """Forbid new access; let go of the bytes once their last view is gone. Never raises."""
