"""Perfect and open-addressing hash tables for the generated dictionary; mirrors csrc/dict.c."""

from collections.abc import Sequence

_U64 = (1 << 64) - 1
STRING_MULTIPLIER = 0x9E3779B97F4A7C15
_EMPTY = 0xFFFF


class TableError(Exception):
    """A table cannot be built within its stated bounds; generation must fail."""


def string_hash(key: bytes, seed: int) -> int:
    """`dcm_string_hash` of csrc/dict.c: eight bytes a step, the last step overlapping."""
    nbytes = len(key)
    state = (seed ^ nbytes * STRING_MULTIPLIER) & _U64

    def mix(value: int) -> None:
        nonlocal state
        state = ((state ^ value) * STRING_MULTIPLIER) & _U64
        state ^= state >> 32

    if nbytes >= 8:
        for at in range(0, nbytes - 8, 8):
            mix(int.from_bytes(key[at : at + 8], "little"))
        mix(int.from_bytes(key[-8:], "little"))
    elif nbytes >= 4:
        mix(int.from_bytes(key[:4], "little") << 32 | int.from_bytes(key[-4:], "little"))
    else:
        mix(key[0] << 16 | key[nbytes >> 1] << 8 | key[-1])
    return (state * STRING_MULTIPLIER) & _U64


class PerfectHash:
    """Hash and displace: one probe finds a key's slot, whatever the key.

    The top bits of the hash choose a bucket, its displacement moves its keys to free slots.

    Parameters
    ----------
    keys : sequence of str
        Distinct keys; a key's value is its position plus one, 0 marks an empty slot.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        encoded = [key.encode() for key in keys]
        if len(set(encoded)) != len(encoded):
            raise TableError("duplicate keys")
        if min(map(len, encoded)) < 1 or len(encoded) >= _EMPTY:
            raise TableError("empty key or too many keys")
        self.max_nbytes = max(map(len, encoded))
        self.nslots = 1 << max(4, (len(keys) * 4 // 3).bit_length())
        self.bucket_bits = max(1, self.nslots.bit_length() - 3)
        for seed in range(1, 33):
            if self._place(encoded, seed):
                return
        raise TableError("no perfect hash found")

    def _place(self, keys: Sequence[bytes], seed: int) -> bool:
        mask = self.nslots - 1
        buckets: list[list[tuple[int, int, int]]] = [[] for _ in range(1 << self.bucket_bits)]
        for index, key in enumerate(keys):
            full = string_hash(key, seed)
            step = full >> 20 & mask | 1
            buckets[full >> (64 - self.bucket_bits)].append((full & mask, step, index))
        self.seed = seed
        self.slots = [0] * self.nslots
        self.displacements = [0] * len(buckets)
        for number in sorted(range(len(buckets)), key=lambda n: (-len(buckets[n]), n)):
            bucket = buckets[number]
            for displacement in range(self.nslots):
                places = {(start + displacement * step) & mask for start, step, _ in bucket}
                if len(places) == len(bucket) and not any(self.slots[p] for p in places):
                    break
            else:
                return False
            self.displacements[number] = displacement
            for start, step, index in bucket:
                self.slots[(start + displacement * step) & mask] = index + 1
        return True


class TagHash:
    """Multiply-shift hash of tags with linear probing, its probe length bounded here.

    Parameters
    ----------
    tags : sequence of int
        Distinct tags, most frequent first: those get their first slot.
    values : sequence of int
        What the slot of each tag holds, plus one; 0 marks an empty slot.
    slot_bits : int
        Logarithm of the number of slots.
    max_probes : int
        Longest probe sequence allowed, for hits and misses.
    """

    def __init__(
        self, tags: Sequence[int], values: Sequence[int], slot_bits: int, max_probes: int
    ) -> None:
        if len(set(tags)) != len(tags):
            raise TableError("duplicate tags")
        self.shift = 32 - slot_bits
        self.max_probes = max_probes
        best: tuple[int, int] | None = None
        for attempt in range(1, 65):
            multiplier = (0x9E3779B1 * attempt * attempt | 1) & 0xFFFFFFFF
            slots, probes = self._fill(tags, values, multiplier, slot_bits)
            if slots and (best is None or probes < best[0]):
                best = (probes, multiplier)
                self.slots, self.multiplier = slots, multiplier
        if best is None:
            raise TableError(f"no tag hash with at most {max_probes} probes")
        self.mean_probes = best[0] / len(tags)

    def _fill(
        self, tags: Sequence[int], values: Sequence[int], multiplier: int, slot_bits: int
    ) -> tuple[list[int], int]:
        nslots = 1 << slot_bits
        slots = [0] * (nslots + self.max_probes)  # the overhang spares the wrap-around
        total = 0
        for tag, value in zip(tags, values, strict=True):
            at = ((tag * multiplier) & 0xFFFFFFFF) >> self.shift
            probes = 1
            while slots[at]:
                at += 1
                probes += 1
            # A miss stops at the first empty slot, so one more must be within the bound.
            if probes >= self.max_probes:
                return [], 0
            slots[at] = value + 1
            total += probes
        if _longest_run(slots) >= self.max_probes:
            return [], 0
        return slots, total


def _longest_run(slots: Sequence[int]) -> int:
    longest = run = 0
    for slot in slots:
        run = run + 1 if slot else 0
        longest = max(longest, run)
    return longest
