"""pydicom: ``dcmread(stop_before_pixels=True)``; ``specific_tags`` was tried and is no faster."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
from pydicom import dcmread
from pydicom.multival import MultiValue

from ..corpus import ATTRIBUTES
from . import files as shared
from . import images, models, table_work, written

PyDataset = Any


def _values(dataset: PyDataset) -> list[Any]:
    return [dataset.get(name) for name in ATTRIBUTES]


def headers(files: Sequence[str]) -> list[list[Any]]:
    return [_values(dcmread(path, stop_before_pixels=True)) for path in files]


def facade(files: Sequence[str]) -> list[list[Any]]:
    rows = []
    for path in files:
        dataset = dcmread(path, stop_before_pixels=True)
        rows.append([getattr(dataset, name, None) for name in ATTRIBUTES])
    return rows


headers_work = facade_work = table_work


def _plain(value: Any) -> Any:
    """A value that Arrow takes: what is no number or list of numbers becomes text."""
    if value is None or isinstance(value, int | float):
        return value
    return [float(one) for one in value] if isinstance(value, MultiValue) else str(value)


def parquet(folders: Sequence[str], output: str) -> int:
    rows = (
        (path, [_plain(value) for value in _values(dcmread(path, stop_before_pixels=True))])
        for path in shared.walk(folders)
    )
    return shared.write_parquet(rows, output)


def structure_ready(path: str) -> tuple[bytes]:
    with open(path, "rb") as stream:
        return (stream.read(),)


def structure(source: bytes) -> int:
    return sum(1 for _ in dcmread(BytesIO(source)).iterall())


def values(path: str) -> int:
    number = 0
    for element in dcmread(path).iterall():
        _ = element.value
        number += 1
    return number


def arrays(path: str) -> list[Any]:
    pydicom.config.use_DS_numpy = True
    return [
        contour.ContourData
        for roi in dcmread(path).ROIContourSequence
        for contour in roi.ContourSequence
    ]


def arrays_work(found: list[Any]) -> int:
    return sum(array.size for array in found)


def groups(path: str) -> int:
    return int(dcmread(path, stop_before_pixels=True).NumberOfFrames)


def positions(path: str) -> list[Any]:
    dataset = dcmread(path, stop_before_pixels=True)
    found = [
        (
            item.PlanePositionSequence[0].ImagePositionPatient,
            item.PlaneOrientationSequence[0].ImageOrientationPatient,
        )
        for item in dataset.PerFrameFunctionalGroupsSequence
    ]
    return [np.array(column, np.float64) for column in zip(*found, strict=True)]


positions_work = arrays_work


def iter_pixels(path: str, **options: Any) -> Iterator[Any]:
    """pydicom's, loaded when it is wanted: it is no part of what a header needs."""
    from pydicom.pixels import iter_pixels

    return iter_pixels(path, **options)


def pixel_array(path: str, **options: Any) -> Any:
    """pydicom's, likewise."""
    from pydicom.pixels import pixel_array

    return pixel_array(path, **options)


def frame(path: str, number: int) -> Any:
    (found,) = iter_pixels(path, indices=[number], view_only=True)
    images.touch(found)
    return found


frame_work = images.checksum


def frames(path: str, every: bool = False) -> int:
    return images.total(iter_pixels(path, view_only=True), every)


def clip(path: str) -> str:
    """All at once: `iter_pixels` loses its place in subsampled frames."""
    images.total(pixel_array(path))
    return path


def clip_work(path: str) -> int:
    return images.right_rgb(pixel_array(path), path)


def _frames_by(plugin: str) -> Callable[[str], int]:
    def frames(path: str) -> int:
        return images.total(iter_pixels(path, decoding_plugin=plugin))

    return frames


frames_rle, frames_jpegls = _frames_by("pylibjpeg"), _frames_by("pyjpegls")


def _decoder(plugin: str) -> tuple[Callable[..., Any], Callable[..., int]]:
    """Decode by the named plugin: of those that decode the whole corpus, the fastest."""

    def decoded(files: Sequence[str]) -> Iterator[tuple[str, Any]]:
        return ((path, pixel_array(path, index=0, decoding_plugin=plugin)) for path in files)

    def decode(files: Sequence[str]) -> Sequence[str]:
        images.run(decoded(files))
        return files

    return decode, lambda files: images.right_nbytes(decoded(files))


decode_gdcm, decode_gdcm_work = _decoder("gdcm")
decode_pillow, decode_pillow_work = _decoder("pillow")
decode_pydicom, decode_pydicom_work = _decoder("pydicom")
decode_pyjpegls, decode_pyjpegls_work = _decoder("pyjpegls")
decode_pylibjpeg, decode_pylibjpeg_work = _decoder("pylibjpeg")


def rewrite(path: str) -> str:
    dataset = dcmread(path)
    for name, value in written.EDITS.items():
        setattr(dataset, name, value)
    dataset.save_as(written.target_of(path))
    return path


def rewrite_large(path: str) -> str:
    dataset = dcmread(path)
    dataset.PatientName = written.EDITS["PatientName"]
    dataset.save_as(written.target_of(path))
    return path


rewrite_work = rewrite_large_work = written.right_edits


def transcode(path: str, transfer_syntax: str) -> str:
    """By pylibjpeg and pyjpegls."""
    dataset = dcmread(path)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress(generate_instance_uid=False)
    else:
        dataset.compress(transfer_syntax, generate_instance_uid=False)
    dataset.save_as(written.target_of(path))
    return path


transcode_work = written.right_frames


def validated_values(files: Sequence[str]) -> int:
    """Values by their VRs: it knows no IODs."""
    from pydicom import config
    from pydicom.valuerep import validate_value

    for path in files:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        for element in dataset.iterall():
            for value in [element.value] if element.VM < 2 else element.value:
                validate_value(element.VR, value, config.IGNORE)
    return len(files)


def start_ready() -> tuple[str]:
    return ("import pydicom",)


start, start_peak = shared.start, shared.start_peak


def json_text(path: str) -> str:
    return str(dcmread(path).to_json())


def json_texts(files: Sequence[str]) -> list[str]:
    return [json_text(path) for path in files]


def json_in(text: str) -> Any:
    return pydicom.Dataset.from_json(text)


json_text_work, json_texts_work = models.json_work, models.json_works
json_in_work = models.data_set_work


def media_copied(folder: str, output: str) -> int:
    from pydicom.fileset import FileSet

    file_set = FileSet()
    for path in shared.walk([folder]):
        if not path.endswith("DICOMDIR"):
            file_set.add(path)
    file_set.write(shared.fresh_folder(output))
    return len(file_set)
