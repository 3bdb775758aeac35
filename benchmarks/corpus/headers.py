"""Distinct headers derived from the real files that pydicom and pydicom-data bring. PS3.10 §7.

Each real file becomes several: with identifiers, names, dates and positions of its own, in its own
transfer syntax or another native one, its pixel data cut to a stated size so that the corpus stays
small.
"""

import hashlib
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ATTRIBUTES = (
    "PatientID",
    "PatientName",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "Modality",
    "StudyDate",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagePositionPatient",
    "SeriesNumber",
)
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
MIN_ELEMENTS = 100  # scanners write more than that; the files below it are stripped or made by hand
# Read by pydicom and by no other: damaged on purpose.
UNFIT = frozenset({"rtplan_truncated.dcm", "MR_truncated.dcm", "bad_sequence.dcm", "badVR.dcm"})


def real_files() -> list[Path]:
    """The sample files in stable order."""
    roots = []
    for package, folders in (
        ("pydicom", ("data/test_files", "data/charset_files")),
        ("data_store", ("data",)),
    ):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"the corpus needs the package that brings {package!r}")
        roots += [Path(spec.origin).parent / folder for folder in folders]
    found = (path for root in roots for path in root.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: path.relative_to(roots[0].anchor).as_posix())


def templates() -> Iterator[tuple[Path, Any]]:
    """Real data sets that carry a header worth the name, read whole."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    for path in real_files():
        if path.name in UNFIT:
            continue
        try:
            dataset = pydicom.dcmread(path)
        except (InvalidDicomError, OSError):
            continue
        syntax = dataset.file_meta.get("TransferSyntaxUID")
        if syntax is None or syntax in (DEFLATED, BIG_ENDIAN):
            continue
        if sum(name in dataset for name in ATTRIBUTES) < 8:
            continue
        if sum(1 for _ in dataset.iterall()) >= MIN_ELEMENTS:
            yield path, dataset


def _cut_pixels(dataset: Any, pixel_nbytes: int) -> None:
    """Keep whole rows of the first frame, or the first bytes of the compressed stream."""
    from pydicom.encaps import encapsulate

    pixels = dataset.get("PixelData")
    if pixels is None or len(pixels) <= pixel_nbytes:
        return
    if "NumberOfFrames" in dataset:
        dataset.NumberOfFrames = 1
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.PixelData = encapsulate([pixels[16 : 16 + pixel_nbytes - 16]])
        return
    row_nbytes = dataset.Columns * dataset.SamplesPerPixel * max(1, dataset.BitsAllocated // 8)
    dataset.Rows = max(1, min(dataset.Rows, pixel_nbytes // row_nbytes))
    dataset.PixelData = pixels[: row_nbytes * dataset.Rows // 2 * 2]


def _uid(*parts: object) -> str:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16])}"


def write_variant(dataset: Any, name: str, number: int, path: Path, pixel_nbytes: int) -> None:
    """Write one variant; `dataset` is changed in place and may be used for the next."""
    series, study, patient = number // 4, number // 8, number // 16
    dataset.PatientID = f"{name[:8].upper()}-{patient:0{4 + patient % 3}d}"
    dataset.PatientName = f"{('Meier', 'Okonkwo', 'Larsson', 'Li')[patient % 4]}^{name[:16]}"
    dataset.StudyInstanceUID = _uid(name, "study", study)
    dataset.SeriesInstanceUID = _uid(name, "series", series)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = _uid(name, number)
    dataset.StudyDate = f"20{10 + study % 15:02d}{1 + number % 12:02d}{1 + number % 28:02d}"
    dataset.StudyDescription = "Follow-up " * (number % 4) + "CHEST ABDOMEN"
    dataset.AccessionNumber = f"A{study:07d}"
    dataset.SeriesNumber = series + 1
    dataset.InstanceNumber = number + 1
    if "ImagePositionPatient" in dataset:
        dataset.ImagePositionPatient = [-125.5 + number, -130.25, round(-90 + 2.5 * number, 3)]
    _cut_pixels(dataset, pixel_nbytes)
    if not dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.file_meta.TransferSyntaxUID = NATIVE[number % 3 != 0]
    dataset.save_as(path, enforce_file_format=True)


def write_headers(folder: Path, nfiles: int, pixel_nbytes: int) -> None:
    """Fill `folder` with `nfiles` files, the templates taking turns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the toolkit's remarks on real files
        chosen = list(templates())
        for number in range(nfiles):
            origin, dataset = chosen[number % len(chosen)]
            variant = number // len(chosen)
            path = folder / f"{number:05d}.dcm"
            write_variant(dataset, origin.stem, variant, path, pixel_nbytes)
