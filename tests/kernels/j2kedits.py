"""JPEG 2000 codestreams rewritten: the same image, told in ways that no encoder at hand uses. ITU-T T.800 Annex A."""

from __future__ import annotations

import itertools
import random
import struct
from dataclasses import dataclass

SOC, SIZ, COD, COC, QCD, QCC, PPM, PPT = 0xFF4F, 0xFF51, 0xFF52, 0xFF53, 0xFF5C, 0xFF5D, 0xFF60, 0xFF61
SOT, SOD, EOC = 0xFF90, 0xFF93, 0xFFD9
SOP_NBYTES = 6
EPH = b"\xff\x92"


@dataclass
class Part:
    """A tile-part: its tile, the segments of its header, its packets."""

    tile: int
    segments: list[tuple[int, bytes]]
    data: bytes


@dataclass
class Stream:
    """A codestream in pieces."""

    segments: list[tuple[int, bytes]]
    parts: list[Part]


def _segments(data: bytes, at: int, ends: tuple[int, ...]) -> tuple[list[tuple[int, bytes]], int]:
    """Marker segments from a place up to one of those markers."""
    found = []
    while (marker := int.from_bytes(data[at : at + 2], "big")) not in ends:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((marker, data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found, at


def parse(data: bytes) -> Stream:
    """Take a codestream apart."""
    segments, at = _segments(data, 2, (SOT, EOC))
    parts = []
    while data[at : at + 2] == SOT.to_bytes(2, "big"):
        tile, length = struct.unpack(">HI", data[at + 4 : at + 10])
        end = at + length if length else len(data) - 2
        own, body = _segments(data, at + 12, (SOD,))
        parts.append(Part(tile, own, data[body + 2 : end]))
        at = end
    return Stream(segments, parts)


def _joined(segments: list[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack(">HH", marker, len(content) + 2) + content for marker, content in segments)


def write(stream: Stream, *, last_open: bool = False) -> bytes:
    """Put it together; `last_open`: the last tile-part does not tell its length. §A.4.2"""
    out = SOC.to_bytes(2, "big") + _joined(stream.segments)
    seen: dict[int, int] = {}
    for number, part in enumerate(stream.parts):
        header = _joined(part.segments) + SOD.to_bytes(2, "big")
        is_open = last_open and number + 1 == len(stream.parts)
        length = 0 if is_open else 12 + len(header) + len(part.data)
        index = seen.get(part.tile, 0)
        seen[part.tile] = index + 1
        out += struct.pack(">HHHIBB", SOT, 10, part.tile, length, index, 0) + header + part.data
    return out + EOC.to_bytes(2, "big")


def _split_packets(data: bytes) -> tuple[list[bytes], bytes]:
    """Headers with their EPH, and the bodies with their SOP: of streams that have both markers."""
    headers, bodies = [], b""
    at = 0
    while at < len(data):
        end = data.index(EPH, at + SOP_NBYTES) + 2
        next_packet = data.find(b"\xff\x91\0\4", end)
        next_packet = len(data) if next_packet < 0 else next_packet
        headers.append(data[at + SOP_NBYTES : end])
        bodies += data[at : at + SOP_NBYTES] + data[end:next_packet]
        at = next_packet
    return headers, bodies


def packed(data: bytes, marker: int, rng: random.Random) -> bytes:
    """Packet headers in PPM or PPT segments, cut anywhere. §A.7.4, §A.7.5"""
    stream = parse(data)
    everything = b""
    for part in stream.parts:
        headers, part.data = _split_packets(part.data)
        joined = b"".join(headers)
        if marker == PPM:
            everything += struct.pack(">I", len(joined)) + joined
        elif joined:
            part.segments += [(PPT, bytes([i]) + piece) for i, piece in enumerate(_pieces(joined, rng))]
    if marker == PPM:
        stream.segments += [(PPM, bytes([i]) + piece) for i, piece in enumerate(_pieces(everything, rng))]
    return write(stream)


def _pieces(data: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted({0, len(data), *(rng.randrange(1, len(data)) for _ in range(2 if len(data) > 1 else 0))})
    return [data[a:b] for a, b in itertools.pairwise(cuts)]


def shuffled(data: bytes, rng: random.Random) -> bytes:
    """Tile-parts of different tiles in another order, those of one tile in their own; the last one open. §A.4.2"""
    stream = parse(data)
    queues: dict[int, list[Part]] = {}
    for part in stream.parts:
        queues.setdefault(part.tile, []).append(part)
    stream.parts = []
    while queues:
        tile = rng.choice(sorted(queues))
        stream.parts.append(queues[tile].pop(0))
        if not queues[tile]:
            del queues[tile]
    return write(stream, last_open=True)


def narrowed(data: bytes, samples: int) -> bytes:
    """COD and QCD tell something else; COC and QCC of every component what is right. §A.6.1 to §A.6.5"""
    stream = parse(data)
    out: list[tuple[int, bytes]] = []
    for marker, content in stream.segments:
        if marker == COD:
            scod, rest, style = content[0], content[1:5], content[5:]
            out += [(COC, bytes([i, scod & 1]) + style) for i in range(samples)]
            wrong = bytes([(style[0] + 3) % 6, 4, 4, 0, style[4]])
            out.append((COD, bytes([scod & 0xFE]) + rest + wrong))
        elif marker == QCD:
            out += [(QCC, bytes([i]) + content) for i in range(samples)]
            out.append((QCD, bytes([content[0] & 0x1F | 1 << 5]) + content[1:]))
        else:
            out.append((marker, content))
    stream.segments = out
    return write(stream)


def of_tiles(data: bytes) -> bytes:
    """The main header tells something else; the first part of each tile what is right. §A.4.2"""
    stream = parse(data)
    right = [(marker, content) for marker, content in stream.segments if marker in (COD, QCD)]
    first = set()
    for part in stream.parts:
        if part.tile not in first:
            part.segments = [*right, *part.segments]
        first.add(part.tile)
    stream.segments = [
        (marker, content[:5] + bytes([1, 4, 4, 0, content[9]]) if marker == COD else content)
        for marker, content in stream.segments
    ]
    stream.segments = [
        (marker, bytes([content[0] & 0xFE]) + content[1:] if marker == COD else content)
        for marker, content in stream.segments
    ]
    return write(stream)


def _precincts(stream: Stream) -> list[int]:
    """How many precincts each resolution of the only component of the only tile has. §B.6"""
    siz = dict(stream.segments)[SIZ]
    x1, y1, x0, y0 = struct.unpack(">IIII", siz[2:18])
    cod = dict(stream.segments)[COD]
    levels, sizes = cod[5], cod[10:]
    found = []
    for resolution in range(levels + 1):
        shift = levels - resolution
        size = sizes[resolution] if cod[0] & 1 else 0xFF
        count = 1
        for low, high, log in ((x0, x1, size & 15), (y0, y1, size >> 4)):
            first, last = -(-low >> shift), -(-high >> shift)
            count *= -(-last >> log) - (first >> log) if last > first else 0
        found.append(count)
    return found


def together(streams: list[bytes]) -> bytes:
    """Streams of a component each as one whose components differ in all that COC and QCC can tell. §A.6.2, §A.6.5

    Each of one tile, with SOP and EPH, of as many layers, all LRCP, all RLCP, or all CPRL.
    """
    parsed = [parse(one) for one in streams]
    siz = dict(parsed[0].segments)[SIZ]
    n = len(streams)
    segments = [(SIZ, siz[:34] + n.to_bytes(2, "big") + siz[36:39] * n)]
    for i, one in enumerate(parsed):
        own = dict(one.segments)
        cod, qcd = own[COD], own[QCD]
        if i == 0:
            segments += [(COD, bytes([cod[0] & 5]) + cod[1:]), (QCD, qcd)]
        else:
            segments += [(COC, bytes([i, cod[0] & 1]) + cod[5:]), (QCC, bytes([i]) + qcd)]
    order, layers = (lambda cod: (cod[1], int.from_bytes(cod[2:4], "big")))(dict(parsed[0].segments)[COD])
    queues = []
    for one in parsed:
        data = b"".join(part.data for part in one.parts)
        starts = [at for at in range(len(data)) if data[at : at + 4] == b"\xff\x91\0\4"]
        queues.append([data[a + SOP_NBYTES : b] for a, b in itertools.pairwise([*starts, len(data)])])
    counts = [_precincts(one) for one in parsed]
    most = max(map(len, counts))
    if order == 0:
        turns = [(r, i) for _ in range(layers) for r in range(most) for i in range(n)]
    elif order == 1:
        turns = [(r, i) for r in range(most) for _ in range(layers) for i in range(n)]
    else:
        turns = [(r, i) for i in range(n) for _ in range(layers) for r in range(most)]
    body = b""
    for r, i in turns:
        for _ in range(counts[i][r] if r < len(counts[i]) else 0):
            body += queues[i].pop(0)
    if any(queues):
        raise ValueError("packets are left over")
    return write(Stream(segments, [Part(0, [], body)]))
