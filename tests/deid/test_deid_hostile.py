"""Damaged files: de-identified or refused, never crashed over, and nothing of the patient comes out of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from test_deid_corpus import originals, searched

from dicomet import dcmread
from dicomet.deid import Deidentifier
from dicomet.errors import DicomError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fuzz"))
import mutate

_NMUTANTS = 13  # once through mutate.KINDS
_NFILES = 240
_BATCH = 40
_MAX_SECONDS = 2.0


def _leaks(path: Path, data: bytes, made: bytes) -> set[bytes]:
    """What identified somebody in the mutant, or in the sound file, and still stands in the result."""
    where = searched(made)
    whole = {text for text in originals(dcmread(path), ()) if len(text) >= 8 and b"." not in text}
    return {text for text in (originals(dcmread(data), ()) | whole) if text in where}


@pytest.mark.parametrize("first", range(0, _NFILES, _BATCH))
def test_mutants_crash_nothing_and_leak_nothing(first: int) -> None:
    made = Deidentifier(key=b"hostile")
    wrong: list[str] = []
    for path in mutate.files()[first : first + _BATCH]:
        for number in range(1000, 1000 + _NMUTANTS):
            name, data = mutate.mutant(path, number)
            start = time.process_time()
            try:
                result, _ = made.deidentify_bytes(data)
            except DicomError:
                continue
            if time.process_time() - start > _MAX_SECONDS:
                wrong.append(f"{name}: slow")
            leaks = _leaks(path, data, result)
            if leaks:
                wrong.append(f"{name}: {leaks}")
    assert not wrong
