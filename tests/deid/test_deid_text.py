"""Text without identifiers. PS3.15 §E.3.4, §E.3.5."""

from __future__ import annotations

import time

import pytest
from deid_made import deidentified, image

from dicomet.deid.text import Cleaner


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chest of ROE, Jane", "Chest of ,"),
        ("a heroe and Roentgen", "a heroe and Roentgen"),  # no words of their own
        ("ROE_JANE_3", "__3"),
        ("seen 2020-01-02, 02.01.2020, 1/2/20 and 3 Jan 2020", "seen , , and"),
        ("call 0123456789 or AB12345", "call or"),
        ("mail j.roe@example.org or https://example.org/x?y", "mail or"),
        ("UID 1.2.840.113619.2.55.3", "UID"),
        ("by Dr. A. Miller-Smith and Prof Jones", "by and"),
        ("T2 axial 3.5 mm, 120 kV, 1024 pixels", "T2 axial 3.5 mm, 120 kV, 1024 pixels"),
        ("", ""),
    ],
)
def test_cleaned(text: str, expected: str) -> None:
    assert Cleaner(frozenset(("Roe", "Jane", "ROE-4711"))).clean(text) == expected


@pytest.mark.parametrize("text", ["a" * 60000, "1" * 60000, "Dr " + "A" * 60000, "1." * 30000, "a.b+" * 15000])
def test_time_is_bounded(text: str) -> None:
    start = time.process_time()
    Cleaner(frozenset(f"name{i}" for i in range(300))).clean(text)
    assert time.process_time() - start < 5


def test_names_in_other_characters() -> None:
    ds = image(SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jörg", StudyDescription="Thorax Müller, JÖRG")
    after = deidentified(ds, "clean_descriptors")
    assert after.StudyDescription == "Thorax"
    assert "Müller".encode() not in after.StudyDescription.encode()


def test_descriptors_of_type_1_get_a_dummy_when_nothing_is_left() -> None:
    ds = image("1.2.840.10008.5.1.4.1.1.88.22", ContentSequence=[])
    ds.StudyDescription = "Jane Roe"
    assert not deidentified(ds, "clean_descriptors").get("StudyDescription")
