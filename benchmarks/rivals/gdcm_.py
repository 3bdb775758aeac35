"""GDCM: ``Scanner`` in bulk, ``Reader`` with ``StringFilter`` as its facade, ``ImageRegionReader`` for pixels."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import gdcm

from ..corpus import ATTRIBUTES
from . import files as shared
from . import images, table_work, written


def _tags(names: Iterable[str] = ATTRIBUTES) -> list[Any]:
    dictionary = gdcm.Global.GetInstance().GetDicts().GetPublicDict()
    tags = []
    for name in names:
        tag = gdcm.Tag()
        dictionary.GetDictEntryByKeyword(name, tag)
        tags.append(tag)
    return tags


def headers(files: Sequence[str]) -> list[list[Any]]:
    tags = _tags()
    scanner = gdcm.Scanner()
    for tag in tags:
        scanner.AddTag(tag)
    scanner.Scan(list(files))
    return [[scanner.GetValue(path, tag) for tag in tags] for path in files]


def facade(files: Sequence[str]) -> list[list[Any]]:
    tags = _tags()
    rows = []
    for path in files:
        reader = gdcm.Reader()
        reader.SetFileName(path)
        reader.ReadUpToTag(gdcm.Tag(0x7FE0, 0x0010))
        text = gdcm.StringFilter()
        text.SetFile(reader.GetFile())
        rows.append([text.ToString(tag) for tag in tags])
    return rows


headers_work = facade_work = table_work


def parquet(folders: Sequence[str], output: str) -> int:
    paths = list(shared.walk(folders))
    return shared.write_parquet(zip(paths, headers(paths), strict=True), output)


def groups(path: str) -> int:
    reader = gdcm.Reader()
    reader.SetFileName(path)
    reader.ReadUpToTag(gdcm.Tag(0x7FE0, 0x0010))
    text = gdcm.StringFilter()
    text.SetFile(reader.GetFile())
    return int(text.ToString(gdcm.Tag(0x0028, 0x0008)))


def _open_region(path: str) -> tuple[Any, list[int], Any]:
    """A region reader that has read the header, the dimensions, and a dtype."""
    import numpy as np

    reader = gdcm.ImageRegionReader()
    reader.SetFileName(path)
    if not reader.ReadInformation():
        raise RuntimeError(f"GDCM cannot read {path}")
    image = reader.GetImage()
    pixel = image.GetPixelFormat()
    kind = "i" if pixel.GetPixelRepresentation() else "u"
    dtype = np.dtype(f"{kind}{pixel.GetBitsAllocated() // 8}")
    shape = [image.GetDimension(1), image.GetDimension(0)]
    return reader, shape + [3] * (pixel.GetSamplesPerPixel() == 3), dtype


def _array(raw: Any, dtype: Any, shape: list[int]) -> Any:
    import numpy as np

    return np.frombuffer(raw, dtype).reshape(shape)


def _region(reader: Any, number: int, shape: list[int], out: bytearray) -> None:
    box = gdcm.BoxRegion()
    box.SetDomain(0, shape[1] - 1, 0, shape[0] - 1, number, number)
    reader.SetRegion(box)
    if not reader.ReadIntoBuffer(out):
        raise RuntimeError("GDCM's region reader gives no frame")


def frame(path: str, number: int) -> Any:
    reader, shape, dtype = _open_region(path)
    out = bytearray(math.prod(shape) * dtype.itemsize)
    _region(reader, number, shape, out)
    found = _array(out, dtype, shape)
    images.touch(found)
    return found


frame_work = images.checksum


def frames(path: str, every: bool = False) -> int:
    reader, shape, dtype = _open_region(path)
    nframes = reader.GetImage().GetDimension(2)

    def read() -> Iterator[Any]:
        for number in range(nframes):
            out = bytearray(math.prod(shape) * dtype.itemsize)
            _region(reader, number, shape, out)
            yield _array(out, dtype, shape)

    return images.total(read(), every)


def frames_whole(path: str) -> int:
    """All at once: where the region reader is slower, or refuses."""
    return images.total(_whole(path))


def _whole(path: str) -> Any:
    """The image by `ImageReader`; its buffer comes as text with surrogates, the binding has no other way."""
    reader = gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        raise RuntimeError(f"GDCM cannot read {path}")
    image = reader.GetImage()
    pixel = image.GetPixelFormat()
    kind = "i" if pixel.GetPixelRepresentation() else "u"
    raw = image.GetBuffer().encode("utf-8", "surrogateescape")
    samples = [3] * (pixel.GetSamplesPerPixel() == 3)
    shape = [image.GetDimension(2)] * (image.GetNumberOfDimensions() == 3)
    shape += [image.GetDimension(1), image.GetDimension(0), *samples]
    return _array(raw, f"{kind}{pixel.GetBitsAllocated() // 8}", shape)


def _decoded(files: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for path in files:
        reader, shape, dtype = _open_region(path)
        out = bytearray(math.prod(shape) * dtype.itemsize)
        _region(reader, 0, shape, out)
        yield path, _array(out, dtype, shape)


def decode(files: Sequence[str]) -> Sequence[str]:
    images.run(_decoded(files))
    return files


def decode_work(files: Sequence[str]) -> int:
    return images.right_nbytes(_decoded(files))


def decode_whole(files: Sequence[str]) -> Sequence[str]:
    """By `ImageReader`: the region reader knows no RLE."""
    images.run((path, _whole(path)) for path in files)
    return files


def decode_whole_work(files: Sequence[str]) -> int:
    return images.right_nbytes((path, _whole(path)) for path in files)


def rewrite_ready(path: str) -> tuple[str, list[tuple[Any, str]]]:
    """Tags of the edits, found once."""
    return path, list(zip(_tags(written.EDITS), written.EDITS.values(), strict=True))


def rewrite(path: str, edits: list[tuple[Any, str]]) -> str:
    reader = gdcm.Reader()
    reader.SetFileName(path)
    if not reader.Read():
        raise RuntimeError(f"GDCM cannot read {path}")
    anonymizer = gdcm.Anonymizer()
    anonymizer.SetFile(reader.GetFile())
    for tag, value in edits:
        anonymizer.Replace(tag, value)
    writer = gdcm.Writer()
    writer.SetFileName(written.target_of(path))
    writer.SetFile(reader.GetFile())
    if not writer.Write():
        raise RuntimeError(f"GDCM cannot write {path}")
    return path


rewrite_work = written.right_edits


def transcode(path: str, transfer_syntax: str) -> str:
    reader = gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        raise RuntimeError(f"GDCM cannot read {path}")
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(transfer_syntax)))
    change.SetInput(reader.GetImage())
    if not change.Change():
        raise RuntimeError(f"GDCM cannot transcode {path}")
    writer = gdcm.ImageWriter()
    writer.SetFileName(written.target_of(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    if not writer.Write():
        raise RuntimeError(f"GDCM cannot write {path}")
    return path


transcode_work = written.right_frames


def start_ready() -> tuple[str]:
    return ("import gdcm",)


start, start_peak = shared.start, shared.start_peak
