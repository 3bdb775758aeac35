"""Palettes and segmented lookup tables against NumPy and pydicom. PS3.3 §C.7.6.3.1.5, §C.7.9.2."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from corpus import pydicom_folder, real_files
from pydicom.pixels.processing import _expand_segmented_lut, apply_color_lut

from dicomet._native import pixels
from dicomet.errors import PixelDataError

Array = npt.NDArray[Any]


def apply(indices: Array, lut: Array, first: int) -> Array:
    out = np.full((*indices.shape, 3), 7, lut.dtype)
    pixels.apply_palette(
        indices, out, index_nbytes=indices.itemsize, lut=lut, lut_nbytes=lut.itemsize, nentries=len(lut), first=first,
        signed_indices=indices.dtype.kind == "i",
    )  # fmt: skip
    return out


@pytest.mark.parametrize("depth", ["u1", "u2"])
@pytest.mark.parametrize("index", ["u1", "i1", "u2", "i2"])
def test_an_index_takes_its_entry_or_the_nearest(index: str, depth: str) -> None:
    rng = np.random.default_rng(1)
    every = np.arange(256 ** int(index[1]), dtype=f"u{index[1]}").view(index)
    for nentries in (1, 2, 16, 255, 256, 1000, 65536):
        lut = np.frombuffer(rng.bytes(nentries * 6), depth)[: nentries * 3].reshape(-1, 3)
        for first in (0, 1, -5, 100, 200, -128, -32768, 65535):
            want = lut[np.clip(every.astype("i8") - first, 0, nentries - 1)]
            assert np.array_equal(apply(every, lut, first), want)
    for n in range(41):
        indices = rng.choice(every, n)
        assert np.array_equal(apply(indices, lut, 0), lut[np.clip(indices.astype("i8"), 0, None)])


@pytest.mark.parametrize("change", [
    {"index_nbytes": 4}, {"index_nbytes": 0}, {"lut_nbytes": 3}, {"nentries": 0}, {"nentries": 5},
    {"nentries": 65537}, {"first": 65536}, {"first": -32769}, {"lut_nbytes": 2}, {"index_nbytes": 2}, {"lut": b""},
])  # fmt: skip
def test_arguments_that_contradict_one_another(change: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        "index_nbytes": 1, "lut": bytes(12), "lut_nbytes": 1, "nentries": 4, "first": 0, "signed_indices": False,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"bytes|entries|index"):
        pixels.apply_palette(bytes(4), bytearray(12), **{**sound, **change})
    pixels.apply_palette(bytes(4), bytearray(12), **sound)


def expand(values: list[int], bits: int, nentries: int = 65536, big: bool = False) -> list[int]:
    """Values of the size of an entry, written as they stand in a file."""
    if bits == 16:
        data = struct.pack(f"{'>' if big else '<'}{len(values)}H", *values)
    else:
        data = bytes(values) + bytes(len(values) % 2)
        if big:
            data = np.frombuffer(data, "u2").byteswap().tobytes()
    return np.frombuffer(
        pixels.expand_segmented(data, nentries=nentries, bits=bits, big_endian=big), f"u{bits // 8}"
    ).tolist()


def offset(nbytes: int, bits: int) -> list[int]:
    return [nbytes, 0, 0, 0] if bits == 8 else [nbytes, 0]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_discrete_linear_and_indirect_segments(bits: int, big: bool) -> None:
    size = bits // 8
    assert expand([0, 3, 5, 6, 7], bits, big=big) == [5, 6, 7]
    assert expand([0, 1, 0, 1, 4, 8], bits, big=big) == [0, 2, 4, 6, 8]
    assert expand([0, 1, 8, 1, 4, 0], bits, big=big) == [8, 6, 4, 2, 0]
    line = [0, 1, 0, 1, 4, 8]
    assert expand([*line, 2, 1, *offset(3 * size, bits)], bits, big=big) == [0, 2, 4, 6, 8, 8, 8, 8, 8]
    assert expand([*line, 2, 2, *offset(0, bits)], bits, big=big) == [0, 2, 4, 6, 8, 0, 2, 4, 6, 8]
    assert expand([0, 1, 0, 0, 1, 9, 2, 1, *offset(0, bits), 1, 2, 4], bits, big=big) == [0, 9, 0, 2, 4]


def test_a_line_that_is_copied_begins_at_the_last_entry() -> None:
    """The end of the segment in front of it, also where that is 0. PS3.3 §C.7.9.2.2."""
    values = [0, 1, 4, 1, 2, 8, 0, 1, 0, 2, 1, *offset(6, 16)]
    assert expand(values, 16) == [4, 6, 8, 0, 4, 8]


def test_lines_equal_rounded_ones() -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        start, end = (int(v) for v in rng.integers(0, 65536, 2))
        length = int(rng.integers(1, 300))
        exact = start * length + (end - start) * np.arange(1, length + 1)
        quotient, rest = np.divmod(exact, length)
        want = quotient + ((2 * rest > length) | ((2 * rest == length) & (quotient % 2 == 1)))
        assert expand([0, 1, start, 1, length, end], 16) == [start, *want]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("values", "message"), [
    ([1, 2, 3], "not discrete"),
    ([2, 1, 0, 0, 0, 0], "not discrete"),
    ([0, 5, 1, 2, 3], "ends behind"),
    ([0, 2, 5, 6, 1, 3], "ends behind"),
    ([0, 1, 5, 2, 1, 0], "ends behind"),
    ([0, 1, 5, 2, 1, 0, 1, 0, 1], "outside|ends behind"),
    ([0, 1, 5, 2, 2, 0, 0, 0, 0], "an indirect one"),
    ([0, 1, 5, 3, 1, 7], "neither"),
    ([0, 1, 5, 255, 1, 7], "neither"),
    ([0, 5, 1, 2, 3, 4, 5], "more entries"),
    ([0, 1, 5, 1, 200, 9], "more entries"),
])  # fmt: skip
def test_impossible_segments(values: list[int], message: str, bits: int) -> None:
    with pytest.raises(PixelDataError, match=message) as caught:
        expand(values, bits, nentries=4)
    assert caught.value.clause == "PS3.3 §C.7.9.2"


def test_odd_offsets_of_words_and_offsets_behind_the_end() -> None:
    for nbytes in (1, 14, 1 << 31):
        with pytest.raises(PixelDataError, match="outside"):
            expand([0, 1, 5, 2, 1, nbytes & 0xFFFF, nbytes >> 16], 16)
    with pytest.raises(PixelDataError, match="outside"):
        expand([0, 1, 5, 2, 1, 255, 255, 255, 255], 8)


def test_fewer_entries_than_described_and_padding() -> None:
    assert expand([0, 2, 1, 2, 0], 8, nentries=9) == [1, 2]
    assert pixels.expand_segmented(b"", nentries=4, bits=16, big_endian=False) == b""
    for bits, nentries in ((12, 4), (8, 0), (16, 65537)):
        with pytest.raises(ValueError, match="entries"):
            pixels.expand_segmented(b"", nentries=nentries, bits=bits, big_endian=False)


COLOURS = ("Red", "Green", "Blue")


def files_with_palettes() -> list[Path]:
    found = sorted((pydicom_folder() / "palettes").glob("*.dcm"))
    names = ("gdcm-US-ALOKA-16", "OBXXXX1A", "examples_palette", "eCT_Supplemental")
    found += [p for name, p in real_files().items() if name.rpartition("/")[2].startswith(names)]
    return found


def lut_of(ds: pydicom.Dataset) -> Array:
    nentries = ds.RedPaletteColorLookupTableDescriptor[0] or 65536
    bits = ds.RedPaletteColorLookupTableDescriptor[2]
    big = not ds.file_meta.TransferSyntaxUID.is_little_endian
    order = ">" if big else "<"
    colours = []
    for colour in COLOURS:
        if f"Segmented{colour}PaletteColorLookupTableData" in ds:
            data = ds[f"Segmented{colour}PaletteColorLookupTableData"].value
            lut = pixels.expand_segmented(data, nentries=nentries, bits=bits, big_endian=big)
            values = struct.unpack(f"{order}{len(data) * 8 // bits}{'B' if bits == 8 else 'H'}", data)
            fmt = order + ("B" if bits == 8 else "H")
            assert np.frombuffer(lut, f"u{bits // 8}").tolist() == _expand_segmented_lut(values, fmt)
        else:
            data = ds[f"{colour}PaletteColorLookupTableData"].value
            bits = len(data) * 8 // nentries
            lut = data  # in the order of this machine, as pydicom takes them also from big-endian files
        colours.append(np.frombuffer(lut, f"u{bits // 8}"))
    return np.stack(colours, 1)


@pytest.mark.parametrize("path", files_with_palettes(), ids=lambda p: p.name)
def test_real_palettes_equal_pydicoms(path: Path) -> None:
    ds = pydicom.dcmread(path)
    lut = lut_of(ds)
    assert len(lut) == (ds.RedPaletteColorLookupTableDescriptor[0] or 65536)
    first = ds.RedPaletteColorLookupTableDescriptor[1]
    if "PixelPresentation" in ds:  # pydicom refuses supplemental palettes where they say so
        del ds.PixelPresentation
    rng = np.random.default_rng(3)
    # pydicom clips in the type of the table: ask it for indices that are in it
    indices = rng.integers(max(first, 0), min(first + len(lut), 256**lut.itemsize), 5000).astype(
        "u1" if first + len(lut) <= 256 else "u2"
    )
    assert np.array_equal(apply(indices, lut, first), apply_color_lut(indices, ds)[..., :3])


def test_there_are_segmented_tables_among_them() -> None:
    found = files_with_palettes()
    assert len(found) >= 12
    assert any("SegmentedRedPaletteColorLookupTableData" in pydicom.dcmread(p) for p in found)
