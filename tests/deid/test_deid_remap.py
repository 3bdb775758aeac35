"""Replacements: alike in every file, process and run with a key, and with a store. PS3.15 §E.3.6, §E.3.9."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from deid_made import KEY, as_file, deidentified, image

from dicomet import dcmread
from dicomet.deid import Deidentifier, Store
from dicomet.deid.dates import shift_date, shift_datetime
from dicomet.deid.remap import Remapper
from dicomet.uids import UID

_PRINT = """
import sys
from dicomet.deid.remap import Remapper
remapper = Remapper(sys.argv[1].encode())
print(remapper.uid("1.2.3"), remapper.patient("ROE"), remapper.days("ROE"))
"""


def test_another_process_gives_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", _PRINT, "k"], capture_output=True, text=True, check=True)
    ours = Remapper(b"k")
    assert done.stdout.split() == [ours.uid("1.2.3"), ours.patient("ROE"), str(ours.days("ROE"))]
    other = Remapper(b"l")
    assert other.uid("1.2.3") != ours.uid("1.2.3")
    assert other.patient("ROE") != ours.patient("ROE")
    assert other.fingerprint != ours.fingerprint
    assert Remapper().uid("1.2.3") != Remapper().uid("1.2.3")


def test_uids_are_uuids_under_2_25() -> None:
    remapper = Remapper(b"k")
    uids = [UID(remapper.uid(f"1.2.{i}")) for i in range(200)]
    assert len(set(uids)) == 200
    assert all(uid.is_valid and uid.startswith("2.25.") for uid in uids)
    numbers = [int(uid[5:]) for uid in uids]
    assert all(n >> 76 & 15 == 8 and n >> 62 & 3 == 2 for n in numbers)  # RFC 9562 §5.8


def test_references_between_files_hold() -> None:
    one = deidentified(image())
    two = deidentified(image(SOPInstanceUID="1.2.3.4.5.7", FrameOfReferenceUID="1.2.3.4.5.6"))
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.PatientID == two.PatientID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert two.FrameOfReferenceUID == one.SOPInstanceUID
    assert deidentified(image(PatientID="DOE")).PatientID != one.PatientID


def test_dates_of_a_patient_move_together() -> None:
    def days(value: str) -> int:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8])).toordinal()

    shifts = set()
    for study, acquired in (("20200102", "20200103101112.5+0100"), ("20210304", "20210304")):
        ds = image(StudyDate=study, AcquisitionDateTime=acquired, StudyTime="101112")
        after = deidentified(ds, "retain_modified_dates")
        assert after.StudyTime == "101112"
        assert after.AcquisitionDateTime[8:] == acquired[8:]
        shifts |= {days(after.StudyDate) - days(study), days(after.AcquisitionDateTime) - days(acquired)}
    assert len(shifts) == 1
    assert -3650 <= shifts.pop() < 0
    other = deidentified(image(PatientID="DOE", StudyDate="20200102"), "retain_modified_dates")
    assert other.StudyDate != deidentified(image(StudyDate="20200102"), "retain_modified_dates").StudyDate


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20200301", "20200229"), ("2020.03.01", "2020.02.29"), ("20200230", None), ("2020", None), ("00010101", None),
     ("2020.0301", None), ("20200101-20200201", None)],
)  # fmt: skip
def test_shifted_dates(text: str, expected: str | None) -> None:
    assert shift_date(text, -1) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20200301", "20200229"), ("202003", "202002"), ("2020", "2019"), ("20200301101112.123456-0500",
     "20200229101112.123456-0500"), ("2020+0100", "2019+0100"), ("20203", None), ("2020-13", None), ("", None),
     ("20200301x", None)],
)  # fmt: skip
def test_shifted_datetimes(text: str, expected: str | None) -> None:
    assert shift_datetime(text, -1) == expected


def test_a_date_that_is_none_goes() -> None:
    ds = image(AcquisitionDate="about 2020", SeriesDate="2020", SeriesTime="as Roe came")
    after = deidentified(ds, "retain_modified_dates")
    assert "SeriesTime" not in after
    assert "AcquisitionDate" not in after
    assert "SeriesDate" not in after


def test_a_store_has_the_last_word(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite"
    data = as_file(image())
    with Store(path) as store:
        first = dcmread(Deidentifier(key=b"one", mapping=store).deidentify_bytes(data)[0])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = store.key()
        store.export_csv(tmp_path / "map.csv")
    with Store(path) as store:
        again = dcmread(Deidentifier(key=b"two", mapping=store).deidentify_bytes(data)[0])
        assert store.key() == key
    with Store(tmp_path / "other.sqlite") as store:
        store.import_csv(tmp_path / "map.csv")
        moved = dcmread(Deidentifier(mapping=store).deidentify_bytes(data)[0])
        assert {kind for kind, _, _ in store} == {"uid", "patient"}
    for after in (again, moved):
        assert (after.SOPInstanceUID, after.PatientID) == (first.SOPInstanceUID, first.PatientID)
    (tmp_path / "bad.csv").write_text("kind,original,replacement\nname,Roe\n")
    with Store(path) as store, pytest.raises(ValueError, match="line 2"):
        store.import_csv(tmp_path / "bad.csv")


def test_an_empty_key_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        Deidentifier(key=b"")


def test_the_key_is_in_no_output() -> None:
    made, report = Deidentifier(key=KEY).deidentify_bytes(as_file(image()))
    assert KEY not in made
    assert KEY.decode() not in str(report)
