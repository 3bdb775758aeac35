"""JPEG-LS made by the letter of the standard, sample by sample: what no encoder at hand makes. ITU-T T.87."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field, replace

J = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15]

Lines = list[list[int]]


@dataclass
class Parameters:
    """Coding parameters of a scan; thresholds and RESET of 0 are the default ones. §C.2.4.1.1"""

    maxval: int
    near: int = 0
    t1: int = 0
    t2: int = 0
    t3: int = 0
    reset: int = 0

    def completed(self) -> Parameters:
        """Those that are 0 filled in."""

        def within(v: int, low: int) -> int:
            return low if v > self.maxval or v < low else v

        near, maxval = self.near, self.maxval
        if maxval >= 128:
            factor = (min(maxval, 4095) + 128) // 256
            basic = factor + 2 + 3 * near, 4 * factor + 3 + 5 * near, 17 * factor + 4 + 7 * near
        else:
            factor = 256 // (maxval + 1)
            basic = (
                max(2, 3 // factor + 3 * near),
                max(3, 7 // factor + 5 * near),
                max(4, 21 // factor + 7 * near),
            )
        t1 = self.t1 or within(basic[0], near + 1)
        t2 = self.t2 or within(basic[1], t1)
        t3 = self.t3 or within(basic[2], t2)
        return replace(self, t1=t1, t2=t2, t3=t3, reset=self.reset or 64)


class Bits:
    """Bits with a 0 stuffed in after each byte of ones. §A.1"""

    def __init__(self) -> None:
        """Begin with none."""
        self.bits: list[int] = []

    def put(self, value: int, n: int) -> None:
        """The lowest n bits of a value."""
        self.bits += [value >> i & 1 for i in range(n - 1, -1, -1)]

    def done(self) -> bytes:
        """All of them as bytes."""
        out = bytearray()
        at = 0
        while at < len(self.bits):
            n = 7 if out and out[-1] == 0xFF else 8
            some = self.bits[at : at + n]
            some += [0] * (n - len(some))
            out.append(int("".join(map(str, some)), 2))
            at += n
        if out and out[-1] == 0xFF:
            out.append(0)
        return bytes(out)


@dataclass
class Scan:
    """One scan being coded: its contexts, and how the decoder will see what was coded. Annex A"""

    p: Parameters
    bits: Bits = field(default_factory=Bits)

    def __post_init__(self) -> None:
        """§A.2.1"""
        p = self.p
        self.step = 2 * p.near + 1
        self.range = (p.maxval + 2 * p.near) // self.step + 1
        self.qbpp = max((self.range - 1).bit_length(), 0)
        bpp = max(2, p.maxval.bit_length())
        self.limit = 2 * (bpp + max(8, bpp))
        self.begin()

    def begin(self) -> None:
        """Contexts as they begin."""
        first = max(2, (self.range + 32) // 64)
        self.a, self.b, self.c, self.n = [first] * 367, [0] * 367, [0] * 367, [1] * 367
        self.nn = [0] * 367

    def golomb(self, value: int, k: int, limit: int) -> None:
        """§A.5.3"""
        high, most = value >> k, limit - self.qbpp - 1
        if high < most:
            self.bits.put(1, high + 1)
            self.bits.put(value, k)
        else:
            self.bits.put(1, most + 1)
            self.bits.put(value - 1, self.qbpp)

    def quantised(self, d: int) -> int:
        """§A.3.3"""
        p, m = self.p, abs(d)
        q = (m > p.near) + (m >= p.t1) + (m >= p.t2) + (m >= p.t3)
        return -q if d < 0 else q

    def error(self, x: int, predicted: int, sign: int) -> tuple[int, int]:
        """What is coded, and what the decoder makes of it. §A.4.4, §A.4.5, §A.9"""
        e = (x - predicted) * sign
        near = self.p.near
        e = (e + near) // self.step if e > 0 else -((near - e) // self.step)
        seen = min(max(predicted + sign * e * self.step, 0), self.p.maxval)
        if e < 0:
            e += self.range
        if e >= (self.range + 1) // 2:
            e -= self.range
        return e, seen

    def gradients(self, a: int, b: int, c: int, d: int) -> tuple[int, int, int]:
        """§A.3.2, §A.3.3"""
        return self.quantised(d - b), self.quantised(b - c), self.quantised(c - a)

    def regular(self, x: int, a: int, b: int, c: int, q: tuple[int, int, int]) -> int:
        """Code a sample, and tell how it is seen. §A.4 to §A.6"""
        p = self.p
        sign = -1 if next((one for one in q if one), 0) < 0 else 1  # none: among other components only
        at = sign * (81 * q[0] + 9 * q[1] + q[2])
        px = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
        px = min(max(px + sign * self.c[at], 0), p.maxval)
        e, seen = self.error(x, px, sign)
        k = 0
        while self.n[at] << k < self.a[at]:
            k += 1
        if p.near == 0 and k == 0 and 2 * self.b[at] <= -self.n[at]:
            code = 2 * e + 1 if e >= 0 else -2 * (e + 1)
        else:
            code = 2 * e if e >= 0 else -2 * e - 1
        self.golomb(code, k, self.limit)
        self.b[at] += e * self.step
        self.a[at] += abs(e)
        if self.n[at] == p.reset:
            self.a[at] >>= 1
            self.b[at] >>= 1
            self.n[at] >>= 1
        self.n[at] += 1
        if self.b[at] <= -self.n[at]:
            self.b[at] = max(self.b[at] + self.n[at], 1 - self.n[at])
            self.c[at] = max(self.c[at] - 1, -128)
        elif self.b[at] > 0:
            self.b[at] = min(self.b[at] - self.n[at], 0)
            self.c[at] = min(self.c[at] + 1, 127)
        return seen

    def run_bits(self, n: int, is_to_end: bool, index: int) -> int:
        """§A.7.1; the run index after it."""
        while n >= 1 << J[index]:
            self.bits.put(1, 1)
            n -= 1 << J[index]
            index = min(index + 1, 31)
        if is_to_end:
            if n:
                self.bits.put(1, 1)
        else:
            self.bits.put(0, 1)
            self.bits.put(n, J[index])
        return index

    def interruption(self, x: int, a: int, b: int, index: int, kind: int) -> int:
        """§A.7.2"""
        at = 365 + kind
        sign = -1 if kind == 0 and a > b else 1
        e, seen = self.error(x, a if kind else b, sign)
        total = self.a[at] + (self.n[at] >> 1 if kind else 0)
        k = 0
        while self.n[at] << k < total:
            k += 1
        often = 2 * self.nn[at] >= self.n[at]
        is_mapped = (k == 0 and e > 0 and not often) or (e < 0 and (often or k != 0))
        code = 2 * abs(e) - kind - is_mapped
        self.golomb(code, k, self.limit - J[index] - 1)
        self.nn[at] += e < 0
        self.a[at] += (code + 1 - kind) >> 1
        if self.n[at] == self.p.reset:
            self.a[at] >>= 1
            self.n[at] >>= 1
            self.nn[at] >>= 1
        self.n[at] += 1
        return seen

    def line(self, lines: Lines, before: Lines, index: int, starts: list[int]) -> tuple[Lines, int]:
        """A line of components, sample by sample; of one, the line of it. Gives what is seen, and the run index.

        `starts`: of each component what stands at the left of the line before.
        """
        width, near = len(lines[0]), self.p.near
        seen: Lines = [[] for _ in lines]
        x = 0
        while x < width:
            around = []
            for now, above, start in zip(seen, before, starts, strict=True):
                a = now[-1] if x else above[0]
                c = above[x - 1] if x else start
                around.append((a, above[x], c, above[min(x + 1, width - 1)]))
            quantised = [self.gradients(*one) for one in around]
            if any(any(q) for q in quantised):
                for i, (a, b, c, _) in enumerate(around):
                    seen[i].append(self.regular(lines[i][x], a, b, c, quantised[i]))
                x += 1
                continue
            first = [one[0] for one in around]
            end = x
            while end < width and all(abs(line[end] - a) <= near for line, a in zip(lines, first, strict=True)):
                end += 1
            for now, a in zip(seen, first, strict=True):
                now += [a] * (end - x)
            index = self.run_bits(end - x, end == width, index)
            if end < width:
                for i, a in enumerate(first):
                    b = before[i][end]
                    kind = int(len(lines) == 1 and abs(a - b) <= near)
                    seen[i].append(self.interruption(lines[i][end], a, b, index, kind))
                index = max(index - 1, 0)
                end += 1
            x = end
        return seen, index


def scan_of(components: list[Lines], p: Parameters, interleave: int, interval: int) -> tuple[bytes, list[Lines]]:
    """The bits of a scan, and what a decoder makes of them. `interval`: lines between restart markers, 0 for none."""
    scan = Scan(p.completed())
    height, width, n = len(components[0]), len(components[0][0]), len(components)
    seen: list[Lines] = [[] for _ in components]
    out = b""
    for row in range(height):
        if row == 0 or (interval and row % interval == 0):
            if row:
                out += scan.bits.done() + bytes([0xFF, 0xD0 + (row // interval - 1) % 8])
                scan.bits = Bits()
            scan.begin()
            before: Lines = [[0] * width for _ in components]
            starts, index = [0] * n, [0] * n
        lines = [one[row] for one in components]
        corners = [one[0] for one in before]
        if interleave == 2:
            now, index[0] = scan.line(lines, before, index[0], starts)
        else:
            now = []
            for i, line in enumerate(lines):
                made, index[i] = scan.line([line], [before[i]], index[i], [starts[i]])
                now += made
        for one, line in zip(seen, now, strict=True):
            one.append(line)
        before, starts = now, corners
    return out + scan.bits.done(), seen


@dataclass
class Made:
    """A stream, what it holds, and how it came about."""

    encoded: bytes
    components: list[Lines]
    precision: int
    told: str
    # CharLS decodes it. It refuses two components in a scan, scans of some of the components, several NEAR; and sample
    # by sample it goes by a RESET of 64, whatever the stream tells, for which the standard has no exception (§A.6.1)
    is_plain: bool


def _picture(rng: random.Random, height: int, width: int, most: int) -> Lines:
    kind = rng.randrange(4)
    if kind == 0:
        return [[rng.randint(0, most) for _ in range(width)] for _ in range(height)]
    if kind == 1:
        return [[most if rng.random() < 0.1 else 0 for _ in range(width)] for _ in range(height)]
    noise = rng.choice([0, 1, max(1, most // 50)])
    slope = rng.choice([0, 1, 3]) * max(1, most // 256)
    return [
        [min(max((x + y) * slope + rng.randint(-noise, noise), 0), most) for x in range(width)] for y in range(height)
    ]


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">HH", marker, len(content) + 2) + content


def _parameters(rng: random.Random, precision: int, near: int) -> Parameters:
    """Default ones, or of its own where `near` leaves room."""
    most = (1 << precision) - 1
    p = Parameters(most, near)
    if rng.random() < 0.5 and most > near + 4:
        t1 = rng.randint(near + 1, most)
        t2 = rng.randint(t1, most)
        p = replace(p, t1=t1, t2=t2, t3=rng.randint(t2, most), reset=rng.choice([3, 31, 64, 255]))
    return p


def made(rng: random.Random) -> Made:
    """A stream of 1 to 4 components, of 2 to 16 bits, with all that a header can tell."""
    precision, n = rng.randint(2, 16), rng.choice([1, 1, 2, 3, 3, 4])
    most, height, width = (1 << precision) - 1, rng.randint(1, 14), rng.randint(1, 40)
    pictures = [_picture(rng, height, width, most) for _ in range(n)]
    if rng.random() < 0.3:
        pictures = [pictures[0]] * n
    interval = rng.choice([0, 0, 1, 2, 5])
    nears = [rng.choice([0, 0, 1, 2]) if precision > 3 else 0 for _ in range(n)]
    own = _parameters(rng, precision, max(nears))
    out = b"\xff\xd8" + _segment(
        0xFFF7, struct.pack(">BHHB", precision, height, width, n) + b"".join(bytes([i + 1, 0x11, 0]) for i in range(n))
    )
    if own.t1:
        out += _segment(0xFFF8, struct.pack(">BHHHHH", 1, own.maxval, own.t1, own.t2, own.t3, own.reset))
    if interval:
        out += _segment(0xFFDD, interval.to_bytes(rng.choice([2, 3, 4]), "big"))
    groups = [[i] for i in range(n)]
    if n > 1 and rng.random() < 0.7:
        cut = rng.choice([n, n, n - 1])
        groups = [list(range(cut)), *([i] for i in range(cut, n))]
    told, components = "", []
    for group in groups:
        interleave = rng.choice([1, 2]) if len(group) > 1 else 0
        p = replace(own, near=nears[group[0]])
        bits, seen = scan_of([pictures[i] for i in group], p, interleave, interval)
        header = bytes([len(group)]) + b"".join(bytes([i + 1, 0]) for i in group) + bytes([p.near, interleave, 0])
        out += _segment(0xFFDA, header) + bits
        components += seen
        told += f" {group} near {p.near} interleave {interleave}"
    is_plain = (
        len(groups) in (1, n)
        and not (n == 2 and len(groups) == 1)
        and len({nears[group[0]] for group in groups}) == 1
        and not (own.reset not in (0, 64) and "interleave 2" in told)
    )
    return Made(
        out + b"\xff\xd9", components, precision, f"{precision} bits, {own}, every {interval} lines:{told}", is_plain
    )
