"""dicomet: fast, tolerant DICOM. The table of contents; everything loads on first use."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet._native.dictionary import EDITION as DICOM_EDITION
    from dicomet.bulk.scan import scan as scan
    from dicomet.dataset import Dataset as Dataset
    from dicomet.element import DataElement as DataElement
    from dicomet.errors import DicomError as DicomError
    from dicomet.filedataset import FileDataset as FileDataset
    from dicomet.pixels.pixelarray import iter_frames as iter_frames
    from dicomet.reader import dcmread as dcmread
    from dicomet.sequence import Sequence as Sequence
    from dicomet.validation.checks import validate as validate

__version__ = "0.1.0"

_HOMES = {
    "DICOM_EDITION": ("dicomet._native.dictionary", "EDITION"), "DataElement": ("dicomet.element", "DataElement"),
    "Dataset": ("dicomet.dataset", "Dataset"), "DicomError": ("dicomet.errors", "DicomError"),
    "FileDataset": ("dicomet.filedataset", "FileDataset"), "Sequence": ("dicomet.sequence", "Sequence"),
    "dcmread": ("dicomet.reader", "dcmread"), "iter_frames": ("dicomet.pixels.pixelarray", "iter_frames"),
    "scan": ("dicomet.bulk.scan", "scan"), "validate": ("dicomet.validation.checks", "validate"),
}  # fmt: skip
__all__ = [  # noqa: RUF022 - as in _HOMES; spelled out for type checkers
    "DICOM_EDITION", "DataElement", "Dataset", "DicomError", "FileDataset", "Sequence", "dcmread", "iter_frames",
    "scan", "validate", "__version__",
]  # fmt: skip

if not TYPE_CHECKING:  # to a checker it would make every name right

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'dicomet' has no attribute {name!r}")
        home, attribute = _HOMES[name]
        return globals().setdefault(name, getattr(__import__(home, fromlist=[attribute]), attribute))
