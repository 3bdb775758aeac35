"""Native samples against NumPy. PS3.5 §8.1.1, §8.2, PS3.3 §C.7.6.3.1."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from dicomet._native import pixels
from dicomet.errors import SourceChanged

Array = npt.NDArray[Any]


@pytest.fixture(params=[False, True], ids=["best", "portable"], autouse=True)
def _build(request: pytest.FixtureRequest) -> Iterator[None]:
    pixels.force_portable(request.param)
    yield
    pixels.force_portable(False)


class Cells(NamedTuple):
    allocated: int
    stored: int
    high: int
    signed: bool = False
    big: bool = False
    swap: bool = False
    offset: int = 0
    planes: int = 1
    width: int = 8

    def unpack(self, data: bytes | Array, out: Array) -> int:
        return pixels.unpack(
            data, out, bit_offset=self.offset, nsamples=out.size, bits_allocated=self.allocated,
            bits_stored=self.stored, high_bit=self.high, signed=self.signed, big_endian=self.big,
            swap_pairs=self.swap, planes=self.planes, out_nbytes_per_sample=out.itemsize,
        )  # fmt: skip

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(f"{'i' if self.signed else 'u'}{self.width}")

    def slowly(self, data: bytes, n: int) -> tuple[Array, int]:
        """The definition: bits of the stream, n rows of a cell each, a weight for each stored bit."""
        stream = np.frombuffer(data, "u1")
        if self.swap:
            stream = stream[: len(stream) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
        bits = np.unpackbits(stream, bitorder="little")[self.offset :]
        there = min(n, len(bits) // self.allocated)
        cells = bits[: there * self.allocated].reshape(there, self.allocated)
        if self.big and self.allocated % 8 == 0:
            cells = cells.reshape(there, self.allocated // 8, 8)[:, ::-1].reshape(there, self.allocated)
        stored = cells[:, self.high + 1 - self.stored : self.high + 1].astype("u8")
        samples = np.zeros(n, "u8")
        samples[:there] = (stored << np.arange(self.stored, dtype="u8")).sum(axis=1, dtype="u8")
        if self.signed:
            sign = np.uint64(1 << (self.stored - 1))
            samples = (samples ^ sign) - sign
        return samples.astype(self.dtype).reshape(self.planes, -1).T.ravel(), there


def check(cells: Cells, data: bytes, n: int) -> None:
    out = np.full(n, 77, cells.dtype)
    want, there = cells.slowly(data, n)
    assert cells.unpack(data, out) == there, cells
    assert np.array_equal(out, want), cells


def any_cells(rng: np.random.Generator, allocated: int) -> Cells:
    stored = int(rng.choice([allocated, rng.integers(1, allocated + 1)]))
    high = int(rng.choice([stored - 1, rng.integers(stored - 1, allocated)]))
    signed, big, swap = (bool(b) for b in rng.integers(2, size=3))
    offset = int(rng.integers(16 if swap else 8))
    if allocated % 8 == 0:
        offset = offset // 8 * 8
    width = int(rng.choice([w for w in (1, 2, 4, 8) if 8 * w >= stored]))
    return Cells(allocated, stored, high, signed, big, swap, offset, int(rng.choice([1, 1, 2, 3, 4])), width)


@pytest.mark.parametrize("allocated", range(1, 65))
def test_a_sample_is_the_stored_bits_of_its_cell(allocated: int) -> None:
    rng = np.random.default_rng(allocated)
    for n in [*range(41), 2500, 3001]:
        cells = any_cells(rng, allocated)
        n = n // cells.planes * cells.planes
        whole = (cells.offset + n * allocated + 15) // 16 * 2
        data = rng.bytes(whole)
        check(cells, data, n)
        check(cells, data + rng.bytes(int(rng.integers(20))), n)
        check(cells, data[: int(rng.integers(whole + 1))], n)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_usual_cells_with_every_number_of_stored_bits(width: int, big: bool, signed: bool) -> None:
    rng = np.random.default_rng(width)
    for stored in range(1, 8 * width + 1):
        for high in {stored - 1, 8 * width - 1, int(rng.integers(stored - 1, 8 * width))}:
            for n in (1, 31, 100):
                data = rng.bytes(n * width)
                check(Cells(8 * width, stored, high, signed, big, width=width), data, n)


@pytest.mark.parametrize("signed", [False, True])
def test_single_bits_equal_unpackbits(signed: bool) -> None:
    rng = np.random.default_rng(5)
    for offset in range(8):
        for n in (*range(0, 140), 512 * 511):
            data = rng.bytes((offset + n + 7) // 8)
            out = np.full(n, 9, "u1")
            assert Cells(1, 1, 0, signed, offset=offset).unpack(data, out) == n
            want = np.unpackbits(np.frombuffer(data, "u1"), bitorder="little")[offset : offset + n]
            assert np.array_equal(out, want * (255 if signed else 1))


def test_exchanged_bytes_of_8_bit_cells() -> None:
    """A frame of odd size leaves the next to begin in the middle of a word. PS3.5 §A.3."""
    out = np.zeros(3, "u1")
    assert Cells(8, 8, 7, swap=True).unpack(bytes([2, 1, 4, 3]), out) == 3
    assert out.tolist() == [1, 2, 3]
    assert Cells(8, 8, 7, swap=True, offset=8).unpack(bytes([2, 1, 4, 3]), out) == 3
    assert out.tolist() == [2, 3, 4]
    assert Cells(8, 8, 7, swap=True).unpack(bytes([2, 1, 4]), out) == 2
    assert out.tolist() == [1, 2, 0]


def test_acr_nema_packs_12_bits() -> None:
    out = np.zeros(2, "u2")
    assert Cells(12, 12, 11).unpack(bytes([0xBC, 0x1A, 0x23]), out) == 2
    assert out.tolist() == [0xABC, 0x231]


def test_a_cut_cell_is_missing() -> None:
    out = np.full(3, 9, "u2")
    assert Cells(16, 16, 15).unpack(b"\1\0\2", out) == 1
    assert out.tolist() == [1, 0, 0]
    assert Cells(16, 16, 15).unpack(b"", out) == 0
    assert out.tolist() == [0, 0, 0]


def test_missing_samples_of_planes_are_zero_in_their_places() -> None:
    out = np.full(6, 9, "u1")
    assert Cells(8, 8, 7, planes=3).unpack(b"\1\2\3", out) == 3
    assert out.tolist() == [1, 3, 0, 2, 0, 0]


@pytest.mark.parametrize("change", [
    {"bits_allocated": 0}, {"bits_allocated": 65}, {"bits_stored": 0}, {"bits_stored": 17}, {"high_bit": 16},
    {"high_bit": 14}, {"nsamples": 3}, {"nsamples": 1 << 60}, {"planes": 0}, {"planes": 3}, {"bit_offset": 1},
    {"bit_offset": 8}, {"out_nbytes_per_sample": 1}, {"out_nbytes_per_sample": 3}, {"out_nbytes_per_sample": 4},
])  # fmt: skip
def test_arguments_that_contradict_one_another(change: dict[str, int]) -> None:
    sound: dict[str, Any] = {
        "bit_offset": 0, "nsamples": 4, "bits_allocated": 16, "bits_stored": 16, "high_bit": 15, "signed": False,
        "big_endian": False, "swap_pairs": False, "planes": 1, "out_nbytes_per_sample": 2,
    }  # fmt: skip
    out = np.full(4, 7, "u2")
    with pytest.raises(ValueError, match=r"no such cells|out has"):
        pixels.unpack(bytes(8), out, **{**sound, **change})
    assert (out == 7).all()
    assert pixels.unpack(bytes(8), out, **sound) == 4


def test_out_is_writable_contiguous_and_apart() -> None:
    block = np.zeros(16, "u2")
    cells = Cells(16, 16, 15)
    with pytest.raises(BufferError):
        pixels.correct(bytes(4), nbytes_per_sample=2, bits_stored=12, signed=False)
    with pytest.raises((BufferError, ValueError)):
        cells.unpack(bytes(16), block[::2])
    with pytest.raises(ValueError, match="overlap"):
        cells.unpack(block[:9], block[8:])
    assert cells.unpack(block[:8], block[8:]) == 8


@pytest.mark.parametrize("planes", [1, 2, 3])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("width", [4, 8])
def test_floats_keep_their_bits(width: int, big: bool, planes: int) -> None:
    data = np.random.default_rng(1).bytes(600 * width)
    out = np.zeros(600, f"f{width}")
    there = pixels.floats(data, out, nsamples=600, nbytes_per_sample=width, big_endian=big, planes=planes)
    want = np.frombuffer(data, f"{'>' if big else '<'}u{width}").reshape(planes, -1).T.ravel()
    assert there == 600
    assert np.array_equal(out.view(f"u{width}"), want)
    assert pixels.floats(data[:99], out, nsamples=600, nbytes_per_sample=width, big_endian=big) == 99 // width
    with pytest.raises(ValueError, match="4 or 8"):
        pixels.floats(data, out, nsamples=600, nbytes_per_sample=2, big_endian=big)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_unused_bits(width: int, big: bool, signed: bool) -> None:
    rng = np.random.default_rng(width)
    order = ">" if big else "<"
    kind = "i" if signed else "u"
    for stored in range(1, 8 * width + 1):
        shift = 8 * width - stored
        for n in (0, 1, 40, 9000):
            cells = np.frombuffer(rng.bytes(n * width), f"{order}{kind}{width}")
            sound = (cells.astype(cells.dtype.newbyteorder("=")) << shift >> shift).astype(cells.dtype)
            args: dict[str, Any] = {"bits_stored": stored, "signed": signed, "big_endian": big}
            assert not pixels.has_unused_bits(sound, bits_allocated=8 * width, **args)
            if n and shift:
                odd = sound.copy()
                odd.view(f"{order}u{width}")[rng.integers(n)] ^= 1 << int(rng.integers(stored, 8 * width))
                assert pixels.has_unused_bits(odd, bits_allocated=8 * width, **args)
                assert pixels.has_unused_bits(odd.tobytes() + b"\xff" * (width - 1), bits_allocated=8 * width, **args)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_correct_is_done_in_place(width: int, signed: bool) -> None:
    rng = np.random.default_rng(width)
    for stored in range(1, 8 * width + 1):
        shift = 8 * width - stored
        for n in (0, 1, 7, 33, 500):
            samples = np.frombuffer(rng.bytes(n * width), f"{'i' if signed else 'u'}{width}").copy()
            want = samples << shift >> shift
            pixels.correct(samples, nbytes_per_sample=width, bits_stored=stored, signed=signed)
            assert np.array_equal(samples, want)


@pytest.mark.parametrize("planes", [1, 2, 3, 4, 5, 300])
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_planes_to_pixels_and_back(width: int, planes: int) -> None:
    rng = np.random.default_rng(planes)
    for n in (*range(41), 5000):
        data = np.frombuffer(rng.bytes(n * planes * width), f"u{width}")
        out, back = np.zeros_like(data), np.zeros_like(data)
        pixels.interleave(data, out, planes=planes, nbytes_per_sample=width)
        assert np.array_equal(out, data.reshape(planes, n).T.ravel())
        pixels.deinterleave(out, back, planes=planes, nbytes_per_sample=width)
        assert np.array_equal(back, data)


@pytest.mark.parametrize(("planes", "width", "nbytes"), [(0, 1, 6), (3, 1, 5), (3, 3, 9), (2, 2, 6)])
def test_planes_are_whole(planes: int, width: int, nbytes: int) -> None:
    with pytest.raises(ValueError, match=r"plane|pixels|bytes"):
        pixels.interleave(bytes(nbytes), bytearray(nbytes), planes=planes, nbytes_per_sample=width)


def test_packing_equals_packbits() -> None:
    rng = np.random.default_rng(2)
    for n in (*range(70), 5001):
        samples = rng.choice(np.array([0, 0, 1, 128, 255], "u1"), n)
        for offset in range(8):
            shifted = np.concatenate([np.zeros(offset, "u1"), samples])
            assert pixels.pack_bits(samples, bit_offset=offset) == np.packbits(shifted, bitorder="little").tobytes()
    with pytest.raises(ValueError, match="0 to 7"):
        pixels.pack_bits(b"\1", bit_offset=8)


def test_a_file_cut_short_under_a_kernel_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "pixels"
    page = mmap.PAGESIZE
    path.write_bytes(bytes(4 * page))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        os.truncate(path, page)
        out = np.zeros(2 * page, "u2")
        with pytest.raises(SourceChanged):
            Cells(16, 12, 11).unpack(mapped, out)
        with pytest.raises(SourceChanged):
            pixels.has_unused_bits(mapped, bits_allocated=16, bits_stored=12, signed=False, big_endian=False)
        assert Cells(16, 12, 11).unpack(mapped, out[: page // 2]) == page // 2
