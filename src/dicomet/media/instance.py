"""An instance of a file-set: what the directory says of it, and the file when it is asked for. PS3.10 §8."""

from __future__ import annotations

from dicomet._native.dictionary import keyword_tag
from dicomet.reader import dcmread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.filedataset import FileDataset
    from dicomet.media.fileid import FileID, Resolver
    from dicomet.media.record import Record

_IN_FILE = {
    "SOPClassUID": "ReferencedSOPClassUIDInFile",
    "SOPInstanceUID": "ReferencedSOPInstanceUIDInFile",
    "TransferSyntaxUID": "ReferencedTransferSyntaxUIDInFile",
}


class Instance:
    """An instance that a directory lists.

    Keywords of its record and of those above it are attributes (``instance.InstanceNumber``,
    ``instance.PatientID``); so are SOPClassUID, SOPInstanceUID and TransferSyntaxUID, as the directory has them.
    Nothing is read from the file before `load`.

    Attributes
    ----------
    record : Record
        Its directory record; ``record.parent`` is that of the series.
    """

    __slots__ = ("_resolver", "_source", "record")

    def __init__(self, record: Record, resolver: Resolver | None, source: str | Dataset | None = None) -> None:
        self.record = record
        self._resolver = resolver
        self._source = source  # what is to be brought into the file-set; None once it is there

    @property
    def file_id(self) -> FileID | None:
        """Referenced File ID: folders and name; None as long as it has none."""
        return self.record.file_id

    @property
    def is_added(self) -> bool:
        """Whether it waits for the next `FileSet.write`."""
        return self._source is not None

    @property
    def path(self) -> str | None:
        """Path of its file: in the file-set, or where it will be copied from; None for data sets in memory.

        Raises
        ------
        FileIDError
            The file-set has no such file, or the File ID leads out of it.
        """
        if self._source is not None:
            return self._source if isinstance(self._source, str) else None
        if self._resolver is None or self.record.file_id is None:
            return None
        return self._resolver.path_of(self.record.file_id)

    def load(self) -> FileDataset | Dataset:
        """Read the file: see `dicomet.reader.dcmread`. What was added as a data set is that data set.

        Raises
        ------
        FileIDError
            As for `path`.
        InvalidDicomError, OSError
            As for `dcmread`.
        """
        if self._source is not None and not isinstance(self._source, str):
            return self._source
        path = self.path
        if path is None:
            raise FileNotFoundError(2, "the instance has no file")
        return dcmread(path)

    def get(self, keyword: str, default: Any = None) -> Any:
        """Value of a key by keyword, from its record or the first above that has it; `default` if none has."""
        keyword = _IN_FILE.get(keyword, keyword)
        for record in self.record.above():
            if keyword in record.dataset:
                return record.dataset.get(keyword)
        return default

    def __getitem__(self, keyword: str) -> Any:
        if keyword not in self:
            raise KeyError(keyword)
        return self.get(keyword)

    def __contains__(self, keyword: object) -> bool:
        if not isinstance(keyword, str):
            return False
        keyword = _IN_FILE.get(keyword, keyword)
        return any(keyword in record.dataset for record in self.record.above())

    def __getattr__(self, name: str) -> Any:
        if keyword_tag(name) and name in self:
            return self.get(name)
        raise AttributeError(f"the directory has no {name} for this instance")

    def __repr__(self) -> str:
        return f"<Instance {self.record!r}>"
