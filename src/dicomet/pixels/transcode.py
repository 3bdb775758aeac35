"""Data sets into another transfer syntax, frame by frame. PS3.5 §10, Annex A; PS3.3 §C.7.6.1.1.5.

The file is written while frames are encoded: in front of the pixels stands what the header says. Where that depends on
the encoded frames (offset tables, compression ratio) it has the right length at once, and is written over at the end.
"""

from __future__ import annotations

import os
from io import BytesIO
from threading import local
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dicomet._native.outfile import OutFile
from dicomet._native.plan import Plan
from dicomet.errors import PixelDataMissing, WriteError
from dicomet.pixels.element import element_of
from dicomet.pixels.encapsulate import (
    PIXEL_DATA_HEADER,
    SEQUENCE_END,
    basic_offset_table,
    extended_offset_table,
    item_header,
)
from dicomet.pixels.frames import frames_of
from dicomet.pixels.icons import unpack_icons
from dicomet.pixels.layout import PIXEL_DATA, pixel_tag_of
from dicomet.pixels.lossy import lossy_method, mark_lossy
from dicomet.pixels.overlays import unfold_overlays
from dicomet.pixels.prefetch import in_order, spread
from dicomet.pixels.target import BitPacker, Target
from dicomet.planning import put_data_set
from dicomet.reader import dcmread
from dicomet.syntax import syntax_of
from dicomet.uids import generate_uid
from dicomet.writer import dcmwrite, put_file_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from dicomet.dataset import Dataset
    from dicomet.filedataset import FileDataset
    from dicomet.syntax import Syntax

    OffsetTable = Literal["auto", "basic", "extended", "none"]

_MAX_NBYTES = 0xFFFFFFFE
_EOT, _EOT_LENGTHS = 0x7FE00001, 0x7FE00002


def transcode_file(
    source: str | os.PathLike[str] | Dataset,
    target: str | os.PathLike[str],
    transfer_syntax: str,
    *,
    workers: int | None = None,
    offset_table: OffsetTable = "auto",
    new_uid: bool | None = None,
    overwrite: bool = True,
    sync: bool = True,
    **options: Any,
) -> None:
    """Write a file in another transfer syntax. A frame or two are in memory at a time, however many there are.

    Between native syntaxes nothing is decoded; frames that are in the syntax already are taken over as they are.

    Parameters
    ----------
    source : path or Dataset
        May be the file that `target` names.
    target : path
        Takes the place of what is there once it is complete.
    transfer_syntax : str
        UID of a syntax that can be written: see ``dicomet codecs``.
    workers : int, optional
        Threads that decode and encode; none: the calling one.
    offset_table : {"auto", "basic", "extended", "none"}
        Of encapsulated pixels; "auto" is the basic one, or the extended one beyond 4 GiB.
    new_uid : bool, optional
        Give a new SOP Instance UID, and name the old one as source image; unless told, if something is lost
        (PS3.3 §C.7.6.1.1.5).
    overwrite : bool
        If False, `FileExistsError` where there is a file already.
    sync : bool
        Wait until the bytes are on disk before the file gets its name.
    **options
        Of the encoder, such as ``quality`` (JPEG), ``near`` (JPEG-LS), ``psnr`` (JPEG 2000), ``distance`` (JPEG XL);
        ``rgb=True`` leaves RGB as it is where the encoder would go to YBR.

    Raises
    ------
    UnsupportedError
        The syntax cannot be written, or not such pixels.
    PixelDataError
        A frame cannot be decoded. Nothing is written.
    OSError, WriteError
        As for `dcmwrite`.
    """
    ds = source if not isinstance(source, str | os.PathLike) else dcmread(source)
    if not overwrite and os.path.lexists(target):
        raise FileExistsError(17, "File exists", os.fspath(target))
    syntax = syntax_of(transfer_syntax)
    if _is_plain(ds, syntax):
        dcmwrite(target, ds, transfer_syntax=transfer_syntax, sync=sync)
        return
    job = _Job(ds, syntax, offset_table, new_uid, options)
    real = os.path.realpath(target) if os.path.islink(target) else target
    with OutFile(real) as file:
        job.write(_FileSink(file), workers)
        file.commit(sync)


def transcode(
    ds: Dataset,
    transfer_syntax: str,
    *,
    workers: int | None = None,
    offset_table: OffsetTable = "auto",
    new_uid: bool | None = None,
    **options: Any,
) -> FileDataset:
    """A new data set in another transfer syntax, in memory.

    Parameters
    ----------
    ds : Dataset
        Stays as it is.
    transfer_syntax, workers, offset_table, new_uid, **options
        As for `transcode_file`.

    Returns
    -------
    FileDataset

    Raises
    ------
    UnsupportedError, PixelDataError, WriteError
        As for `transcode_file`.
    """
    syntax = syntax_of(transfer_syntax)
    stream = BytesIO()
    if _is_plain(ds, syntax):
        dcmwrite(stream, ds, transfer_syntax=transfer_syntax)
    else:
        _Job(ds, syntax, offset_table, new_uid, options).write(_MemorySink(stream), workers)
    return dcmread(stream.getbuffer())


def _is_plain(ds: Dataset, syntax: Syntax) -> bool:
    """Whether pixels, if there are any, may stay as they are."""
    try:
        tag = pixel_tag_of(ds)
    except PixelDataMissing:
        if syntax.encapsulated:
            raise
        return True
    if syntax.encapsulated:
        return False
    if tag != PIXEL_DATA:
        return True
    return not element_of(ds, tag).is_encapsulated


class _Sink(Protocol):
    """Where a file goes: one piece behind the other, and some at places of their own."""

    scatters: bool
    """Whether threads may write behind the end, each at its place."""

    def write(self, data: Buffer, /) -> object: ...
    def write_at(self, data: Buffer, at: int) -> None: ...
    def go_on_at(self, at: int) -> None: ...


class _FileSink:
    scatters = True

    def __init__(self, file: OutFile) -> None:
        self.file = file
        self.write = file.write

    def write_at(self, data: Buffer, at: int) -> None:
        view = memoryview(data).cast("B")
        while view:
            n = os.pwrite(self.file.fd, view, at)
            view, at = view[n:], at + n

    def go_on_at(self, at: int) -> None:
        os.lseek(self.file.fd, at, os.SEEK_SET)


class _MemorySink:
    scatters = False

    def __init__(self, stream: BytesIO) -> None:
        self.stream = stream
        self.write = stream.write

    def write_at(self, data: Buffer, at: int) -> None:
        view = memoryview(data).cast("B")
        self.stream.getbuffer()[at : at + len(view)] = view

    def go_on_at(self, at: int) -> None:
        self.stream.seek(at)


class _Job:
    """One data set on its way."""

    def __init__(
        self, ds: Dataset, syntax: Syntax, offset_table: OffsetTable, new_uid: bool | None, options: dict[str, Any]
    ) -> None:
        self.syntax = syntax
        self.reader = frames_of(ds)._frame_source()
        if self.reader.element.tag != PIXEL_DATA:
            raise WriteError("Float Pixel Data is native", tag=self.reader.element.tag, clause="PS3.5 §8.1")
        self.target = Target(self.reader, syntax, options)
        self.ds = ds.copy()
        unfold_overlays(self.ds, self.reader)
        if not self.target.copies:
            unpack_icons(self.ds)
        method = None if self.target.copies else lossy_method(str(syntax.uid), options)
        self.method = method
        wants_uid = method is not None if new_uid is None else new_uid
        self.uid = generate_uid() if wants_uid else None
        self.nframes = self.reader.nframes
        self.native_nbytes = self.nframes * self.reader.layout.native_nbytes
        self.table = self._kind_of_table(offset_table)
        if not syntax.encapsulated and self.target.nbytes > _MAX_NBYTES:
            raise WriteError("native pixels of 4 GiB or more", tag=PIXEL_DATA, clause="PS3.5 §7.1.1")

    def _kind_of_table(self, asked: OffsetTable) -> str:
        if not self.syntax.encapsulated or asked == "none":
            return "none"
        if asked == "auto":
            return "basic" if 2 * self.native_nbytes + 16 * self.nframes < _MAX_NBYTES else "extended"
        return asked

    # -- the header --------------------------------------------------------------------------------

    def _described(self, sizes: list[int] | None) -> Dataset:
        """The data set as it will be, without Pixel Data. Before the frames' `sizes` are known, numbers stand for them
        that take as many characters."""
        ds, layout = self.ds.copy(), self.target.layout
        if layout.samples > 1:
            ds.PlanarConfiguration = 0
        ds.PhotometricInterpretation = layout.photometric_interpretation
        for keyword, number in (
            ("BitsAllocated", layout.bits_allocated),
            ("BitsStored", layout.bits_stored),
            ("HighBit", layout.high_bit),
        ):
            if ds.get(keyword, None) != number:
                setattr(ds, keyword, number)
        if self.reader.declared and self.nframes != self.reader.declared:
            ds.NumberOfFrames = self.nframes
        for tag in (_EOT, _EOT_LENGTHS):
            if tag in ds:
                del ds[tag]
        if self.table == "extended":
            offsets, lengths = extended_offset_table(sizes or [0] * self.nframes)
            ds.add_new(_EOT, "OV", offsets)
            ds.add_new(_EOT_LENGTHS, "OV", lengths)
        if self.method is not None:
            ratio = self.native_nbytes / max(1, sum(sizes)) if sizes else 1.0
            mark_lossy(ds, self.method, min(ratio, 999999.0), self.uid)
        elif self.uid is not None:
            ds.SOPInstanceUID = self.uid
        return ds

    def _plans(self, sizes: list[int] | None) -> tuple[Plan, Plan, int]:
        """The head of the file; its data set without Pixel Data; where in that it would stand."""
        ds, syntax = self._described(sizes), self.syntax
        head = Plan()
        put_file_head(head, ds, syntax)
        body = Plan(syntax.implicit, syntax.big_endian)
        hole = put_data_set(body, ds, encapsulated=syntax.encapsulated, hole=PIXEL_DATA)
        return head, body, hole

    # -- writing -----------------------------------------------------------------------------------

    def write(self, sink: _Sink, workers: int | None) -> None:
        """Everything, in order, and then again what is known only now."""
        head, body, hole = self._plans(None)
        put, finish = (sink.write, _nothing) if not self.syntax.deflated else _deflating(sink.write)
        sink.write(head.read(0, head.nbytes))
        put(body.read(0, hole))
        sizes = None
        if self.syntax.encapsulated:
            sizes = self._write_fragments(put, workers)
        elif self._scatters(sink, workers):
            self._scatter(sink, head.nbytes + hole, workers or 1)
        else:
            self._write_native(put, workers)
        for at in range(hole, body.nbytes, 1 << 20):
            put(body.read(at, min(1 << 20, body.nbytes - at)))
        finish()
        if sizes is not None and (self.method is not None or self.table != "none"):
            again, body, hole = self._plans(sizes)
            assert again.nbytes == head.nbytes
            sink.write_at(body.read(0, hole), head.nbytes)
            if self.table == "basic":
                sink.write_at(basic_offset_table(sizes), head.nbytes + hole + len(PIXEL_DATA_HEADER))

    def _frames(self, workers: int | None) -> Iterator[Buffer]:
        numbers = range(self.nframes)
        if not workers or workers == 1 or self.nframes == 1:
            room = self.target.room()
            return (self.target.frame(number, room) for number in numbers)
        # encoded frames are new bytes; native ones lie in the room, and wait for their turn
        work = self._in_own_room() if self.syntax.encapsulated else self.target.frame
        return in_order(work, numbers, workers, 2 * workers)

    def _in_own_room(self) -> Callable[[int], Buffer]:
        """`Target.frame`, in a room of each thread."""
        own = local()

        def frame(number: int) -> Buffer:
            if not hasattr(own, "room"):
                own.room = self.target.room()
            return self.target.frame(number, own.room)

        return frame

    def _write_fragments(self, put: Callable[[Buffer], object], workers: int | None) -> list[int]:
        """Fragments of one frame each; gives the bytes of each frame."""
        sizes = []
        put(PIXEL_DATA_HEADER)
        put(item_header(0) if self.table != "basic" else item_header(4 * self.nframes) + bytes(4 * self.nframes))
        for frame in self._frames(workers):
            nbytes = memoryview(frame).nbytes
            put(item_header(nbytes + nbytes % 2))
            put(frame)
            if nbytes % 2:
                put(b"\0")
            sizes.append(nbytes + nbytes % 2 if self.table == "extended" else nbytes)
        put(SEQUENCE_END)
        return sizes

    def _native_header(self) -> bytes:
        nbytes = self.target.nbytes
        header = Plan(self.syntax.implicit, self.syntax.big_endian)
        words = self.syntax.implicit or self.target.layout.bits_allocated > 8
        header.header(PIXEL_DATA, "OW" if words else "OB", nbytes + nbytes % 2)
        return header.read(0, header.nbytes)

    def _write_native(self, put: Callable[[Buffer], object], workers: int | None) -> None:
        put(self._native_header())
        packer = BitPacker() if self.target.layout.bits_allocated == 1 else None
        for frame in self._frames(workers):
            put(frame if packer is None else packer.pack(frame))
        if packer is not None:
            put(packer.rest())
        if self.target.nbytes % 2:
            put(b"\0")

    def _scatters(self, sink: _Sink, workers: int | None) -> bool:
        """Whether threads write native frames themselves: each frame has its place, and begins at a byte."""
        several = (workers or 1) > 1 and self.nframes > 1
        return several and sink.scatters and not self.syntax.deflated and self.target.layout.bits_allocated > 1

    def _scatter(self, sink: _Sink, at: int, workers: int) -> None:
        header, frame_nbytes = self._native_header(), self.target.frame_nbytes
        sink.write(header)
        start = at + len(header)
        frame = self._in_own_room()

        def one(number: int) -> None:
            sink.write_at(frame(number), start + number * frame_nbytes)

        spread(one, self.nframes, workers)
        sink.go_on_at(start + self.nframes * frame_nbytes)
        if self.target.nbytes % 2:
            sink.write(b"\0")


def _nothing() -> None:
    pass


def _deflating(write: Callable[[Buffer], object]) -> tuple[Callable[[Buffer], object], Callable[[], None]]:
    """What deflates on the way, and what to call at the end. PS3.5 §A.5"""
    import zlib

    machine = zlib.compressobj(wbits=-15)
    nbytes = 0

    def put(data: Buffer) -> None:
        nonlocal nbytes
        packed = machine.compress(data)
        nbytes += len(packed)
        write(packed)

    def finish() -> None:
        rest = machine.flush()
        write(rest + b"\0" * ((nbytes + len(rest)) % 2))

    return put, finish
