"""Pixels of every real file equal those of the best peer: pydicom with its plugins, else DCMTK. PS3.5 §8, Annex A.

Where results differ, the tables below name the file and the reason. A difference that is not listed fails, and so
does a listed one that is no longer there.
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import compressed_files, decompressed, has_shared, real_files

import dicomet
from dicomet._native import codestream
from dicomet.errors import DicomError, InvalidDicomError, PixelDataError

pytest.importorskip("pylibjpeg", reason="pydicom decodes little without its plugins")

# pydicom's plugins refuse the 12-bit DCT processes: its SOS tells a spectral range that they take for an error. DCMTK,
# which is asked instead, gives the same pixels as we do, to the bit.
ONLY_DCMTK = frozenset(
    ["pydicom/test_files/JPEG-lossy.dcm"]
    + [f"wg04/JPLY/{name}_JPLY" for name in ("MG1", "MR1", "MR2", "MR3", "MR4", "NM1", "RG2", "RG3", "SC1", "XA1")]
)

# Largest difference of a sample, where lossy decoders may round otherwise.
ROUNDING = {
    "pydicom/test_files/JPGExtended.dcm": (1, "another inverse DCT in pydicom's plugin; DCMTK's equals ours"),
}

# What pydicom does not read, and we do.
ONLY_OURS = {
    "pydicom/test_files/MR_truncated.dcm": "cut short: what is there is given, with a finding",
    "pydicom/test_files/badVR.dcm": "a Number of Frames that is no number is as good as none",
    "pydicom-data/OT-PAL-8-face.dcm": "no Transfer Syntax UID: read as it is encoded",
    "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm": "fragments without a delimiter at the end",
}

# What nobody reads.
BROKEN = {
    "pydicom/test_files/JPEG2000-embedded-sequence-delimiter.dcm": "a delimiter was written over the SIZ segment",
    "pydicom/test_files/meta_missing_tsyntax.dcm": "no Rows",
    "pydicom/test_files/nested_priv_SQ.dcm": "no Rows",
}

needs_dcmtk = pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="DCMTK is not installed")


@cache
def files_with_pixels() -> dict[str, Path]:
    """Real files with a pixel element."""
    found = {}
    for name, path in real_files().items():
        try:
            ds = dicomet.dcmread(path)
        except InvalidDicomError:
            continue
        if any(keyword in ds for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            found[name] = path
    return found


def theirs(path: Path) -> np.ndarray:
    """pydicom's array; raises what it raises."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True).pixel_array


def by_dcmtk(path: Path, tmp_path: Path) -> np.ndarray:
    """The file decompressed by DCMTK, as the decoder left the samples: unused bits included."""
    output = tmp_path / "native.dcm"
    subprocess.run(["dcmdjpeg", str(path), str(output)], check=True, capture_output=True)
    ds = dicomet.dcmread(output)
    assert not ds.file_meta.TransferSyntaxUID.is_encapsulated
    frames = np.stack([ds.frames.view(i) for i in range(len(ds.frames))])
    return frames[0] if len(frames) == 1 else frames


def params(names: Any) -> Any:
    return pytest.mark.parametrize("name", sorted(names))


_OTHERS = files_with_pixels().keys() - ONLY_DCMTK - ONLY_OURS.keys() - BROKEN.keys()


def is_irreversible(path: Any) -> bool:
    """Whether the first frame is JPEG 2000 by the 9/7 transform."""
    ds = dicomet.dcmread(path)
    if not ds.file_meta.TransferSyntaxUID.is_encapsulated:
        return False
    stream = codestream.read(ds.frames.raw(0))
    return stream is not None and stream.kind == "JPEG 2000" and not stream.lossless


@params(_OTHERS)
def test_pixels_equal_pydicoms(name: str) -> None:
    path = files_with_pixels()[name]
    mine = dicomet.dcmread(path).pixel_array
    other = theirs(path)
    assert mine.shape == other.shape
    assert mine.dtype == other.dtype.newbyteorder("=")
    assert mine.flags.writeable
    if name in ROUNDING:
        off = np.abs(mine.astype(np.int64) - other)
        assert 0 < off.max() <= ROUNDING[name][0]
    elif is_irreversible(path):  # floating-point arithmetic, which T.800 leaves to the decoder (Annex E, F)
        assert np.abs(mine.astype(np.int64) - other).max() <= 1
    else:
        assert np.array_equal(mine, other)


@params(_OTHERS)
def test_frames_equal_the_whole_array(name: str) -> None:
    """One by one and by workers: the same pixels as pixel_array has."""
    ds = dicomet.dcmread(files_with_pixels()[name])
    whole = ds.pixel_array if len(ds.frames) > 1 else ds.pixel_array[None]
    frames = ds.frames
    told = frames.layout.photometric_interpretation
    if told == "PALETTE COLOR" and frames.palette is not None:
        coloured = frames.palette.apply(whole)
        assert np.array_equal(frames.read(), coloured)
        assert np.array_equal(frames[-1], coloured[-1])
        assert np.array_equal(frames.read(raw=True), whole)
        return
    assert np.array_equal(frames[-1], whole[-1])
    if len(frames) > 1:
        assert np.array_equal(frames.read(workers=2), whole)
        assert all(np.array_equal(a, b) for a, b in zip(frames.iter(workers=2), whole, strict=True))


@needs_dcmtk
@params(ONLY_DCMTK & files_with_pixels().keys())
def test_twelve_bit_jpeg_equals_dcmtk(name: str, tmp_path: Path) -> None:
    """Where a lossy stream has more bits than Bits Stored and overshoots them, as in RG3, we clip: white stays white.
    DCMTK leaves such samples as they are, for readers to cut bits off. PS3.5 §8.1.1 says nothing of samples that do
    not fit."""
    path = files_with_pixels()[name]
    ds = dicomet.dcmread(path)
    theirs = by_dcmtk(path, tmp_path)
    top = (1 << ds.BitsStored) - 1
    assert np.array_equal(ds.pixel_array, np.minimum(theirs, top))
    assert (theirs > top).any() == name.endswith("RG3_JPLY")


def _is_jpeg(path: Path) -> bool:
    syntax = dicomet.dcmread(path).file_meta.get("TransferSyntaxUID", "")
    return syntax in [f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70)]


# Its element lengths are damaged, which DCMTK does not read through.
_NOT_FOR_DCMTK = {"pydicom/test_files/SC_rgb_jpeg.dcm"}


@needs_dcmtk
@params({n for n, p in files_with_pixels().items() if _is_jpeg(p)} - ONLY_DCMTK - _NOT_FOR_DCMTK)
def test_jpeg_equals_dcmtk_colours_included(name: str, tmp_path: Path) -> None:
    path = files_with_pixels()[name]
    assert np.array_equal(dicomet.dcmread(path).pixel_array, by_dcmtk(path, tmp_path))


@params(ONLY_OURS)
def test_what_only_we_read_is_right(name: str) -> None:
    path = files_with_pixels()[name]
    with pytest.raises((ValueError, AttributeError)):
        theirs(path)
    ds = dicomet.dcmread(path)
    mine = ds.pixel_array
    if name.endswith("MR_truncated.dcm"):
        whole = dicomet.dcmread(files_with_pixels()["pydicom/test_files/MR_small.dcm"]).pixel_array
        there = ds["PixelData"].length // 2
        assert np.array_equal(mine.reshape(-1)[:there], whole.reshape(-1)[:there])
        assert not mine.reshape(-1)[there:].any()
        assert "frame_cut" in {f.code for f in ds.findings}
    elif name.endswith("too_short.dcm"):
        whole = dicomet.dcmread(files_with_pixels()["pydicom-data/emri_small_jpeg_2k_lossless.dcm"]).pixel_array
        assert np.array_equal(mine, whole)
        assert "fragments_end" in {f.code for f in ds.frames.findings}
    else:
        assert mine.nbytes == ds["PixelData"].length


@params(BROKEN)
def test_what_nobody_reads_is_refused(name: str) -> None:
    path = files_with_pixels()[name]
    with pytest.raises((RuntimeError, AttributeError, ValueError)):
        theirs(path)
    with pytest.raises(DicomError):
        _ = dicomet.dcmread(path).pixel_array


needs_shared = pytest.mark.skipif(not has_shared(), reason="WG-04's samples are not beside the project")


def references() -> dict[str, np.ndarray]:
    """WG-04's uncompressed images by the first part of their names."""
    return {
        name.split("/")[1].split("_")[0]: dicomet.dcmread(decompressed(path)).pixel_array
        for name, path in compressed_files().items()
    }


@needs_shared
@pytest.mark.parametrize("folder", ["JPLL", "JLSL", "J2KR", "RLE"])
def test_lossless_samples_equal_the_reference(folder: str) -> None:
    compared = 0
    for image, reference in references().items():
        path = real_files().get(f"wg04/{folder}/{image}_{folder}")
        if path is None:
            continue
        mine = dicomet.dcmread(path).pixel_array
        assert mine.dtype == reference.dtype
        assert np.array_equal(mine, reference), path.name
        compared += 1
    assert compared >= 9


@needs_shared
def test_near_lossless_samples_are_as_near_as_they_say() -> None:
    """T.87 §A.4: no sample is off by more than NEAR."""
    compared = 0
    for image, reference in references().items():
        path = real_files().get(f"wg04/JLSN/{image}_JLSN")
        if path is None:
            continue
        frames = dicomet.dcmread(path).frames
        stream = codestream.read(frames.raw(0))
        assert stream is not None
        assert np.abs(frames[0].astype(np.int64) - reference).max() <= stream.near
        compared += 1
    assert compared >= 9


@needs_shared
@pytest.mark.parametrize("folder", ["JPLY", "J2KI"])
def test_lossy_samples_are_near_the_reference(folder: str) -> None:
    """No decoder gives the reference back; a wrong one is off by far more than these images are."""
    compared = 0
    for image, reference in references().items():
        path = real_files().get(f"wg04/{folder}/{image}_{folder}")
        if path is None:
            continue
        mine = dicomet.dcmread(path).pixel_array.astype(np.float64)
        spread = float(reference.max()) - float(reference.min())
        assert np.sqrt(np.mean((mine - reference) ** 2)) < 0.03 * spread, path.name
        compared += 1
    assert compared >= 9


def test_the_delimiter_in_a_stream_is_no_delimiter() -> None:
    """PS3.5 §A.4: fragments are found by their lengths."""
    name = "pydicom/test_files/JPEG2000-embedded-sequence-delimiter.dcm"
    frames = dicomet.dcmread(real_files()[name]).frames
    assert len(frames) == 1
    with pytest.raises(PixelDataError, match="3722445056") as caught:
        frames[0]
    assert caught.value.offset == frames.spans(0)[0][0]
