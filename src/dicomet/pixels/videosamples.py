"""From decoded pictures to samples as the header wants them: size, depth, colours. PS3.3 §C.7.6.3.1.2.

libav's swscale does the sums; which matrix and range, the stream says. One that does not say is taken for ITU-R
BT.709 from high definition on, else for BT.601, with the partial range (black at 16) that the standard names
YBR_PARTIAL_420.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet.errors import PixelDataError, UnsupportedError

if TYPE_CHECKING:
    from dicomet.pixels.layout import PixelLayout
    from dicomet.pixels.libav import Converter

MAX_SURPLUS = 1.25  # a stream larger than the header says is cut to it, up to this

_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}  # AVCOL_SPC_* to SWS_CS_*
_BT601, _BT709 = 5, 1
_HD_COLUMNS, _HD_ROWS = 1280, 720
_PARTIAL, _FULL = 1, 2  # AVCOL_RANGE_*
_DEPTHS = (9, 10, 12, 14, 16)  # of libav's planar formats, besides 8


def check_size(rows: int, columns: int, layout: PixelLayout) -> bool:
    """Whether a picture is larger than the header says.

    Raises
    ------
    PixelDataError
        It is smaller, or much larger.
    """
    if rows == layout.rows and columns == layout.columns:
        return False
    surplus = rows * columns / (layout.rows * layout.columns)
    if rows < layout.rows or columns < layout.columns or surplus > MAX_SURPLUS:
        raise PixelDataError(
            f"the stream is {columns} × {rows} pixels, the header says {layout.columns} × {layout.rows}",
            tag=0x00280010,
            clause="PS3.5 §8.2",
        )
    return True


def fill(
    picture: Any, converter: Converter, layout: PixelLayout, out: np.ndarray, rgb: bool, notes: list[str]
) -> str:
    """Put a picture of PyAV's into `out`; returns the Photometric Interpretation of what stands there then.

    Colours become RGB if `rgb`, else they keep the stream's range, with full chroma.
    """
    if check_size(picture.height, picture.width, layout):
        notes.append("stream_size")
    if picture.is_corrupt:
        notes.append("video_damaged")
    bits = picture.format.components[0].bits
    if bits != layout.bits_stored:
        notes.append("stream_precision")
    if layout.samples not in (1, 3):
        raise PixelDataError(f"video has 3 samples a pixel, the header says {layout.samples}", tag=0x00280002)
    if out.dtype.kind == "f" or (bits > 8 and bits not in _DEPTHS):
        raise UnsupportedError(f"video of {bits} bits as {out.dtype}", clause="PS3.5 §8.2")
    depth = f"{bits}le" if bits > 8 and out.itemsize > 1 else ""
    ybr = "yuvj444p" if _is_full(picture) and not depth else f"yuv444p{depth}"
    if layout.samples == 1:
        _copy(_converted(picture, converter, ybr, False), (0,), out[..., None])
        return layout.photometric_interpretation
    if rgb or picture.format.is_rgb:
        if not rgb:
            notes.append("stream_colour")
        if depth:
            _copy(_converted(picture, converter, f"gbrp{depth}", True), (2, 0, 1), out)
        else:
            _copy_pixels(_converted(picture, converter, "rgb24", True), out)
        return "RGB"
    _copy(_converted(picture, converter, ybr, False), (0, 1, 2), out)
    return layout.photometric_interpretation


def _is_full(picture: Any) -> bool:
    return int(picture.color_range) == _FULL or picture.format.name.startswith("yuvj")


def _converted(picture: Any, converter: Converter, name: str, to_rgb: bool) -> Any:
    if picture.format.name == name:
        return picture
    matrix = _MATRICES.get(int(picture.colorspace))
    if matrix is None:
        is_hd = picture.width >= _HD_COLUMNS or picture.height >= _HD_ROWS
        matrix = _BT709 if is_hd else _BT601
    source = _FULL if _is_full(picture) or picture.format.is_rgb else _PARTIAL
    return converter.convert(
        picture,
        format=name,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=source,
        dst_color_range=_FULL if to_rgb else source,
    )


def _copy_pixels(picture: Any, out: np.ndarray) -> None:
    plane = picture.planes[0]
    shape = (out.shape[0], out.shape[1], 3)
    out[...] = np.ndarray(shape, np.uint8, plane, 0, (plane.line_size, 3, 1))


def _copy(picture: Any, planes: tuple[int, ...], out: np.ndarray) -> None:
    dtype = np.dtype("u1" if picture.format.components[0].bits <= 8 else "<u2")
    for sample, number in enumerate(planes):
        plane = picture.planes[number]
        out[..., sample] = np.ndarray(out.shape[:2], dtype, plane, 0, (plane.line_size, dtype.itemsize))
