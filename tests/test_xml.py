"""The Native DICOM Model, out and in, against DCMTK's on some files. PS3.19 §A.1."""

from __future__ import annotations

import base64
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from build import BE, LE, part10
from corpus import real_files
from hypothesis import given, settings
from modelreference import tags_of
from test_jsonreader import data_sets, differences

import dicomet
from dicomet import DataElement, Dataset
from dicomet.errors import DicomError, InvalidDicomError, LimitError, ValueDecodeError
from dicomet.valuetypes import MultiValue, format_ds
from dicomet.xml import from_xml

HEAD = '<NativeDicomModel xml:space="preserve">'
TAIL = "</NativeDicomModel>"
BULK = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")


def _file(name: str) -> Path:
    return next(path for key, path in real_files().items() if key.endswith("/" + name))


def _root(text: str | bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(text.encode() if isinstance(text, str) else text)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _as_xml_has_it(vr: str, value: Any) -> Any:
    if isinstance(value, MultiValue):
        return [_as_xml_has_it(vr, one) for one in value]
    if vr == "DS" and isinstance(value, float):
        return float(format_ds(value))  # PS3.5 §6.2: 16 characters
    if vr == "PN":  # PS3.5 §6.2.1.1: delimiters behind the last component may be left out
        value = "=".join(group.rstrip("^") for group in value.split("=")).rstrip("=")
    return NOT_XML.sub("\ufffd", value) if isinstance(value, str) else value


def _through_xml(ds: Dataset) -> Dataset:
    """What the model keeps of a data set."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                _through_xml(item)
        elif (kept := _as_xml_has_it(element.VR, element.value)) != element.value:
            element.value = kept
    return ds


@pytest.mark.parametrize("name", [*real_files()])
def test_real_files_come_back_by_value(name: str) -> None:
    try:
        ds = dicomet.dcmread(real_files()[name])
    except DicomError:
        return  # no DICOM
    little_endian = ds.is_little_endian
    back = from_xml(ds.to_xml())
    assert differences(_through_xml(ds), back, little_endian) == []
    assert from_xml(back.to_xml().encode()) == back


@settings(max_examples=80)
@given(data_sets)
def test_made_data_sets_of_all_vrs_are_xml_and_come_back(ds: Dataset) -> None:
    text = ds.to_xml()
    _root(text)
    back = from_xml(text)
    assert differences(_through_xml(ds), back) == []
    assert from_xml(back.to_xml()) == back


# -- DCMTK -----------------------------------------------------------------------------------------

DCMTK_FILES = [
    "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "chrArab.dcm",
    "chrGreek.dcm", "chrX2.dcm", "rtplan.dcm", "test-SR.dcm", "liver_1frame.dcm",
]  # fmt: skip


def _content(element: ElementTree.Element) -> Any:
    if element.tag == "Item":
        return _attributes(element)
    if element.tag == "PersonName":
        # DCMTK leaves out components, groups and names that are empty, and we the first two
        groups = {g.tag: {c.tag: c.text for c in g if c.text} for g in element}
        return {name: group for name, group in groups.items() if group}
    if element.tag == "InlineBinary":
        return base64.b64decode(element.text or "")
    return element.text or ""


def _attributes(parent: ElementTree.Element) -> dict[tuple[str, str | None], Any]:
    return {
        (element.attrib["tag"], element.get("privateCreator")): (
            element.attrib["vr"],
            element.get("keyword"),
            [found for found in map(_content, element) if found != {}],
        )
        for element in parent.iter("DicomAttribute")
        if element in list(parent)
    }


def _same(ours: Any, theirs: Any) -> bool:
    vr, keyword, values = ours
    other_vr, other_keyword, other_values = theirs
    # DCMTK 3.6.7 has no keywords of retired attributes
    if vr != other_vr or other_keyword not in (keyword, None) or len(values) != len(other_values):
        return False
    if vr in ("FL", "FD"):  # and prints fewer digits
        return all(math.isclose(float(a), float(b), rel_tol=1e-6) for a, b in zip(values, other_values, strict=True))
    if vr == "OW":  # and has words in big endian, where PS3.18 §F.2.7 wants them in little endian
        return all(a == bytes(_swapped(b)) for a, b in zip(values, other_values, strict=True))
    if vr == "SQ":
        return all(_same_attributes(a, b) for a, b in zip(values, other_values, strict=True))
    return bool(values == other_values)


def _swapped(data: bytes) -> bytearray:
    swapped = bytearray(data)
    swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
    return swapped


def _same_attributes(ours: dict[Any, Any], theirs: dict[Any, Any]) -> bool:
    return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in ours)


@pytest.mark.skipif(shutil.which("dcm2xml") is None, reason="DCMTK's dcm2xml is not installed")
@pytest.mark.parametrize("name", DCMTK_FILES)
def test_model_is_that_of_dcmtk(name: str) -> None:
    command = ["dcm2xml", "-q", "-nat", "+Eb", "+M", _file(name)]
    written = subprocess.run(command, capture_output=True, check=True).stdout
    theirs, ours = _attributes(_root(written)), _attributes(_root(dicomet.dcmread(_file(name)).to_xml()))
    assert ours.keys() == theirs.keys()
    different = [key for key in ours if not _same(ours[key], theirs[key])]
    if name == "chrX2.dcm":  # GB18030: DCMTK keeps the bytes of a name that it cannot split
        different = [key for key in different if key[0] != "00100010"]
    assert different == []
    # and it is read: DCMTK's document is in the character set of the file
    assert from_xml(written).keys() == from_xml(dicomet.dcmread(_file(name)).to_xml()).keys()


# -- the clauses, one by one -----------------------------------------------------------------------


def _written(ds: Dataset) -> str:
    text = ds.to_xml()
    head, _, rest = text.partition('xml:space="preserve">\n')
    assert head == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel '
        'xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" '
    )
    return rest.removesuffix("\n</NativeDicomModel>\n")


def test_attributes_have_tag_vr_and_keyword() -> None:
    ds = Dataset()
    ds.ImageType = ["A", "", "B"]
    ds.AccessionNumber = None
    assert _written(ds) == (
        '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><Value number="1">A</Value>'
        '<Value number="2"></Value><Value number="3">B</Value></DicomAttribute>\n'
        '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"></DicomAttribute>'
    )


def test_made_and_read_data_sets_are_written_alike() -> None:
    name = "Yamada^Tarou=山田^太郎=^^^^III"
    body = LE.element(0x00080005, "CS", "ISO_IR 192") + LE.element(0x00100010, "PN", name.encode() + b" ")
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = name
    assert dicomet.dcmread(part10(body)).to_xml() == ds.to_xml()
    assert (
        "<PersonName number=\"1\"><Alphabetic><FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName>"
        "</Alphabetic><Ideographic><FamilyName>山田</FamilyName><GivenName>太郎</GivenName></Ideographic>"
        "<Phonetic><NameSuffix>III</NameSuffix></Phonetic></PersonName>"
    ) in _written(ds)  # fmt: skip
    assert from_xml(ds.to_xml()).PatientName == name


def test_items_are_numbered_and_may_be_empty() -> None:
    ds = Dataset()
    ds.ReferencedImageSequence = [Dataset(), Dataset()]
    assert '<Item number="1"></Item>\n<Item number="2"></Item></DicomAttribute>' in _written(ds)
    assert from_xml(ds.to_xml()) == ds


def test_private_elements_name_their_creator_and_find_their_block_again() -> None:
    ds = Dataset()
    ds.add_new(0x00110010, "LO", "ONE & ONLY")
    ds.add_new(0x00110012, "LO", "TWO")
    ds.add_new(0x00110013, "LO", "TWO")
    for tag in (0x00111001, 0x00111202, 0x00111303, 0x00112004):
        ds.add_new(tag, "SH", f"{tag:08X}")
    written = _written(ds)
    for start in (
        '"00110010" vr="LO">',
        '"00110001" vr="SH" privateCreator="ONE &amp; ONLY">',
        '"00110002" vr="SH" privateCreator="TWO">',
        '"00111303" vr="SH" privateCreator="TWO">',  # the creator leads to another block
        '"00112004" vr="SH">',
    ):
        assert f"<DicomAttribute tag={start}" in written
    assert from_xml(ds.to_xml()) == ds


def test_private_elements_without_a_block_get_the_first_free_one() -> None:
    ds = from_xml(
        f'{HEAD}<DicomAttribute tag="00110010" vr="LO"><Value number="1">OTHER</Value></DicomAttribute>'
        '<DicomAttribute tag="00110010" vr="US" privateCreator="ME"><Value number="1">7</Value></DicomAttribute>'
        f'<DicomAttribute tag="00110011" vr="US" privateCreator="ME"/>{TAIL}'
    )
    assert tags_of(ds) == [0x00110010, 0x00110011, 0x00111110, 0x00111111]
    assert ds[0x00111110].value == 7
    assert ds.private_creators(0x11) == ["OTHER", "ME"]


def test_characters_that_xml_has_not_become_replacement_characters() -> None:
    ds = Dataset()
    ds.PatientComments = "a\x00\x1b\x0bb\ufffe\uffff\ud800 <&>\"'\r\n\tä"
    back = from_xml(ds.to_xml())
    assert back.PatientComments == "a���b��� <&>\"'\r\n\tä"
    body = LE.element(0x00104000, "LT", b"a\x00\x0b\x0cb\r\n")
    assert from_xml(dicomet.dcmread(part10(body)).to_xml()).PatientComments == "a���b\r\n"


def test_numbers_as_text_stay_the_text_of_the_file() -> None:
    body = LE.element(0x00101020, "DS", " 1.500\\2e1") + LE.element(0x00200013, "IS", "007 ")
    ds = dicomet.dcmread(part10(body))
    assert "1.500</Value>" in ds.to_xml()
    assert "007</Value>" in ds.to_xml()
    back = from_xml(ds.to_xml())
    assert (back.PatientSize, back.InstanceNumber) == ([1.5, 20.0], 7)


@pytest.mark.parametrize("enc", [LE, BE])
def test_bulk_data_is_little_endian_base64_or_a_uri(enc: Any) -> None:
    body = enc.element(0x00280010, "US", enc.pack("H", 1)) + enc.element(0x7FE00010, "OW", enc.pack("HH", 1, 2))
    ds = dicomet.dcmread(part10(body, "1.2.840.10008.1.2.2" if enc is BE else "1.2.840.10008.1.2.1"))
    assert "<InlineBinary>AQACAA==</InlineBinary>" in ds.to_xml()
    text = ds.to_xml(0, lambda element: f'u"<{element.VR}>')
    assert from_xml(text, lambda tag, vr, uri: f"{tag} {vr} {uri}".encode()).PixelData == b'7FE00010 OW u"<OW>'
    uuid = f'{HEAD}<DicomAttribute tag="7FE00010" vr="OB"><BulkData uuid="id"/></DicomAttribute>{TAIL}'
    assert from_xml(uuid, lambda uri: uri.encode()).PixelData == b"id"


def test_elements_of_which_no_xml_can_be_made_raise_or_are_left_out() -> None:
    ds = Dataset()
    ds.add_new(0x00280010, "US", "many")
    ds.add_new(0x00280011, "US", 3)
    with pytest.raises(ValueError, match="many"):
        ds.to_xml()
    assert from_xml(ds.to_xml(suppress_invalid_tags=True)).keys() == [0x00280011]


def test_values_may_leave_numbers_out() -> None:
    ds = from_xml(
        f'{HEAD}<DicomAttribute tag="00080008" vr="CS"><Value number="2">A</Value><Value number="4">B</Value>'
        f"</DicomAttribute>{TAIL}"
    )
    assert ds.ImageType == ["", "A", "", "B"]


# -- what is no model ------------------------------------------------------------------------------

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'{HEAD}<DicomAttribute tag="00100020" vr="LO"><Value number="1">&b;</Value></DicomAttribute>{TAIL}'
)
FETCH = f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{HEAD}{TAIL}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no XML"),
        ("x", "no XML"),
        (b"\xff\xfe", "no XML"),
        (b'<?xml version="1.0" encoding="no-such"?><NativeDicomModel/>', "no XML"),
        (HEAD, "no XML"),
        (HEAD + "&unknown;" + TAIL, "no XML"),
        (BOMB, "document type declaration"),
        (FETCH, "document type declaration"),
        ("<DicomAttribute/>", "'DicomAttribute' is not expected here"),
        (f"{HEAD}text{TAIL}", "text in NativeDicomModel"),
        (f"{HEAD}<Item/>{TAIL}", "'Item' is not expected"),
        (f'{HEAD}<DicomAttribute vr="LO"/>{TAIL}', "None is no tag"),
        (f'{HEAD}<DicomAttribute tag="1" vr="LO"/>{TAIL}', "'1' is no tag"),
        (f'{HEAD}<DicomAttribute tag="00100020"/>{TAIL}', r"None is no VR, \(0010,0020\)"),
        (f'{HEAD}<DicomAttribute tag="00100020" vr="XX"/>{TAIL}', "'XX' is no VR"),
        (f'{HEAD}<DicomAttribute tag="00100020" vr="LO"/><DicomAttribute tag="00100020" vr="LO"/>{TAIL}', "already"),
    ],
)
def test_what_is_no_model_says_where(text: str | bytes, says: str) -> None:
    with pytest.raises(InvalidDicomError, match=says) as caught:
        from_xml(text)
    assert caught.value.clause == "PS3.19 §A.1"


@pytest.mark.parametrize(
    ("vr", "content"),
    [
        ("LO", "<Value>a</Value>"),
        ("LO", '<Value number="0">a</Value>'),
        ("LO", '<Value number="-1">a</Value>'),
        ("LO", '<Value number="99999999999999999999">a</Value>'),
        ("LO", '<Value number="4000000000">a</Value>'),
        ("LO", '<Value number="2">a</Value><Value number="1">b</Value>'),
        ("LO", '<Value number="60000">a</Value><Value number="120000">b</Value>'),
        ("LO", '<PersonName number="1"/>'),
        ("PN", '<Value number="1">a</Value>'),
        ("PN", '<PersonName number="1"><FamilyName/></PersonName>'),
        ("LO", '<Item number="1"/>'),
        ("SQ", '<Item number="2"/>'),
        ("SQ", '<Value number="1">a</Value>'),
        ("SQ", '<BulkData uri="x"/>'),
        ("US", '<Value number="1">a</Value>'),
        ("US", '<Value number="1">70000</Value>'),
        ("OW", '<Value number="1">1</Value>'),
        ("OW", "<InlineBinary>!</InlineBinary>"),
        ("OW", "<InlineBinary>AQ==</InlineBinary><InlineBinary>AQ==</InlineBinary>"),
        ("OW", "<BulkData/>"),
        ("LO", "<InlineBinary>AQ==</InlineBinary>"),
        ("LO", '<Value number="1">a</Value><BulkData uri="x"/>'),
    ],
)
def test_attributes_that_are_none_say_where(vr: str, content: str) -> None:
    inner = f'<DicomAttribute tag="00091001" vr="{vr}">{content}</DicomAttribute>'
    text = f'{HEAD}<DicomAttribute tag="00081140" vr="SQ"><Item number="1">{inner}</Item></DicomAttribute>{TAIL}'
    with pytest.raises((InvalidDicomError, ValueDecodeError), match=r"in \(0008,1140\)\[0\]") as caught:
        from_xml(text)
    assert caught.value.tag == 0x00091001


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> str:
        item = '<DicomAttribute tag="00081140" vr="SQ"><Item number="1">'
        return HEAD + item * depth + "</Item></DicomAttribute>" * depth + TAIL

    assert from_xml(nested(64)).to_xml().count("<Item") == 64
    for depth in (65, 100_000):
        with pytest.raises(LimitError):
            from_xml(nested(depth))


def test_documents_in_other_encodings_are_read() -> None:
    inner = f'{HEAD}<DicomAttribute tag="00100020" vr="LO"><Value number="1">é</Value></DicomAttribute>{TAIL}'
    for encoding in ("UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-15"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>{inner}'
        assert from_xml(text.encode(encoding)).PatientID == from_xml(text).PatientID == "é"


def test_handlers_of_both_directions_are_those_of_json() -> None:
    ds = dicomet.dcmread(_file("CT_small.dcm"))
    kept: dict[str, bytes] = {}

    def keep(element: DataElement) -> str:
        uri = f"urn:{len(kept)}"
        kept[uri] = element.value
        return uri

    text = ds.to_xml(16, keep)
    assert differences(ds, from_xml(text, kept.__getitem__)) == []
