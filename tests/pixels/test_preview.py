"""Frames of JPEG 2000 at lower resolutions, and parts of them. T.800 Annex B."""

from __future__ import annotations

import numpy as np
import pytest
from corpus import real_file

from dicomet import dcmread
from dicomet.errors import UnsupportedError


def test_preview_of_a_real_frame() -> None:
    frames = dcmread(real_file("test_files/MR_small_jp2klossless.dcm")).frames
    whole = frames[0]
    assert np.array_equal(frames.preview(0), whole)
    assert np.array_equal(frames.preview(0, region=(5, 9, 20, 11), threads=2), whole[9:20, 5:25])
    half = frames.preview(0, reduce=1)
    assert half.shape == (32, 32)
    assert abs(half.mean() - whole.mean()) < 0.05 * abs(whole.mean())
    with pytest.raises(ValueError, match="region"):
        frames.preview(0, region=(60, 0, 20, 11))


def test_no_preview_of_other_frames() -> None:
    with pytest.raises(UnsupportedError, match="JPEG 2000"):
        dcmread(real_file("test_files/MR_small.dcm")).frames.preview(0)
