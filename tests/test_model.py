"""Native text of the models against the values of the facade, whatever the file and the edits. PS3.18 §F.2."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from build import BE, LE, Encoding, part10
from corpus import real_files
from hypothesis import given, settings
from hypothesis import strategies as st
from modelreference import model_of, tags_of

import dicomet
from dicomet import Dataset
from dicomet.errors import DicomError, LimitError, SourceChanged, SourceClosed
from dicomet.model import MAX_DEPTH

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))
import mutate


def _read(body: bytes, enc: Encoding = LE) -> Dataset:
    syntax = {LE: "1.2.840.10008.1.2.1", BE: "1.2.840.10008.1.2.2"}.get(enc, "1.2.840.10008.1.2")
    return dicomet.dcmread(part10(body, syntax))


@pytest.mark.parametrize("name", [*real_files()])
def test_text_says_what_the_facade_says(name: str) -> None:
    try:
        ds = dicomet.dcmread(real_files()[name])
    except DicomError:
        return  # no DICOM
    assert json.loads(ds.to_json()) == model_of(ds)


@pytest.mark.parametrize("first", range(0, 240, 60))
def test_text_of_damaged_files_says_what_the_facade_says(first: int) -> None:
    for path in mutate.files()[first : first + 60]:
        for number in range(500, 502):
            name, data = mutate.mutant(path, number)
            if len(data) < 200:
                continue  # as short as a path
            try:
                expected = model_of(dicomet.dcmread(data))
            except DicomError:
                continue
            ds = dicomet.dcmread(data)
            assert json.loads(ds.to_json()) == expected, name
            again = Dataset.from_xml(ds.to_xml())
            assert tags_of(again) == tags_of(ds), name


def test_text_of_touched_data_sets_is_the_same() -> None:
    for name in ("rtplan.dcm", "test-SR.dcm", "emri_small.dcm"):
        path = next(p for key, p in real_files().items() if key.endswith("/" + name))
        before = dicomet.dcmread(path).to_json()
        ds = dicomet.dcmread(path)
        assert str(ds)  # all items are data sets now
        assert ds.to_json() == before


# -- edits -----------------------------------------------------------------------------------------

EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.integers(0, 40), st.sampled_from(["", "new", "Ä^山=x", 'a"\\b'])),
        st.tuples(st.just("delete"), st.integers(0, 40), st.none()),
        st.tuples(st.just("item"), st.integers(0, 40), st.none()),
        st.tuples(st.just("charset"), st.just(0), st.sampled_from(["", "ISO_IR 192", "ISO 2022 IR 87"])),
        st.tuples(st.just("signed"), st.just(0), st.sampled_from([0, 1])),
    ),
    max_size=6,
)


def _apply(ds: Dataset, edits: list[tuple[str, int, Any]]) -> None:
    for what, where, value in edits:
        elements = list(ds)
        element = elements[where % len(elements)] if elements else None
        if what == "charset":
            ds.SpecificCharacterSet = value
        elif what == "signed":
            ds.PixelRepresentation = value
        elif element is None:
            continue
        elif what == "delete":
            del ds[element.tag]
        elif what == "text" and element.VR in ("LO", "PN", "SH", "CS"):
            element.value = value
        elif element.VR == "SQ" and len(element.value):
            _apply(element.value[where % len(element.value)], edits[:2])


@settings(max_examples=80)
@given(st.sampled_from(["rtplan.dcm", "chrGreek.dcm", "chrH31.dcm", "OBXXXX1A.dcm", "test-SR.dcm"]), EDITS)
def test_text_of_edited_data_sets_says_what_the_facade_says(
    name: str, edits: list[tuple[str, int, Any]]
) -> None:
    path = next(p for key, p in real_files().items() if key.endswith("/" + name))
    ds = dicomet.dcmread(path)
    _apply(ds, edits)
    assert json.loads(ds.to_json()) == model_of(ds)
    assert tags_of(Dataset.from_xml(ds.to_xml())) == tags_of(ds)


# -- what hangs on the data set around -------------------------------------------------------------


def _lut(enc: Encoding, representation: int | None) -> bytes:
    own = b"" if representation is None else enc.element(0x00280103, "US", enc.pack("H", representation))
    descriptor = enc.element(0x00283002, "SS", enc.pack("hhh", -1, -5, 16))
    return own + enc.element(0x00280106, "SS", enc.pack("h", -7)) + descriptor


@pytest.mark.parametrize("representation", [None, 0, 1])
def test_C_7_6_3_1_signs_come_from_the_nearest_pixel_representation(representation: int | None) -> None:
    enc = Encoding(implicit=True)
    item = enc.item(_lut(enc, representation))
    body = enc.element(0x00081140, "SQ", item) + enc.element(0x00280103, "US", enc.pack("H", 1))
    ds = _read(body, enc)
    model = json.loads(ds.to_json())
    assert model == model_of(ds)
    inner = model["00081140"]["Value"][0]
    assert inner["00280106"]["Value"] == [65529 if representation == 0 else -7]
    ds.PixelRepresentation = 0
    assert json.loads(ds.to_json()) == model_of(ds)


def test_a_lut_descriptor_counts_entries_without_a_sign() -> None:
    model = json.loads(_read(_lut(LE, 1)).to_json())
    assert model["00283002"]["Value"] == [65535, -5, 16]


def test_private_vrs_come_from_the_creator_and_sequences_of_them_are_scanned() -> None:
    enc = Encoding(implicit=True)
    item = enc.item(enc.element(0x00100020, "LO", "inside"))
    body = enc.element(0x00190010, "LO", "GEMS_ACQU_01") + enc.element(0x00191002, "SL", enc.pack("i", -3))
    body += enc.element(0x20010010, "LO", "Philips Imaging DD 001")
    body += enc.element(0x2001105F, "SQ", item) + enc.element(0x20011101, "UN", b"\1\2")
    ds = _read(body, enc)
    model = json.loads(ds.to_json())
    assert model == model_of(ds)
    assert model["00191002"] == {"vr": "SL", "Value": [-3]}
    assert model["2001105F"]["Value"] == [{"00100020": {"vr": "LO", "Value": ["inside"]}}]
    assert model["20011101"]["vr"] == "UN"


def test_sequences_that_the_scan_passed_over_are_written() -> None:
    item = LE.item(LE.element(0x00100020, "LO", "inside"))
    body = LE.element(0x52009230, "SQ", item * 20_000)  # beyond 256 KiB: lazy
    ds = _read(body)
    expected = [{"00100020": {"vr": "LO", "Value": ["inside"]}}] * 20_000
    assert json.loads(ds.to_json())["52009230"]["Value"] == expected
    ds.PerFrameFunctionalGroupsSequence[7].PatientID = "other"
    del ds.PerFrameFunctionalGroupsSequence[0]
    expected = [expected[0]] * 6 + [{"00100020": {"vr": "LO", "Value": ["other"]}}] + expected[8:]
    assert json.loads(ds.to_json())["52009230"]["Value"] == expected


@pytest.mark.parametrize("enc", [LE, BE])
def test_numbers_of_every_size(enc: Encoding) -> None:
    body = enc.element(0x00091001, "US", enc.pack("HH", 0, 65535))
    body += enc.element(0x00091002, "SS", enc.pack("hh", -32768, 32767))
    body += enc.element(0x00091003, "UL", enc.pack("I", 2**32 - 1))
    body += enc.element(0x00091004, "SL", enc.pack("i", -(2**31)))
    body += enc.element(0x00091005, "UV", enc.pack("Q", 2**64 - 1))
    body += enc.element(0x00091006, "SV", enc.pack("q", -(2**63)))
    body += enc.element(0x00091007, "FL", enc.pack("fff", 0.1, -0.0, math.inf))
    body += enc.element(0x00091008, "FD", enc.pack("dd", 1e22, 5e-324))
    body += enc.element(0x00091009, "AT", enc.pack("HH", 0x7FE0, 0x10))
    body += enc.element(0x0009100A, "US", b"\1")
    body += enc.element(0x0009100B, "OL", enc.pack("I", 1) + b"\1")
    text = _read(body, enc).to_json()
    assert '[0,65535]},"00091002":{"vr":"SS","Value":[-32768,32767]}' in text
    assert "[4294967295]" in text
    assert "[-2147483648]" in text
    assert "[18446744073709551615]" in text
    assert "[-9223372036854775808]" in text
    assert '[0.10000000149011612,-0.0,"inf"]' in text
    assert "[1e+22,5e-324]" in text
    assert '["7FE00010"]' in text
    assert '"0009100A":{"vr":"US"}' in text
    assert '"InlineBinary":"AQAAAAE="' in text


@settings(max_examples=100)
@given(st.floats())
def test_floats_have_the_fewest_digits(value: float) -> None:
    text = _read(LE.element(0x00091001, "FD", struct.pack("<d", value))).to_json()
    shown = f'"{"NaN" if value != value else value}"' if not math.isfinite(value) else repr(value)
    assert f"[{shown}]" in text


@settings(max_examples=100)
@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_escaped(text: str) -> None:
    body = LE.element(0x00080005, "CS", "ISO_IR 192") + LE.element(0x00104000, "LT", text.encode())
    ds = _read(body)
    assert json.loads(ds.to_json())["00104000"].get("Value", [""]) == [ds.PatientComments]


# -- bounds ----------------------------------------------------------------------------------------


def test_a_data_set_in_itself_is_an_error() -> None:
    ds = Dataset()
    ds.ReferencedImageSequence = [ds]
    for write in (ds.to_json, ds.to_xml, ds.to_json_dict):
        with pytest.raises(LimitError, match="nested deeper"):
            write()


def test_made_data_sets_may_be_as_deep_as_read_ones() -> None:
    ds = Dataset()
    for _ in range(MAX_DEPTH):
        outer = Dataset()
        outer.ReferencedImageSequence = [ds]
        ds = outer
    assert ds.to_json().count("[") == MAX_DEPTH
    assert ds.to_xml().count("<Item") == MAX_DEPTH


def test_deep_files_are_written_to_their_last_item() -> None:
    ds = dicomet.dcmread(mutate.nested(MAX_DEPTH, True), max_depth=MAX_DEPTH)
    assert ds.to_json().count("[{") == MAX_DEPTH


def test_closed_files_say_so(ct_small: Path) -> None:
    ds = dicomet.dcmread(ct_small)
    ds.close()
    with pytest.raises(SourceClosed):
        ds.to_json()


def test_items_out_of_order_are_put_in_order() -> None:
    inside = b"".join(LE.element(0x00111000 + i, "LO", str(i)) for i in [*range(90, 0, -1), 5])
    ds = _read(LE.element(0x00081140, "SQ", LE.item(inside)))
    assert json.loads(ds.to_json()) == model_of(ds)
    assert [*model_of(ds)["00081140"]["Value"][0]] == [f"{0x00111000 + i:08X}" for i in range(1, 91)]


def test_one_element_of_a_file_whose_fragments_were_not_read_yet() -> None:
    path = next(p for key, p in real_files().items() if key.endswith("/SC_rgb_jpeg_dcmtk.dcm"))
    expected = dicomet.dcmread(path).to_json_dict()["7FE00010"]
    assert len(expected["InlineBinary"]) > 1000
    assert dicomet.dcmread(path)["PixelData"].to_json_dict() == expected
    element = dicomet.dcmread(path).pop("PixelData")
    assert element.to_json_dict() == expected


def test_file_meta_information_can_be_written_as_well(ct_small: Path) -> None:
    ds = dicomet.dcmread(ct_small)
    meta = ds.file_meta
    assert json.loads(meta.to_json()) == model_of(meta)
    assert tags_of(Dataset.from_xml(meta.to_xml())) == tags_of(meta)


def test_copies_items_and_slices_are_written(ct_small: Path) -> None:
    path = next(p for key, p in real_files().items() if key.endswith("/rtplan.dcm"))
    ds = dicomet.dcmread(path)
    assert copy.deepcopy(ds).to_json() == ds.to_json() == pickle.loads(pickle.dumps(ds)).to_json()
    changed = copy.deepcopy(ds)
    changed.DoseReferenceSequence[0].DoseReferenceNumber = 5
    assert changed.to_json() != ds.to_json()
    for part in (ds.DoseReferenceSequence[0], ds[0x300A0000:0x300B0000], copy.copy(ds)):
        assert json.loads(part.to_json()) == model_of(part)
    back = Dataset.from_json(ds.to_json())
    assert copy.deepcopy(back) == pickle.loads(pickle.dumps(back)) == back
    back.DoseReferenceSequence[0].DoseReferenceNumber = 9
    assert json.loads(back.to_json()) == model_of(back)


def test_a_mapped_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(part10(LE.element(0x00100020, "LO", "x") + LE.element(0x7FE00010, "OW", bytes(1 << 20))))
    for write in (Dataset.to_json, Dataset.to_xml):
        ds = dicomet.dcmread(path)
        whole = path.read_bytes()
        os.truncate(path, 20_000)
        with pytest.raises(SourceChanged):
            write(ds)
        path.write_bytes(whole)
