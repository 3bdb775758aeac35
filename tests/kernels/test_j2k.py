"""JPEG 2000 decoded natively: equal to OpenJPEG, lossy within 1; damage gives what is there. ITU-T T.800."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import j2kedits
import j2kstreams
import numpy as np
import pytest
from corpus import real_files

from dicomet import dcmread
from dicomet._native import codestream, j2k
from dicomet.errors import PixelDataError, UnsupportedError

imagecodecs = pytest.importorskip("imagecodecs")

SHAPES = [(1, 1), (1, 9), (7, 1), (2, 3), (33, 70), (64, 64), (130, 41), (200, 150)]


def decode(encoded: bytes, shape: tuple[int, ...], dtype: Any, **options: Any) -> tuple[np.ndarray, int]:
    out = np.full(shape, 0x5A, dtype)
    samples = shape[2] if len(shape) > 2 else 1
    notes = j2k.decode(
        encoded,
        out.view(f"u{out.itemsize}"),
        rows=shape[0],
        columns=shape[1],
        samples=samples,
        sample_nbytes=out.itemsize,
        is_signed=out.dtype.kind == "i",
        **options,
    )
    return out, notes


def streams() -> Iterator[tuple[bytes, np.ndarray, bool]]:
    """Made by OpenJPEG: (stream, samples, whether reversible)."""
    rng = np.random.default_rng(11)
    for number in range(300):
        shape: tuple[int, ...] = SHAPES[number % len(SHAPES)]
        bits = int(rng.integers(2, 17))
        if rng.random() < 0.3:
            shape = (*shape, 3)
        most = (1 << bits) - 1
        smooth = np.cumsum(rng.normal(0, most / 200, shape), axis=1) + most / 2
        image = rng.integers(0, most + 1, shape) if rng.random() < 0.4 else np.clip(smooth, 0, most)
        image = image.astype("u1" if bits <= 8 else "u2")
        reversible = bool(rng.random() < 0.6)
        options: dict[str, Any] = {}
        if len(shape) == 3:
            options["mct"] = bool(rng.random() < 0.5)
        encoded = imagecodecs.jpeg2k_encode(
            image,
            level=0 if reversible else 45,
            codecformat="J2K",
            reversible=reversible,
            bitspersample=bits,
            resolutions=int(rng.integers(1, 7)),
            numthreads=1,
            **options,
        )
        yield encoded, image, reversible


def tolerance(dtype: Any) -> int:
    """Of irreversible streams: OpenJPEG's 2 / K is 3e-5 too small, which is more than rounding in 16 bits (F.3.8.2)."""
    return 1 if np.dtype(dtype).itemsize == 1 else 4


def test_streams_of_openjpeg() -> None:
    count = 0
    for encoded, image, reversible in streams():
        count += 1
        expected = imagecodecs.jpeg2k_decode(encoded, numthreads=1).reshape(image.shape)
        out, notes = decode(encoded, image.shape, expected.dtype)
        assert notes == 0
        if reversible:
            assert np.array_equal(out, expected)
            assert np.array_equal(out, image)
        else:
            assert np.abs(out.astype(int) - expected).max() <= (1 if image.max() < 1 << 13 else tolerance(image.dtype))
        assert np.array_equal(decode(encoded, image.shape, expected.dtype, threads=3)[0], out)
    assert count == 300


def reduced_shape(stream: Any, shape: tuple[int, ...], reduce: int) -> tuple[int, ...]:
    """B-15"""
    rows = -(-(stream.y_offset + stream.rows) >> reduce) - -(-stream.y_offset >> reduce)
    columns = -(-(stream.x_offset + stream.columns) >> reduce) - -(-stream.x_offset >> reduce)
    return (rows, columns, *shape[2:])


@pytest.mark.skipif(not j2kstreams.HAS_TOOLS, reason="OpenJPEG's command line is not installed")
def test_streams_of_every_shape(tmp_path: Path) -> None:
    """Offsets, tiles, tile-parts, precincts, layers, POC, SOP, EPH, block styles: as OpenJPEG decodes them."""
    lossless, compared, reduced = 0, 0, 0
    for number, made in enumerate(j2kstreams.made_streams(tmp_path, 260)):
        out, notes = decode(made.encoded, made.image.shape, made.image.dtype)
        try:
            expected = imagecodecs.jpeg2k_decode(made.encoded, numthreads=1).reshape(out.shape).astype(int)
        except imagecodecs.Jpeg2kError:  # it refuses some of its own: empty tiles in tile-parts
            continue
        compared += 1
        if notes:  # with tile-parts it leaves packets out that its own headers promise
            assert "-TP" in made.options, made.options
        if made.reversible and np.array_equal(expected, made.image):
            lossless += 1
            assert np.array_equal(out, made.image), made.options
        bound = 1 if made.reversible else tolerance(out.dtype)
        assert np.abs(out.astype(int) - expected).max() <= bound, made.options
        assert np.array_equal(decode(made.encoded, out.shape, out.dtype, threads=2)[0], out), made.options
        stream = codestream.read(made.encoded)
        if number % 3 or stream is None or stream.precision % 8:
            continue
        reduce = 1 + number % max(1, stream.levels)
        shape = reduced_shape(stream, out.shape, reduce)
        theirs = j2kstreams.decompressed(tmp_path, made.encoded, reduce=reduce) if reduce <= stream.levels else None
        if theirs is None or min(shape[:2]) < 1:
            continue
        ours = decode(made.encoded, shape, out.dtype, reduce=reduce)[0].astype(int)
        if ours.size * out.itemsize != theirs.size:  # Debian's version rounds sizes of offset images otherwise
            continue
        reduced += 1
        planes = theirs.view(out.dtype).reshape(*shape[2:], *shape[:2])
        theirs_there = np.moveaxis(planes, 0, -1) if len(shape) == 3 else planes
        assert np.abs(ours - theirs_there).max() <= bound, made.options
    assert lossless > 90
    assert compared > 170
    assert reduced > 20


@pytest.mark.skipif(not j2kstreams.HAS_TOOLS, reason="OpenJPEG's command line is not installed")
def test_fewer_layers_are_those_of_openjpeg(tmp_path: Path) -> None:
    compared = 0
    for made in j2kstreams.made_streams(tmp_path, 60, seed=9):
        if made.image.dtype != np.uint8 or "-TP" in made.options or made.layers == 1:
            continue
        for layers in range(1, made.layers):
            theirs = j2kstreams.decompressed(tmp_path, made.encoded, layers=layers)
            if theirs is None or theirs.size != made.image.size:
                continue
            ours = decode(made.encoded, made.image.shape, "u1", layers=layers)[0].astype(int)
            planes = np.moveaxis(ours, -1, 0) if ours.ndim == 3 else ours
            assert np.abs(planes.ravel() - theirs).max() <= 1, made.options
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("name", [name for name in real_files() if name.startswith("wg04/J2K")])
def test_wg04(name: str) -> None:
    encoded = bytes(dcmread(real_files()[name]).frames.raw(0))
    expected = imagecodecs.jpeg2k_decode(encoded, numthreads=1)
    out, notes = decode(encoded, expected.shape, expected.dtype)
    stream = codestream.read(encoded)
    assert stream is not None
    assert notes == 0
    assert np.abs(out.astype(int) - expected).max() <= (0 if stream.lossless else 1)


def test_a_region_is_cut_out_of_the_whole() -> None:
    image = np.random.default_rng(2).integers(0, 4096, (200, 150)).astype("u2")
    encoded = imagecodecs.jpeg2k_encode(
        image, level=0, codecformat="J2K", reversible=True, bitspersample=12, numthreads=1
    )
    for x, y, width, height in ((0, 0, 150, 200), (10, 20, 5, 6), (60, 40, 70, 120), (149, 199, 1, 1)):
        out, notes = decode(encoded, (height, width), "u2", region=(x, y))
        assert notes == 0
        assert np.array_equal(out, image[y : y + height, x : x + width])


def test_a_reduced_flat_image_is_flat() -> None:
    image = np.full((100, 70), 1234, "u2")
    encoded = imagecodecs.jpeg2k_encode(
        image, level=0, codecformat="J2K", reversible=True, bitspersample=12, resolutions=6, numthreads=1
    )
    stream = codestream.read(encoded)
    assert stream is not None
    for reduce in range(stream.levels + 1):
        shape = (-(-100 >> reduce), -(-70 >> reduce))
        assert (decode(encoded, shape, "u2", reduce=reduce)[0] == 1234).all()
    with pytest.raises(PixelDataError, match="resolution"):
        decode(encoded, (1, 1), "u2", reduce=9)


def test_damage_gives_a_result_or_an_error() -> None:
    rng = random.Random(5)
    made = [(encoded, image) for encoded, image, _ in streams() if image.size < 10000]
    refused = 0
    for _ in range(5000):
        encoded, image = rng.choice(made)
        damaged = bytearray(encoded[: rng.randrange(len(encoded))] if rng.random() < 0.5 else encoded)
        for _ in range(rng.randrange(4)):
            if damaged:
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            decode(bytes(damaged), image.shape, image.dtype)
        except (PixelDataError, UnsupportedError):
            refused += 1
    assert 0 < refused < 5000


def test_other_instructions_give_the_same() -> None:
    made = [(encoded, image) for encoded, image, _ in streams()][::3]
    found = [decode(encoded, image.shape, image.dtype) for encoded, image in made]
    j2k.force_portable(True)
    try:
        for (encoded, image), (out, notes) in zip(made, found, strict=True):
            again, notes_again = decode(encoded, image.shape, image.dtype)
            assert np.array_equal(out, again)
            assert notes == notes_again == 0
    finally:
        j2k.force_portable(False)


@pytest.mark.skipif(not j2kstreams.HAS_TOOLS, reason="OpenJPEG's command line is not installed")
def test_the_same_image_told_otherwise(tmp_path: Path) -> None:
    """Packed packet headers, tile-parts among those of others, COC and QCC, styles in tile-parts: nothing changes."""
    rng = random.Random(8)
    counts = dict.fromkeys(("PPM", "PPT", "shuffled", "narrowed", "of_tiles"), 0)
    for made in j2kstreams.made_streams(tmp_path, 150, seed=21):
        if "-POC" in made.options:
            continue
        out, notes = decode(made.encoded, made.image.shape, made.image.dtype)
        samples = made.image.shape[2] if made.image.ndim == 3 else 1
        others = {
            "shuffled": j2kedits.shuffled(made.encoded, rng),
            "narrowed": j2kedits.narrowed(made.encoded, samples),
            "of_tiles": j2kedits.of_tiles(made.encoded),
        }
        if "-SOP" in made.options and "-EPH" in made.options:
            others["PPM"] = j2kedits.packed(made.encoded, j2kedits.PPM, rng)
            others["PPT"] = j2kedits.packed(made.encoded, j2kedits.PPT, rng)
        for name, encoded in others.items():
            again, notes_again = decode(encoded, made.image.shape, made.image.dtype)
            assert np.array_equal(out, again), (name, made.options)
            assert notes_again == notes, (name, made.options)
            counts[name] += 1
    assert min(counts.values()) > 15, counts


@pytest.mark.skipif(not j2kstreams.HAS_TOOLS, reason="OpenJPEG's command line is not installed")
def test_components_that_differ(tmp_path: Path) -> None:
    """COC and QCC: levels, blocks, precincts, styles and wavelets of each component its own."""
    rng, count = random.Random(5), 0
    for _ in range(100):
        apart = j2kstreams.components_apart(tmp_path, rng)
        if len(apart) < 2:
            continue
        stream = codestream.read(apart[0])
        shape, kind = (stream.rows, stream.columns), f"u{1 if stream.precision <= 8 else 2}"
        planes = [decode(one, shape, np.dtype(kind))[0] for one in apart]
        encoded = j2kedits.together(apart)
        out, notes = decode(encoded, (*shape, len(apart)), np.dtype(kind))
        assert notes == 0
        assert np.array_equal(out, np.stack(planes, axis=-1))
        theirs = imagecodecs.jpeg2k_decode(encoded).reshape(out.shape).astype(int)
        assert np.abs(theirs - out).max() <= 1
        count += 1
    assert count > 60
