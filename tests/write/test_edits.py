"""Edits: what was edited is encoded, everything else stays byte for byte. PS3.5 §7.1, §7.2, §7.5."""

from __future__ import annotations

import copy
import pickle

import pytest
from build import BE, ENCODINGS, ILE, JPEG, LE, UNDEFINED, Encoding, part10
from saving import NATIVE, again, body_of, made, read, saved, sop

from dicomet import DataElement, Dataset, Sequence, dcmread
from dicomet.errors import SourceClosed
from dicomet.syntax import syntax_for
from dicomet.writer import encode_data_set, plan_file

TAGS = (0x00080060, 0x00100010, 0x00100020, 0x00181030, 0x7FE00010)
BEFORE_BETWEEN_BEHIND = (0x00080005, 0x00080070, 0x00100015, 0x00102000, 0x7FE00001, 0x7FE00020, 0xFFFAFFFA)


def part(enc: Encoding, tag: int, value: str = "old ") -> bytes:
    if tag == 0x7FE00010:
        return enc.element(tag, "OW", enc.pack("2H", 258, 772))
    return enc.element(tag, {0x00080060: "CS", 0x00100010: "PN"}.get(tag, "LO"), value)


def whole(enc: Encoding, tags: tuple[int, ...] = TAGS) -> bytes:
    return sop(enc) + b"".join(part(enc, tag) for tag in tags)


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("tag", BEFORE_BETWEEN_BEHIND)
def test_a_new_element_stands_in_its_place(name: str, tag: int) -> None:
    enc = ENCODINGS[name][0]
    ds = read(whole(enc), name)
    ds.add_new(tag, "LO", "new")
    parts = [(0x00080016, sop(enc)), *((t, part(enc, t)) for t in TAGS), (tag, enc.element(tag, "LO", "new"))]
    assert body_of(ds) == b"".join(data for _, data in sorted(parts))


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("tag", TAGS[:-1])
def test_one_is_replaced_or_deleted(name: str, tag: int) -> None:
    enc = ENCODINGS[name][0]
    ds = read(whole(enc), name)
    ds[tag].value = "NEWER"
    assert body_of(ds) == sop(enc) + b"".join(part(enc, t, "NEWER" if t == tag else "old ") for t in TAGS)
    del ds[tag]
    assert body_of(ds) == whole(enc, tuple(t for t in TAGS if t != tag))


def test_first_last_and_all_are_deleted() -> None:
    ds = read(whole(LE))
    del ds[TAGS[-1]]
    del ds.SOPClassUID
    assert body_of(ds) == sop(LE)[-16:] + b"".join(part(LE, t) for t in TAGS[:-1])
    ds.clear()
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2"
    assert body_of(ds) == b""


def test_a_plan_is_read_byte_by_byte() -> None:
    """A plan gives any of its bytes at any time."""
    ds = read(whole(LE))
    ds.PatientName = "New"
    plan = plan_file(ds, syntax_for(ds))
    data = plan.read(0, plan.nbytes)
    assert data == saved(ds)
    assert [plan.read(i, 1) for i in range(plan.nbytes)] == [data[i : i + 1] for i in range(len(data))]


def nested(enc: Encoding, length: int | None, text: str = "old ") -> bytes:
    """Two sequences within each other; the text stands in the middle of the inner one, between others."""
    inner = enc.item(enc.element(0x00080100, "SH", "A "), enc.element(0x00080104, "LO", text),
                     enc.element(0x0008010B, "CS", "N "), length=length)  # fmt: skip
    other = enc.item(enc.element(0x00080100, "SH", "B "), length=length)
    outer = enc.item(enc.sequence(0x00081140, other, inner, other, length=length),
                     enc.element(0x00081155, "UI", "1.2"), length=length)  # fmt: skip
    return sop(enc) + enc.sequence(0x00082112, other, outer, length=length) + enc.element(0x00100020, "LO", "ID")


@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("name", ENCODINGS)
def test_edits_two_sequences_deep_change_lengths_around_them(name: str, length: int | None) -> None:
    enc = ENCODINGS[name][0]
    ds = read(nested(enc, length), name)
    item = ds.SourceImageSequence[1].ReferencedImageSequence[1]
    item.CodeMeaning = "much longer than before"
    assert body_of(ds) == nested(enc, length, "much longer than before")
    item.CodeMeaning = "old"
    assert body_of(ds) == nested(enc, length)
    ds.SourceImageSequence[0].clear()
    assert len(again(ds).SourceImageSequence[0]) == 0


@pytest.mark.parametrize("lengths", ["defined", "undefined"])
@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("name", ENCODINGS)
def test_lengths_as_asked_for(name: str, length: int | None, lengths: str) -> None:
    enc = ENCODINGS[name][0]
    wanted = None if lengths == "defined" else UNDEFINED
    assert body_of(read(nested(enc, length), name), lengths=lengths) == nested(enc, wanted)
    ds = read(nested(enc, length), name)
    ds.SourceImageSequence[1].ReferencedImageSequence[1].CodeMeaning = "new"
    assert body_of(ds, lengths=lengths) == nested(enc, wanted, "new")


@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("source", ENCODINGS)
@pytest.mark.parametrize("target", ENCODINGS)
def test_an_edited_data_set_in_another_syntax(source: str, target: str, length: int | None) -> None:
    ds = read(nested(ENCODINGS[source][0], length), source)
    ds.SourceImageSequence[1].ReferencedImageSequence[1].CodeMeaning = "new"
    assert body_of(ds, transfer_syntax=NATIVE[target]) == nested(ENCODINGS[target][0], length, "new")


def code(value: str) -> Dataset:
    item = Dataset()
    item.CodeValue = value
    return item


@pytest.mark.parametrize("length", [None, UNDEFINED])
def test_items_are_put_in_taken_out_and_moved(length: int | None) -> None:
    enc = LE
    items = [enc.item(enc.element(0x00080100, "SH", f"{i:02d}"), length=length) for i in range(6)]
    ds = read(sop(enc) + enc.sequence(0x00082112, *items, length=length))
    sequence = ds.SourceImageSequence
    sequence.insert(0, code("first"))
    sequence.append(code("last"))
    del sequence[3]
    sequence[2], sequence[4] = sequence[4], sequence[2]
    expected = ["first", "00", "04", "03", "01", "05", "last"]
    assert [item.CodeValue for item in again(ds).SourceImageSequence] == expected
    new = (enc.item(enc.element(0x00080100, "SH", text)) for text in ("first", "last"))
    order = [next(new), items[0], items[4], items[3], items[1], items[5], next(new)]
    assert body_of(ds) == sop(enc) + enc.sequence(0x00082112, *order, length=length)
    ds.SourceImageSequence = []
    assert body_of(ds) == sop(enc) + enc.sequence(0x00082112, length=length)
    del ds.SourceImageSequence
    assert body_of(ds) == sop(enc)


@pytest.mark.parametrize("target", ENCODINGS)
@pytest.mark.parametrize("name", ENCODINGS)
def test_sequences_that_are_scanned_later(name: str, target: str) -> None:
    """From 64 KiB on, of defined length."""
    enc, out = ENCODINGS[name][0], ENCODINGS[target][0]

    def build(enc: Encoding, text: str) -> bytes:
        items = (
            enc.item(
                enc.element(0x00080104, "LO", text if i == 1500 else f"item {i:05d} "),
                enc.element(0x00280010, "US", enc.pack("H", i)),
            )
            for i in range(3000)
        )
        return sop(enc) + enc.sequence(0x00082112, *items) + enc.element(0x00100020, "LO", "ID")

    assert body_of(read(build(enc, "same"), name), transfer_syntax=NATIVE[target]) == build(out, "same")
    ds = read(build(enc, "old"), name)
    ds.SourceImageSequence[1500].CodeMeaning = "edited"
    assert body_of(ds, transfer_syntax=NATIVE[target]) == build(out, "edited")
    del ds.SourceImageSequence[2:]
    assert [item.Rows for item in again(ds, transfer_syntax=NATIVE[target]).SourceImageSequence] == [0, 1]


@pytest.mark.parametrize("lengths", ["keep", "defined", "undefined"])
def test_group_lengths_go_when_something_changes(lengths: str) -> None:
    """They are retired, and wrong from then on. PS3.5 §7.2"""
    length = LE.element(0x00080000, "UL", LE.pack("I", 99))
    item = LE.item(length, LE.element(0x00080100, "SH", "A "))
    body = length + sop(LE) + LE.sequence(0x00082112, item) + LE.element(0x00100000, "UL", LE.pack("I", 9))
    assert body_of(read(body)) == body
    ds = read(body)
    ds.SourceImageSequence[0].CodeValue = "B"
    twin = again(ds, lengths=lengths)
    assert [int(e.tag) & 0xFFFF for e in twin.iterall()].count(0) == 0
    assert twin.SourceImageSequence[0].CodeValue == "B"
    assert again(read(body), transfer_syntax=NATIVE["big"]).get(0x00080000) is None


def test_elements_of_another_data_set_keep_their_bytes() -> None:
    """The text of DS and IS is not made anew. PS3.5 §6.2"""
    body = sop(LE) + LE.element(0x00280030, "DS", "0.50\\+1e0 ")
    body += LE.element(0x00280034, "IS", " 007\\1") + LE.element(0x00281201, "OW", b"abcd")
    source = read(body)
    for target in (made(), read(sop(LE))):
        for element in source:
            target.add(element)
        assert body_of(target) == body
        big = again(target, transfer_syntax=NATIVE["big"])
        assert bytes(big["PixelSpacing"].raw) == b"0.50\\+1e0 "
        assert bytes(big[0x00281201].raw) == b"badc"


def test_assigned_again_it_is_made_anew() -> None:
    ds = read(sop(LE) + LE.element(0x00280030, "DS", "0.50\\+1e0 "))
    ds.PixelSpacing = ds.PixelSpacing
    assert body_of(ds) == sop(LE) + LE.element(0x00280030, "DS", "0.5\\1")


def test_copies_and_pickles_are_written_alike() -> None:
    ds = read(nested(LE, UNDEFINED))
    ds.SourceImageSequence[1].ReferencedImageSequence[1].CodeMeaning = "new"
    ds.PatientID = "X"
    assert saved(copy.copy(ds)) == saved(ds)
    for twin in (copy.deepcopy(ds), pickle.loads(pickle.dumps(ds))):
        assert saved(twin, lengths="defined") == saved(ds, lengths="defined")
    item = copy.deepcopy(ds.SourceImageSequence[1])
    other = made()
    other.SourceImageSequence = [item, item]
    assert again(other).SourceImageSequence[1].ReferencedImageSequence[1].CodeMeaning == "new"


def test_a_deep_copy_is_independent() -> None:
    ds = read(nested(LE, None))
    twin = copy.deepcopy(ds)
    twin.SourceImageSequence[1].ReferencedImageSequence[1].CodeMeaning = "new"
    assert body_of(ds) == nested(LE, None)
    assert body_of(twin) == nested(LE, None, "new")


def test_an_item_may_be_written_alone() -> None:
    ds = read(nested(BE, UNDEFINED), "big")
    item = ds.SourceImageSequence[1]
    other = read(nested(LE, None)).SourceImageSequence[1]
    assert encode_data_set(item, NATIVE["explicit"], lengths="defined") == encode_data_set(other)
    assert encode_data_set(other) in nested(LE, None)
    assert encode_data_set(item, NATIVE["big"]) in nested(BE, UNDEFINED)


def test_a_sequence_of_another_file_goes_along() -> None:
    """Its items are in another encoding, and of another source."""
    source = read(nested(BE, UNDEFINED), "big")
    ds = read(sop(ILE), "implicit")
    ds.SourceImageSequence = source.SourceImageSequence
    ds.ReferencedImageSequence = Sequence([source.SourceImageSequence[0]])
    twin = again(ds)
    assert twin.is_implicit_VR
    assert twin.SourceImageSequence == source.SourceImageSequence
    assert twin.ReferencedImageSequence[0] == source.SourceImageSequence[0]
    source.close()
    with pytest.raises(SourceClosed):
        saved(ds)


def test_elements_behind_encapsulated_pixels() -> None:
    """They are known only after the fragments were walked."""
    pixels = LE.sequence(0x7FE00010, LE.item(), LE.item(b"abcd"), length=UNDEFINED, vr="OB")
    behind = LE.element(0xFFFCFFFC, "OB", b"\0\0")
    data = part10(sop(LE) + pixels + behind, JPEG)
    for edit in (0x00100010, 0x7FE00001, 0x7FE00020, 0xFFFAFFFA):
        ds = dcmread(data)
        ds.add(DataElement(edit, "LO", "new"))
        parts = [(8, sop(LE)), (0x7FE00010, pixels), (0xFFFCFFFC, behind), (edit, LE.element(edit, "LO", "new"))]
        assert body_of(ds) == b"".join(part for _, part in sorted(parts))
    ds = dcmread(data)
    del ds.PixelData
    assert body_of(ds) == sop(LE) + behind
    ds = dcmread(data)
    assert body_of(ds, lengths="defined") == sop(LE) + pixels + behind


def test_encapsulated_pixels_without_any_fragment() -> None:
    pixels, behind = LE.sequence(0x7FE00010, length=UNDEFINED, vr="OB"), LE.element(0xFFFAFFFA, "SQ")
    ds = dcmread(part10(sop(LE) + pixels + behind, JPEG))
    ds.add_new(0xFFFCFFFC, "OB", b"ab")
    assert body_of(ds) == sop(LE) + pixels + behind + LE.element(0xFFFCFFFC, "OB", b"ab")


def test_stray_delimiters_go_when_something_changes() -> None:
    ds = read(sop(LE) + LE.item_end() + LE.sequence_end() + LE.element(0x00100020, "LO", "ID"))
    assert ds.PatientID == "ID"
    ds.PatientName = "A^B"
    assert body_of(ds) == sop(LE) + LE.element(0x00100010, "PN", "A^B") + LE.element(0x00100020, "LO", "ID")
