"""Encoders: round trips, and frames that DCMTK and GDCM decode to the same samples. PS3.5 §8.2, Annex A."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import encapsulated, header, ramp

import dicomet
from dicomet._native import codestream
from dicomet.errors import UnsupportedError
from dicomet.pixels.codecs import codec_for
from dicomet.pixels.layout import PixelLayout

J = "1.2.840.10008.1.2.4."
NATIVE = ["1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.5"]
LOSSLESS = [*NATIVE, J + "57", J + "70", J + "80", J + "90", J + "201", J + "202", J + "110"]
LOSSY = {J + "50": 2.0, J + "51": 2.0, J + "81": 2.0, J + "91": 2.0, J + "203": 1.0, J + "112": 12.0, J + "111": 2.0}

# allocated, stored, signed, samples
DEPTHS = [(8, 8, 0, 1), (8, 6, 0, 1), (8, 8, 1, 1), (16, 10, 0, 1), (16, 12, 1, 1), (16, 16, 0, 1), (16, 16, 1, 1),
          (8, 8, 0, 3), (16, 12, 0, 3)]  # fmt: skip


def layout_for(uid: str, rows: int, columns: int, depth: tuple[int, int, int, int]) -> PixelLayout:
    allocated, stored, signed, samples = depth
    photometric = "RGB" if samples == 3 else "MONOCHROME2"
    return PixelLayout(
        rows, columns, samples, allocated, stored, stored - 1, bool(signed), False, photometric, 0, uid
    )


def file_of(layout: PixelLayout, frames: list[bytes]) -> bytes:
    head = header(
        layout.rows,
        layout.columns,
        samples=layout.samples,
        allocated=layout.bits_allocated,
        stored=layout.bits_stored,
        signed=int(layout.signed),
        frames=len(frames),
        photometric=layout.photometric_interpretation,
    )
    return encapsulated(head, frames, layout.transfer_syntax)


def encoded_file(uid: str, depth: tuple[int, int, int, int], size: tuple[int, int] = (37, 53), **options: Any):  # type: ignore[no-untyped-def]
    layout = layout_for(uid, *size, depth)
    arrays = [ramp(*size, depth[3], dtype=layout.dtype.str[1:], bits=depth[1], seed=i) for i in range(2)]
    data = file_of(layout, [codec_for(uid).encode(a, layout, **options) for a in arrays])
    return data, np.stack(arrays)


@pytest.mark.parametrize("depth", DEPTHS, ids=str)
@pytest.mark.parametrize("uid", LOSSLESS)
def test_lossless_frames_come_back_bit_by_bit(uid: str, depth: tuple[int, int, int, int]) -> None:
    data, arrays = encoded_file(uid, depth)
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(frames.read(), arrays)
    assert {f.code for f in frames.findings} <= {"stream_precision"}  # JPEG-LS and HTJ2K are written at full width


@pytest.mark.parametrize("size", [(1, 1), (1, 17), (19, 1), (64, 64), (129, 70)])
@pytest.mark.parametrize("uid", LOSSLESS)
def test_frames_of_any_size_come_back(uid: str, size: tuple[int, int]) -> None:
    for depth in ((16, 12, 0, 1), (8, 8, 0, 3)):
        data, arrays = encoded_file(uid, depth, size)
        assert np.array_equal(dicomet.dcmread(data).frames.read(), arrays)


@pytest.mark.parametrize("depth", [(8, 8, 0, 1), (16, 12, 0, 1), (8, 8, 0, 3)], ids=str)
@pytest.mark.parametrize("uid", LOSSY)
def test_lossy_frames_come_back_nearly(uid: str, depth: tuple[int, int, int, int]) -> None:
    if depth[0] == 16 and uid in (J + "50", J + "111"):
        with pytest.raises(UnsupportedError):
            encoded_file(uid, depth)
        return
    data, arrays = encoded_file(uid, depth)
    off = np.abs(dicomet.dcmread(data).frames.read().astype(float) - arrays)
    assert 0 < off.mean() < LOSSY[uid] * (1 << depth[1] - 8)


@pytest.mark.parametrize("near", [0, 1, 3, 7])
def test_near_lossless_keeps_its_bound(near: int) -> None:
    data, arrays = encoded_file(J + "81", (16, 12, 0, 1), near=near)
    assert np.abs(dicomet.dcmread(data).frames.read().astype(int) - arrays).max() == near


@pytest.mark.parametrize("uid", [J + "81", J + "50", J + "51", J + "112"])
def test_signed_samples_are_not_coded_where_errors_would_wrap(uid: str) -> None:
    with pytest.raises(UnsupportedError):
        encoded_file(uid, (8, 8, 1, 1))


def test_white_that_overshoots_stays_white() -> None:
    """Lossy codecs may leave the range of the samples: values are clipped, not wrapped round."""
    for uid in (J + "203", J + "91"):
        layout = layout_for(uid, 64, 64, (8, 8, 0, 1))
        array = np.where(np.indices((64, 64)).sum(0) // 3 % 2, 255, 0).astype(np.uint8)
        options = {"step": 24} if uid.endswith("203") else {"psnr": 25}
        out = np.empty_like(array)
        codec_for(uid).decode(memoryview(codec_for(uid).encode(array, layout, **options)), layout, out, rgb=False)
        assert np.abs(out.astype(int) - array).max() < 128


@pytest.mark.parametrize(("uid", "told"), [(J + "90", "YBR_RCT"), (J + "91", "YBR_ICT"), (J + "201", "YBR_RCT")])
def test_photometric_interpretation_asks_for_the_transform(uid: str, told: str) -> None:
    array = ramp(40, 50, 3, dtype="u1", bits=8)
    for photometric, mct in ((told, True), ("RGB", False)):
        layout = PixelLayout(40, 50, 3, 8, 8, 7, False, False, photometric, 0, uid)
        encoded = codec_for(uid).encode(array, layout)
        stream = codestream.read(encoded)
        assert stream is not None
        assert stream.mct is mct
        frames = dicomet.dcmread(file_of(layout, [encoded])).frames
        off = np.abs(frames[0].astype(int) - array)
        assert off.max() == 0 if uid != J + "91" else off.mean() < 3
        assert not frames.findings


def test_htj2k_rpcl_is_by_resolution_down_to_a_small_one() -> None:
    """PS3.5 §10.18: RPCL, a lowest resolution of 64 at most, and tile-part lengths (TLM)."""
    for size in ((512, 300), (65, 20), (64, 64)):
        layout = layout_for(J + "202", *size, (16, 12, 0, 1))
        encoded = codec_for(J + "202").encode(ramp(*size), layout)
        stream = codestream.read(encoded)
        assert stream is not None
        assert stream.kind == "HTJ2K"
        assert b"\xff\x55" in encoded[: stream.header_nbytes]
        assert stream.progression == 2
        assert max(size) / 2**stream.levels <= 64


def test_ybr_is_stored_as_it_comes() -> None:
    array = ramp(32, 48, 3, dtype="u1", bits=8)
    layout = PixelLayout(32, 48, 3, 8, 8, 7, False, False, "YBR_FULL", 0, J + "50")
    encoded = codec_for(J + "50").encode(array, layout, quality=100, subsampling="444")
    frames = dicomet.dcmread(file_of(layout, [encoded])).frames
    assert np.abs(frames.read(raw=True)[0].astype(int) - array).max() <= 3


def test_bits_are_packed() -> None:
    bits = (ramp(13, 21) & 1).astype(np.uint8)
    for uid in (*NATIVE, "1.2.840.10008.1.2.1"):
        layout = PixelLayout(13, 21, 1, 1, 1, 0, False, False, "MONOCHROME2", 0, uid)
        out = np.empty_like(bits)
        codec_for(uid).decode(memoryview(codec_for(uid).encode(bits, layout)), layout, out, rgb=False)
        assert np.array_equal(out, bits)


def test_lossless_jpeg_of_two_chrominances() -> None:
    """The library's own lossless streams of YCbCr are damaged where chrominances differ much (libjpeg-turbo 3.1)."""
    told = PixelLayout(64, 64, 3, 8, 8, 7, photometric_interpretation="YBR_FULL", transfer_syntax=J + "70")
    array = np.full((64, 64, 3), (76, 85, 255), np.uint8)
    array[32:] = (10, 200, 3)
    out = np.empty_like(array)
    codec = codec_for(J + "70")
    done = codec.decode(memoryview(codec.encode(array, told)), told, out, rgb=False)
    assert done.photometric_interpretation == "YBR_FULL"
    assert not done.notes
    assert np.array_equal(out, array)


# -- other readers ---------------------------------------------------------------------------------

_DCMTK = {
    "1.2.840.10008.1.2.5": "dcmdrle",
    J + "57": "dcmdjpeg",
    J + "70": "dcmdjpeg",
    J + "50": "dcmdjpeg",
    J + "51": "dcmdjpeg",
    J + "80": "dcmdjpls",
    J + "81": "dcmdjpls",
}


@pytest.mark.skipif(shutil.which("dcmdjpls") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("depth", [(8, 8, 0, 1), (16, 12, 0, 1), (16, 16, 1, 1), (8, 8, 0, 3)], ids=str)
@pytest.mark.parametrize("uid", _DCMTK)
def test_dcmtk_decodes_what_we_encode(uid: str, depth: tuple[int, int, int, int], tmp_path: Path) -> None:
    try:
        data, arrays = encoded_file(uid, depth)
    except UnsupportedError:
        assert uid in LOSSY
        return
    source, target = tmp_path / "encoded.dcm", tmp_path / "native.dcm"
    source.write_bytes(data)
    subprocess.run([_DCMTK[uid], str(source), str(target)], check=True, capture_output=True)
    other = dicomet.dcmread(target).frames.read()
    assert np.array_equal(other, dicomet.dcmread(data).frames.read())
    if uid in LOSSLESS:
        assert np.array_equal(other, arrays)


def _by_gdcm(path: Path, like: np.ndarray) -> np.ndarray:
    gdcm = pytest.importorskip("gdcm", reason="python-gdcm is not installed")
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    change.SetInput(reader.GetImage())
    assert change.Change()
    buffer = change.GetOutput().GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, like.dtype).reshape(like.shape)


@pytest.mark.parametrize("depth", [(8, 8, 0, 1), (16, 12, 0, 1), (16, 16, 1, 1), (8, 8, 0, 3)], ids=str)
@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.5", J + "57", J + "70", J + "80", J + "90"])
def test_gdcm_decodes_what_we_encode(uid: str, depth: tuple[int, int, int, int], tmp_path: Path) -> None:
    data, arrays = encoded_file(uid, depth)
    path = tmp_path / "encoded.dcm"
    path.write_bytes(data)
    assert np.array_equal(_by_gdcm(path, arrays), arrays)
