"""Pickled data sets: files by path and fingerprint, everything else by value."""

from __future__ import annotations

import copy
import io
import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from build import DEFLATED, ILE, LE, UNDEFINED, part10, patient, study
from corpus import real_files

from dicomet import DataElement, Dataset, Sequence, dcmread
from dicomet.errors import DicomError, SourceChanged


def again(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def test_every_real_file_pickles() -> None:
    for name, path in real_files().items():
        try:
            ds = dcmread(path)
        except DicomError:
            continue
        twin = again(ds)
        assert twin == ds, name
        assert twin.file_meta == ds.file_meta, name
        assert twin.filename == ds.filename
        assert twin.findings == ds.findings, name


def test_a_file_pickles_as_its_path(ct_small: Path) -> None:
    assert len(pickle.dumps(dcmread(ct_small))) < 1000 < ct_small.stat().st_size


def test_a_buffer_pickles_as_its_bytes(ct_small: Path) -> None:
    data = ct_small.read_bytes()
    for source in (data, bytearray(data), io.BytesIO(data)):
        twin = again(dcmread(source))
        assert twin == dcmread(ct_small)
        assert twin.filename is None
        assert twin.preamble == data[:128]


def test_a_file_that_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(part10(patient()))
    pickled = pickle.dumps(dcmread(path))
    path.write_bytes(part10(study() + patient()))
    with pytest.raises(SourceChanged):
        pickle.loads(pickled)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickled)


def test_edits_come_along(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    ds.PatientID = "edited"
    ds.PatientComments = "new"
    ds.ReferencedImageSequence = [Dataset()]
    ds.ReferencedImageSequence[0].PatientID = "inner"
    del ds.Modality
    ds.note = "attribute"
    twin = again(ds)
    assert twin == ds
    assert (twin.PatientID, twin.PatientComments, twin.note) == ("edited", "new", "attribute")
    assert twin.ReferencedImageSequence[0].PatientID == "inner"
    assert "Modality" not in twin
    assert dcmread(ct_small).PatientID == "1CT1"


def test_edits_in_items_and_in_the_meta_group_come_along() -> None:
    item = LE.item(patient(), length=UNDEFINED)
    ds = dcmread(part10(LE.sequence(0x00081140, item, item, length=UNDEFINED) + patient()))
    ds.ReferencedImageSequence[1].PatientID = "edited"
    ds.file_meta.TransferSyntaxUID = "1.2.3"
    twin = again(ds)
    assert [i.PatientID for i in twin.ReferencedImageSequence] == ["4711", "edited"]
    assert twin.file_meta.TransferSyntaxUID == "1.2.3"
    assert twin == ds


def test_options_come_along(ct_small: Path) -> None:
    twin = again(dcmread(ct_small, specific_tags=["PatientID"], stop_before_pixels=True))
    assert [e.keyword for e in twin] == ["SpecificCharacterSet", "PatientID"]


def test_deflated_data_sets_pickle(tmp_path: Path) -> None:
    import zlib

    machine = zlib.compressobj(wbits=-15)
    data = part10(machine.compress(study() + patient()) + machine.flush(), DEFLATED)
    assert again(dcmread(data)).PatientID == "4711"
    path = tmp_path / "file"
    path.write_bytes(data)
    assert again(dcmread(path)).PatientID == "4711"


@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("enc", [LE, ILE], ids=["explicit", "implicit"])
def test_items_pickle_with_their_character_set(enc: Any, length: int | None) -> None:
    name = "Wałęsa^Lech".encode("iso8859-2")
    item = enc.item(enc.element(0x00100010, "PN", name + b" "), length=length)
    body = enc.element(0x00080005, "CS", "ISO_IR 101") + enc.sequence(0x00081140, item)
    ds = dcmread(body)
    twin = again(ds.ReferencedImageSequence[0])
    assert twin.PatientName == "Wałęsa^Lech"
    assert twin == ds.ReferencedImageSequence[0]


def test_parts_pickle(ct_small: Path) -> None:
    ds = dcmread(ct_small)
    assert again(ds["PatientName"]) == ds["PatientName"]
    assert again(ds["PixelData"]).value == ds.PixelData
    assert again(ds.file_meta) == ds.file_meta
    assert again(ds.PatientName) == ds.PatientName
    assert again(ds.ImageType) == ds.ImageType
    assert type(again(ds.ImageType)) is type(ds.ImageType)
    assert again(ds.group_dataset(0x10)) == ds.group_dataset(0x10)


def test_made_data_sets_pickle() -> None:
    ds = Dataset()
    ds.PatientName = "A^B"
    ds.PixelSpacing = [1.5, 2]
    ds.ReferencedImageSequence = Sequence([Dataset()])
    ds.ReferencedImageSequence[0].PatientID = "x"
    ds.add(DataElement(0x00091001, "UN", b"\1\2"))
    assert again(ds) == ds


def test_indexes_and_sources_refuse(ct_small: Path) -> None:
    index = dcmread(ct_small)._index
    for thing in (index, index.source):
        with pytest.raises(TypeError, match="pickle the Dataset"):
            pickle.dumps(thing)
        with pytest.raises(TypeError):
            copy.copy(thing)


def _patient_id(ds: Any) -> tuple[str, int]:
    return ds.PatientID, len(ds.PixelData)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_data_sets_cross_processes(method: str, ct_small: Path) -> None:
    if method == "forkserver" and os.name != "posix":
        pytest.skip("no fork server here")
    ds = dcmread(ct_small)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_patient_id, (ds,)) == ("1CT1", 32768)
