"""DCMTK: its programs ``dcm2json``, ``dcm2xml`` and ``dcmmkdir``, each a process."""

import subprocess
from collections.abc import Sequence

from . import files as shared
from . import models


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")


def json_text(path: str) -> str:
    """Compact, bulk data in line."""
    return _run("dcm2json", "-q", "-fc", path)


def xml_text(path: str) -> str:
    """The Native DICOM Model, bulk data in line, text in UTF-8."""
    return _run("dcm2xml", "-q", "-nat", "+Eb", "+M", "+U8", path)


def json_texts(files: Sequence[str]) -> list[str]:
    return [json_text(path) for path in files]


json_text_work, json_texts_work = models.json_work, models.json_works
xml_text_work = models.xml_work


def media(folder: str, output: str) -> int:
    """A DICOMDIR of a folder; the files stay where they are."""
    target = shared.fresh_folder(output) / "DICOMDIR"
    _run("dcmmkdir", "-q", "-Pgp", "--no-backup", "+id", folder, "+r", "+D", str(target))
    return shared.count_instances(target)
