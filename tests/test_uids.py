"""UIDs say what pydicom's say, and new ones are well-formed. PS3.5 §9, Annex A; PS3.6 Annex A."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import pydicom.uid
import pytest

from dicomet import uids
from dicomet._native import dictionary
from dicomet.uids import UID, generate_uid

# The JPIP Referenced Deflate syntaxes deflate the data set as well (PS3.5 §A.7, §A.12).
DEFLATED_BY_JPIP = {"1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
SYNTAX_PROPERTIES = (
    "is_implicit_VR",
    "is_little_endian",
    "is_deflated",
    "is_encapsulated",
    "is_compressed",
)


def _value(uid: Any, name: str) -> Any:
    try:
        return getattr(uid, name)
    except ValueError:
        return ValueError


def _registry() -> dict[str, Any]:
    """Pydicom's own: pynetdicom adds to the one that is imported."""
    spec = importlib.util.find_spec("pydicom._uid_dict")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.UID_dictionary
    return found


@pytest.mark.parametrize("text", sorted(_registry()))
def test_registered_uids_say_what_pydicom_says(text: str) -> None:
    ours, theirs = UID(text), pydicom.uid.UID(text)
    for name in ("keyword", "type", "is_retired", "is_private", "is_valid", "is_transfer_syntax"):
        assert getattr(ours, name) == getattr(theirs, name), name
    # PS3.6 writes "Process 2 & 4" where pydicom has "and".
    assert ours.name.replace(" & ", " and ") == theirs.name
    for name in SYNTAX_PROPERTIES:
        if name == "is_deflated" and text in DEFLATED_BY_JPIP:
            assert (ours.is_deflated, theirs.is_deflated) == (True, False)
        else:
            assert _value(ours, name) == _value(theirs, name), name


def test_the_registry_holds_all_of_pydicom_and_what_came_later() -> None:
    ours = set(dictionary.uids())
    assert len(ours) == 496
    theirs = _registry()
    assert theirs.keys() <= ours
    later = {UID(text).keyword for text in ours - theirs.keys()}
    assert later == {
        "CTImageStorageForProcessing",
        "DeflatedImageFrameCompression",
        "EnhancedCTImageStorageForProcessing",
        "HeightMapSegmentationStorage",
        "JPEGXL",
        "JPEGXLJPEGRecompression",
        "JPEGXLLossless",
        "LabelMapSegmentationStorage",
        "LegacyConvertedEnhancedCTImageStorageForProcessing",
        "ThermographyImageStorage",
        "ThermographyMultiFrameImageStorage",
        "UltrasoundWaveformStorage",
        "WaveformAcquisitionPresentationStateStorage",
        "WaveformPresentationStateStorage",
    }


def test_every_keyword_is_a_constant() -> None:
    listed = dir(uids)
    for text in dictionary.uids():
        keyword = UID(text).keyword
        if keyword:
            assert getattr(uids, keyword) == text
            assert type(getattr(uids, keyword)) is UID
            assert keyword in listed
        else:
            assert UID(text).is_retired  # a retired blank
    assert "generate_uid" in listed
    with pytest.raises(AttributeError, match="NoSuchKeyword"):
        uids.NoSuchKeyword  # type: ignore[attr-defined]  # noqa: B018


def test_stub_lists_every_constant() -> None:
    stub = Path(uids.__file__).with_name("_uid_constants.pyi").read_text(encoding="utf-8")
    constants = {line[:-5] for line in stub.splitlines() if line.endswith(": UID")}
    assert constants == {UID(text).keyword for text in dictionary.uids()} - {""}


def test_private_transfer_syntax_of_ge_is_implicit() -> None:
    ge = UID("1.2.840.113619.5.2")
    assert ge.is_private
    assert ge.is_transfer_syntax
    assert ge.is_implicit_VR
    assert ge.is_little_endian
    assert not ge.is_deflated
    assert not ge.is_encapsulated
    assert (ge.name, ge.keyword, ge.type) == ("1.2.840.113619.5.2", "", "")


def test_other_uids_are_no_transfer_syntaxes() -> None:
    for uid in (UID("1.2.3"), uids.CTImageStorage, UID("")):
        assert not uid.is_transfer_syntax
        for name in SYNTAX_PROPERTIES:
            with pytest.raises(ValueError, match="not a transfer syntax"):
                getattr(uid, name)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1.2.840.10008.1.2", True),
        ("0.0", True),
        ("1", True),
        ("1." + "2" * 62, True),
        ("1." + "2" * 63, False),
        ("", False),
        ("1.02", False),
        ("1..2", False),
        (".1", False),
        ("1.", False),
        ("1.2a", False),
        ("1.٣", False),
        ("1 .2", False),
        ("1.-2", False),
    ],
)
def test_form_of_a_uid(text: str, valid: bool) -> None:
    assert UID(text).is_valid is valid


def test_padding_is_taken_off() -> None:
    assert UID("1.2.840.10008.1.2\0") == " 1.2.840.10008.1.2 ".strip()
    assert UID(" 1.2.840.10008.1.2 ").is_implicit_VR


def test_uid_is_a_str() -> None:
    uid = UID("1.2.3")
    assert uid == "1.2.3"
    assert repr(uid) == "'1.2.3'"
    other = pickle.loads(pickle.dumps(uid))
    assert type(other) is UID
    assert other == uid
    with pytest.raises(TypeError):
        UID(1.2)  # type: ignore[arg-type]


def test_new_uids_are_valid_and_distinct() -> None:
    for prefix in (None, "1.2.3.", "1." * 27):
        made = [generate_uid(prefix) for _ in range(200)]
        assert len(set(made)) == 200
        for uid in made:
            assert type(uid) is UID
            assert uid.is_valid
            assert uid.startswith(prefix or "2.25.")


def test_new_uids_without_prefix_are_random_uuids() -> None:
    for _ in range(50):
        number = int(generate_uid().removeprefix("2.25."))
        assert number >> 76 & 0xF == 4
        assert number >> 62 & 3 == 2
        assert number < 1 << 128


def test_uids_from_given_texts_are_those_of_pydicom() -> None:
    for texts in ([], ["lorem"], ["lorem", "ipsum"], ["Größe"]):
        expected = pydicom.uid.generate_uid("1.2.3.", texts)
        assert generate_uid("1.2.3.", texts) == expected
        assert generate_uid("1.2.3.", iter(texts)) == expected


@pytest.mark.parametrize("prefix", ["", "1.2", "1.02.", "1..", "a.", ".", "1." * 28])
def test_malformed_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        pydicom.uid.generate_uid(prefix)
    with pytest.raises(ValueError, match=r"PS3\.5 §9\.1"):
        generate_uid(prefix)
