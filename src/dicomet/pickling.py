"""Pickled data sets: files as paths with a fingerprint, everything else as bytes, edits beside them."""

from __future__ import annotations

from dicomet._native.index import META, TOP, Index
from dicomet._native.source import Source
from dicomet._native.view import View
from dicomet.charset import character_set
from dicomet.dataset import Dataset
from dicomet.element import DataElement
from dicomet.errors import SourceChanged
from dicomet.filedataset import FileDataset
from dicomet.reader import scan_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _edits_of(ds: Dataset) -> dict[int, Any]:
    """The overlay as (VR, value) or None, sequences with changed items included."""
    edits: dict[int, Any] = {}
    for tag, sequence in list((ds._sequences or {}).items()):
        if sequence._changed():
            edits[tag] = ("SQ", list(sequence))
    for tag, element in (ds._edits or {}).items():
        edits[tag] = None if element is None else (element.VR, _plain(element))
    return edits


def _plain(element: DataElement) -> Any:
    return list(element.value) if element.VR == "SQ" else element.value


def _apply(ds: Dataset, edits: dict[int, Any], attributes: dict[str, Any]) -> Dataset:
    for tag, edit in edits.items():
        if edit is None:
            ds._delete(tag)
        else:
            ds.add_new(tag, *edit)
    ds.__dict__.update(attributes)
    return ds


def state_of(ds: Dataset) -> tuple[Any, ...]:
    """An item, a meta group or a made data set: its bytes (None if it has none), encoding, edits."""
    index, row = ds._index, ds._row
    data: bytes | None = None
    if index.source is not None:
        if row == META:
            end = index.body_offset
            start = index.offset(0) - index.header_nbytes(0) if index.nmeta else end
            data = index.source.read(start, end - start)
        else:
            data = bytes(index.view(row)) if row != TOP else None
    flags = index.flags(row) if row < len(index) else 0
    implicit, big = bool(flags & 2), bool(flags & 4)
    terms = ds._character_set().terms
    return type(ds), data, implicit, big, terms, _edits_of(ds), ds.__dict__.copy()


def rebuild_item(
    kind: type[Dataset],
    data: bytes | None,
    implicit: bool,
    big_endian: bool,
    terms: Any,
    edits: dict[int, Any],
    attributes: dict[str, Any],
) -> Dataset:
    if data is None:
        ds = kind()
    else:
        ds = kind._over(Index.scan_bare(Source.of(data), implicit, big_endian), TOP, None)
    View.__setattr__(ds, "_charset", character_set(terms))
    return _apply(ds, edits, attributes)


def state_of_file(ds: FileDataset) -> tuple[Any, ...]:
    """A file as its path, fingerprint and options; a buffer as its bytes; edits beside them."""
    index, source = ds._index, ds._index.source
    data = source.read(0, source.nbytes) if source.path is None else None
    options = index.settings()
    attributes = {name: value for name, value in ds.__dict__.items() if name != "_file_meta"}
    meta = ds.__dict__.get("_file_meta")
    if meta is not None and (meta._changed() or meta._row != META):
        attributes["_file_meta"] = meta
    where = (source.path, source.whole, source.fingerprint)
    return (type(ds), where, data, index.inflated, options, _edits_of(ds), attributes)


def rebuild_file(
    kind: type[FileDataset],
    where: tuple[str, bool, tuple[int, int]],
    data: bytes | None,
    inflated: bool,
    options: dict[str, Any],
    edits: dict[int, Any],
    attributes: dict[str, Any],
) -> Dataset:
    """Open the file again, or scan the bytes again, and lay the edits over it."""
    if data is not None:
        index = Index.scan(Source.of(data), inflated=inflated, **options)
    else:
        path, whole, fingerprint = where
        source = Source.open(path, whole)
        if source.fingerprint != fingerprint:
            raise SourceChanged("the file is not the one that was pickled", path=path)
        index = scan_source(source, **options)
    return _apply(kind._over(index, TOP, None), edits, attributes)
