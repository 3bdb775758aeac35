"""``dicomet json`` and ``dicomet xml``: a data set in the notation of a model. PS3.18 Annex F; PS3.19 §A.1."""

from __future__ import annotations

import sys

from dicomet.reader import dcmread


def write_json(source: str, target: str | None, *, force: bool) -> int:
    """Write the DICOM JSON Model of a file to another, or to standard output, in UTF-8.

    Returns
    -------
    int
        0; what goes wrong raises, before anything is written.
    """
    with dcmread(source, force=force) as ds:
        return _write(ds.to_json() + "\n", target)


def write_xml(source: str, target: str | None, *, force: bool) -> int:
    """Write the Native DICOM Model of a file; see `write_json`."""
    with dcmread(source, force=force) as ds:
        return _write(ds.to_xml(), target)


def _write(text: str, target: str | None) -> int:
    data = text.encode("utf-8")  # whatever the terminal's encoding: the models say so
    if target is None:
        sys.stdout.buffer.write(data)
    else:
        with open(target, "wb") as file:
            file.write(data)
    return 0
