"""Values as they are assigned, and the bytes that they become, by VR. PS3.5 §6.2, §6.4, §7.1.2, Annex A."""

from __future__ import annotations

import datetime
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from build import BE, ENCODINGS, ILE, JPEG, LE, UNDEFINED
from saving import NATIVE, again, body_of, made, read, saved, sop

from dicomet import DataElement, Dataset
from dicomet.errors import WriteError
from dicomet.uids import UID

PRIVATE = 0x00091001  # of any VR
EST = datetime.timezone(datetime.timedelta(hours=-5))

# VR, value, bytes in little and in big endian
VALUES: tuple[tuple[str, Any, bytes, bytes | None], ...] = (
    ("AE", "STORE", b"STORE ", None),
    ("AS", "018M", b"018M", None),
    ("AT", 0x00280010, b"\x28\0\x10\0", b"\0\x28\0\x10"),
    ("AT", [(0x10, 0x20), "PatientName"], b"\x10\0\x20\0\x10\0\x10\0", b"\0\x10\0\x20\0\x10\0\x10"),
    ("CS", ["ORIGINAL", "PRIMARY"], b"ORIGINAL\\PRIMARY", None),
    ("CS", ["A", None, ""], b"A\\\\ ", None),
    ("DA", "20240229", b"20240229", None),
    ("DA", datetime.date(2024, 2, 29), b"20240229", None),
    ("DS", "1.50", b"1.50", None),
    ("DS", 0.1, b"0.1 ", None),
    ("DS", [1, 2.5, Decimal("3.25")], b"1\\2.5\\3.25", None),
    ("DS", 1 / 3, b"0.33333333333333", None),
    ("DS", -1 / 3e-7, b"-3333333.3333333", None),
    ("DS", -1.2345678901234e-100, b"-1.23456789e-100", None),
    ("DS", 12345678901234567890, b"1.2345678901e+19", None),
    ("DS", np.float32(0.5), b"0.5 ", None),
    ("DS", np.array([1.5, 2.0]), b"1.5\\2 ", None),
    ("DT", "20240229101112.5+0100", b"20240229101112.5+0100 ", None),
    ("DT", datetime.datetime(2024, 2, 29, 10, 11, 12), b"20240229101112", None),
    ("DT", datetime.datetime(2024, 2, 29, 10, 11, 12, tzinfo=EST), b"20240229101112-0500 ", None),
    ("FD", 1.5, struct.pack("<d", 1.5), struct.pack(">d", 1.5)),
    ("FD", np.array([1.5, -2]), struct.pack("<2d", 1.5, -2), struct.pack(">2d", 1.5, -2)),
    ("FL", [1.5, 2], struct.pack("<2f", 1.5, 2), struct.pack(">2f", 1.5, 2)),
    ("IS", -12, b"-12 ", None),
    ("IS", [1, "2", 3.0, np.int16(4)], b"1\\2\\3\\4 ", None),
    ("LO", "Grüße", "Grüße ".encode("latin-1"), None),
    ("LT", "a\\b", b"a\\b ", None),
    ("OB", b"abc", b"abc\0", None),
    ("OB", np.array([1, 2, 3], np.uint8), b"\1\2\3\0", None),
    ("OD", np.array([1.5]), struct.pack("<d", 1.5), struct.pack(">d", 1.5)),
    ("OF", np.array([1.5], np.float32), struct.pack("<f", 1.5), struct.pack(">f", 1.5)),
    ("OL", np.array([1, 2], np.uint32), struct.pack("<2I", 1, 2), struct.pack(">2I", 1, 2)),
    ("OV", [1], struct.pack("<Q", 1), struct.pack(">Q", 1)),
    ("OW", b"abcd", b"abcd", b"badc"),
    ("OW", np.array([1, 2], ">u2"), b"\1\0\2\0", b"\0\1\0\2"),
    ("OW", [1, 0xFFFF], b"\1\0\xff\xff", b"\0\1\xff\xff"),
    ("PN", "Doe^Jane=X", b"Doe^Jane=X", None),
    ("SH", ["a", "b"], b"a\\b ", None),
    ("SL", -2, struct.pack("<i", -2), struct.pack(">i", -2)),
    ("SS", [-1, 1], b"\xff\xff\1\0", b"\xff\xff\0\1"),
    ("ST", "text", b"text", None),
    ("SV", -1, b"\xff" * 8, None),
    ("TM", "101112.5", b"101112.5", None),
    ("TM", datetime.time(10, 11, 12, 500000), b"101112.500000 ", None),
    ("UC", "long", b"long", None),
    ("UI", "1.2", b"1.2\0", None),
    ("UI", ["1.2", UID("1.23")], b"1.2\\1.23", None),
    ("UL", 2**32 - 1, b"\xff" * 4, None),
    ("UN", b"\1\2\3", b"\1\2\3\0", None),
    ("UR", "http://x/", b"http://x/ ", None),
    ("US", True, b"\1\0", b"\0\1"),
    ("US", np.array([1, 2], np.int64), b"\1\0\2\0", b"\0\1\0\2"),
    ("UT", "text", b"text", None),
    ("UV", [1, 2**64 - 1], struct.pack("<2Q", 1, 2**64 - 1), struct.pack(">2Q", 1, 2**64 - 1)),
)  # fmt: skip


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize(("vr", "value", "little", "big"), VALUES, ids=[f"{v[0]}-{i}" for i, v in enumerate(VALUES)])
def test_values_become_bytes(vr: str, value: Any, little: bytes, big: bytes | None, name: str) -> None:
    enc, syntax = ENCODINGS[name]
    ds = made(SpecificCharacterSet="ISO_IR 100")
    ds.add_new(PRIVATE, vr, value)
    raw = big if enc.big and big is not None else little
    assert body_of(ds, transfer_syntax=syntax).endswith(enc.element(PRIVATE, vr, raw))


@pytest.mark.parametrize("name", NATIVE)
def test_every_vr_is_read_as_it_was_made(name: str) -> None:
    ds = made(SpecificCharacterSet="ISO_IR 192")
    for i, (vr, value, *_) in enumerate(VALUES):
        ds.add_new(0x00091001 + i, vr, value)
    twin = again(ds, transfer_syntax=NATIVE[name])
    for i, (vr, _, little, _) in enumerate(VALUES):
        element = twin[0x00091001 + i]
        if name != "implicit":
            assert vr == element.VR
        elif vr in ("LO", "PN"):
            continue
        assert element.length == len(little) + (vr == "LO") * 2


@pytest.mark.parametrize("vr", sorted({vr for vr, *_ in VALUES}))
@pytest.mark.parametrize("value", [None, "", []])
def test_nothing_is_no_bytes(vr: str, value: object) -> None:
    ds = made()
    ds.add_new(PRIVATE, vr, value)
    assert body_of(ds) == sop(LE) + LE.element(PRIVATE, vr, b"")


WRONG: tuple[tuple[str, Any], ...] = (
    ("US", -1), ("US", 65536), ("US", 1.5), ("US", "x"), ("US", [1, "x"]), ("US", np.array([70000])), ("SS", 40000),
    ("UL", -1), ("UL", 2**32), ("SL", 2**31), ("SV", 2**63), ("UV", -1), ("FL", "x"), ("FD", "x"), ("FL", 1e300),
    ("FD", [1.0, None]), ("IS", 1.5), ("IS", float("nan")), ("DS", float("inf")), ("DS", float("nan")),
    ("DS", object()), ("AT", "no keyword"), ("AT", -1), ("OB", "text"), ("OB", 1.5), ("OW", "text"), ("OW", [70000]),
    ("OF", ["x"]), ("LO", b"bytes"), ("DA", b"bytes"), ("UN", "text"),
    ("OL", np.array([-1])), ("OV", np.array([-1])), ("US", np.array([1.5])), ("AE", "日本"), ("US", np.array([np.inf])),
    ("US", np.array([np.nan])), ("FL", np.array([1e300])), ("FD", np.array([1j])), ("US", np.array(["1"])),
)  # fmt: skip


@pytest.mark.parametrize(("vr", "value"), WRONG, ids=[f"{v[0]}-{i}" for i, v in enumerate(WRONG)])
def test_what_a_vr_cannot_hold_is_told_with_its_tag(vr: str, value: Any) -> None:
    ds = made()
    item = Dataset()
    try:
        item.add_new(PRIVATE, vr, value)
    except (ValueError, TypeError, OverflowError):
        assert vr == "AT"  # refused at once
        return
    ds.SourceImageSequence = [item]
    with pytest.raises(WriteError) as caught:
        saved(ds)
    assert caught.value.tag == PRIVATE
    assert caught.value.clause


def test_what_is_too_long_for_its_vr_becomes_un() -> None:
    """PS3.5 §6.2.2: and is read with the VR of the dictionary."""
    text = "x" * 70_000
    ds = made(ImageComments="y" * 0x10001, InstitutionName=text, PatientComments="z" * 65_534)
    ds.FrameIncrementPointer = [0x00181063] * 20_000
    data = body_of(ds)
    assert LE.element(0x00080080, "UN", text) in data
    assert LE.element(0x00104000, "LT", "z" * 65_534) in data
    for syntax in NATIVE.values():
        twin = again(ds, transfer_syntax=syntax)
        assert twin.InstitutionName == text
        assert twin["InstitutionName"].VR == "LO"
        assert twin.ImageComments == "y" * 0x10001
        assert len(twin.FrameIncrementPointer) == 20_000
    implicit = read(ILE.element(0x00080080, "LO", text), "implicit")
    assert body_of(implicit, transfer_syntax=NATIVE["explicit"]) == LE.element(0x00080080, "UN", text)


@pytest.mark.parametrize(("representation", "vr"), [(0, "US"), (1, "SS"), (None, "US")])
def test_us_or_ss_by_pixel_representation(representation: int | None, vr: str) -> None:
    """PS3.3 §C.7.6.3.1; in items by the data set around them."""
    ds, item = made(), Dataset()
    if representation is not None:
        ds.PixelRepresentation = representation
    value = -5 if vr == "SS" else 5
    item.SmallestImagePixelValue = value
    ds.SmallestImagePixelValue = value
    ds.SourceImageSequence = [item]
    for name, syntax in NATIVE.items():
        twin = again(ds, transfer_syntax=syntax)
        for one in (twin, twin.SourceImageSequence[0]):
            assert vr == one["SmallestImagePixelValue"].VR, name
            assert one.SmallestImagePixelValue == value


@pytest.mark.parametrize("representation", [0, 1])
def test_us_or_ss_that_were_read_in_implicit_vr(representation: int) -> None:
    body = sop(ILE) + ILE.sequence(0x00081140, ILE.item(ILE.element(0x00280106, "US", b"\1\0")))
    body += ILE.element(0x00280103, "US", ILE.pack("H", representation)) + ILE.element(0x00280106, "US", b"\1\0")
    twin = again(read(body, "implicit"), transfer_syntax=NATIVE["explicit"])
    assert ("SS" if representation else "US") == twin["SmallestImagePixelValue"].VR
    assert twin.ReferencedImageSequence[0]["SmallestImagePixelValue"].VR == twin["SmallestImagePixelValue"].VR


@pytest.mark.parametrize(("bits", "vr"), [(8, "OB"), (16, "OW"), (32, "OW"), (1, "OB")])
def test_made_pixel_data(bits: int, vr: str) -> None:
    """OW in implicit VR and beyond 8 bits. PS3.5 §A.1, §A.2"""
    ds = made(BitsAllocated=bits, PixelData=bytes(range(16)))
    assert vr == again(ds)["PixelData"].VR
    assert again(ds, transfer_syntax=NATIVE["implicit"])["PixelData"].VR == "OW"
    big = again(ds, transfer_syntax=NATIVE["big"])["PixelData"]
    unit = max(1, bits // 8) if bits != 1 else 1
    assert bytes(big.raw) == np.frombuffer(bytes(range(16)), f"<u{unit}").astype(f">u{unit}").tobytes()
    back = again(again(ds, transfer_syntax=NATIVE["big"]), transfer_syntax=NATIVE["explicit"])
    assert back.PixelData == ds.PixelData


def test_made_fragments() -> None:
    """PS3.5 §A.4: without their delimiter, or with it."""
    fragments = LE.item() + LE.item(b"\xff\xd8\xff\xd9")
    for value in (fragments, fragments + LE.sequence_end()):
        ds = made(PixelData=value, Rows=1, Columns=1, BitsAllocated=8)
        data = body_of(ds, transfer_syntax=JPEG)
        pixels = LE.sequence(0x7FE00010, LE.item(), LE.item(b"\xff\xd8\xff\xd9"), length=UNDEFINED, vr="OB")
        assert data.endswith(pixels)


def test_lookup_tables() -> None:
    """US for one entry, else words. PS3.3 §C.11.1.1"""
    ds = made()
    item = Dataset()
    item.LUTDescriptor = [2, 0, 16]
    item.LUTData = b"\1\0\2\0"
    ds.ModalityLUTSequence = [item]
    for syntax in NATIVE.values():
        twin = again(ds, transfer_syntax=syntax).ModalityLUTSequence[0]
        assert twin["LUTData"].array.tolist() == [1, 2]
        assert list(twin.LUTDescriptor) == [2, 0, 16]
    ds.add_new(0x00281201, "OW", b"\1\0\2\0")
    assert bytes(again(ds, transfer_syntax=NATIVE["big"])[0x00281201].raw) == b"\0\1\0\2"


@pytest.mark.parametrize("value", [b"\1\0\2\0", [1, 2], np.array([1, 2])])
def test_lut_data_of_any_form(value: Any) -> None:
    ds = made(LUTDescriptor=[2, 0, 16])
    ds.LUTData = value
    for syntax in NATIVE.values():
        assert again(ds, transfer_syntax=syntax)["LUTData"].array.tolist() == [1, 2]


def test_bytes_that_were_read_big_endian_are_turned_once() -> None:
    ds = read(sop(BE) + BE.element(0x00281201, "OW", b"\0\1\0\2"), "big")
    ds[0x00281201].value = ds[0x00281201].value
    assert body_of(ds) == sop(BE) + BE.element(0x00281201, "OW", b"\0\1\0\2")
    assert body_of(ds, transfer_syntax=NATIVE["explicit"]) == sop(LE) + LE.element(0x00281201, "OW", b"\1\0\2\0")


def test_the_vr_of_an_element_may_be_changed() -> None:
    ds = read(sop(LE) + LE.element(PRIVATE, "UN", b"12"))
    ds[PRIVATE].VR = "LO"
    ds[PRIVATE].value = "text"
    assert body_of(ds) == sop(LE) + LE.element(PRIVATE, "LO", "text")


def test_private_elements_in_a_block() -> None:
    """PS3.5 §7.8.1"""
    ds = made()
    block = ds.private_block(0x0009, "MAKER", create=True)
    block.add_new(1, "SQ", [made(PatientID="X")])
    block.add_new(2, "DS", 1.5)
    other = ds.private_block(0x0009, "OTHER", create=True)
    other.add_new(1, "US", 7)
    for name, syntax in NATIVE.items():
        twin = again(ds, transfer_syntax=syntax)
        assert twin.private_creators(9) == ["MAKER", "OTHER"]
        if name != "implicit":
            assert twin.private_block(9, "MAKER")[1].value[0].PatientID == "X"
            assert twin.private_block(9, "OTHER")[1].value == 7


def test_an_element_of_an_item_made_by_hand() -> None:
    ds = Dataset({0x00100010: DataElement(0x00100010, "PN", "A^B")})
    assert body_of(made(SourceImageSequence=[ds])).endswith(
        LE.sequence(0x00082112, LE.item(LE.element(0x00100010, "PN", "A^B")))
    )


def test_bulk_data_of_a_data_set_in_another_byte_order() -> None:
    """Bytes are in the order of the data set that they are in. PS3.5 §7.3."""
    cells = sop(BE) + BE.element(0x00280100, "US", BE.pack("H", 32))
    big = read(cells + BE.element(0x7FE00010, "OW", BE.pack("2I", 1, 2)), "big")
    lookup = read(sop(BE) + BE.element(0x00281201, "OW", BE.pack("2H", 3, 4)), "big")
    target = read(sop(LE))
    for source in (big[0x00280100], big[0x7FE00010], lookup[0x00281201]):
        target.add(source)
    assert struct.unpack("<2I", target.PixelData) == (1, 2)
    assert struct.unpack("<2H", target.RedPaletteColorLookupTableData) == (3, 4)
    for encoding in NATIVE.values():
        twin = again(again(target, transfer_syntax=encoding), transfer_syntax=NATIVE["explicit"])
        assert struct.unpack("<2I", twin.PixelData) == (1, 2)
        assert struct.unpack("<2H", twin.RedPaletteColorLookupTableData) == (3, 4)
        assert twin.BitsAllocated == 32
