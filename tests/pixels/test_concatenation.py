"""Images that were split over several instances, as one. PS3.3 §C.7.6.16.2.2.4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from slides import J2K, corners, cut, full, image, place, random_matrix, sparse, written

from dicomet import Dataset, dcmread
from dicomet.errors import PixelDataError
from dicomet.pixels.concatenation import Concatenation

UID = "1.2.9"
TILE = (32, 24)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def part(frames: list[np.ndarray], number: int, total: int, offset: int | None, **elements: Any) -> Any:
    """One part of a concatenation."""
    return image(
        frames, **{
            "SOPInstanceUID": f"1.2.3.{number}", "ConcatenationUID": UID, "InConcatenationNumber": number,
            "InConcatenationTotalNumber": total, "ConcatenationFrameOffsetNumber": offset, **elements,
        },
    )  # fmt: skip


def read(ds: Any) -> Dataset:
    return dcmread(written(ds))


STACK = [random_matrix(rng(k), 20, 30, dtype="u2") for k in range(10)]
SPLIT = ((0, 4), (4, 7), (7, 10))


def parts(**elements: Any) -> list[Dataset]:
    return [read(part(STACK[a:b], k + 1, 3, a, **elements)) for k, (a, b) in enumerate(SPLIT)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 1, 2, 0, 0)])
def test_parts_in_any_order_are_one_stack(order: tuple[int, ...]) -> None:
    whole = parts()
    frames = Concatenation.of([whole[k] for k in order])
    assert len(frames) == 10
    assert frames.shape == (10, 20, 30)
    assert frames.dtype == np.uint16
    assert frames.is_complete
    assert not frames.findings
    assert not frames.missing
    for k in range(-10, 10):
        assert np.array_equal(frames[k], STACK[k])
    assert np.array_equal(frames[2:9:3], np.stack(STACK[2:9:3]))
    for workers in (None, 1, 3):
        assert np.array_equal(frames.read(workers=workers), np.stack(STACK))
        assert all(np.array_equal(a, b) for a, b in zip(frames.iter(workers=workers), STACK, strict=True))
    assert np.array_equal(frames.read([8, 1]), np.stack([STACK[8], STACK[1]]))
    assert [one.InConcatenationNumber for one in frames.parts] == [1, 2, 3]
    assert all(np.array_equal(a, b) for a, b in zip(frames, STACK, strict=True))
    with pytest.raises(IndexError):
        frames[10]


def test_bytes_and_places_come_with_the_file_that_they_are_in(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.dcm" for k in range(3)]
    for k, (a, b) in enumerate(SPLIT):
        paths[k].write_bytes(written(part(STACK[a:b], k + 1, 3, a)))
    opened = [dcmread(path) for path in paths]
    frames = Concatenation.of(opened)
    ((path, offset, nbytes),) = frames.spans(5)
    assert path == str(paths[1])
    assert paths[1].read_bytes()[offset : offset + nbytes] == STACK[5].tobytes() == bytes(frames.raw(5))
    assert np.array_equal(frames.view(5), STACK[5])
    there, number = frames.part_of(5)
    assert (len(there), number) == (3, 1)
    for ds in opened:
        ds.close()


def test_out_is_filled_or_refused() -> None:
    frames = Concatenation.of(parts())
    out = np.empty((2, 20, 30), "u2")
    assert frames.read([9, 0], out) is out
    assert np.array_equal(out, np.stack([STACK[9], STACK[0]]))
    with pytest.raises(ValueError, match="out must be"):
        frames.read([9], out)


def test_frames_of_a_missing_part_have_numbers_and_errors() -> None:
    whole = parts()
    frames = Concatenation.of([whole[2], whole[0]])
    assert len(frames) == 10
    assert frames.missing == [range(4, 7)]
    assert not frames.is_complete
    assert [finding.code for finding in frames.findings] == ["concatenation_missing"]
    assert np.array_equal(frames[7], STACK[7])
    assert np.array_equal(frames.read([0, 9]), np.stack([STACK[0], STACK[9]]))
    for k in (4, 6):
        with pytest.raises(PixelDataError, match="missing"):
            frames[k]
    for ask in (frames.read, lambda: frames.read([3, 4]), lambda: list(frames), lambda: frames.raw(5)):
        with pytest.raises(PixelDataError, match="missing"):
            ask()
    first = Concatenation.of([whole[1]])
    assert (len(first), first.missing) == (7, [range(4)])
    assert np.array_equal(first[4], STACK[4])


def test_a_last_part_that_is_missing_is_found_out_by_the_total() -> None:
    whole = parts()
    frames = Concatenation.of(whole[:2])
    assert len(frames) == 7
    assert [finding.code for finding in frames.findings] == ["concatenation_missing"]


@pytest.mark.parametrize("offset", [None, 0])
def test_without_sound_offsets_parts_follow_their_numbers(offset: int | None) -> None:
    whole = [read(part(STACK[a:b], k + 1, 3, offset)) for k, (a, b) in enumerate(SPLIT)]
    frames = Concatenation.of(whole[::-1])
    assert np.array_equal(frames.read(), np.stack(STACK))
    assert [finding.code for finding in frames.findings] == ["concatenation_order"]


def test_an_offset_that_cannot_be_takes_no_memory() -> None:
    whole = parts()
    whole[2].ConcatenationFrameOffsetNumber = 2**32 - 1
    with pytest.raises(PixelDataError, match="Offset Number 4294967295"):
        Concatenation.of(whole)
    whole[2].ConcatenationFrameOffsetNumber = 1_000_000
    frames = Concatenation.of(whole)
    assert len(frames) == 1_000_003
    assert np.array_equal(frames[-1], STACK[9])
    with pytest.raises(PixelDataError, match="missing"):
        frames.read()


def test_what_is_no_concatenation() -> None:
    whole = parts()
    with pytest.raises(ValueError, match="at least one"):
        Concatenation.of([])
    other = read(image(STACK[:2]))
    with pytest.raises(ValueError, match="concatenations"):
        Concatenation.of([whole[0], other])
    assert np.array_equal(Concatenation.of([other]).read(), np.stack(STACK[:2]))
    smaller = read(part([frame[:10] for frame in STACK[4:7]], 2, 3, 4))
    with pytest.raises(PixelDataError, match="differ"):
        Concatenation.of([whole[0], smaller])


# -- tiles -----------------------------------------------------------------------------------------

MATRIX = random_matrix(rng(50), 2, 1, 100, 50)
TILES = [cut(path[0], x, y, TILE) for path in MATRIX for x, y in corners(path[0], TILE)]  # 24
CUTS = ((0, 5), (5, 17), (17, 24))


def full_parts() -> list[Dataset]:
    """A full matrix, cut inside rows of tiles and inside paths."""
    found = []
    for k, (a, b) in enumerate(CUTS):
        ds = full(MATRIX, TILE)
        of_part = part(TILES[a:b], k + 1, 3, a)
        for element in of_part:
            ds[element.tag] = element
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        found.append(read(ds))
    return found


def sparse_parts() -> list[Dataset]:
    found = []
    every = [(k, x, y) for k in range(2) for x, y in corners(MATRIX[0, 0], TILE)]
    for number, (a, b) in enumerate(CUTS):
        places = [place(x, y, path=f"path{k}") for k, x, y in every[a:b]]
        about = {
            "SOPInstanceUID": f"1.2.3.{number}", "ConcatenationUID": UID, "InConcatenationNumber": number + 1,
            "InConcatenationTotalNumber": 3, "ConcatenationFrameOffsetNumber": a,
        }  # fmt: skip
        found.append(read(sparse(TILES[a:b], places, (100, 50), J2K, npaths=2, **about)))
    return found


@pytest.mark.parametrize("make", [full_parts, sparse_parts])
def test_tiles_reach_over_all_parts(make: Any) -> None:
    frames = Concatenation.of(make()[::-1])
    assert frames.tiles.optical_paths == ("path0", "path1")
    for path in range(2):
        for workers in (None, 2):
            found = frames.read_region(-3, 7, 60, 100, optical_path=path, workers=workers)
            assert np.array_equal(found, cut(MATRIX[path, 0], -3, 7, (100, 60)))
    assert not frames.findings
    assert frames.tiles.position_of(17) == (48, 32)


@pytest.mark.parametrize("make", [full_parts, sparse_parts])
def test_a_part_alone_has_its_own_tiles_only(make: Any) -> None:
    frames = make()[1].frames
    expected = [MATRIX[0, 0].copy(), MATRIX[1, 0].copy()]
    expected[0][:32] = 0
    expected[0][32:64, :48] = 0
    expected[1][32:64, 48:] = 0
    expected[1][64:] = 0
    for path in range(2):
        found = frames.read_region(0, 0, 50, 100, optical_path=path)
        if path == 0:
            assert np.array_equal(found, expected[0])
        else:
            assert np.array_equal(found, expected[1])
    assert frames.tiles.position_of(0) == (48, 32)
    assert not frames.findings


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_tiles_of_a_missing_part_are_an_error_and_others_are_not(gone: int) -> None:
    whole = full_parts()
    del whole[gone]
    frames = Concatenation.of(whole)
    assert len(frames) == 24
    assert frames.missing == [range(*CUTS[gone])]
    n = frames.tiles.ncolumns * frames.tiles.nrows
    for frame in range(24):
        x, y = frames.tiles.position_of(frame) or (0, 0)
        if frame in range(*CUTS[gone]):
            with pytest.raises(PixelDataError, match="missing"):
                frames.read_region(x, y, 1, 1, optical_path=frame // n)
        else:
            found = frames.read_region(x, y, 24, 32, optical_path=frame // n)
            assert np.array_equal(found, cut(MATRIX[frame // n, 0], x, y, TILE))
