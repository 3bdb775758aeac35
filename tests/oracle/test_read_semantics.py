"""Code that reads with pydicom, run under both libraries on the same files with equal results.

Each snippet stands for a habit met in programs. What differs by design is in docs/from-pydicom.md.
"""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
from compare import plain
from corpus import real_file

import dicomet
from dicomet.valuetypes import MultiValue

Snippet = Callable[[Any, Any], Any]
FILES = [
    "CT_small.dcm",
    "MR_small.dcm",
    "rtplan.dcm",
    "DICOMDIR-implicit",
    "chrH31.dcm",
    "JPEG2000.dcm",
    "image_dfl.dcm",
    "priv_SQ.dcm",
    "ExplVR_BigEnd.dcm",
    "reportsi.dcm",
]


def simple(value: Any) -> Any:
    """Results of either library as builtins."""
    if isinstance(value, dict):
        return {simple(k): simple(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return {simple(v) for v in value}
    if isinstance(value, tuple) and not isinstance(value, MultiValue):
        return tuple(simple(v) for v in value)
    if isinstance(value, pydicom.DataElement | dicomet.DataElement):
        return (int(value.tag), value.VR, simple(value.value))
    if isinstance(value, pydicom.Dataset | dicomet.Dataset):
        return [simple(e) for e in value]
    if isinstance(value, pydicom.Sequence | dicomet.Sequence):
        return [simple(item) for item in value]
    if isinstance(value, list):
        return [simple(v) for v in value]
    return plain(value)


def outcome(snippet: Snippet, ds: Any, lib: Any) -> Any:
    """What a snippet returns, or the kind of exception that it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return simple(snippet(ds, lib))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        for kind in (AttributeError, KeyError, IndexError, TypeError, ValueError):
            if isinstance(error, kind):
                return kind.__name__
        raise


def _walked(ds: Any, recursive: bool = True) -> list[Any]:
    seen: list[Any] = []
    ds.walk(lambda at, element: seen.append((int(element.tag), len(at))), recursive)
    return seen


def _walked_and_deleted(ds: Any) -> Any:
    def callback(at: Any, element: Any) -> None:
        if element.VR == "DA":
            del at[element.tag]

    ds.walk(callback)
    return ds


def _edit(ds: Any, **values: Any) -> Any:
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def _do(ds: Any, *calls: Callable[[Any], Any]) -> Any:
    for call in calls:
        call(ds)
    return ds


def _private(ds: Any, lib: Any) -> Any:
    block = ds.private_block(0x0009, "GEMS_IDEN_01")
    return [
        block.group,
        block.private_creator,
        int(block.get_tag(0x01)),
        0x01 in block,
        0xFE in block,
        block[0x01],
    ]


def _sequence_of(ds: Any) -> Any:
    return next((e for e in ds if e.VR == "SQ"), None)


READING: dict[str, Snippet] = {
    "getattr": lambda ds, lib: ds.PatientName,
    "getattr missing": lambda ds, lib: ds.PixelSpacingCalibrationDescription,
    "getattr no keyword": lambda ds, lib: ds.NoSuchThing,
    "getattr default": lambda ds, lib: getattr(ds, "NoSuchThing", 7),
    "hasattr": lambda ds, lib: [hasattr(ds, k) for k in ("PatientID", "Rows", "Nope", "EchoTime")],
    "get keyword": lambda ds, lib: ds.get("PatientID", "?"),
    "get keyword missing": lambda ds, lib: ds.get("AccessionNumberIssuer", "?"),
    "get keyword none": lambda ds, lib: ds.get("EchoTrainLength"),
    "get tag": lambda ds, lib: ds.get((0x0010, 0x0010)),
    "get int tag": lambda ds, lib: ds.get(0x00100020),
    "get missing tag": lambda ds, lib: ds.get((0x0011, 0x0010), "none"),
    "get Tag": lambda ds, lib: ds.get(lib["Tag"](0x0010, 0x0020)).value,
    "getitem pair": lambda ds, lib: ds[0x0010, 0x0010].value,
    "getitem int": lambda ds, lib: ds[0x00080018].value,
    "getitem keyword": lambda ds, lib: ds["PatientID"].value,
    "getitem hex": lambda ds, lib: ds["0x00100020"].value,
    "getitem missing": lambda ds, lib: ds[0x0011, 0x1234],
    "getitem bad keyword": lambda ds, lib: ds["NoSuchThing"],
    "in keyword": lambda ds, lib: ["PatientName" in ds, "Nope" in ds, "EchoTime" in ds],
    "in pair": lambda ds, lib: [(0x10, 0x10) in ds, (0x11, 0x10) in ds, 0x00100010 in ds],
    "len": lambda ds, lib: len(ds),
    "bool": lambda ds, lib: bool(ds),
    "iter": lambda ds, lib: list(ds),
    "iter tags": lambda ds, lib: [int(e.tag) for e in ds],
    "reversed keys": lambda ds, lib: [int(t) for t in reversed(list(ds.keys()))],
    "keys": lambda ds, lib: [int(t) for t in ds.keys()],  # noqa: SIM118
    "values": lambda ds, lib: len(list(ds.values())),
    "items": lambda ds, lib: [int(t) for t, _ in ds.items()],
    "elements": lambda ds, lib: [int(e.tag) for e in ds.elements()],
    "keywords": lambda ds, lib: [e.keyword for e in ds],
    "names": lambda ds, lib: [e.name for e in ds if not e.tag.is_private],
    "VM": lambda ds, lib: [e.VM for e in ds],
    "VR": lambda ds, lib: [e.VR for e in ds],
    "is_empty": lambda ds, lib: [e.is_empty for e in ds],
    "is_private": lambda ds, lib: [e.is_private for e in ds],
    "undefined": lambda ds, lib: [e.is_undefined_length for e in ds.iterall()],
    "file_tell": lambda ds, lib: [
        e.file_tell for e in ds if e.VR != "SQ" and not ds.file_meta.TransferSyntaxUID.is_deflated
    ],
    "iterall": lambda ds, lib: [(int(e.tag), e.VR, e.VM) for e in ds.iterall()],
    "walk": lambda ds, lib: _walked(ds),
    "walk flat": lambda ds, lib: _walked(ds, False),
    "walk delete": lambda ds, lib: _walked_and_deleted(ds),
    "dir": lambda ds, lib: ds.dir(),
    "dir filter": lambda ds, lib: ds.dir("patient", "Date"),
    "trait_names": lambda ds, lib: {"PatientName", "walk", "get"} <= set(ds.trait_names()),
    "__dir__": lambda ds, lib: {"PatientName", "walk", "StudyDate"} <= set(dir(ds)),
    "group_dataset": lambda ds, lib: ds.group_dataset(0x0010),
    "slice": lambda ds, lib: ds[0x00080000:0x00100000],
    "slice open": lambda ds, lib: ds[0x00280000:],
    "slice names": lambda ds, lib: ds[: (0x0010, 0x0020)],
    "slice all": lambda ds, lib: ds[:],
    "slice step": lambda ds, lib: [int(t) for t in ds[::2].keys()],  # noqa: SIM118
    "data_element": lambda ds, lib: ds.data_element("PatientID"),
    "data_element missing": lambda ds, lib: ds.data_element("EchoTrainLength"),
    "data_element no keyword": lambda ds, lib: ds.data_element("Nope"),
    "private block": _private,
    "private block missing": lambda ds, lib: ds.private_block(0x0009, "NOBODY"),
    "private block even": lambda ds, lib: ds.private_block(0x0008, "NOBODY"),
    "private creators": lambda ds, lib: ds.private_creators(0x0009),
    "private item": lambda ds, lib: ds.get_private_item(0x0009, 0x01, "GEMS_IDEN_01"),
    "private creator": lambda ds, lib: [e.private_creator for e in ds if e.tag.is_private],
    "file_meta": lambda ds, lib: ds.file_meta,
    "syntax name": lambda ds, lib: ds.file_meta.TransferSyntaxUID.name,
    "syntax": lambda ds, lib: [
        ds.file_meta.TransferSyntaxUID.is_little_endian,
        ds.file_meta.TransferSyntaxUID.is_implicit_VR,
        ds.file_meta.TransferSyntaxUID.is_compressed,
        ds.file_meta.TransferSyntaxUID.is_deflated,
        ds.file_meta.TransferSyntaxUID.is_encapsulated,
    ],
    "syntax equals": lambda ds, lib: (
        ds.file_meta.TransferSyntaxUID == lib["uid"].ExplicitVRLittleEndian
    ),
    "SOP class name": lambda ds, lib: ds.SOPClassUID.name,
    "is_original_encoding": lambda ds, lib: ds.is_original_encoding,
    "original_encoding": lambda ds, lib: ds.original_encoding,
    "timestamp": lambda ds, lib: isinstance(ds.timestamp, float),
    "filename": lambda ds, lib: str(ds.filename).endswith(tuple(FILES)),
    "preamble": lambda ds, lib: ds.preamble,
    "sequence": lambda ds, lib: [len(item) for item in _sequence_of(ds).value],
    "sequence index": lambda ds, lib: _sequence_of(ds).value[-1],
    "sequence beyond": lambda ds, lib: _sequence_of(ds).value[9999],
    "sequence slice": lambda ds, lib: [len(i) for i in _sequence_of(ds).value[0:2]],
    "element index": lambda ds, lib: _sequence_of(ds)[0],
    "parent_seq": lambda ds, lib: _sequence_of(ds).value[0].parent_seq is not None,
    "value list": lambda ds, lib: list(ds.ImageType),
    "value slice": lambda ds, lib: ds.ImageType[:2],
    "value in": lambda ds, lib: "ORIGINAL" in ds.ImageType,
    "value equals": lambda ds, lib: ds.ImageType == ["ORIGINAL", "PRIMARY", "AXIAL"],
    "value element": lambda ds, lib: ds["ImageType"][0],
    "floats": lambda ds, lib: [float(x) for x in ds.PixelSpacing],
    "arithmetic": lambda ds, lib: ds.SliceThickness * 2 + ds.InstanceNumber,
    "format number": lambda ds, lib: f"{ds.SliceThickness:.3f} {ds.InstanceNumber:04d}",
    "int": lambda ds, lib: int(ds.InstanceNumber) + int(ds.Rows),
    "name parts": lambda ds, lib: [
        ds.PatientName.family_name,
        ds.PatientName.given_name,
        ds.PatientName.ideographic,
        ds.PatientName.phonetic,
        ds.PatientName.family_comma_given(),
        str(ds.PatientName),
        ds.PatientName.components,
    ],
    "name equals": lambda ds, lib: ds.PatientName == str(ds.PatientName),
    "name in dict": lambda ds, lib: {ds.PatientName: 1}[ds.PatientName],
    "uid": lambda ds, lib: [ds.SOPInstanceUID.is_valid, ds.SOPInstanceUID.is_private],
    "repval": lambda ds, lib: [
        e.repval for e in ds if e.VR in ("UI", "LO", "CS", "US", "PN", "DA", "TM", "SH", "AE")
    ],
    "str of element": lambda ds, lib: [
        str(e) for e in ds if e.VR in ("UI", "LO", "CS", "US", "PN", "DA", "TM", "SH")
    ],
    "group_element": lambda ds, lib: [
        (e.tag.group, e.tag.element, e.tag.elem, e.tag.is_private, e.tag.is_private_creator)
        for e in ds
    ],
    "tag text": lambda ds, lib: [str(e.tag) for e in ds],
    "tag compare": lambda ds, lib: [e.tag == (0x10, 0x10) for e in ds],
    "tag below": lambda ds, lib: [e.tag < 0x00100010 for e in ds],
    "pixel bytes": lambda ds, lib: ds.PixelData[:32],
    "get_item": lambda ds, lib: int(ds.get_item((0x0010, 0x0010)).tag),
    "get_item missing": lambda ds, lib: ds.get_item((0x0011, 0x0099)),
    "top": lambda ds, lib: ds.group_dataset(0x0008).top() if "RequestingService" in ds else "",
    "isinstance": lambda ds, lib: isinstance(ds, lib["Dataset"]),
}

CHANGING: dict[str, Snippet] = {
    "set": lambda ds, lib: _edit(ds, PatientID="new", PatientName="A^B", Rows=7),
    "set new": lambda ds, lib: _edit(ds, PatientComments="text", EchoTrainLength=3),
    "set list": lambda ds, lib: _edit(ds, ImageType=["A", "B"], PixelSpacing=[1.5, 2]),
    "set text list": lambda ds, lib: _edit(ds, ImageType="A\\B"),
    "set empty": lambda ds, lib: _edit(ds, PatientID=""),
    "set sequence": lambda ds, lib: _edit(ds, ReferencedImageSequence=[lib["Dataset"]()]),
    "set uid": lambda ds, lib: _edit(ds, SOPInstanceUID="1.2.3").SOPInstanceUID.is_valid,
    "set element": lambda ds, lib: _do(
        ds,
        lambda d: d.__setitem__(0x00100020, lib["DataElement"](0x00100020, "LO", "x")),
    ),
    "set element wrong tag": lambda ds, lib: ds.__setitem__(
        0x00100021, lib["DataElement"](0x00100020, "LO", "x")
    ),
    "set element no element": lambda ds, lib: ds.__setitem__(0x00100021, "x"),
    "set element value": lambda ds, lib: _do(ds, lambda d: setattr(d["PatientID"], "value", "v")),
    "add_new": lambda ds, lib: _do(ds, lambda d: d.add_new(0x00104000, "LT", "text")),
    "add_new pair": lambda ds, lib: _do(ds, lambda d: d.add_new((0x10, 0x1010), "AS", "012Y")),
    "add": lambda ds, lib: _do(ds, lambda d: d.add(lib["DataElement"](0x00200010, "SH", "9"))),
    "del attribute": lambda ds, lib: _do(ds, lambda d: delattr(d, "PatientID")),
    "del missing": lambda ds, lib: delattr(ds, "EchoTrainLength"),
    "del item": lambda ds, lib: _do(ds, lambda d: d.__delitem__((0x10, 0x10))),
    "del keyword": lambda ds, lib: _do(ds, lambda d: d.__delitem__("PatientID")),
    "del missing item": lambda ds, lib: ds.__delitem__((0x11, 0x10)),
    "del slice": lambda ds, lib: _do(ds, lambda d: d.__delitem__(slice(0x100000, 0x200000))),
    "pop": lambda ds, lib: int(ds.pop("PatientID").tag),
    "pop default": lambda ds, lib: ds.pop("EchoTrainLength", 5),
    "pop missing": lambda ds, lib: ds.pop("EchoTrainLength"),
    "pop tag": lambda ds, lib: [ds.pop((0x10, 0x10)) is None, "PatientName" in ds],
    "setdefault present": lambda ds, lib: ds.setdefault("PatientID", "d").value,
    "setdefault": lambda ds, lib: ds.setdefault("PatientComments", "d"),
    "setdefault tag": lambda ds, lib: ds.setdefault((0x10, 0x4000), "d"),
    "update": lambda ds, lib: _do(
        ds, lambda d: d.update({0x00100020: lib["DataElement"](0x00100020, "LO", "u")})
    ),
    "update dataset": lambda ds, lib: _do(ds, lambda d: d.update(lib["made"]())),
    "update keyword": lambda ds, lib: _do(
        ds, lambda d: d.update({"PatientID": "u", "Rows": 9, "PatientComments": "new"})
    ),
    "clear": lambda ds, lib: _do(ds, lambda d: d.clear()),
    "remove private": lambda ds, lib: _do(ds, lambda d: d.remove_private_tags()),
    "private new": lambda ds, lib: _do(
        ds, lambda d: d.private_block(0x0011, "ME", create=True).add_new(1, "SH", "v")
    ),
    "private del": lambda ds, lib: _do(
        ds, lambda d: d.private_block(0x0009, "GEMS_IDEN_01").__delitem__(1)
    ),
    "copy": lambda ds, lib: _edit(copy.copy(ds), PatientID="c"),
    "copy method": lambda ds, lib: _edit(ds.copy(), PatientID="c"),
    "deepcopy": lambda ds, lib: _edit(copy.deepcopy(ds), PatientID="c"),
    "deepcopy meta": lambda ds, lib: copy.deepcopy(ds).file_meta,
    "deepcopy sequence": lambda ds, lib: _do(ds, lambda d: copy.deepcopy(d).BeamSequence.pop()),
    "pickle": lambda ds, lib: pickle.loads(pickle.dumps(ds)),
    "equal": lambda ds, lib: [ds == copy.deepcopy(ds), ds != copy.deepcopy(ds), ds == 5],
    "equal edited": lambda ds, lib: ds == _edit(copy.deepcopy(ds), PatientID="other"),
    "equal itself": lambda ds, lib: ds == ds,
    "hash": lambda ds, lib: hash(ds),
    "meta set": lambda ds, lib: (
        _do(
            ds, lambda d: setattr(d.file_meta, "TransferSyntaxUID", "1.2")
        ).file_meta.TransferSyntaxUID
    ),
    "meta replace": lambda ds, lib: (
        _do(ds, lambda d: setattr(d, "file_meta", lib["FileMeta"]())).file_meta
    ),
    "own attribute": lambda ds, lib: _edit(ds, _note=5)._note,
    "sequence append": lambda ds, lib: (
        _do(ds, lambda d: d.BeamSequence.append(lib["made"]())).BeamSequence
    ),
    "sequence pop": lambda ds, lib: _do(ds, lambda d: d.BeamSequence.pop(0)).BeamSequence,
    "sequence del": lambda ds, lib: _do(ds, lambda d: d.BeamSequence.__delitem__(0)).BeamSequence,
    "sequence insert": lambda ds, lib: (
        _do(ds, lambda d: d.BeamSequence.insert(0, lib["made"]())).BeamSequence
    ),
    "sequence set": lambda ds, lib: (
        _do(ds, lambda d: d.BeamSequence.__setitem__(0, lib["made"]())).BeamSequence
    ),
    "sequence wrong": lambda ds, lib: ds.BeamSequence.append("text"),
    "sequence extend": lambda ds, lib: (
        _do(ds, lambda d: d.BeamSequence.extend([lib["made"](), lib["made"]()])).BeamSequence
    ),
    "sequence iadd": lambda ds, lib: ds.BeamSequence.__iadd__([lib["made"]()]),
    "item edit": lambda ds, lib: _do(
        ds, lambda d: setattr(d.BeamSequence[0], "BeamName", "edited")
    ),
    "item del": lambda ds, lib: _do(ds, lambda d: delattr(d.BeamSequence[0], "BeamName")),
    "item same": lambda ds, lib: ds.BeamSequence[0] is ds.BeamSequence[0],
    "sequence same": lambda ds, lib: ds.BeamSequence == ds[0x300A, 0x00B0].value,
    "context": lambda ds, lib: _in_context(ds),
}


def _in_context(ds: Any) -> Any:
    with ds as same:
        return same.PatientID


def _library(lib: Any) -> dict[str, Any]:
    if lib is pydicom:
        from pydicom import uid
        from pydicom.dataset import FileMetaDataset
        from pydicom.tag import Tag
    else:
        from dicomet import uids as uid
        from dicomet.filedataset import FileMetaDataset
        from dicomet.tags import Tag

    def made() -> Any:
        ds = lib.Dataset()
        ds.PatientID = "made"
        ds.Rows = 3
        return ds

    return {
        "Tag": Tag,
        "uid": uid,
        "Dataset": lib.Dataset,
        "DataElement": lib.DataElement,
        "FileMeta": FileMetaDataset,
        "made": made,
    }


@pytest.fixture(scope="module")
def libraries() -> tuple[dict[str, Any], dict[str, Any]]:
    return _library(dicomet), _library(pydicom)


def _compare(snippet: Snippet, file: str, libraries: Any) -> None:
    mine, theirs = libraries
    path = real_file(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = outcome(snippet, pydicom.dcmread(path, force=True), theirs)
    assert outcome(snippet, dicomet.dcmread(path), mine) == expected


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("habit", READING)
def test_reading(habit: str, file: str, libraries: Any) -> None:
    _compare(READING[habit], file, libraries)


@pytest.mark.parametrize("file", ["CT_small.dcm", "rtplan.dcm"])
@pytest.mark.parametrize("habit", CHANGING)
def test_changing_in_memory(habit: str, file: str, libraries: Any) -> None:
    _compare(CHANGING[habit], file, libraries)


SOURCES: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "path": lambda path: path,
    "stream": lambda path: io.BytesIO(path.read_bytes()),
}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"stop_before_pixels": True},
    {"specific_tags": ["PatientName", "Rows"]},
    {"specific_tags": [(0x0010, 0x0020), 0x00080018, "PixelData"]},
    {"specific_tags": []},
    {"defer_size": 1024},
    {"force": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("file", ["CT_small.dcm", "rtplan.dcm", "JPEG2000.dcm", "chrH31.dcm"])
def test_options_of_dcmread(file: str, source: str, options: dict[str, Any]) -> None:
    path = real_file(file)
    if source == "stream" and "defer_size" in options:
        options = {**options, "defer_size": None}  # pydicom defers in files only
    mine = dicomet.dcmread(SOURCES[source](path), **options)
    theirs = pydicom.dcmread(SOURCES[source](path), **options)
    assert simple(mine) == simple(theirs)
    assert simple(mine.file_meta) == simple(theirs.file_meta)
