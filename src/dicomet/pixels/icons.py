"""Icon images in a compressed data set: native once the data set goes into another transfer syntax.

PS3.5 §A.4: Pixel Data inside a sequence is native, or encapsulated in the syntax of the data set. PS3.3 §F.7.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from dicomet._native.index import TOP
from dicomet.pixels.frames import frames_of
from dicomet.pixels.layout import PIXEL_DATA
from dicomet.pixels.native import encode_native

if TYPE_CHECKING:
    from dicomet.dataset import Dataset

_ICONS = 0x00880200
_FRAGMENTS = 64  # DCM_ROW_FRAGMENTS


def unpack_icons(ds: Dataset) -> None:
    """Decode the encapsulated items of Icon Image Sequence (0088,0200).

    Parameters
    ----------
    ds : Dataset
        Gets a new sequence; the items that it had stay as they are.

    Raises
    ------
    PixelDataError, UnsupportedError
        An icon cannot be decoded.
    """
    element = ds.get_item(_ICONS)
    if element is None or element.VR != "SQ" or not any(map(_is_encapsulated, element.value)):
        return
    icons = []
    for item in element.value:
        icon = deepcopy(item)
        if _is_encapsulated(item):
            _unpack(icon, item)
        icons.append(icon)
    ds.add_new(_ICONS, "SQ", icons)


def _is_encapsulated(item: Dataset) -> bool:
    row = item._index.find(item._row, PIXEL_DATA)
    return row != TOP and not item._is_edited(PIXEL_DATA) and bool(item._index.flags(row) & _FRAGMENTS)


def _unpack(icon: Dataset, item: Dataset) -> None:
    frames = frames_of(item)
    layout = replace(frames.layout, planar_configuration=0)
    samples = frames.read([0], raw=layout.samples == 1)[0]  # palette indices stay what they are
    if layout.samples > 1:
        icon.update({"PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"})
    icon.add_new(PIXEL_DATA, "OW" if layout.bits_allocated > 8 else "OB", encode_native(samples, layout))
