"""What making an index of an archive reports: progress, the summary, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dicomet.errors import DicomError

Progress = Callable[[int, int | None, int], None]
"""Called with (files done, files in all, bytes of the files done). While the folder is still being
walked the second is None and the first counts the files found."""


class IndexFileError(DicomError, ValueError):
    """The output exists and is no index, so that it is left alone."""


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """What an index holds and what making it took.

    Attributes
    ----------
    files : int
        Rows of the index.
    statuses : dict of str to int
        Rows by status; ``"ok"`` counts the sound ones.
    patients, studies, series, instances : int or None
        Distinct PatientID and instance UIDs; None without such a column.
    modalities : dict of str to int
        Rows by Modality, the most frequent first.
    reused, new, changed, vanished : int
        Rows taken over, rows of files not met before, rows of files read again, rows dropped.
    nbytes : int
        Bytes of the files that were opened.
    seconds : float
    unreadable : tuple of str
        Folders that could not be read.
    """

    files: int
    statuses: dict[str, int]
    patients: int | None
    studies: int | None
    series: int | None
    instances: int | None
    modalities: dict[str, int]
    reused: int
    new: int
    changed: int
    vanished: int
    nbytes: int
    seconds: float
    unreadable: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Rows whose status is not ``"ok"``."""
        return self.files - self.statuses.get("ok", 0)

    @property
    def files_per_second(self) -> float:
        """Files opened a second, everything included."""
        return (self.new + self.changed) / self.seconds if self.seconds > 0 else 0.0
