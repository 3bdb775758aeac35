"""Composite objects to be sent: made here, so that every clone has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dicomet import Dataset, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"


def make_ct(path: Path, *, number: int = 1, rows: int = 64, syntax: str = EXPLICIT, study: str = "1.2.3.4") -> str:
    """Write a CT image of noise; gives its SOP Instance UID."""
    ds = Dataset()
    ds.SOPClassUID = CT
    ds.SOPInstanceUID = generate_uid()
    ds.StudyInstanceUID = study
    ds.SeriesInstanceUID = f"{study}.1"
    ds.Modality = "CT"
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "4711"
    ds.InstanceNumber = number
    ds.Rows = ds.Columns = rows
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    noise = np.random.default_rng(number).integers(0, 4096, (rows, rows), dtype="u2")
    ds.PixelData = noise.tobytes()
    if syntax == EXPLICIT:
        ds.save_as(path, transfer_syntax=EXPLICIT)
    else:
        ds.save_as(path, transfer_syntax=EXPLICIT)
        from dicomet import dcmread

        dcmread(path).transcode(syntax, new_uid=False).save_as(path)
    return str(ds.SOPInstanceUID)


def data_set_of(path: Path | str) -> bytes:
    """The bytes of a file behind its File Meta Information."""
    from dicomet._native.index import Index
    from dicomet._native.source import Source

    source = Source.open(path, whole=True)
    at = Index.scan(source, stop_tag=0x00080019).body_offset
    return source.read(at, source.nbytes - at)
