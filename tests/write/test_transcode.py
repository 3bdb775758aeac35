"""Transcoding: every lossless syntax gives the same samples, lossy ones say so. PS3.5 §10, PS3.3 §C.7.6.1.1.5."""

from __future__ import annotations

import struct
import subprocess
from io import BytesIO
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from corpus import real_file, real_files

from dicomet import Dataset, DicomError, FileDataset, dcmread
from dicomet.errors import PixelDataMissing, UnsupportedError, WriteError
from dicomet.pixels.encapsulate import encapsulate
from dicomet.pixels.transcode import transcode_file

J = "1.2.840.10008.1.2.4."
NATIVE = {
    "implicit": "1.2.840.10008.1.2",
    "explicit": "1.2.840.10008.1.2.1",
    "big endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
}
ANY_BITS = {"rle": "1.2.840.10008.1.2.5", "deflated frames": "1.2.840.10008.1.2.8.1",
            "encapsulated": "1.2.840.10008.1.2.1.98"}  # fmt: skip
CODED = {"jpeg lossless": J + "70", "jpeg-ls": J + "80", "j2k": J + "90", "htj2k": J + "201", "jpeg xl": J + "110"}
LOSSLESS = {**NATIVE, **ANY_BITS, **CODED}
LOSSY = {"jpeg": J + "50", "jpeg-ls near": J + "81", "j2k lossy": J + "91", "htj2k lossy": J + "203",
         "jpeg xl lossy": J + "112"}  # fmt: skip
_MOST_NBYTES = 600_000
# What the encoder behind a syntax does not take, as `UnsupportedError` tells.
REFUSED = {
    "jpeg lossless": ("bits allocated", "bits stored"),
    "jpeg-ls": ("bits allocated",),
    "j2k": ("bits allocated", "bits stored"),
    "htj2k": ("bits allocated", "bits stored"),
    "jpeg xl": ("bits allocated", "YBR"),
}
# A native frame that the end of the file cuts; the copy ends where it ends, so that nothing is cut any more.
CUT = frozenset(("MR_truncated.dcm",))


def with_pixels() -> dict[str, Path]:
    found = {}
    for name, path in real_files().items():
        try:
            ds = dcmread(path)
            if ds.frames.layout.nbytes * len(ds.frames) <= _MOST_NBYTES:
                found[name] = path
        except DicomError:
            continue
    return found


def decoded(ds: FileDataset) -> np.ndarray:
    try:
        return ds.frames.read()
    except DicomError:
        pytest.skip("a frame cannot be decoded")


def taken(ds: FileDataset, syntax: str, uid: str) -> FileDataset | None:
    """Transcoded; None where the encoder does not take such samples, for a reason that is known."""
    try:
        return ds.transcode(uid)
    except UnsupportedError as error:
        if not any(reason in str(error) for reason in REFUSED.get(syntax, ())):
            raise
        return None


@pytest.mark.parametrize("name", with_pixels(), ids=str)
def test_lossless_syntaxes_keep_every_sample(name: str) -> None:
    path = real_files()[name]
    ds = dcmread(path)
    samples = decoded(ds)
    uid = ds.SOPInstanceUID
    for syntax, target in LOSSLESS.items():
        twin = taken(ds, syntax, target)
        if twin is None:
            continue
        if path.name in CUT and syntax in ("implicit", "big endian"):
            continue
        assert twin.file_meta.TransferSyntaxUID == target
        assert np.array_equal(twin.frames.read(), samples), syntax
        assert uid == twin.SOPInstanceUID
        assert twin.get("LossyImageCompression", None) == ds.get("LossyImageCompression", None)
        known = {f.code for f in ds.findings} | {f.code for f in ds.frames.findings} | {"stream_precision"}
        assert {f.code for f in (*twin.findings, *twin.frames.findings)} <= known, syntax
    assert ds.SOPInstanceUID == uid


@pytest.mark.parametrize("syntax", LOSSY)
@pytest.mark.parametrize("name", ["CT_small.dcm", "SC_rgb.dcm"])
def test_lossy_syntaxes_say_so(name: str, syntax: str) -> None:
    ds = dcmread(real_file(name))
    if syntax == "jpeg" and name == "CT_small.dcm":
        with pytest.raises(UnsupportedError):
            ds.transcode(LOSSY[syntax])
        return
    if name == "CT_small.dcm" and syntax in ("jpeg-ls near", "jpeg xl lossy"):
        with pytest.raises(UnsupportedError, match="sign"):
            ds.transcode(LOSSY[syntax])
        return
    twin = ds.transcode(LOSSY[syntax])
    assert twin.LossyImageCompression == "01"
    assert twin.LossyImageCompressionMethod.startswith("ISO_")
    nbytes = sum(len(twin.frames.raw(i)) for i in range(len(twin.frames)))
    native = ds.frames.layout.native_nbytes * len(ds.frames)
    assert twin.LossyImageCompressionRatio == pytest.approx(native / nbytes, rel=0.002)
    assert twin.ImageType[0] == "DERIVED"
    assert twin.SOPInstanceUID != ds.SOPInstanceUID
    assert twin.file_meta.MediaStorageSOPInstanceUID == twin.SOPInstanceUID
    source = twin.SourceImageSequence[-1]
    assert source.ReferencedSOPInstanceUID == ds.SOPInstanceUID
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121320"
    assert twin.DerivationCodeSequence[-1].CodeValue == "113040"
    error = np.abs(twin.frames.read().astype(int) - ds.frames.read().astype(int))
    extent = int(ds.frames.read().max()) - int(ds.frames.read().min())
    assert error.mean() < 0.02 * extent
    again = twin.transcode(LOSSY[syntax], quality=50) if syntax == "jpeg" else twin.transcode(J + "90")
    assert again.LossyImageCompression == "01"


def test_photometric_interpretation_follows_the_codec() -> None:
    """PS3.5 §8.2.4; PS3.3 §C.7.6.3.1.2."""
    ds = dcmread(real_file("SC_rgb.dcm"))
    told = {uid: ds.transcode(J + uid).PhotometricInterpretation for uid in ("50", "70", "80", "90", "91", "201")}
    assert told == {"50": "YBR_FULL_422", "70": "RGB", "80": "RGB", "90": "YBR_RCT", "91": "YBR_ICT", "201": "YBR_RCT"}
    assert ds.transcode(J + "90", rgb=True).PhotometricInterpretation == "RGB"
    back = ds.transcode(J + "90").transcode(NATIVE["explicit"])
    assert back.PhotometricInterpretation == "RGB"
    assert back.PlanarConfiguration == 0


def test_frames_in_the_syntax_already_are_taken_over(tmp_path: Path) -> None:
    ds = dcmread(real_file("examples_ybr_color.dcm"))
    twin = ds.transcode(str(ds.file_meta.TransferSyntaxUID))
    assert len(twin.frames) == len(ds.frames)
    assert all(bytes(twin.frames.raw(i)) == bytes(ds.frames.raw(i)) for i in range(len(ds.frames)))


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_offset_tables(table: str) -> None:
    """PS3.5 §A.4; PS3.3 §C.7.6.3.1.8."""
    ds = dcmread(real_file("emri_small.dcm"))
    twin = ds.transcode(ANY_BITS["rle"], offset_table=table)
    data = twin._index.source
    spans = [twin.frames.spans(i)[0] for i in range(10)]
    row = twin._index.find(0xFFFFFFFF, 0x7FE00010)
    start = twin._index.offset(row)
    if table == "basic":
        (nbytes,) = struct.unpack("<I", data.read(start + 4, 4))
        offsets = struct.unpack(f"<{nbytes // 4}I", data.read(start + 8, nbytes))
        assert [start + 8 + nbytes + offset + 8 for offset in offsets] == [offset for offset, _ in spans]
    else:
        assert data.read(start + 4, 4) == b"\0\0\0\0"
    if table == "extended":
        offsets = struct.unpack("<10Q", twin.ExtendedOffsetTable)
        lengths = struct.unpack("<10Q", twin.ExtendedOffsetTableLengths)
        assert [start + 8 + offset + 8 for offset in offsets] == [offset for offset, _ in spans]
        assert list(lengths) == [nbytes for _, nbytes in spans]
    assert np.array_equal(twin.frames.read(), ds.frames.read())


def test_workers_and_one_thread_write_the_same(tmp_path: Path) -> None:
    source = real_file("emri_small.dcm")
    transcode_file(source, tmp_path / "one", J + "90")
    transcode_file(source, tmp_path / "two", J + "90", workers=2)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_onto_itself(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(real_file("emri_small.dcm").read_bytes())
    before = dcmread(path).frames.read()
    transcode_file(path, path, J + "80")
    assert dcmread(path).file_meta.TransferSyntaxUID == J + "80"
    assert np.array_equal(dcmread(path).frames.read(), before)
    assert [p.name for p in tmp_path.iterdir()] == ["image"]


def test_a_damaged_frame_leaves_nothing_behind(tmp_path: Path) -> None:
    data = bytearray(real_file("emri_small_jpeg_2k_lossless.dcm").read_bytes())
    ds = dcmread(bytes(data))
    offset, nbytes = ds.frames.spans(5)[0]
    data[offset : offset + nbytes] = bytes(nbytes)
    with pytest.raises(DicomError):
        transcode_file(dcmread(bytes(data)), tmp_path / "out", NATIVE["explicit"])
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be() -> None:
    with pytest.raises(PixelDataMissing):
        dcmread(real_file("rtplan.dcm")).transcode(J + "90")
    ds = dcmread(real_file("CT_small.dcm"))
    with pytest.raises(UnsupportedError):
        ds.transcode(J + "102")  # video
    with pytest.raises(UnsupportedError):
        ds.transcode("1.2.3.4")
    with pytest.raises(WriteError, match="transcode"):
        ds.save_as("unused", transfer_syntax=J + "90")


def test_without_pixels_native_syntaxes_are_as_good() -> None:
    ds = dcmread(real_file("rtplan.dcm"))
    assert ds.transcode(NATIVE["explicit"]).RTPlanLabel == ds.RTPlanLabel


def test_overlays_in_unused_bits_become_overlay_data() -> None:
    """PS3.3 §C.9.2: no encoder keeps bits beyond Bits Stored."""
    ds = dcmread(real_file("MR_small.dcm"))
    samples = ds.frames.read()
    drawn = np.zeros(samples.shape, bool)
    drawn[:, 3:9, 5:20] = True
    ds.update({"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0})
    ds.PixelData = ((samples & 0x0FFF) | (drawn.astype(np.uint16) << 13)).astype("<u2").tobytes()
    for tag, vr, value in (
        (0x60000010, "US", ds.Rows), (0x60000011, "US", ds.Columns), (0x60000040, "CS", "G"),
        (0x60000050, "SS", [1, 1]), (0x60000100, "US", 16), (0x60000102, "US", 13),
    ):  # fmt: skip
        ds.add_new(tag, vr, value)
    twin = ds.transcode(ANY_BITS["rle"])
    assert twin[0x6000, 0x0100].value == 1
    assert twin[0x6000, 0x0102].value == 0
    bits = np.unpackbits(np.frombuffer(twin[0x6000, 0x3000].value, np.uint8), bitorder="little")
    assert np.array_equal(bits[: drawn.size].reshape(drawn.shape), drawn)
    assert np.array_equal(twin.frames.read(), (samples & 0x0FFF).astype(twin.frames.dtype))


def test_encapsulated_frames_can_be_assigned() -> None:
    source = dcmread(real_file("emri_small_RLE.dcm"))
    ds = dcmread(real_file("emri_small.dcm"))
    ds.PixelData = encapsulate(source.frames.raw(i) for i in range(len(source.frames)))
    ds.file_meta.TransferSyntaxUID = ANY_BITS["rle"]
    out = BytesIO()
    ds.save_as(out)
    twin = dcmread(out.getvalue())
    assert twin["PixelData"].is_undefined_length
    assert np.array_equal(twin.frames.read(), source.frames.read())
    assert not twin.findings


def test_icons_become_native() -> None:
    """PS3.5 §A.4: what is encapsulated in a sequence is in the syntax of the data set."""
    source = dcmread(real_file("emri_small_RLE.dcm"))
    ds = dcmread(real_file("emri_small_RLE.dcm"))
    icon = Dataset()
    for keyword in ("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored",
                    "HighBit", "PixelRepresentation"):  # fmt: skip
        setattr(icon, keyword, ds.get(keyword))
    icon.PixelData = encapsulate([source.frames.raw(3)])
    ds.IconImageSequence = [icon]
    out = BytesIO()
    ds.save_as(out)
    packed = dcmread(out.getvalue())
    assert packed.IconImageSequence[0]["PixelData"].is_undefined_length
    twin = packed.transcode(J + "90")
    found = twin.IconImageSequence[0]
    assert not found["PixelData"].is_undefined_length
    assert found.PixelData == source.frames[3].astype("<u2").tobytes()
    assert found["PixelData"].VR == "OW"  # 16 bits allocated. PS3.5 §A.2
    assert packed.IconImageSequence[0]["PixelData"].is_undefined_length
    assert twin.frames[0].tolist() == source.frames[0].tolist()


def test_pixels_of_items_made_in_memory_stay() -> None:
    """Only the data set's own Pixel Data is encoded; items before and behind it have theirs."""
    ds = dcmread(real_file("CT_small.dcm"))
    icon, behind = Dataset(), Dataset()
    for item, value in ((icon, b"\1\2\3\4"), (behind, b"\5\6")):
        item.update({"Rows": 1, "Columns": len(value), "BitsAllocated": 8, "PixelData": value})
    ds.IconImageSequence = [icon]
    ds.add_new(0xFFFAFFFA, "SQ", [behind])
    for syntax in (ANY_BITS["rle"], NATIVE["implicit"]):
        twin = ds.transcode(ANY_BITS["rle"]).transcode(syntax)
        assert twin.IconImageSequence[0].PixelData == b"\1\2\3\4"
        assert twin[0xFFFA, 0xFFFA].value[0].PixelData == b"\5\6"
        vr = "OW" if twin.is_implicit_VR else "OB"
        assert vr == twin.IconImageSequence[0]["PixelData"].VR
        assert np.array_equal(twin.frames.read(), ds.frames.read())


def test_native_samples_that_nothing_describes() -> None:
    """No Rows, no Bits Allocated: from one native syntax to another nothing is decoded."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PixelData = "1.2.840.10008.5.1.4.1.1.2", "1.2.3", b"\1\2\3\4"
    implicit = ds.transcode(NATIVE["implicit"], new_uid=False)
    assert implicit.transcode(NATIVE["explicit"], new_uid=False).PixelData == b"\1\2\3\4"
    with pytest.raises(DicomError, match="Rows is missing"):
        ds.transcode(ANY_BITS["rle"])


@pytest.mark.skipif(which("dcmdrle") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize(
    ("uid", "tool"),
    [(ANY_BITS["rle"], "dcmdrle"), (J + "70", "dcmdjpeg"), (J + "80", "dcmdjpls"), (J + "50", "dcmdjpeg")],
)
def test_dcmtk_decompresses_what_was_written(uid: str, tool: str, tmp_path: Path) -> None:
    name = "SC_rgb.dcm" if uid == J + "50" else "CT_small.dcm"
    transcode_file(real_file(name), tmp_path / "in.dcm", uid)
    subprocess.run([tool, str(tmp_path / "in.dcm"), str(tmp_path / "out.dcm")], check=True, capture_output=True)
    ours, theirs = dcmread(tmp_path / "in.dcm").frames.read(), dcmread(tmp_path / "out.dcm").frames.read()
    if uid == J + "50":
        assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 2
    else:
        assert np.array_equal(ours, theirs)
