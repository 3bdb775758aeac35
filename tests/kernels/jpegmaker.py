"""Lossless JPEG streams of every shape, encoded sample by sample from the text of ITU-T T.81 Annex H."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

CATEGORIES = 17


@dataclass
class Table:
    """A Huffman code of all categories: its segment, and each category's code as (bits, length)."""

    counts: bytes
    values: bytes
    codes: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        code, at = 0, 0
        for length, count in enumerate(self.counts, 1):
            for value in self.values[at : at + count]:
                self.codes[value] = (code, length)
                code += 1
            at += count
            code <<= 1


def made_table(rng: random.Random, skewed: bool = False) -> Table:
    """A code at random, of at most 16 bits; the code of ones alone stays free (Annex C). Skewed: lengths differ."""
    depths = [0]
    while len(depths) < CATEGORIES + 1:
        short = [i for i, depth in enumerate(depths) if depth < 16]
        at = max(short, key=lambda i: depths[i]) if skewed and rng.random() < 0.8 else rng.choice(short)
        depths[at : at + 1] = [depths[at] + 1] * 2
    depths = sorted(depths)[:-1]
    counts = bytes(depths.count(length) for length in range(1, 17))
    values = list(range(CATEGORIES))
    if rng.random() < 0.5:
        rng.shuffle(values)
    return Table(counts, bytes(values))


def segment(marker: int, payload: bytes) -> bytes:
    """Marker, length, and what it holds. §B.1.1.4"""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _predicted(plane: np.ndarray, y: int, x: int, predictor: int, first: bool, middle: int) -> int:
    """Table H.1 and §H.1.2.1."""
    if first:
        return int(plane[y, x - 1]) if x else middle
    if x == 0:
        return int(plane[y - 1, 0])
    a, b, c = int(plane[y, x - 1]), int(plane[y - 1, x]), int(plane[y - 1, x - 1])
    return (0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1)[predictor]


def _symbol(difference: int, table: Table) -> tuple[int, int]:
    """A difference as bits and their number. Table H.2"""
    difference = (difference + 32768) % 65536 - 32768
    if difference == -32768:
        return table.codes[16]
    category = abs(difference).bit_length()
    code, length = table.codes[category]
    behind = difference if difference >= 0 else difference + (1 << category) - 1
    return code << category | behind, length + category


def _interval(planes: list[np.ndarray], tables: list[Table], rows: range, predictor: int, middle: int) -> bytes:
    """Entropy-coded lines of one restart interval, stuffed and filled up with ones. §F.1.2.3"""
    bits, nbits = 0, 0
    for y in rows:
        for x in range(planes[0].shape[1]):
            for plane, table in zip(planes, tables, strict=True):
                predicted = _predicted(plane, y, x, predictor, y == rows.start, middle)
                code, length = _symbol(int(plane[y, x]) - predicted, table)
                bits, nbits = bits << length | code, nbits + length
    fill = -nbits % 8
    data = (bits << fill | ((1 << fill) - 1)).to_bytes((nbits + fill) // 8, "big")
    return data.replace(b"\xff", b"\xff\0")


def made_stream(
    image: np.ndarray,
    tables: Sequence[Table],
    *,
    precision: int,
    predictor: int = 1,
    point_transform: int = 0,
    interval_rows: int = 0,
    scans: Sequence[Sequence[int]] = (),
    sampling: int = 0x11,
    dnl: bool = False,
    eoi: bool = True,
) -> bytes:
    """An image of shape (rows, columns, samples) as a stream.

    Parameters
    ----------
    tables : sequence of Table
        Of each component; those that are the same object are written once.
    interval_rows : int
        Lines of a restart interval; 0 for none.
    scans : sequence of sequences of int
        Components of each scan; all in one if there are none.
    dnl : bool
        The number of lines stands behind the first scan. §B.2.5
    """
    rows, columns, samples = image.shape
    shifted = image.astype(np.int64) >> point_transform
    numbers = {id(table): number for number, table in enumerate({id(t): t for t in tables}.values())}
    by_number = {numbers[id(table)]: table for table in tables}
    parts = [b"\xff\xd8"]
    components = b"".join(bytes((k + 1, sampling, 0)) for k in range(samples))
    parts.append(segment(0xC3, struct.pack(">BHHB", precision, 0 if dnl else rows, columns, samples) + components))
    parts += [segment(0xC4, bytes((number,)) + t.counts + t.values) for number, t in by_number.items()]
    if interval_rows:
        parts.append(segment(0xDD, struct.pack(">H", interval_rows * columns)))
    for scan in scans or [range(samples)]:
        chosen = b"".join(bytes((k + 1, numbers[id(tables[k])] << 4)) for k in scan)
        parts.append(segment(0xDA, bytes((len(scan),)) + chosen + bytes((predictor, 0, point_transform))))
        planes, step = [shifted[..., k] for k in scan], interval_rows or rows
        for number, start in enumerate(range(0, rows, step)):
            if number:
                parts.append(bytes((0xFF, 0xD0 + (number - 1) % 8)))
            lines = range(start, min(start + step, rows))
            middle = 1 << (precision - point_transform - 1)
            parts.append(_interval(planes, [tables[k] for k in scan], lines, predictor, middle))
        if dnl:
            parts.append(segment(0xDC, struct.pack(">H", rows)))
            dnl = False
    return b"".join(parts) + (b"\xff\xd9" if eoi else b"")
