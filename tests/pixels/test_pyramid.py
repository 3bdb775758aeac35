"""Levels of a slide, and the images beside them. PS3.3 §C.8.12.4.1.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from slides import J2K, cut, dataset, full, image, random_matrix, written

from dicomet import dcmread
from dicomet.errors import SourceClosed, UnsupportedError
from dicomet.pixels.concatenation import Concatenation
from dicomet.pixels.pyramid import Pyramid

TILE = (32, 24)
SIZES = ((200, 160), (100, 80), (25, 20))  # rows, columns: 1:1, 1:2, 1:8


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


MATRICES = [random_matrix(rng(k), 1, 1, *size, 3) for k, size in enumerate(SIZES)]


def level(k: int, uid: str = "", *, spacing: bool = True, **elements: Any) -> Any:
    """Level k of the slide."""
    factor = SIZES[0][0] / SIZES[k][0]
    measures = dataset(PixelSpacing=[0.002 * factor, 0.001 * factor]) if spacing else dataset(SliceThickness=1)
    shared = [dataset(PixelMeasuresSequence=[measures])]
    uid = uid or f"1.2.3.{k}"
    return full(MATRICES[k], TILE, J2K, **{"SOPInstanceUID": uid, "SharedFunctionalGroupsSequence": shared, **elements})


def beside(kind: str, uid: str, **elements: Any) -> Any:
    about = {"SOPInstanceUID": uid, "ImageType": ["ORIGINAL", "PRIMARY", kind, "NONE"], "NumberOfFrames": 1}
    return image([random_matrix(rng(len(kind)), 30, 20, 3)], **{**about, **elements})


def saved(folder: Path, *datasets: Any) -> list[Path]:
    paths = [folder / f"{k}.dcm" for k in range(len(datasets))]
    for path, ds in zip(paths, datasets, strict=True):
        path.write_bytes(written(ds))
    return paths


@pytest.mark.parametrize("spacing", [True, False])
def test_levels_are_sorted_largest_first(tmp_path: Path, spacing: bool) -> None:
    paths = saved(tmp_path, *(level(k, spacing=spacing) for k in (2, 0, 1)), beside("LABEL", "1.2.4"))
    with Pyramid.of(paths) as pyramid:
        assert [(one.total_rows, one.total_columns) for one in pyramid.levels] == list(SIZES)
        assert [one.downsample for one in pyramid.levels] == pytest.approx([1, 2, 8])
        for k, (rows, columns) in enumerate(SIZES):
            assert np.array_equal(pyramid.read_region(k, 0, 0, columns, rows, workers=2), MATRICES[k][0, 0])
            assert len(pyramid.levels[k].frames) == pyramid.levels[k].datasets[0].NumberOfFrames
        assert pyramid.levels[1].pixel_spacing == ((0.004, 0.002) if spacing else None)
        assert "160 × 200" in repr(pyramid)


def test_the_best_level_is_the_coarsest_that_is_fine_enough(tmp_path: Path) -> None:
    with Pyramid.of(saved(tmp_path, *map(level, range(3)))) as pyramid:
        asked = (0.1, 1, 1.5, 1.9999, 2, 7.9, 8, 100)
        assert [pyramid.best_level_for(one) for one in asked] == [0, 0, 0, 1, 1, 1, 2, 2]


def test_regions_in_columns_and_rows_of_level_0(tmp_path: Path) -> None:
    with Pyramid.of(saved(tmp_path, *map(level, range(3)))) as pyramid:
        whole = MATRICES[1][0, 0]
        assert np.array_equal(pyramid.read_region_at(10, 20, 30, 40, level=1), whole[10:30, 5:20])
        assert np.array_equal(pyramid.read_region_at(10, 20, 30, 40, downsample=3), whole[10:30, 5:20])
        assert np.array_equal(pyramid.read_region_at(10, 20, 30, 40), MATRICES[0][0, 0, 20:60, 10:40])
        found = pyramid.read_region_at(-80, -80, 400, 400, level=2, fill=9)
        assert np.array_equal(found[10:35, 10:30], MATRICES[2][0, 0])
        assert (found[:10] == 9).all()
        assert pyramid.read_region_at(3, 3, 1, 1, level=2).shape == (1, 1, 3)
        joined = [pyramid.read_region_at(x, 0, 33, 200, level=2) for x in range(0, 160, 33)]
        assert np.array_equal(np.hstack(joined)[:, :20], MATRICES[2][0, 0])
        for wrong in ({"level": 1, "downsample": 2}, {"level": 7}):
            with pytest.raises((ValueError, IndexError)):
                pyramid.read_region_at(0, 0, 1, 1, **wrong)
        with pytest.raises(ValueError, match="larger than nothing"):
            pyramid.read_region_at(0, 0, 0, 5)


def test_label_overview_and_thumbnail_are_data_sets(tmp_path: Path) -> None:
    kinds = ("LABEL", "OVERVIEW", "THUMBNAIL")
    others = [beside(kind, f"1.2.4.{k}") for k, kind in enumerate(kinds)]
    foreign = beside("LABEL", "1.2.4.9", SeriesInstanceUID="1.9", FrameOfReferenceUID="1.9")
    same_frame = beside("OVERVIEW", "1.2.4.8", SeriesInstanceUID="1.9")
    paths = saved(tmp_path, foreign, same_frame, level(0), *others)
    with Pyramid.of(paths) as pyramid:
        for kind, ds in zip(kinds, (pyramid.label, pyramid.overview, pyramid.thumbnail), strict=True):
            assert ds is not None
            assert ds.ImageType[2] == kind
            assert ds.SeriesInstanceUID == "1.2.6"
            assert ds.frames[0].shape == (30, 20, 3)
        assert {kind: len(found) for kind, found in pyramid.associated.items()} == {
            "LABEL": 1,
            "OVERVIEW": 2,
            "THUMBNAIL": 1,
        }
    with Pyramid.of(paths[2:3]) as pyramid:
        assert pyramid.label is None


def test_files_are_opened_when_needed_and_closed_with_the_pyramid(tmp_path: Path) -> None:
    paths = saved(tmp_path, *map(level, range(3)))
    given = dcmread(paths[0])
    with Pyramid.of([given, *paths[1:]]) as pyramid:
        assert not pyramid._opened
        pyramid.read_region(1, 0, 0, 5, 5)
        assert list(pyramid._opened) == [str(paths[1])]
        pyramid.read_region(0, 0, 0, 5, 5)
        assert list(pyramid._opened) == [str(paths[1])]
        ds = pyramid.levels[1].datasets[0]
    for ask in (lambda: ds.frames.raw(0), lambda: pyramid.read_region(1, 0, 0, 5, 5), lambda: pyramid.levels[0].frames):
        with pytest.raises(SourceClosed):
            ask()
    assert np.array_equal(given.frames.read_region(0, 0, 160, 200), MATRICES[0][0, 0])


def test_a_level_may_be_a_concatenation(tmp_path: Path) -> None:
    ds = level(0)
    frames = [cut(MATRICES[0][0, 0], x, y, TILE) for y in range(0, 200, 32) for x in range(0, 160, 24)]
    parts = []
    for number, (a, b) in enumerate(((20, 49), (0, 20))):
        about = {
            "ConcatenationUID": "1.2.9", "InConcatenationNumber": 2 - number, "InConcatenationTotalNumber": 2,
            "ConcatenationFrameOffsetNumber": a, "SOPInstanceUID": f"1.2.8.{number}",
        }  # fmt: skip
        of_part = image(frames[a:b], J2K, **about)
        for element in ds:
            if element.tag not in of_part:
                of_part[element.tag] = element
        parts.append(of_part)
    with Pyramid.of(saved(tmp_path, level(1), *parts)) as pyramid:
        assert isinstance(pyramid.levels[0].frames, Concatenation)
        assert np.array_equal(pyramid.read_region(0, 3, 3, 150, 190), MATRICES[0][0, 0, 3:193, 3:153])
        assert pyramid.levels[1].downsample == pytest.approx(2)


def test_several_pyramids_are_kept_apart(tmp_path: Path) -> None:
    other_series = level(0, "1.2.3.10", SeriesInstanceUID="1.8")
    other_path = level(1, "1.2.3.11", OpticalPathSequence=[dataset(OpticalPathIdentifier="red")])
    twice = level(0, "1.2.3.12")
    paths = saved(tmp_path, level(0), level(1), level(0), other_series, other_path, twice)
    with pytest.raises(ValueError, match="3 pyramids"):
        Pyramid.of(paths)
    found = Pyramid.all_of(paths)
    assert [len(one.levels) for one in found] == [2, 1, 1]
    assert found[0].levels[0].datasets[0].SOPInstanceUID == "1.2.3.0"
    for one in found:
        one.close()


def test_focal_planes_in_files_of_their_own_are_pyramids_of_their_own(tmp_path: Path) -> None:
    planes = []
    for z in (0, 5):
        position = dataset(XOffsetInSlideCoordinateSystem=0, YOffsetInSlideCoordinateSystem=0)
        position.ZOffsetInSlideCoordinateSystem = z
        measures = dataset(PixelSpacing=[0.002, 0.001])
        shared = dataset(PixelMeasuresSequence=[measures], PlanePositionSlideSequence=[position])
        planes.append(level(0, f"1.2.3.{z}", SharedFunctionalGroupsSequence=[shared]))
    found = Pyramid.all_of(saved(tmp_path, *planes))
    assert [len(one.levels) for one in found] == [1, 1]


def test_no_volume_image_is_no_pyramid(tmp_path: Path, ct_small: Path) -> None:
    paths = saved(tmp_path, beside("LABEL", "1.2.4"))
    with pytest.raises(UnsupportedError, match="no tiled volume"):
        Pyramid.of([*paths, ct_small])
    assert Pyramid.all_of([]) == []
