"""Data sets against their IOD: types, conditions, modules, items. PS3.3; PS3.5 §7.4."""

from __future__ import annotations

from build import LE
from made_sets import Change, codes, made, places

import dicomet

CODE = LE.element(0x00080100, "SH", "T-1") + LE.element(0x00080102, "SH", "SRT") + LE.element(0x00080104, "LO", "x")


EMPTY: Change = ("SQ", b"")


def item_of(*elements: bytes) -> Change:
    return "SQ", LE.item(*elements)


class TestTypes:
    def test_type_1_is_there_with_a_value(self) -> None:
        """PS3.5 §7.4.1."""
        assert places(made(Modality=None)) == [("missing", "Modality")]
        assert places(made(Modality=("CS", ""))) == [("empty", "Modality")]
        assert places(made(Modality=("CS", "  "))) == [("empty", "Modality")]

    def test_type_2_is_there(self) -> None:
        """PS3.5 §7.4.3."""
        assert places(made(PatientBirthDate=None)) == [("missing", "PatientBirthDate")]
        assert codes(made(PatientBirthDate=("DA", ""))) == []

    def test_type_1c_has_a_value_if_it_is_there(self) -> None:
        """PS3.5 §7.4.2."""
        assert places(made(PixelAspectRatio=("IS", ""))) == [("empty", "PixelAspectRatio")]

    def test_type_3_may_be_empty(self) -> None:
        """PS3.5 §7.4.5."""
        assert codes(made(StudyDescription=("LO", ""))) == []

    def test_a_problem_names_module_and_clauses(self) -> None:
        data = made(StudyInstanceUID=None)
        (problem,) = dicomet.validate(data)
        assert (problem.module, problem.clause) == ("general-study", "PS3.5 §7.4.1, PS3.3 C.7.2.1")
        assert problem.offset == data.index(b"\x08\0\x16\0")  # where the data set begins

    def test_of_several_modules_the_strictest_asks(self) -> None:
        # Type 1 in General Series, Type 3 in SC Equipment
        (problem,) = dicomet.validate(made(Modality=None))
        assert problem.module == "general-series"


class TestConditions:
    """The conditions that tools/data/conditions.csv has."""

    def test_planar_configuration_of_colour(self) -> None:
        colour = {
            "SamplesPerPixel": ("US", b"\3\0"), "PhotometricInterpretation": ("CS", "RGB"),
            "PixelData": ("OB", bytes(18)),
        }  # fmt: skip
        assert places(made(colour)) == [("missing", "PlanarConfiguration")]
        assert codes(made({**colour, "PlanarConfiguration": ("US", b"\0\0")})) == []

    def test_palettes_of_palette_color(self) -> None:
        found = places(made(PhotometricInterpretation=("CS", "PALETTE COLOR")))
        assert len(found) == 6
        segmented = made(
            PhotometricInterpretation=("CS", "PALETTE COLOR"), SegmentedRedPaletteColorLookupTableData=("OW", b"\0\0")
        )
        assert ("missing", "RedPaletteColorLookupTableData") not in places(segmented)

    def test_pixel_data_unless_it_lies_elsewhere(self) -> None:
        assert places(made(PixelData=None)) == [("missing", "PixelData")]
        assert codes(made(PixelData=None, PixelDataProviderURL=("UR", "https://a.example/b"))) == []

    def test_how_much_was_lost(self) -> None:
        x_ray = {"SOPClassUID": ("UI", "1.2.840.10008.5.1.4.1.1.1.1")}
        missing = ("missing", "LossyImageCompressionRatio")  # Type 3 in General Image, 1C in DX Image
        assert missing in places(made({**x_ray, "LossyImageCompression": ("CS", "01")}))
        assert missing not in places(made({**x_ray, "LossyImageCompression": ("CS", "00")}))
        assert codes(made(LossyImageCompression=("CS", "01"))) == []

    def test_a_code_has_one_of_three_values(self) -> None:
        meaning = LE.element(0x00080104, "LO", "x")
        found = places(made(ProcedureCodeSequence=item_of(meaning)))
        assert found == [("missing", "ProcedureCodeSequence[0].CodeValue")]
        long = LE.element(0x00080102, "SH", "SRT") + meaning + LE.element(0x00080119, "UC", "long")
        assert codes(made(ProcedureCodeSequence=item_of(long))) == []

    def test_deidentified_how(self) -> None:
        data = {"PatientIdentityRemoved": ("CS", "YES")}
        assert places(made(data)) == [("missing", "DeidentificationMethod")]
        assert codes(made({**data, "DeidentificationMethodCodeSequence": item_of(CODE)})) == []

    def test_conditions_that_are_text_only_are_not_asked_for(self) -> None:
        assert codes(made(PatientOrientation=None, Laterality=None)) == []


class TestModules:
    def test_an_optional_module_is_there_if_something_is_that_only_it_has(self) -> None:
        assert places(made(ClinicalTrialProtocolID=("LO", "T1"))) == [
            ("missing", "ClinicalTrialSponsorName"),
            ("missing", "ClinicalTrialProtocolName"),
            ("missing", "ClinicalTrialSiteID"),
            ("missing", "ClinicalTrialSiteName"),
        ]

    def test_every_overlay_is_asked_for_its_own(self) -> None:
        """PS3.3 C.9.2; PS3.5 §7.6."""
        overlay = {
            0x60020010: ("US", b"\1\0"), 0x60020011: ("US", b"\1\0"), 0x60020040: ("CS", "G"),
            0x60020050: ("SS", b"\1\0\1\0"), 0x60020100: ("US", b"\1\0"), 0x60020102: ("US", b"\0\0"),
            0x60023000: ("OW", b"\0\0"),
        }  # fmt: skip
        assert codes(made(overlay)) == []
        assert places(made({**overlay, 0x60020040: None})) == [("missing", "OverlayType")]
        (problem,) = dicomet.validate(made({**overlay, 0x60020040: None}))
        assert problem.tag == 0x60020040

    def test_attributes_outside_the_iod_are_told_on_request(self) -> None:
        data = made(KVP=("DS", "120"))
        assert codes(data) == []
        (problem,) = dicomet.validate(data, notes=True)
        assert (problem.severity, problem.code, problem.path) == ("note", "not_in_iod", "KVP")

    def test_a_sop_class_without_an_iod_is_a_warning(self) -> None:
        problems = dicomet.validate(made(SOPClassUID=("UI", "1.2.3.99")))
        assert [(p.severity, p.code) for p in problems] == [("warning", "sop_class_unknown"), ("error", "sop_differs")]

    def test_without_a_sop_class_that_of_the_meta_group_counts(self) -> None:
        assert places(made(SOPClassUID=None)) == [("missing", "SOPClassUID")]

    def test_no_sop_class_at_all(self) -> None:
        assert "sop_class_missing" in codes(LE.element(0x00100010, "PN", "A^B") * 2)


class TestItems:
    def test_a_type_1_sequence_has_an_item(self) -> None:
        x_ray = {"SOPClassUID": ("UI", "1.2.840.10008.5.1.4.1.1.1.1")}  # Type 2 in it
        assert ("no_items", "AnatomicRegionSequence") not in places(made({**x_ray, "AnatomicRegionSequence": EMPTY}))
        enhanced = {"SOPClassUID": ("UI", "1.2.840.10008.5.1.4.1.1.2.1")}
        groups = "SharedFunctionalGroupsSequence"
        assert ("no_items", groups) in places(made({**enhanced, groups: EMPTY}))

    def test_every_item_is_looked_at(self) -> None:
        reference = LE.element(0x00081150, "UI", "1.2") + LE.element(0x00081155, "UI", "1.3")
        half = LE.element(0x00081150, "UI", "1.2")
        data = made(SourceImageSequence=("SQ", LE.item(reference) + LE.item(half) + LE.item()))
        assert places(data) == [
            ("missing", "SourceImageSequence[1].ReferencedSOPInstanceUID"),
            ("missing", "SourceImageSequence[2].ReferencedSOPClassUID"),
            ("missing", "SourceImageSequence[2].ReferencedSOPInstanceUID"),
        ]

    def test_items_out_of_order_are_read_in_order(self) -> None:
        reference = LE.element(0x00081155, "UI", "1.3") + LE.element(0x00081150, "UI", "1.2")
        assert codes(made(SourceImageSequence=item_of(reference)), structure=False) == []

    def test_functional_groups_may_be_in_either_sequence(self) -> None:
        """PS3.3 C.7.6.16: tables do not tell which macros are needed; their content is checked."""
        measures = LE.sequence(0x00289110, LE.item(LE.element(0x00180050, "DS", "1")))
        dimension = LE.sequence(0x00209111, LE.item())
        data = made(
            SOPClassUID=("UI", "1.2.840.10008.5.1.4.1.1.2.1"),
            SharedFunctionalGroupsSequence=item_of(measures),
            PerFrameFunctionalGroupsSequence=item_of(dimension),
        )
        groups = [path for code, path in places(data) if path.startswith(("Shared", "Per"))]
        assert not [path for path in groups if path.count(".") == 1]

    def test_content_items_of_any_depth(self) -> None:
        """PS3.3 C.17.3: which attributes a content item has depends on its Value Type."""

        def content(*inner: bytes) -> bytes:
            return LE.item(
                LE.element(0x0040A010, "CS", "CONTAINS"), LE.element(0x0040A040, "CS", "CONTAINER"),
                LE.element(0x0040A050, "CS", "SEPARATE"), *inner,
            )  # fmt: skip

        text = LE.item(
            LE.element(0x0040A010, "CS", "CONTAINS"), LE.element(0x0040A040, "CS", "TEXT"),
            LE.sequence(0x0040A043, LE.item(CODE)),
        )  # fmt: skip
        deep = content(LE.sequence(0x0040A730, content(LE.sequence(0x0040A730, text))))
        data = made(SOPClassUID=("UI", "1.2.840.10008.5.1.4.1.1.88.33"), ContentSequence=("SQ", deep))
        way = "ContentSequence[0].ContentSequence[0].ContentSequence[0]"
        found = [path for _, path in places(data) if "[" in path]
        assert found == [f"{way}.TextValue"]


def test_parts_can_be_left_out() -> None:
    data = made(Modality=None, StudyDate=("DA", "x"), PatientID=("SH", "x"))
    assert codes(data, iod=False) == ["date_form", "vr_differs"]
    assert codes(data, values=False) == ["missing"]


def test_edited_data_sets_are_checked_as_they_would_be_written() -> None:
    ds = dicomet.dcmread(made())
    assert dicomet.validate(ds) == []
    ds.StudyDate = "tomorrow"
    assert [problem.code for problem in dicomet.validate(ds)] == ["date_form"]
    del ds.Rows
    assert "Rows" in {problem.path for problem in dicomet.validate(ds)}


def test_made_data_sets_are_checked_as_files() -> None:
    ds = dicomet.Dataset()
    ds.update({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "1.2.3", "StudyDate": "tomorrow"})
    found = {problem.code for problem in dicomet.validate(ds)}
    assert found == {"date_form", "missing"}


def test_a_data_set_that_was_read_in_part_is_looked_at_in_full() -> None:
    ds = dicomet.dcmread(made(), specific_tags=["PatientName"])
    assert dicomet.validate(ds) == []
    assert dicomet.validate(dicomet.dcmread(made(Rows=None), stop_before_pixels=True))[0].path == "Rows"
