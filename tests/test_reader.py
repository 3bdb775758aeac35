"""dcmread: what it takes, its options, closing, and files that change underneath. PS3.10 §7."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from build import BE, BIG, EXPLICIT, ILE, IMPLICIT, LE, UNDEFINED, Encoding, part10, patient, study
from corpus import real_file, real_files

from dicomet import dcmread
from dicomet.errors import (
    DicomError,
    InvalidDicomError,
    LimitError,
    SourceChanged,
    SourceClosed,
)

PIXELS = bytes(range(256)) * 1024


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    """A file that is long enough to be mapped."""
    path = tmp_path / "big.dcm"
    body = study() + patient() + LE.element(0x7FE00010, "OW", PIXELS)
    path.write_bytes(part10(body + LE.element(0xFFFCFFFC, "OB", bytes(64))))
    return path


class PathLike:
    """Something that is no path but has one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


def test_paths(ct_small: Path) -> None:
    for source in (str(ct_small), ct_small, PathLike(ct_small)):
        ds = dcmread(source)
        assert ds.PatientID == "1CT1"
        assert ds.filename == str(ct_small)


def test_paths_that_are_no_ascii(tmp_path: Path) -> None:
    path = tmp_path / "ä 画像.dcm"
    path.write_bytes(part10(patient()))
    assert dcmread(path).PatientID == "4711"


def test_buffers(ct_small: Path) -> None:
    data = ct_small.read_bytes()
    for source in (data, bytearray(data), memoryview(data), io.BytesIO(data)):
        ds = dcmread(source)
        assert ds.PatientID == "1CT1"
        assert ds.filename is None


def test_file_objects_are_read_from_where_they_stand(ct_small: Path) -> None:
    with ct_small.open("rb") as file:
        assert dcmread(file).PatientID == "1CT1"
    stream = io.BytesIO(b"ahead of it" + ct_small.read_bytes())
    stream.seek(11)
    assert dcmread(stream).PatientID == "1CT1"


def test_file_objects_stay_open(ct_small: Path) -> None:
    with ct_small.open("rb") as file:
        with dcmread(file):
            pass
        assert not file.closed


def test_a_text_file_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("text")
    with path.open() as file, pytest.raises(TypeError, match="binary"):
        dcmread(file)


@pytest.mark.parametrize("source", [None, 5, 3.5, object()])
def test_other_things_are_refused(source: object) -> None:
    with pytest.raises(TypeError):
        dcmread(source)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dcmread(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        dcmread(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.write_bytes(part10(patient()))
    path.chmod(0)
    with pytest.raises(PermissionError):
        dcmread(path)


@pytest.mark.parametrize("data", [b"", b"D", b"hello", b"\x89PNG\r\n\x1a\n" * 40, bytes(500)])
def test_what_is_not_dicom(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(InvalidDicomError) as caught:
            dcmread(source)
        assert isinstance(caught.value, ValueError)
        assert "PS3.10" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" * 40, bytes(500)])
def test_force_reads_what_is_not_dicom(data: bytes) -> None:
    ds = dcmread(data, force=True)
    assert "no_preamble" in [f.code for f in ds.findings]


@pytest.mark.parametrize("mode", ["auto", "map", "read"])
def test_modes_read_the_same(big_file: Path, mode: str) -> None:
    ds = dcmread(big_file, mode=mode)
    assert ds.PatientID == "4711"
    assert ds.PixelData == PIXELS
    assert ds.DataSetTrailingPadding == bytes(64)


def test_an_unknown_mode_is_refused(big_file: Path) -> None:
    with pytest.raises(ValueError, match="mode"):
        dcmread(big_file, mode="fast")


def test_specific_tags(ct_small: Path) -> None:
    ds = dcmread(ct_small, specific_tags=["PatientName", 0x00100020, (0x0028, 0x0010)])
    assert [e.keyword for e in ds] == [
        "SpecificCharacterSet",
        "PatientName",
        "PatientID",
        "Rows",
    ]
    assert "Modality" not in ds
    assert ds.get("Modality") is None
    assert ds.file_meta.TransferSyntaxUID == EXPLICIT


def test_specific_tags_behind_pixel_data(big_file: Path) -> None:
    ds = dcmread(big_file, specific_tags=["DataSetTrailingPadding"])
    assert ds.DataSetTrailingPadding == bytes(64)
    assert len(ds) == 2  # with Specific Character Set
    assert "PixelData" not in ds


def test_specific_tags_behind_fragments() -> None:
    fragments = LE.item() + LE.item(b"\xff\xd8\xff\xd9") + LE.sequence_end()
    body = patient() + LE.element(0x7FE00010, "OB", fragments, length=UNDEFINED)
    body += LE.element(0xFFFCFFFC, "OB", bytes(64))
    ds = dcmread(
        part10(body, "1.2.840.10008.1.2.4.50"),
        specific_tags=["PatientID", "DataSetTrailingPadding"],
    )
    assert [e.keyword for e in ds] == ["PatientID", "DataSetTrailingPadding"]


def test_stop_before_pixels(big_file: Path) -> None:
    ds = dcmread(big_file, stop_before_pixels=True)
    assert ds.PatientID == "4711"
    assert "PixelData" not in ds
    assert "DataSetTrailingPadding" not in ds
    assert ds.findings == []


@pytest.mark.parametrize("tag", [0x7FE00008, 0x7FE00009])
def test_stop_before_float_pixels(tag: int) -> None:
    vr = "OF" if tag == 0x7FE00008 else "OD"
    ds = dcmread(part10(patient() + LE.element(tag, vr, bytes(16))), stop_before_pixels=True)
    assert len(ds) == 4


def test_max_rows() -> None:
    body = b"".join(LE.element(0x00090010 + i, "LO", "x") for i in range(100))
    with pytest.raises(LimitError):
        dcmread(part10(body), max_rows=50)
    assert len(dcmread(part10(body), max_rows=200)) == 100


# -- closing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "read"])
def test_closed_data_sets_refuse_what_was_not_read(big_file: Path, mode: str) -> None:
    with dcmread(big_file, mode=mode) as ds:
        element = ds["PatientID"]
        assert ds.PatientName == "Doe^Jane"
    for access in (lambda: ds.PatientName, lambda: element.value, lambda: ds.PixelData):
        with pytest.raises(SourceClosed):
            access()
    ds.close()


def test_structure_stays_after_closing(big_file: Path) -> None:
    ds = dcmread(big_file)
    ds.close()
    assert "PatientName" in ds
    assert len(ds) == 11
    assert [e.VR for e in ds][-1] == "OB"


def test_views_live_on_after_closing(big_file: Path) -> None:
    ds = dcmread(big_file)
    raw = ds["PixelData"].raw
    array = ds["PixelData"].array
    ds.close()
    assert raw == PIXELS
    assert array.tobytes() == PIXELS
    del ds
    assert raw[-1] == 255
    assert array[0] == 0x0100


def test_views_live_on_after_the_data_set(big_file: Path) -> None:
    raw = dcmread(big_file)["PixelData"].raw
    assert raw == PIXELS


def test_views_are_read_only(big_file: Path) -> None:
    raw = dcmread(big_file)["PixelData"].raw
    assert raw.readonly
    with pytest.raises(TypeError):
        raw[0] = 1


def test_a_borrowed_buffer_is_let_go_on_closing() -> None:
    buffer = bytearray(part10(patient()))
    ds = dcmread(buffer)
    with pytest.raises(BufferError):
        buffer.append(0)
    ds.close()
    buffer.append(0)


def test_a_borrowed_buffer_is_let_go_with_the_last_view() -> None:
    buffer = bytearray(part10(patient()))
    ds = dcmread(buffer)
    raw = ds["PatientName"].raw
    ds.close()
    with pytest.raises(BufferError):
        buffer.append(0)
    raw.release()
    buffer.append(0)


def test_an_error_inside_with_is_not_hidden(big_file: Path) -> None:
    with pytest.raises(ZeroDivisionError), dcmread(big_file):
        1 / 0  # noqa: B018


# -- files that change -----------------------------------------------------------------------------


def test_a_mapped_file_that_shrinks_raises_and_does_not_kill(big_file: Path) -> None:
    ds = dcmread(big_file)
    os.truncate(big_file, 5000)
    assert ds.PatientID == "4711", "the head was read"
    with pytest.raises(SourceChanged) as caught:
        ds.PixelData  # noqa: B018
    assert isinstance(caught.value, OSError)
    with pytest.raises(SourceChanged):
        ds["PixelData"].raw  # noqa: B018


def test_a_file_that_was_read_whole_may_shrink(big_file: Path) -> None:
    ds = dcmread(big_file, mode="read")
    os.truncate(big_file, 5000)
    assert ds.PixelData == PIXELS


def test_a_mapped_file_that_vanishes_stays_readable(big_file: Path) -> None:
    ds = dcmread(big_file)
    big_file.unlink()
    assert ds.PixelData == PIXELS
    assert ds.PatientID == "4711"


def test_many_files_leave_no_descriptors_open(ct_small: Path) -> None:
    code = (
        "import resource, sys, dicomet\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "kept = [dicomet.dcmread(sys.argv[1]) for _ in range(500)]\n"
        "assert kept[-1].PatientID == '1CT1'\n"
    )
    pytest.importorskip("resource", reason="limits of POSIX")
    done = subprocess.run([sys.executable, "-c", code, str(ct_small)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


# -- pieces ----------------------------------------------------------------------------------------


def _rows(ds: object) -> bytes:
    return bytes(ds._index.full().table())  # type: ignore[attr-defined]


def test_files_read_in_pieces_give_the_rows_of_whole_ones() -> None:
    for name, path in real_files().items():
        try:
            whole = dcmread(path.read_bytes())
        except DicomError:
            continue
        assert _rows(dcmread(path)) == _rows(whole), name
        assert dcmread(path).findings == whole.findings, name


_HEAD_NBYTES = 16 << 10  # of a file, read first


def _odd_bodies() -> dict[str, tuple[Encoding, str, bytes]]:
    inside = patient()
    item = LE.item(inside)
    short = LE.item(inside, length=len(inside) - 10)
    cut = LE.item(inside, length=len(inside) - 4)
    long = LE.item(inside, length=len(inside) + 4)
    bare = LE.item(inside, length=UNDEFINED)[:-8]
    tag = 0x00101002
    return {
        "short item": (LE, EXPLICIT, LE.sequence(tag, short, item)),
        "cut item": (LE, EXPLICIT, LE.sequence(tag, cut, item)),
        "long item": (LE, EXPLICIT, LE.sequence(tag, long, item)),
        "short sequence": (LE, EXPLICIT, LE.sequence(tag, item, item, length=2 * len(item) - 8)),
        "long sequence": (LE, EXPLICIT, LE.sequence(tag, item, item, length=2 * len(item) + 4)),
        "no delimiter": (LE, EXPLICIT, LE.sequence(tag, bare, bare, length=UNDEFINED)),
        "un": (
            LE,
            EXPLICIT,
            LE.element(tag, "UN", ILE.item(patient(ILE)) + ILE.sequence_end(), length=UNDEFINED),
        ),
        "implicit": (ILE, IMPLICIT, ILE.sequence(tag, ILE.item(patient(ILE)))),
        "big": (BE, BIG, BE.sequence(tag, BE.item(patient(BE), length=UNDEFINED))),
        "vr": (LE, EXPLICIT, LE.element(tag, "??", "text", long=False)),
        "long vr": (LE, EXPLICIT, LE.element(tag, "LO", "text", long=True)),
    }


@pytest.mark.parametrize("name", _odd_bodies())
def test_what_lies_across_the_end_of_the_head_is_read_alike(name: str, tmp_path: Path) -> None:
    enc, syntax, body = _odd_bodies()[name]
    path = tmp_path / "file"
    tail = enc.element(0x00204000, "LT", "y" * 20000) + enc.element(0x7FE00010, "OW", bytes(40000))
    start = len(part10(study(enc) + patient(enc), syntax)) + 12
    for at in range(-len(body) - 4, 14, 2):
        filler = enc.element(0x00101001, "UC", "x" * (_HEAD_NBYTES + at - start))
        data = part10(study(enc) + patient(enc) + filler + body + tail, syntax)
        path.write_bytes(data)
        whole, pieces = dcmread(data), dcmread(path)
        assert _rows(pieces) == _rows(whole)
        assert pieces.findings == whole.findings
        assert whole.ImageComments[:1] == "y"


def test_a_view_in_a_cycle_stays_as_long_as_it_is_read(capfd: pytest.CaptureFixture[str]) -> None:
    """The collector clears a memoryview whatever holds it: the process ended by that."""
    stream = io.BytesIO(real_file("CT_small.dcm").read_bytes())
    ds = dcmread(stream.getbuffer())
    ds.itself = ds
    assert len(list(ds.iterall())) > 100
    del ds
    gc.collect()
    assert "exported buffer" not in capfd.readouterr().err
    stream.close()  # refused while a view is out


def test_a_deflated_file_in_a_cycle_gives_its_buffer_back(capfd: pytest.CaptureFixture[str]) -> None:
    ds = dcmread(real_file("image_dfl.dcm"))
    ds.itself = ds
    del ds
    gc.collect()
    assert "exported buffers" not in capfd.readouterr().err
