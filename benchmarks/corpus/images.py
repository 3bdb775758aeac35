"""Single images under one transfer syntax each, with the pixels that decoding must give. PS3.5 §8.2, Annex A.

A corpus is a folder of ``NAME.dcm`` and ``NAME.npy``. The images are WG-04's compression samples: its own
compressed file where it has the syntax, else its uncompressed reference encoded anew. Where the samples are (the
folder ``shared/data/wg04`` beside the project, or in ``$DICOMET_SHARED``) nobody else's machine needs to have them:
a journey without them is skipped. RLE is also made from the files of pydicom-data.
"""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from ..journey import CorpusMissing
from .pixels import RLE_LOSSLESS, encode_rle

LOSSY_MARK = "lossy"  # a file of that name: pixels may differ
GREY = ("CT1", "MR4", "XA1")
COLOUR = ("US1",)
PLAIN = (*GREY, *COLOUR)
_JPEG = "1.2.840.10008.1.2.4."
JPEG_BASELINE = _JPEG + "50"
JPEG_LOSSLESS_SV1 = _JPEG + "70"
HTJ2K_LOSSLESS = _JPEG + "201"
JPEG_XL_LOSSLESS = _JPEG + "110"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"


def wg04() -> Path:
    """WG-04's compression samples.

    Raises
    ------
    CorpusMissing
        They are not there.
    """
    project = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("DICOMET_SHARED", project.parent / "shared")) / "data" / "wg04"
    if not folder.is_dir():
        raise CorpusMissing("WG-04's compression samples are not here; DICOMET_SHARED names the folder of data/wg04")
    return folder


def _reference(name: str) -> Any:
    """The uncompressed image as a data set of pydicom's."""
    import imagecodecs
    from pydicom import dcmread

    packed = (wg04() / "REF" / f"{name}_UNC.zst").read_bytes()
    return dcmread(BytesIO(imagecodecs.zstd_decode(packed)))


def _keep(folder: Path, name: str, pixels: Any) -> None:
    import numpy as np

    np.save(folder / f"{name}.npy", pixels)


def originals(syntax: str, names: tuple[str, ...] = (), *, lossy: bool = False) -> Callable[[Path], None]:
    """WG-04's own files of a syntax; all that have a reference unless told."""

    def write(folder: Path) -> None:
        source = wg04() / syntax
        for path in sorted(source.iterdir()):
            name = path.name.split("_")[0]
            if names and name not in names:
                continue
            (folder / f"{name}.dcm").write_bytes(path.read_bytes())
            _keep(folder, name, _reference(name).pixel_array)
        if lossy:
            (folder / LOSSY_MARK).touch()

    return write


def _write(dataset: Any, path: Path, encoded: bytes, transfer_syntax: str, photometric: str) -> None:
    """One image with its one frame replaced, piece by piece: pydicom writes no syntax that it does not know."""
    from pydicom.encaps import encapsulate
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset, write_file_meta_info

    dataset.PixelData = encapsulate([encoded])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    if "DataSetTrailingPadding" in dataset:  # what follows a frame is no business of these journeys
        del dataset.DataSetTrailingPadding
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    if dataset.SamplesPerPixel > 1:
        dataset.PhotometricInterpretation = photometric
        dataset.PlanarConfiguration = 0
    written = DicomBytesIO()
    written.is_implicit_VR, written.is_little_endian = False, True
    written.write(bytes(128) + b"DICM")
    write_file_meta_info(written, dataset.file_meta)
    write_dataset(written, dataset)
    path.write_bytes(written.getvalue())


def encoded(
    transfer_syntax: str, encode: Callable[[Any], bytes], photometric: str = "RGB", names: tuple[str, ...] = PLAIN
) -> Callable[[Path], None]:
    """WG-04's references under a syntax it has no samples of."""

    def write(folder: Path) -> None:
        for name in names:
            dataset = _reference(name)
            array = dataset.pixel_array
            _keep(folder, name, array)
            _write(dataset, folder / f"{name}.dcm", encode(array), transfer_syntax, photometric)

    return write


def baseline(folder: Path) -> None:
    """8-bit colour with chroma of half the width, and grey: JPEG Baseline of quality 90."""
    import imagecodecs
    import numpy as np

    for name in ("US1", "VL1", "VL6", "XA1"):
        dataset = _reference(name)
        array = dataset.pixel_array
        options = {"subsampling": "422", "colorspace": "RGB", "outcolorspace": "YCBCR"}
        if dataset.SamplesPerPixel == 1:
            options = {}
            array = (array >> (dataset.BitsStored - 8)).astype(np.uint8)
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        stream = imagecodecs.jpeg8_encode(array, level=90, **options)
        _keep(folder, name, array)
        _write(dataset, folder / f"{name}.dcm", stream, JPEG_BASELINE, "YBR_FULL_422")
    (folder / LOSSY_MARK).touch()


def htj2k(array: Any) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.htj2k_encode(array, reversible=True, rgb=array.ndim == 3, planar=False))


def jpeg_lossless_rgb(array: Any) -> bytes:
    import imagecodecs

    options = {"colorspace": "RGB", "outcolorspace": "RGB"}
    return bytes(imagecodecs.jpeg8_encode(array, lossless=True, predictor=1, **options))


def jpegxl(array: Any) -> bytes:
    import imagecodecs

    photometric = "RGB" if array.ndim == 3 else "GRAY"
    array = array.view(f"u{array.itemsize}")  # the syntax knows no sign
    return bytes(imagecodecs.jpegxl_encode(array, lossless=True, photometric=photometric, numthreads=1))


def deflated(array: Any) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.deflate_encode(array.tobytes(), raw=True, level=6))


def made_rle(*names: str) -> Callable[[Path], None]:
    """Images of pydicom-data under RLE."""

    def write(folder: Path) -> None:
        import data_store
        from pydicom import dcmread

        for name in names:
            dataset = dcmread(Path(data_store.__file__).parent / "data" / f"{name}.dcm")
            array = dataset.pixel_array
            _keep(folder, name, array)
            _write(dataset, folder / f"{name}.dcm", encode_rle(array), RLE_LOSSLESS, "RGB")

    return write


MAKERS: dict[str, Callable[[Path], None]] = {
    "rle_wg04": originals("RLE"),
    "rle_grey": made_rle("693_UNCR", "MR2_UNCR"),
    "rle_colour": made_rle("US1_UNCR"),
    "jpeg_baseline": baseline,
    "jpeg_extended": originals("JPLY", ("MR1", *GREY), lossy=True),
    "jpeg_lossless_wg04": originals("JPLL"),
    "jpeg_lossless_rgb": encoded(JPEG_LOSSLESS_SV1, jpeg_lossless_rgb, names=("US1", "VL1", "VL6")),
    "jpegls": originals("JLSL", GREY),
    "jpeg2000": originals("J2KR", PLAIN),
    "jpeg2000_lossy": originals("J2KI", PLAIN, lossy=True),
    "htj2k": encoded(HTJ2K_LOSSLESS, htj2k, "YBR_RCT"),
    "jpegxl": encoded(JPEG_XL_LOSSLESS, jpegxl),
    "deflated": encoded(DEFLATED_FRAME, deflated),
}
