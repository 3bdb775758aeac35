"""What the tests of the writer share: data sets from bytes, and the bytes that they become."""

from __future__ import annotations

import io
from typing import Any

from build import DEFLATED, ENCODINGS, Encoding, part10

from dicomet import Dataset, FileDataset, dcmread
from dicomet.uids import UID

NATIVE = {**{name: syntax for name, (_, syntax) in ENCODINGS.items()}, "deflated": DEFLATED}


def read(body: bytes, encoding: str = "explicit", **options: Any) -> FileDataset:
    """The data set of a Part 10 file around a body."""
    return dcmread(part10(body, ENCODINGS[encoding][1]), **options)


def saved(ds: Dataset, **options: Any) -> bytes:
    """The file that is written."""
    out = io.BytesIO()
    ds.save_as(out, **options)
    return out.getvalue()


def body_of(ds: Dataset, **options: Any) -> bytes:
    """The data set in what is written, without what stands in front of it."""
    data = saved(ds, enforce_file_format=isinstance(ds, FileDataset), **options)
    return data[dcmread(data, force=True)._index.body_offset :]


def again(ds: Dataset, **options: Any) -> FileDataset:
    """Written and read again."""
    return dcmread(saved(ds, **options), force=True)


def made(**values: Any) -> Dataset:
    """A data set from nothing that can be written as a file."""
    ds = Dataset()
    ds.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    ds.SOPInstanceUID = UID("1.2.3.4")
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def sop(enc: Encoding) -> bytes:
    """SOP Class and Instance UID, which every file needs."""
    return enc.element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7") + enc.element(0x00080018, "UI", "1.2.3.4")
