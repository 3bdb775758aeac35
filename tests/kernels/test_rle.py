"""RLE Lossless: the native decoder and encoder against references and other decoders. PS3.5 Annex G."""

from __future__ import annotations

import random
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import compressed_files, decompressed, real_files

from dicomet import dcmread
from dicomet._native import rle
from dicomet.errors import PixelDataError, SourceChanged

RLE_LOSSLESS = "1.2.840.10008.1.2.5"
WG04 = [name for name in real_files() if name.startswith("wg04/RLE/")]
PYDICOM = [name for name in real_files() if "rle" in name.lower() and not name.startswith("wg04/")]


def rle_frame(segments: list[bytes]) -> bytes:
    """A header with the offsets of these segments, and the segments."""
    offsets = [64]
    for segment in segments:
        offsets.append(offsets[-1] + len(segment))
    return struct.pack("<16I", len(segments), *(offsets[:-1] + [0] * 15)[:15]) + b"".join(segments)


def unpack_bits(segment: bytes) -> bytes:
    """The standard's decoder of a segment. PS3.5 §G.3.2."""
    out = bytearray()
    i = 0
    while i + 1 < len(segment):
        n = segment[i]
        if n < 128:
            out += segment[i + 1 : i + 2 + n]
            i += n + 2
        else:
            out += segment[i + 1 : i + 2] * (257 - n if n > 128 else 0)
            i += 2 if n > 128 else 1
    return bytes(out)


def decoded(frame: bytes, shape: tuple[int, ...], sample_nbytes: int) -> tuple[np.ndarray[Any, Any], int]:
    """Samples as bytes, shape (pixels, samples, sample_nbytes), and the notes."""
    out = np.full((*shape, sample_nbytes), 0xA5, "u1")
    notes = rle.decode(frame, out, samples=shape[-1], sample_nbytes=sample_nbytes)
    return out, notes


def frames_of(path: Path) -> tuple[Any, list[bytes]]:
    """The data set as pydicom reads it, and its encoded frames."""
    pydicom = pytest.importorskip("pydicom", reason="it takes the frames out of the files")
    from pydicom.encaps import generate_frames

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path)
        if ds.file_meta.get("TransferSyntaxUID") != RLE_LOSSLESS or "PixelData" not in ds:
            pytest.skip("not RLE Lossless")
        return ds, list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


def reference_of(name: str) -> bytes:
    """Pixel Data of WG-04's uncompressed file with the same image."""
    image = name.rsplit("/", 1)[1].split("_")[0]
    hits = [path for key, path in compressed_files().items() if key.rsplit("/", 1)[1].split("_")[0] == image]
    assert len(hits) == 1
    return bytes(dcmread(decompressed(hits[0])).PixelData)


@pytest.mark.parametrize("name", WG04)
def test_wg04_files_equal_their_references(name: str) -> None:
    ds, (frame,) = frames_of(real_files()[name])
    nbytes = ds.BitsAllocated // 8
    pixels, notes = decoded(frame, (ds.Rows, ds.Columns, ds.SamplesPerPixel), nbytes)
    assert notes == 0
    reference = np.frombuffer(reference_of(name), "u1")[: pixels.size].reshape(pixels.shape)
    assert np.array_equal(pixels, reference)


@pytest.mark.parametrize("name", PYDICOM)
def test_files_of_pydicom_equal_its_own_decoder(name: str) -> None:
    ds, frames = frames_of(real_files()[name])
    from pydicom.pixels.decoders.rle import _rle_decode_frame

    nbytes = ds.BitsAllocated // 8
    for frame in frames:
        pixels, notes = decoded(frame, (ds.Rows, ds.Columns, ds.SamplesPerPixel), nbytes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            planes = _rle_decode_frame(frame, ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.BitsAllocated, ">")
        want = np.frombuffer(planes, "u1").reshape(ds.SamplesPerPixel, ds.Rows, ds.Columns, nbytes)
        assert np.array_equal(pixels, want.transpose(1, 2, 0, 3))
        assert notes in (0, rle.LONG)


def images() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Noise, flat, and gradient, of shape (rows, columns, samples, bytes), in every layout that there is."""
    rng = np.random.default_rng(2026)
    for sample_nbytes in range(1, 9):
        for samples in range(1, 5):
            if samples * sample_nbytes > 15:
                continue
            for rows, columns in ((1, 1), (3, 129), (31, 257), (2, 4999)):
                shape = (rows, columns, samples, sample_nbytes)
                yield "noise", rng.integers(0, 256, shape, "u1")
                yield "flat", np.full(shape, 7, "u1")
                steps = np.arange(rows * columns, dtype="<u8")[:, None] * np.arange(3, 3 + samples, dtype="<u8")
                yield "gradient", steps.view("u1").reshape(rows, columns, samples, 8)[..., :sample_nbytes].copy()


def test_what_was_encoded_is_decoded() -> None:
    for kind, image in images():
        rows, columns, samples, sample_nbytes = image.shape
        frame = rle.encode(image, rows=rows, columns=columns, samples=samples, sample_nbytes=sample_nbytes)
        assert len(frame) % 2 == 0
        pixels, notes = decoded(frame, image.shape[:3], sample_nbytes)
        assert notes == 0
        assert np.array_equal(pixels, image), (kind, image.shape)
        if kind == "flat" and columns > 1:
            assert len(frame) < 64 + samples * sample_nbytes * (rows * 2 * (columns // 128 + 1) + 1)


def test_segments_are_most_significant_byte_first_and_rows_stand_alone() -> None:
    image = np.array([[[0x0102, 0x0304]], [[0x0102, 0x0506]]], "<u2")
    frame = rle.encode(image, rows=2, columns=1, samples=2, sample_nbytes=2)
    assert frame == rle_frame([b"\0\1\0\1", b"\0\2\0\2", b"\0\3\0\5", b"\0\4\0\6"])
    flat = rle.encode(bytes(300), rows=3, columns=100, samples=1, sample_nbytes=1)
    assert flat == rle_frame([b"\x9d\0" * 3])


def test_pydicom_decodes_what_was_encoded() -> None:
    pytest.importorskip("pydicom", reason="a second decoder")
    from pydicom.pixels.decoders.rle import _rle_decode_frame

    for _, image in images():
        rows, columns, samples, sample_nbytes = image.shape
        frame = rle.encode(image, rows=rows, columns=columns, samples=samples, sample_nbytes=sample_nbytes)
        planes = _rle_decode_frame(frame, rows, columns, samples, 8 * sample_nbytes, ">")
        want = np.frombuffer(planes, "u1").reshape(samples, rows, columns, sample_nbytes)
        assert np.array_equal(want.transpose(1, 2, 0, 3), image)


def test_pylibjpeg_decodes_what_was_encoded() -> None:
    other = pytest.importorskip("rle.rle", reason="a third decoder")
    for _, image in images():
        rows, columns, samples, sample_nbytes = image.shape
        if samples not in (1, 3) or sample_nbytes not in (1, 2, 4, 8):
            continue
        frame = rle.encode(image, rows=rows, columns=columns, samples=samples, sample_nbytes=sample_nbytes)
        planes = other.decode_frame(frame, rows * columns, 8 * sample_nbytes, "<")
        want = np.frombuffer(planes, "u1").reshape(samples, rows, columns, sample_nbytes)
        assert np.array_equal(want.transpose(1, 2, 0, 3), image)


@pytest.mark.parametrize("name", WG04)
def test_real_images_become_no_larger_than_they_were(name: str) -> None:
    ds, (frame,) = frames_of(real_files()[name])
    shape = (ds.Rows, ds.Columns, ds.SamplesPerPixel)
    pixels, _ = decoded(frame, shape, ds.BitsAllocated // 8)
    layout = {"rows": shape[0], "columns": shape[1], "samples": shape[2], "sample_nbytes": ds.BitsAllocated // 8}
    encoded = rle.encode(pixels, **layout)
    assert len(encoded) <= 1.01 * len(frame)
    assert np.array_equal(decoded(encoded, shape, ds.BitsAllocated // 8)[0], pixels)


def test_no_operation_is_skipped() -> None:
    pixels, notes = decoded(rle_frame([b"\x80" * 1000 + b"\x01ab" + b"\x80\xffc" + b"\0"]), (4, 1), 1)
    assert pixels.tobytes() == b"abcc"
    assert notes == 0


@pytest.mark.parametrize(
    ("segments", "note"),
    [
        ([b"\x03abcd"], 0),
        ([b"\x03abcd\0"], 0),
        ([b"\x03abcd\0\0"], rle.LONG),
        ([b"\x04abcde"], rle.LONG),
        ([b"\xfca"], rle.LONG),
        ([b"\x02abc"], rle.SHORT),
        ([b"\x03abc"], rle.SHORT),
        ([b"\xfd"], rle.SHORT),
        ([b""], rle.SHORT),
        ([b"\x03abcd", b"\x03abcd"], rle.EXTRA_SEGMENTS),
        ([b"\x01ab", b""], rle.EXTRA_SEGMENTS | rle.SHORT),
    ],
)
def test_deviations_are_noted_and_missing_bytes_are_zero(segments: list[bytes], note: int) -> None:
    pixels, notes = decoded(rle_frame(segments), (4, 1), 1)
    assert notes == note
    assert pixels.tobytes() == unpack_bits(segments[0])[:4].ljust(4, b"\0")


def test_offsets_that_do_not_ascend_are_noted() -> None:
    frame = struct.pack("<16I", 2, 68, 64, *[0] * 13) + b"\x01ab\0" + b"\x01cd\0"
    pixels, notes = decoded(frame, (2, 1), 2)
    assert pixels.tobytes() == b"acbd"
    assert notes == rle.ORDER | rle.LONG  # the second goes on to the end of the frame


def with_number(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + struct.pack("<I", value) + frame[at + 4 :]


SOUND = rle_frame([b"\x01ab\0", b"\x01cd\0"])


@pytest.mark.parametrize(
    ("frame", "offset"),
    [
        (b"", 0),
        (SOUND[:63], 0),
        (with_number(SOUND, 0, 0), 0),
        (with_number(SOUND, 0, 1), 0),
        (with_number(SOUND, 4, 63), 4),
        (with_number(SOUND, 8, 0), 8),
        (with_number(SOUND, 8, len(SOUND) + 1), 8),
        (with_number(SOUND, 8, 0xFFFFFFFF), 8),
    ],
)
def test_headers_that_do_not_go_with_the_layout_are_refused(frame: bytes, offset: int) -> None:
    out = bytearray(b"\xa5" * 4)
    with pytest.raises(PixelDataError) as caught:
        rle.decode(frame, out, samples=1, sample_nbytes=2)
    assert caught.value.clause == "PS3.5 §G.5"
    assert caught.value.offset == offset
    assert out == b"\xa5" * 4


def test_a_pixel_has_15_bytes_at_most() -> None:
    with pytest.raises(PixelDataError):
        rle.decode(with_number(SOUND, 0, 16), bytearray(16), samples=2, sample_nbytes=8)
    with pytest.raises(ValueError, match="no such frames"):
        rle.encode(bytes(16), rows=1, columns=1, samples=2, sample_nbytes=8)


def test_arguments_that_do_not_go_together_are_refused() -> None:
    for samples, sample_nbytes, nbytes in ((0, 1, 4), (1, 0, 4), (1, 9, 9), (3, 1, 4), (0xFFFFFFFF, 8, 4)):
        with pytest.raises(ValueError, match="samples of"):
            rle.decode(SOUND, bytearray(nbytes), samples=samples, sample_nbytes=sample_nbytes)
    with pytest.raises(BufferError):
        rle.decode(SOUND, bytes(4), samples=1, sample_nbytes=2)
    with pytest.raises(TypeError):
        rle.decode("text", bytearray(4), samples=1, sample_nbytes=2)  # type: ignore[arg-type]
    with pytest.raises((ValueError, BufferError)):
        rle.decode(SOUND, np.zeros((2, 4), "u1")[:, ::2], samples=1, sample_nbytes=2)
    for rows, columns in ((0, 4), (4, 0), (3, 1), (0xFFFFFFFF, 0xFFFFFFFF)):
        with pytest.raises(ValueError, match="rows of"):
            rle.encode(bytes(4), rows=rows, columns=columns, samples=1, sample_nbytes=1)
    with pytest.raises(OverflowError):
        rle.encode(bytes(4), rows=-1, columns=4, samples=1, sample_nbytes=1)


def outcome(frame: bytes, nbytes: int, samples: int, sample_nbytes: int, fill: int) -> bytes | str:
    """The samples and notes, or the message of the error; out is filled before."""
    out = bytearray([fill]) * nbytes
    try:
        notes = rle.decode(frame, out, samples=samples, sample_nbytes=sample_nbytes)
    except PixelDataError as error:
        assert out == bytearray([fill]) * nbytes
        return str(error)
    return bytes(out) + bytes([notes])


def small_frame() -> tuple[bytes, int]:
    rng = np.random.default_rng(4)
    image = np.repeat(rng.integers(0, 256, (8, 9, 3, 2), "u1"), 5, axis=1)
    return rle.encode(image, rows=8, columns=45, samples=3, sample_nbytes=2), image.size


def test_every_truncation_gives_an_error_or_every_byte() -> None:
    frame, nbytes = small_frame()
    for n in range(len(frame)):
        first = outcome(frame[:n], nbytes, 3, 2, 0x00)
        assert first == outcome(frame[:n], nbytes, 3, 2, 0xFF)
        assert n >= 64 or isinstance(first, str)


def test_flipped_bits_give_an_error_or_every_byte() -> None:
    frame, nbytes = small_frame()
    rng = random.Random(2026)
    for _ in range(2000):
        damaged = bytearray(frame)
        for _ in range(rng.choice((1, 1, 4))):
            at = rng.randrange(68 if rng.random() < 0.3 else len(frame))
            damaged[at] ^= 1 << rng.randrange(8)
        assert outcome(bytes(damaged), nbytes, 3, 2, 0x00) == outcome(bytes(damaged), nbytes, 3, 2, 0xFF)


def test_a_file_that_shrinks_under_its_mapping_is_an_error(tmp_path: Path) -> None:
    import mmap

    image = np.random.default_rng(1).integers(0, 256, 1 << 16, "u1")
    layout = {"rows": 256, "columns": 256, "samples": 1, "sample_nbytes": 1}
    path = tmp_path / "frame"
    path.write_bytes(rle.encode(image, **layout))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        file.truncate(8192)
        with pytest.raises(SourceChanged):
            rle.decode(mapped, bytearray(1 << 16), samples=1, sample_nbytes=1)
        with pytest.raises(SourceChanged):
            rle.encode(memoryview(mapped)[: 1 << 16], **layout)
        file.truncate(0)
        with pytest.raises(SourceChanged):
            rle.decode(mapped, bytearray(1 << 16), samples=1, sample_nbytes=1)
