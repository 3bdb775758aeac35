"""The frame index beside a file: saved, loaded, refused where it does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from made import encapsulated, header, native, ramp
from test_frames import COLUMNS, ROWS, STACK, N, rle_frame

import dicomet
from dicomet.errors import PixelDataError, SourceChanged, UnsupportedError

RLE = "1.2.840.10008.1.2.5"


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A file without an offset table."""
    path = tmp_path / "slide.dcm"
    frames = [rle_frame(f) for f in STACK]
    path.write_bytes(encapsulated(header(ROWS, COLUMNS, frames=N), frames, RLE, table=None))
    return path


def test_a_saved_index_is_used_instead_of_a_walk(slide: Path) -> None:
    saved = dicomet.dcmread(slide).frames.save_index()
    assert saved == f"{slide}.frames"
    frames = dicomet.dcmread(slide).frames
    frames.load_index()
    assert len(frames) == N
    assert np.array_equal(frames.read(), STACK)
    assert frames.spans(3) == dicomet.dcmread(slide).frames.spans(3)


def test_an_index_may_lie_elsewhere(slide: Path, tmp_path: Path) -> None:
    where = tmp_path / "elsewhere" / "index"
    where.parent.mkdir()
    assert dicomet.dcmread(slide).frames.save_index(where) == str(where)
    frames = dicomet.dcmread(slide).frames
    frames.load_index(where)
    assert np.array_equal(frames[5], STACK[5])
    assert os.listdir(where.parent) == ["index"]


def test_an_index_of_another_file_is_refused(slide: Path) -> None:
    saved = Path(dicomet.dcmread(slide).frames.save_index())
    os.utime(slide, ns=(1, 1))
    with pytest.raises(SourceChanged):
        dicomet.dcmread(slide).frames.load_index()
    saved.write_bytes(b"")
    with pytest.raises(PixelDataError):
        dicomet.dcmread(slide).frames.load_index()


def test_every_changed_byte_of_an_index_is_noticed(slide: Path) -> None:
    saved = Path(dicomet.dcmread(slide).frames.save_index())
    data = saved.read_bytes()
    frames = dicomet.dcmread(slide).frames
    for i in range(0, len(data), 3):
        saved.write_bytes(data[:i] + bytes([data[i] ^ 0x40]) + data[i + 1 :])
        with pytest.raises(PixelDataError):
            frames.load_index()
    for n in range(0, len(data), 7):
        saved.write_bytes(data[:n])
        with pytest.raises(PixelDataError):
            frames.load_index()
    assert np.array_equal(frames.read(), STACK)


def test_a_table_of_the_file_can_be_saved_too(tmp_path: Path) -> None:
    path = tmp_path / "table.dcm"
    path.write_bytes(encapsulated(header(ROWS, COLUMNS, frames=N), [rle_frame(f) for f in STACK], RLE))
    dicomet.dcmread(path).frames.save_index()
    frames = dicomet.dcmread(path).frames
    frames.load_index()
    assert np.array_equal(frames.read(), STACK)


def test_native_frames_need_no_index(tmp_path: Path) -> None:
    path = tmp_path / "native.dcm"
    path.write_bytes(native(header(4, 4), ramp(4, 4).tobytes()))
    with pytest.raises(UnsupportedError):
        dicomet.dcmread(path).frames.save_index()


def test_a_buffer_has_no_place_of_its_own(slide: Path, tmp_path: Path) -> None:
    frames = dicomet.dcmread(slide.read_bytes()).frames
    with pytest.raises(ValueError, match="say where"):
        frames.save_index()
    frames.save_index(tmp_path / "index")
    frames.load_index(tmp_path / "index")
    assert np.array_equal(frames.read(), STACK)
