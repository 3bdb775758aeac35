"""The frame table in a file beside the image, for files that have none of their own.

Layout: 8 bytes of magic, then little-endian: size and modification time (ns) of the image, offset of Pixel Data,
number of frames and of spans (five times 64 bits), the first span of each frame and the number of spans, the spans
as pairs of offset and length (64 bits each), CRC-32 of all that.
"""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from dicomet._native.frames import FrameTable
from dicomet.errors import PixelDataError, SourceChanged, UnsupportedError

if TYPE_CHECKING:
    from dicomet.pixels.reader import FrameReader

_MAGIC = b"DCMFRM1\n"
_HEAD = struct.Struct("<8s5Q")
SUFFIX = ".frames"


def _path(reader: FrameReader, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        return os.fspath(path)
    if reader.element.source.path is None:
        raise ValueError("the data set is in memory: say where its frame index is")
    return f"{reader.element.source.path}{SUFFIX}"


def save(reader: FrameReader, path: str | os.PathLike[str] | None = None) -> str:
    """Write a reader's frame table; returns the path, that of the image with ``.frames`` behind unless told.

    Raises
    ------
    UnsupportedError
        Native frames need no index.
    """
    if reader.table is None:
        raise UnsupportedError("native frames need no index", clause="PS3.5 §A.4")
    target = _path(reader, path)
    first, spans = (np.frombuffer(part, np.uint64).astype("<u8").tobytes() for part in reader.table.dump())
    nbytes, mtime_ns = reader.element.source.fingerprint
    head = _HEAD.pack(_MAGIC, nbytes, mtime_ns, reader.element.offset, len(first) // 8 - 1, len(spans) // 16)
    data = head + first + spans
    folder, name = os.path.split(os.path.abspath(target))
    handle, scratch = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data + struct.pack("<I", zlib.crc32(data)))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, target)
    except BaseException:
        os.unlink(scratch)
        raise
    return target


def load(reader: FrameReader, path: str | os.PathLike[str] | None = None) -> None:
    """Let a reader use a frame table that `save` wrote.

    Raises
    ------
    PixelDataError
        It is no such file, or damaged.
    SourceChanged
        It was made for another state of the image.
    """
    target = _path(reader, path)
    with open(target, "rb") as stream:
        data = stream.read()
    if len(data) < _HEAD.size + 4 or data[:8] != _MAGIC or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise PixelDataError("no frame index, or a damaged one", path=target)
    _, nbytes, mtime_ns, offset, nframes, nspans = _HEAD.unpack_from(data)
    source = reader.element.source
    if (nbytes, mtime_ns) != source.fingerprint or offset != reader.element.offset:
        raise SourceChanged("the frame index was made for another state of the file", path=target)
    end_of_first = _HEAD.size + 8 * (nframes + 1)
    if len(data) != end_of_first + 16 * nspans + 4:
        raise PixelDataError("a frame index of the wrong size", path=target)
    first = np.frombuffer(data[_HEAD.size : end_of_first], "<u8").astype(np.uint64).tobytes()
    spans = np.frombuffer(data[end_of_first:-4], "<u8").astype(np.uint64).tobytes()
    reader.use_table(FrameTable.load(source, first, spans, offset))
