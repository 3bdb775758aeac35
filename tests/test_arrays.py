"""Values as NumPy arrays: views where they are binary, parsed where they are text. PS3.5 §6.2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from build import BE, BIG, EXPLICIT, ILE, IMPLICIT, LE, Encoding, part10
from corpus import real_file

from dicomet import DataElement, Dataset, dcmread
from dicomet.errors import ValueDecodeError

SYNTAX = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}
BINARY = {
    "SS": ("h", "i2", 0x00281041), "US": ("H", "u2", 0x00280010), "SL": ("i", "i4", 0x00186020),
    "UL": ("I", "u4", 0x00081161), "FL": ("f", "f4", 0x00186028), "FD": ("d", "f8", 0x00186030),
    "SV": ("q", "i8", 0x00720082), "UV": ("Q", "u8", 0x00720083), "OF": ("f", "f4", 0x00640009),
    "OD": ("d", "f8", 0x00701A07), "OL": ("I", "u4", 0x00660129), "OV": ("Q", "u8", 0x7FE00001),
    "OW": ("H", "u2", 0x00281201),
}  # fmt: skip


@pytest.mark.parametrize("enc", [LE, BE], ids=["little", "big"])
@pytest.mark.parametrize("vr", BINARY)
def test_binary_values_are_views(vr: str, enc: Encoding) -> None:
    code, dtype, tag = BINARY[vr]
    numbers = [1, 2, 3, 100]
    value = enc.pack(f"4{code}", *numbers)
    data = np.frombuffer(part10(enc.element(tag, vr, value), SYNTAX[enc]), "u1")
    ds = dcmread(data)
    array = ds[tag].array
    assert array.dtype == np.dtype(dtype).newbyteorder(">" if enc.big else "<")
    assert array.tolist() == numbers
    assert np.shares_memory(array, data)
    assert not array.flags.writeable


def test_bytes_behind_the_last_whole_value_are_left_out() -> None:
    ds = dcmread(part10(LE.element(0x00281201, "OW", bytes(7))))
    assert ds[0x00281201].array.shape == (3,)
    assert len(ds[0x00281201].value) == 7


def test_bytes() -> None:
    ds = dcmread(part10(LE.element(0x00020102, "OB") + LE.element(0x00091001, "UN", b"\1\2\3")))
    assert ds[0x00091001].array.tolist() == [1, 2, 3]


def test_tags_are_pairs() -> None:
    for enc in (LE, ILE, BE):
        value = enc.tag(0x00181063) + enc.tag(0x00200032)
        ds = dcmread(part10(enc.element(0x00280009, "AT", value), SYNTAX[enc]))
        assert ds["FrameIncrementPointer"].array.tolist() == [[0x18, 0x1063], [0x20, 0x32]]


def test_decimal_and_integer_strings() -> None:
    body = LE.element(0x00200032, "DS", "-1.5\\2e3\\ 7 ") + LE.element(0x00200013, "IS", "+12 ")
    ds = dcmread(part10(body))
    position = ds["ImagePositionPatient"].array
    assert position.dtype == np.float64
    assert position.tolist() == [-1.5, 2000.0, 7.0]
    assert ds["InstanceNumber"].array.tolist() == [12]
    assert ds["InstanceNumber"].array.dtype == np.int64


def test_decimal_strings_equal_their_values() -> None:
    for name in ("rtplan.dcm", "rtstruct.dcm", "CT_small.dcm"):
        for element in dcmread(real_file(name)).iterall():
            if element.VR in ("DS", "IS"):
                value = element.value
                values = [] if value is None else [value] if element.VM == 1 else list(value)
                assert element.array.tolist() == values


def test_text_that_is_no_number_is_refused() -> None:
    body = LE.element(0x00200013, "IS", "abc ") + LE.element(0x00200032, "DS", "1\\x ")
    ds = dcmread(part10(body + LE.element(0x00100010, "PN", "Doe^Jane")))
    for keyword in ("InstanceNumber", "ImagePositionPatient", "PatientName"):
        if keyword in ds:
            with pytest.raises(ValueDecodeError) as caught:
                ds[keyword].array  # noqa: B018
            assert caught.value.tag == ds[keyword].tag


@pytest.mark.parametrize("vr", ["OW", "DS", "US", "AT", "FD"])
def test_no_values(vr: str) -> None:
    tag = {"OW": 0x00281201, "DS": 0x00200032, "US": 0x00280010, "AT": 0x00280009, "FD": 0x00186030}
    array = dcmread(part10(LE.element(tag[vr], vr)))[tag[vr]].array
    assert array.size == 0
    assert array.shape[0] == 0


def test_values_made_in_memory() -> None:
    ds = Dataset()
    ds.PixelSpacing = [0.5, 0.25]
    ds.Rows = 7
    ds.add_new(0x7FE00010, "OW", b"\1\0\2\0")
    assert ds["PixelSpacing"].array.tolist() == [0.5, 0.25]
    assert ds["Rows"].array.tolist() == [7]
    assert ds["PixelData"].array.tolist() == [1, 2]
    element = DataElement(0x00280009, "AT", [0x00181063, 0x00200032])
    assert element.array.tolist() == [[0x18, 0x1063], [0x20, 0x32]]


def test_edited_values_hide_those_of_the_file(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    before = ds["PixelSpacing"]
    ds.PixelSpacing = [1.0, 2.0]
    assert ds["PixelSpacing"].array.tolist() == [1.0, 2.0]
    before.value = [3.0, 4.0]
    assert before.array.tolist() == [3.0, 4.0]
    assert ds["PixelSpacing"].array.tolist() == [3.0, 4.0]


def test_pixels_equal_those_of_numpy(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    assert np.array_equal(ds["PixelData"].array, np.frombuffer(ds.PixelData, "<u2"))
