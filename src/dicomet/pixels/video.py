"""Video: MPEG-2, H.264 and HEVC, frame by frame, by libav through PyAV. PS3.5 §8.2.5 to §8.2.13, §A.4.5 to §A.4.11.

All fragments are one stream, read where it lies. One decoder a stream stands behind the last frame that was asked for.
Frames in order never seek: each is decoded once, and nothing is read ahead. The first jump reads all packets once,
without decoding (`dicomet.pixels.videoindex`): that tells where decoding may begin, and which frame each packet is.

Each packet is given its place in the order of decoding as presentation time, and libav hands that on to the frame: so
it is known which packet a frame comes from, wherever decoding began. A frame that does not come out after a jump is
tried from earlier and earlier beginnings, at last from the start: what a jump gives is what reading in order gives.
Damage is the exception: libav fills it in from what it has seen before, and notes it ("video_damaged").

A stream is decoded in order, on one thread: workers take turns at the decoder and convert colours at the same time.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from dicomet.errors import PixelDataError
from dicomet.pixels import libav
from dicomet.pixels.codecs import Decoded, unsupported_encoder
from dicomet.pixels.videoindex import index_of
from dicomet.pixels.videosamples import MAX_SURPLUS, check_size, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from dicomet._native.source import Source
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.videoindex import Entry, PacketIndex

_SIZE_MARGIN = 256  # pixels that libav adds to either side before it holds a picture against max_pixels
_STEP = 16  # frames ahead that are decoded rather than sought, as long as there is no index
_KEPT_FRAMES = 16  # of the frames that went by; workers ask for them a little out of order
_KEPT_NBYTES = 64 << 20

_STEREO = frozenset(("1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.106.1"))


class VideoCodec:
    """Codec of the transfer syntaxes of one kind of video.

    Parameters
    ----------
    name : str
        For people.
    family : str
        As libav names the codec.
    formats : sequence of str
        What to read the bytes as if libav does not know them.
    """

    whole = False
    can_encode = False

    def __init__(self, name: str, family: str, formats: Sequence[str]) -> None:
        self.name = name
        self.family = family
        self.formats = formats

    @property
    def missing(self) -> str:
        """What would have to be installed; "" if nothing is missing."""
        return libav.MISSING

    def open(
        self, source: Source, spans: Sequence[tuple[int, int]], layout: PixelLayout, declared: int
    ) -> VideoStream:
        """The stream that lies in spans (offset, length in bytes) of a source; nothing is read yet.

        `declared` is Number of Frames, 0 if the header does not tell.
        """
        return VideoStream(self, source, spans, layout, declared)

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode the first frame: see `dicomet.pixels.codecs.Codec.decode`."""
        from dicomet._native.source import Source

        return self.open(Source.of(encoded), [(0, len(encoded))], layout, 0).decode(0, out, rgb=rgb)

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        """Raises `UnsupportedError`: a frame alone is no video."""
        raise unsupported_encoder(self.name, "a frame alone is no video")


class _Frame:
    """A decoded frame that is kept."""

    __slots__ = ("lock", "nbytes", "picture")

    def __init__(self, picture: Any) -> None:
        self.picture = picture
        self.nbytes = sum(plane.buffer_size for plane in picture.planes)
        self.lock = threading.Lock()  # PyAV changes a picture's marks while it converts it


class VideoStream:
    """The frames of one stream. May be used by several threads at once."""

    def __init__(
        self,
        codec: VideoCodec,
        source: Source,
        spans: Sequence[tuple[int, int]],
        layout: PixelLayout,
        declared: int,
    ) -> None:
        self._run: libav.Run | None = None
        self._codec = codec
        self._source = source
        self._spans = spans
        self._layout = layout
        self._declared = declared
        self._lock = threading.Lock()
        self._local = threading.local()
        self._notes = ["video_base_view"] if layout.transfer_syntax in _STEREO else []
        self._index: PacketIndex | None = None
        self._anchors: dict[int, int] = {}  # packet of an entry: its frame
        self._anchored: set[int] = set()  # these frames
        self._kept: OrderedDict[int, _Frame] = OrderedDict()
        self._lost: set[int] = set()
        self._nframes: int | None = None  # once it is known
        self._is_begun = False  # the first frame was seen, and with it:
        self._is_leading = False  # the stream may begin with pictures that cannot be decoded
        self._is_interlaced = False
        self._rewound()

    def _rewound(self) -> None:
        """How things stand before the first packet."""
        self._pending: deque[Any] = deque()
        self._from_start = True
        self._packet = 0  # the next one
        self._next = 0  # the frame that comes next, if none is missing
        self._nout = 0
        self._delay: int | None = None  # packets that had gone in before the first frame came out
        self._at_end = False
        self._entry: Entry | None = None  # from which on frames count

    def __del__(self) -> None:
        self._drop()

    # -- for readers -------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise if there is no video in these bytes, or one of another size."""
        with self._lock:
            self._opened()

    def count(self) -> int:
        """Frames that are there, by their packets: the stream is read, nothing decoded."""
        with self._lock:
            return self._indexed().nframes

    def decode(self, frame: int, out: np.ndarray, *, rgb: bool) -> Decoded:
        """Decode one frame: see `dicomet.pixels.codecs.Codec.decode`."""
        with self._lock:
            try:
                kept = self._find(frame)
            except BaseException:
                if frame not in self._lost:  # in the middle of something
                    self._drop()
                raise
            notes = list(self._notes)
        converter = getattr(self._local, "converter", None)
        if converter is None:
            converter = self._local.converter = libav.Converter()
        with kept.lock:
            photometric = fill(kept.picture, converter, self._layout, out, rgb, notes)
        return Decoded(photometric, tuple(notes))

    # -- under the lock ----------------------------------------------------------------------------

    def _new_run(self) -> libav.Run:
        layout = self._layout
        max_pixels = int((layout.rows + _SIZE_MARGIN) * (layout.columns + _SIZE_MARGIN) * MAX_SURPLUS)
        return libav.Run(self._codec.formats, self._source, self._spans, max_pixels)

    def _opened(self) -> libav.Run:
        if self._run is None:
            run = self._new_run()
            try:
                if run.decoder.width and run.decoder.height:
                    check_size(run.decoder.height, run.decoder.width, self._layout)
            except PixelDataError:
                run.close()
                raise
            if run.family != self._codec.family:
                self._note("stream_kind")
            self._run = run
            self._rewound()
        return self._run

    def _note(self, code: str) -> None:
        if code not in self._notes:
            self._notes.append(code)

    def _indexed(self) -> PacketIndex:
        """The index; made by reading the stream through once, beside the decoder."""
        if self._index is None:
            run = self._new_run()
            try:
                self._index = index_of(run.packets, run.family, run.nal_nbytes)
            finally:
                run.close()
            self._settle()
        return self._index

    def _settle(self) -> None:
        """Fit the index to what the first frame has shown."""
        index = self._index
        if index is None:
            return
        if self._is_interlaced and index.npackets != self._declared:
            index = index.straight()  # of fields perhaps, two for a frame
        elif self._is_leading:
            index = index.behind_leading()
        self._index = index
        self._anchors = {entry.packet: entry.number for entry in index.entries}
        self._anchored = set(self._anchors.values())
        if index.nframes:
            self._ends(index.nframes)

    def _begin(self, picture: Any) -> None:
        """Learn from the first frame of the stream."""
        self._is_begun = True
        self._is_leading = picture.pts == 0
        self._is_interlaced = bool(picture.interlaced_frame) and self._opened().family == "h264"
        self._settle()

    def _ends(self, nframes: int) -> None:
        self._nframes = nframes
        if self._declared and nframes != self._declared:
            self._note("frame_count")

    def _find(self, frame: int) -> _Frame:
        kept = self._kept.get(frame)
        if kept is not None:
            return kept
        if frame not in self._lost and (self._nframes is None or frame < self._nframes):
            self._opened()
            if not self._is_begun:
                self._forward(0)
                if frame in self._kept:
                    return self._kept[frame]
            for _ in self._beginnings(frame):
                kept = self._forward(frame)
                if kept is not None:
                    return kept
                if self._from_start:
                    break
            self._lost.add(frame)
        there = "" if self._nframes is None else f": there are {self._nframes} frames"
        raise PixelDataError(f"the stream does not give this frame{there}", clause="PS3.3 §C.7.6.6.1.1")

    def _beginnings(self, frame: int) -> Iterator[None]:
        """Put the decoder at or before `frame`: where it stands, at an entry, earlier and earlier, at the start."""
        ahead = frame - self._next
        if ahead == 0 or (0 < ahead < _STEP and self._index is None):
            yield
        index = self._indexed()
        entries = index.entries
        k = bisect_right(entries, frame, key=lambda entry: entry.number) - 1
        if ahead > 0 and (k < 0 or entries[k].number <= self._next):
            yield
        back = 1
        while k >= 0:
            if self._to(entries[k]):
                yield
            k -= back
            back *= 2
        self._to_start()
        yield

    def _to(self, entry: Entry) -> bool:
        assert self._run is not None
        self._rewound()
        self._from_start = entry.packet == 0
        self._packet = entry.packet
        self._next = entry.number
        self._entry = entry
        return self._run.seek(entry)

    def _to_start(self) -> None:
        self._drop()
        self._opened()

    def _drop(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.close()

    def _forward(self, frame: int) -> _Frame | None:
        """Decode up to a frame; None if it is passed over, or the stream ends."""
        while True:
            found = self._pull()
            if found is None:
                return None
            number, picture = found
            kept = self._keep(number, picture)
            if number == frame:
                return kept
            if number > frame:
                return None

    def _keep(self, number: int, picture: Any) -> _Frame:
        frame = self._kept[number] = _Frame(picture)
        self._kept.move_to_end(number)
        room = min(_KEPT_FRAMES, max(2, _KEPT_NBYTES // max(1, frame.nbytes)))
        while len(self._kept) > room:
            self._kept.popitem(last=False)
        return frame

    def _pull(self) -> tuple[int, Any] | None:
        """The next frame that comes out, and its number; None at the end."""
        while True:
            while self._pending:
                picture = self._pending.popleft()
                number = self._number(picture)
                if number >= 0:
                    self._next = number + 1
                    return number, picture
            if self._at_end:
                self._indexed()
                if self._nframes is None and self._from_start:
                    self._ends(self._next)
                return None
            self._feed()

    def _feed(self) -> None:
        """Let one packet in."""
        run = self._opened()
        packet = next(run.packets, None)
        if packet is None:
            self._at_end = True
        else:
            packet.pts = packet.dts = self._packet
            self._packet += 1
        pictures = run.decode(packet)
        if pictures:
            self._pending.extend(pictures)
            self._nout += len(pictures)
            if not self._is_begun:
                self._begin(pictures[0])
        if self._nout == 0 or self._at_end or self._index is not None:
            return
        # One packet in, one frame out: as long as that holds, counting is enough.
        if self._delay is None:
            self._delay = self._packet - self._nout
        elif self._packet - self._nout != self._delay:
            self._indexed()

    def _number(self, picture: Any) -> int:
        """Number of a frame that came out; -1 if it counts for none."""
        index, packet = self._index, picture.pts
        if index is None:
            return self._next
        if index.numbers is not None:
            number = int(index.numbers[packet]) if packet is not None and 0 <= packet < index.npackets else -1
        else:
            number = self._anchors.get(packet, -1)
            if number < 0:  # counted; damage may have made a frame too many, which takes no entry's place
                number = -1 if self._next in self._anchored else self._next
        if self._entry is not None:  # pictures shown before an entry lack what they were made from
            if packet != self._entry.packet and (index.numbers is None or number < self._entry.number):
                return -1
            self._entry = None
        return number


MPEG2 = VideoCodec(f"MPEG-2 video ({libav.BY})", "mpeg2video", ("mpegvideo", "mpeg", "mpegts", "mp4"))
H264 = VideoCodec(f"H.264 ({libav.BY})", "h264", ("h264", "mpegts", "mp4"))
HEVC = VideoCodec(f"HEVC ({libav.BY})", "hevc", ("hevc", "mpegts", "mp4"))
