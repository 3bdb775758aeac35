"""dicomet: fast, tolerant DICOM. The table of contents; everything loads on first use."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet._native.dictionary import EDITION as DICOM_EDITION
    from dicomet.bulk.scan import scan as scan
    from dicomet.dataset import Dataset as Dataset
    from dicomet.element import DataElement as DataElement
    from dicomet.errors import DicomError as DicomError
    from dicomet.filedataset import FileDataset as FileDataset
    from dicomet.filedataset import FileMetaDataset as FileMetaDataset
    from dicomet.pixels.pixelarray import iter_frames as iter_frames
    from dicomet.reader import dcmread as dcmread
    from dicomet.sequence import Sequence as Sequence
    from dicomet.uids import generate_uid as generate_uid
    from dicomet.validation.checks import validate as validate
    from dicomet.writer import dcmwrite as dcmwrite

__version__ = "0.1.0"

_HOMES = {
    "DICOM_EDITION": "_native.dictionary", "DataElement": "element", "Dataset": "dataset", "DicomError": "errors",
    "FileDataset": "filedataset", "FileMetaDataset": "filedataset", "Sequence": "sequence", "dcmread": "reader",
    "dcmwrite": "writer", "generate_uid": "uids", "iter_frames": "pixels.pixelarray", "scan": "bulk.scan",
    "validate": "validation.checks",
}  # fmt: skip
__all__ = [  # noqa: RUF022 - as in _HOMES; spelled out for type checkers
    "DICOM_EDITION", "DataElement", "Dataset", "DicomError", "FileDataset", "FileMetaDataset", "Sequence", "dcmread",
    "dcmwrite", "generate_uid", "iter_frames", "scan", "validate", "__version__",
]  # fmt: skip

if not TYPE_CHECKING:  # to a checker it would make every name right

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'dicomet' has no attribute {name!r}")
        attribute = "EDITION" if name == "DICOM_EDITION" else name
        return globals().setdefault(name, getattr(__import__(f"dicomet.{_HOMES[name]}", fromlist=["_"]), attribute))
