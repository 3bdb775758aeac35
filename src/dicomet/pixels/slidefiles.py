"""What the headers of a slide's images say of where they belong in a pyramid. PS3.3 §C.8.12.4.1.1."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dicomet.dataset import Dataset
from dicomet.pixels.groups import frame_attributes
from dicomet.pixels.matrix import count_of
from dicomet.pixels.slide import items_of, pixel_spacing_of
from dicomet.reader import dcmread

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

ASSOCIATED = ("LABEL", "OVERVIEW", "THUMBNAIL")
_Z = "PlanePositionSlideSequence.ZOffsetInSlideCoordinateSystem"


class Image(NamedTuple):
    """One instance, and what it is grouped by."""

    source: str | Dataset  # a path, or a data set that somebody else holds open
    kind: str  # value 3 of Image Type
    series: str
    frame_of_reference: str
    instance: str  # SOP Instance UID
    concatenation: str  # Concatenation UID; "" if it is none
    columns: int  # of the total pixel matrix; 0 if it has none
    rows: int
    spacing: tuple[float, float] | None  # mm between rows, between columns
    paths: tuple[str, ...]  # identifiers of the optical paths
    heights: tuple[float, ...]  # focal planes: Z offsets in µm, or their number where there are none


def image_of(source: str | os.PathLike[str] | Dataset) -> Image:
    """Read what matters of a header; a file is closed again."""
    if isinstance(source, Dataset):
        return _read(source, source)
    path = os.fspath(source)
    with dcmread(path, stop_before_pixels=True) as ds:
        return _read(ds, path)


def _read(ds: Dataset, source: str | Dataset) -> Image:
    def text(keyword: str) -> str:
        return str(ds.get(keyword, None) or "")

    image_type = ds.get("ImageType", None)
    kind = str(image_type[2]) if isinstance(image_type, tuple | list) and len(image_type) > 2 else ""
    columns, rows = count_of(ds, "TotalPixelMatrixColumns"), count_of(ds, "TotalPixelMatrixRows")
    if not kind and columns and rows:
        kind = "VOLUME"
    is_volume = kind == "VOLUME"
    return Image(
        source,
        kind,
        text("SeriesInstanceUID"),
        text("FrameOfReferenceUID"),
        text("SOPInstanceUID"),
        text("ConcatenationUID"),
        columns,
        rows,
        pixel_spacing_of(ds) if is_volume else None,
        tuple(str(item.get("OpticalPathIdentifier", None) or "") for item in items_of(ds, "OpticalPathSequence")),
        _heights(ds) if is_volume else (),
    )


def _heights(ds: Dataset) -> tuple[float, ...]:
    column = np.ma.getdata(frame_attributes(ds, [_Z])[_Z])
    found = np.unique(column[np.isfinite(column)].round(3)) if column.dtype.kind == "f" else column[:0]
    if len(found):
        return tuple(found.tolist())
    return (float(count_of(ds, "TotalPixelMatrixFocalPlanes") or 1),)


def group(images: Iterable[Image]) -> list[tuple[list[list[Image]], list[Image]]]:
    """Pyramids: their levels, largest first, each one image or the parts of one; and the images beside them."""
    by_instance: dict[Hashable, Image] = {}
    for number, image in enumerate(images):
        by_instance.setdefault(image.instance or number, image)
    every = by_instance.values()
    beside = [one for one in every if one.kind in ASSOCIATED]
    families: dict[Hashable, list[list[Image]]] = {}
    for parts in _joined(one for one in every if one.kind == "VOLUME" and one.columns and one.rows):
        first = parts[0]
        families.setdefault((first.series, first.frame_of_reference, first.paths), []).append(parts)
    found = []
    for family in families.values():
        sizes = {(parts[0].columns, parts[0].rows) for parts in family}
        by_focus: dict[Hashable, list[list[Image]]] = {}
        for parts in family:
            by_focus.setdefault(parts[0].heights if len(sizes) < len(family) else None, []).append(parts)
        for levels in by_focus.values():
            first = levels[0][0]
            mine = [one for one in beside if one.series == first.series]
            mine += [one for one in beside if one.series != first.series and _is_of_slide(one, first)]
            found.append((_sorted(levels), mine))
    return found


def _is_of_slide(one: Image, volume: Image) -> bool:
    return bool(one.frame_of_reference) and one.frame_of_reference == volume.frame_of_reference


def _joined(images: Iterable[Image]) -> list[list[Image]]:
    """Parts of a concatenation together."""
    found: dict[Hashable, list[Image]] = {}
    for number, image in enumerate(images):
        found.setdefault((image.series, image.concatenation) if image.concatenation else number, []).append(image)
    return list(found.values())


def _sorted(levels: list[list[Image]]) -> list[list[Image]]:
    """Largest first; of two of one size the first."""
    by_size: dict[tuple[int, int], list[Image]] = {}
    for level in levels:
        by_size.setdefault((level[0].columns, level[0].rows), level)
    return sorted(by_size.values(), key=lambda level: level[0].columns * level[0].rows, reverse=True)
