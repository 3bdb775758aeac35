"""What stands in front of a data set, how it is encoded, and where it goes. PS3.10 §7, PS3.5 §10, §A.5."""

from __future__ import annotations

import io
import os
import stat
import threading
from pathlib import Path

import pytest
from build import BE, DEFLATED, EXPLICIT, IBE, ILE, JPEG, LE, UNDEFINED, meta, part10, patient, study
from corpus import real_file, real_files
from saving import NATIVE, again, body_of, made, read, saved, sop

from dicomet import DataElement, Dataset, FileDataset, Sequence, dcmread
from dicomet.errors import SourceChanged, SourceClosed, WriteError
from dicomet.filedataset import FileMetaDataset
from dicomet.uids import IMPLEMENTATION_CLASS_UID, generate_uid
from dicomet.writer import dcmwrite, encode_data_set

# -- in front ----------------------------------------------------------------------------------------------


def test_a_made_data_set_becomes_a_file() -> None:
    """PS3.10 §7.1"""
    data = saved(made(PatientName="A^B"))
    assert data[:132] == bytes(128) + b"DICM"
    ds = dcmread(data)
    info = ds.file_meta
    assert info.FileMetaInformationGroupLength == ds._index.body_offset - 144
    assert info.FileMetaInformationVersion == b"\0\1"
    assert info.MediaStorageSOPClassUID == ds.SOPClassUID
    assert info.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert info.TransferSyntaxUID == EXPLICIT
    assert info.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert ds.findings == []


def test_what_the_meta_group_says_besides_stays() -> None:
    ds = read(study() + patient())
    ds.file_meta.SourceApplicationEntityTitle = "STORE"
    ds.file_meta.add_new(0x00020100, "UI", "1.2.9")
    ds.file_meta.add_new(0x00020102, "OB", b"abc")
    info = again(ds).file_meta
    assert info.SourceApplicationEntityTitle == "STORE"
    assert info[0x00020102].value == b"abc\0"
    del ds.file_meta[0x00020102]
    twin = again(again(ds))
    assert 0x00020102 not in twin.file_meta
    assert twin.file_meta[0x00020100].value == "1.2.9"


def test_the_meta_group_follows_the_data_set() -> None:
    ds = read(study() + patient())
    ds.SOPInstanceUID = generate_uid()
    assert again(ds).file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    del ds.SOPInstanceUID
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.9"
    assert again(ds).file_meta.MediaStorageSOPInstanceUID == "1.2.9"
    del ds.file_meta.MediaStorageSOPInstanceUID
    with pytest.raises(WriteError, match="SOPInstanceUID"):
        saved(ds)


def test_a_meta_group_of_ones_own() -> None:
    ds = made()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = NATIVE["implicit"]
    ds.file_meta.SourceApplicationEntityTitle = "STORE"
    twin = again(ds)
    assert twin.is_implicit_VR
    assert twin.file_meta.SourceApplicationEntityTitle == "STORE"
    ds.file_meta.add_new(0x00100010, "PN", "A^B")
    with pytest.raises(WriteError) as caught:
        saved(ds)
    assert caught.value.tag == 0x00100010
    read_one = read(study())
    read_one.file_meta = ds.file_meta
    with pytest.raises(WriteError):
        saved(read_one)
    read_one.file_meta = None
    assert again(read_one).file_meta.TransferSyntaxUID == EXPLICIT


def test_file_meta_information_in_the_data_set() -> None:
    """What strayed there is left out; what is put there is refused. PS3.10 §7.1"""
    ds = read(study() + LE.element(0x00020010, "UI", JPEG) + patient())
    assert ds[0x00020010].value == JPEG
    ds.PatientID = "X"
    assert 0x00020010 not in again(ds)
    assert again(ds).file_meta.TransferSyntaxUID == EXPLICIT
    ds = read(study())
    ds.add_new(0x00020010, "UI", JPEG)
    with pytest.raises(WriteError, match="file_meta") as caught:
        saved(ds)
    assert caught.value.tag == 0x00020010


def test_implicit_vr_in_big_endian_becomes_what_has_a_uid() -> None:
    body = IBE.element(0x00080060, "CS", "MR") + IBE.element(0x00280010, "US", b"\1\2")
    ds = dcmread(bytes(128) + b"DICM" + meta(None) + sop(IBE) + body)
    assert again(ds).file_meta.TransferSyntaxUID == EXPLICIT
    assert again(ds).Rows == 258
    assert saved(ds, enforce_file_format=False).endswith(sop(IBE) + body)
    ds.Rows = 3
    assert saved(ds, enforce_file_format=False).endswith(IBE.element(0x00280010, "US", b"\0\3"))


def test_preambles() -> None:
    ds = read(study())
    ds.preamble = b"II*\0" + bytes(124)
    assert saved(ds)[:4] == b"II*\0"
    assert saved(again(ds))[:4] == b"II*\0"
    ds.preamble = None
    assert saved(ds)[:132] == bytes(128) + b"DICM"
    ds.preamble = b"short"
    with pytest.raises(WriteError, match="128"):
        saved(ds)


@pytest.mark.parametrize("front", [b"", b"DICM" + meta(), meta(length=None), bytes(128) + b"DICM" + meta(length=4)])
def test_without_enforcing_what_was_there_stays(front: bytes) -> None:
    data = front + study() + patient()
    ds = dcmread(data)
    assert saved(ds, enforce_file_format=False) == data
    ds.PatientID = "new"
    edited = front + study() + patient().replace(b"4711", b"new ")
    assert saved(ds, enforce_file_format=False) == edited
    assert again(ds).file_meta.TransferSyntaxUID == EXPLICIT


def test_without_enforcing_a_made_data_set_stands_alone() -> None:
    ds = Dataset()
    ds.PatientName = "A^B"
    expected = LE.element(0x00100010, "PN", "A^B")
    assert saved(ds, enforce_file_format=False) == expected
    assert encode_data_set(ds) == expected
    assert encode_data_set(ds, NATIVE["implicit"]) == ILE.element(0x00100010, "PN", "A^B")
    assert encode_data_set(Dataset()) == b""
    with pytest.raises(WriteError, match="SOPClassUID"):
        saved(ds)


def test_without_enforcing_edits_of_the_meta_group_are_written() -> None:
    ds = read(study())
    ds.file_meta.SourceApplicationEntityTitle = "STORE"
    twin = dcmread(saved(ds, enforce_file_format=False))
    assert twin.file_meta.SourceApplicationEntityTitle == "STORE"
    assert twin.file_meta.ImplementationClassUID == "1.2.3"
    assert not twin.findings


# -- how ---------------------------------------------------------------------------------------------------


def test_syntaxes_by_the_words_of_pydicom() -> None:
    for implicit, little, name in ((True, True, "implicit"), (False, True, "explicit"), (False, False, "big")):
        out = io.BytesIO()
        dcmwrite(out, made(Rows=1), implicit_vr=implicit, little_endian=little)
        assert dcmread(out.getvalue()).file_meta.TransferSyntaxUID == NATIVE[name]
    with pytest.raises(WriteError):
        dcmwrite(io.BytesIO(), made(), implicit_vr=True, little_endian=False)
    with pytest.raises(WriteError):
        dcmwrite(io.BytesIO(), made(), transfer_syntax=EXPLICIT, implicit_vr=True)
    with pytest.raises(ValueError, match="lengths"):
        saved(made(), lengths="some")


def test_an_assigned_syntax_is_the_one_that_is_written() -> None:
    ds = read(study() + patient())
    ds.file_meta.TransferSyntaxUID = NATIVE["big"]
    twin = again(ds)
    assert not twin.is_little_endian
    assert twin.PatientID == "4711"


def test_deflated() -> None:
    """Raw, and of even length. PS3.5 §A.5"""
    for n in range(20):
        ds = made(PatientComments="x" * n)
        data = saved(ds, transfer_syntax=DEFLATED)
        twin = dcmread(data)
        assert (len(data) - twin._index.body_offset) % 2 == 0
        assert twin.get("PatientComments") == "x" * n
        assert not twin.findings
        twin.PatientID = "X"
        third = again(twin)
        assert third.file_meta.TransferSyntaxUID == DEFLATED
        assert (third.PatientID, third.PatientComments) == ("X", "x" * n)


def test_pixels_in_the_wrong_form_are_refused() -> None:
    fragments = sop(LE) + LE.sequence(0x7FE00010, LE.item(), LE.item(b"ab"), length=UNDEFINED, vr="OB")
    for name in NATIVE:
        with pytest.raises(WriteError, match="transcode"):
            saved(dcmread(part10(fragments, JPEG)), transfer_syntax=NATIVE[name])
    with pytest.raises(WriteError, match="transcode"):
        saved(read(sop(LE) + LE.element(0x7FE00010, "OB", b"ab")), transfer_syntax=JPEG)
    ds = dcmread(part10(fragments, JPEG))
    ds.file_meta.TransferSyntaxUID = NATIVE["implicit"]
    with pytest.raises(WriteError) as caught:
        saved(ds)
    assert caught.value.tag == 0x7FE00010


@pytest.mark.parametrize("syntax", NATIVE)
def test_a_part_of_a_file(syntax: str) -> None:
    """What was not read is not written."""
    data = part10(study() + patient() + LE.element(0x7FE00010, "OW", b"1234"))
    ds = dcmread(data, stop_before_pixels=True)
    twin = again(ds, transfer_syntax=NATIVE[syntax])
    assert "PixelData" not in twin
    assert twin.PatientSex == "F"
    ds = dcmread(data, specific_tags=["PatientID", "SOPClassUID", "SOPInstanceUID"])
    twin = again(ds, transfer_syntax=NATIVE[syntax])
    assert [e.keyword for e in twin] == ["SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "PatientID"]
    ds.PatientName = "A^B"
    del ds.PatientID
    assert [e.keyword for e in again(ds)][-1] == "PatientName"


def test_from_nothing_with_sequences_and_private_blocks() -> None:
    ds = made(SpecificCharacterSet="ISO_IR 192", PatientName="Ä^B", StudyInstanceUID=generate_uid())
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-D0050", "SRT", "Tissue"
    inner = Dataset()
    inner.ConceptNameCodeSequence = [code]
    ds.ContentSequence = Sequence([inner, Dataset()])
    ds.private_block(0x0029, "MAKER", create=True).add_new(1, "UT", "text")
    for lengths in ("defined", "undefined"):
        for syntax in NATIVE.values():
            twin = again(ds, transfer_syntax=syntax, lengths=lengths)
            assert twin.ContentSequence[0].ConceptNameCodeSequence[0].CodeMeaning == "Tissue"
            assert len(twin.ContentSequence[1]) == 0
            assert twin.private_creators(0x29) == ["MAKER"]
            assert not twin.findings
            assert twin["ContentSequence"].is_undefined_length == (lengths == "undefined")


# -- damaged sources -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("nbytes", range(0, 120, 3))
def test_what_was_cut_becomes_well_formed_once_it_is_edited(nbytes: int) -> None:
    item = LE.item(LE.element(0x00080100, "SH", "A "), LE.element(0x00080104, "LO", "meaning "), length=UNDEFINED)
    body = study() + LE.sequence(0x00082112, item, item, length=UNDEFINED) + patient()
    for tag in (0x00080070, 0x00100022, 0xFFFCFFFC):  # in front of the cut, and behind it
        ds = dcmread(part10(body)[: -nbytes or None])
        ds.add_new(tag, "LO", "edited")
        for options in ({}, {"lengths": "defined"}, {"transfer_syntax": NATIVE["big"]}):
            twin = again(ds, **options)
            assert twin[tag].value == "edited"
            assert not twin.findings
            assert twin == ds


def test_files_with_findings_are_edited_and_read_by_pydicom() -> None:
    import warnings

    pydicom = pytest.importorskip("pydicom")
    nread = 0
    for name, path in real_files().items():
        if path.stat().st_size > 200_000 or not name.startswith("pydicom/"):
            continue
        try:
            ds = dcmread(path)
        except ValueError:
            continue
        if not ds.findings:
            continue
        ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = "1.2.3", "1.2.3.4", "edited"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = pydicom.dcmread(io.BytesIO(saved(ds, lengths="defined")))
            assert theirs.PatientID == "edited", name
            tags = [int(element.tag) for element in theirs]
        assert tags == [int(e.tag) for e in ds if int(e.tag) & 0xFFFF], name
        nread += 1
    assert nread >= 15


# -- where ---------------------------------------------------------------------------------------------------


def test_targets(tmp_path: Path) -> None:
    ds = made(PatientID="X")
    expected = saved(ds)
    for target in (tmp_path / "path", str(tmp_path / "text"), os.fsencode(tmp_path / "bytes")):
        ds.save_as(target)
        assert Path(os.fsdecode(target)).read_bytes() == expected
        ds.save_as(target, sync=False)  # over what is there
    with (tmp_path / "stream").open("wb") as stream:
        ds.save_as(stream)
    assert (tmp_path / "stream").read_bytes() == expected
    assert len(list(tmp_path.iterdir())) == 4


def test_a_file_is_written_onto_itself(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(real_file("CT_small.dcm").read_bytes())
    ds = dcmread(path)
    pixels = bytes(ds.PixelData)
    for i in range(5):
        ds.PatientID = f"edit {i}"
        ds.save_as(path)
        assert dcmread(path).PatientID == f"edit {i}"
    assert bytes(ds.PixelData) == bytes(dcmread(path).PixelData) == pixels


def test_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "image"
    made().save_as(path, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(FileExistsError) as caught:
        made(PatientID="X").save_as(path, overwrite=False)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        made().save_as(link, overwrite=False)


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "real"
    for name in ("link", "second"):
        (tmp_path / name).symlink_to(real if name == "link" else tmp_path / "link")
        made(PatientID=name).save_as(tmp_path / name)
        assert (tmp_path / name).is_symlink()
        assert dcmread(real).PatientID == name
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["real"]


def test_folders_and_missing_folders(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as folder:
        made().save_as(tmp_path)
    assert folder.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError) as missing:
        made().save_as(tmp_path / "none" / "image")
    assert missing.value.filename == str(tmp_path / "none" / "image")
    with pytest.raises(ValueError, match="null"):
        made().save_as("a\0b")
    assert list(tmp_path.iterdir()) == []


def test_pipes_and_devices(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ds = dcmread(real_file("CT_small.dcm"))
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    ds.save_as(pipe)
    reader.join()
    assert found == [saved(ds)]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    ds.save_as("/dev/null")


def test_a_closed_data_set_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(part10(study() + patient()))
    with dcmread(path) as ds:
        pass
    with pytest.raises(SourceClosed):
        saved(ds)
    with pytest.raises(SourceClosed):
        ds.save_as(path)
    assert path.read_bytes() == part10(study() + patient())


def test_a_source_that_shrank_leaves_the_target_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(part10(study() + LE.element(0x7FE00010, "OB", bytes(3_000_000))))
    target.write_bytes(b"old")
    ds = dcmread(source)
    os.truncate(source, 100_000)
    for options in ({}, {"transfer_syntax": NATIVE["big"]}):
        with pytest.raises(SourceChanged):
            ds.save_as(target, **options)
        with pytest.raises(SourceChanged):
            saved(ds, **options)
    assert target.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source", "target"]


def test_made_elements_take_the_byte_order_of_the_file() -> None:
    ds = read(study(BE) + patient(BE), "big")
    ds.add(DataElement("Rows", "US", 258))
    assert body_of(ds).endswith(BE.element(0x00280010, "US", b"\1\2"))
    assert isinstance(again(ds), FileDataset)
