"""Attributes of all frames against a walk over pydicom's items. PS3.3 §C.7.6.16."""

from __future__ import annotations

import random
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from build import BE, BIG, DEFLATED, ENCODINGS, EXPLICIT, LE, UNDEFINED, Encoding, part10
from corpus import real_files
from pydicom.multival import MultiValue

from dicomet import Dataset, dcmread
from dicomet._native.index import Index
from dicomet._native.source import Source
from dicomet.errors import DicomError, LimitError, SourceClosed
from dicomet.filedataset import FileDataset
from dicomet.pixels import groups
from dicomet.pixels.groups import frame_attributes

PER_FRAME, SHARED = 0x52009230, 0x52009229
LAZY_NBYTES = 64 << 10
MANY = 220
FLOATS = ("DS", "FD", "FL")
NUMBERS = (*FLOATS, "IS", "US", "SS", "UL", "SL", "UV", "SV", "AT")


# What must come out -----------------------------------------------------------------------------------


def _macros(item: Any) -> list[Any]:
    """First items of the sequences of an item, private ones last."""
    sequences = [element for element in item if element.VR == "SQ" and len(element.value)]
    return [one.value[0] for one in sorted(sequences, key=lambda one: (one.tag.is_private, int(one.tag)))]


def _find(item: Any, name: Any) -> Any:
    if isinstance(name, str) and "." in name:
        *path, last = name.split(".")
        for part in path:
            sequence = item.get(pydicom.tag.Tag(part))
            if sequence is None or sequence.VR != "SQ" or not len(sequence.value):
                return None
            item = sequence.value[0]
        return item.get(pydicom.tag.Tag(last))
    tag = pydicom.tag.Tag(name)
    for place in (item, *_macros(item)):
        if tag in place:
            return place[tag]
    return None


def _element(ds: Any, name: Any, number: int) -> Any:
    frames, shared = ds.get(pydicom.tag.Tag(PER_FRAME)), ds.get(pydicom.tag.Tag(SHARED))
    found = None
    if frames is not None and number < len(frames.value):
        found = _find(frames.value[number], name)
    if found is None and shared is not None and len(shared.value):
        found = _find(shared.value[0], name)
    if found is None and not (isinstance(name, str) and "." in name):
        found = ds.get(pydicom.tag.Tag(name))
    return found


def _values(element: Any) -> list[Any]:
    if element is None or element.value is None or element.value == "":
        return []
    return list(element.value) if isinstance(element.value, list | MultiValue) else [element.value]


def wanted(ds: Any, name: Any, n: int) -> list[Any]:
    """The values of every frame by a walk over its items: lists of numbers, or text."""
    elements = [_element(ds, name, number) for number in range(n)]
    vrs = {one.VR for one in elements if one is not None}
    if not vrs:
        last = name.split(".")[-1] if isinstance(name, str) else name
        vrs = {pydicom.datadict.dictionary_VR(pydicom.tag.Tag(last)).split(" ")[0]}
    if vrs <= set(NUMBERS):
        return [_values(one) for one in elements]
    return [
        None if one is None else tuple(map(str, one.value)) if one.VM > 1 else str(one.value or "")
        for one in elements
    ]


def plain(array: np.ndarray[Any, Any]) -> list[Any]:
    """An array as lists of the numbers that are there, or text."""
    if array.dtype == object:
        return array.tolist()
    mask = np.ma.getmaskarray(array)
    if array.dtype.kind == "f":
        mask = np.isnan(array)
    rows, masks = np.ma.getdata(array).reshape(len(array), -1), mask.reshape(len(array), -1)
    return [row[~one].tolist() for row, one in zip(rows, masks, strict=True)]


def check(data: bytes | Path, names: list[Any], *, n: int | None = None, force: bool = False) -> dict[Any, Any]:
    """Natively and in Python, as read and with all items touched: all as pydicom's items have it."""
    theirs = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data) if isinstance(data, bytes) else data, force=force)
    ds = dcmread(data, force=force)
    found = frame_attributes(ds, names)
    nframes = len(next(iter(found.values())))
    assert nframes == n or n is None
    assert [*found] == names
    for name in names:
        expected = wanted(theirs, name, nframes)
        assert plain(found[name]) == expected, name
    check_same(found, by_walking(ds, names, nframes))
    touched = dcmread(data, force=force)
    for item in touched.get("PerFrameFunctionalGroupsSequence") or ():
        assert item._row >= 0
    check_same(found, frame_attributes(touched, names))
    return found


def by_walking(ds: Dataset, names: list[Any], n: int) -> dict[Any, Any]:
    """What the way in Python gives, as if everything was edited."""
    paths = {name: groups._path_of(name) for name in names}
    return {name: groups._assembled(ds, groups._elements(ds, path, n), path) for name, path in paths.items()}


def check_same(found: dict[Any, Any], others: dict[Any, Any]) -> None:
    for name, array in found.items():
        other = others[name]
        assert array.dtype == other.dtype, name
        assert array.shape == other.shape, name
        assert type(array) is type(other), name
        assert plain(array) == plain(other), name
        if array.dtype == object:
            assert list(map(type, array)) == list(map(type, other))


# Real files -------------------------------------------------------------------------------------------

NAMES: list[Any] = [
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "DimensionIndexValues",
    "FrameContentSequence.DimensionIndexValues", "PlanePositionSequence.ImagePositionPatient", "FrameType",
    "StackID", "InStackPositionNumber", "RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter",
    "FrameAcquisitionDateTime", "ReferencedSegmentNumber", "FrameAnatomySequence.FrameLaterality", "EffectiveEchoTime",
    "FrameAnatomySequence.AnatomicRegionSequence.CodeMeaning", "Modality", "PatientName", "InstanceNumber",
    "TemporalPositionIndex", "NominalCardiacTriggerDelayTime", "PurposeOfReferenceCodeSequence.CodeValue",
    "DerivationImageSequence.SourceImageSequence.ReferencedSOPInstanceUID", "RealWorldValueSlope", "Rows",
    "SmallestImagePixelValue", "SpecificCharacterSet", "ContentTime", 0x00280030, (0x0018, 0x0080),
    "00209113.00200032",
]  # fmt: skip


def _grouped() -> list[str]:
    found = []
    for name, path in real_files().items():
        if path.stat().st_size < 64 << 20 and b"\x00\x52\x30\x92" in path.read_bytes():
            found.append(name)
    return found


GROUPED = _grouped()


def test_there_are_real_files_with_functional_groups() -> None:
    assert len(GROUPED) >= 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GROUPED)
def test_real_files_equal_pydicom(name: str) -> None:
    check(real_files()[name], NAMES, force=True)


@pytest.mark.filterwarnings("ignore")
def test_a_segmentation_of_highdicom_equals_pydicom(ct_small: Path, tmp_path: Path) -> None:
    hd = pytest.importorskip("highdicom")
    codes = hd.sr.coding.CodedConcept
    sources = [pydicom.dcmread(ct_small) for _ in range(5)]
    for number, source in enumerate(sources):
        source.SOPInstanceUID = f"1.2.3.{number}"
        source.ImagePositionPatient = [-158.1, -179, 5 * number]
    organ, liver = codes("91723000", "SCT", "Anatomical Structure"), codes("10200004", "SCT", "Liver")
    segment = hd.seg.SegmentDescription(
        segment_number=1, segment_label="liver", segmented_property_category=organ, segmented_property_type=liver,
        algorithm_type="MANUAL")  # fmt: skip
    hd.seg.Segmentation(
        source_images=sources, pixel_array=np.ones((5, 128, 128), np.uint8), segmentation_type="BINARY",
        segment_descriptions=[segment], series_instance_uid="1.2.4", series_number=1, sop_instance_uid="1.2.5",
        instance_number=1, manufacturer="m", manufacturer_model_name="m", software_versions="1",
        device_serial_number="1").save_as(tmp_path / "seg.dcm")  # fmt: skip
    found = check(tmp_path / "seg.dcm", NAMES, n=5)
    assert sorted(found["ImagePositionPatient"][:, 2]) == [0, 5, 10, 15, 20]
    assert found["ImageOrientationPatient"].shape == (5, 6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["pydicom/test_files/CT_small.dcm", "pydicom/test_files/examples_ybr_color.dcm"])
def test_without_groups_every_frame_has_the_value_of_the_data_set(name: str) -> None:
    found = check(real_files()[name], NAMES)
    ds = dcmread(real_files()[name])
    assert len(found["Rows"]) == int(ds.get("NumberOfFrames", 1))
    assert found["Modality"][-1] == ds.Modality


# Made files -------------------------------------------------------------------------------------------

MADE: list[Any] = [
    "ImagePositionPatient", "PlanePositionSequence.ImagePositionPatient", "WindowCenter", "WindowWidth",
    "DimensionIndexValues", "InStackPositionNumber", "TemporalPositionIndex", "StackID", "FrameType",
    "FrameAcquisitionDateTime", "AnatomicRegionSequence.CodeValue", "RescaleSlope", "Modality", "FlipAngle",
    "FrameAnatomySequence.AnatomicRegionSequence.CodeValue", "EchoTrainLength", "FrameComments", "PatientName",
    "FrameIncrementPointer", "SmallestImagePixelValue", "GantryAngle", "PixelSpacing", "FrameContentSequence.Rows",
]  # fmt: skip


class Maker:
    """Files with functional groups in one of the encodings."""

    def __init__(self, encoding: str = "explicit", *, undefined: bool = False) -> None:
        self.enc, self.syntax = ENCODINGS[encoding]
        self.length = UNDEFINED if undefined else None

    def item(self, *elements: bytes) -> bytes:
        return self.enc.item(*elements, length=self.length)

    def sequence(self, tag: int, *items: bytes) -> bytes:
        return self.enc.sequence(tag, *items, length=self.length)

    def macro(self, tag: int, *elements: bytes) -> bytes:
        return self.sequence(tag, self.item(*elements))

    def frames(self, n: int) -> list[bytes]:
        """Many make a sequence that is left unscanned if its length is defined."""
        return [self.frame(number, 1200 if n >= MANY else 20) for number in range(n)]

    def frame(self, number: int, pad_nbytes: int = 20) -> bytes:
        """Differs from frame to frame in what is there, in VM, and in what is empty."""
        e, kind = self.enc, number % 7
        pack = e.pack
        comments = e.element(0x00209158, "LT", "wait" if kind == 2 else "a\\b ")
        out = e.element(0x00204000, "LT", "x" * pad_nbytes)
        if kind != 3:
            code = self.macro(0x00082218, e.element(0x00080100, "SH", f"T-{number}"))
            out += self.macro(0x00209071, code, e.element(0x00209072, "CS", "U"))
        content = e.element(0x00189074, "DT", f"202401020304{number % 60:02d}")
        content += e.element(0x00209056, "SH", f"st {number // 5}")
        if kind != 1:
            content += e.element(0x00209057, "UL", pack("I", number))
        content += e.element(0x00209128, "UL", pack("I", 70000 + number))
        content += e.element(0x00209157, "UL", pack("3I", 1, number, 9)) + comments
        out += self.macro(0x00209111, content)
        position = {4: "1\\2\\x ", 5: ""}.get(kind, f"{number}.5\\-2e1\\3")
        if kind != 6:
            out += self.macro(0x00209113, e.element(0x00200032, "DS", position))
        windows = ("40", "40\\50", "", "40\\50\\60")[number % 4]
        out += self.macro(0x00289132, e.element(0x00281050, "DS", windows), e.element(0x00281051, "DS", "7"))
        return self.item(out)

    def shared(self) -> bytes:
        e = self.enc
        timing = e.element(0x00180091, "IS", "16\\-3") + e.element(0x00181314, "DS", "90")
        return self.item(
            self.macro(0x00189112, timing),
            self.macro(0x00289110, e.element(0x00280030, "DS", "0.5\\0.25")),
            self.macro(0x00289145, e.element(0x00281053, "DS", "2")),
        )

    def body(self, frames: list[bytes], *top: bytes) -> bytes:
        e = self.enc
        return b"".join((
            e.element(0x00080005, "CS", "ISO_IR 100"),
            e.element(0x00080060, "CS", "MR"),
            e.element(0x00100010, "PN", "Müller^Jörg"),
            e.element(0x00180050 + 0x10D0, "DS", "12"),
            e.element(0x00280008, "IS", str(len(frames))),
            e.element(0x00280009, "AT", e.tag(0x00181063) + e.tag(0x00200032)),
            e.element(0x00280103, "US", e.pack("H", 1)),
            e.element(0x00280106, "SS", e.pack("h", -5)),
            *top,
            self.sequence(SHARED, self.shared()),
            self.sequence(PER_FRAME, *frames),
        ))  # fmt: skip

    def file(self, frames: list[bytes], *top: bytes) -> bytes:
        return part10(self.body(frames, *top), self.syntax)


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("nframes", [30, MANY])
def test_made_files_equal_pydicom(
    encoding: str, undefined: bool, nframes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Maker(encoding, undefined=undefined)
    data = make.file(make.frames(nframes))
    assert nframes == 30 or len(data) > LAZY_NBYTES + 10_000
    # DS values that are no numbers are no concern of pydicom's
    check_made(data, nframes)
    # most of it is done natively, and without an index for what was left unscanned
    monkeypatch.setattr(groups, "_elements", None)
    monkeypatch.setattr(groups, "_assembled", None)
    ds = dcmread(data)
    frame_attributes(ds, MADE)
    assert (PER_FRAME in (ds._sequences or {})) == (undefined or nframes == 30)


def check_made(data: bytes, nframes: int) -> None:
    ds = dcmread(data)
    found = frame_attributes(ds, MADE)
    check_same(found, by_walking(ds, MADE, nframes))
    clean = re.sub(rb"1\\2\\x ", rb"1\\2\\5 ", data)
    check(clean, MADE, n=nframes)
    position, window = found["ImagePositionPatient"], found["WindowCenter"]
    assert position.shape == (nframes, 3)
    assert position[0].tolist() == [0.5, -20, 3]
    assert np.isnan(position[4]).tolist() == [False, False, True]
    assert np.isnan(position[5:7]).all()
    assert window.shape == (nframes, 3)
    assert window.dtype == np.float64
    index = found["InStackPositionNumber"]
    assert index.dtype == np.uint32
    assert index.mask.tolist() == [number % 7 == 1 for number in range(nframes)]
    assert found["DimensionIndexValues"].tolist() == [[1, number, 9] for number in range(nframes)]
    assert not isinstance(found["DimensionIndexValues"], np.ma.MaskedArray)
    assert found["EchoTrainLength"].tolist() == [[16, -3]] * nframes
    assert found["EchoTrainLength"].dtype == np.int64
    assert found["FrameIncrementPointer"].tolist() == [[0x00181063, 0x00200032]] * nframes
    assert found["SmallestImagePixelValue"].tolist() == [-5] * nframes
    assert found["PatientName"][0] == "Müller^Jörg"
    assert found["StackID"][0] is found["StackID"][4]
    assert found["FrameComments"][0] == "a\\b"
    assert found["FrameType"].tolist() == [None] * nframes
    assert found["FrameContentSequence.Rows"].mask.all()


def test_files_deflated_in_memory_and_read_whole(tmp_path: Path) -> None:
    import zlib

    make = Maker()
    frames = make.frames(MANY)
    expected = frame_attributes(dcmread(make.file(frames)), MADE)
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    path = tmp_path / "file.dcm"
    path.write_bytes(part10(body.compress(make.body(frames)) + body.flush(), DEFLATED))
    check_same(expected, frame_attributes(dcmread(path), MADE))
    path.write_bytes(make.file(frames))
    for mode in ("map", "read"):
        check_same(expected, frame_attributes(dcmread(path, mode=mode), MADE))


def test_groups_that_are_not_well_formed_get_an_index() -> None:
    make = Maker()
    frames = make.frames(MANY)
    frames[150] = make.item(make.frame(1)[8:], LE.element(0x00200032, "DS", "1\\2\\3 "))  # out of order
    ds = dcmread(make.file(frames))
    found = frame_attributes(ds, MADE)
    assert PER_FRAME in ds._sequences
    check_same(found, by_walking(ds, MADE, MANY))
    assert found["ImagePositionPatient"][150].tolist() == [1, 2, 3]
    assert found["PlanePositionSequence.ImagePositionPatient"][150].tolist() == [1.5, -20, 3]


def test_an_element_of_the_item_itself_comes_first_then_standard_macros() -> None:
    def position(tag: int, value: str) -> bytes:
        return LE.sequence(tag, LE.item(LE.element(0x00200032, "DS", value)))

    creator = LE.element(0x00190010, "LO", "SOMEBODY")
    private = creator + position(0x00191001, "9")
    frames = [
        LE.item(private, position(0x00209113, "2")),
        LE.item(private, LE.element(0x00200032, "DS", "1"), position(0x00209113, "2")),
        LE.item(private),
        LE.item(private, LE.sequence(0x00209113)),
        LE.item(position(0x00209111, "3"), position(0x00209113, "2")),
        LE.item(),
    ]
    found = check(part10(LE.sequence(PER_FRAME, *frames)), ["ImagePositionPatient", "00191001.00200032"])
    assert found["ImagePositionPatient"][:5].tolist() == [2, 1, 9, 9, 3]
    assert np.isnan(found["ImagePositionPatient"][5])


def test_the_first_item_of_a_macro_counts() -> None:
    two = LE.item(LE.element(0x00181314, "DS", "1")) + LE.item(LE.element(0x00181314, "DS", "2"))
    frame = LE.item(LE.sequence(0x00189112, two))
    assert check(part10(LE.sequence(PER_FRAME, frame)), ["FlipAngle"])["FlipAngle"].tolist() == [1]


def test_an_empty_element_hides_that_of_the_shared_groups() -> None:
    def timing(value: str) -> bytes:
        return LE.item(LE.sequence(0x00189112, LE.item(LE.element(0x00181314, "DS", value))))

    body = LE.sequence(SHARED, timing("90")) + LE.sequence(PER_FRAME, timing(""), LE.item(), timing("5"))
    found = check(part10(body), ["FlipAngle"])["FlipAngle"]
    assert np.array_equal(found, [np.nan, 90, 5], equal_nan=True)


def test_only_keywords_fall_back_on_the_data_set() -> None:
    top = LE.sequence(0x00189112, LE.item(LE.element(0x00181314, "DS", "5")))
    body = LE.element(0x00181314, "DS", "7") + top + LE.sequence(PER_FRAME, LE.item(), LE.item())
    names = ["FlipAngle", "MRTimingAndRelatedParametersSequence.FlipAngle"]
    found = check(part10(body), names)
    assert found[names[0]].tolist() == [7, 7]
    assert np.isnan(found[names[1]]).all()


@pytest.mark.parametrize("enc", [LE, BE], ids=["little", "big"])
def test_binary_numbers_keep_their_type(enc: Encoding) -> None:
    kinds = {
        "US": ("H", 0x00209156), "SS": ("h", 0x00189810), "UL": ("I", 0x00209128), "SL": ("i", 0x00186020),
        "FL": ("f", 0x00186028), "FD": ("d", 0x00189082), "SV": ("q", 0x00720082), "UV": ("Q", 0x00720083),
    }  # fmt: skip
    frames = []
    for number in range(4):
        elements = {tag: enc.element(tag, vr, enc.pack(code, number)) for vr, (code, tag) in kinds.items()}
        frames.append(enc.item(*(elements[tag] for tag in sorted(elements))))
    frames.append(enc.item())
    data = part10(enc.sequence(PER_FRAME, *frames), BIG if enc.big else EXPLICIT)
    found = frame_attributes(dcmread(data), [tag for _, tag in kinds.values()])
    for code, tag in kinds.values():
        assert found[tag].dtype == np.dtype(code)
        assert found[tag][:4].tolist() == [0, 1, 2, 3]
        assert np.isnan(found[tag][4]) if code in "fd" else found[tag].mask.tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("own", [False, True])
def test_us_or_ss_goes_by_pixel_representation(sign: int, own: bool) -> None:
    enc, syntax = ENCODINGS["implicit"]
    value = enc.element(0x00280106, "US", enc.pack("H", 0xFFFF))
    representation = enc.element(0x00280103, "US", enc.pack("H", 1 - sign))
    frames = enc.item(representation if own else b"", value), enc.item(value)
    data = part10(enc.element(0x00280103, "US", enc.pack("H", sign)) + enc.sequence(PER_FRAME, *frames), syntax)
    found = check(data, ["SmallestImagePixelValue"])["SmallestImagePixelValue"]
    of_data_set = -1 if sign else 65535
    assert found.tolist() == [65534 - of_data_set if own else of_data_set, of_data_set]
    assert own or found.dtype == (np.int16 if sign else np.uint16)


def test_frames_whose_vrs_differ() -> None:
    frames = [
        LE.item(LE.element(0x00181314, "DS", "1.5")),
        LE.item(LE.element(0x00181314, "FD", struct.pack("<d", 2.5))),
        LE.item(LE.element(0x00181314, "IS", "3 ")),
    ]
    found = frame_attributes(dcmread(part10(LE.sequence(PER_FRAME, *frames))), ["FlipAngle"])["FlipAngle"]
    assert found.dtype == np.float64
    assert found.tolist() == [1.5, 2.5, 3]
    frames = [LE.item(LE.element(0x00181314, vr, "3 ")) for vr in ("IS", "LO")]
    found = frame_attributes(dcmread(part10(LE.sequence(PER_FRAME, *frames))), ["FlipAngle"])["FlipAngle"]
    assert found.tolist() == [3, "3"]


def test_private_elements_by_tag() -> None:
    private = LE.element(0x00190010, "LO", "SIEMENS MR HEADER") + LE.element(0x0019100C, "IS", "1000")
    inner = LE.element(0x00211001, "US", LE.pack("H", 4))
    frames = [LE.item(private, LE.sequence(0x00209111, LE.item(inner))) for _ in range(3)]
    data = part10(LE.sequence(PER_FRAME, *frames))
    found = check(data, [0x0019100C, (0x0021, 0x1001), "0019100C", "FrameContentSequence.00211001"])
    assert found[0x0019100C].tolist() == [1000] * 3
    assert found[0x0021, 0x1001].tolist() == [4] * 3


def test_private_elements_of_implicit_files_go_by_the_dictionary() -> None:
    enc, syntax = ENCODINGS["implicit"]
    creator = enc.element(0x00190010, "LO", "SIEMENS MR HEADER")
    known, unknown = enc.element(0x0019100C, "IS", "1000"), enc.element(0x001910F0, "IS", "abcd")
    data = part10(enc.sequence(PER_FRAME, enc.item(creator, known, unknown)), syntax)
    found = frame_attributes(dcmread(data), [0x0019100C, 0x001910F0])
    assert found[0x0019100C].tolist() == [1000]
    assert found[0x001910F0].tolist() == [b"abcd"]


@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("times", [2, 3000])
def test_sequences_sent_as_un(length: int | None, times: int) -> None:
    """PS3.5 §6.2.2: the content is implicit then."""
    enc = ENCODINGS["implicit"][0]
    inner = enc.item(enc.element(0x00200032, "DS", "1\\2\\3"), length=length)
    macro = LE.sequence(0x00209113, inner, length=length, vr="UN")
    if length:
        macro = LE.element(0x00209113, "UN", inner, length=UNDEFINED) + LE.sequence_end()
    whole = LE.sequence(PER_FRAME, *[LE.item(macro)] * times)
    names = ["ImagePositionPatient", "PlanePositionSequence.ImagePositionPatient"]
    found = frame_attributes(dcmread(part10(whole)), names)
    for array in found.values():
        assert array.tolist() == [[1, 2, 3]] * times


def test_private_sequences_sent_as_un_are_entered_by_a_path() -> None:
    enc = ENCODINGS["implicit"][0]
    creator = LE.element(0x20050010, "LO", "Philips MR Imaging DD 005")
    inner = enc.item(enc.element(0x00181314, "DS", "5"))
    frame = LE.item(creator, LE.sequence(0x2005100F, inner, vr="UN"))
    ds = dcmread(part10(LE.sequence(PER_FRAME, frame, frame)))
    names = ["2005100F.FlipAngle", "FlipAngle"]
    found = frame_attributes(ds, names)
    check_same(found, by_walking(ds, names, 2))
    assert np.isnan(found["FlipAngle"]).all()


def test_text_that_is_not_ascii() -> None:
    frames = [LE.item(LE.element(0x00209158, "LT", text)) for text in ("größer", "größer", "plain")]
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + LE.sequence(PER_FRAME, *frames)
    found = check(part10(body), ["FrameComments"])["FrameComments"]
    assert found.tolist() == ["größer", "größer", "plain"]
    assert found[0] is found[1]


def test_items_with_a_character_set_of_their_own() -> None:
    text = LE.element(0x00209158, "LT", "\xc4\xd0\xb5 ")
    frames = LE.item(LE.element(0x00080005, "CS", "ISO_IR 144"), text), LE.item(text)
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + LE.sequence(PER_FRAME, *frames)
    found = check(part10(body), ["FrameComments", "SpecificCharacterSet"])
    assert found["FrameComments"].tolist() == ["ФаЕ", "ÄÐµ"]


def test_text_of_several_values_and_person_names() -> None:
    elements = LE.element(0x00080008, "CS", "A\\B ") + LE.element(0x00080090, "PN", "Doe^Jane=") + LE.element(
        0x00081155, "UI", "1.2\\1.3")  # fmt: skip
    found = check(part10(LE.sequence(PER_FRAME, LE.item(elements))), ["ImageType"])
    assert found["ImageType"].tolist() == [("A", "B")]
    names = ["ImageType", "ReferringPhysicianName", "ReferencedSOPInstanceUID"]
    ds = dcmread(part10(LE.sequence(PER_FRAME, LE.item(elements))))
    found = frame_attributes(ds, names)
    check_same(found, by_walking(ds, names, 1))
    assert {type(found[name][0]) for name in names} == {str, tuple}


def test_other_vrs_are_what_the_data_set_has() -> None:
    frame = LE.item(LE.element(0x00281201, "OW", b"\1\2"), LE.sequence(0x00209113, LE.item()))
    ds = dcmread(part10(LE.sequence(PER_FRAME, frame, LE.item())))
    found = frame_attributes(ds, ["RedPaletteColorLookupTableData", "PlanePositionSequence"])
    assert found["RedPaletteColorLookupTableData"].tolist() == [b"\1\2", None]
    assert found["PlanePositionSequence"][0] is ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence


def test_lookup_table_descriptors_have_no_sign() -> None:
    value = LE.element(0x00283002, "SS", LE.pack("3h", -1, -5, 16))
    found = frame_attributes(dcmread(part10(LE.sequence(PER_FRAME, LE.item(value)))), ["LUTDescriptor"])
    assert found["LUTDescriptor"].tolist() == [[65535, -5, 16]]


# How many frames --------------------------------------------------------------------------------------


def test_more_and_fewer_frames_than_items() -> None:
    make = Maker()
    ds = dcmread(make.file(make.frames(4)))
    found = frame_attributes(ds, ["InStackPositionNumber", "FlipAngle"], nframes=6)
    assert found["InStackPositionNumber"].tolist() == [0, None, 2, 3, None, None]
    assert found["FlipAngle"].tolist() == [90] * 6
    found = frame_attributes(ds, ["InStackPositionNumber", "StackID"], nframes=1)
    assert found["InStackPositionNumber"].tolist() == [0]
    for array in frame_attributes(ds, MADE, nframes=0).values():
        assert array.shape[0] == 0
    with pytest.raises(ValueError, match="negative"):
        frame_attributes(ds, ["StackID"], nframes=-1)


def test_frames_without_items_are_as_many_as_number_of_frames_says() -> None:
    body = LE.element(0x00180091, "IS", "5") + LE.element(0x00280008, "IS", "3 ") + LE.element(
        0x00280106, "US", b"")  # fmt: skip
    found = frame_attributes(dcmread(part10(body)), ["EchoTrainLength", "SmallestImagePixelValue", "FlipAngle"])
    assert found["EchoTrainLength"].tolist() == [5, 5, 5]
    assert found["SmallestImagePixelValue"].mask.tolist() == [True] * 3
    assert np.isnan(found["FlipAngle"]).tolist() == [True] * 3
    found["EchoTrainLength"][0] = 1  # all new
    assert frame_attributes(dcmread(part10(LE.element(0x00180091, "IS", "5"))), ["EchoTrainLength"])[
        "EchoTrainLength"
    ].tolist() == [5]


def test_a_number_of_frames_that_cannot_be_is_refused() -> None:
    ds = dcmread(part10(LE.element(0x00280008, "IS", "2147483647")))
    with pytest.raises(LimitError):
        frame_attributes(ds, ["FlipAngle"])
    huge = LE.element(0x00181314, "DS", "1\\" * 15000 + "1 ")
    frames = [LE.item() for _ in range(2000)]
    ds = dcmread(part10(huge + LE.sequence(PER_FRAME, *frames)))
    with pytest.raises(LimitError):
        frame_attributes(ds, ["FlipAngle"])


def test_names_that_are_none() -> None:
    ds = Dataset()
    assert frame_attributes(ds, []) == {}
    for name in ("NoSuchKeyword", "PlanePositionSequence.NoSuchKeyword", "PlanePositionSequence."):
        with pytest.raises(ValueError, match="keyword"):
            frame_attributes(ds, [name])


# Edits ------------------------------------------------------------------------------------------------


def _edited(nframes: int) -> tuple[Dataset, bytes]:
    make = Maker()
    data = make.file(make.frames(nframes))
    return dcmread(data), data


@pytest.mark.parametrize("nframes", [30, MANY])
def test_edited_items_give_their_new_values(nframes: int) -> None:
    ds, _ = _edited(nframes)
    before = frame_attributes(ds, MADE)
    ds.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0].ImagePositionPatient = [7, 8, 9]
    after = frame_attributes(ds, MADE)
    assert after["ImagePositionPatient"][2].tolist() == [7, 8, 9]
    before["ImagePositionPatient"][2] = [7, 8, 9]
    before["PlanePositionSequence.ImagePositionPatient"][2] = [7, 8, 9]
    check_same(before, after)


def test_items_removed_added_and_exchanged() -> None:
    ds, data = _edited(30)
    del ds.PerFrameFunctionalGroupsSequence[0]
    assert frame_attributes(ds, ["TemporalPositionIndex"])["TemporalPositionIndex"][0] == 70001
    ds.PerFrameFunctionalGroupsSequence.append(dcmread(data).PerFrameFunctionalGroupsSequence[5])
    found = frame_attributes(ds, ["TemporalPositionIndex"])["TemporalPositionIndex"]
    assert found[[0, -1]].tolist() == [70001, 70005]
    assert len(found) == 30
    ds.PerFrameFunctionalGroupsSequence = []
    assert len(frame_attributes(ds, ["Modality"])["Modality"]) == 30
    del ds.PerFrameFunctionalGroupsSequence
    del ds.NumberOfFrames
    assert frame_attributes(ds, ["Modality", "FlipAngle"])["Modality"].tolist() == ["MR"]


def test_edits_of_the_data_set_and_of_the_shared_groups() -> None:
    ds, _ = _edited(30)
    ds.Modality = "CT"
    ds.GantryDetectorTilt = "1.5"
    ds.PatientName = "Other^Name"
    found = frame_attributes(ds, ["Modality", "GantryDetectorTilt", "PatientName", "StackID"])
    assert found["Modality"].tolist() == ["CT"] * 30
    assert found["GantryDetectorTilt"].tolist() == [1.5] * 30
    assert found["PatientName"][3] == "Other^Name"
    ds.SharedFunctionalGroupsSequence[0].MRTimingAndRelatedParametersSequence[0].FlipAngle = 45
    assert frame_attributes(ds, ["FlipAngle"])["FlipAngle"].tolist() == [45] * 30
    del ds.SharedFunctionalGroupsSequence
    assert np.isnan(frame_attributes(ds, ["FlipAngle"])["FlipAngle"]).all()


def test_data_sets_made_in_memory() -> None:
    ds = Dataset()
    frames = []
    for number in range(3):
        plane, frame = Dataset(), Dataset()
        plane.ImagePositionPatient = [number, 0, "1.5"]
        frame.PlanePositionSequence = [plane]
        frames.append(frame)
    frames[1].StackID = "a"
    ds.PerFrameFunctionalGroupsSequence = frames
    found = frame_attributes(ds, ["ImagePositionPatient", "StackID", "InStackPositionNumber"])
    assert found["ImagePositionPatient"].tolist() == [[0, 0, 1.5], [1, 0, 1.5], [2, 0, 1.5]]
    assert found["StackID"].tolist() == [None, "a", None]
    assert found["InStackPositionNumber"].mask.all()


# Damage -----------------------------------------------------------------------------------------------


def test_a_closed_data_set_says_so() -> None:
    ds, _ = _edited(MANY)
    ds.close()
    with pytest.raises(SourceClosed):
        frame_attributes(ds, ["StackID"])


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("nframes", [30, MANY])
def test_of_a_truncated_file_what_is_there(nframes: int, undefined: bool) -> None:
    make = Maker(undefined=undefined)
    data = make.file(make.frames(nframes))
    whole = frame_attributes(dcmread(data), ["TemporalPositionIndex"])["TemporalPositionIndex"]
    random_ = random.Random(7)
    for _ in range(5):
        ds = dcmread(data[: random_.randrange(len(data) // 3, len(data) - 100)])
        found = frame_attributes(ds, MADE)
        check_same(found, by_walking(ds, MADE, len(found["StackID"])))
        index = found["TemporalPositionIndex"]
        n = len(index) - 1
        assert n > nframes // 4
        assert index[:n].tolist() == whole[:n].tolist()


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    make = Maker()
    path = tmp_path / "file.dcm"
    path.write_bytes(make.file(make.frames(MANY)))
    ds = dcmread(path)
    with path.open("r+b") as stream:
        stream.truncate(40000)
    with pytest.raises(DicomError):
        frame_attributes(ds, MADE)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("undefined", [False, True])
def test_flipped_bits_give_arrays_or_errors(encoding: str, undefined: bool) -> None:
    """The same however they are read: in pieces, from an index, or item by item in Python."""
    make = Maker(encoding, undefined=undefined)
    head = len(part10(make.body([]), make.syntax))
    data = make.file(make.frames(14))
    random_ = random.Random(f"{encoding} {undefined}")
    nsound = 0
    for _ in range(100):
        damaged = bytearray(data)
        for _ in range(random_.choice((1, 1, 2, 8))):
            damaged[random_.randrange(head - 8, len(data))] ^= 1 << random_.randrange(8)
        for lazy_nbytes in (0, 1):
            try:
                index = Index.scan(Source.of(bytes(damaged)), lazy_nbytes=lazy_nbytes)
                ds = FileDataset._of_index(index)
                found = frame_attributes(ds, MADE)
            except DicomError:
                continue
            nsound += 1
            check_same(found, by_walking(ds, MADE, len(found["StackID"])))
    assert nsound > 100
