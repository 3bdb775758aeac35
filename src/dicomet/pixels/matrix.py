"""The total pixel matrix of a tiled image as its header describes it. PS3.3 §C.7.6.17.3, §C.8.12.14."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dicomet._native.view import View
from dicomet.dataset import Dataset
from dicomet.errors import PixelDataError, UnsupportedError
from dicomet.pixels.groups import frame_attributes
from dicomet.pixels.positions import FullGrid, SparseGrid
from dicomet.pixels.slide import MM_PER_MICROMETRE, items_of, slide_place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.positions import TileGrid
    from dicomet.pixels.slide import SlidePlace

FULL, SPARSE = "TILED_FULL", "TILED_SPARSE"
_CLAUSE = "PS3.3 §C.7.6.17.3"
_COLUMN = "PlanePositionSlideSequence.ColumnPositionInTotalImagePixelMatrix"
_ROW = "PlanePositionSlideSequence.RowPositionInTotalImagePixelMatrix"
_Z = "PlanePositionSlideSequence.ZOffsetInSlideCoordinateSystem"
_PATH = "OpticalPathIdentificationSequence.OpticalPathIdentifier"
_SEGMENT = "SegmentIdentificationSequence.ReferencedSegmentNumber"
# What a matrix is found by: edits of these make it another one.
_ABOUT = (
    0x00209161, 0x00209163, 0x00209228, 0x00209311, 0x00280030, 0x00480006, 0x00480007, 0x00480008, 0x00480102,
    0x00480105, 0x00480302, 0x00480303, 0x00620001, 0x00620002, 0x52009229, 0x52009230,
)  # fmt: skip
_Z_DECIMALS = 3  # of µm: nearer focal planes are one
_MAX_SIZE = 0xFFFFFFFF  # Total Pixel Matrix Columns and Rows are UL


class Part(NamedTuple):
    """Some frames of an image: those of one instance."""

    ds: Dataset
    first: int  # number of its first frame in the image
    nframes: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """A total pixel matrix, and where each frame lies in it. Refers to no data set.

    Attributes
    ----------
    organization : {"TILED_FULL", "TILED_SPARSE"}
        How the places of frames were found, whatever the header says.
    columns, rows : int
        Of the whole matrix.
    optical_paths : tuple of str
        Identifiers in order; in Segmentations, segment numbers.
    focal_planes : tuple of float
        Z offset of each from the slide in mm, ascending; NaN where unknown.
    ntiles : int
        Frames that a full matrix has; 0 in a sparse one.
    """

    organization: str
    columns: int
    rows: int
    optical_paths: tuple[str, ...]
    focal_planes: tuple[float, ...]
    grid: TileGrid
    slide: SlidePlace | None
    ntiles: int
    notes: tuple[str, ...]


def matrix_of(parts: Sequence[Part], layout: PixelLayout, nframes: int, *, is_whole: bool) -> Matrix:
    """Describe the matrix of an image.

    Parameters
    ----------
    parts : sequence of Part
        The instances that it consists of. Where the whole image is asked for, frames count from 0; where it is
        a part only (``is_whole=False``), `first` is its place in the whole, and the grid's frames are its own.
    nframes : int
        Frames of the image, those of missing parts among them.

    Raises
    ------
    UnsupportedError
        The image is not tiled.
    PixelDataError
        The size of the matrix is missing.
    """
    apart = [part._replace(ds=_apart(part.ds)) for part in parts]
    try:
        return _Header(apart, layout, nframes, is_whole).matrix()
    finally:
        for part, other in zip(parts, apart, strict=True):
            if other.ds is not part.ds:
                View.__setattr__(other.ds, "_sequences", None)


def _apart(ds: Dataset) -> Dataset:
    """A second view of the same index, unless there are edits.

    A data set and the sequences that were touched in it refer to each other, and then need the garbage collector to
    go away. Looking at tiles shall not keep a file mapped until that comes.
    """
    return Dataset._over(ds._index, ds._row, ds._parent) if edits_of(ds) == [] else ds


def edits_of(ds: Dataset) -> list[tuple[int, Any]] | None:
    """Edits that make another matrix; None if there is no telling, since sequences can be changed in place."""
    for tag, sequence in list((ds._sequences or {}).items()):
        if tag in _ABOUT and sequence._changed():
            return None
    edits = ds._edits or {}
    about = [(tag, edits[tag]) for tag in _ABOUT if tag in edits]
    if any(element is not None and element.VR == "SQ" for _, element in about):
        return None
    return [(tag, element and element.value) for tag, element in about]


def ntiles_told(ds: Dataset, layout: PixelLayout) -> int:
    """Frames of a full matrix by the header's word alone; 0 where that is missing."""
    columns, rows = count_of(ds, "TotalPixelMatrixColumns"), count_of(ds, "TotalPixelMatrixRows")
    items, keyword = _channel_items(ds)
    paths = count_of(ds, "NumberOfOpticalPaths") if keyword == "OpticalPathIdentifier" else 0
    ntiles = -(-columns // layout.columns) * -(-rows // layout.rows)
    return ntiles * (paths or len(items) or 1) * (count_of(ds, "TotalPixelMatrixFocalPlanes") or 1)


class _Header:
    """What the first part's header says, on the way to a `Matrix`."""

    def __init__(self, parts: Sequence[Part], layout: PixelLayout, nframes: int, is_whole: bool) -> None:
        self.parts, self.layout, self.nframes, self.is_whole = parts, layout, nframes, is_whole
        self.ds = ds = parts[0].ds
        self.columns, self.rows = count_of(ds, "TotalPixelMatrixColumns"), count_of(ds, "TotalPixelMatrixRows")
        self.ncolumns, self.nrows = -(-self.columns // layout.columns), -(-self.rows // layout.rows)
        self.slide = slide_place_of(ds)
        self.items, self.keyword = _channel_items(ds)
        self.numbered = nframes if is_whole else parts[0].first + nframes  # frames of the image that are known of
        self.nplanes, self.npaths = self._depth()
        self.notes: list[str] = []

    def _depth(self) -> tuple[int, int]:
        """Focal planes and optical paths of a full matrix: the numbers in the header that the frames agree with."""
        ntiles = self.ncolumns * self.nrows
        told = count_of(self.ds, "NumberOfOpticalPaths") if self.keyword == "OpticalPathIdentifier" else 0
        planes = count_of(self.ds, "TotalPixelMatrixFocalPlanes")
        for paths in (told, len(self.items), 1):
            if not paths or not ntiles:
                continue
            deep, rest = divmod(self.numbered, ntiles * paths)
            if rest == 0 and deep > 0 and planes in (0, deep):
                return deep, paths
        return planes or 1, told or len(self.items) or 1

    @property
    def ntiles(self) -> int:
        """Frames of a full matrix."""
        return self.ncolumns * self.nrows * self.nplanes * self.npaths

    def matrix(self) -> Matrix:
        told = self.ds.get("DimensionOrganizationType", None)
        fits = 0 < self.ntiles == self.numbered if self.is_whole else 0 < self.numbered <= self.ntiles
        if told == FULL and fits:
            return self._full()
        places = _Places(self.parts, self.nframes, 0 if self.is_whole else self.parts[0].first)
        if places.placed.any():
            if told == FULL:
                self.notes.append("tiles_count")
            return self._sparse(places)
        if self.ntiles and (fits or told == FULL):
            if not fits:
                self.notes.append("tiles_count")
            elif told == SPARSE:
                self.notes.append("tiles_position")
            return self._full()
        if told in (FULL, SPARSE):
            missing = "the positions of its tiles" if self.ntiles else "Total Pixel Matrix Columns or Rows"
            raise PixelDataError(f"a tiled image without {missing}", tag=0x00480006, clause=_CLAUSE)
        raise UnsupportedError(
            "not a tiled image: the frames have no positions in a total pixel matrix, nor are they as many as fill one",
            clause=_CLAUSE,
        )

    def _full(self) -> Matrix:
        # Planes and paths of which there is no frame are not listed: their number is the header's word only.
        ntiles = self.ncolumns * self.nrows
        nplanes = min(self.nplanes, -(-self.numbered // ntiles))
        npaths = min(self.npaths, -(-self.numbered // (ntiles * self.nplanes)))
        grid = FullGrid(
            self.nframes,
            self.layout.columns,
            self.layout.rows,
            ncolumns=self.ncolumns,
            nrows=self.nrows,
            nplanes=self.nplanes,
            npaths=self.npaths,
            first=0 if self.is_whole else self.parts[0].first,
        )
        paths = [_identifier(self.items[k], self.keyword) if k < len(self.items) else "" for k in range(npaths)]
        named = tuple(name or str(k + 1) for k, name in enumerate(paths))
        step = float(_floats(frame_attributes(self.ds, ["SpacingBetweenSlices"], nframes=1)["SpacingBetweenSlices"])[0])
        bottom = float(self.slide.origin[2]) if self.slide is not None else math.nan
        planes = tuple(bottom + k * step if k else bottom for k in range(nplanes))
        return self._made(FULL, grid, named, planes, self.ntiles)

    def _sparse(self, places: _Places) -> Matrix:
        layout = self.layout
        told = [_identifier(item, self.keyword) for item in self.items]
        names, paths = places.paths(told, self.keyword)
        heights, planes = places.planes()
        grid = SparseGrid(
            layout.columns,
            layout.rows,
            columns=places.columns,
            rows=places.rows,
            placed=places.placed,
            paths=paths,
            planes=planes,
            nplanes=len(heights),
        )
        if not self.columns or not self.rows:
            self.notes.append("tiles_size")
            self.columns = self.columns or _reach(places.columns[places.placed], layout.columns)
            self.rows = self.rows or _reach(places.rows[places.placed], layout.rows)
            self.ncolumns, self.nrows = -(-self.columns // layout.columns), -(-self.rows // layout.rows)
        x, y = places.columns[places.placed], places.rows[places.placed]
        inside = (x > -layout.columns) & (x < self.columns) & (y > -layout.rows) & (y < self.rows)
        if places.has_gaps or not inside.all():
            self.notes.append("tiles_position")
        return self._made(SPARSE, grid, names, heights, 0)

    def _made(
        self, organization: str, grid: TileGrid, paths: tuple[str, ...], planes: tuple[float, ...], ntiles: int
    ) -> Matrix:
        notes = tuple(dict.fromkeys(self.notes))
        return Matrix(organization, self.columns, self.rows, paths, planes, grid, self.slide, ntiles, notes)


class _Places:
    """Columns of the functional groups of all parts, frame by frame."""

    def __init__(self, parts: Sequence[Part], nframes: int, first: int) -> None:
        self.columns, self.rows = np.zeros(nframes, np.int64), np.zeros(nframes, np.int64)
        self.placed = np.zeros(nframes, bool)
        self._z = np.full(nframes, np.nan)
        self._names: list[Any] = [None] * nframes
        self._segments = np.full(nframes, -1, np.int64)
        self.has_gaps = False
        for part in parts:
            found = frame_attributes(part.ds, [_COLUMN, _ROW, _Z, _PATH, _SEGMENT], nframes=part.nframes)
            where = slice(part.first - first, part.first - first + part.nframes)
            columns, rows = _integers(found[_COLUMN]), _integers(found[_ROW])
            self.columns[where], self.rows[where] = columns[0] - 1, rows[0] - 1
            self.placed[where] = columns[1] & rows[1]
            self.has_gaps |= not self.placed[where].all()
            self._z[where] = _floats(found[_Z])
            self._names[where] = found[_PATH].tolist()
            segments, told = _integers(found[_SEGMENT])
            self._segments[where] = np.where(told, segments, -1)

    def planes(self) -> tuple[tuple[float, ...], np.ndarray]:
        """Z offsets in mm, and which of them each frame has. Frames without one lie at 0 if others have one."""
        micrometres = self._z.round(_Z_DECIMALS)
        unknown = ~np.isfinite(micrometres)
        if unknown.all():
            return (math.nan,), np.zeros(len(micrometres), np.int64)
        micrometres[unknown] = 0.0
        heights, planes = np.unique(micrometres[self.placed], return_inverse=True)
        numbers = np.zeros(len(micrometres), np.int64)
        numbers[self.placed] = planes.reshape(-1)
        return tuple((heights * MM_PER_MICROMETRE).tolist()), numbers

    def paths(self, told: list[str], keyword: str) -> tuple[tuple[str, ...], np.ndarray]:
        """Identifiers, those of the header first, and which of them each frame has."""
        if keyword == "SegmentNumber":
            names = [None if number < 0 else str(number) for number in self._segments.tolist()]
        else:
            first = (one[0] if isinstance(one, tuple) and one else one for one in self._names)
            names = [one if isinstance(one, str) else None for one in first]
        numbers: dict[str, int] = {}
        for name in told:
            numbers.setdefault(name, len(numbers))
        default = told[0] if told else ""
        which = [numbers.setdefault(name or default, len(numbers)) for name in names]
        return tuple(numbers), np.array(which, np.int64)


def count_of(ds: Dataset, keyword: str) -> int:
    """A size or count; 0 where it is missing or none."""
    value = ds.get(keyword, None)
    if isinstance(value, tuple) and value:  # doubled by mistake: the first one counts
        value = value[0]
    return int(value) if isinstance(value, int) and 0 < value <= _MAX_SIZE else 0


def _channel_items(ds: Dataset) -> tuple[Sequence[Dataset], str]:
    """Items of the sequence that the frames' channels are numbered by, and the keyword of their identifiers."""
    segments = items_of(ds, "SegmentSequence")
    if segments:
        is_labels = ds.get("SegmentationType", None) == "LABELMAP"  # its segments are values of the pixels
        return ((), "SegmentNumber") if is_labels else (segments, "SegmentNumber")
    return items_of(ds, "OpticalPathSequence"), "OpticalPathIdentifier"


def _identifier(item: Dataset, keyword: str) -> str:
    value = item.get(keyword, None)
    return "" if value is None else str(value)


def _reach(starts: np.ndarray, size: int) -> int:
    return int(min(max(int(starts.max()) + size, 1), _MAX_SIZE))


def _integers(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers as int64, and whether there is one: of several values of a frame the first counts."""
    told = ~np.ma.getmaskarray(column)
    numbers = np.ma.getdata(column)
    if numbers.ndim > 1:
        told, numbers = told[:, 0], numbers[:, 0]
    if numbers.dtype.kind == "f":
        told = told & np.isfinite(numbers) & (np.abs(numbers) < _MAX_SIZE)
        numbers = np.where(told, numbers, 0)
    elif numbers.dtype.kind not in "iu":
        told = told & np.array([isinstance(one, int) and abs(one) <= _MAX_SIZE for one in numbers], bool)
        numbers = np.where(told, numbers, 0)
    elif numbers.dtype.itemsize == 8:
        told = told & (numbers <= _MAX_SIZE) & (numbers >= -_MAX_SIZE if numbers.dtype.kind == "i" else True)
        numbers = np.where(told, numbers, 0)
    return numbers.astype(np.int64), told


def _floats(column: np.ndarray) -> np.ndarray:
    numbers = np.ma.getdata(column)
    if numbers.dtype.kind not in "fiu":
        return np.full(len(numbers), np.nan)
    return (numbers[:, 0] if numbers.ndim > 1 else numbers).astype(np.float64)
