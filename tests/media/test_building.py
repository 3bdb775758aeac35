"""Records of instances: their types and keys. PS3.3 §F.4, §F.5."""

from __future__ import annotations

import io
from typing import Any

import pytest
from media_made import CT, code, everything, instance

from dicomet import Dataset, Sequence, dcmread
from dicomet.media import FileSet, Record, RecordError
from dicomet.media.keys import KEYS, MORE_KEYS
from dicomet.media.records import LEVELS, RETIRED
from dicomet.writer import dcmwrite

LINKS = {
    "DirectoryRecordType", "ReferencedSOPClassUIDInFile", "ReferencedSOPInstanceUIDInFile",
    "ReferencedTransferSyntaxUIDInFile",
}  # fmt: skip
ONE_OF_EACH = {
    "IMAGE": "CTImageStorage", "RT DOSE": "RTDoseStorage", "RT STRUCTURE SET": "RTStructureSetStorage",
    "RT PLAN": "RTPlanStorage", "RT TREAT RECORD": "RTBeamsTreatmentRecordStorage",
    "PRESENTATION": "GrayscaleSoftcopyPresentationStateStorage", "WAVEFORM": "GeneralECGWaveformStorage",
    "SR DOCUMENT": "EnhancedSRStorage", "KEY OBJECT DOC": "KeyObjectSelectionDocumentStorage",
    "SPECTROSCOPY": "MRSpectroscopyStorage", "RAW DATA": "RawDataStorage",
    "REGISTRATION": "SpatialRegistrationStorage", "FIDUCIAL": "SpatialFiducialsStorage",
    "ENCAP DOC": "EncapsulatedPDFStorage", "VALUE MAP": "RealWorldValueMappingStorage",
    "STEREOMETRIC": "StereometricRelationshipStorage", "PLAN": "RTBeamsDeliveryInstructionStorage",
    "MEASUREMENT": "LensometryMeasurementsStorage", "SURFACE": "SurfaceSegmentationStorage",
    "SURFACE SCAN": "SurfaceScanMeshStorage", "TRACT": "TractographyResultsStorage",
    "ASSESSMENT": "ContentAssessmentResultsStorage", "RADIOTHERAPY": "RTPhysicianIntentStorage",
    "ANNOTATION": "MicroscopyBulkSimpleAnnotationsStorage", "HANGING PROTOCOL": "HangingProtocolStorage",
    "PALETTE": "ColorPaletteStorage", "IMPLANT": "GenericImplantTemplateStorage",
    "IMPLANT ASSY": "ImplantAssemblyTemplateStorage", "IMPLANT GROUP": "ImplantTemplateGroupStorage",
    "INVENTORY": "InventoryStorage",
}  # fmt: skip


def record_of(ds: Dataset, **options: Any) -> Record:
    return FileSet(**options).add(ds).record


def keywords(record: Record) -> set[str]:
    return {element.keyword for element in record.dataset} - LINKS


def as_file(ds: Dataset, syntax: str) -> Dataset:
    stream = io.BytesIO()
    dcmwrite(stream, ds, transfer_syntax=syntax)
    return dcmread(stream.getvalue())


def test_f4_every_type_has_keys_and_a_place() -> None:
    assert set(KEYS) == set(LEVELS) - RETIRED
    leaves = {name for name in KEYS if name not in ("PATIENT", "STUDY", "SERIES", "HL7 STRUC DOC")}
    assert set(ONE_OF_EACH) == leaves


@pytest.mark.parametrize("record_type", ONE_OF_EACH)
def test_f5_keys_of_each_record_type(record_type: str) -> None:
    record = record_of(everything(1, ONE_OF_EACH[record_type]))
    assert record.record_type == record_type
    assert keywords(record) == {key.keyword for key in KEYS[record_type]}
    assert [one.record_type for one in record.above()][1:] == (
        [] if LEVELS[record_type] == 0 else ["SERIES", "STUDY", "PATIENT"]
    )
    tags = [int(tag) for tag in record.dataset.keys()]  # noqa: SIM118
    assert tags == sorted(tags)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"]
)
@pytest.mark.parametrize("record_type", ["SPECTROSCOPY", "SR DOCUMENT", "HANGING PROTOCOL", "PRESENTATION"])
def test_keys_are_the_same_from_every_encoding(record_type: str, syntax: str) -> None:
    ds = everything(1, ONE_OF_EACH[record_type])
    expected, found = record_of(ds), record_of(as_file(ds, syntax))
    assert found.dataset.ReferencedTransferSyntaxUIDInFile == syntax
    for element in expected.dataset:
        if element.keyword != "ReferencedTransferSyntaxUIDInFile":
            assert found.dataset[element.tag] == element


def test_f5_type_1_must_have_a_value() -> None:
    for record_type, sop_class in ONE_OF_EACH.items():
        for key in KEYS[record_type]:
            ds = everything(1, sop_class)
            del ds[key.keyword]
            if key.type == "1":
                with pytest.raises(RecordError, match=key.keyword) as error:
                    record_of(ds)
                assert error.value.tag == key.tag
                assert error.value.clause == "PS3.3 §F.5"
            else:
                record = record_of(ds)
                assert (key.keyword in record.dataset) == (key.type == "2"), (record_type, key)


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_is_no_value(blank: str) -> None:
    with pytest.raises(RecordError, match="StudyID"):
        record_of(instance(StudyID=blank))


def test_what_cannot_be_listed_leaves_nothing_behind() -> None:
    file_set = FileSet()
    for bad in (instance(1, InstanceNumber=None), instance(1, SeriesNumber=None), instance(1, StudyID=None)):
        with pytest.raises(RecordError):
            file_set.add(bad)
    assert file_set.records == []
    assert len(file_set) == 0
    file_set.add(instance(1))
    with pytest.raises(RecordError):
        file_set.add(instance(2, InstanceNumber=None))
    assert len(list(file_set.records[0].walk())) == 4


def test_what_is_missing_may_be_made_up() -> None:
    missing = dict.fromkeys(("PatientID", "StudyID", "StudyDate", "StudyTime", "SeriesNumber", "InstanceNumber"))
    file_set = FileSet(invent=True)
    file_set.add(instance(7, PatientID="PATIENT0000001", PatientName="Other", StudyInstanceUID="1.9"))
    one = file_set.add(instance(8, **missing))
    two = file_set.add(instance(9, **missing))
    assert (one.InstanceNumber, two.InstanceNumber) == (1, 2)
    assert one.PatientID == two.PatientID == "PATIENT0000002"
    assert one.record.parent is two.record.parent
    assert len(one.StudyDate) == 8
    with pytest.raises(RecordError, match="StudyInstanceUID"):
        file_set.add(instance(10, StudyInstanceUID=None))


def test_dates_of_the_series_stand_for_those_of_the_study() -> None:
    record = record_of(instance(StudyDate=None, StudyTime=None, SeriesDate="20200101", ContentTime="1212"))
    study = next(one for one in record.above() if one.record_type == "STUDY")
    assert (study.dataset.StudyDate, study.dataset.StudyTime) == ("20200101", "1212")


def test_f525_verification_of_a_document() -> None:
    observers = [Dataset(), Dataset()]
    observers[0].VerificationDateTime, observers[1].VerificationDateTime = "20200101", "20210101"
    ds = everything(1, "EnhancedSRStorage")
    del ds.VerificationDateTime
    ds.VerifyingObserverSequence = Sequence(observers)
    assert record_of(ds).dataset.VerificationDateTime == "20210101"
    ds.VerificationFlag = "UNVERIFIED"
    assert "VerificationDateTime" not in record_of(ds).dataset


def test_f525_of_the_content_what_modifies_the_title() -> None:
    record = record_of(everything(1, "KeyObjectSelectionDocumentStorage"))
    assert [item.RelationshipType for item in record.dataset.ContentSequence] == ["HAS CONCEPT MOD"]


def test_text_keeps_its_character_set() -> None:
    ds = instance(SpecificCharacterSet="ISO_IR 144", PatientName="Люкceмбypг", StudyDescription="")
    record = record_of(as_file(ds, "1.2.840.10008.1.2.1"))
    chain = list(record.above())
    assert chain[3].dataset.PatientName == "Люкceмбypг"
    assert chain[3].dataset.SpecificCharacterSet == "ISO_IR 144"
    assert "SpecificCharacterSet" not in record.dataset
    assert "SpecificCharacterSet" not in chain[1].dataset


def test_text_in_sequences_keeps_its_character_set() -> None:
    ds = everything(1, "EnhancedSRStorage")
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ConceptNameCodeSequence = Sequence([code(meaning="Größe")])
    record = record_of(as_file(ds, "1.2.840.10008.1.2"))
    assert record.dataset.ConceptNameCodeSequence[0].CodeMeaning == "Größe"


def test_keys_that_are_another_vr_in_the_file() -> None:
    from build import LE, part10

    elements = (
        (0x00080016, "UI", CT),
        (0x00080018, "UI", "1.2.3"),
        (0x00080020, "DA", "20200101"),
        (0x00080030, "TM", "10"),
        (0x00080060, "UN", b"CT"),
        (0x00100010, "UN", b"A^B "),
        (0x00100020, "UN", b"ID"),
        (0x0020000D, "UN", b"1.2\0"),
        (0x0020000E, "UN", b"1.3\0"),
        (0x00200010, "SH", "1"),
        (0x00200011, "UN", b"1 "),
        (0x00200013, "IS", "1"),
        (0x00280010, "US", b"\1\0"),
    )
    data = part10(b"".join(LE.element(*one) for one in elements))
    record = record_of(dcmread(data))
    chain = list(record.above())
    assert (chain[3].dataset.PatientID, chain[1].dataset.Modality, chain[1].dataset.SeriesNumber) == ("ID", "CT", 1)
    assert chain[1].dataset.SeriesInstanceUID == "1.3"


def test_instances_share_the_records_above() -> None:
    file_set = FileSet()
    for number, uid in enumerate(("1.2", "1.2", "1.3"), 1):
        file_set.add(instance(number, SeriesInstanceUID=uid))
    file_set.add(instance(4, PatientID="other"))
    assert [len(list(root.walk())) for root in file_set.records] == [1 + 1 + 2 + 3, 4]


def test_unknown_classes_with_pixels_are_images() -> None:
    assert record_of(instance(sop_class="1.2.3.4.5")).record_type == "IMAGE"
    with pytest.raises(RecordError, match="no directory record type"):
        record_of(instance(sop_class="1.2.3.4.5", Rows=None))
    with pytest.raises(RecordError):
        record_of(instance(SOPInstanceUID=None))


def test_an_instance_is_listed_once() -> None:
    file_set = FileSet()
    file_set.add(instance(1))
    with pytest.raises(RecordError, match="already"):
        file_set.add(instance(1))


def test_profiles_for_compressed_images_want_more_keys() -> None:
    ds = instance(
        PatientSex="F", InstitutionName="Ward", PixelSpacing=[1, 1], NumberOfFrames=2, FrameOfReferenceUID="1.2"
    )
    record = record_of(ds, profile="STD-GEN-USB-JPEG")
    assert keywords(record) == {
        "InstanceNumber",
        "NumberOfFrames",
        "Rows",
        "Columns",
        "PixelSpacing",
        "FrameOfReferenceUID",
    }
    assert record.dataset.Rows == 1
    assert list(record.above())[3].dataset.PatientSex == "F"
    assert {key.keyword for key in KEYS["IMAGE"]} < {key.keyword for key in MORE_KEYS["IMAGE"]}


def test_values_beyond_16_bits_of_length() -> None:
    ds = as_file(instance(StudyDescription="x" * 70000), "1.2.840.10008.1.2")
    with pytest.raises(RecordError, match="64 KiB"):
        record_of(ds)


def test_a_sequence_that_is_none_in_the_file_gives_no_value() -> None:
    ds = everything(1, "EnhancedSRStorage")
    del ds.VerificationDateTime
    ds.add_new(0x0040A073, "LO", "no items")  # Verifying Observer Sequence
    assert "VerificationDateTime" not in record_of(as_file(ds, "1.2.840.10008.1.2.1")).dataset
    ds.add_new(0x0040A043, "LO", "no items")  # Concept Name Code Sequence
    with pytest.raises(RecordError, match="ConceptNameCodeSequence"):
        record_of(as_file(ds, "1.2.840.10008.1.2.1"))


def test_damaged_sequences_are_written_with_sound_lengths() -> None:
    ds = everything(1, "EnhancedSRStorage")
    stream = io.BytesIO()
    dcmwrite(stream, ds, transfer_syntax="1.2.840.10008.1.2.1")
    data = bytearray(stream.getvalue())
    at = data.index(b"\x40\x00\x43\xa0SQ")
    data[at + 8] += 100  # longer than what is in it
    damaged = dcmread(bytes(data))
    assert damaged.findings
    record = record_of(damaged)
    assert record.dataset.ConceptNameCodeSequence[0].CodeMeaning == "Title"
    again = dcmread(b"".join((record.encoded(),)), force=True)
    assert "sequence_length" not in {finding.code for finding in again.findings}


def test_a_uid_of_several_values_is_that_of_the_meta_information() -> None:
    file_set = FileSet()
    ds = as_file(instance(1), "1.2.840.10008.1.2.1")
    stream = io.BytesIO()
    ds.save_as(stream)
    data = bytearray(stream.getvalue())
    data[data.rindex(b"1.2.3.4.1") + 3] = ord("\\")
    twice = dcmread(bytes(data))
    assert len(twice.SOPInstanceUID) == 2
    file_set.add(twice)
    with pytest.raises(RecordError, match="already"):
        file_set.add(ds)
