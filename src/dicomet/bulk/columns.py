"""Columns of a bulk read: what they are called, which element they are, of which type.

PS3.5 §6.2, §7.5, §7.8; PS3.6.

A column is written as text::

    PatientID                                            a keyword
    00100020  (0010,0020)                                a tag
    TransferSyntaxUID                                    File Meta Information as well
    RequestAttributesSequence.ScheduledProcedureStepID   in the first item of a sequence
    OtherPatientIDsSequence[1].PatientID                 in another item, counted from 0
    (0029,"SIEMENS MEDCOM HEADER",08)                    private: group, creator, low byte
    (0009,"ACME 1.0",20):FD   (0009,"ACME 1.0",21):DS[]  private, its VR told; [] for many values
    operator=OperatorsName                               with a name of its own
    path size mtime transfer_syntax status status_offset of the file

Types: text is text; IS and the binary integers are int64; DS, FL and FD are float64; AT is text
``GGGGEEEE``. An element whose Value Multiplicity may be more than one is a list. Missing, empty,
and not of the column's type (a DS that is no number) are null. A scalar text column of an element
that has several values against the dictionary holds them all with the backslashes; a scalar number
column the first one. Text loses its padding: trailing spaces and NULs, for AE leading spaces too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dicomet._native import dictionary
from dicomet._native.gather import MAX_NSTEPS, Schema
from dicomet.errors import DicomError

DEFAULT_COLUMNS: tuple[str, ...] = (
    "path",
    "size",
    "mtime",
    "status",
    "status_offset",
    "transfer_syntax",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientWeight",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "ReferringPhysicianName",
    "InstitutionName",
    "Modality",
    "SeriesNumber",
    "SeriesDate",
    "SeriesTime",
    "SeriesDescription",
    "BodyPartExamined",
    "Laterality",
    "PatientPosition",
    "ProtocolName",
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "StationName",
    "InstanceNumber",
    "AcquisitionNumber",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "ImageType",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SliceThickness",
    "SpacingBetweenSlices",
    "SliceLocation",
    "WindowCenter",
    "WindowWidth",
    "RescaleIntercept",
    "RescaleSlope",
    "BurnedInAnnotation",
    "LossyImageCompression",
)
"""What archive users ask for: who, when, which device, which geometry, and the file itself."""

_BUILT_IN = {
    "path": "text",
    "size": "int",
    "mtime": "time",
    "transfer_syntax": "text",
    "status": "text",
    "status_offset": "int",
}
_INTS = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV", "xs", "xo", "uo"})
_FLOATS = frozenset({"DS", "FD", "FL"})
_TEXTS = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UN"}
    | {"UR", "UT"}
)
_AMBIGUOUS = {"US or SS": "xs", "OB or OW": "ox", "US or SS or OW": "xo", "US or OW": "uo"}
_FIRST_PIXEL_TAG = 0x7FE00001

_STEP = re.compile(
    r"""(?: \( \s* (?P<pgroup>[0-9A-Fa-f]{4}) \s*,\s* "(?P<creator>[^"]+)" \s*,\s*
               (?P<pelement>[0-9A-Fa-f]{2}) \s* \)
          | \( \s* (?P<group>[0-9A-Fa-f]{4}) \s*,\s* (?P<element>[0-9A-Fa-f]{4}) \s* \)
          | (?P<tag>[0-9A-Fa-f]{8}) (?![0-9A-Za-z])
          | (?P<keyword>[A-Za-z][0-9A-Za-z]*)
        ) (?: \[ (?P<item>[0-9]+) \] )? """,
    re.VERBOSE,
)
_VR_TOLD = re.compile(r":(?P<vr>[A-Z]{2})(?P<list>\[\])?$")
_ALIAS = re.compile(r"(?P<name>[^=\"(]+)=(?P<spec>.+)$", re.DOTALL)


class ColumnError(DicomError, ValueError):
    """A column that cannot be: unknown, a sequence, or bulk data."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a sequence and which item of it, or the element itself.

    Attributes
    ----------
    tag : int
        0xGGGGEEEE; of a private element the block (bits 8 to 15) is 0.
    item : int
        Which item to go into, from 0.
    creator : str or None
        Private Creator of a private element. PS3.5 §7.8.1.
    """

    tag: int
    item: int = 0
    creator: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a bulk read, made by `parse_column`.

    Attributes
    ----------
    name : str
        Name in the table.
    source : str
        ``"element"``, ``"meta"``, or the name of a built-in column.
    type : str
        ``"text"``, ``"int"`` (int64), ``"float"`` (float64) or ``"time"`` (microseconds
        since 1970, UTC).
    is_list : bool
        Whether a row holds a list of such values.
    vr : str
        VR by the dictionary, ``"UN"`` if it is unknown.
    steps : tuple of Step
        Path to the element; empty for built-in columns.
    """

    name: str
    source: str
    type: str
    is_list: bool = False
    vr: str = "UN"
    steps: tuple[Step, ...] = ()


def parse_column(text: str) -> Column:
    """Make a column from its text; the module's docstring tells how it is written.

    Raises
    ------
    ColumnError
        For unknown keywords, sequences, bulk data (OB, OW, ...), and what stands at or behind the
        pixels.
    """
    name, spec = text.strip(), text.strip()
    if alias := _ALIAS.match(spec):
        name, spec = alias["name"].strip(), alias["spec"].strip()
    if type_ := _BUILT_IN.get(spec):
        return Column(name, spec, type_)
    path, told = spec, _VR_TOLD.search(spec)
    if told:
        path = spec[: told.start()]
    steps = _parse_path(path, text)
    for step in steps[:-1]:
        if _vr_of(step) not in ("SQ", "UN"):
            raise ColumnError(f"not a sequence, in column {text!r}", tag=step.tag)
    last = steps[-1]
    vr, vm = (told["vr"], "n" if told["list"] else "1") if told else (_vr_of(last), _vm_of(last))
    first = steps[0].tag
    if first >> 16 == 0 or first >> 16 == 0xFFFE or first >= _FIRST_PIXEL_TAG:
        raise ColumnError(f"not part of a header: {text!r}", tag=first)
    if first >> 16 == 2 and len(steps) > 1:
        raise ColumnError(f"File Meta Information has no sequences: {text!r}", tag=first)
    if vr == "SQ":
        raise ColumnError(f"a sequence is no column; name an element in it: {text!r}.Keyword")
    type_ = "int" if vr in _INTS else "float" if vr in _FLOATS else "text"
    if type_ == "text" and vr not in _TEXTS:
        raise ColumnError(f"bulk data (VR {vr.upper()}) is no column: {text!r}", tag=last.tag)
    source = "meta" if first >> 16 == 2 else "element"
    return Column(name, source, type_, vm != "1", vr, steps)


def parse_columns(columns: Iterable[str | Column] | None) -> tuple[Column, ...]:
    """Make columns; None gives `DEFAULT_COLUMNS`.

    Raises
    ------
    ColumnError
        For a column that cannot be, for none at all, and for two of one name.
    """
    if isinstance(columns, str):
        raise ColumnError(f"columns are several, not one text: [{columns!r}]")
    parsed = tuple(
        parse_column(column) if isinstance(column, str) else column
        for column in (DEFAULT_COLUMNS if columns is None else columns)
    )
    if not parsed:
        raise ColumnError("no columns")
    seen: set[str] = set()
    for column in parsed:
        if column.name in seen:
            raise ColumnError(f"two columns named {column.name!r}")
        seen.add(column.name)
    return parsed


def native_schema(columns: Iterable[Column]) -> Schema:
    """The columns as native code takes them."""
    return Schema(
        (
            column.name,
            column.source,
            column.type,
            column.is_list,
            column.vr,
            [(step.tag, step.item, step.creator) for step in column.steps],
        )
        for column in columns
    )


def _parse_path(path: str, text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while True:
        match = _STEP.match(path, at)
        if match is None:
            raise ColumnError(f"cannot read column {text!r} at {path[at:]!r}")
        steps.append(_step(match, text))
        at = match.end()
        if at == len(path):
            break
        if path[at] != ".":
            raise ColumnError(f"cannot read column {text!r} at {path[at:]!r}")
        at += 1
    if len(steps) > MAX_NSTEPS:
        raise ColumnError(f"more than {MAX_NSTEPS} steps: {text!r}")
    if match["item"] is not None:
        raise ColumnError(f"only a sequence has items: {text!r}")
    return tuple(steps)


def _step(match: re.Match[str], text: str) -> Step:
    item = int(match["item"] or 0)
    if item > 0xFFFFFFFF:
        raise ColumnError(f"no such item: {text!r}")
    if match["creator"]:
        group = int(match["pgroup"], 16)
        if group % 2 == 0:
            raise ColumnError(f"private groups are odd: {text!r}")
        return Step(group << 16 | int(match["pelement"], 16), item, match["creator"].strip())
    if match["keyword"]:
        tag = dictionary.keyword_tag(match["keyword"])
        if tag == 0:
            raise ColumnError(f"no element has the keyword {match['keyword']!r}")
        return Step(tag, item)
    return Step(int(match["tag"] or match["group"] + match["element"], 16), item)


def _vr_of(step: Step) -> str:
    if step.creator is not None:
        entry = dictionary.private_entry(step.creator, step.tag | 0x1000)
        vr = entry[0] if entry else "UN"
    else:
        vr = dictionary.tag_implicit_vr(step.tag)
    return _AMBIGUOUS.get(vr, vr)


def _vm_of(step: Step) -> str:
    if step.creator is not None:
        entry = dictionary.private_entry(step.creator, step.tag | 0x1000)
        return entry[1] if entry else "1"
    return dictionary.tag_vm(step.tag) or "1"
