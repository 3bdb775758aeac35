"""validate: a file or data set to what is wrong with it. PS3.3, PS3.5, PS3.6, PS3.10."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from dicomet._native import iods as _iods
from dicomet._native import valuecheck as _values
from dicomet._native.dictionary import tag_vm
from dicomet._native.index import META, TOP, Index
from dicomet.dataset import Dataset
from dicomet.filedataset import FileDataset
from dicomet.reader import dcmread
from dicomet.uids import UID
from dicomet.validation.consistency import disagreements, sop_class_of
from dicomet.validation.places import Places
from dicomet.validation.problem import Problem, Severity
from dicomet.validation.text import faults_of
from dicomet.writer import dcmwrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet.reader import Readable

MAX_PROBLEMS = 10_000
_CHARACTER_SET = 0x00080005
_NOT_ASCII = next(i for i, code in enumerate(_values.CODES) if code[0] == "not_ascii")
# Deviations of structure that the standard allows, or asks readers to bear.
_STRUCTURE_WARNINGS = frozenset(("group_length", "trailing_padding", "un_sequence", "unknown_syntax"))
_TYPE_CLAUSES = {"1": "PS3.5 §7.4.1", "1C": "PS3.5 §7.4.2", "2": "PS3.5 §7.4.3", "2C": "PS3.5 §7.4.4"}
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "note"}


def validate(
    source: Dataset | Readable,
    *,
    structure: bool = True,
    values: bool = True,
    iod: bool = True,
    notes: bool = False,
    force: bool = False,
    max_problems: int = MAX_PROBLEMS,
) -> list[Problem]:
    """Check a file against the standard. Nothing is warned of or raised for what is merely wrong in it.

    Parameters
    ----------
    source : Dataset, path, bytes-like or binary file object
        As `dicomet.dcmread` takes it. Of a data set that was read its file is looked at, in full; one that was made or
        edited is written to memory first, where offsets then count.
    structure : bool
        How elements, items and the meta group are encoded: what `FileDataset.findings` has of the scanner.
    values : bool
        Values by their VR and VM, Enumerated Values, VRs and private blocks by the dictionary, and elements that
        must agree with each other.
    iod : bool
        Modules and attribute types of the IOD.
    notes : bool
        Tell of retired elements and of attributes outside the IOD too.
    force : bool
        Read also what does not look like DICOM.
    max_problems : int
        Where to stop each of these parts; a last problem ``"too_many"`` tells that there would be more.

    Returns
    -------
    list of Problem
        Ascending by offset.

    Raises
    ------
    InvalidDicomError, LimitError
        As `dicomet.dcmread` raises them.
    OSError
        The file cannot be read.
    WriteError
        A data set that was made or edited cannot be written.

    Notes
    -----
    Read-only, and safe from any thread. The passes over all elements run without the GIL.
    """
    first = _opened(source, force)._index
    index = _whole(first)
    ds = FileDataset._of_index(index)
    places = Places(index)
    problems: list[Problem] = []
    if structure:
        problems += _structure(first, index, places)
    if values:
        problems += _of_values(index, places, notes, max_problems)
        problems += _of_agreement(ds, index, places)
    if iod:
        problems += _of_iod(ds, index, places, notes, max_problems)
    return sorted(problems, key=_order)


def _order(problem: Problem) -> tuple[int, int, str]:
    return (-1 if problem.offset is None else problem.offset, problem.tag, problem.code)


def _opened(source: Dataset | Readable, force: bool) -> FileDataset:
    if not isinstance(source, Dataset):
        return dcmread(source, force=force)
    if isinstance(source, FileDataset) and not source._changed() and not source.file_meta._changed():
        return source
    written = BytesIO()
    is_made = not isinstance(source, FileDataset) and "SOPClassUID" in source and "SOPInstanceUID" in source
    dcmwrite(written, source, enforce_file_format=is_made)  # what was read keeps the head that it has
    return dcmread(written.getvalue(), force=True)


def _whole(index: Index) -> Index:
    """Index of the same source with all rows: nothing left for later, nothing left out."""
    told = index.settings()
    return Index.scan(
        index.source, fragments=True, inflated=index.inflated, force=bool(told["force"]),
        max_depth=told["max_depth"], max_rows=told["max_rows"],
    )  # fmt: skip


def _structure(first: Index, index: Index, places: Places) -> Iterator[Problem]:
    # what inflating found is in the index that was made then
    findings = [*index.findings(), *(one for one in first.findings() if one[2] == "deflate_form")]
    for offset, tag, code, text, clause in findings:
        row = places.row_at(offset, tag) if tag else None
        path = places.path(row) if row is not None else places.name(tag) if tag else ""
        severity: Severity = "warning" if code in _STRUCTURE_WARNINGS else "error"
        yield Problem(severity, code, tag, path, offset, clause, text)


def _of_values(index: Index, places: Places, notes: bool, max_problems: int) -> Iterator[Problem]:
    rows, cut = _values.check_rows(index, retired=notes, limit=max_problems)
    for row, code, number in rows:
        if code == _NOT_ASCII:
            yield from _of_text(index, places, row)
            continue
        name, severity, clause, text = _values.CODES[code]
        yield Problem(
            _SEVERITIES[severity], name, index.tag(row), places.path(row), index.offset(row), clause,
            _detail(index, row, name, number, text),
        )  # fmt: skip
    row = index.find(TOP, _CHARACTER_SET)
    for what in places.character_set(TOP).problems if row != TOP else ():
        yield Problem(
            "error", "character_set_term", _CHARACTER_SET, places.path(row), index.offset(row), "PS3.3 C.12.1.1.2", what
        )
    if cut:
        yield _too_many("values")


def _detail(index: Index, row: int, name: str, number: int, text: str) -> str:
    if name == "multiplicity":
        return f"{text}: VM {tag_vm(index.tag(row))}"
    if name in ("vr_differs", "vr_un"):
        return f"{text}: {index.vr(row)}"
    return f"{text} (value {number})" if number > 1 else text


def _of_text(index: Index, places: Places, row: int) -> Iterator[Problem]:
    characters = places.character_set(places.container(row))
    for fault in faults_of(bytes(index.view(row)), index.vr(row), characters):
        yield Problem(
            "error", fault.code, index.tag(row), places.path(row), index.offset(row), fault.clause, fault.text
        )


def _of_agreement(ds: FileDataset, index: Index, places: Places) -> Iterator[Problem]:
    for row, container, tag, severity, code, clause, message in disagreements(ds, index):
        if row is not None:
            path, offset = places.path(row), index.offset(row)
        else:
            path = places.name(tag)
            offset = index.offset(0) - index.header_nbytes(0) if container == META else places.begin(container)
        yield Problem(severity, code, tag, path, offset, clause, message)


def _of_iod(ds: FileDataset, index: Index, places: Places, notes: bool, max_problems: int) -> Iterator[Problem]:
    uid = sop_class_of(ds)
    name = _iods.iod_of_sop_class(uid) if uid else None
    if name is None:
        yield _without_iod(uid)
        return
    found, cut = _iods.check_index(index, name, extra=notes, limit=max_problems)
    for container, row, tag, code, kind, module in found:
        path = places.path_in(container, tag)
        offset = places.begin(container) if row == TOP else index.offset(row)
        if kind is None:
            what = f"no module of the IOD {name} has this attribute: a Standard Extended SOP Class"
            yield Problem("note", code, tag, path, offset, "PS3.4 §B.5", what)
            continue
        clause = f"{_TYPE_CLAUSES[kind]}, {_iods.module_clause(module)}"
        yield Problem("error", code, tag, path, offset, clause, _sentence(code, kind, module), module)
    if cut:
        yield _too_many("IOD")


def _sentence(code: str, kind: str, module: str) -> str:
    conditional = " (its condition holds)" if code == "missing" and kind.endswith("C") else ""
    what = {"missing": "is missing", "empty": "has no value", "no_items": "has no item"}[code]
    return f"Type {kind} attribute of the module {module} {what}{conditional}"


def _without_iod(uid: str) -> Problem:
    if not uid:
        message = "no SOP Class UID: modules and attribute types were not checked"
        return Problem("error", "sop_class_missing", 0x00080016, "SOPClassUID", None, "PS3.3 C.12.1", message)
    name = "" if UID(uid).name == uid else f" ({UID(uid).name})"
    message = f"no IOD is known for the SOP class {uid}{name}: modules and attribute types were not checked"
    return Problem("warning", "sop_class_unknown", 0x00080016, "SOPClassUID", None, "PS3.4 §B.5", message)


def _too_many(part: str) -> Problem:
    message = f"more problems ({part}) than these: checking stopped"
    return Problem("warning", "too_many", 0, "", None, "", message)
