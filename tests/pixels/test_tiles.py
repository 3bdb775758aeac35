"""The total pixel matrix of tiled images against arrays that are cut by hand. PS3.3 §C.7.6.17.3, §C.8.12.14."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from slides import (
    EXPLICIT,
    J2K,
    JPEG,
    corners,
    cut,
    dataset,
    encode,
    full,
    image,
    matrix_elements,
    place,
    random_matrix,
    sparse,
    written,
)

from dicomet import dcmread
from dicomet.errors import DicomError, LimitError, PixelDataError, UnsupportedError
from dicomet.pixels.frames import Frames
from dicomet.pixels.region import Region
from dicomet.pixels.tiles import Tiles

TILE = (32, 24)  # rows, columns


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def frames_of(ds: Any) -> Frames:
    return dcmread(written(ds)).frames


def tiles_of(ds: Any) -> Tiles:
    return frames_of(ds).tiles


def regions(seed: int, height: int, width: int, n: int = 40) -> list[tuple[int, int, int, int]]:
    """Rectangles that lie in the matrix, across its edges, or outside."""
    random = rng(seed)
    found = [(0, 0, width, height), (-7, -9, width + 20, height + 20), (width, height, 3, 4), (-50, 3, 20, 20)]
    for _ in range(n):
        x, y = int(random.integers(-30, width + 10)), int(random.integers(-30, height + 10))
        found.append((x, y, int(random.integers(1, width + 20)), int(random.integers(1, height + 20))))
    return found


def sparse_of(matrix: np.ndarray, keep: list[tuple[int, int]], **options: Any) -> Any:
    """Tiles of a matrix at these corners, in this order."""
    frames = [cut(matrix, x, y, TILE, 99) for x, y in keep]
    return sparse(frames, [place(x, y) for x, y in keep], matrix.shape[:2], **options)


# -- full ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("samples", [(), (3,)], ids=["grey", "rgb"])
@pytest.mark.parametrize("syntax", [EXPLICIT, J2K])
def test_a_region_of_a_full_matrix_is_a_slice_of_it(syntax: str, samples: tuple[int, ...], dtype: str) -> None:
    matrix = random_matrix(rng(), 1, 1, 100, 130, *samples, dtype=dtype)
    frames = frames_of(full(matrix, TILE, syntax, pad=7))
    assert frames.tiles.organization == "TILED_FULL"
    assert (frames.tiles.total_columns, frames.tiles.total_rows) == (130, 100)
    assert (frames.tiles.ncolumns, frames.tiles.nrows) == (6, 4)
    for number, (x, y, width, height) in enumerate(regions(1, 100, 130, 20)):
        found = frames.read_region(x, y, width, height, workers=number % 4)
        assert found.dtype == dtype
        assert np.array_equal(found, cut(matrix[0, 0], x, y, (height, width)))
    assert not frames.findings


def test_jpeg_tiles_are_decoded_to_rgb_once_each() -> None:
    y, x = np.mgrid[0:100, 0:130]
    matrix = np.stack([x, y, x + y], axis=-1).astype("u1")
    frames = frames_of(full(matrix[None, None], TILE, JPEG))
    whole = np.empty((100, 130, 3), "u1")
    for frame, (left, top) in enumerate(corners(matrix, TILE)):
        whole[top : top + TILE[0], left : left + TILE[1]] = frames[frame][: 100 - top, : 130 - left]
    assert np.abs(whole[:96, :120].astype(int) - matrix[:96, :120]).max() < 20
    for left, top, width, height in regions(2, 100, 130, 10):
        assert np.array_equal(
            frames.read_region(left, top, width, height, workers=2), cut(whole, left, top, (height, width))
        )
    stored = frames.read_region(0, 0, 130, 96, raw=True)
    assert np.array_equal(stored[:32, :24], next(frames.iter([0], raw=True)))
    assert not np.array_equal(stored, whole[:96])


def test_frames_go_along_rows_columns_planes_and_paths_last() -> None:
    matrix = random_matrix(rng(3), 3, 2, 70, 50, dtype="u2")
    frames = frames_of(full(matrix, TILE))
    tiles = frames.tiles
    assert tiles.optical_paths == ("path0", "path1", "path2")
    assert tiles.focal_planes == (0.0, 0.005)
    n = tiles.ncolumns * tiles.nrows
    assert [tiles.channel_of(k * n) for k in range(6)] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    for path in range(3):
        for plane in range(2):
            for key in (path, f"path{path}", path - 3):
                found = frames.read_region(-3, 5, 60, 60, optical_path=key, focal_plane=plane)
                assert np.array_equal(found, cut(matrix[path, plane], -3, 5, (60, 60)))
    assert np.array_equal(frames.read_region(0, 0, 50, 70), matrix[0, 0])
    for wrong in (3, -4):
        with pytest.raises(IndexError):
            frames.read_region(0, 0, 1, 1, optical_path=wrong)
    with pytest.raises(IndexError):
        frames.read_region(0, 0, 1, 1, focal_plane=2)
    with pytest.raises(ValueError, match="path9"):
        frames.read_region(0, 0, 1, 1, optical_path="path9")


def test_positions_and_frames_are_each_others_inverse() -> None:
    matrix = random_matrix(rng(4), 2, 2, 70, 50)
    tiles = frames_of(full(matrix, TILE)).tiles
    expected = [corner for _ in range(4) for corner in corners(matrix[0, 0], TILE)]
    assert tiles.positions().tolist() == [list(corner) for corner in expected]
    assert tiles.positions([]).shape == (0, 2)
    assert tiles.positions([5, 1]).tolist() == [list(expected[5]), list(expected[1])]
    for frame, (x, y) in enumerate(expected):
        path, plane = tiles.channel_of(frame)
        assert tiles.position_of(frame) == (x, y)
        assert tiles.frame_at(x, y, path, plane) == frame
        right, bottom = min(x + TILE[1], 50) - 1, min(y + TILE[0], 70) - 1
        assert tiles.frame_at(right, bottom, path, plane) == frame
    assert tiles.frames_in(20, 30, 10, 10, optical_path=1, focal_plane=1) == [27, 28, 30, 31]
    for x, y in [(50, 0), (0, 70), (-1, 0), (1 << 40, 0)]:
        assert tiles.frame_at(x, y) is None
    for wrong in (36, -37):
        with pytest.raises(IndexError):
            tiles.position_of(wrong)
    with pytest.raises(IndexError):
        tiles.positions([36])


def test_without_an_organization_frames_that_fill_the_matrix_are_full() -> None:
    matrix = random_matrix(rng(5), 1, 1, 70, 50)
    frames = frames_of(full(matrix, TILE, DimensionOrganizationType=None, TotalPixelMatrixFocalPlanes=None))
    assert frames.tiles.organization == "TILED_FULL"
    assert np.array_equal(frames.read_region(0, 0, 50, 70), matrix[0, 0])
    assert not frames.findings
    with pytest.raises(UnsupportedError, match="not a tiled image"):
        tiles_of(full(matrix, TILE, DimensionOrganizationType=None, TotalPixelMatrixRows=97))


def test_counts_that_are_missing_follow_from_the_frames() -> None:
    matrix = random_matrix(rng(6), 2, 3, 70, 50)
    gone: dict[str, Any] = {"TotalPixelMatrixFocalPlanes": None, "NumberOfOpticalPaths": None}
    frames = frames_of(full(matrix, TILE, **gone))
    assert len(frames.tiles.focal_planes) == 3
    assert np.array_equal(frames.read_region(0, 0, 50, 70, optical_path=1, focal_plane=2), matrix[1, 2])
    assert not frames.findings


def test_palette_tiles_come_in_colour() -> None:
    matrix = random_matrix(rng(7), 1, 1, 40, 40)
    table = random_matrix(rng(8), 3, 256)
    names = ("Red", "Green", "Blue")
    palette: dict[str, Any] = {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 8] for name in names}
    for name, row in zip(names, table, strict=True):
        palette[f"{name}PaletteColorLookupTableData"] = row.tobytes()
    frames = frames_of(full(matrix, TILE, PhotometricInterpretation="PALETTE COLOR", **palette))
    assert np.array_equal(frames.read_region(3, 3, 30, 30), table.T[matrix[0, 0, 3:33, 3:33]])
    assert np.array_equal(frames.read_region(3, 3, 30, 30, raw=True), matrix[0, 0, 3:33, 3:33])


# -- sparse ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("organization", ["TILED_SPARSE", None])
def test_a_sparse_matrix_is_filled_where_it_has_no_tile(organization: str | None) -> None:
    matrix = random_matrix(rng(10), 100, 130, 3)
    there = [corner for k, corner in enumerate(corners(matrix, TILE)) if k % 3]
    rng(11).shuffle(there)
    frames = frames_of(sparse_of(matrix, there, DimensionOrganizationType=organization))
    for fill in (0, 255, (1, 2, 3)):
        expected = np.full_like(matrix, fill)
        for x, y in there:
            expected[y : y + TILE[0], x : x + TILE[1]] = matrix[y : y + TILE[0], x : x + TILE[1]]
        for x, y, width, height in regions(12, 100, 130, 10):
            around = np.full((height, width, 3), fill, "u1")
            inside = cut(np.ones((100, 130), bool), x, y, (height, width))
            around[inside] = cut(expected, x, y, (height, width))[inside]
            assert np.array_equal(frames.read_region(x, y, width, height, fill=fill, workers=2), around)
    assert frames.tiles.is_disjoint
    assert frames.tiles.organization == "TILED_SPARSE"
    assert frames.tiles.positions().tolist() == [list(one) for one in there]
    assert not frames.findings


@pytest.mark.parametrize("workers", [None, 3])
def test_of_tiles_that_overlap_the_later_frame_counts(workers: int | None) -> None:
    random = rng(13)
    places = [(int(random.integers(-30, 130)), int(random.integers(-30, 100))) for _ in range(60)] * 2
    frames = [random_matrix(random, *TILE) for _ in places]
    expected = np.zeros((100, 130), "u1")
    for (x, y), frame in zip(places, frames, strict=True):
        top, left = max(y, 0), max(x, 0)
        part = frame[top - y : max(100 - y, 0), left - x : max(130 - x, 0)]
        expected[top : top + part.shape[0], left : left + part.shape[1]] = part
    read = frames_of(sparse(frames, [place(x, y) for x, y in places], (100, 130), J2K))
    assert not read.tiles.is_disjoint
    for x, y, width, height in regions(14, 100, 130, 15):
        found = read.read_region(x, y, width, height, workers=workers)
        assert np.array_equal(found, cut(expected, x, y, (height, width)))
    assert read.tiles.frame_at(*places[0]) in (None, *range(60, 120))


def test_sparse_paths_and_planes_are_told_by_each_frame() -> None:
    matrix = random_matrix(rng(15), 3, 2, 70, 50)
    every = [(p, z, x, y) for p in range(3) for z in range(2) for x, y in corners(matrix[0, 0], TILE)]
    rng(16).shuffle(every)
    places = [place(x, y, z * 2.5 + 1, f"path{p}") for p, z, x, y in every]
    frames = [cut(matrix[p, z], x, y, TILE) for p, z, x, y in every]
    read = frames_of(sparse(frames, places, (70, 50), npaths=3))
    assert read.tiles.optical_paths == ("path0", "path1", "path2")
    assert np.allclose(read.tiles.focal_planes, (0.001, 0.0035))
    for path in range(3):
        for plane in range(2):
            found = read.read_region(0, 0, 50, 70, optical_path=f"path{path}", focal_plane=plane)
            assert np.array_equal(found, matrix[path, plane])
    for frame, (p, z, x, y) in enumerate(every):
        assert read.tiles.channel_of(frame) == (p, z)
        assert read.tiles.frame_at(x, y, p, z) == frame


def test_paths_that_the_header_does_not_list_come_behind() -> None:
    matrix = random_matrix(rng(17), *TILE)
    places = [place(0, 0, path="other"), place(0, 0, path="path0"), place(0, 0)]
    read = frames_of(sparse([matrix, matrix + 1, matrix + 2], places, TILE))
    assert read.tiles.optical_paths == ("path0", "other")
    assert read.tiles.frames_in(0, 0, 9, 9) == [1, 2]
    assert read.tiles.frames_in(0, 0, 9, 9, optical_path="other") == [0]


def test_segments_stand_where_optical_paths_do() -> None:
    matrix = random_matrix(rng(18), 2, 1, 70, 50)
    segments = [dataset(SegmentNumber=k) for k in (1, 2)]
    frames = frames_of(full(matrix, TILE, SegmentSequence=segments, SegmentationType="FRACTIONAL"))
    assert frames.tiles.optical_paths == ("1", "2")
    assert np.array_equal(frames.read_region(0, 0, 50, 70, optical_path="2"), matrix[1, 0])


# -- what is asked for -----------------------------------------------------------------------------


def test_out_is_written_in_place() -> None:
    matrix = random_matrix(rng(20), 1, 1, 100, 130)
    frames = frames_of(full(matrix, TILE))
    wide = np.full((80, 200), 5, "u1")
    out = wide[10:70, 20:100]  # need not be contiguous
    assert frames.read_region(3, 5, 80, 60, out) is out
    assert np.array_equal(out, matrix[0, 0, 5:65, 3:83])
    out[...] = 5
    assert (wide == 5).all()
    one = np.empty((64, 24), "u1")  # tiles lie in one piece here
    assert np.array_equal(frames.read_region(24, 32, 24, 64, one), matrix[0, 0, 32:96, 24:48])
    locked = np.empty((4, 4), "u1")
    locked.flags.writeable = False
    for wrong in (np.empty((4, 5), "u1"), np.empty((4, 4), "u2"), np.empty((4, 4, 3), "u1"), locked):
        with pytest.raises(ValueError, match="out must be"):
            frames.read_region(0, 0, 4, 4, wrong)


def test_a_region_has_pixels_and_a_fill_that_fits() -> None:
    frames = frames_of(full(random_matrix(rng(21), 1, 1, 40, 40), TILE))
    for size in ((0, 1), (1, 0), (-1, 5)):
        with pytest.raises(ValueError, match="at least one pixel"):
            frames.read_region(0, 0, *size)
    with pytest.raises(TypeError):
        frames.read_region(0.5, 0, 1, 1)  # type: ignore[arg-type]
    for fill in (256, -1, (1, 2, 3), "white"):
        with pytest.raises(ValueError, match="fill"):
            frames.read_region(-1, 0, 5, 5, fill=fill)


def test_only_tiles_that_are_touched_are_decoded_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = random_matrix(rng(22), 1, 1, 320, 240)
    frames = frames_of(full(matrix, TILE, J2K))
    decoded: list[int] = []
    reader = type(frames._reader)
    plain = reader.decode

    def counted(self: Any, frame: int, out: np.ndarray, **options: Any) -> None:
        decoded.append(frame)
        plain(self, frame, out, **options)

    monkeypatch.setattr(reader, "decode", counted)
    for workers in (None, 2):
        for x, y, width, height in ((24, 32, 24, 32), (23, 31, 26, 34), (0, 0, 1, 320), (-9, -9, 8, 8)):
            decoded.clear()
            frames.read_region(x, y, width, height, workers=workers)
            assert sorted(decoded) == frames.tiles.frames_in(x, y, width, height)
    assert frames.tiles.frames_in(23, 31, 26, 34) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_memory_beside_the_region_is_a_tile_a_worker(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = frames_of(full(random_matrix(rng(22), 1, 1, 320, 240), TILE, J2K))
    made: list[np.ndarray] = []
    plain = Region._new
    monkeypatch.setattr(Region, "_new", lambda self: made.append(plain(self)) or made[-1])
    frames.read_region(0, 0, 240, 320, workers=workers)
    assert 0 < len(made) <= workers
    made.clear()
    frames.read_region(24, 0, 24, 320, workers=workers)  # tiles lie in one piece in it
    assert not made


def test_threads_may_share_tiles() -> None:
    matrix = random_matrix(rng(22), 1, 1, 320, 240)
    frames = frames_of(full(matrix, TILE, J2K))
    asked = regions(25, 320, 240, 30)
    with ThreadPoolExecutor(4) as pool:
        for (x, y, width, height), found in zip(
            asked, pool.map(lambda box: frames.read_region(*box, workers=2), asked), strict=True
        ):
            assert np.array_equal(found, cut(matrix[0, 0], x, y, (height, width)))


def test_a_damaged_tile_is_an_error_that_names_it() -> None:
    matrix = random_matrix(rng(23), 1, 1, 64, 72)
    ds = full(matrix, TILE, J2K)
    encoded = encode([cut(matrix[0, 0], 24, 32, TILE)], J2K)[0]
    assert encoded in ds.PixelData
    ds.PixelData = ds.PixelData.replace(encoded, bytes(len(encoded)))
    frames = frames_of(ds)
    with pytest.raises(PixelDataError, match="frame 4"):
        frames.read_region(0, 0, 72, 64, workers=2)
    assert np.array_equal(frames.read_region(0, 0, 72, 32), matrix[0, 0, :32])


def test_slide_coordinates_follow_origin_orientation_and_spacing() -> None:
    frames = frames_of(full(random_matrix(rng(24), 1, 2, 40, 40), TILE))
    assert frames.tiles.to_slide(0, 0).tolist() == [20, 40, 0]
    # columns go along -Y by 0.001 mm, rows along -X by 0.002 mm; the upper plane lies 0.005 mm higher
    assert np.allclose(frames.tiles.to_slide([1000, 0], [0, 1000]), [[20, 39, 0], [18, 40, 0]])
    assert np.allclose(frames.tiles.to_slide(3, 4, 1), [19.992, 39.997, 0.005])
    assert np.allclose(frames.tiles.from_slide([19.992], [39.997]), [[3, 4]])
    assert frames.tiles.to_slide(np.zeros((2, 3)), 1).shape == (2, 3, 3)
    bare = frames_of(full(random_matrix(rng(24), 1, 1, 40, 40), TILE, ImageOrientationSlide=None))
    with pytest.raises(UnsupportedError, match="Image Orientation"):
        bare.tiles.to_slide(0, 0)
    upright = frames_of(full(random_matrix(rng(24), 1, 1, 40, 40), TILE, ImageOrientationSlide=[1, 0, 0, 0, 0, 1]))
    with pytest.raises(UnsupportedError, match="upright"):
        upright.tiles.from_slide(0, 0)


# -- data sets -------------------------------------------------------------------------------------


def test_what_was_found_out_is_kept_until_the_header_is_edited() -> None:
    matrix = random_matrix(rng(30), 64, 72)
    ds = dcmread(written(sparse_of(matrix, corners(matrix, TILE))))
    assert ds.frames.tiles._matrix is ds.frames.tiles._matrix
    ds.TotalPixelMatrixRows = 40
    assert ds.frames.tiles.total_rows == 40
    ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSlideSequence[0].RowPositionInTotalImagePixelMatrix = 11
    assert ds.frames.tiles.position_of(0) == (0, 10)
    ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSlideSequence[0].RowPositionInTotalImagePixelMatrix = 12
    assert ds.frames.tiles.position_of(0) == (0, 11)


def test_a_data_set_with_tiles_goes_away_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "slide.dcm"
    path.write_bytes(written(full(random_matrix(rng(31), 1, 1, 64, 72), TILE)))
    gc.collect()
    gc.disable()
    try:
        ds = dcmread(path)
        ds.frames.read_region(0, 0, 9, 9)
        gone = weakref.ref(ds._pixels.reader)
        del ds
        assert gone() is None
    finally:
        gc.enable()


def test_other_images_are_not_tiled(ct_small: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"C\.7\.6\.17\.3"):
        dcmread(ct_small).frames.read_region(0, 0, 1, 1)


# -- headers that lie ------------------------------------------------------------------------------


def codes(frames: Frames) -> set[str]:
    return {finding.code for finding in frames.findings}


def test_a_full_matrix_with_too_few_frames_gives_what_is_there() -> None:
    matrix = random_matrix(rng(40), 1, 1, 96, 50)
    frames = frames_of(full(matrix, TILE, TotalPixelMatrixRows=128))
    assert np.array_equal(frames.read_region(0, 0, 50, 128), cut(matrix[0, 0], 0, 0, (128, 50)))
    assert codes(frames) == {"tiles_count"}
    assert frames.tiles.frame_at(0, 100) is None


def test_frames_that_a_full_matrix_has_no_place_for_are_left_out() -> None:
    matrix = random_matrix(rng(40), 1, 1, 96, 50)
    frames = frames_of(full(matrix, TILE, TotalPixelMatrixRows=40))
    assert np.array_equal(frames.read_region(0, 0, 50, 96), cut(matrix[0, 0, :40], 0, 0, (96, 50)))
    assert codes(frames) == {"tiles_count"}
    assert isinstance(frames.tiles.positions(), np.ma.MaskedArray)
    assert (frames.tiles.position_of(5), frames.tiles.position_of(6)) == ((48, 32), None)


def test_positions_win_where_a_full_matrix_is_not_full() -> None:
    matrix = random_matrix(rng(41), 64, 72)
    there = corners(matrix, TILE)[2:]
    frames = frames_of(sparse_of(matrix, there, DimensionOrganizationType="TILED_FULL"))
    assert frames.tiles.organization == "TILED_SPARSE"
    assert np.array_equal(frames.read_region(48, 0, 24, 64), matrix[:, 48:])
    assert codes(frames) == {"tiles_count"}


def test_a_sparse_matrix_without_positions_is_full_if_the_frames_fill_it() -> None:
    matrix = random_matrix(rng(42), 1, 1, 64, 72)
    frames = frames_of(full(matrix, TILE, DimensionOrganizationType="TILED_SPARSE"))
    assert np.array_equal(frames.read_region(0, 0, 72, 64), matrix[0, 0])
    assert codes(frames) == {"tiles_position"}
    with pytest.raises(PixelDataError, match="positions"):
        tiles_of(full(matrix, TILE, DimensionOrganizationType="TILED_SPARSE", TotalPixelMatrixRows=640))


@pytest.mark.parametrize("value", [0, None])
def test_a_matrix_without_a_size(value: int | None) -> None:
    matrix = random_matrix(rng(43), 64, 72)
    gone: dict[str, Any] = {"TotalPixelMatrixRows": value, "TotalPixelMatrixColumns": value}
    with pytest.raises(PixelDataError, match="Total Pixel Matrix"):
        tiles_of(full(matrix[None, None], TILE, **gone))
    frames = frames_of(sparse_of(matrix, corners(matrix, TILE), **gone))
    assert (frames.tiles.total_columns, frames.tiles.total_rows) == (72, 64)
    assert np.array_equal(frames.read_region(0, 0, 72, 64), matrix)
    assert codes(frames) == {"tiles_size"}


def test_positions_far_outside_show_nothing_and_cost_nothing() -> None:
    matrix = random_matrix(rng(44), 64, 72)
    far = [(2**31 - 2, 2**31 - 2), (-(2**31) - 1 + 1, -(2**31) + 1), (-24, 0), (0, -32), (72, 0), (0, 64)]
    there = [*far, *corners(matrix, TILE)]
    frames = frames_of(sparse_of(matrix, there))
    assert np.array_equal(frames.read_region(0, 0, 72, 64), matrix)
    assert codes(frames) == {"tiles_position"}
    assert frames.tiles.position_of(0) == far[0]
    assert not frames.tiles.frames_in(-100, -100, 76, 132)
    whole = frames.tiles.frames_in(-(1 << 50), -(1 << 50), 1 << 60, 1 << 60)
    assert whole == list(range(len(far), len(there)))


def test_frames_without_a_position_are_left_out() -> None:
    matrix = random_matrix(rng(45), 64, 72)
    there = corners(matrix, TILE)
    places = [place(x, y) for x, y in there]
    del places[1].PlanePositionSlideSequence[0].RowPositionInTotalImagePixelMatrix
    places[2].PlanePositionSlideSequence = []
    places.pop()  # fewer items than frames
    frames = frames_of(sparse([cut(matrix, x, y, TILE) for x, y in there], places, (64, 72)))
    expected = matrix.copy()
    for x, y in (there[1], there[2], there[-1]):
        expected[y : y + TILE[0], x : x + TILE[1]] = 0
    assert np.array_equal(frames.read_region(0, 0, 72, 64), expected)
    assert codes(frames) == {"tiles_position"}
    assert np.ma.getmaskarray(frames.tiles.positions())[:, 0].nonzero()[0].tolist() == [1, 2, 5]
    assert frames.tiles.position_of(1) is None


HUGE = 2**32 - 1


@pytest.mark.parametrize(
    "lie",
    [
        {"TotalPixelMatrixColumns": HUGE, "TotalPixelMatrixRows": HUGE},
        {"TotalPixelMatrixColumns": HUGE},
        {"TotalPixelMatrixRows": HUGE},
        {"TotalPixelMatrixFocalPlanes": HUGE},
        {"NumberOfOpticalPaths": HUGE},
        {"NumberOfOpticalPaths": HUGE, "TotalPixelMatrixFocalPlanes": HUGE, "TotalPixelMatrixColumns": HUGE},
        {"ConcatenationUID": "1.2", "ConcatenationFrameOffsetNumber": HUGE},
        {"ConcatenationUID": "1.2", "ConcatenationFrameOffsetNumber": 5, "TotalPixelMatrixColumns": HUGE},
    ],
)
def test_numbers_that_cannot_be_take_no_memory(lie: dict[str, Any]) -> None:
    matrix = random_matrix(rng(46), 1, 1, 64, 72)
    frames = frames_of(full(matrix, TILE, **lie))
    try:
        tiles = frames.tiles
    except DicomError:
        return
    assert len(tiles.optical_paths) * len(tiles.focal_planes) <= max(len(frames), 1) + 1
    assert len(tiles.frames_in(0, 0, 1 << 40, 1 << 40)) <= len(frames)
    assert tiles.frames_in(1 << 31, 1 << 31, 1 << 20, 1 << 20) == []
    assert tiles.read_region((1 << 32) - 9, (1 << 32) - 9, 8, 8).tolist() == np.zeros((8, 8)).tolist()
    assert frames.read_region(0, 0, 24, 32).shape == (32, 24)
    for frame in range(len(frames)):
        place = tiles.position_of(frame)
        path, plane = tiles.channel_of(frame)
        if place is not None and path < len(tiles.optical_paths) and plane < len(tiles.focal_planes):
            assert tiles.frame_at(*place, path, plane) == frame


def test_every_number_of_the_header_may_lie() -> None:
    """Random values in every attribute that tiles go by: no crash, and no pixel that is not of the file."""
    random = rng(47)
    matrix = random_matrix(random, 1, 1, 64, 72)
    tags = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows", "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths")
    values = [0, 1, 2, 23, 24, 25, 31, 64, 72, 100, 65536, 2**31 - 1, 2**31, HUGE]
    for _ in range(100):
        lie = {tag: int(random.choice(values)) for tag in tags if random.random() < 0.5}
        places = [place(int(x), int(y)) for x, y in random.choice([-(2**31), -5, 0, 24, 31, 2**31 - 2], (6, 2))]
        groups: dict[str, Any] = {"PerFrameFunctionalGroupsSequence": places} if random.random() < 0.5 else {}
        kind = [None, "TILED_FULL", "TILED_SPARSE", "3D"][int(random.integers(4))]
        frames = frames_of(full(matrix, TILE, DimensionOrganizationType=kind, **lie, **groups))
        try:
            found = frames.read_region(-5, -5, 90, 90)
            frames.tiles.positions()
        except (UnsupportedError, PixelDataError, LimitError):
            continue
        assert found.shape == (90, 90)
        assert frames.findings is not None


def test_headers_with_bytes_changed_at_random_raise_nothing_but_dicom_errors() -> None:
    random = rng(49)
    matrix = random_matrix(random, 64, 72)
    there = corners(matrix, TILE)
    groups = [place(x, y, 1.0, "path0") for x, y in there]
    seeds = [
        written(full(matrix[None, None], TILE)),
        written(sparse([cut(matrix, x, y, TILE) for x, y in there], groups, (64, 72))),
    ]
    for number in range(300):
        data = bytearray(seeds[number % 2])
        for place_of_byte in random.integers(132, data.find(b"\xe0\x7f\x10\0"), 3):
            data[place_of_byte] = int(random.choice([0, 1, 127, 128, 255]))
        with suppress(DicomError):
            frames = dcmread(bytes(data)).frames
            frames.read_region(-5, -5, 90, 90)
            frames.tiles.frames_in(0, 0, 1 << 40, 1 << 40)
            frames.tiles.to_slide(0, 0)


def test_text_where_numbers_should_be() -> None:
    matrix = random_matrix(rng(48), 64, 72)
    there = corners(matrix, TILE)
    ds = sparse_of(matrix, there)
    for name in ("TotalPixelMatrixOriginSequence", "OpticalPathSequence"):
        ds[name].VR = "LO"
        ds[name].value = "text"
    ds["DimensionOrganizationType"].value = ["TILED_SPARSE", "TILED_FULL"]
    frames = frames_of(ds)
    assert np.array_equal(frames.read_region(0, 0, 72, 64), matrix)
    with pytest.raises(UnsupportedError):
        frames.tiles.to_slide(0, 0)


# -- other readers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("organization", ["TILED_FULL", "TILED_SPARSE"])
def test_highdicom_reads_the_same(organization: str, tmp_path: Path) -> None:
    highdicom = pytest.importorskip("highdicom")
    matrix = random_matrix(rng(50), 1, 1, 100, 130, 3)
    if organization == "TILED_FULL":
        ds = full(matrix, TILE)
    else:  # what it wants to see beside the positions
        there = corners(matrix[0, 0], TILE)
        rng(51).shuffle(there)
        ds = sparse_of(matrix[0, 0], there)
        names = ("ColumnPositionInTotalImagePixelMatrix", "RowPositionInTotalImagePixelMatrix")
        group = tag_for_keyword("PlanePositionSlideSequence")
        uid = {"DimensionOrganizationUID": "1.2.8"}
        ds.DimensionOrganizationSequence = [dataset(**uid)]
        ds.DimensionIndexSequence = [
            dataset(**uid, DimensionIndexPointer=tag_for_keyword(name), FunctionalGroupPointer=group) for name in names
        ]
        for item, (x, y) in zip(ds.PerFrameFunctionalGroupsSequence, there, strict=True):
            item.FrameContentSequence = [dataset(DimensionIndexValues=[x // TILE[1] + 1, y // TILE[0] + 1])]
    path = tmp_path / "slide.dcm"
    path.write_bytes(written(ds))
    image = highdicom.imread(path)
    theirs = image.get_total_pixel_matrix(apply_icc_profile=False, dtype=np.uint8)
    frames = dcmread(path).frames
    assert np.array_equal(frames.read_region(0, 0, 130, 100), theirs)
    theirs = image.get_total_pixel_matrix(
        row_start=30, row_end=70, column_start=20, column_end=129, as_indices=True, apply_icc_profile=False,
        dtype=np.uint8,
    )  # fmt: skip
    assert np.array_equal(frames.read_region(20, 30, 109, 40), theirs)


def test_tiles_say_what_they_are() -> None:
    tiles = frames_of(full(random_matrix(rng(51), 1, 1, 40, 40), TILE)).tiles
    assert isinstance(tiles, Tiles)
    assert repr(tiles) == "<Tiles: 40 × 40 in tiles of 24 × 32, TILED_FULL>"
    assert (tiles.tile_columns, tiles.tile_rows) == (24, 32)


def test_a_single_frame_may_be_the_whole_matrix() -> None:
    matrix = random_matrix(rng(52), 40, 30)
    frames = frames_of(image([matrix], **{**matrix_elements(matrix), "NumberOfFrames": None}))
    assert np.array_equal(frames.read_region(-2, -2, 40, 50), cut(matrix, -2, -2, (50, 40)))
