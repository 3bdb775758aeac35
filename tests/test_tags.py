"""Tags and dictionary functions behave as pydicom's. PS3.5 §7.1, §7.8."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
from pydicom import datadict
from pydicom import tag as pydicom_tag

from dicomet import tags
from dicomet.tags import BaseTag, Tag


@pytest.mark.parametrize(
    "args",
    [
        (0x00100010,),
        (0x0010, 0x0010),
        ((0x0010, 0x0010),),
        ([0x0010, 0x0010],),
        (("0010", "0010"),),
        ("0010", "0010"),
        ("PatientName",),
        ("00100010",),
        ("0x00100010",),
        ("CommandGroupLength",),
        (0,),
        (0xFFFFFFFF,),
        (0xFFFF, 0xFFFF),
    ],
)
def test_tag_takes_what_pydicom_takes(args: tuple[Any, ...]) -> None:
    ours, theirs = Tag(*args), pydicom_tag.Tag(*args)
    assert type(ours) is BaseTag
    assert int(ours) == int(theirs)
    for name in ("group", "element", "elem", "is_private", "is_private_creator", "json_key"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert str(ours) == str(theirs)
    assert repr(ours) == repr(theirs)
    assert hash(ours) == hash(theirs) == hash(int(ours))


@pytest.mark.parametrize(
    "args",
    [
        ("NoSuchKeyword",),
        (-1,),
        (1 << 32,),
        ("1FFFFFFFF",),
        ("-1",),
        ((1, 2, 3),),
        ((1,),),
        (0x10000, 1),
        (1, 0x10000),
        (1, -1),
        ((1, "2"),),
        ("0010", 1),
        (("zz", "0010"),),
        (None,),
        ({},),
    ],
)
def test_tag_refuses_what_pydicom_refuses(args: tuple[Any, ...]) -> None:
    with pytest.raises((ValueError, OverflowError, TypeError)) as theirs:
        pydicom_tag.Tag(*args)
    with pytest.raises(theirs.type):
        Tag(*args)


def test_empty_text_is_no_tag() -> None:
    assert pydicom_tag.Tag("") == 0x300A0782  # pydicom takes it for a retired blank's keyword
    with pytest.raises(ValueError, match="neither a keyword nor"):
        Tag("")


def test_tag_compares_with_anything_that_makes_a_tag() -> None:
    tag = Tag(0x00100010)
    assert tag == (0x0010, 0x0010)
    assert tag == "PatientName"
    assert tag == 0x00100010
    assert tag != "PatientID"
    assert tag != object()
    assert tag is not None
    assert tag < (0x0010, 0x0020) <= Tag("PatientID")
    assert tag > 0x00100000
    assert tag >= "PatientName"
    assert {0x00100010: 1}[tag] == 1
    with pytest.raises(TypeError):
        tag < "NoSuchKeyword"  # noqa: B015
    with pytest.raises(TypeError):
        tag >= None  # type: ignore[operator]  # noqa: B015


def test_private_tags() -> None:
    assert Tag(0x00290010).is_private_creator
    assert Tag(0x002900FF).is_private_creator
    assert not Tag(0x0029000F).is_private_creator
    assert not Tag(0x00290100).is_private_creator
    assert not Tag(0x00280010).is_private_creator
    assert Tag(0x00291023).private_creator == 0x00290010


def test_tag_knows_keyword_and_name() -> None:
    assert Tag("PatientName").keyword == "PatientName"
    assert Tag("PatientName").name == "Patient's Name"
    assert Tag(0x00291010).keyword == ""


def test_tag_survives_pickle_and_copy() -> None:
    tag = Tag("PatientName")
    for other in (pickle.loads(pickle.dumps(tag)), copy.deepcopy(tag), copy.copy(tag)):
        assert type(other) is BaseTag
        assert other == tag


FUNCTIONS = [
    "dictionary_VR",
    "dictionary_VM",
    "dictionary_description",
    "dictionary_keyword",
    "dictionary_is_retired",
    "dictionary_has_tag",
    "keyword_for_tag",
    "repeater_has_tag",
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "tag",
    [
        0x00100010,
        0x00080010,
        0x00280106,
        0x7FE00008,
        0x60020010,
        0x50103000,
        0x002031AB,
        0x00280413,
        0xFFFEE00D,
        0,
        "PatientName",
        (0x0008, 0x0018),
    ],
)
def test_dictionary_functions_are_those_of_pydicom(function: str, tag: Any) -> None:
    # pydicom's repeater_has_tag takes an int only.
    theirs = getattr(datadict, function)(pydicom_tag.Tag(tag))
    assert getattr(tags, function)(tag) == theirs


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("tag", [0x00291010, 0x00290010, 0x0010FFFE, 0x00080000])
def test_dictionary_functions_refuse_unknown_tags_as_pydicom(function: str, tag: int) -> None:
    try:
        expected = getattr(datadict, function)(tag)
    except KeyError:
        with pytest.raises(KeyError, match="not found in DICOM dictionary"):
            getattr(tags, function)(tag)
    else:
        assert getattr(tags, function)(tag) == expected


def test_repeaters_where_we_differ_from_pydicom() -> None:
    # pydicom takes any tag that fits the pattern; an element of its own and an odd group do not.
    assert datadict.repeater_has_tag(0x7FE00010)
    assert not tags.repeater_has_tag(0x7FE00010)
    assert datadict.repeater_has_tag(0x60010010)
    assert not tags.repeater_has_tag(0x60010010)
    # A repeating keyword gives the first tag instead of none.
    assert datadict.tag_for_keyword("OverlayRows") is None
    assert tags.tag_for_keyword("OverlayRows") == 0x60000010


@pytest.mark.parametrize(
    "keyword", ["OverlayRows", "CurveData", "RowsForNthOrderCoefficients", "PatientName", "Nothing"]
)
def test_repeating_keywords(keyword: str) -> None:
    assert tags.repeater_has_keyword(keyword) == datadict.repeater_has_keyword(keyword)


@pytest.mark.parametrize("keyword", ["PatientName", "CommandGroupLength", "Nothing", "Item"])
def test_tag_for_keyword(keyword: str) -> None:
    assert tags.tag_for_keyword(keyword) == datadict.tag_for_keyword(keyword)


def test_private_functions_are_those_of_pydicom() -> None:
    for name in (
        "private_dictionary_VR",
        "private_dictionary_VM",
        "private_dictionary_description",
    ):
        ours, theirs = getattr(tags, name), getattr(datadict, name)
        assert ours(0x00291010, "SIEMENS CSA HEADER") == theirs(0x00291010, "SIEMENS CSA HEADER")
        for tag, creator in ((0x002910FE, "SIEMENS CSA HEADER"), (0x00291010, "nobody")):
            with pytest.raises(KeyError):
                theirs(tag, creator)
            with pytest.raises(KeyError):
                ours(tag, creator)


def test_import_is_light() -> None:
    code = (
        "import sys, dicomet.tags, dicomet.uids;"
        "print(*sorted({'re', 'typing', 'enum', 'uuid', 'numpy', 'hashlib'} & sys.modules.keys()))"
    )
    clean = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; sys.path[:] = " + repr(sys.path) + ";" + code],
        check=True,
        capture_output=True,
        text=True,
    )
    assert clean.stdout.split() == []
