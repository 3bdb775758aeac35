"""What a video is made of: its bytes as a file, its packets, and where decoding may begin. PS3.5 §A.4.5 to §A.4.11.

Nothing is decoded here, and nothing needs libav. A packet is an encoded picture in the order of decoding. The number
of its frame, which counts in the order of presentation, comes from presentation times where there are sound ones.
Elementary streams have none: there, pictures that nothing shown before depends on are told by their bytes, and
frames are counted from them on.
"""

from __future__ import annotations

import io
import zlib
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from dicomet.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicomet._native.source import Source

# How far a picture may be shown from its place in the order of decoding; times that say more are not sound.
_MAX_REORDER = 64
# A container may send a reader back and forth, but not for ever: bytes read at a time, in sizes of the stream.
_MAX_PASSES = 4
_MIN_BUDGET = 64 << 20

_H264_IDR, _H264_SEI, _RECOVERY_POINT = 5, 6, 6
_EXACT = 0b110  # recovery_frame_cnt 0, exact_match_flag 1, broken_link_flag 0. ITU-T H.264 §D.1.8
_HEVC_LEADING = range(6, 10)  # RADL, RASL
_HEVC_IRAP = range(16, 22)  # BLA, IDR, CRA
_MPEG2_PICTURE, _MPEG2_GROUP, _MPEG2_INTRA = 0x00, 0xB8, 1
_SCANNED_NBYTES = 1 << 16  # what tells the kind of a picture stands before its slices


class SpanFile(io.RawIOBase):
    """Spans of a source as one file; what is read is copied, nothing else.

    Parameters
    ----------
    source : Source
    spans : sequence of (int, int)
        Offset and length in bytes.
    """

    def __init__(self, source: Source, spans: Sequence[tuple[int, int]]) -> None:
        self._source = source
        self._spans = [span for span in spans if span[1]]
        self._starts = [0, *accumulate(nbytes for _, nbytes in self._spans)]
        self._at = 0
        self._budget = 0
        self.allow()

    @property
    def nbytes(self) -> int:
        """Of all spans."""
        return self._starts[-1]

    def allow(self) -> None:
        """Allow as many bytes as any honest pass over the stream needs to be read from now on."""
        self._budget = _MAX_PASSES * self.nbytes + _MIN_BUDGET

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = (0, self._at, self.nbytes)[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self.nbytes - self._at)
        if size is not None and size >= 0:
            left = min(left, size)
        self._budget -= left
        if self._budget < 0:
            raise PixelDataError("the video's container leads round and round", clause="PS3.5 §8.2")
        parts = []
        while left:
            k = bisect_right(self._starts, self._at) - 1
            offset, nbytes = self._spans[k]
            inside = self._at - self._starts[k]
            part = self._source.read(offset + inside, min(left, nbytes - inside))
            parts.append(part)
            left -= len(part)
            self._at += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Packet(Protocol):
    """An encoded picture, as PyAV has it."""

    size: int
    pos: int | None
    pts: int | None
    is_keyframe: bool
    is_discard: bool

    def __buffer__(self, flags: int, /) -> memoryview: ...


class Entry(NamedTuple):
    """A packet from which on decoding gives what decoding from the start does.

    Attributes
    ----------
    packet : int
        Its place in the order of decoding.
    number : int
        Of its frame. What is shown before is not to be had from here.
    pts, pos : int or None
        Presentation time in the stream's unit; a byte of the stream at or before it.
    nbytes, crc : int
        By which it is known again.
    """

    packet: int
    number: int
    pts: int | None
    pos: int | None
    nbytes: int
    crc: int


class PacketIndex(NamedTuple):
    """All packets of a video.

    Attributes
    ----------
    npackets : int
    nframes : int
        Frames that they should give; 0 if that is not known.
    numbers : numpy.ndarray or None
        Frame number of each packet, -1 if it is not shown. None: the stream does not tell.
    entries : list of Entry
        In order.
    """

    npackets: int
    nframes: int
    numbers: np.ndarray | None
    entries: list[Entry]

    def behind_leading(self) -> PacketIndex:
        """The same without the frames that are shown before the first packet's, and need what is not there."""
        if self.numbers is None or self.npackets == 0 or self.numbers[0] <= 0:
            return self
        first = int(self.numbers[0])
        entries = [entry._replace(number=entry.number - first) for entry in self.entries]
        return PacketIndex(self.npackets, self.nframes - first, np.maximum(self.numbers - first, -1), entries)

    def straight(self) -> PacketIndex:
        """The same as if nothing but decoding from the start could be relied on."""
        return PacketIndex(self.npackets, 0, None, [])


def index_of(packets: Iterable[Packet], family: str, nal_nbytes: int) -> PacketIndex:
    """Index of a stream's packets.

    Parameters
    ----------
    packets : iterable of Packet
        In the order of decoding.
    family : {"mpeg2video", "h264", "hevc"}
        Others have no entries.
    nal_nbytes : int
        Bytes of the lengths before NAL units; 0 where they stand behind start codes.
    """
    times: list[int | None] = []
    shown = bytearray()
    found: list[tuple[Entry, bool]] = []
    pos: int | None = None  # a program stream tells it only where several pictures begin
    leading_of = -1  # the entry whose leading pictures go by
    for k, packet in enumerate(packets):
        times.append(packet.pts)
        shown.append(not packet.is_discard)
        pos = pos if packet.pos is None else packet.pos
        data = memoryview(packet)
        if packet.is_keyframe:
            kind = _entry(data, family, nal_nbytes)
            if kind is not None:
                entry = Entry(k, k + kind[0], packet.pts, pos, len(data), zlib.crc32(data))
                found.append((entry, kind[1]))
                leading_of = len(found) - 1
                continue
        if family == "hevc" and leading_of >= 0:
            if _hevc_leads(data, nal_nbytes):
                entry, is_counted = found[leading_of]
                found[leading_of] = (entry._replace(number=entry.number + 1), is_counted)
            else:
                leading_of = -1
    numbers = _numbers(times, shown)
    if numbers is None:
        return PacketIndex(len(times), len(times), None, [entry for entry, is_counted in found if is_counted])
    entries = [entry._replace(number=int(numbers[entry.packet])) for entry, _ in found if shown[entry.packet]]
    return PacketIndex(len(times), int(numbers.max(initial=-1)) + 1, numbers, entries)


def _numbers(times: list[int | None], shown: bytearray) -> np.ndarray | None:
    """Frame numbers by presentation time; None where times are missing, doubled, or jump."""
    if not times or None in times:
        return None
    pts = np.array(times, np.int64)
    is_shown = np.frombuffer(shown, np.bool_)
    places = np.flatnonzero(is_shown)
    order = np.argsort(pts[places], kind="stable")
    ordered = pts[places][order]
    if np.any(ordered[1:] == ordered[:-1]):
        return None
    if np.any(np.abs(order - np.arange(order.size)) > _MAX_REORDER):
        return None
    numbers = np.full(pts.size, -1, np.int32)
    numbers[places[order]] = np.arange(order.size, dtype=np.int32)
    return numbers


def _entry(data: memoryview, family: str, nal_nbytes: int) -> tuple[int, bool] | None:
    """Of a key picture: how many pictures behind it are shown before it, and whether that is known for certain."""
    if family == "mpeg2video":
        return _mpeg2_entry(bytes(data[:_SCANNED_NBYTES]))
    is_recovery = False
    for unit in _nal_units(data, nal_nbytes):
        if family == "h264":
            kind = unit[0] & 31
            if kind == _H264_IDR:
                return 0, True
            is_recovery |= kind == _H264_SEI and _is_exact(unit)
        elif family == "hevc" and unit[0] >> 1 & 63 in _HEVC_IRAP:
            return 0, True
    return (0, False) if is_recovery else None


def _is_exact(unit: bytes) -> bool:
    """Whether supplemental information promises exact pictures from here on; others recover little by little."""
    return len(unit) == 4 and unit[1] == _RECOVERY_POINT and unit[3] >> 5 == _EXACT


def _mpeg2_entry(data: bytes) -> tuple[int, bool] | None:
    """An I picture behind a group header, from which its temporal reference counts. ISO/IEC 13818-2 §6.2.3."""
    is_group = False
    at = data.find(b"\0\0\1")
    while 0 <= at <= len(data) - 6:
        code = data[at + 3]
        is_group |= code == _MPEG2_GROUP
        if code == _MPEG2_PICTURE:
            temporal_reference = data[at + 4] << 2 | data[at + 5] >> 6
            is_intra = data[at + 5] >> 3 & 7 == _MPEG2_INTRA
            return (temporal_reference, is_group) if is_intra and temporal_reference < _MAX_REORDER else None
        at = data.find(b"\0\0\1", at + 3)
    return None


def _hevc_leads(data: memoryview, nal_nbytes: int) -> bool:
    """Whether a picture is a leading one: shown before the picture at which decoding may begin."""
    for unit in _nal_units(data, nal_nbytes):
        kind = unit[0] >> 1 & 63
        if kind < 32:
            return kind in _HEVC_LEADING
    return False


def _nal_units(data: memoryview, nal_nbytes: int) -> Iterator[bytes]:
    """The first four bytes of each NAL unit; behind start codes only of those near the beginning."""
    if nal_nbytes:
        at = 0
        while at < len(data) - nal_nbytes:
            nbytes = int.from_bytes(data[at : at + nal_nbytes], "big")
            at += nal_nbytes
            if nbytes:
                yield bytes(data[at : at + min(nbytes, 4)])
            at += nbytes
        return
    head = bytes(data[:_SCANNED_NBYTES])
    at = head.find(b"\0\0\1")
    while 0 <= at < len(head) - 3:
        yield head[at + 3 : at + 7]
        at = head.find(b"\0\0\1", at + 3)
