"""A directory as text for people. PS3.3 §F.1."""

from __future__ import annotations

from dicomet.media.fileid import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet.media.record import Record

_SHOWN = {
    "PATIENT": ("PatientID", "PatientName"),
    "STUDY": ("StudyDate", "StudyID", "StudyDescription"),
    "SERIES": ("Modality", "SeriesNumber"),
}


def lines_of(roots: list[Record], instances: bool) -> Iterator[str]:
    """A line for each record, indented by its level.

    Parameters
    ----------
    roots : list of Record
    instances : bool
        Also those that stand for files; otherwise only how many there are of each type.
    """
    stack = [(record, 0) for record in reversed(roots)]
    while stack:
        record, depth = stack.pop()
        if record.children or record.file_id is None or instances:
            yield "  " * depth + line_of(record)
        if not instances:
            yield from ("  " * (depth + 1) + line for line in _counts(record.children))
        stack.extend((child, depth + 1) for child in reversed(record.children))
    if not instances:
        yield from _counts(roots)


def line_of(record: Record) -> str:
    """A record in one line."""
    ds = record.dataset
    keywords = _SHOWN.get(record.record_type, ("InstanceNumber",))
    values = [str(ds.get(keyword)) for keyword in keywords if ds.get(keyword) not in (None, "")]
    if record.file_id is not None:
        values.append(text_of(record.file_id))
    return f"{record.record_type}: {', '.join(values)}" if values else record.record_type


def _counts(children: list[Record]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for child in children:
        if not child.children and child.file_id is not None:
            counts[child.record_type] = counts.get(child.record_type, 0) + 1
    return (f"{count} {record_type}" for record_type, count in counts.items())
