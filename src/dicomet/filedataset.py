"""FileDataset: the data set of a Part 10 file, with what stands before it. PS3.10 §7."""

from __future__ import annotations

from dicomet._native.index import META, TOP
from dicomet.dataset import Dataset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dicomet._native.index import Index
    from dicomet.findings import Finding


class FileMetaDataset(Dataset):
    """File Meta Information: the elements of group 0002. PS3.10 §7.1."""


class FileDataset(Dataset):
    """A data set that was read from a file, a buffer or a stream.

    Immutable handles (the bytes and their index) may be shared between threads; edits belong to one thread
    at a time, as with any Python container.
    """

    @classmethod
    def _of_index(cls, index: Index) -> FileDataset:
        return cls._over(index, TOP, None)

    @property
    def file_meta(self) -> FileMetaDataset:
        """File Meta Information; empty where the file has none."""
        found: FileMetaDataset | None = self.__dict__.get("_file_meta")
        if found is not None:
            return found
        made = FileMetaDataset._over(self._index, META, None)
        meta: FileMetaDataset = self.__dict__.setdefault("_file_meta", made)  # one for all threads
        return meta

    @file_meta.setter
    def file_meta(self, meta: Dataset | None) -> None:
        self.__dict__["_file_meta"] = meta

    @property
    def filename(self) -> str | None:
        """Path as given to `dcmread`; None for buffers and streams."""
        return self._index.source.path

    @property
    def timestamp(self) -> float | None:
        """When the file was last modified, in seconds since 1970; None for buffers and streams."""
        source = self._index.source
        return None if source.path is None else source.fingerprint[1] / 1e9

    @property
    def preamble(self) -> bytes | None:
        """The 128 bytes before the prefix, None where there is no prefix; may be assigned."""
        if "_preamble" in self.__dict__:
            assigned: bytes | None = self.__dict__["_preamble"]
            return assigned
        return self._index.source.read(0, 128) if self._index.has_preamble else None

    @preamble.setter
    def preamble(self, preamble: bytes | None) -> None:
        self.__dict__["_preamble"] = preamble

    @property
    def findings(self) -> list[Finding]:
        """Deviations from the standard that were read through, in order of their offsets.

        Looks at every element, reads what is left for later (fragments, lazy sequences) and checks the
        text of IS and DS values and of values that a character set rules. Pixels are not looked at; what was met
        in those that were read so far is among the findings.
        """
        from dicomet.findings import findings_of

        return findings_of(self)

    def close(self) -> None:
        """Let go of the file. Values not read yet raise `SourceClosed` from now on."""
        self._index.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        from dicomet.pickling import rebuild_file, state_of_file

        return (rebuild_file, state_of_file(self))
