"""Table E.1-1 by hand: for every action, combination and option attributes whose fate was read off the table.

PS3.15 §E.1.1, Table E.1-1. Types of attributes are those of PS3.3.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from deid_made import CT, MR, SC, SR, deidentified, image, item
from test_deid_corpus import table

from dicomet import Dataset
from dicomet._native import dictionary
from dicomet.deid import OPTIONS, Deidentifier
from dicomet.deid.profile import Action, make_profile
from dicomet.tags import Tag

GONE = object()
EMPTY = object()
SAME = object()

# Keyword, value, options, what is left. In an image of SOP class CT unless told.
HAND_CHECKED: list[tuple[str, Any, tuple[str, ...], Any]] = [
    # X
    ("PatientAddress", "1 Main St", (), GONE),
    ("InstitutionAddress", "2 Main St", (), GONE),
    ("OtherPatientIDs", "77", (), GONE),
    ("PatientAge", "050Y", (), GONE),
    ("StudyDescription", "Chest of Jane Roe", (), GONE),
    ("AdmissionID", "A-1234", (), GONE),
    ("RequestAttributesSequence", [item(RequestedProcedureID="RP-99")], (), GONE),
    ("IconImageSequence", [item(Rows=1)], (), GONE),
    ("DigitalSignaturesSequence", [item(DigitalSignatureUID="1.2.3")], (), GONE),
    # Z: empty; or a dummy where the type is 1
    ("AccessionNumber", "ACC-5", (), EMPTY),
    ("StudyDate", "20200102", (), EMPTY),
    ("StudyTime", "101112", (), EMPTY),
    ("PatientBirthDate", "19700101", (), EMPTY),
    ("PatientSex", "F", (), EMPTY),
    ("ReferringPhysicianName", "Doe^John", (), EMPTY),
    ("StudyID", "S-17", (), EMPTY),
    # D
    ("ClinicalTrialSponsorName", "Sponsor", (), "ANONYMIZED"),
    ("PersonName", "Roe^Jane", (), "Anonymous"),
    ("DateTime", "20200102101112", (), "19000101000000"),
    ("Date", "20200102", (), "19000101"),
    ("Time", "101112", (), "000000"),
    # U
    ("FrameOfReferenceUID", "1.2.3.9", (), "2.25."),
    ("IrradiationEventUID", "1.2.3.10", (), "2.25."),
    # X/Z: Acquisition Date is Type 3 in General Image
    ("AcquisitionDate", "20200102", (), GONE),
    ("AcquisitionTime", "101112", (), GONE),
    # X/D: Series Date is Type 3 in General Series
    ("SeriesDate", "20200102", (), GONE),
    ("SeriesTime", "101112", (), GONE),
    ("ProtocolName", "Roe protocol", (), GONE),
    # X/Z/D: Type 3 in General Equipment, Type 1 in Enhanced General Equipment (see below)
    ("DeviceSerialNumber", "SER-1", (), GONE),
    ("InstitutionName", "St. Elsewhere", (), GONE),
    ("StationName", "CT01", (), GONE),
    ("OperatorsName", "Op^Era", (), GONE),
    # Z/D: Content Date is Type 2C in General Image
    ("ContentDate", "20200102", (), EMPTY),
    ("ContentTime", "101112", (), EMPTY),
    # Not in the table
    ("SliceThickness", 2.5, (), SAME),
    ("Modality", "CT", (), SAME),
    ("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL"], (), SAME),
    ("Manufacturer", "ACME", (), SAME),
    # Retain UIDs
    ("FrameOfReferenceUID", "1.2.3.9", ("retain_uids",), SAME),
    ("StudyInstanceUID", "1.2.3.4", ("retain_uids",), SAME),
    # Retain Device Identity
    ("DeviceSerialNumber", "SER-1", ("retain_device_identity",), SAME),
    ("StationName", "CT01", ("retain_device_identity",), SAME),
    ("DateOfLastCalibration", "20190101", ("retain_device_identity",), SAME),
    ("StationAETitle", "AE1", ("retain_device_identity",), SAME),  # C: nothing in it identifies the patient
    # Retain Institution Identity
    ("InstitutionName", "St. Elsewhere", ("retain_institution_identity",), SAME),
    ("InstitutionAddress", "2 Main St", ("retain_institution_identity",), SAME),
    ("StationName", "CT01", ("retain_institution_identity",), GONE),
    # Retain Patient Characteristics
    ("PatientSex", "F", ("retain_patient_characteristics",), SAME),
    ("PatientAge", "050Y", ("retain_patient_characteristics",), SAME),
    ("PatientWeight", 70.0, ("retain_patient_characteristics",), SAME),
    ("Allergies", "nuts", ("retain_patient_characteristics",), SAME),  # C
    ("Allergies", "Jane: nuts", ("retain_patient_characteristics",), ": nuts"),
    # Full and modified dates
    ("StudyDate", "20200102", ("retain_full_dates",), SAME),
    ("StudyTime", "101112", ("retain_full_dates",), SAME),
    ("AcquisitionDateTime", "20200102101112", ("retain_full_dates",), SAME),
    ("TimezoneOffsetFromUTC", "+0100", ("retain_full_dates",), SAME),
    ("PatientBirthDate", "19700101", ("retain_full_dates",), EMPTY),  # no option keeps it
    ("StudyTime", "101112", ("retain_modified_dates",), SAME),
    ("TimezoneOffsetFromUTC", "+0100", ("retain_modified_dates",), SAME),
    ("TimezoneOffsetFromUTC", "+0100", (), GONE),
    # Clean Descriptors
    ("StudyDescription", "Chest of Jane Roe", ("clean_descriptors",), "Chest of"),
    ("SeriesDescription", "T1 axial", ("clean_descriptors",), SAME),
    ("ImageComments", "ID ROE-4711, seen", ("clean_descriptors",), "ID , seen"),
    ("PatientAddress", "1 Main St", ("clean_descriptors",), GONE),
]


def _value_left(keyword: str, value: Any, options: tuple[str, ...]) -> Any:
    after = deidentified(image(CT, **{keyword: value}), *options)
    element = after.get_item(keyword)
    if element is None:
        return GONE
    return EMPTY if element.is_empty else element.value


@pytest.mark.parametrize(("keyword", "value", "options", "expected"), HAND_CHECKED)
def test_attribute(keyword: str, value: Any, options: tuple[str, ...], expected: Any) -> None:
    left = _value_left(keyword, value, options)
    if expected is SAME:
        expected = tuple(value) if isinstance(value, list) else value
    if expected == "2.25.":
        assert str(left).startswith("2.25.")
        assert left != value
    else:
        assert left == expected or left is expected


def test_type_1_in_the_iod_makes_a_dummy() -> None:
    """Enhanced MR has Device Serial Number as Type 1: X/Z/D is D. General Series has it nowhere: X."""
    enhanced = deidentified(image("1.2.840.10008.5.1.4.1.1.4.1", DeviceSerialNumber="SER-1"))
    assert enhanced.DeviceSerialNumber == "ANONYMIZED"
    assert "DeviceSerialNumber" not in deidentified(image(MR, DeviceSerialNumber="SER-1"))


def test_an_unknown_sop_class_takes_the_strictest_type() -> None:
    unknown = deidentified(image("1.2.3.4.5.999", DeviceSerialNumber="SER-1"))
    assert unknown.DeviceSerialNumber == "ANONYMIZED"


def test_u_star_maps_the_uids_of_a_sequence_that_must_be_there() -> None:
    """Referenced Image Sequence is X/Z/U*: Type 1C in a General Image, so its items stay with other UIDs."""
    referenced = item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID="1.2.3.4.5.6")
    after = deidentified(image(CT, ReferencedImageSequence=[referenced, referenced]))
    if "ReferencedImageSequence" in after and len(after.ReferencedImageSequence):
        for one in after.ReferencedImageSequence:
            assert one.ReferencedSOPInstanceUID == after.SOPInstanceUID
            assert one.ReferencedSOPClassUID == CT
    kept = deidentified(image(CT, ReferencedImageSequence=[referenced]), "retain_uids")
    assert kept.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3.4.5.6"


def test_patient_name_and_id_become_a_pseudonym() -> None:
    after = deidentified(image())
    assert after.PatientID.startswith("P")
    assert len(after.PatientID) == 13
    assert after.PatientName == f"Anonymous^{after.PatientID}"


def test_rules_hold_in_items_at_any_depth() -> None:
    ds = image()
    inner = ds
    for _ in range(20):
        deeper = item(PatientAddress="1 Main St", AccessionNumber="ACC-5", SliceThickness=1.0)
        inner.AnatomicRegionSequence = [deeper]  # in no table
        inner = deeper
    after: Dataset = deidentified(ds)
    for _ in range(20):
        after = after.AnatomicRegionSequence[0]
        assert after.keys()[:2] == [Tag("AccessionNumber"), Tag("AnatomicRegionSequence")] or "SliceThickness" in after
        assert "PatientAddress" not in after
        assert after.AccessionNumber == ""


def test_a_dummy_sequence_keeps_the_shape_and_no_text() -> None:
    """Content Sequence is D: an SR keeps one item of what its IOD asks for."""
    name = item(CodeValue="121058", CodingSchemeDesignator="DCM", CodeMeaning="Jane Roe said")
    content = item(RelationshipType="CONTAINS", ValueType="TEXT", ConceptNameCodeSequence=[name], TextValue="Roe")
    after = deidentified(image(SR, ContentSequence=[content, content]))
    (only,) = after.ContentSequence
    assert only.RelationshipType == "CONTAINS"
    assert only.ValueType == "TEXT"
    assert only.get("TextValue", "ANONYMIZED") == "ANONYMIZED"
    assert only.ConceptNameCodeSequence[0].CodeMeaning == "ANONYMIZED"


def test_structured_content_is_cleaned_item_by_item() -> None:
    concept = item(CodeValue="121071", CodingSchemeDesignator="DCM", CodeMeaning="Finding")
    tree = [
        item(RelationshipType="CONTAINS", ValueType="TEXT", ConceptNameCodeSequence=[concept],
             TextValue="Seen by Dr. Miller on 2020-01-02, Jane Roe is well"),
        item(RelationshipType="HAS OBS CONTEXT", ValueType="PNAME", PersonName="Miller^A"),
        item(RelationshipType="CONTAINS", ValueType="UIDREF", UID="1.2.3.4.5"),
        item(RelationshipType="CONTAINS", ValueType="CONTAINER", ContentSequence=[
            item(RelationshipType="CONTAINS", ValueType="DATE", Date="20200102")]),
    ]  # fmt: skip
    after = deidentified(image(SR, ContentSequence=tree), "clean_structured_content")
    text, name, uid, container = after.ContentSequence
    assert text.TextValue == "Seen by Dr. on , is well"
    assert text.ConceptNameCodeSequence[0].CodeMeaning == "Finding"
    assert name.PersonName == "Anonymous"
    assert after.SeriesInstanceUID == uid.UID
    assert container.ContentSequence[0].Date == "19000101"


def test_method_and_codes_say_what_was_done() -> None:
    after = deidentified(image(), *(set(OPTIONS) - {"retain_full_dates", "clean_recognizable_visual_features"}))
    assert after.PatientIdentityRemoved == "YES"
    codes = {one.CodeValue for one in after.DeidentificationMethodCodeSequence}
    assert codes == {str(n) for n in range(113100, 113113)} - {"113106", "113102"}
    assert all(one.CodingSchemeDesignator == "DCM" for one in after.DeidentificationMethodCodeSequence)
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    assert deidentified(image()).LongitudinalTemporalInformationModified == "REMOVED"
    assert deidentified(image(), "retain_full_dates").LongitudinalTemporalInformationModified == "UNMODIFIED"


def test_every_row_of_the_table_has_a_rule() -> None:
    from dicomet.deid import table

    profile = make_profile("basic", frozenset())
    basic = {"X": Action.X, "Z": Action.Z, "D": Action.D, "U": Action.U, "X/Z": Action.XZ, "X/D": Action.XD,
             "X/Z/D": Action.XZD, "Z/D": Action.ZD, "X/Z/U": Action.XZU}  # fmt: skip
    rows = [line.split(" ") for line in table.ROWS.splitlines()]
    assert len(rows) == 656
    for place, action, *_ in rows:
        tag = 0x00091010 if place == "ggggeeee" else int(place.replace("xx", "02").replace("x", "0"), 16)
        assert profile.action_of(tag) == basic[action], place
    assert profile.action_of(0x50020010) == profile.action_of(0x60020010) == Action.X
    assert profile.action_of(0x00180050) is None
    assert profile.action_of(0x00080016) == Action.PLAIN


def test_options_that_are_none_or_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude"):
        Deidentifier(options=["retain_full_dates", "retain_modified_dates"])
    with pytest.raises(ValueError, match="retain_everything"):
        Deidentifier(options=["retain_everything"])
    with pytest.raises(ValueError, match="none of basic"):
        Deidentifier("other")
    assert Deidentifier(options=["retain-uids"]).options == {"retain_uids"}


def test_retained_means_kept_before_cleaned() -> None:
    """Date of Last Calibration: K by device identity, C by modified dates."""
    options = ("retain_device_identity", "retain_modified_dates")
    assert deidentified(image(SC, DateOfLastCalibration="20190101"), *options).DateOfLastCalibration == "20190101"


def test_what_is_kept_is_kept_whatever_it_holds() -> None:
    ds = image(CT, InstitutionName="Clinic ROE-4711", StationName="ROE-4711")
    assert deidentified(ds, "retain_institution_identity").InstitutionName == "Clinic ROE-4711"
    assert deidentified(ds, "retain_device_identity").StationName == "ROE-4711"


_COLUMNS = {
    "retain_uids": "retain_uids",
    "retain_device_identity": "retain_device_identity",
    "retain_institution_identity": "retain_institution_identity",
    "retain_patient_characteristics": "retain_patient_characteristics",
    "retain_long_full_dates": "retain_full_dates",
    "retain_long_modified_dates": "retain_modified_dates",
    "clean_descriptors": "clean_descriptors",
    "clean_structured_content": "clean_structured_content",
    "clean_graphics": "clean_graphics",
}


@pytest.mark.parametrize("column", _COLUMNS)
def test_every_cell_of_an_options_column(column: str) -> None:
    """K keeps; C moves dates, cleans text and enters sequences; an empty cell leaves the profile's own action."""
    profile = make_profile("basic", frozenset((_COLUMNS[column],)))
    basic = make_profile("basic", frozenset())
    counts: Counter[str] = Counter()
    for tag, row in table().items():
        action = profile.action_of(tag)
        counts[row[column]] += 1
        if row[column] == "K":
            assert action == Action.KEEP, row["name"]
        elif row[column] == "C":
            vr = dictionary.tag_vr(tag)
            by_vr = {"DA": Action.SHIFT, "DT": Action.SHIFT, "TM": Action.SHIFT} if "dates" in column else {}
            if "dates" in column and vr not in by_vr:
                assert action in (Action.KEEP, basic.action_of(tag)), row["name"]  # zones and binary time stamps
            else:
                assert action == by_vr.get(vr, Action.ENTER if vr == "SQ" else Action.TEXT) or (
                    column == "clean_graphics" and action == Action.ENTER
                ), row["name"]
        else:
            assert action == basic.action_of(tag), row["name"]
    assert counts["K"] + counts["C"] > 0
