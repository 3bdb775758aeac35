"""Verdicts beside those of dciodvfy (dicom3tools) on real files: the same but for differences that are explained.

dciodvfy knows conditions that are text in the standard, of which dicomet has the most important ones; it has an
edition of 2022.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from corpus import real_files

import dicomet
from dicomet.validation.problem import Problem

pytestmark = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")

MAX_NBYTES = 1_000_000
_TYPES = re.compile(r"Error - (Missing|Empty) attribute (?:\(no value\) )?Type (\w+) \w+ Element=<(\w+)>")
_VALUES = re.compile(r"Error - Value invalid for this VR - \(0x(\w{4}),0x(\w{4})\)[^\n]* - ([^\n]*)")
_VALUE_CODES = {
    "age_form", "blank", "character", "control_character", "date_form", "datetime_form", "decimal_form", "integer_form",
    "integer_range", "name_components", "name_groups", "old_date_form", "old_time_form", "padding", "time_form",
    "too_long", "uid_form", "uri_form",
}  # fmt: skip

# (keyword, what is said of it): why only dciodvfy says so, or only dicomet does
ONLY_DCIODVFY = {
    ("Laterality", "missing"): "its condition, whether the body part is paired, is text",
    ("PatientOrientation", "missing"): "its condition, whether the IOD wants Image Orientation (Patient), is text",
    ("DeidentificationMethodCodeSequence", "missing"): "either it or Deidentification Method: dicomet names the latter",
    ("LongCodeValue", "missing"): "one of three code values: dicomet names Code Value",
    ("URNCodeValue", "missing"): "one of three code values: dicomet names Code Value",
    ("PerFrameFunctionalGroupsSequence", "missing"): "Type 1 in 2022, 1C since",
    ("DimensionIndexSequence", "missing"): "its condition is text",
    ("ApplicableSafetyStandardAgency", "missing"): "its condition, that Image Type is ORIGINAL or MIXED, is text",
    ("RedPaletteColorLookupTableData", "missing"): "segmented data are there, which it does not take for it",
    ("GreenPaletteColorLookupTableData", "missing"): "segmented data are there, which it does not take for it",
    ("BluePaletteColorLookupTableData", "missing"): "segmented data are there, which it does not take for it",
    ("FrameOfReferenceUID", "missing"): "it takes an optional module for present that has nothing of its own",
    ("PositionReferenceIndicator", "missing"): "it takes an optional module for present that has nothing of its own",
}  # fmt: skip
ONLY_DICOMET = {
    ("Modality", "missing"): "Type 1 in General Series; it goes by SC Equipment, where it is Type 3",
    ("ContrastBolusAgent", "missing"): "Contrast/Bolus Volume is there, which only this module has; it ignores it",
    ("NumberOfFrames", "missing"): "Frame Increment Pointer is there, which only Multi-frame has; it ignores it",
}


def _dciodvfy(path: Path) -> str | None:
    """What it says; None where it gave up before the end."""
    # a sanitizer that watches this process is not for that one
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(["dciodvfy", str(path)], capture_output=True, timeout=60, check=False, env=environment)
    text = done.stderr.decode("latin-1")
    gave_up = done.returncode < 0 or "Information Object Not found" in text or "read failed" in text
    return None if gave_up else text


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[str, list[Problem]]]:
    """What both say of each file that both read."""
    found = []
    for name, path in real_files().items():
        if name.startswith("wg04/") or path.stat().st_size > MAX_NBYTES:
            continue
        text = _dciodvfy(path)
        if text is None:
            continue
        try:
            found.append((text, dicomet.validate(path)))
        except dicomet.DicomError:
            continue
    return found


def test_types_of_attributes(verdicts: list[tuple[str, list[Problem]]]) -> None:
    both: Counter[str] = Counter()
    theirs_only, ours_only = set(), set()
    for text, problems in verdicts:
        theirs = {(keyword, what.lower()) for what, _, keyword in _TYPES.findall(text)}
        ours = {
            (problem.path.rpartition(".")[2], "missing" if problem.code == "missing" else "empty")
            for problem in problems
            if problem.code in ("missing", "empty", "no_items") and problem.module
        }
        both.update(what for _, what in theirs & ours)
        theirs_only |= theirs - ours
        ours_only |= ours - theirs
    assert len(verdicts) >= 200
    assert both["missing"] >= 1000
    assert both["empty"] >= 5
    assert theirs_only <= ONLY_DCIODVFY.keys()
    assert ours_only <= ONLY_DICOMET.keys()


def test_values(verdicts: list[tuple[str, list[Problem]]]) -> None:
    nboth = 0
    for text, problems in verdicts:
        theirs = {
            int(group + element, 16)
            for group, element, why in _VALUES.findall(text)
            if "Nothing but zero components" not in why  # "0" has the form of a UID, if no meaning. PS3.5 §9.1
        }
        ours = {problem.tag for problem in problems if problem.code in _VALUE_CODES}
        assert theirs == ours
        nboth += len(theirs)
    assert nboth >= 10
