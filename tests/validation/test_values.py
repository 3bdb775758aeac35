"""Values and elements against their VRs and the dictionary: a rule, a test. PS3.5 §6, §7.8; PS3.6."""

from __future__ import annotations

import pytest
from build import BE, ILE, LE
from made_sets import body, codes, made, meta, places

import dicomet
from dicomet._native import valuecheck

NAMES = [name for name, *_ in valuecheck.CODES]


@pytest.mark.parametrize(
    ("vr", "value", "code"),
    [
        ("AE", "A" * 17, "too_long"),
        ("AE", "   ", "blank"),
        ("AS", "18Y ", "age_form"),
        ("CS", "lower", "character"),
        ("DA", "20230229", "date_form"),
        ("DA", "1997.04.24", "old_date_form"),
        ("DS", "1,5", "decimal_form"),
        ("DS", "1.23456789012345678", "too_long"),
        ("DT", "20241301", "datetime_form"),
        ("IS", "1.5", "integer_form"),
        ("IS", "4294967296", "integer_range"),
        ("LO", "a\nb", "control_character"),
        ("PN", "a^b^c^d^e^f", "name_components"),
        ("PN", "a=b=c=d", "name_groups"),
        ("SH", "x" * 17, "too_long"),
        ("TM", "2500", "time_form"),
        ("TM", "14:04:38", "old_time_form"),
        ("UI", "1.02.3", "uid_form"),
        ("UR", "a b", "uri_form"),
        ("US", b"\1", "value_length"),
        ("LO", b"M\xfcller", "not_ascii"),
        ("LO", b"abc\0", "padding"),
        ("UI", b"1.2 ", "padding"),
    ],
)
def test_a_value_has_the_form_of_its_vr(vr: str, value: bytes | str, code: str) -> None:
    data = value.encode() if isinstance(value, str) else value
    assert NAMES[valuecheck.check_value(vr, data)] == code


@pytest.mark.parametrize("vr", ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "TM", "UI", "US", "SQ"])
def test_an_empty_value_is_never_wrong(vr: str) -> None:
    assert valuecheck.check_value(vr, b"") == 0


def test_a_vr_must_be_one() -> None:
    with pytest.raises(KeyError):
        valuecheck.check_value("XX", b"")


def test_a_sound_data_set_has_no_problem() -> None:
    assert dicomet.validate(made()) == []


@pytest.mark.parametrize(("enc", "syntax"), [(ILE, "1.2.840.10008.1.2"), (BE, "1.2.840.10008.1.2.2")])
def test_values_of_every_encoding_are_read(enc: object, syntax: str) -> None:
    changes = {"StudyDate": ("DA", "2024"), "BitsAllocated": ("US", enc.pack("H", 8))}  # type: ignore[attr-defined]
    for keyword, number in (("SamplesPerPixel", 1), ("Rows", 2), ("Columns", 3), ("BitsStored", 8), ("HighBit", 7)):
        changes[keyword] = ("US", enc.pack("H", number))  # type: ignore[attr-defined]
    changes["PixelRepresentation"] = ("US", enc.pack("H", 2))  # type: ignore[attr-defined]
    data = meta(syntax) + body(changes, enc)  # type: ignore[arg-type]
    assert codes(data) == ["date_form", "enumerated_value"]


def test_a_problem_tells_its_place_and_clause() -> None:
    data = made(StudyDate=("DA", "20241399"))
    (problem,) = dicomet.validate(data)
    assert (problem.severity, problem.code, problem.tag) == ("error", "date_form", 0x00080020)
    assert (problem.path, problem.clause) == ("StudyDate", "PS3.5 §6.2")
    assert problem.offset == data.index(b"20241399")
    assert str(problem).startswith("error StudyDate (0008,0020): DA is not a date")
    assert problem.to_dict()["tag"] == "00080020"


def test_values_are_counted_from_one() -> None:
    (problem,) = dicomet.validate(made(OtherPatientIDs=("LO", "a\\b\\" + "c" * 65)))
    assert problem.message.endswith("(value 3)")


class TestMultiplicity:
    """PS3.5 §6.4; PS3.6 §6."""

    @pytest.mark.parametrize(
        ("keyword", "vr", "value", "right"),
        [
            ("PatientID", "LO", "a\\b", False),
            ("PixelSpacing", "DS", "1\\2", True),
            ("PixelSpacing", "DS", "1", False),
            ("ImageOrientationPatient", "DS", "1\\0\\0\\0\\1\\0", True),
            ("ImageOrientationPatient", "DS", "1\\0\\0", False),
            ("EventTimerNames", "LO", "a\\b\\c", True),
            ("ContourData", "DS", "1\\2\\3\\4\\5\\6", True),  # 3-3n
            ("ContourData", "DS", "1\\2\\3\\4", False),
            ("FrameIncrementPointer", "AT", b"\x18\0\x63\x10", True),
            ("Rows", "US", b"\1\0\1\0", False),
            ("ImageComments", "LT", "a\\b", True),
            ("ImageType", "CS", "ORIGINAL\\PRIMARY\\AXIAL\\X", True),
            ("ImageType", "CS", "ORIGINAL", False),  # 2-n
        ],
    )
    def test_number_of_values(self, keyword: str, vr: str, value: bytes | str, right: bool) -> None:
        found = codes(made({keyword: (vr, value)}), iod=False)
        assert ("multiplicity" not in found) == right


class TestEnumeratedValues:
    """PS3.3 Annex C, as far as tools/data/enumerated_values.csv has them."""

    @pytest.mark.parametrize(
        ("keyword", "vr", "value"),
        [
            ("PatientSex", "CS", "X"),
            ("PixelRepresentation", "US", b"\2\0"),
            ("BurnedInAnnotation", "CS", "MAYBE"),
            ("ImageType", "CS", "ORIGINAL\\TERTIARY"),
        ],
    )
    def test_others_may_not_be(self, keyword: str, vr: str, value: bytes | str) -> None:
        assert places(made({keyword: (vr, value)})) == [("enumerated_value", keyword)]

    def test_those_may_be(self) -> None:
        assert codes(made(ImageType=("CS", "DERIVED\\SECONDARY\\ANY\\THING"), PatientSex=("CS", ""))) == []


class TestDictionary:
    """VRs and tags by PS3.6; private blocks by PS3.5 §7.8.1."""

    def test_the_vr_is_the_dictionarys(self) -> None:
        (problem,) = dicomet.validate(made(PatientID=("SH", "4711")))
        assert problem.code == "vr_differs"
        assert problem.message.endswith("SH")

    def test_un_is_a_warning(self) -> None:
        (problem,) = dicomet.validate(made(PatientComments=("UN", b"ab")))
        assert (problem.severity, problem.code) == ("warning", "vr_un")

    def test_un_of_a_sequence_is_a_finding_of_the_structure(self) -> None:
        item = ILE.item(ILE.element(0x00080104, "LO", "x"))
        assert codes(made(ProcedureCodeSequence=("UN", item)), iod=False) == ["un_sequence"]

    def test_where_the_dictionary_leaves_a_choice_each_is_right(self) -> None:
        for vr in ("US", "SS"):
            assert codes(made(SmallestImagePixelValue=(vr, b"\0\0"))) == []
        assert codes(made(PixelData=("OW", bytes(6)))) == []

    def test_an_unknown_standard_element_is_a_warning(self) -> None:
        (problem,) = dicomet.validate(made({0x001000FE: ("LO", "x")}))
        assert (problem.severity, problem.code, problem.path) == ("warning", "unknown_element", "(0010,00FE)")

    def test_retired_elements_are_told_on_request(self) -> None:
        data = made(OtherPatientIDs=("LO", "x"))
        assert codes(data) == []
        assert "retired" in codes(data, notes=True)

    def test_a_private_block_has_a_creator(self) -> None:
        private = {0x00091001: ("LO", "x")}
        assert places(made(private)) == [("private_creator", "(0009,1001)")]
        assert codes(made({**private, 0x00090010: ("LO", "ACME")})) == []
        assert codes(made({**private, 0x00090010: ("LO", "  ")})) == ["private_creator"]
        assert codes(made({**private, 0x00090011: ("LO", "ACME")})) == ["private_creator"]

    def test_the_creator_stands_in_the_same_item(self) -> None:
        item = LE.item(LE.element(0x00091001, "LO", "x"))
        data = made({0x00090010: ("LO", "ACME"), "RequestAttributesSequence": ("SQ", item)})
        assert places(data, iod=False) == [("private_creator", "RequestAttributesSequence[0].(0009,1001)")]

    @pytest.mark.parametrize("tag", [0x00090001, 0x00090100, 0x00090FFF])
    def test_private_elements_outside_all_blocks(self, tag: int) -> None:
        assert codes(made({tag: ("LO", "x")})) == ["private_tag"]

    def test_a_private_creator_is_lo(self) -> None:
        assert codes(made({0x00090010: ("SH", "ACME")})) == ["vr_differs"]


class TestText:
    """Specific Character Set: PS3.5 §6.1, PS3.3 C.12.1.1.2."""

    def test_text_beyond_ascii_wants_a_character_set(self) -> None:
        (problem,) = dicomet.validate(made(PatientName=("PN", b"M\xfcller")))
        assert (problem.code, problem.clause) == ("character_set_missing", "PS3.3 C.12.1.1.2")

    def test_a_character_set_makes_it_right(self) -> None:
        assert codes(made(SpecificCharacterSet=("CS", "ISO_IR 100"), PatientName=("PN", b"M\xfcller"))) == []

    def test_of_an_item_that_of_the_data_set_around_counts(self) -> None:
        item = LE.item(LE.element(0x00400007, "LO", b"M\xfcller"))
        inner = LE.item(LE.element(0x00080005, "CS", "ISO_IR 192"), LE.element(0x00400007, "LO", b"M\xfcller"))
        data = made({"SpecificCharacterSet": ("CS", "ISO_IR 100"), "RequestAttributesSequence": ("SQ", item + inner)})
        found = places(data, iod=False)
        assert found == [("character_set", "RequestAttributesSequence[1].ScheduledProcedureStepDescription")]

    def test_bytes_that_are_no_text(self) -> None:
        data = made(SpecificCharacterSet=("CS", "ISO_IR 192"), PatientName=("PN", b"M\xfcller"))
        assert codes(data) == ["character_set"]

    def test_unknown_terms(self) -> None:
        assert "character_set_term" in codes(made(SpecificCharacterSet=("CS", "ISO_IR 999")))

    def test_length_is_counted_in_characters(self) -> None:
        utf_8 = {"SpecificCharacterSet": ("CS", "ISO_IR 192")}
        assert codes(made({**utf_8, "PatientID": ("LO", "ü".encode() * 64)})) == []
        assert codes(made({**utf_8, "PatientID": ("LO", "ü".encode() * 65)})) == ["too_long"]
        assert codes(made({**utf_8, "PatientName": ("PN", "ü^a^b^c^d^e".encode())})) == ["name_components"]

    def test_control_characters(self) -> None:
        data = made(SpecificCharacterSet=("CS", "ISO_IR 100"), PatientID=("LO", b"\xfc\n"))
        assert codes(data) == ["control_character"]


def test_rows_are_checked_up_to_a_limit() -> None:
    data = made({0x00090000 | i: ("LO", "x") for i in range(1, 9)})
    problems = dicomet.validate(data, max_problems=3)
    assert [problem.code for problem in problems].count("private_tag") == 3
    assert "too_many" in [problem.code for problem in problems]
