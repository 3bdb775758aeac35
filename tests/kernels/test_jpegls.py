"""JPEG-LS decoded natively: equal to CharLS, whatever the stream; damage gives what is there. ITU-T T.87."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jpeglsmaker
import numpy as np
import pytest
from corpus import real_files

import dicomet
from dicomet import dcmread
from dicomet._native import codestream, jpegls
from dicomet.errors import PixelDataError, UnsupportedError

imagecodecs = pytest.importorskip("imagecodecs")

SHAPES = [(1, 1), (1, 9), (7, 1), (2, 2), (33, 70), (64, 64), (5, 300), (120, 41)]


def decode(encoded: bytes, shape: tuple[int, ...], nbytes: int) -> tuple[np.ndarray, int]:
    out = np.full(shape, 0x5A, f"u{nbytes}")
    samples = shape[2] if len(shape) > 2 else 1
    notes = jpegls.decode(encoded, out, rows=shape[0], columns=shape[1], samples=samples, sample_nbytes=nbytes)
    return out, notes


def picture(rng: np.random.Generator, shape: tuple[int, ...], most: int) -> np.ndarray:
    kind = rng.integers(4)
    if kind == 0:
        values = rng.integers(0, most + 1, shape)
    elif kind == 1:
        values = np.full(shape, rng.integers(0, most + 1))
    elif kind == 2:
        y, x = np.mgrid[: shape[0], : shape[1]]
        plane = (y * 3 + x * 5) * most // (3 * shape[0] + 5 * shape[1])
        values = plane if len(shape) == 2 else np.stack([plane] * shape[2], axis=-1)
        values = values + rng.integers(0, 4, shape)
    else:
        values = (rng.random(shape) < 0.1) * most
    return np.clip(values, 0, most).astype("u1" if most < 256 else "u2")


def streams() -> Iterator[tuple[bytes, np.ndarray, int]]:
    """Made by CharLS: (stream, samples, largest error)."""
    rng = np.random.default_rng(7)
    for number in range(600):
        shape: tuple[int, ...] = SHAPES[number % len(SHAPES)]
        bits = int(rng.choice([8, 16]))
        if rng.random() < 0.3:
            shape = (*shape, 3)
        image = picture(rng, shape, (1 << int(rng.integers(2, bits + 1))) - 1)
        near = int(rng.choice([0, 0, 1, 2, 5]))
        try:
            yield imagecodecs.jpegls_encode(image, level=near), image, near
        except imagecodecs.JpeglsError:  # small noisy images do not fit into its buffer
            continue


def test_streams_of_charls() -> None:
    count = 0
    for encoded, image, near in streams():
        count += 1
        out, notes = decode(encoded, image.shape, image.itemsize)
        assert notes == 0
        assert np.array_equal(out, imagecodecs.jpegls_decode(encoded).reshape(image.shape))
        if near == 0:
            assert np.array_equal(out, image)
    assert count > 400


def test_streams_by_the_letter() -> None:
    """Restart intervals, scans of unlike NEAR, every depth by sample, own parameters; CharLS is asked as well."""
    rng, asked = random.Random(11), 0
    for _ in range(400):
        made = jpeglsmaker.made(rng)
        image = np.stack([np.array(one) for one in made.components], axis=-1)
        out, notes = decode(made.encoded, image.shape, 1 if made.precision <= 8 else 2)
        assert notes == 0, made.told
        assert np.array_equal(out, image), made.told
        if made.is_plain:
            theirs = imagecodecs.jpegls_decode(made.encoded)
            if theirs.ndim == 3 and theirs.shape != image.shape:
                theirs = np.moveaxis(theirs, 0, -1)
            assert np.array_equal(theirs.reshape(image.shape), image), made.told
            asked += 1
    assert asked > 100


@pytest.mark.skipif(shutil.which("dcmcjpls") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("interleave", ["+il", "+is", "+in"])
@pytest.mark.parametrize("options", [[], ["+t1", "5", "+t2", "9", "+t3", "30", "+rs", "20"], ["+en", "+md", "3"]])
def test_every_interleave_and_parameters_of_its_own(interleave: str, options: list[str], tmp_path: Path) -> None:
    """Made by DCMTK's CharLS: one scan by line or by sample, or three scans; thresholds and RESET in an LSE segment."""
    rng = np.random.default_rng(4)
    image = np.clip(np.cumsum(rng.integers(-6, 7, (37, 53, 3)), axis=1) + 120, 0, 255).astype("u1")
    image[:9, 10:40] = 200  # runs, of all components and of some
    image[20:25, :, 1] = 7
    ds = dicomet.Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 37, 53, 8, 8, 7, 0
    ds.PixelData = image.tobytes()
    dicomet.dcmwrite(tmp_path / "in.dcm", ds, transfer_syntax="1.2.840.10008.1.2.1")
    if interleave == "+is" and "+rs" in options:  # nobody reads that, DCMTK itself included
        options = options[: options.index("+rs")]
    command = ["dcmcjpls", interleave, "+pc" if options else "+pr", *options, tmp_path / "in.dcm", tmp_path / "out.dcm"]
    subprocess.run(command, check=True, capture_output=True)
    encoded = bytes(dicomet.dcmread(tmp_path / "out.dcm").frames.raw(0))
    stream = codestream.read(encoded)
    assert stream is not None
    assert stream.interleave == {"+il": 1, "+is": 2, "+in": 0}[interleave]
    out, notes = decode(encoded, image.shape, 1)
    assert notes == 0
    assert np.abs(out.astype(int) - image).max() <= stream.near
    if stream.interleave:  # how the binding lays out scans of their own, it does not tell
        assert np.array_equal(out, imagecodecs.jpegls_decode(encoded))


@pytest.mark.parametrize("name", [name for name in real_files() if name.startswith("wg04/JLS")])
def test_wg04(name: str) -> None:
    encoded = bytes(dcmread(real_files()[name]).frames.raw(0))
    expected = imagecodecs.jpegls_decode(encoded)
    out, notes = decode(encoded, expected.shape, expected.itemsize)
    assert notes == 0
    assert np.array_equal(out, expected)


def test_damage_gives_a_result_or_an_error() -> None:
    rng = random.Random(3)
    made = [(encoded, image) for encoded, image, _ in streams()][:100]
    refused = 0
    for _ in range(5000):
        encoded, image = rng.choice(made)
        damaged = bytearray(encoded[: rng.randrange(len(encoded))] if rng.random() < 0.5 else encoded)
        for _ in range(rng.randrange(4)):
            if damaged:
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            decode(bytes(damaged), image.shape, image.itemsize)
        except (PixelDataError, UnsupportedError):
            refused += 1
    assert 0 < refused < 5000


def test_a_cut_scan_keeps_what_is_there() -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 64)).astype("u1")
    encoded = imagecodecs.jpegls_encode(image >> 3)
    out, notes = decode(encoded[: len(encoded) * 2 // 3], image.shape, 1)
    assert notes == jpegls.SHORT
    assert np.array_equal(out[:8], image[:8] >> 3)


def test_sizes_must_go_together() -> None:
    with pytest.raises(ValueError, match="out has"):
        jpegls.decode(b"", bytearray(5), rows=2, columns=2, samples=1, sample_nbytes=1)


def test_the_header_is_held_against_what_is_asked() -> None:
    encoded = imagecodecs.jpegls_encode(np.zeros((4, 4), "u1"))
    assert codestream.read(encoded) is not None
    with pytest.raises(PixelDataError, match="frame header"):
        decode(encoded, (4, 5), 1)


def test_import_stays_light() -> None:
    code = "import dicomet, sys; sys.exit('dicomet._native.jpegls' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_other_instructions_give_the_same() -> None:
    made = [(encoded, image) for encoded, image, _ in streams()][::3]
    found = [decode(encoded, image.shape, image.itemsize) for encoded, image in made]
    jpegls.force_portable(True)
    try:
        for (encoded, image), (out, notes) in zip(made, found, strict=True):
            again, notes_again = decode(encoded, image.shape, image.itemsize)
            assert np.array_equal(out, again)
            assert notes == notes_again == 0
    finally:
        jpegls.force_portable(False)
