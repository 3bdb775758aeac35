"""Headers of compressed frames, real and made: T.81 Annex B, T.87 Annex C, T.800 Annex A, ISO/IEC 18181-1."""

from __future__ import annotations

import mmap
import os
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from corpus import real_files

from dicomet._native.codestream import Codestream, begins, ends, read
from dicomet.errors import PixelDataError, SourceChanged

KINDS = {
    "1.2.840.10008.1.2.4.50": ("JPEG", 0),
    "1.2.840.10008.1.2.4.51": ("JPEG", 1),
    "1.2.840.10008.1.2.4.57": ("JPEG", 3),
    "1.2.840.10008.1.2.4.70": ("JPEG", 3),
    "1.2.840.10008.1.2.4.80": ("JPEG-LS", 55),
    "1.2.840.10008.1.2.4.81": ("JPEG-LS", 55),
    "1.2.840.10008.1.2.4.90": ("JPEG 2000", None),
    "1.2.840.10008.1.2.4.91": ("JPEG 2000", None),
}
LOSSLESS = {f"1.2.840.10008.1.2.4.{n}" for n in (57, 70, 80, 90)}

# What is odd about real files, and why.
WRONG_COLUMNS = {
    # bytes of a sequence delimiter were written over SIZ to test how frames are split
    "pydicom/test_files/JPEG2000-embedded-sequence-delimiter.dcm": 0xDDE00100
}
OTHER_PRECISION = {  # (in the codestream, Bits Stored)
    "pydicom/test_files/693_J2KI.dcm": (16, 14),  # Bits Stored is wrong
    "pydicom-data/693_J2KR.dcm": (14, 16),  # Bits Stored is wrong
    "pydicom-data/bad_sequence.dcm": (16, 12),  # coded as allocated
    "pydicom-data/emri_small_jpeg_2k_lossless.dcm": (16, 12),  # coded as allocated
    "pydicom-data/emri_small_jpeg_ls_lossless.dcm": (16, 12),  # coded as allocated
    "wg04/JPLY/RG2_JPLY": (12, 10),  # SOF1 has 8 and 12 bits only
    "wg04/JPLY/RG3_JPLY": (12, 10),
    "wg04/JPLY/XA1_JPLY": (12, 10),
}
OTHER_SIGN = {"pydicom/test_files/J2K_pixelrep_mismatch.dcm"}  # signed by Pixel Representation only
IN_BOXES = {"pydicom/test_files/GDCMJ2K_TextGBR.dcm"}
LOSSLESS_UNDER_ANY_SYNTAX = {"pydicom/test_files/693_J2KI.dcm", "pydicom/test_files/SC_rgb_gdcm_KY.dcm"}


@dataclass(frozen=True)
class Frame:
    """One frame of a real file, and what the data set says of it."""

    file: str
    syntax: str
    ds: Any
    data: bytes
    header: Codestream


@cache
def real_frames() -> tuple[Frame, ...]:
    return tuple(_frames())


def _frames() -> Iterator[Frame]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pydicom
        from pydicom.encaps import generate_frames

        for name, path in real_files().items():
            try:
                ds = pydicom.dcmread(path)
            except Exception:
                continue
            syntax = str(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", ""))
            if syntax not in KINDS or "PixelData" not in ds:
                continue
            n = int(ds.get("NumberOfFrames") or 1)
            for data in generate_frames(ds.PixelData, number_of_frames=n):
                header = read(data)
                assert header is not None, name
                yield Frame(name, syntax, ds, data, header)


def test_there_are_real_frames() -> None:
    assert len({frame.file for frame in real_frames()}) >= 37
    assert {frame.header.kind for frame in real_frames()} == {"JPEG", "JPEG-LS", "JPEG 2000"}


def test_real_headers_have_the_sizes_of_the_data_set() -> None:
    wrong = {}
    for frame in real_frames():
        assert (frame.header.rows, frame.header.samples) == (frame.ds.Rows, frame.ds.SamplesPerPixel), frame.file
        if frame.header.columns != frame.ds.Columns:
            wrong[frame.file] = frame.header.columns
    assert wrong == WRONG_COLUMNS


def test_real_headers_have_the_precision_of_the_data_set() -> None:
    for frame in real_frames():
        expected = (frame.ds.BitsStored, frame.ds.BitsStored)
        assert (frame.header.precision, frame.ds.BitsStored) == OTHER_PRECISION.get(frame.file, expected), frame.file
        assert frame.header.precision <= frame.ds.BitsAllocated
        if frame.header.kind == "JPEG 2000":
            assert (frame.header.is_signed != bool(frame.ds.PixelRepresentation)) == (frame.file in OTHER_SIGN)
        assert not frame.header.differs
        assert not frame.header.is_float


def test_real_headers_are_sound_and_of_the_transfer_syntax() -> None:
    for frame in real_frames():
        header = frame.header
        assert header.complete, frame.file
        assert (header.fault, header.fault_offset, header.fault_clause) == (None, None, None), frame.file
        assert (header.kind, header.sof) == KINDS[frame.syntax], frame.file
        assert header.lossless == (frame.syntax in LOSSLESS or frame.file in LOSSLESS_UNDER_ANY_SYNTAX), frame.file
        assert header.jp2 == (frame.file in IN_BOXES)
        assert (header.codestream_offset > 0) == header.jp2
        assert header.codestream_offset < header.header_nbytes < len(frame.data)


def test_real_frames_begin_and_end() -> None:
    for frame in real_frames():
        assert frame.header.eoi, frame.file
        assert begins(frame.data)
        assert ends(frame.data)
        assert not begins(frame.data[1:])
        assert not ends(frame.data[: frame.data.rindex(b"\xff\xd9")])


def test_real_frames_have_the_colours_of_the_data_set() -> None:
    for frame in real_frames():
        header, photometric = frame.header, frame.ds.PhotometricInterpretation
        assert header.mct == (photometric in ("YBR_RCT", "YBR_ICT")), frame.file
        if header.mct:
            assert header.lossless == (photometric == "YBR_RCT"), frame.file
        if header.component_ids == b"RGB":
            assert photometric == "RGB"
            assert header.adobe_transform == 0
        if header.jfif and header.samples == 3:
            assert photometric in ("YBR_FULL", "YBR_FULL_422"), frame.file
        if header.subsampled:
            assert photometric.startswith("YBR_FULL"), frame.file
            assert max(header.h) == 2


def test_pydicom_reads_the_same() -> None:
    from pydicom.pixels.utils import _get_jpg_parameters, get_j2k_parameters

    for frame in real_frames():
        header = frame.header
        if header.kind == "JPEG 2000":
            theirs = get_j2k_parameters(frame.data)
            assert theirs == {"jp2": header.jp2, "precision": header.precision, "is_signed": header.is_signed}
            continue
        theirs = _get_jpg_parameters(frame.data)
        assert theirs["precision"] == header.precision
        assert (theirs["height"], theirs["width"]) == (header.rows, header.columns)
        assert (theirs["components"], bytes(theirs["component_ids"])) == (header.samples, header.component_ids)
        assert theirs.get("interleave_mode", 0) == header.interleave
        assert theirs.get("lossy_error", 0) == header.near
        app = theirs.get("app", {})
        assert header.jfif == app.get(b"\xff\xe0", b"").startswith(b"JFIF\0")
        adobe = app.get(b"\xff\xee", b"")
        assert header.adobe_transform == (adobe[11] if len(adobe) >= 12 else None)


def made_image(rng: np.random.Generator, samples: int, dtype: str, bits: int) -> np.ndarray[Any, Any]:
    shape = (int(rng.integers(1, 70)), int(rng.integers(1, 70)))
    return rng.integers(0, 1 << bits, shape if samples == 1 else (*shape, samples)).astype(dtype)


def check_sizes(data: bytes, image: np.ndarray[Any, Any]) -> Codestream:
    header = read(data)
    assert header is not None
    assert (header.rows, header.columns) == image.shape[:2]
    assert header.samples == (1 if image.ndim == 2 else image.shape[2])
    assert header.complete
    assert header.fault is None
    assert header.eoi != (header.kind == "JPEG XL")
    assert begins(data)
    return header


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("samples", [1, 3])
def test_made_jpeg(seed: int, samples: int) -> None:
    rng = np.random.default_rng(seed)
    image = made_image(rng, samples, "u1", 8)
    for factors in ("444", "422", "420", "411"):
        header = check_sizes(imagecodecs.jpeg8_encode(image, subsampling=factors), image)
        assert (header.kind, header.sof, header.precision, header.lossless) == ("JPEG", 0, 8, False)
        assert header.subsampled == (samples == 3 and factors != "444")
        assert header.jfif
    for predictor in range(1, 8):
        header = check_sizes(imagecodecs.jpeg8_encode(image, lossless=True, predictor=predictor), image)
        assert (header.kind, header.sof, header.lossless) == ("JPEG", 3, True)
        assert header.predictor == predictor
    for bits in range(9, 17):
        image = made_image(rng, samples, "u2", bits)
        header = check_sizes(imagecodecs.jpeg8_encode(image, lossless=True, bitspersample=bits), image)
        assert (header.sof, header.precision) == (3, bits)


@pytest.mark.parametrize("seed", range(20))
def test_made_jpeg_ls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for samples in (1, 3):
        for dtype, bits in (("u1", 8), ("u2", 16)):
            for near in (0, 1, 5):
                image = made_image(rng, samples, dtype, bits)
                # noise may grow, beyond the encoder's own guess
                header = check_sizes(imagecodecs.jpegls_encode(image, level=near, out=4096 + 2 * image.nbytes), image)
                assert (header.kind, header.sof, header.precision) == ("JPEG-LS", 55, bits)
                assert (header.near, header.lossless) == (near, near == 0)
                assert header.scan_components == (1 if header.interleave == 0 else samples)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("codecformat", ["j2k", "jp2"])
def test_made_jpeg_2000(seed: int, codecformat: str) -> None:
    rng = np.random.default_rng(seed)
    for samples in (1, 3):
        for dtype, bits in (("u1", 8), ("i2", 15), ("u2", 16), ("u2", 11)):
            for reversible in (False, True):
                image = made_image(rng, samples, dtype, bits)
                options = {} if dtype == "i2" else {"bitspersample": bits}
                data = imagecodecs.jpeg2k_encode(
                    image, level=None if reversible else 90, codecformat=codecformat, reversible=reversible,
                    mct=bool(seed & 1), resolutions=3, **options,
                )  # fmt: skip
                header = check_sizes(data, image)
                assert (header.kind, header.sof, header.lossless) == ("JPEG 2000", None, reversible)
                assert header.precision == (16 if dtype == "i2" else bits)
                assert header.is_signed == (dtype == "i2")
                assert header.mct == (samples == 3 and bool(seed & 1))
                assert header.levels <= 2
                assert header.jp2 == (codecformat == "jp2")
                assert header.enumcs == ((17 if samples == 1 else 16) if header.jp2 else 0)
                assert data[header.codestream_offset :].startswith(b"\xff\x4f\xff\x51")


def test_decompositions_are_one_less_than_resolutions() -> None:
    for resolutions in range(1, 6):
        data = imagecodecs.jpeg2k_encode(np.zeros((512, 512), "u1"), codecformat="j2k", resolutions=resolutions)
        header = read(data)
        assert header is not None
        assert header.levels == resolutions - 1
        assert (header.layers, header.progression, header.tile_rows, header.tile_columns) == (1, 0, 512, 512)


@pytest.mark.parametrize("seed", range(10))
def test_made_high_throughput_jpeg_2000(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for samples in (1, 3):
        for dtype, bits in (("u1", 8), ("i2", 15), ("u2", 16)):
            for reversible in (False, True):
                image = made_image(rng, samples, dtype, bits)
                header = check_sizes(imagecodecs.htj2k_encode(image, reversible=reversible), image)
                assert (header.kind, header.lossless) == ("HTJ2K", reversible)
                assert header.is_signed == (dtype == "i2")
                assert header.precision == 8 * image.itemsize


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("container", [False, True])
def test_made_jpeg_xl(seed: int, container: bool) -> None:
    rng = np.random.default_rng(seed)
    for samples in (1, 3, 4):
        for dtype, bits in (("u1", 8), ("u2", 16), ("u2", 12), ("f4", 32)):
            for lossless in (False, True):
                image = made_image(rng, samples, dtype, bits)
                options = {} if dtype == "f4" else {"bitspersample": bits}
                data = imagecodecs.jpegxl_encode(
                    image, lossless=lossless, distance=None if lossless else 1.0, usecontainer=container,
                    effort=1, **options,
                )  # fmt: skip
                header = read(data)
                assert header is not None
                assert (header.kind, header.sof) == ("JPEG XL", None)
                assert (header.rows, header.columns) == image.shape[:2]
                assert header.samples + header.extra_channels == samples
                assert (header.precision, header.is_float) == (bits, dtype == "f4")
                assert header.jxl_container or not container
                assert header.lossless is (None if lossless else False)
                assert header.orientation == 1
                assert header.complete
                assert begins(data)


def test_recompressed_jpeg_is_told() -> None:
    image = np.zeros((33, 44, 3), "u1")
    header = read(imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(image)))
    assert header is not None
    assert (header.rows, header.columns, header.samples) == image.shape
    assert header.jxl_jpeg
    assert header.lossless is False
    assert not header.xyb


@cache
def made_streams() -> tuple[bytes, ...]:
    """One of each kind of header."""
    grey, colour = np.zeros((9, 11), "u1"), np.zeros((9, 11, 3), "u2")
    return (
        imagecodecs.jpeg8_encode(grey),
        imagecodecs.jpeg8_encode(colour.astype("u1"), subsampling="420"),
        imagecodecs.jpeg8_encode(grey, lossless=True),
        imagecodecs.jpegls_encode(colour),
        imagecodecs.jpeg2k_encode(grey, codecformat="j2k", reversible=True),
        imagecodecs.jpeg2k_encode(colour, codecformat="jp2", reversible=True),
        imagecodecs.htj2k_encode(colour),
        imagecodecs.jpegxl_encode(grey, lossless=True),
        imagecodecs.jpegxl_encode(colour, lossless=True, usecontainer=True),
        imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(grey)),
    )


def read_or_refuse(data: bytes) -> Codestream | None:
    """What is read of damaged bytes; a refusal must name a place inside them, and a clause."""
    refusal: PixelDataError | None = None
    header = None
    try:
        header = read(data)
    except PixelDataError as error:
        refusal = error
    if refusal is not None:
        assert refusal.offset is not None
        assert 0 <= refusal.offset <= len(data)
        assert refusal.clause
    if header is not None:
        assert header.columns > 0
        assert header.header_nbytes <= len(data)
        assert header.codestream_offset + header.codestream_nbytes <= len(data)
        assert header.complete or header.fault is not None
        assert (header.fault is None) == (header.fault_offset is None) == (header.fault_clause is None)
        repr(header)
    return header


@pytest.mark.parametrize("which", range(10))
def test_every_cut_of_a_header_is_told(which: int) -> None:
    data = made_streams()[which]
    whole = read(data)
    assert whole is not None
    for n in range(len(data)):
        header = read_or_refuse(data[:n])
        if header is not None:
            assert (header.rows, header.columns, header.kind) == (whole.rows, whole.columns, whole.kind) or (
                {header.kind, whole.kind} == {"JPEG 2000", "HTJ2K"} and header.columns == whole.columns
            )
            assert header.complete == (n >= whole.header_nbytes)
        assert n < whole.header_nbytes or header is not None


def test_flipped_bits_never_do_more_than_refuse() -> None:
    rng = random.Random(13)
    outcomes = set()
    for _ in range(5000):
        data = bytearray(rng.choice(made_streams())[:400])
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(min(len(data), 120))] ^= 1 << rng.randrange(8)
        header = read_or_refuse(bytes(data))
        outcomes.add(header is not None and header.fault)
    assert len(outcomes) > 8


def test_what_is_no_codestream_is_none() -> None:
    rle = b"\1\0\0\0\x40\0\0\0" + bytes(60)
    for data in (b"", b"\xff", b"\xff\xd8", bytes(1000), rle, bytes(65) + made_streams()[0]):
        assert read(data) is None
        assert not begins(data)


def test_a_refusal_names_place_and_clause() -> None:
    with pytest.raises(PixelDataError, match=r"^T\.81 Annex B: JPEG: no frame header at byte 3$") as caught:
        read(b"\0\xff\xd8\xff\xd9")
    assert (caught.value.offset, caught.value.clause) == (3, "T.81 Annex B")
    with pytest.raises(PixelDataError, match=r"T\.800 Annex I"):
        read(made_streams()[5][:60])


def test_streams_may_end_with_padding() -> None:
    for data in made_streams()[:7]:
        for padding in (b"", b"\0", b"\xff", b"\0" * 62, b"\xff\0\xff"):
            header = read(data + padding)
            assert header is not None
            assert header.eoi
            assert ends(data + padding)
        for behind in (b" ", b"\0" * 63):
            header = read(data + behind)
            assert header is not None
            assert not header.eoi or header.jp2
            assert not ends(data + behind)


def test_any_contiguous_buffer_will_do() -> None:
    data = made_streams()[0]
    for buffer in (bytearray(data), memoryview(data), np.frombuffer(data, "u1")):
        header = read(buffer)
        assert header is not None
        assert header.rows == 9
        assert begins(buffer)
        assert ends(buffer)
    with pytest.raises(BufferError):
        read(memoryview(data)[::2])
    for call in (read, begins, ends):
        with pytest.raises(TypeError):
            call("text")  # type: ignore[operator]


def test_headers_are_made_by_reading_only() -> None:
    with pytest.raises(TypeError):
        Codestream()
    header = read(made_streams()[0])
    with pytest.raises(AttributeError):
        header.rows = 3  # type: ignore[misc, union-attr]
    with pytest.raises(TypeError, match="pickled"):
        header.__reduce__()  # type: ignore[union-attr]
    assert repr(header) == "<JPEG SOF0: 9 x 11 x 1, 8 bits>"


def test_a_mapped_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "frame"
    data = made_streams()[0]
    path.write_bytes(data + bytes(3 * mmap.PAGESIZE))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        assert read(mapping) is not None
        os.truncate(path, 0)
        for call in (read, begins, ends):
            with pytest.raises(SourceChanged):
                call(mapping)
