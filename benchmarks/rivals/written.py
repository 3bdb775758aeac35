"""What the adapters of writing journeys share: ten edits, and whether they are in what was written."""

import os
from collections.abc import Callable
from typing import Any

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


def transcode(path: str, frames: list[Any], call: Callable[[Any], Any]) -> str:
    """The bare codec: a call for each frame, what comes out written beside the target, then renamed."""
    scratch = path + ".scratch"
    out = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for one in frames:
        os.write(out, call(one))
    os.close(out)
    os.rename(scratch, target_of(path))
    return path


def removed(path: str) -> int:
    """Of the limit, what was written is no DICOM: it counts as nothing."""
    os.unlink(target_of(path))
    return 0
