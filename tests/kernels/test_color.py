"""Colour spaces against NumPy and pydicom. PS3.3 §C.7.6.3.1.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.pixels.processing import convert_color_space

from dicomet._native import pixels

Array = npt.NDArray[Any]


@pytest.fixture(params=[False, True], ids=["best", "portable"])
def build(request: pytest.FixtureRequest) -> Iterator[None]:
    pixels.force_portable(request.param)
    yield
    pixels.force_portable(False)


in_both_builds = pytest.mark.usefixtures("build")


def rounded(numerator: Array, denominator: int, highest: int) -> Array:
    return np.clip((2 * numerator + denominator) // (2 * denominator), 0, highest)


def full_to_rgb(ybr: Array, bits: int = 8) -> Array:
    y, cb, cr = (ybr.astype("i8") - [0, 1 << (bits - 1), 1 << (bits - 1)]).T
    parts = (1000 * y + 1402 * cr, 1000), (587000 * y - 202008 * cb - 419198 * cr, 587000), (1000 * y + 1772 * cb, 1000)
    return np.stack([rounded(n, d, (1 << bits) - 1) for n, d in parts], 1)


def rgb_to_full(rgb: Array, bits: int = 8) -> Array:
    r, g, b = rgb.astype("i8").T
    middle = 1 << (bits - 1)
    parts = (
        (299 * r + 587 * g + 114 * b, 1000),
        (886 * b - 299 * r - 587 * g + middle * 1772, 1772),
        (701 * r - 587 * g - 114 * b + middle * 1402, 1402),
    )
    return np.stack([rounded(n, d, (1 << bits) - 1) for n, d in parts], 1)


def partial_to_rgb(ybr: Array) -> Array:
    """The inverse in floating point; a tie would show as a difference of 1, and there is none in what is tried."""
    equations = [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]
    rgb = (ybr - [16.0, 128.0, 128.0]) @ np.linalg.inv(equations).T
    return np.clip(np.floor(rgb + 0.5), 0, 255)


def every_colour() -> Array:
    v = np.arange(1 << 24, dtype="u4")
    return np.stack([v >> 16, v >> 8, v], 1).astype("u1")


Convert = Callable[[Array, Array], None]


@pytest.mark.parametrize(("convert", "current", "desired", "ndifferent"), [
    (pixels.ybr_full_to_rgb, "YBR_FULL", "RGB", 100), (pixels.rgb_to_ybr_full, "RGB", "YBR_FULL", 2000),
])  # fmt: skip
def test_every_colour_equals_pydicom_but_for_ties(
    convert: Convert, current: str, desired: str, ndifferent: int
) -> None:
    """pydicom computes with 32-bit floats, which now and then fall on the other side of a half.

    That both builds are exact for every colour is tested in C.
    """
    exactly = full_to_rgb if desired == "RGB" else rgb_to_full
    total = 0
    for part in np.split(every_colour(), 64):
        out = np.empty_like(part)
        convert(part, out)
        other = convert_color_space(part[None], current, desired)[0]
        odd = (other != out).any(axis=1)
        total += int(odd.sum())
        assert np.abs(other[odd].astype(int) - out[odd]).max(initial=0) <= 1
        assert np.array_equal(out[odd], exactly(part[odd]))
    assert total < ndifferent


@in_both_builds
@pytest.mark.parametrize(("convert", "exactly"), [
    (pixels.ybr_full_to_rgb, full_to_rgb), (pixels.rgb_to_ybr_full, rgb_to_full),
    (pixels.ybr_partial_to_rgb, partial_to_rgb),
])  # fmt: skip
def test_every_size_also_in_place(convert: Convert, exactly: Callable[[Array], Array]) -> None:
    rng = np.random.default_rng(1)
    for n in (*range(41), 1023, 1024, 1025, 50000):
        data = rng.integers(0, 256, (n, 3), dtype="u1")
        out = np.zeros_like(data)
        convert(data, out)
        assert np.array_equal(out, exactly(data))
        convert(data, data)
        assert np.array_equal(out, data)


@in_both_builds
@pytest.mark.parametrize("bits", range(1, 17))
def test_sixteen_bits(bits: int) -> None:
    rng = np.random.default_rng(bits)
    for n in (0, 1, 7, 40, 3000):
        data = rng.integers(0, 1 << bits, (n, 3), dtype="u2")
        out = np.zeros_like(data)
        pixels.ybr_full_to_rgb(data, out, nbytes_per_sample=2, bits_stored=bits)
        assert np.array_equal(out, full_to_rgb(data, bits))
        pixels.rgb_to_ybr_full(data, data, nbytes_per_sample=2, bits_stored=bits)
    data = rng.integers(0, 1 << bits, (500, 3), dtype="u2")
    out = np.zeros_like(data)
    pixels.rgb_to_ybr_full(data, out, nbytes_per_sample=2, bits_stored=bits)
    assert np.array_equal(out, rgb_to_full(data, bits))


def groups_to_pixels(data: Array, columns: int) -> Array:
    """Y1 Y2 CB CR to pixels, in rows that begin with a group."""
    groups = data.reshape(-1, 4)
    both = np.stack([groups[:, [0, 2, 3]], groups[:, [1, 2, 3]]], 1)
    return both.reshape(-1, (columns + 1) // 2 * 2, 3)[:, :columns].reshape(-1, 3)


@in_both_builds
@pytest.mark.parametrize(("convert", "exactly"), [
    (pixels.ybr_full_422_to_rgb, full_to_rgb), (pixels.ybr_full_422_expand, lambda ybr: ybr),
    (pixels.ybr_partial_422_to_rgb, partial_to_rgb),
])  # fmt: skip
def test_chroma_of_two_pixels(convert: Callable[..., int], exactly: Callable[[Array], Array]) -> None:
    rng = np.random.default_rng(4)
    for columns in (1, 2, 3, 4, 7, 40, 1023, 1024, 1025, 2050):
        for rows in (1, 2, 5):
            data = rng.integers(0, 256, (columns + 1) // 2 * 4 * rows, dtype="u1")
            n = rows * columns
            want = exactly(groups_to_pixels(data, columns))
            for nbytes in {len(data), len(data) - 1, len(data) // 2, 3, 4}:
                out = np.full((n, 3), 9, "u1")
                there = convert(data[:nbytes], out, npixels=n, columns=columns)
                assert (there == n) == (nbytes == len(data))
                assert np.array_equal(out[:there], want[:there])
                assert not out[there:].any()


def test_one_row_of_an_odd_number_of_pixels() -> None:
    out = np.zeros((3, 3), "u1")
    assert pixels.ybr_full_422_expand(bytes([1, 2, 3, 4, 5, 6, 7, 8]), out, npixels=3) == 3
    assert out.tolist() == [[1, 3, 4], [2, 3, 4], [5, 7, 8]]


def test_sizes_and_overlaps_are_checked() -> None:
    block = np.zeros(30, "u1")
    with pytest.raises(ValueError, match="size"):
        pixels.ybr_full_to_rgb(bytes(6), bytearray(9))
    with pytest.raises(ValueError, match="whole number"):
        pixels.ybr_full_to_rgb(bytes(7), bytearray(7))
    with pytest.raises(ValueError, match="overlap"):
        pixels.rgb_to_ybr_full(block[:15], block[3:18])
    with pytest.raises(ValueError, match="out has"):
        pixels.ybr_full_422_to_rgb(bytes(8), bytearray(9), npixels=4, columns=2)
    with pytest.raises(ValueError, match="overlap"):
        pixels.ybr_full_422_to_rgb(block[:8], block[6:18], npixels=4, columns=2)
    for width, bits in ((1, 7), (2, 17), (3, 8), (0, 0)):
        with pytest.raises(ValueError, match="8 bits in 1 byte"):
            pixels.ybr_full_to_rgb(bytes(12), bytearray(12), nbytes_per_sample=width, bits_stored=bits)
