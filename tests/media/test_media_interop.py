"""What DCMTK and pydicom write is read, what is written they read, and the content is the same. PS3.3 Annex F."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from corpus import real_files
from media_made import everything, save
from media_rivals import pydicom_file_set, run_dcmtk

from dicomet import Dataset, dcmread
from dicomet.media import FileSet, Record
from dicomet.media.records import _SOP_CLASSES

# dcmmkdir 3.6.7 lists the first as IMPLANT GROUP; the others are newer than it, or their keys are read from elsewhere.
NOT_IN_DCMTK = frozenset(("ImplantAssemblyTemplateStorage", "ImplantTemplateGroupStorage", "InventoryStorage"))
MADE_UP = frozenset(("PatientID", "StudyID", "StudyDate", "StudyTime", "SeriesNumber", "InstanceNumber"))
OF_THE_FIRST_FILE = frozenset(("InstitutionName", "InstitutionAddress"))  # dcmmkdir takes another one first


def values_of(ds: Dataset) -> dict[str, Any]:
    """Keys by keyword, as text; sequences as lists of the same."""
    found: dict[str, Any] = {}
    for element in ds:
        if element.tag > 0x00041420:
            value = element.value
            found[element.keyword] = (
                [values_of(item) for item in value] if element.VR == "SQ" else "" if value is None else str(value)
            )
    return found


def content(roots: list[Record]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Every record by the types and keys that lead to it."""
    names = {"PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID"}
    found: dict[tuple[str, ...], dict[str, Any]] = {}

    def collect(records: list[Record], above: tuple[str, ...]) -> None:
        for record in records:
            values = values_of(record.dataset)
            name = values.get(names.get(record.record_type, "ReferencedSOPInstanceUIDInFile"), "")
            here = (*above, record.record_type, str(name))
            assert here not in found
            found[here] = values
            collect(record.children, here)

    collect(roots, ())
    return found


def dcmmkdir(folder: Path, output: Path, *options: str) -> FileSet:
    arguments = ("-Nxc", "-Nec", "-Nrc", "+Nrs", "+I", "+F", "DISC", "+id", folder, "+r", "+D", output)
    run_dcmtk("dcmmkdir", *options, *arguments)
    return FileSet(output)


@pytest.fixture
def one_of_each(tmp_path: Path) -> Path:
    """A file of each SOP class that is listed as something else than an image, and a CT image."""
    folder = tmp_path / "each"
    classes = [one for names in _SOP_CLASSES.values() for one in names.split()]
    for number, sop_class in enumerate((*classes, "CTImageStorage"), 1):
        if sop_class not in NOT_IN_DCMTK:
            save(everything(number, sop_class), folder / f"F{number:05d}")
    return folder


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Real files of Part 10 with study and series, each SOP instance once, under names that can be File IDs."""
    folder = tmp_path / "real"
    folder.mkdir()
    seen: set[str] = set()
    for number, (name, path) in enumerate(real_files().items()):
        if not name.startswith("pydicom/test_files/") or "dicomdirtests" in name:
            continue
        ds = dcmread(path, stop_before_pixels=True, force=True)
        uid = str(ds.get("SOPInstanceUID", ""))
        wanted = (uid, ds.get("StudyInstanceUID"), ds.get("SeriesInstanceUID"), ds.get("Modality"), ds.get("PatientID"))
        if all(wanted) and uid not in seen and ds._index.has_preamble and ds._index.nmeta and not ds.findings:
            seen.add(uid)
            (folder / f"F{number:05d}").write_bytes(path.read_bytes())
    assert len(seen) > 20
    return folder


def test_each_class_is_listed_as_dcmmkdir_lists_it(one_of_each: Path, tmp_path: Path) -> None:
    theirs = content(dcmmkdir(one_of_each, tmp_path / "THEIRS", "-Pgp").records)
    made, refused = FileSet.create(one_of_each, sync=False)
    assert refused == []
    ours = content(FileSet(one_of_each).records)
    assert len(theirs) > 100
    assert {key: ours[key] for key in theirs} == theirs
    assert {key[-2] for key in ours.keys() - theirs.keys()} <= {
        "SERIES", "RADIOTHERAPY", "PRESENTATION", "ENCAP DOC", "WAVEFORM", "SR DOCUMENT",
    }  # fmt: skip
    assert len(made) == len(list(one_of_each.glob("F*")))


@pytest.mark.parametrize(("option", "profile"), [("-Pgp", "STD-GEN-CD"), ("-Pfl", "STD-GEN-USB-JPEG")])
def test_real_files_are_listed_as_dcmmkdir_lists_them(real: Path, tmp_path: Path, option: str, profile: str) -> None:
    theirs = content(dcmmkdir(real, tmp_path / "THEIRS", option).records)
    FileSet.create(real, profile=profile, invent=True, sync=False)
    ours = content(FileSet(real).records)
    assert theirs.keys() <= ours.keys()
    nequal = 0
    for key, values in theirs.items():
        mine = ours[key]
        if option == "-Pfl":  # 1C keys of the first file, in another order; and from functional groups
            both = values.keys() & mine.keys()
            values, mine = {name: values[name] for name in both}, {name: mine[name] for name in both}
        different = {keyword for keyword in values | mine if values.get(keyword) != mine.get(keyword)}
        assert different <= MADE_UP | OF_THE_FIRST_FILE, key
        nequal += not different
    assert nequal > 0.9 * len(theirs)


def test_dcmdump_reads_what_is_written(one_of_each: Path) -> None:
    FileSet.create(one_of_each, file_set_id="EACH", sync=False)
    text = run_dcmtk("dcmdump", one_of_each / "DICOMDIR")
    assert "W:" not in text
    assert "E:" not in text
    assert text.count('"Directory Record"') == sum(1 for r in FileSet(one_of_each).records for _ in r.walk())
    assert 'refFileID="F00001"' in text


def test_dcmmkdir_goes_on_with_what_is_written(images: Path, tmp_path: Path) -> None:
    made, _ = FileSet.create(images, sync=False)
    made.remove(made.find(PatientID="P0"))
    made.write(sync=False)
    save(everything(99, "CTImageStorage"), images / "NEW")
    run_dcmtk("dcmmkdir", "+A", "-Nxc", "-Nec", "+D", "DICOMDIR", "NEW", folder=images)
    read = FileSet(images)
    assert len(read) == 7
    assert read.check() == []


def test_pydicom_reads_what_is_written(images: Path, one_of_each: Path) -> None:
    for folder in (images, one_of_each):
        made, _ = FileSet.create(folder, file_set_id="DISC", sync=False)
        made.remove([one for one in made if one.record.record_type == "ANNOTATION"])  # pydicom 3 does not know it
        made.write(sync=False)
        with pydicom_file_set(folder / "DICOMDIR") as theirs:
            assert theirs.ID == "DISC"
            assert theirs.UID == made.UID
            assert [(str(one.SOPInstanceUID), one.path) for one in theirs] == [
                (str(one.SOPInstanceUID), one.path) for one in made
            ]


def test_what_pydicom_writes_is_read(images: Path, tmp_path: Path) -> None:
    with pydicom_file_set() as theirs:
        theirs.ID = "THEIRS"
        for path in sorted(images.rglob("I0*")):
            theirs.add(path)
        theirs.write(tmp_path / "disc")
        read = FileSet(tmp_path / "disc")
        assert (read.ID, read.UID) == ("THEIRS", theirs.UID)
        assert sorted((str(one.SOPInstanceUID), one.path) for one in read) == sorted(
            (str(one.SOPInstanceUID), one.path) for one in theirs
        )
    assert read.check("STD-GEN-CD") == []
    ours = content(FileSet.create(images, sync=False)[0].records)
    for key, values in content(read.records).items():
        for keyword, value in values.items():
            if keyword != "ReferencedFileID":
                assert ours[key][keyword] == value
