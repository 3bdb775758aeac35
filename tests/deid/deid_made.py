"""Data sets that tests de-identify, and what came out of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dicomet import Dataset, FileDataset, Sequence, dcmread
from dicomet.deid import Deidentifier
from dicomet.writer import dcmwrite

CT, MR, SC, US = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("2", "4", "7", "6.1"))
SR = "1.2.840.10008.5.1.4.1.1.88.22"
KEY = b"a key of the tests"


def item(**values: Any) -> Dataset:
    """A data set of elements by keyword."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, Sequence(value) if keyword.endswith("Sequence") else value)
    return ds


def image(sop_class: str = CT, **values: Any) -> Dataset:
    """A data set with what every file has."""
    ids = {"StudyInstanceUID": "1.2.3.4", "SeriesInstanceUID": "1.2.3.4.5", "SOPInstanceUID": "1.2.3.4.5.6"}
    return item(**{"SOPClassUID": sop_class, **ids, "PatientName": "Roe^Jane", "PatientID": "ROE-4711", **values})


def as_file(ds: Dataset, transfer_syntax: str | None = None) -> bytes:
    """The bytes of a Part 10 file."""
    stream = BytesIO()
    dcmwrite(stream, ds, transfer_syntax=transfer_syntax)
    return stream.getvalue()


def deidentified(ds: Dataset | bytes, *options: str, **settings: Any) -> FileDataset:
    """What comes out of a data set, by way of a file."""
    data = ds if isinstance(ds, bytes) else as_file(ds)
    return dcmread(Deidentifier(options=options, key=KEY, **settings).deidentify_bytes(data)[0])
