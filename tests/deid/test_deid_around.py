"""What stands around the rules: head of the file, private elements, what holds an identifier all the same."""

from __future__ import annotations

import pytest
from deid_made import CT, KEY, as_file, deidentified, image, item

from dicomet import Dataset, dcmread
from dicomet.deid import Deidentifier
from dicomet.deid.deidentifier import DirectoryRefused
from dicomet.deid.private import parse_safe_private


def test_preamble_and_meta_group_are_made_anew() -> None:
    ds = dcmread(as_file(image()))
    ds.preamble = b"JANE ROE" * 16  # type: ignore[misc]
    ds.file_meta.SourceApplicationEntityTitle = "ROE_AE"
    ds.file_meta.add_new(0x00020100, "UI", "1.2.3.77")
    ds.file_meta.add_new(0x00020102, "OB", b"Roe^Jane")
    after = deidentified(as_file(ds))
    assert after.preamble == bytes(128)
    assert [tag.element for tag in after.file_meta.keys()] == [0, 1, 2, 3, 0x10, 0x12, 0x13]  # noqa: SIM118
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID


def test_in_place_as_through_a_file() -> None:
    ds = dcmread(as_file(image(PatientAddress="1 Main St", ReferringPhysicianName="Doe^John")))
    Deidentifier(key=KEY).apply(ds)
    assert as_file(ds) == as_file(deidentified(image(PatientAddress="1 Main St", ReferringPhysicianName="Doe^John")))


def test_edits_count() -> None:
    ds = dcmread(as_file(image(AnatomicRegionSequence=[item(CodeMeaning="Chest")])))
    ds.PatientAddress = "1 Main St"
    ds.AnatomicRegionSequence[0].AccessionNumber = "ACC-5"
    Deidentifier(key=KEY).apply(ds)
    assert "PatientAddress" not in ds
    assert ds.AnatomicRegionSequence[0].AccessionNumber == ""
    made = image(PatientAddress="1 Main St")
    Deidentifier(key=KEY).apply(made)
    assert "PatientAddress" not in made
    assert made.PatientIdentityRemoved == "YES"


def test_identifiers_are_taken_out_of_what_no_rule_is_on() -> None:
    after = deidentified(image(
        CT,
        AccessionNumber="ACC-5555",
        FilterType="roe-4711",
        ConvolutionKernel="B30",
        SoftwareVersions=["1.0", "for Jane Roe"],
        AnatomicRegionSequence=[item(CodeMeaning="Thorax", CodeValue="ACC-5555")],
        VolumeFrameOfReferenceUID="1.2.3.4.5",
    ))  # fmt: skip
    assert not after.get("FilterType")
    assert after.ConvolutionKernel == "B30"
    assert after.SoftwareVersions == ("1.0", "for")
    assert "ACC" not in str(after.AnatomicRegionSequence[0])
    assert after.VolumeFrameOfReferenceUID == after.SeriesInstanceUID


def test_registered_uids_and_classes_stay() -> None:
    after = deidentified(image(FrameOfReferenceUID="1.2.840.10008.1.4.1.1", ReferencedSOPClassUID="1.2.3.44"))
    assert after.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"
    assert after.ReferencedSOPClassUID == "1.2.3.44"
    assert after.SOPClassUID == CT


def test_elements_that_the_dictionary_lacks_go() -> None:
    ds = image()
    ds.add_new(0x00189FF1, "LO", "new in the next edition")
    assert 0x00189FF1 not in deidentified(ds)


def _with_private() -> Dataset:
    ds = image()
    block = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0x23, "DS", "2.5")  # Table Speed: safe
    block.add_new(0x25, "LO", "Roe^Jane")
    own = ds.private_block(0x0011, "OWN", create=True)
    own.add_new(0x01, "LO", "fine")
    own.add_new(0x02, "SQ", [item(PatientName="Roe^Jane")])
    return ds


def test_private_elements_go() -> None:
    assert not [tag for tag in deidentified(_with_private()).keys() if tag.is_private]  # noqa: SIM118


def test_safe_private_elements_stay_with_their_creator() -> None:
    after = deidentified(_with_private(), "retain_safe_private")
    assert [int(tag) for tag in after.keys() if tag.is_private] == [0x00190010, 0x00191023]  # noqa: SIM118


def test_a_list_of_safe_private_elements() -> None:
    safe = parse_safe_private("# ours\n(0011,xx01) OWN\n0011,xx02 \"OWN\"  # but a sequence is never safe\n")
    assert safe == {(0x0011, 1, "OWN"), (0x0011, 2, "OWN")}
    after = deidentified(_with_private(), "retain_safe_private", safe_private=safe)
    assert after.private_block(0x0011, "OWN")[0x01].value == "fine"
    assert 0x00111002 not in after
    for text in ("(0011,0001) OWN", "(0012,xx01) OWN", "(0011,xx01)", "nonsense"):
        with pytest.raises(ValueError, match="line 1"):
            parse_safe_private(text)


def test_trailing_padding_goes_and_bytes_between_elements_too() -> None:
    """Junk that the scanner steps over, in an item that nothing is to be done about."""
    ds = image(AnatomicRegionSequence=[item(CodeMeaning="Chest", CodeValue="T-1")])
    ds.add_new(0xFFFCFFFC, "OB", b"Roe^Jane")
    data = as_file(ds)
    after = Deidentifier(key=KEY).deidentify_bytes(data)[0]
    assert b"Roe^Jane" not in after
    end = data.index(b"\xfc\xff\xfc\xff")
    for junk in (b"Roe^Jane ROE-4711", b"\0" * 64 + b"Roe^Jane"):
        damaged = data[:end] + junk
        assert b"Roe^Jane" not in Deidentifier(key=KEY).deidentify_bytes(damaged)[0]


def test_doubled_elements_and_sequences_leave_nothing() -> None:
    one = as_file(image(AnatomicRegionSequence=[item(PatientAddress="1 Main St", CodeMeaning="Chest")]))
    two = as_file(image(AnatomicRegionSequence=[item(PatientAddress="2 Side St", CodeMeaning="Leg")]))
    start = two.index(b"\x08\0\x18\x22")
    element = two[start : two.index(b"\x10\0\x10\0", start)]
    at = one.index(b"\x10\0\x10\0PN")
    for data in (one[:at] + element + one[at:], one + element):
        made = Deidentifier(key=KEY).deidentify_bytes(data)[0]
        assert b"Main St" not in made
        assert b"Side St" not in made
        assert dcmread(made).AnatomicRegionSequence[0].CodeMeaning == "Leg"


def test_a_directory_is_refused() -> None:
    ds = image("1.2.840.10008.1.3.10")
    with pytest.raises(DirectoryRefused):
        Deidentifier().deidentify_bytes(as_file(ds))


def test_a_report_without_values() -> None:
    _, report = Deidentifier(key=KEY, with_elements=True).deidentify_bytes(as_file(image(PatientAddress="1 Main St")))
    assert ("(0010,1040)", "removed") in report.elements
    assert ("(0010,0010)", "replaced") in report.elements
    assert "Main" not in str(report.to_dict())
    assert report.counts["mapped"] == 3


def test_in_memory_bytes_between_elements_are_left_behind_too() -> None:
    data = as_file(image(AnatomicRegionSequence=[item(CodeMeaning="Chest")]))
    at = data.index(b"\x10\0\x10\0PN") - len("Chest ") - 8
    for junk in (b"\xfe\xff\x00\xe0\x08\0\0\0Roe^Jane", b"Roe^Jane"):
        for damaged in (data[:at] + junk + data[at:], data + junk):
            ds = dcmread(damaged)
            Deidentifier(key=KEY).apply(ds)
            assert b"Roe^Jane" not in as_file(ds)
            assert b"Roe^Jane" not in Deidentifier(key=KEY).deidentify_bytes(damaged)[0]


def test_a_made_data_set_loses_its_meta_group() -> None:
    ds = image()
    ds.file_meta = item(SourceApplicationEntityTitle="ROE_AE")  # type: ignore[attr-defined]
    Deidentifier(key=KEY).apply(ds)
    assert b"ROE_AE" not in as_file(ds)
