"""Frames of the largest sizes that radiography has, from each encoder at hand: bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from dicomet._native import j2k, jpeg_lossless, jpegls

imagecodecs = pytest.importorskip("imagecodecs")

ROWS, COLUMNS = 3001, 4999


@pytest.fixture(scope="module", params=["u1", "u2"])
def image(request: pytest.FixtureRequest) -> np.ndarray:
    """A gradient with a flat half and noise of two strengths."""
    rng = np.random.default_rng(3)
    most = 255 if request.param == "u1" else 4095
    y, x = np.mgrid[:ROWS, :COLUMNS]
    values = (x + y) * most // (ROWS + COLUMNS)
    values[:, : COLUMNS // 3] = most // 2
    values[: ROWS // 2] += rng.integers(-2, 3, (ROWS // 2, COLUMNS))
    values[2000:2500] += rng.integers(-most // 8, most // 8, (500, COLUMNS))
    return np.clip(values, 0, most).astype(request.param)


@pytest.mark.parametrize("kind", ["JPEG Lossless", "JPEG-LS", "JPEG 2000"])
def test_large_frames(image: np.ndarray, kind: str) -> None:
    out = np.empty_like(image)
    layout = {"rows": ROWS, "columns": COLUMNS, "samples": 1, "sample_nbytes": image.itemsize}
    if kind == "JPEG Lossless":
        bits = 8 if image.itemsize == 1 else 12
        encoded = imagecodecs.jpeg8_encode(image, lossless=True, bitspersample=bits)
        notes = jpeg_lossless.decode(encoded, out, **layout)
    elif kind == "JPEG-LS":
        notes = jpegls.decode(imagecodecs.jpegls_encode(image), out, **layout)
    else:
        encoded = imagecodecs.jpeg2k_encode(image, level=0, reversible=True, codecformat="j2k")
        notes = j2k.decode(encoded, out, is_signed=False, threads=2, **layout)
    assert notes == 0
    assert np.array_equal(out, image)
