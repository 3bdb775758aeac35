"""A directory record: what a directory says of a patient, a study, a series or an instance. PS3.3 §F.3.2.2."""

from __future__ import annotations

from dicomet._native.index import TOP, Index
from dicomet._native.source import Source
from dicomet.dataset import Dataset
from dicomet.media.fileid import text_of
from dicomet.media.keys import element_header
from dicomet.writer import encode_data_set

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet.media.fileid import FileID
    from dicomet.sequence import Sequence

NEXT, IN_USE, LOWER, TYPE = 0x00041400, 0x00041410, 0x00041420, 0x00041430
FILE_ID, MRDR = 0x00041500, 0x00041504
LINKS_NBYTES = 34  # of the three elements in front of the type, where they stand as they should
_LINK_HEADERS = (
    (0, element_header(NEXT, "UL") + b"\x04\0"),
    (12, element_header(IN_USE, "US") + b"\x02\0"),
    (22, element_header(LOWER, "UL") + b"\x04\0"),
)
_TYPE_HEADER = element_header(TYPE, "CS")
_FILE_ID_HEADER = element_header(FILE_ID, "CS")


class Record:
    """A record of a directory, and those below it.

    Attributes
    ----------
    record_type : str
        Directory Record Type such as ``"IMAGE"``, without padding.
    parent : Record or None
        The record above; None at the root.
    children : list of Record
        In the order of the directory.
    file_id : tuple of str, or None
        Referenced File ID: the file that the record stands for.
    offset : int
        Of its item in the DICOMDIR that it was read from, in bytes from the start of the file; 0 for new ones.
    """

    __slots__ = (
        "_dataset", "_is_sound", "_items", "_keys", "_number", "_read_file_id", "children", "file_id", "offset",
        "parent", "record_type",
    )  # fmt: skip

    _dataset: Dataset | None
    _items: Sequence | None  # of the directory that it was read from
    _keys: bytes  # of a new one: what stands behind the File ID, explicit VR little endian

    def __init__(self, record_type: str, parent: Record | None = None, file_id: FileID | None = None) -> None:
        self.record_type = record_type
        self.parent = parent
        self.children: list[Record] = []
        self.file_id = file_id
        self.offset = 0
        self._dataset = None
        self._items = None
        self._keys = b""
        self._number = 0
        self._is_sound = False  # read, and its bytes may be copied as they are
        self._read_file_id: FileID | None = None

    @property
    def dataset(self) -> Dataset:
        """The elements of the record. Changes of keys are written; those of offsets and of the File ID are not."""
        if self._dataset is None:
            if self._items is not None:
                self._dataset = self._items[self._number]
            else:
                index = Index.scan_bare(Source.of(self.encoded()), False, False)
                self._dataset = Dataset._over(index, TOP, None)
        return self._dataset

    def walk(self) -> Iterator[Record]:
        """This record and all below it, each in front of its children."""
        stack: list[Record] = [self]
        while stack:
            record = stack.pop()
            yield record
            stack.extend(reversed(record.children))

    def above(self) -> Iterator[Record]:
        """This record, the one above it, and so on to the root."""
        record: Record | None = self
        while record is not None:
            yield record
            record = record.parent

    def encoded(self) -> bytes:
        """What stands in the item behind the links, in explicit VR little endian."""
        edited = self._dataset is not None and self._dataset._changed()
        if self._items is None and not edited:
            record_type = self.record_type.encode("ascii")
            head = _TYPE_HEADER + _padded(record_type)
            if self.file_id is not None:
                head += _FILE_ID_HEADER + _padded(text_of(self.file_id).encode("ascii"))
            return head + self._keys
        ds = self.dataset
        if self.file_id is not None and (self.file_id != self._read_file_id or MRDR in ds):
            ds = ds.copy()
            ds.pop(MRDR, None)
            ds.ReferencedFileID = list(self.file_id)
            return _without_links(encode_data_set(ds, lengths="defined"))
        if self._is_sound and not edited:
            return _without_links(bytes(ds._index.view(ds._row)))
        return _without_links(encode_data_set(ds, lengths="defined"))

    def __repr__(self) -> str:
        what = f" {text_of(self.file_id)}" if self.file_id is not None else ""
        below = f", {len(self.children)} below" if self.children else ""
        return f"<Record {self.record_type}{what}{below}>"


def _padded(value: bytes) -> bytes:
    """Length and text of an element with a 16-bit length."""
    if len(value) & 1:
        value += b" "
    return len(value).to_bytes(2, "little") + value


def _without_links(item: bytes) -> bytes:
    """The elements of a record but offsets and flag."""
    if all(item.startswith(header, at) for at, header in _LINK_HEADERS):
        return item[LINKS_NBYTES:]
    ds = Dataset._over(Index.scan_bare(Source.of(item), False, False), TOP, None)
    for tag in ds.keys():  # noqa: SIM118
        if tag < TYPE:
            del ds[tag]
    return encode_data_set(ds)
