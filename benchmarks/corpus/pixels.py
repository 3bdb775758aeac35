"""Files with pixels worth decoding: clips, volumes in one file, frames of any size. PS3.3 §C.7.6, PS3.5 §8.

The frames are real images of pydicom-data, turned and mirrored eight ways, so that decoders meet what they meet
in practice and any eight frames in a row are the same work as any other eight.
"""

import struct
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from .encoding import element, encapsulated, part10
from .multiframe import Pixels, enhanced_multiframe

US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"
PERIOD = 8  # frames after which all begins anew
CLIP_FRAMES = 30


@cache
def _image(name: str) -> Any:
    """Pixels of one of pydicom-data's files, moved to begin at 0."""
    import data_store
    from pydicom.pixels import pixel_array

    array = pixel_array(Path(data_store.__file__).parent / "data" / name)
    return array - array.min()


def _symmetries(image: Any) -> list[Any]:
    """A square image turned and mirrored."""
    import numpy as np

    turned = [np.rot90(image, quarter) for quarter in range(4)]
    return [np.ascontiguousarray(one) for half in turned for one in (half, half[:, ::-1])]


@cache
def _slices() -> list[Any]:
    """Eight 512 x 512 CT slices of 12 significant bits."""
    import numpy as np

    image = _image("693_UNCR.dcm")
    return _symmetries(np.minimum(image, 4095).astype("<u2"))


def native_volume(nframes: int, *, undefined: bool = True, bits_stored: int = 16) -> bytes:
    """An Enhanced MR Image of 512 x 512 native frames."""
    frames = [one.tobytes() for one in _slices()]
    data = b"".join(frames[number % PERIOD] for number in range(nframes))
    pixels = Pixels(element(0x7FE00010, "OW", data), 512, 512, bits_stored)
    return enhanced_multiframe(nframes, undefined=undefined, pixels=pixels)


def write_native_volume(path: Path, nframes: int) -> None:
    """The same into a file, with sequences of defined length, a frame at a time."""
    frames = [one.tobytes() for one in _slices()]
    header = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OW", nframes * len(frames[0]))
    with path.open("wb") as stream:
        stream.write(enhanced_multiframe(nframes, undefined=False, pixels=Pixels(header, 512, 512, 16)))
        for number in range(nframes):
            stream.write(frames[number % PERIOD])


def slice_image() -> bytes:
    """A CT slice of 512 x 512 with the header that its scanner wrote, half a megabyte."""
    import data_store

    return (Path(data_store.__file__).parent / "data" / "693_UNCR.dcm").read_bytes()


def native_square(size: int) -> bytes:
    """Eight native frames of that many rows and columns."""
    import numpy as np

    frame = np.resize(_slices()[0], (size, size)).tobytes()
    pixels = Pixels(element(0x7FE00010, "OW", frame * PERIOD), size, size, 16)
    return enhanced_multiframe(PERIOD, undefined=True, pixels=pixels)


def encode_rle(array: Any) -> bytes:
    """One frame as RLE Lossless, by pylibjpeg-rle."""
    from rle.utils import encode_array

    rows, columns, *samples = array.shape
    options = {
        "rows": rows,
        "columns": columns,
        "samples_per_pixel": samples[0] if samples else 1,
        "bits_allocated": 8 * array.itemsize,
        "bits_stored": 8 * array.itemsize,
        "pixel_representation": int(array.dtype.kind == "i"),
        "photometric_interpretation": "RGB" if samples else "MONOCHROME2",
        "number_of_frames": 1,
    }
    return bytes(next(encode_array(array, **options)))


def _encoded_slices(transfer_syntax: str) -> list[bytes]:
    if transfer_syntax == RLE_LOSSLESS:
        return [encode_rle(one) for one in _slices()]
    import imagecodecs

    encode: Callable[[Any], bytes] = {
        JPEG_LOSSLESS: partial(imagecodecs.jpeg8_encode, lossless=True, bitspersample=16, predictor=1),
        JPEG_LS_LOSSLESS: imagecodecs.jpegls_encode,
        JPEG_2000_LOSSLESS: partial(imagecodecs.jpeg2k_encode, codecformat="J2K", reversible=True, level=0),
    }[transfer_syntax]
    return [encode(one) for one in _slices()]


def encoded_volume(nframes: int, transfer_syntax: str) -> bytes:
    """The same Enhanced MR Image in a compressed syntax."""
    frames = _encoded_slices(transfer_syntax)
    data = encapsulated([frames[number % PERIOD] for number in range(nframes)])
    pixels = Pixels(data, 512, 512, 16, transfer_syntax)
    return enhanced_multiframe(nframes, undefined=True, pixels=pixels)


def _as_ybr_422(rgb: Any) -> bytes:
    """RGB of 8 bits as YBR_FULL_422: Y Y CB CR. PS3.3 §C.7.6.3.1.2."""
    import numpy as np

    weights = np.array(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
    )
    ybr = rgb @ weights.T + [0, 128, 128]
    pairs = ybr.reshape(ybr.shape[0], -1, 2, 3)
    out = np.concatenate([pairs[..., 0], pairs[..., 1:].mean(axis=2)], axis=2)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8).tobytes()


def ultrasound_clip(nframes: int) -> bytes:
    """An Ultrasound Multi-frame Image, native, 1024 x 1024, YBR_FULL_422."""
    import numpy as np

    image = _image("US1_UNCR.dcm")
    field = np.tile(image, (3, 2, 1))[:1024, :1024].astype(np.float64)
    frames = [_as_ybr_422(one) for one in _symmetries(field)]
    instance = "2.25.82"
    body = b"".join(
        (
            element(0x00080016, "UI", US_MULTIFRAME),
            element(0x00080018, "UI", instance),
            element(0x00080020, "DA", "20240315"),
            element(0x00080060, "CS", "US"),
            element(0x00100010, "PN", "Clip^Colour"),
            element(0x00100020, "LO", "US-0001"),
            element(0x00181063, "DS", "33.3"),
            element(0x0020000D, "UI", "2.25.83"),
            element(0x0020000E, "UI", "2.25.84"),
            element(0x00280002, "US", 3),
            element(0x00280004, "CS", "YBR_FULL_422"),
            element(0x00280006, "US", 0),
            element(0x00280008, "IS", str(nframes)),
            element(0x00280009, "AT", b"\x18\x00\x63\x10"),
            element(0x00280010, "US", 1024),
            element(0x00280011, "US", 1024),
            element(0x00280100, "US", 8),
            element(0x00280101, "US", 8),
            element(0x00280102, "US", 7),
            element(0x00280103, "US", 0),
            element(0x7FE00010, "OB", b"".join(frames[n % PERIOD] for n in range(nframes))),
        )
    )
    return part10(US_MULTIFRAME, instance, body)
