"""What the adapters of writing journeys share: ten edits, and whether they are in what was written."""

import os

EDITS = {
    "PatientName": "Doe^Jane",
    "PatientID": "X-0001",
    "PatientBirthDate": "19700101",
    "AccessionNumber": "A0815",
    "StudyDescription": "Follow-up",
    "SeriesDescription": "Axial",
    "InstitutionName": "Example Hospital",
    "StudyDate": "20240315",
    "StudyInstanceUID": "2.25.1001",
    "SOPInstanceUID": "2.25.1002",
}


def target_of(path: str) -> str:
    """A file beside the one that is read."""
    return f"{path}.{os.getpid()}.out"


def right_edits(path: str) -> int:
    """How many of the edits are in what was written for `path`, and whether its pixels are; it is removed."""
    from dicomet import dcmread

    written = target_of(path)
    before, after = dcmread(path, mode="map"), dcmread(written, mode="map")
    right = sum(after.get(name) == value for name, value in EDITS.items())
    same = before["PixelData"].raw == after["PixelData"].raw
    os.unlink(written)
    return right + same


def right_frames(path: str) -> int:
    """How many frames of the file that was written for `path` are as they were; it is removed."""
    import numpy as np

    from dicomet import dcmread

    written = target_of(path)
    with dcmread(path) as before, dcmread(written) as after:
        number = sum(np.array_equal(one, other) for one, other in zip(before.frames, after.frames, strict=True))
    os.unlink(written)
    return number
