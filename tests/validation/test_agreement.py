"""Elements that must agree, and what the scanner tolerated. PS3.10 §7.1, PS3.3 C.7.6.3, PS3.5 §7, §8, §A.4."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from build import LE, UNDEFINED
from made_sets import INSTANCE, SC, body, codes, made, meta, places

import dicomet
import dicomet.errors

JPEG = "1.2.840.10008.1.2.4.50"


def us(number: int) -> tuple[str, bytes]:
    return "US", LE.pack("H", number)


class TestMeta:
    """PS3.10 §7.1."""

    def test_sop_class_and_instance_are_those_of_the_data_set(self) -> None:
        assert places(meta(instance="1.2.9") + body({})) == [("sop_differs", "MediaStorageSOPInstanceUID")]
        assert "sop_differs" in codes(meta(sop_class="1.2.840.10008.5.1.4.1.1.2") + body({}))

    def test_required_elements(self) -> None:
        inner = LE.element(0x00020002, "UI", SC) + LE.element(0x00020003, "UI", INSTANCE)
        inner += LE.element(0x00020010, "UI", "1.2.840.10008.1.2.1") + LE.element(0x00020012, "UI", "")
        data = bytes(128) + b"DICM" + LE.element(0x00020000, "UL", LE.pack("I", len(inner))) + inner + body({})
        found = places(data)
        assert found == [("missing", "FileMetaInformationVersion"), ("empty", "ImplementationClassUID")]

    def test_an_unknown_transfer_syntax_is_a_warning(self) -> None:
        (problem,) = dicomet.validate(meta("1.2.3.4.5") + body({}))
        assert (problem.severity, problem.code) == ("warning", "unknown_syntax")


class TestPixels:
    """PS3.5 §8.1.1, §A.4; PS3.3 C.7.6.3.1."""

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"BitsStored": us(9), "HighBit": us(8)}, "BitsStored"),
            ({"HighBit": us(6)}, "HighBit"),
            ({"BitsAllocated": us(12), "PixelData": ("OB", bytes(10))}, "BitsAllocated"),
            ({"SamplesPerPixel": us(3), "PlanarConfiguration": us(0), "PixelData": ("OB", bytes(18))},
             "SamplesPerPixel"),
        ],
    )  # fmt: skip
    def test_description(self, changes: dict[str | int, tuple[str, bytes]], path: str) -> None:
        assert places(made(changes)) == [("pixel_description", path)]

    @pytest.mark.parametrize(
        ("changes", "nbytes"),
        [
            ({}, 6),
            ({"Rows": us(3)}, 10),  # 9 and the byte that makes it even
            ({"BitsAllocated": us(1), "BitsStored": us(1), "HighBit": us(0)}, 2),
            ({"SamplesPerPixel": us(3), "PhotometricInterpretation": ("CS", "YBR_FULL_422"),
              "PlanarConfiguration": us(0), "Columns": us(4)}, 16),
        ],
    )  # fmt: skip
    def test_length(self, changes: dict[str | int, tuple[str, bytes | str]], nbytes: int) -> None:
        assert codes(made({**changes, "PixelData": ("OB", bytes(nbytes))})) == []
        assert codes(made({**changes, "PixelData": ("OB", bytes(nbytes + 2))})) == ["pixel_data_length"]

    def test_encapsulation_is_as_the_transfer_syntax_says(self) -> None:
        assert codes(meta(JPEG) + body({})) == ["encapsulation"]

    def test_fragments_are_enough_for_the_frames(self) -> None:
        def file(nfragments: int) -> bytes:
            fragments = LE.item() + b"".join(LE.item(b"\xff\xd8\xff\xd9") for _ in range(nfragments))
            pixels = LE.element(0x7FE00010, "OB", fragments, length=UNDEFINED) + LE.sequence_end()
            return meta(JPEG) + body({"PixelData": None, "NumberOfFrames": ("IS", "2")}) + pixels

        assert "fragments" in codes(file(1))
        assert "fragments" not in codes(file(2))


class TestStructure:
    """The scanner's findings, with paths."""

    def test_findings_have_paths(self) -> None:
        data = made({"ProcedureCodeSequence": ("SQ", LE.item(LE.element(0x00080104, "LO", b"odd")))})
        problems = [p for p in dicomet.validate(data) if p.code == "odd_length"]
        assert problems[-1].path == "ProcedureCodeSequence[0].CodeMeaning"

    def test_group_lengths_are_a_warning(self) -> None:
        (problem,) = dicomet.validate(made({0x00100000: ("UL", LE.pack("I", 0))}))
        assert (problem.severity, problem.code, problem.path) == ("warning", "group_length", "(0010,0000)")

    def test_it_can_be_left_out(self) -> None:
        assert codes(made({0x00100000: ("UL", LE.pack("I", 0))}), structure=False) == []

    def test_a_truncated_file(self) -> None:
        assert "truncated" in codes(made()[:-3])

    def test_a_deflated_file(self) -> None:
        packer = zlib.compressobj(wbits=-15)
        deflated = packer.compress(body({"StudyDate": ("DA", "x")})) + packer.flush()
        data = meta("1.2.840.10008.1.2.1.99") + deflated
        assert codes(data) == ["date_form"]
        assert codes(data[:-2] if len(data) % 2 else data[:-1])[-1] == "date_form"

    def test_what_inflating_found_is_told(self) -> None:
        zipped = zlib.compress(body({}))
        assert "deflate_form" in codes(meta("1.2.840.10008.1.2.1.99") + zipped)


def test_problems_ascend_by_offset() -> None:
    problems = dicomet.validate(made(Modality=None, StudyDate=("DA", "x"), PatientID=("SH", "x"), Rows=None))
    offsets = [problem.offset for problem in problems]
    assert None not in offsets
    assert offsets == sorted(offsets, key=lambda offset: offset or 0)


def test_a_file_that_shrank_since_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.dcm"
    path.write_bytes(made({"Rows": us(60_000), "PixelData": ("OW", bytes(360_000)), 0x7FE10010: ("LO", "x" * 64)}))
    ds = dicomet.dcmread(path, mode="map")
    with path.open("r+b") as file:
        file.truncate(5_000)
    with pytest.raises(dicomet.errors.SourceChanged):
        dicomet.validate(ds)


def test_no_dicom_is_refused() -> None:
    with pytest.raises(dicomet.errors.InvalidDicomError):
        dicomet.validate(b"not DICOM at all " * 20)
