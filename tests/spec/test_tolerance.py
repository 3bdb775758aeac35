"""What the scanner reads through, each deviation by name. PS3.5 §7, PS3.10 §7.

Every value that was written is asserted, so what other readers make of the bytes is covered.
"""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from build import (
    BE,
    BIG,
    DEFLATED,
    EXPLICIT,
    GE_PRIVATE,
    IBE,
    ILE,
    IMPLICIT,
    JPEG,
    LE,
    UNDEFINED,
    Encoding,
    meta,
    part10,
    patient,
    study,
)

from dicomet import FileDataset, dcmread
from dicomet.errors import DicomError, LimitError

REFERENCED = 0x00081140  # Referenced Image Sequence
REQUEST = 0x00400275  # Request Attributes Sequence


def codes(ds: FileDataset) -> set[str]:
    return {finding.code for finding in ds.findings}


def read(data: bytes, *expected: str, **options: Any) -> FileDataset:
    """The data set of some bytes, whose findings are exactly these."""
    ds = dcmread(data, **options)
    assert codes(ds) == set(expected)
    for finding in ds.findings:
        assert 0 <= finding.offset <= len(data)
        assert finding.text
        assert finding.clause.startswith("PS3.")
    return ds


def assert_patient(ds: Any) -> None:
    assert ds.PatientName == "Doe^Jane"
    assert ds.PatientID == "4711"
    assert ds.PatientBirthDate == "19700102"
    assert ds.PatientSex == "F"


def assert_whole(ds: Any) -> None:
    """Both `study` and `patient` were read."""
    assert ds.SOPInstanceUID == "1.2.3.4"
    assert ds.Modality == "OT"
    assert_patient(ds)


# -- what stands before the data set: PS3.10 §7.1 --------------------------------------------------


def test_a_right_file_has_no_findings() -> None:
    assert_whole(read(part10(study() + patient())))


def test_no_preamble() -> None:
    ds = read(meta() + study() + patient(), "no_preamble")
    assert_whole(ds)
    assert ds.file_meta.TransferSyntaxUID == EXPLICIT
    assert ds.preamble is None


def test_prefix_at_the_start_without_preamble() -> None:
    assert_whole(read(b"DICM" + meta() + study() + patient(), "no_preamble"))


@pytest.mark.parametrize("enc", [LE, ILE, BE, IBE], ids=["le", "ile", "be", "ibe"])
def test_no_meta_group(enc: Encoding) -> None:
    ds = read(study(enc) + patient(enc), "no_preamble", "no_meta")
    assert_whole(ds)
    assert len(ds.file_meta) == 0
    assert ds.original_encoding == (enc.implicit, not enc.big)


@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
def test_no_meta_group_after_a_preamble(enc: Encoding) -> None:
    ds = read(bytes(128) + b"DICM" + study(enc) + patient(enc), "no_meta")
    assert_whole(ds)
    assert ds.preamble == bytes(128)


@pytest.mark.parametrize("off", [-200, -20, -1, 1, 8, 500])
def test_meta_group_with_wrong_length(off: int) -> None:
    length = max(off, -100)
    data = bytes(128) + b"DICM" + meta(length=length) + study() + patient()
    assert_whole(read(data, "meta_length"))


def test_meta_group_without_length() -> None:
    data = bytes(128) + b"DICM" + meta(length=None) + study() + patient()
    assert_whole(read(data, "meta_length"))


@pytest.mark.parametrize("enc", [LE, ILE], ids=["explicit", "implicit"])
def test_meta_group_in_implicit_vr(enc: Encoding) -> None:
    syntax = IMPLICIT if enc.implicit else EXPLICIT
    data = bytes(128) + b"DICM" + meta(syntax, enc=ILE) + study(enc) + patient(enc)
    ds = read(data, "meta_implicit")
    assert_whole(ds)
    assert ds.file_meta.TransferSyntaxUID == syntax


def test_meta_group_without_transfer_syntax() -> None:
    for enc in (LE, ILE, BE):
        data = bytes(128) + b"DICM" + meta(None) + study(enc) + patient(enc)
        assert_whole(read(data, "no_transfer_syntax"))


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
def test_transfer_syntax_that_lies(enc: Encoding, syntax: str) -> None:
    true = {EXPLICIT: LE, IMPLICIT: ILE, BIG: BE}[syntax] == enc
    data = part10(study(enc) + patient(enc), syntax)
    assert_whole(read(data, *(() if true else ("wrong_transfer_syntax",))))


def test_unknown_transfer_syntax_is_noted() -> None:
    assert_whole(read(part10(study() + patient(), "1.2.3.999"), "unknown_syntax"))


def test_known_and_private_transfer_syntaxes_of_explicit_vr_have_no_finding() -> None:
    assert_whole(read(part10(study() + patient(), JPEG)))


def test_DICM_by_chance_in_a_file_without_preamble() -> None:
    head = LE.element(0x00080005, "CS", "ISO_IR 100")
    text = "x" * (128 - len(head) - 8) + "DICM" + "y" * 40
    body = head + LE.element(0x00080008, "LO", text) + patient()
    assert body[128:132] == b"DICM"
    ds = read(body, "false_prefix", "no_meta")
    assert_patient(ds)
    assert ds.preamble is None


@pytest.mark.parametrize("enc", [ILE, IBE], ids=["little", "big"])
def test_acr_nema_file(enc: Encoding) -> None:
    body = (
        enc.element(0x00080000, "UL", enc.pack("I", 22))
        + enc.element(0x00080001, "UL", enc.pack("I", 300))
        + enc.element(0x00080010, "CS", "ACR-NEMA 2.0")
        + enc.element(0x00080020, "DA", "1993.05.01")
        + patient(enc)
        + enc.element(0x00280010, "US", enc.pack("H", 2))
        + enc.element(0x00280011, "US", enc.pack("H", 2))
        + enc.element(0x7FE00010, "OW", enc.pack("4H", 1, 2, 3, 4))
    )
    ds = read(body, "no_preamble", "no_meta", "acr_nema", "group_length")
    assert_patient(ds)
    assert ds.StudyDate == "1993.05.01"
    assert ds["PixelData"].array.tolist() == [1, 2, 3, 4]


# -- nesting: PS3.5 §7.5 ---------------------------------------------------------------------------


@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
@pytest.mark.parametrize("outer", [None, UNDEFINED])
@pytest.mark.parametrize("middle", [None, UNDEFINED])
@pytest.mark.parametrize("inner", [None, UNDEFINED])
def test_defined_and_undefined_lengths_nest_in_any_mix(
    enc: Encoding, outer: int | None, middle: int | None, inner: int | None
) -> None:
    leaf = enc.sequence(REQUEST, enc.item(patient(enc), length=inner), length=middle)
    one = enc.sequence(
        REFERENCED, enc.item(leaf, length=inner), enc.item(leaf, length=middle), length=outer
    )
    syntax = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}[enc]
    ds = read(part10(study(enc)[:-10] + one + patient(enc), syntax))
    assert_patient(ds)
    items = ds.ReferencedImageSequence
    assert len(items) == 2
    for item in items:
        assert_patient(item.RequestAttributesSequence[0])
    assert ds[REFERENCED].is_undefined_length == (outer == UNDEFINED)


def test_un_of_undefined_length_holds_implicit_vr() -> None:
    """CP-246, PS3.5 §6.2.2 note 2."""
    inside = ILE.item(patient(ILE), length=UNDEFINED) + ILE.item(patient(ILE))
    data = LE.element(REFERENCED, "UN", inside + ILE.sequence_end(), length=UNDEFINED)
    ds = read(part10(data + patient()), "un_sequence")
    assert ds[REFERENCED].VR == "SQ"
    assert_patient(ds.ReferencedImageSequence[0])
    assert_patient(ds.ReferencedImageSequence[1])
    assert_patient(ds)


def test_private_un_of_undefined_length_holds_implicit_vr() -> None:
    data = LE.element(0x00090010, "LO", "UNHEARD OF")
    data += LE.element(
        0x00091001, "UN", ILE.item(patient(ILE)) + ILE.sequence_end(), length=UNDEFINED
    )
    ds = read(part10(data + patient()), "un_sequence")
    assert_patient(ds[0x00091001].value[0])
    assert_patient(ds)


def test_un_in_big_endian_holds_implicit_vr_little_endian() -> None:
    inside = ILE.item(patient(ILE), length=UNDEFINED)
    data = BE.element(REFERENCED, "UN", inside + ILE.sequence_end(), length=UNDEFINED)
    ds = read(part10(data + patient(BE), BIG), "un_sequence")
    assert_patient(ds.ReferencedImageSequence[0])
    assert_patient(ds)


def test_un_that_is_a_known_sequence() -> None:
    data = LE.element(REFERENCED, "UN", ILE.item(patient(ILE)))
    ds = read(part10(data + patient()), "un_sequence")
    assert ds[REFERENCED].VR == "SQ"
    assert_patient(ds.ReferencedImageSequence[0])
    assert_patient(ds)


def test_un_that_is_a_known_sequence_and_holds_explicit_vr() -> None:
    data = LE.element(REFERENCED, "UN", LE.item(patient()))
    ds = dcmread(part10(data + patient()))
    assert_patient(ds.ReferencedImageSequence[0])
    assert_patient(ds)
    assert "un_sequence" in codes(ds)


def test_un_of_a_known_element_takes_the_dictionarys_vr() -> None:
    data = LE.element(0x00100010, "UN", b"Doe^Jane") + LE.element(0x00280010, "UN", b"\x02\x01")
    ds = read(part10(data))
    assert (ds["PatientName"].VR, ds.PatientName) == ("PN", "Doe^Jane")
    assert (ds["Rows"].VR, ds.Rows) == ("US", 258)


@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
@pytest.mark.parametrize("length", [None, UNDEFINED])
def test_private_sequences(enc: Encoding, length: int | None) -> None:
    """Of implicit VR only those of undefined length show what they are, or those that are known."""
    syntax = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}[enc]
    data = (
        enc.element(0x00090010, "LO", "UNHEARD OF")
        + enc.sequence(0x00091001, enc.item(patient(enc)), length=length)
        + patient(enc)
    )
    ds = dcmread(part10(data, syntax))
    assert_patient(ds)
    if enc.implicit and length is None:
        assert ds[0x00091001].VR == "UN"
        assert ds[0x00091001].value == enc.item(patient(enc))
    else:
        assert_patient(ds[0x00091001].value[0])


def test_nesting_up_to_the_limit_and_no_further() -> None:
    def nested(depth: int) -> bytes:
        body = patient()
        for _ in range(depth):
            body = LE.sequence(REFERENCED, LE.item(body, length=UNDEFINED), length=UNDEFINED)
        return part10(body)

    item = read(nested(64))
    for _ in range(64):
        item = item.ReferencedImageSequence[0]
    assert_patient(item)
    with pytest.raises(LimitError) as caught:
        dcmread(nested(65))
    assert caught.value.offset is not None
    read(nested(65), max_depth=65)


# -- VR bytes: PS3.5 §6.2, §7.1.2 ------------------------------------------------------------------


@pytest.mark.parametrize("vr", ["??", "\0\0", "  ", "XX", "P ", "12", "--"])
def test_invalid_vr(vr: str) -> None:
    body = study() + LE.element(0x00100010, vr, "Doe^Jane", long=False) + patient()[8 + 8 :]
    ds = read(part10(body), "vr_invalid")
    assert_whole(ds)
    assert ds["PatientName"].VR == "PN"


@pytest.mark.parametrize("vr", ["??", "ZZ"])
def test_invalid_vr_with_32_bit_length(vr: str) -> None:
    body = study() + LE.element(0x00100010, vr, "Doe^Jane", long=True) + patient()[8 + 8 :]
    assert_whole(read(part10(body), "vr_invalid"))


@pytest.mark.parametrize("vr", ["pn", "Pn", "pN"])
def test_lower_case_vr(vr: str) -> None:
    body = study() + LE.element(0x00100010, vr, "Doe^Jane", long=False) + patient()[8 + 8 :]
    ds = read(part10(body), "vr_lower_case")
    assert_whole(ds)
    assert ds["PatientName"].VR == "PN"


def test_lower_case_vr_of_32_bit_length() -> None:
    body = study() + patient() + LE.element(0x00104000, "ut", "comment", long=True)
    ds = read(part10(body + LE.element(0x00200010, "SH", "1")), "vr_lower_case")
    assert ds.PatientComments == "comment"
    assert ds.StudyID == "1"


def test_16_bit_length_where_the_vr_has_32() -> None:
    body = study() + patient() + LE.element(0x00180010, "UT", "contrast", long=False)
    ds = read(part10(body + LE.element(0x00200010, "SH", "1")), "vr_length_16")
    assert ds.ContrastBolusAgent == "contrast"
    assert ds.StudyID == "1"
    assert_whole(ds)


def test_32_bit_length_where_the_vr_has_16() -> None:
    body = study() + LE.element(0x00100010, "PN", "Doe^Jane", long=True) + patient()[8 + 8 :]
    assert_whole(read(part10(body), "vr_length_32"))


# -- lengths: PS3.5 §7.1.1, §7.5.1 -----------------------------------------------------------------


def test_odd_lengths() -> None:
    body = LE.element(0x00080060, "CS", b"OTX") + patient() + LE.element(0x00200010, "SH", b"1")
    ds = read(part10(body), "odd_length")
    assert ds.Modality == "OTX"
    assert ds.StudyID == "1"
    assert_patient(ds)


@pytest.mark.parametrize("enc", [LE, ILE], ids=["le", "ile"])
@pytest.mark.parametrize("off", [-4, -8, -16, 4, 8, 24])
def test_wrong_sequence_length(enc: Encoding, off: int) -> None:
    items = enc.item(patient(enc)) + enc.item(patient(enc))
    body = (
        study(enc)
        + enc.element(0x00081140, "SQ", items, length=len(items) + off)
        + enc.element(0x00090010, "LO", "CREATOR")
        + patient(enc)
    )
    ds = dcmread(part10(body, IMPLICIT if enc.implicit else EXPLICIT))
    assert_whole(ds)
    assert len(ds.ReferencedImageSequence) == 2
    for item in ds.ReferencedImageSequence:
        assert_patient(item)
    assert codes(ds) & {"sequence_length", "item_length"}


@pytest.mark.parametrize("enc", [LE, ILE], ids=["le", "ile"])
@pytest.mark.parametrize("off", [-16, -10, -4, -2, 2, 4, 8, 24])
def test_wrong_item_length(enc: Encoding, off: int) -> None:
    inside = patient(enc)
    items = enc.item(inside, length=len(inside) + off) + enc.item(patient(enc))
    body = study(enc) + enc.sequence(0x00081140, items) + patient(enc)
    ds = dcmread(part10(body, IMPLICIT if enc.implicit else EXPLICIT))
    assert_whole(ds)
    assert len(ds.ReferencedImageSequence) == 2
    for item in ds.ReferencedImageSequence:
        assert_patient(item)
    assert codes(ds) & {"sequence_length", "item_length", "value_too_long"}


@pytest.mark.parametrize("enc", [LE, ILE], ids=["le", "ile"])
@pytest.mark.parametrize("where", ["item", "sequence", "both"])
def test_missing_delimiters(enc: Encoding, where: str) -> None:
    item = enc.item(patient(enc), length=UNDEFINED)
    if where != "sequence":
        item = item[:-8]
    end = enc.sequence_end() if where == "item" else b""
    body = (
        study(enc)
        + enc.element(REFERENCED, "SQ", item + item + end, length=UNDEFINED)
        + enc.element(0x00200010, "SH", "1")
    )
    ds = dcmread(part10(body, IMPLICIT if enc.implicit else EXPLICIT))
    assert ds.SOPInstanceUID == "1.2.3.4"
    assert len(ds.ReferencedImageSequence) == 2
    assert_patient(ds.ReferencedImageSequence[0])
    assert_patient(ds.ReferencedImageSequence[1])
    assert codes(ds) & {"delimiter_missing", "truncated"}
    if where != "both":
        assert ds.StudyID == "1"


@pytest.mark.parametrize("stray", ["item", "sequence"])
@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
def test_stray_delimiters_at_top_level(enc: Encoding, stray: str) -> None:
    delimiter = enc.item_end() if stray == "item" else enc.sequence_end()
    syntax = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}[enc]
    ds = read(part10(study(enc) + delimiter + patient(enc), syntax), "delimiter_stray")
    assert_whole(ds)


def test_stray_delimiters_in_defined_items_and_sequences() -> None:
    item = LE.item(patient() + LE.item_end())
    body = study() + LE.sequence(REFERENCED, item, LE.item_end(), item) + patient()
    ds = read(part10(body), "delimiter_stray")
    assert_whole(ds)
    assert len(ds.ReferencedImageSequence) == 2
    assert_patient(ds.ReferencedImageSequence[1])


def test_sequence_delimiter_after_a_sequence_of_defined_length() -> None:
    body = study() + LE.sequence(REFERENCED, LE.item(patient())) + LE.sequence_end() + patient()
    ds = read(part10(body), "delimiter_stray")
    assert_whole(ds)
    assert_patient(ds.ReferencedImageSequence[0])


def test_delimiters_with_a_length() -> None:
    item = LE.item(patient(), length=UNDEFINED)[:-8] + LE.item_end(77)
    body = LE.element(REFERENCED, "SQ", item + LE.sequence_end(99), length=UNDEFINED) + patient()
    ds = read(part10(body), "delimiter_length")
    assert_patient(ds)
    assert_patient(ds.ReferencedImageSequence[0])


# -- order and repetition --------------------------------------------------------------------------


@pytest.mark.parametrize("enc", [LE, ILE], ids=["le", "ile"])
def test_group_length_elements(enc: Encoding) -> None:
    """Retired since 2008 (PS3.5 §7.2): right or wrong, they change nothing."""
    body = (
        enc.element(0x00080000, "UL", enc.pack("I", 4711))
        + study(enc)
        + enc.element(0x00100000, "UL", enc.pack("I", 0))
        + patient(enc)
    )
    ds = read(part10(body, IMPLICIT if enc.implicit else EXPLICIT), "group_length")
    assert_whole(ds)
    assert ds[0x00080000].value == 4711
    assert ds[0x00080000].VR == "UL"


@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
def test_tags_out_of_order(enc: Encoding) -> None:
    syntax = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}[enc]
    item = enc.item(enc.element(0x00200010, "SH", "1") + patient(enc))
    body = patient(enc) + enc.sequence(REQUEST, item) + study(enc)
    ds = read(part10(body, syntax), "out_of_order")
    assert_whole(ds)
    assert [e.tag for e in ds] == sorted(e.tag for e in ds)
    inner = ds.RequestAttributesSequence[0]
    assert_patient(inner)
    assert inner.StudyID == "1"
    assert [e.keyword for e in inner][-1] == "StudyID"


def test_of_duplicate_tags_the_last_counts() -> None:
    twice = LE.element(0x00100020, "LO", "first ") + LE.element(0x00100020, "LO", "second")
    item = LE.item(twice)
    body = LE.sequence(REFERENCED, item) + twice + LE.element(0x00200010, "SH", "1")
    ds = read(part10(body), "duplicate")
    assert ds.PatientID == "second"
    assert ds.ReferencedImageSequence[0].PatientID == "second"
    assert len(ds) == 3
    assert len(ds.ReferencedImageSequence[0]) == 1


def test_duplicate_tags_far_apart() -> None:
    body = LE.element(0x00100020, "LO", "first ") + study()
    body += LE.element(0x00100020, "LO", "second") + LE.element(0x00200010, "SH", "1")
    ds = dcmread(part10(body))
    assert ds.PatientID == "second"
    assert codes(ds) & {"duplicate", "out_of_order"}


# -- nothing in it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("enc", [LE, ILE, BE], ids=["le", "ile", "be"])
def test_zero_length_everything(enc: Encoding) -> None:
    syntax = {LE: EXPLICIT, ILE: IMPLICIT, BE: BIG}[enc]
    body = (
        enc.element(0x00080018, "UI")
        + enc.element(0x00081030, "LO")
        + enc.sequence(0x00081140)
        + enc.sequence(0x00081250, length=UNDEFINED)
        + enc.element(0x00100010, "PN")
        + enc.element(0x00101030, "DS")
        + enc.element(0x00200013, "IS")
        + enc.element(0x00280009, "AT")
        + enc.element(0x00280010, "US")
        + enc.sequence(0x00400275, enc.item(), enc.item(length=UNDEFINED))
        + enc.element(0x7FE00010, "OW")
    )
    ds = read(part10(body, syntax))
    assert ds.SOPInstanceUID == ""
    assert ds.StudyDescription == ""
    assert len(ds.ReferencedImageSequence) == 0
    assert len(ds[0x00081250].value) == 0
    assert ds.PatientName == ""
    assert ds.PatientWeight is None
    assert ds.InstanceNumber is None
    assert ds.FrameIncrementPointer is None
    assert ds.Rows is None
    assert [len(item) for item in ds.RequestAttributesSequence] == [0, 0]
    assert ds.PixelData is None
    assert all(e.is_empty for e in ds if e.tag != REQUEST)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, JPEG])
def test_empty_data_set(syntax: str) -> None:
    assert len(read(part10(b"", syntax))) == 0


# -- after Pixel Data ------------------------------------------------------------------------------

SIGNATURES = LE.sequence(0xFFFAFFFA, LE.item(LE.element(0x04000005, "US", LE.pack("H", 1))))
FRAGMENTS = (
    LE.item()
    + LE.item(b"\xff\xd8\xff\xd9")
    + LE.item(b"\xff\xd8\x01\x02\xff\xd9")
    + LE.sequence_end()
)


def test_digital_signatures_after_native_pixel_data() -> None:
    body = study() + patient() + LE.element(0x7FE00010, "OW", bytes(64)) + SIGNATURES
    ds = read(part10(body))
    assert ds[0xFFFAFFFA].value[0].MACIDNumber == 1
    assert len(ds.PixelData) == 64


def test_digital_signatures_after_encapsulated_pixel_data() -> None:
    body = study() + patient() + LE.element(0x7FE00010, "OB", FRAGMENTS, length=UNDEFINED)
    ds = read(part10(body + SIGNATURES, JPEG))
    assert_whole(ds)
    assert ds[0xFFFAFFFA].value[0].MACIDNumber == 1
    assert ds.PixelData == FRAGMENTS[:-8]
    assert ds["PixelData"].is_undefined_length


def test_trailing_padding_element() -> None:
    """Data Set Trailing Padding is an element like any other. PS3.10 §7.2."""
    padding = LE.element(0xFFFCFFFC, "OB", bytes(32))
    for pixels, syntax in (
        (LE.element(0x7FE00010, "OW", bytes(64)), EXPLICIT),
        (LE.element(0x7FE00010, "OB", FRAGMENTS, length=UNDEFINED), JPEG),
    ):
        ds = read(part10(study() + patient() + pixels + padding, syntax))
        assert ds.DataSetTrailingPadding == bytes(32)


@pytest.mark.parametrize("nbytes", [1, 2, 7, 8, 9, 12, 100, 3000])
@pytest.mark.parametrize("enc", [LE, ILE], ids=["le", "ile"])
def test_zero_bytes_after_the_data_set(enc: Encoding, nbytes: int) -> None:
    body = study(enc) + patient(enc) + enc.element(0x7FE00010, "OW", bytes(64)) + bytes(nbytes)
    ds = read(part10(body, IMPLICIT if enc.implicit else EXPLICIT), "trailing_padding")
    assert_whole(ds)
    assert len(ds.PixelData) == 64


@pytest.mark.parametrize("tail", [b"\xff" * 40, b"garbage!" * 5, b"\x01" * 9])
def test_garbage_after_the_data_set(tail: bytes) -> None:
    body = study() + patient() + LE.element(0x7FE00010, "OW", bytes(64)) + tail
    ds = dcmread(part10(body))
    assert_whole(ds)
    assert len(ds.PixelData) == 64
    assert codes(ds) & {"trailing_data", "truncated", "vr_invalid", "encoding_changes"}


def test_elements_after_pixel_data_are_found_by_attribute_too() -> None:
    body = patient() + LE.element(0x7FE00010, "OB", FRAGMENTS, length=UNDEFINED)
    data = part10(body + LE.element(0xFFFCFFFC, "OB", bytes(32)), JPEG)
    assert dcmread(data).DataSetTrailingPadding == bytes(32)
    assert dcmread(data)[0xFFFCFFFC].value == bytes(32)
    assert 0xFFFCFFFC in dcmread(data)
    assert dcmread(data).get("DataSetTrailingPadding") == bytes(32)


# -- encodings that change or are deflated ---------------------------------------------------------


def test_vr_form_changes_inside() -> None:
    ds = read(part10(study(LE) + patient(ILE)), "encoding_changes")
    assert_whole(ds)


def test_vr_form_changes_to_explicit_inside() -> None:
    ds = read(part10(study(ILE) + patient(LE), IMPLICIT), "encoding_changes")
    assert_whole(ds)


@pytest.mark.parametrize(("outer", "inner"), [(LE, ILE), (ILE, LE)], ids=["implicit", "explicit"])
def test_vr_form_changes_inside_a_sequence(outer: Encoding, inner: Encoding) -> None:
    items = outer.item(patient(inner)) + outer.item(patient(inner), length=UNDEFINED)
    body = study(outer) + outer.sequence(REFERENCED, items) + patient(outer)
    ds = read(part10(body, IMPLICIT if outer.implicit else EXPLICIT), "encoding_changes")
    assert_whole(ds)
    for item in ds.ReferencedImageSequence:
        assert_patient(item)


def raw_deflate(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(body) + machine.flush()


def test_deflated() -> None:
    ds = read(part10(raw_deflate(study() + patient()), DEFLATED))
    assert_whole(ds)


def test_deflated_with_padding_byte() -> None:
    """PS3.5 §A.5: padded to even length."""
    assert_whole(dcmread(part10(raw_deflate(study() + patient()) + b"\0", DEFLATED)))


def test_deflated_with_zlib_header() -> None:
    assert_whole(read(part10(zlib.compress(study() + patient()), DEFLATED), "deflate_form"))


def test_deflated_cut_short() -> None:
    body = study() + patient() + LE.element(0x00104000, "LT", str(list(range(400))))
    deflated = raw_deflate(body)
    ds = dcmread(part10(deflated[:-100], DEFLATED))
    assert_whole(ds)
    assert {"deflate_form", "truncated"} <= codes(ds)


def test_deflated_syntax_that_is_not_deflated() -> None:
    assert_whole(read(part10(study() + patient(), DEFLATED), "not_deflated"))


def test_ge_private_syntax() -> None:
    """Implicit VR little endian with big-endian pixels."""
    body = study(ILE) + patient(ILE) + ILE.element(0x7FE00010, "OW", b"\0\1\0\2")
    ds = read(part10(body, GE_PRIVATE))
    assert_whole(ds)
    assert ds["PixelData"].raw == b"\0\1\0\2"
    assert ds["PixelData"].array.tolist() == [1, 2]


# -- truncation ------------------------------------------------------------------------------------

_INNER = LE.sequence(REFERENCED, LE.item(patient(), length=UNDEFINED), length=UNDEFINED)
TRUNCATED = {
    "explicit": part10(study() + _INNER + patient() + LE.element(0x7FE00010, "OW", bytes(8))),
    "implicit": part10(
        study(ILE) + ILE.sequence(REFERENCED, ILE.item(patient(ILE))) + patient(ILE), IMPLICIT
    ),
    "big": part10(study(BE) + BE.sequence(REFERENCED, BE.item(patient(BE))) + patient(BE), BIG),
    "encapsulated": part10(
        study() + patient() + LE.element(0x7FE00010, "OB", FRAGMENTS, length=UNDEFINED), JPEG
    ),
    "bare": study(ILE) + patient(ILE),
    "bare explicit": study() + patient(),
    "deflated": part10(raw_deflate(study() + _INNER + patient()), DEFLATED),
}


def _flat(ds: Any) -> list[tuple[int, int | None, bytes]]:
    return [(int(e.tag), e.offset, bytes(e.raw)) for e in ds.iterall() if e.VR != "SQ"]


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_at_every_byte(name: str) -> None:
    """Each element that is whole is there, none is made up, and a finding tells where it ends."""
    data = TRUNCATED[name]
    whole = _flat(dcmread(data))
    nbytes_before = 0
    for cut in range(len(data)):
        try:
            ds = dcmread(data[:cut])
        except DicomError:
            assert cut < 132 + 12 or name == "deflated"
            continue
        part = _flat(ds)
        expected = [e for e in whole if name == "deflated" or e[1] + len(e[2]) <= cut]
        if name != "deflated":
            assert part[: len(expected)] == expected
            assert len(part) <= len(expected) + 1
        kept = part[len(expected) :] if name != "deflated" else part[len(whole) :]
        for tag, offset, raw in kept:  # bulk data that is there in part
            assert any(t == tag and o == offset and r.startswith(raw) for t, o, r in whole)
        assert len(part) >= nbytes_before or name == "deflated"
        nbytes_before = len(part)
        assert all(0 <= f.offset <= cut or name == "deflated" for f in ds.findings)


@pytest.mark.parametrize(("vr", "nbytes"), [("US", 6), ("UL", 6), ("FD", 12), ("AT", 6), ("SV", 4)])
def test_binary_values_cut_short_are_noted(vr: str, nbytes: int) -> None:
    body = LE.element(0x00100010, "PN", b"Doe^Jane") + LE.element(0x00189999, vr, bytes(range(nbytes)))
    ds = read(part10(body), *([] if vr == "US" else ["value_length"]))
    assert len(ds[0x0018, 0x9999].raw) == nbytes
    assert nbytes // {"US": 2, "UL": 4, "FD": 8, "AT": 4, "SV": 8}[vr] == ds[0x0018, 0x9999].VM


def test_findings_inside_private_sequences_known_by_name_only() -> None:
    inner = ILE.item(ILE.element(0x00080060, "CS", b"OT") + ILE.element(0x00280030, "DS", b"a\\b "))
    body = ILE.element(0x00290010, "LO", b"SIEMENS MEDCOM HEADER ") + ILE.element(0x00291040, "UN", inner)
    ds = read(part10(body, IMPLICIT), "number_text")
    assert ds[0x0029, 0x1040].VR == "SQ"
    assert ds[0x0029, 0x1040].value[0].PixelSpacing == ["a", "b"]


def test_the_highest_tag_ends_nothing() -> None:
    item = LE.item(LE.element(0x00080100, "SH", "A ") + LE.element(0xFFFFFFFF, "UN", b"ab"))
    ds = dcmread(part10(LE.sequence(0x00082112, item, item) + LE.element(0x00100020, "LO", "ID")))
    assert [len(one) for one in ds.SourceImageSequence] == [2, 2]
    assert ds.PatientID == "ID"
