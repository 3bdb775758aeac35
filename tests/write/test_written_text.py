"""Text under Specific Character Set: its bytes stay, or are encoded anew where the set changes. PS3.5 §6.1."""

from __future__ import annotations

import pytest
from build import LE, UNDEFINED
from saving import NATIVE, again, body_of, made, read, saved, sop

from dicomet import Dataset, FileDataset
from dicomet.charset import CharacterEncodeError

NAME = "Müller^Jörg"
KANJI = ["", "ISO 2022 IR 87"]
YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"


def file_in(terms: str | None, encoding: str, name: str = NAME) -> FileDataset:
    """With a name, and one in an item two sequences deep."""
    raw = name.encode(encoding)
    raw += b" " * (len(raw) % 2)
    item = LE.item(LE.element(0x00100010, "PN", raw), length=UNDEFINED)
    body = LE.element(0x00080005, "CS", terms) if terms is not None else b""
    body += sop(LE) + LE.sequence(0x00082112, LE.item(LE.sequence(0x00081140, item)))
    return read(body + LE.element(0x00100010, "PN", raw) + LE.element(0x00100020, "LO", "ASCII "))


def names(ds: Dataset) -> list[str]:
    return [str(ds.PatientName), str(ds.SourceImageSequence[0].ReferencedImageSequence[0].PatientName)]


@pytest.mark.parametrize(
    ("before", "codec", "after"),
    [
        ("ISO_IR 100", "latin-1", "ISO_IR 192"),
        ("ISO_IR 192", "utf-8", "ISO_IR 100"),
        ("ISO_IR 100", "latin-1", "GB18030"),
        ("ISO_IR 192", "utf-8", ["ISO 2022 IR 6", "ISO 2022 IR 100"]),
    ],
)
@pytest.mark.parametrize("syntax", NATIVE)
def test_another_set_encodes_all_text_anew(before: str, codec: str, after: str | list[str], syntax: str) -> None:
    ds = file_in(before, codec)
    ds.SpecificCharacterSet = after
    twin = again(ds, transfer_syntax=NATIVE[syntax])
    assert names(twin) == [NAME, NAME]
    assert twin.SpecificCharacterSet == after
    assert twin.PatientID == "ASCII"
    assert not [f for f in twin.findings if f.code == "character_set"]
    assert names(ds) == [NAME, NAME]  # what was read stays readable


def test_escape_sequences_and_utf_8() -> None:
    source = made(SpecificCharacterSet=KANJI, PatientName=YAMADA)
    raw = bytes(again(source)["PatientName"].raw)
    assert b"\x1b$B" in raw
    ds = again(source)
    assert bytes(again(ds)["PatientName"].raw) == raw
    ds.SpecificCharacterSet = "ISO_IR 192"
    twin = again(ds)
    assert bytes(twin["PatientName"].raw) == YAMADA.encode() + b" " * (len(YAMADA.encode()) % 2)
    twin.SpecificCharacterSet = KANJI
    assert bytes(again(twin)["PatientName"].raw) == raw


def test_bytes_stay_where_the_set_stays() -> None:
    """Also those that the set does not have, and those of sets that are announced in another spelling."""
    ds = read(LE.element(0x00080005, "CS", "ISO_IR 192") + sop(LE) + LE.element(0x00100010, "PN", b"M\xfcller"))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientID = "é"
    twin = again(ds)
    assert bytes(twin["PatientName"].raw) == b"M\xfcller"
    assert bytes(twin["PatientID"].raw) == "é".encode()


def test_a_set_added_tells_what_the_bytes_are() -> None:
    """Where none was read, nothing says otherwise."""
    ds = file_in(None, "utf-8")
    ds.SpecificCharacterSet = "ISO_IR 192"
    twin = again(ds)
    assert names(twin) == [NAME, NAME]
    assert bytes(twin["PatientName"].raw).rstrip() == NAME.encode()


def test_a_set_removed_leaves_the_default_repertoire() -> None:
    ds = file_in("ISO_IR 100", "latin-1", "Mueller")
    del ds.SpecificCharacterSet
    assert names(again(ds)) == ["Mueller", "Mueller"]
    ds = file_in("ISO_IR 100", "latin-1")
    del ds.SpecificCharacterSet
    with pytest.raises(CharacterEncodeError) as caught:
        saved(ds)
    assert caught.value.tag == 0x00100010


def test_text_that_the_set_does_not_have_is_told_with_its_tag() -> None:
    for terms in ("ISO_IR 100", None, "ISO_IR 6"):
        ds = made(PatientID="日本")
        if terms:
            ds.SpecificCharacterSet = terms
        with pytest.raises(CharacterEncodeError) as caught:
            saved(ds)
        assert caught.value.tag == 0x00100020
        assert isinstance(caught.value, UnicodeEncodeError)
    ds = made(SourceImageSequence=[made(PatientComments="日本")])
    with pytest.raises(CharacterEncodeError) as caught:
        saved(ds)
    assert caught.value.tag == 0x00104000


def test_items_go_between_data_sets_of_different_sets() -> None:
    source = file_in("ISO_IR 100", "latin-1")
    for target in (made(SpecificCharacterSet="ISO_IR 192", PatientName="X"), file_in("ISO_IR 192", "utf-8", "Ünal")):
        target.SourceImageSequence = source.SourceImageSequence
        target.ReferencedImageSequence = [source.SourceImageSequence[0].ReferencedImageSequence[0]]
        twin = again(target)
        assert names(twin)[1] == NAME
        item = twin.ReferencedImageSequence[0]
        assert bytes(item["PatientName"].raw).rstrip() == NAME.encode()
    plain = made(SourceImageSequence=source.SourceImageSequence)
    with pytest.raises(CharacterEncodeError):
        saved(plain)


def test_an_item_with_a_set_of_its_own() -> None:
    """It rules the item and what is in it. PS3.5 §6.1.2.3"""
    inner = LE.item(LE.element(0x00100010, "PN", NAME.encode() + b" " * (len(NAME.encode()) % 2)))
    item = LE.item(LE.element(0x00080005, "CS", "ISO_IR 192"), LE.sequence(0x00081140, inner))
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + sop(LE) + LE.sequence(0x00082112, item)
    ds = read(body)
    ds.PatientID = "ä"
    assert body_of(ds) == body + LE.element(0x00100020, "LO", b"\xe4 ")
    ds.SpecificCharacterSet = "GB18030"
    twin = again(ds)
    assert twin.SourceImageSequence[0].ReferencedImageSequence[0].PatientName == NAME
    assert twin.SourceImageSequence[0].SpecificCharacterSet == "ISO_IR 192"
    assert twin.PatientID == "ä"
    twin.SourceImageSequence[0].ReferencedImageSequence[0].PatientName = "Ä^Ö"
    again_item = again(twin).SourceImageSequence[0].ReferencedImageSequence[0]
    assert bytes(again_item["PatientName"].raw).rstrip() == "Ä^Ö".encode()
    del twin.SourceImageSequence[0].SpecificCharacterSet
    assert again(twin).SourceImageSequence[0].ReferencedImageSequence[0].PatientName == "Ä^Ö"


def test_made_items_take_the_set_around_them() -> None:
    ds = made(SpecificCharacterSet="ISO_IR 192")
    item = Dataset()
    item.CodeMeaning = "Größe"
    ds.ConceptNameCodeSequence = [item]
    twin = again(ds)
    assert twin.ConceptNameCodeSequence[0].CodeMeaning == "Größe"
    assert bytes(twin.ConceptNameCodeSequence[0]["CodeMeaning"].raw).rstrip() == "Größe".encode()


def test_private_text_is_encoded_anew_too() -> None:
    raw = "Ä".encode("latin-1") + b" "
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + sop(LE) + LE.element(0x00090010, "LO", "MAKER ")
    ds = read(body + LE.element(0x00091001, "LO", raw) + LE.element(0x00091002, "UN", raw))
    ds.SpecificCharacterSet = "ISO_IR 192"
    twin = again(ds)
    assert twin[0x00091001].value == "Ä"
    assert bytes(twin[0x00091002].raw) == raw  # nobody knows what it is


def test_odd_bytes_get_a_blank() -> None:
    ds = made(SpecificCharacterSet="ISO_IR 192", PatientName="Ä", PatientID="Äb", StudyDescription="")
    data = body_of(ds)
    assert LE.element(0x00100010, "PN", "Ä".encode()) in data
    assert LE.element(0x00100020, "LO", "Äb".encode() + b" ") in data
    assert LE.element(0x00081030, "LO", b"") in data
