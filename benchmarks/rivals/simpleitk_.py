"""SimpleITK: ``ImageFileReader`` with ITK's GDCM; it applies Rescale Slope and Intercept and
inverts MONOCHROME1, which the check takes back, untimed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK

from . import images


def _reader(path: str) -> Any:
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(path)
    reader.SetImageIO("GDCMImageIO")
    return reader


def frame(path: str, number: int) -> Any:
    reader = _reader(path)
    reader.ReadImageInformation()
    columns, rows, _ = reader.GetSize()
    reader.SetExtractIndex([0, 0, number])
    reader.SetExtractSize([columns, rows, 0])
    image = reader.Execute()
    found = SimpleITK.GetArrayViewFromImage(image)
    images.touch(found)
    return image


def frame_work(image: Any) -> int:
    return images.checksum(SimpleITK.GetArrayViewFromImage(image))


def frames(path: str, every: bool = False) -> int:
    image = _reader(path).Execute()
    return images.total(SimpleITK.GetArrayViewFromImage(image), every)


def clip(path: str) -> str:
    frames(path)
    return path


def clip_work(path: str) -> int:
    return images.right_rgb(SimpleITK.GetArrayFromImage(_reader(path).Execute()), path)


def _stored(image: Any) -> Any:
    """Stored values of an image that ITK has rescaled or inverted."""
    array = SimpleITK.GetArrayFromImage(image)
    if image.GetMetaData("0028|0004").strip() == "MONOCHROME1":
        array = (1 << int(image.GetMetaData("0028|0101"))) - 1 - array
    if not image.HasMetaDataKey("0028|1053"):
        return array
    slope, intercept = (float(image.GetMetaData(key)) for key in ("0028|1053", "0028|1052"))
    return np.rint((array - intercept) / slope)


def decode(files: Sequence[str]) -> Sequence[str]:
    for path in files:
        image = _reader(path).Execute()
        _ = SimpleITK.GetArrayViewFromImage(image)
    return files


def decode_work(files: Sequence[str]) -> int:
    return images.right_nbytes((path, _stored(_reader(path).Execute())) for path in files)
