"""Tiled images for tests, written with pydicom, and what a region of them is by definition. PS3.3 §C.7.6.17.3."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
from pydicom import Dataset as PydicomDataset
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

EXPLICIT = "1.2.840.10008.1.2.1"
JPEG = "1.2.840.10008.1.2.4.50"
J2K = "1.2.840.10008.1.2.4.90"
WSI = "1.2.840.10008.5.1.4.1.1.77.1.6"


def dataset(**elements: Any) -> PydicomDataset:
    """A data set with these elements."""
    ds = PydicomDataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def cut(matrix: np.ndarray, column: int, row: int, tile: tuple[int, int], pad: int = 0) -> np.ndarray:
    """A tile (rows, columns) of a matrix at a place, `pad` where it reaches beyond: the definition of a region."""
    out = np.full((*tile, *matrix.shape[2:]), pad, matrix.dtype)
    height, width = matrix.shape[:2]
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + tile[0], height), min(column + tile[1], width)
    if top < bottom and left < right:
        out[top - row : bottom - row, left - column : right - column] = matrix[top:bottom, left:right]
    return out


def corners(matrix: np.ndarray, tile: tuple[int, int]) -> list[tuple[int, int]]:
    """(column, row) of every tile in the order of a full matrix."""
    height, width = matrix.shape[:2]
    return [(x, y) for y in range(0, height, tile[0]) for x in range(0, width, tile[1])]


def random_matrix(rng: np.random.Generator, *shape: int, dtype: str = "u1") -> np.ndarray:
    """Samples at random, none of them 0."""
    return rng.integers(1, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def encode(frames: list[np.ndarray], syntax: str) -> list[bytes]:
    """Frames as they stand in the file."""
    if syntax == JPEG:
        colours = {"colorspace": "RGB", "outcolorspace": "YCBCR"} if frames[0].ndim == 3 else {}
        return [imagecodecs.jpeg8_encode(frame, level=95, **colours) for frame in frames]
    if syntax == J2K:
        return [imagecodecs.jpeg2k_encode(frame, level=0, codecformat="J2K", mct=False) for frame in frames]
    return [frame.astype(frame.dtype.newbyteorder("<")).tobytes() for frame in frames]


def image(frames: list[np.ndarray], syntax: str = EXPLICIT, **elements: Any) -> PydicomDataset:
    """A multi-frame image of these frames, with elements that may take the place of those it would have."""
    first = frames[0]
    bits = first.dtype.itemsize * 8
    colour = ("YBR_FULL" if syntax == JPEG else "RGB") if first.ndim == 3 else "MONOCHROME2"
    ds = dataset(
        SOPClassUID=WSI, SOPInstanceUID="1.2.3.4", StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.6",
        FrameOfReferenceUID="1.2.7", Modality="SM", ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        SamplesPerPixel=3 if first.ndim == 3 else 1, PhotometricInterpretation=colour,
        NumberOfFrames=len(frames), Rows=first.shape[0], Columns=first.shape[1],
        BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=0,
    )  # fmt: skip
    if first.ndim == 3:
        ds.PlanarConfiguration = 0
    encoded = encode(frames, syntax)
    if syntax == EXPLICIT:
        data = b"".join(encoded)
        ds.PixelData = data + b"\0" * (len(data) % 2)
    else:
        ds.PixelData = encapsulate(encoded)
    ds["PixelData"].VR = "OW" if bits > 8 else "OB"
    for keyword, value in elements.items():
        if value is None:
            if keyword in ds:
                delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def matrix_elements(matrix: np.ndarray, npaths: int = 1, nplanes: int = 1) -> dict[str, Any]:
    """What the header says of a total pixel matrix (rows, columns[, 3])."""
    origin = dataset(XOffsetInSlideCoordinateSystem=20, YOffsetInSlideCoordinateSystem=40)
    measures = dataset(PixelSpacing=[0.002, 0.001], SliceThickness=0.001, SpacingBetweenSlices=0.005)
    return {
        "TotalPixelMatrixColumns": matrix.shape[1],
        "TotalPixelMatrixRows": matrix.shape[0],
        "TotalPixelMatrixFocalPlanes": nplanes,
        "NumberOfOpticalPaths": npaths,
        "TotalPixelMatrixOriginSequence": [origin],
        "ImageOrientationSlide": [0, -1, 0, -1, 0, 0],
        "OpticalPathSequence": [dataset(OpticalPathIdentifier=f"path{k}") for k in range(npaths)],
        "SharedFunctionalGroupsSequence": [dataset(PixelMeasuresSequence=[measures])],
    }


def full(
    matrices: np.ndarray, tile: tuple[int, int], syntax: str = EXPLICIT, *, pad: int = 0, **elements: Any
) -> PydicomDataset:
    """TILED_FULL of matrices (paths, planes, rows, columns[, 3])."""
    frames = [
        cut(plane, x, y, tile, pad) for path in matrices for plane in path for x, y in corners(plane, tile)
    ]
    about = matrix_elements(matrices[0, 0], *matrices.shape[:2])
    return image(frames, syntax, **{**about, "DimensionOrganizationType": "TILED_FULL", **elements})


def place(column: int, row: int, z: float | None = None, path: str | None = None) -> PydicomDataset:
    """Functional groups of a tile; column and row from 0."""
    position = dataset(ColumnPositionInTotalImagePixelMatrix=column + 1, RowPositionInTotalImagePixelMatrix=row + 1)
    position.XOffsetInSlideCoordinateSystem = position.YOffsetInSlideCoordinateSystem = 0
    if z is not None:
        position.ZOffsetInSlideCoordinateSystem = z
    item = dataset(PlanePositionSlideSequence=[position])
    if path is not None:
        item.OpticalPathIdentificationSequence = [dataset(OpticalPathIdentifier=path)]
    return item


def sparse(
    frames: list[np.ndarray],
    places: list[PydicomDataset],
    shape: tuple[int, int],
    syntax: str = EXPLICIT,
    *,
    npaths: int = 1,
    **elements: Any,
) -> PydicomDataset:
    """TILED_SPARSE of frames and their functional groups, in a matrix of `shape` (rows, columns)."""
    about = matrix_elements(np.empty(shape), npaths)
    about |= {"DimensionOrganizationType": "TILED_SPARSE", "PerFrameFunctionalGroupsSequence": places}
    return image(frames, syntax, **{**about, **elements})


def written(ds: PydicomDataset) -> bytes:
    """The bytes of the file."""
    stream = BytesIO()
    dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()
