"""A directory into bytes: records one after another, their offsets known beforehand. PS3.3 §F.2.2, PS3.10 §8.6."""

from __future__ import annotations

import struct
from itertools import pairwise

from dicomet._native.plan import DEFINED, Plan
from dicomet.dataset import Dataset
from dicomet.errors import WriteError
from dicomet.media.directory import FIRST_ROOT, LAST_ROOT, RECORDS
from dicomet.media.keys import element_header
from dicomet.media.record import IN_USE, LINKS_NBYTES, LOWER, NEXT
from dicomet.planning import put_data_set
from dicomet.syntax import EXPLICIT_LITTLE, syntax_of
from dicomet.writer import put_file_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomet.media.record import Record

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

_CONSISTENCY_FLAG = 0x00041212
_ACTIVE = 0xFFFF
_MAX_NBYTES = 0xFFFFFFFE
# The tag and length of an item, and the three elements in front of the type: next, in use, lower.
_HEAD = struct.Struct("<HHI8sI8sH8sI")
_NEXT_HEADER = element_header(NEXT, "UL") + b"\x04\0"
_FLAG_HEADER = element_header(IN_USE, "US") + b"\x02\0"
_LOWER_HEADER = element_header(LOWER, "UL") + b"\x04\0"
_ROOT_NBYTES = 12 + 12 + 10 + 12  # the elements about the root, and the header of the sequence


def plan_directory(top: Dataset, roots: list[Record]) -> tuple[Plan, dict[Record, int]]:
    """The plan of a whole DICOMDIR, and the offset of each record in it.

    Parameters
    ----------
    top : Dataset
        SOP Instance UID of the directory in `file_meta`, File-set ID and what else stands beside the records.
    roots : list of Record

    Raises
    ------
    WriteError
        The directory would be longer than 4 GiB.
    """
    before, after = top.copy(), top.copy()
    for tag in top.keys():  # noqa: SIM118
        if tag >= FIRST_ROOT:
            del before[tag]
        if tag <= RECORDS:
            del after[tag]
    plan = Plan(lengths=DEFINED)
    put_file_head(plan, before, syntax_of(EXPLICIT_LITTLE))
    put_data_set(plan, before)
    records, offsets = _encoded(roots, plan.nbytes + _ROOT_NBYTES)
    first, last = (offsets[roots[0]], offsets[roots[-1]]) if roots else (0, 0)
    plan.element(FIRST_ROOT, "UL", first.to_bytes(4, "little"))
    plan.element(LAST_ROOT, "UL", last.to_bytes(4, "little"))
    plan.element(_CONSISTENCY_FLAG, "US", b"\0\0")
    plan.put(b"\x04\0\x20\x12SQ\0\0" + len(records).to_bytes(4, "little"))
    plan.put(records)
    put_data_set(plan, after)
    return plan, offsets


def _encoded(roots: list[Record], base: int) -> tuple[bytes, dict[Record, int]]:
    """The items of all records, the first of which will stand at `base`, and their offsets."""
    records = [record for root in roots for record in root.walk()]
    bodies = [record.encoded() for record in records]
    offsets: dict[Record, int] = {}
    at = base
    for record, body in zip(records, bodies, strict=True):
        offsets[record] = at
        at += _HEAD.size + len(body)
    if at - base > _MAX_NBYTES or at > _MAX_NBYTES:
        raise WriteError("a directory of more than 4 GiB", tag=RECORDS, clause="PS3.3 §F.3.2.2")
    following = dict(_following(roots, offsets))
    for record in records:
        following.update(_following(record.children, offsets))
    parts = []
    for record, body in zip(records, bodies, strict=True):
        lower = offsets[record.children[0]] if record.children else 0
        parts.append(
            _HEAD.pack(
                0xFFFE, 0xE000, LINKS_NBYTES + len(body), _NEXT_HEADER, following.get(record, 0),
                _FLAG_HEADER, _ACTIVE, _LOWER_HEADER, lower,
            )
        )  # fmt: skip
        parts.append(body)
    return b"".join(parts), offsets


def _following(siblings: list[Record], offsets: dict[Record, int]) -> Iterable[tuple[Record, int]]:
    """Each record that has one behind it, and where that stands."""
    return ((record, offsets[after]) for record, after in pairwise(siblings))
