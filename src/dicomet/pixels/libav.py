"""The one door to libav, through PyAV: packets, decoded pictures, conversions. PS3.5 §8.2.5 to §8.2.13.

PyAV releases the GIL where libav works, and keeps libav's messages from stderr. What it raises becomes
`PixelDataError`, or the end of what there is.
"""

from __future__ import annotations

import zlib
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from dicomet.errors import DicomError, PixelDataError, UnsupportedError
from dicomet.pixels.videoindex import SpanFile

av: Any = None
try:
    import av as _av
except ImportError:  # the extra `video`
    MISSING, BY = "video is decoded by PyAV: install dicomet[video]", "PyAV"
else:
    av = _av  # its types are not those of every version
    MISSING, BY = "", f"PyAV {av.__version__}"

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomet._native.source import Source
    from dicomet.pixels.videoindex import Entry

# What libav may take the bytes for. Formats that name other files or addresses are not among them.
_FORMATS = "mov,mp4,mpegts,mpeg,mpegvideo,h264,hevc"
FAMILIES = frozenset(("mpeg1video", "mpeg2video", "h264", "hevc"))
_GENPTS = 1  # AVFMT_FLAG_GENPTS, which PyAV sets: would read all packets ahead for a missing time
_SEEK_PACKETS = 64  # packets after a jump among which the one that was meant must be


def _demux(container: Any, stream: Any, file: SpanFile) -> Iterator[Any]:
    """Packets from where the container stands; damage ends them."""
    file.allow()
    while True:
        try:
            for packet in container.demux(stream):
                if packet.size:
                    yield packet
            return
        except av.error.FFmpegError:
            return
        except IndexError:  # a packet of a stream that damage has made up: PyAV does not know it
            continue


class Run:
    """libav reading a stream from some packet on: a container, and a decoder. Not for several threads.

    Parameters
    ----------
    formats : sequence of str
        What to read the bytes as if libav does not know them.
    source, spans
        The bytes: (offset, length) in a source.
    max_pixels : int
        Larger pictures are not decoded.

    Raises
    ------
    PixelDataError
        There is no video in it.
    UnsupportedError
        PyAV is missing.
    """

    def __init__(
        self, formats: Sequence[str], source: Source, spans: Sequence[tuple[int, int]], max_pixels: int
    ) -> None:
        if MISSING:
            raise UnsupportedError(MISSING, clause="PS3.5 §8.2")
        self.file = SpanFile(source, spans)
        self.container = self._open(formats, max_pixels)
        self.container.flags = int(self.container.flags) & ~_GENPTS
        self.stream = self.container.streams.video[0]
        self.decoder = self.stream.codec_context
        self.family = str(self.decoder.name)
        self.decoder.thread_count = 1
        # strict: H.264 that does not state its depth of reordering is held back for as long as it may be; no guess
        self.decoder.options = {"max_pixels": str(max_pixels), "strict": "1"}
        self.packets = _demux(self.container, self.stream, self.file)

    def _open(self, formats: Sequence[str], max_pixels: int) -> Any:
        reason = ""
        for name in (None, *formats):
            self.file.seek(0)
            self.file.allow()
            try:
                container = av.open(
                    self.file,
                    format=name,
                    options={"max_pixels": str(max_pixels)},
                    container_options={"format_whitelist": _FORMATS},
                    io_open=_refuse,
                )
            except (av.error.FFmpegError, ValueError) as error:
                if isinstance(error, DicomError):
                    raise
                reason = reason or str(error)
                continue
            videos = container.streams.video
            if videos and videos[0].codec_context is not None and videos[0].codec_context.name in FAMILIES:
                return container
            container.close()
        raise PixelDataError(f"no video that libav knows{reason and ': ' + reason}", clause="PS3.5 §8.2")

    @property
    def nal_nbytes(self) -> int:
        """Bytes of the lengths before NAL units; 0 if there are start codes. ISO/IEC 14496-15 §5.3.3, §8.3.3."""
        extra = self.decoder.extradata or b""
        at = 21 if self.family == "hevc" else 4
        return (extra[at] & 3) + 1 if extra[:1] == b"\1" and len(extra) > at else 0

    def close(self) -> None:
        """Let go of libav's memory now: container and streams of PyAV hold each other."""
        self.packets = iter(())
        self.container.close()

    def decode(self, packet: Any) -> list[Any] | None:
        """Frames that come out when a packet goes in (None: no more will come); None if libav refuses it."""
        try:
            return list(self.decoder.decode(packet))
        except av.error.FFmpegError:
            return None

    def seek(self, entry: Entry) -> bool:
        """Make `entry` the next packet; False if libav does not lead there."""
        by_time = "mp4" in str(self.container.format.name)  # has an index; of the others a byte is known
        target = entry.pts if by_time else entry.pos
        if target is None:
            return False
        self.file.allow()
        try:
            self.container.seek(target, stream=self.stream, unsupported_byte_offset=not by_time)
        except av.error.FFmpegError:
            return False
        packets = _demux(self.container, self.stream, self.file)
        for packet in islice(packets, _SEEK_PACKETS):
            if packet.size == entry.nbytes and zlib.crc32(packet) == entry.crc:
                self.packets = chain([packet], packets)
                return True
        return False


def _refuse(*_: Any) -> Any:
    """In place of opening another file that a container names."""
    raise PixelDataError("the video's container names another file", clause="PS3.5 §8.2")


class Converter:
    """Pictures into other formats and colours, by swscale. Not for several threads."""

    def __init__(self) -> None:
        self._reformatter = av.video.reformatter.VideoReformatter()

    def convert(self, picture: Any, **options: Any) -> Any:
        """A new picture, by the options of PyAV's `VideoReformatter.reformat`.

        Raises
        ------
        PixelDataError
            libav cannot convert it.
        """
        try:
            try:
                return self._reformatter.reformat(picture, threads=1, **options)
            except TypeError:  # PyAV before it knew of threads
                return self._reformatter.reformat(picture, **options)
        except (av.error.FFmpegError, ValueError) as error:
            raise PixelDataError(f"libav cannot convert the frame: {error}", clause="PS3.5 §8.2") from error
