"""Lossless JPEG: the native decoder against made streams, real files and libjpeg-turbo. ITU-T T.81 Annex H."""

from __future__ import annotations

import mmap
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import real_files
from jpegmaker import Table, made_stream, made_table, segment

from dicomet import dcmread
from dicomet._native import codestream, jpeg_lossless
from dicomet.errors import InvalidDicomError, PixelDataError, SourceChanged
from dicomet.pixels.jpeg import is_native

imagecodecs = pytest.importorskip("imagecodecs")

LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
RGB = {"colorspace": "RGB", "outcolorspace": "RGB"}


def decoded(encoded: bytes, shape: tuple[int, ...], nbytes: int) -> tuple[np.ndarray, int]:
    """Samples of shape (rows, columns, samples), and the notes."""
    out = np.full(shape, 0xA5, f"u{nbytes}")
    rows, columns, samples = shape
    notes = jpeg_lossless.decode(encoded, out, rows=rows, columns=columns, samples=samples, sample_nbytes=nbytes)
    return out, notes


def by_library(encoded: bytes) -> np.ndarray:
    """What libjpeg-turbo makes of it, of shape (rows, columns, samples)."""
    stream = codestream.read(encoded)
    assert stream is not None
    array: np.ndarray = imagecodecs.jpeg8_decode(encoded, **(RGB if stream.samples == 3 else {}))
    return array.reshape(stream.rows, stream.columns, stream.samples)


def made_image(rng: np.random.Generator, shape: tuple[int, int, int], precision: int) -> np.ndarray:
    """Noise, steps, a flat field with specks, or a narrow distribution."""
    most, kind = (1 << precision) - 1, rng.integers(4)
    if kind == 0:
        image = rng.integers(0, most + 1, shape)
    elif kind == 1:
        image = np.cumsum(rng.integers(-3, 4, shape), axis=1) & most
    elif kind == 2:
        image = int(rng.integers(most + 1)) + (rng.random(shape) < 0.02)
    else:
        image = rng.normal(most / 2, max(1, most / 64), shape).astype(int)
    return np.clip(image, 0, most).astype("u1" if precision <= 8 else "u2")


# -- sound streams -----------------------------------------------------------------------------------------


def _lossless_files() -> list[str]:
    found = []
    for name, path in real_files().items():
        try:
            ds = dcmread(path)
        except InvalidDicomError:
            continue
        if ds.file_meta.get("TransferSyntaxUID") in LOSSLESS and "PixelData" in ds:
            found.append(name)
    return found


@pytest.mark.parametrize("name", _lossless_files())
def test_real_files_equal_the_library(name: str) -> None:
    frames = dcmread(real_files()[name]).frames
    for number in range(min(len(frames), 4)):
        encoded = bytes(frames.raw(number))
        stream = codestream.read(encoded)
        assert stream is not None
        if not is_native(stream):
            assert stream.sof != 3  # a lossy stream under the lossless syntax
            continue
        want = by_library(encoded)
        got, notes = decoded(encoded, want.shape, want.itemsize)
        assert notes == 0
        assert np.array_equal(got, want)


def test_what_the_library_encodes_is_decoded() -> None:
    rng = np.random.default_rng(2026)
    for case in range(2500):
        precision, predictor, samples = int(rng.integers(2, 17)), int(rng.integers(1, 8)), int(rng.choice([1, 1, 3]))
        size = (120, 333) if case % 100 == 0 else (int(rng.integers(1, 50)), int(rng.integers(1, 80)))
        image = made_image(rng, (*size, samples), precision)
        options: dict[str, Any] = RGB if samples == 3 else {}
        encoded = imagecodecs.jpeg8_encode(
            image if samples == 3 else image[..., 0],
            lossless=True,
            predictor=predictor,
            bitspersample=precision,
            **options,
        )
        got, notes = decoded(encoded, image.shape, image.itemsize)
        assert notes == 0, case
        assert np.array_equal(got, image), (case, precision, predictor)
        assert np.array_equal(got, by_library(encoded))


def made_case(seed: int) -> tuple[np.ndarray, bytes]:
    """An image and a stream of it, with everything that a header may say chosen at random."""
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    precision = draw.randint(2, 16)
    shape = (draw.randint(1, 12), draw.randint(1, 30), draw.randint(1, 4))
    image = made_image(rng, shape, precision)
    if draw.random() < 0.5:
        tables = [made_table(draw, draw.random() < 0.5)] * shape[2]
    else:
        tables = [made_table(draw, draw.random() < 0.5) for _ in range(shape[2])]
    components = list(range(shape[2]))
    cut = draw.randint(1, shape[2])
    encoded = made_stream(
        image,
        tables,
        precision=precision,
        predictor=draw.randint(1, 7),
        point_transform=draw.choice([0, 0, draw.randrange(precision)]),
        interval_rows=draw.choice([0, 0, 1, 3]),
        scans=draw.choice([[components], [[k] for k in components], [components[:cut], components[cut:] or [0]]])
        if cut < shape[2]
        else [components],
        dnl=draw.random() < 0.1,
        eoi=draw.random() < 0.8,
    )
    return image, encoded


def test_streams_of_every_kind() -> None:
    """Tables that differ, long codes, scans of some components, restart intervals, point transforms, DNL."""
    for seed in range(600):
        image, encoded = made_case(seed)
        stream = codestream.read(encoded)
        assert stream is not None
        assert is_native(stream)
        shift = stream.point_transform
        got, notes = decoded(encoded + bytes(seed % 3), image.shape, image.itemsize)
        assert notes == 0, seed
        assert np.array_equal(got, image >> shift << shift), seed


def test_the_library_agrees_about_made_streams() -> None:
    """As far as it goes: it takes no DNL."""
    compared = 0
    for seed in range(200):
        image, encoded = made_case(seed)
        stream = codestream.read(encoded)
        assert stream is not None
        if image.shape[2] in (1, 3) and not stream.dnl and stream.eoi:
            assert np.array_equal(decoded(encoded, image.shape, image.itemsize)[0], by_library(encoded)), seed
            compared += 1
    assert compared > 50


def test_two_decoders_give_what_one_gives() -> None:
    """Streams long enough to be decoded in two places, with codes that hardly synchronise among them."""
    flat = Table(bytes((0, 0, 0, 0, 17)) + bytes(11), bytes(range(17)))  # all codes of one length
    for seed, table in enumerate([flat, *(made_table(random.Random(seed), seed % 2 == 0) for seed in range(4))]):
        image = made_image(np.random.default_rng(seed), (40, 250, 1), 12)
        got, notes = decoded(made_stream(image, [table], precision=12), image.shape, 2)
        assert notes == 0
        assert np.array_equal(got, image), seed


def test_samples_of_8_bits_may_go_to_16() -> None:
    image = made_image(np.random.default_rng(1), (9, 14, 3), 8)
    encoded = made_stream(image, [made_table(random.Random(1))] * 3, precision=8)
    got, _ = decoded(encoded, image.shape, 2)
    assert np.array_equal(got, image)


def test_a_difference_of_32768_has_no_bits_behind_its_code() -> None:
    image = np.array([[[0], [32768], [0]], [[65535], [32767], [65535]]], "u2")
    got, notes = decoded(made_stream(image, [made_table(random.Random(2))], precision=16), image.shape, 2)
    assert notes == 0
    assert np.array_equal(got, image)


def test_threads_have_decoders_of_their_own() -> None:
    """With other tables and sizes from frame to frame."""
    cases = [made_case(seed) for seed in range(40)]

    def right(number: int) -> bool:
        image, encoded = cases[number % len(cases)]
        shift = codestream.read(encoded).point_transform  # type: ignore[union-attr]
        return np.array_equal(decoded(encoded, image.shape, image.itemsize)[0], image >> shift << shift)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(right, range(1200)))


# -- damaged streams ---------------------------------------------------------------------------------------


def test_streams_cut_anywhere_give_the_lines_that_are_there() -> None:
    image = made_image(np.random.default_rng(7), (30, 60, 1), 12)
    encoded = made_stream(image, [made_table(random.Random(7))], precision=12, predictor=4)
    start = codestream.read(encoded).header_nbytes  # type: ignore[union-attr]
    lines = []
    for nbytes in range(len(encoded) - 1):
        if nbytes < start:
            with pytest.raises(PixelDataError) as refused:
                decoded(encoded[:nbytes], image.shape, 2)
            assert refused.value.offset is not None
            continue
        got, notes = decoded(encoded[:nbytes], image.shape, 2)
        whole = np.array_equal(got, image)
        assert notes == (0 if whole else jpeg_lossless.SHORT)
        lines.append(int((got == image).all((1, 2)).cumprod().sum()))
    assert lines == sorted(lines)
    assert lines[0] == 0
    assert lines[-1] == len(image)


def test_a_damaged_interval_leaves_the_next_ones_alone() -> None:
    image = made_image(np.random.default_rng(8), (12, 40, 1), 8)
    encoded = made_stream(image, [made_table(random.Random(8))], precision=8, interval_rows=4)
    second = encoded.index(b"\xff\xd0") + 2
    third = encoded.index(b"\xff\xd1")
    got, notes = decoded(encoded[: second + 5] + encoded[third:], image.shape, 1)
    assert notes == jpeg_lossless.SHORT
    assert np.array_equal(got[:4], image[:4])
    assert np.array_equal(got[8:], image[8:])


def test_flipped_bits_end_in_samples_or_an_error() -> None:
    draw = random.Random(9)
    read = refused = 0
    for case in range(3000):
        image, encoded = made_case(case % 60)
        damaged = bytearray(encoded)
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(2, len(damaged))] ^= 1 << draw.randrange(8)
        try:
            decoded(bytes(damaged), image.shape, image.itemsize)
            read += 1
        except PixelDataError:
            refused += 1
    assert min(read, refused) > 300


def test_a_component_without_a_scan_is_0() -> None:
    image = made_image(np.random.default_rng(3), (5, 6, 3), 8)
    encoded = made_stream(image, [made_table(random.Random(3))] * 3, precision=8, scans=[[0], [2]])
    got, notes = decoded(encoded, image.shape, 1)
    assert notes == jpeg_lossless.SHORT
    assert np.array_equal(got[..., ::2], image[..., ::2])
    assert not got[..., 1].any()


def test_headers_that_cannot_be_are_refused() -> None:
    image = made_image(np.random.default_rng(4), (4, 5, 1), 8)
    table = made_table(random.Random(4))
    sound = made_stream(image, [table], precision=8)
    dht, sof = sound.index(b"\xff\xc4"), sound.index(b"\xff\xc3")
    for damaged, why in {
        sound[:dht] + sound[dht + 4 + 34 :]: "Huffman table is missing",
        sound[: dht + 5] + b"\x03" + sound[dht + 6 :]: "cannot be one",
        sound[: dht + 21] + b"\x11" + sound[dht + 22 :]: "cannot be one",
        sound[:sof] + sound[dht:]: "frame header",
        sound[: dht + 10]: "ends within",
        b"\xff\xd8\xff\xd9": "no scan",
        sound.replace(b"\xff\xc3", b"\xff\xc0", 1): "frame header",
        sound.replace(b"\xff\xc3", segment(0xDD, b"\0\7") + b"\xff\xc3", 1): "whole number of lines",
    }.items():
        with pytest.raises(PixelDataError, match=why):
            decoded(damaged, image.shape, 1)
    with pytest.raises(PixelDataError, match="another image"):
        decoded(sound, (4, 6, 1), 1)
    with pytest.raises(ValueError, match="no such frames"):
        decoded(sound, (4, 5, 5), 1)
    with pytest.raises(ValueError, match="out has 20 bytes"):
        jpeg_lossless.decode(sound, bytearray(20), rows=4, columns=6, samples=1, sample_nbytes=1)


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    image = np.random.default_rng(5).integers(0, 65536, (512, 512), "u2")
    path = tmp_path / "frame"
    path.write_bytes(imagecodecs.jpeg8_encode(image, lossless=True, predictor=1, bitspersample=16))
    out = np.empty(image.shape, "u2")
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        file.truncate(8192)
        for _ in range(2):
            with pytest.raises(SourceChanged):
                jpeg_lossless.decode(mapped, out, rows=512, columns=512, samples=1, sample_nbytes=2)


# -- who decodes -------------------------------------------------------------------------------------------


def test_what_is_not_covered_goes_to_the_library() -> None:
    image = made_image(np.random.default_rng(6), (4, 6, 1), 8)
    sound = made_stream(image, [made_table(random.Random(6))], precision=8)
    for encoded, native in {
        sound: True,
        made_stream(image, [made_table(random.Random(6))], precision=8, sampling=0x22): True,
        sound.replace(b"\xff\xc3", segment(0xDD, b"\0\7") + b"\xff\xc3", 1): False,
        imagecodecs.jpeg8_encode(image[..., 0]): False,
    }.items():
        stream = codestream.read(encoded)
        assert stream is not None
        assert is_native(stream) is native
