"""dcmread: a path, buffer or stream to a data set. PS3.10 §7."""

from __future__ import annotations

from dicomet._native.index import Index
from dicomet._native.source import Source
from dicomet.filedataset import FileDataset

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Any, Literal, TypeAlias

    from _typeshed import SupportsRead
    from typing_extensions import Buffer

    from dicomet.tags import TagLike

    Readable: TypeAlias = (
        str | os.PathLike[str] | os.PathLike[bytes] | Buffer | SupportsRead[Buffer]
    )

LAZY_NBYTES = 64 << 10  # sequences of defined length from here on are scanned on first touch
MAX_INFLATED_NBYTES = 1 << 30
MAX_INFLATE_RATIO = 200


def dcmread(
    source: Readable,
    *,
    stop_before_pixels: bool = False,
    specific_tags: Iterable[TagLike] | None = None,
    force: bool = False,
    mode: Literal["auto", "map", "read"] = "auto",
    max_depth: int = 64,
    max_rows: int = 0,
    max_inflated_nbytes: int = MAX_INFLATED_NBYTES,
    defer_size: object = None,
) -> FileDataset:
    """Read a DICOM file, lazily: the elements are located now, values are decoded when asked for.

    Parameters
    ----------
    source : path, bytes-like or binary file object
        Paths are `str` or `os.PathLike`; `bytes` are contents. Buffers are borrowed, not copied, and must not
        change. File objects are read from their position on.
    stop_before_pixels : bool
        Leave out Pixel Data, Float and Double Float Pixel Data, and what follows.
    specific_tags : iterable of tags or keywords, optional
        Leave out all other elements at top level (Specific Character Set stays). Empty: as None.
    force : bool
        Read bytes that do not look like DICOM at all as implicit VR little endian. Files without preamble
        or meta group need no force.
    mode : {"auto", "map", "read"}
        ``"read"`` reads the file whole: what happens to it later does not matter. ``"map"`` and ``"auto"``
        read the header and map the rest of files beyond 16 KiB, so that pixels are not copied.
    max_depth : int
        Nested sequences that are followed, 120 at most.
    max_rows : int
        Elements, items and fragments that are accepted; 0: 1 Mi + size / 16.
    max_inflated_nbytes : int
        Bound for the deflated transfer syntax; also bounded to 200 times the deflated size.
    defer_size : object
        Accepted and ignored: every value is deferred.

    Returns
    -------
    FileDataset

    Raises
    ------
    InvalidDicomError
        Nothing in it looks like DICOM and `force` is not set.
    LimitError
        A stated limit was passed.
    OSError
        The file cannot be read; `FileNotFoundError` and the like.
    """
    only = _only(specific_tags) if specific_tags else {}
    index = scan_source(
        _source(source, mode),
        max_inflated_nbytes=max_inflated_nbytes,
        stop_before_pixels=stop_before_pixels,
        force=force,
        max_depth=max_depth,
        max_rows=max_rows,
        lazy_nbytes=LAZY_NBYTES,
        **only,
    )
    return FileDataset._of_index(index)


def scan_source(
    source: Source, *, max_inflated_nbytes: int = MAX_INFLATED_NBYTES, **options: Any
) -> Index:
    """Index of a source; the options are those of `Index.scan`. A deflated body is inflated first."""
    index = Index.scan(source, **options)
    return _inflated(index, max_inflated_nbytes, options) if index.needs_inflate else index


def _only(specific_tags: Iterable[TagLike]) -> dict[str, Any]:
    from dicomet.tags import Tag

    tags = {int(Tag(tag)) for tag in specific_tags} | {0x00080005}
    return {"keep_tags": tuple(tags), "stop_tag": min(max(tags) + 1, 0xFFFFFFFF)}


def _source(source: Any, mode: str) -> Source:
    if mode not in ("auto", "map", "read"):
        raise ValueError(f"mode {mode!r} is none of 'auto', 'map', 'read'")
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        return Source.open(source, mode == "read")
    read = getattr(source, "read", None)
    if read is not None:
        data = read()
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError("a file object must be opened in binary mode")
        return Source.of(data)
    try:
        return Source.of(source)
    except TypeError:
        raise TypeError(
            f"expected a path, bytes or a binary file object, not {type(source).__name__}"
        ) from None


def _inflated(index: Index, max_nbytes: int, options: dict[str, Any]) -> Index:
    """Scan a deflated file again, its body inflated in memory. PS3.5 §A.5."""
    from dicomet.inflate import inflate

    source = index.source
    head = source.read(0, index.body_offset)
    body = source.view(index.body_offset, source.nbytes - index.body_offset)
    inflated, whole = inflate(
        body, max_nbytes, MAX_INFLATE_RATIO, head=head, path=source.path, offset=index.body_offset
    )
    found = Source.of_inflated(inflated, source)
    again = Index.scan(found, inflated=True, **options)
    if not whole:
        again.note_deflate_form(index.body_offset)
    return again


