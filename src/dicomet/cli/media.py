"""``dicomet media``: file-sets with their DICOMDIR. PS3.10 §8, PS3.3 Annex F."""

from __future__ import annotations

import json as _json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dicomet._native.dictionary import keyword_tag
from dicomet.cli.terminal import error_text, printable, say_error
from dicomet.errors import InvalidDicomError
from dicomet.media.fileid import text_of
from dicomet.media.fileset import FileSet
from dicomet.media.headers import files_below

if TYPE_CHECKING:
    from dicomet.media.fileset import Refused

_LISTED = ("SOPClassUID", "SOPInstanceUID", "TransferSyntaxUID", "PatientID", "StudyInstanceUID", "SeriesInstanceUID")


def create(
    folder: str,
    output: str | None,
    *,
    file_set_id: str,
    profile: str,
    invent: bool,
    overwrite: bool,
    json: bool,
    quiet: bool,
) -> int:
    """Make a file-set.

    Returns
    -------
    int
        1 if a DICOM file could not be listed, or none is there at all; files that are no DICOM are passed over.
    """
    made = FileSet(profile=profile, invent=invent)
    try:
        made.ID = file_set_id
    except ValueError as error:
        say_error(str(error))
        return 2
    refused = _add_all(made, [folder], quiet, in_place=folder if output is None else None)
    failed = [(path, error) for path, error in refused if not isinstance(error, InvalidDicomError)]
    _say_refused(failed)
    if not len(made):
        say_error(f"{folder}: nothing in it that a DICOMDIR could list")
        return 1
    made.write(folder if output is None else output, overwrite=overwrite)
    if json:
        print(_json.dumps(_summary(made, refused)))
    elif not quiet:
        passed = len(refused) - len(failed)
        print(f"{len(made):,} instances in {printable(str(made.path))}; {len(failed):,} refused, {passed:,} no DICOM")
    return int(bool(failed))


def list_records(file_set: str, *, instances: bool, json: bool) -> int:
    """Print the records of a file-set: as a tree, or a JSON object an instance."""
    found = FileSet(file_set)
    if not json:
        for line in found.tree(instances=instances).splitlines():
            print(printable(line))
        return 0
    for one in found:
        row = {"file_id": text_of(one.file_id or ()), "record_type": one.record.record_type}
        row.update({keyword: str(one.get(keyword)) for keyword in _LISTED if one.get(keyword) is not None})
        print(_json.dumps(row))
    return 0


def add(file_set: str, files: Sequence[str], *, profile: str, invent: bool, quiet: bool) -> int:
    """Add files and folders; 1 if one could not be added. The others are all the same."""
    found = FileSet(file_set, profile=profile, invent=invent)
    before = len(found)
    refused = _add_all(found, files, quiet)
    _say_refused(refused)
    if len(found) > before:
        found.write()
    if not quiet:
        print(f"{len(found) - before:,} instances added, {len(found):,} in all")
    return int(bool(refused))


def remove(file_set: str, criteria: Sequence[str], *, quiet: bool) -> int:
    """Remove the instances for which all criteria hold; 1 if there is none, 2 if a criterion cannot be read."""
    wanted: dict[str, Any] = {}
    for criterion in criteria:
        keyword, equals, value = criterion.partition("=")
        if not equals or not keyword_tag(keyword):
            say_error(f"{criterion!r} is no KEYWORD=VALUE")
            return 2
        wanted[keyword] = value
    found = FileSet(file_set)
    instances = found.find(**wanted)
    if not instances:
        say_error("no instance has these values")
        return 1
    found.remove(instances)
    found.write()
    if not quiet:
        print(f"{len(instances):,} instances removed, {len(found):,} left")
    return 0


def check(file_set: str, profile: str | None, *, json: bool) -> int:
    """Print what is wrong with a file-set; 1 if anything is."""
    findings = FileSet(file_set).check(profile)
    for finding in findings:
        if json:
            names = ("offset", "tag", "code", "text", "clause")
            print(_json.dumps(dict(zip(names, finding, strict=True))))
        else:
            print(printable(str(finding)))
    if not json:
        print(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}")
    return int(bool(findings))


def _add_all(file_set: FileSet, files: Iterable[str], quiet: bool, in_place: str | None = None) -> list[Refused]:
    """Add files, and folders with all below them, under a progress bar."""
    from dicomet.cli.progress import IndexProgress

    paths: list[str] = []
    for path in files:
        paths += files_below(path) if os.path.isdir(path) else [path]
    with IndexProgress(quiet) as bar:
        return file_set.add_files(paths, in_place=in_place, progress=lambda done: bar(done, len(paths), 0))


def _say_refused(refused: list[Refused]) -> None:
    for path, error in refused:
        say_error(error_text(error, path))


def _summary(made: FileSet, refused: list[Refused]) -> dict[str, object]:
    reasons = [{"path": os.fsdecode(path), "reason": str(error)} for path, error in refused]
    return {"path": made.path, "instances": len(made), "file_set_uid": str(made.UID), "not_added": reasons}
