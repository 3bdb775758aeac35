"""Ranges of dates and times in queries, such as ``20040101-20041231``. PS3.4 §C.2.2.2.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from .datetimes import DicomDate, DicomDateTime, DicomTemporal, DicomTime
from .errors import ValueDecodeError
from .valuetypes import PADDING

if TYPE_CHECKING:
    import datetime

V = TypeVar("V", "datetime.date", "datetime.time", "datetime.datetime")

_CLAUSE = "PS3.4 §C.2.2.2.5"
_MAX_NCHARS = 64  # two DT of 26 characters, the hyphen, and some padding


class DateTimeRange(Generic[V]):
    """A range of dates, of times or of date-times, both ends included. Immutable.

    Parameters
    ----------
    start, end : DicomTemporal or None
        The ends; None where the range is open.

    Raises
    ------
    ValueDecodeError
        The end lies before the start, or only one of them tells its offset from UTC.

    Examples
    --------
    >>> studies = parse_range("20040101-20041231", "DA")
    >>> parse_da("20040229") in studies
    True
    """

    __slots__ = ("_end", "_start")

    def __init__(self, start: DicomTemporal[V] | None, end: DicomTemporal[V] | None) -> None:
        if start is not None and end is not None:
            try:
                ordered = start.earliest <= end.latest
            except TypeError:
                raise ValueDecodeError(
                    f"only one end of {start}-{end} has a UTC offset", clause=_CLAUSE
                ) from None
            if not ordered:
                raise ValueDecodeError(f"{start}-{end} ends before it starts", clause=_CLAUSE)
        self._start: DicomTemporal[V] | None = start
        self._end: DicomTemporal[V] | None = end

    @property
    def start(self) -> DicomTemporal[V] | None:
        """The lower end as given, or None."""
        return self._start

    @property
    def end(self) -> DicomTemporal[V] | None:
        """The upper end as given, or None."""
        return self._end

    @property
    def earliest(self) -> V | None:
        """The first moment within, or None where the range is open."""
        return self._start.earliest if self._start is not None else None

    @property
    def latest(self) -> V | None:
        """The last moment within, or None: ``-2004`` reaches to the end of that year."""
        return self._end.latest if self._end is not None else None

    def __contains__(self, moment: V) -> bool:
        return (self._start is None or self._start.earliest <= moment) and (
            self._end is None or moment <= self._end.latest
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DateTimeRange):
            return NotImplemented
        return bool(self._start == other._start and self._end == other._end)

    def __hash__(self) -> int:
        return hash((self._start, self._end))

    def __repr__(self) -> str:
        return f"DateTimeRange({self._start!r}, {self._end!r})"


@overload
def parse_range(
    text: str, vr: Literal["DA"], utc_offset: str | datetime.tzinfo | None = None
) -> DateTimeRange[datetime.date] | None: ...
@overload
def parse_range(
    text: str, vr: Literal["TM"], utc_offset: str | datetime.tzinfo | None = None
) -> DateTimeRange[datetime.time] | None: ...
@overload
def parse_range(
    text: str, vr: Literal["DT"], utc_offset: str | datetime.tzinfo | None = None
) -> DateTimeRange[datetime.datetime] | None: ...
def parse_range(
    text: str, vr: str, utc_offset: str | datetime.tzinfo | None = None
) -> DateTimeRange[Any] | None:
    """Return the range that the key of a query asks for.

    Parameters
    ----------
    text : str
        ``A-B``, ``A-``, ``-B``, or a single value, which spans as much as it leaves open. A DT in
        which a hyphen may be the sign of a UTC offset is read so: ``2007-0500`` is one value,
        ``2004-2005`` a range, since no offset is as large.
    vr : {"DA", "TM", "DT"}
        How the ends are written.
    utc_offset : str or datetime.tzinfo, optional
        Timezone Offset From UTC (0008,0201) of the query, for DT ends without an offset.

    Returns
    -------
    DateTimeRange or None
        None for an empty text, which matches everything.

    Raises
    ------
    ValueDecodeError
        The text is neither a range nor a value of the VR, or ends before it starts.
    """
    if vr not in ("DA", "TM", "DT"):
        raise ValueError(f"there are no ranges of VR {vr!r}")
    text = text.strip(PADDING)
    if not text:
        return None
    if len(text) <= _MAX_NCHARS:
        value = _read(text, vr, utc_offset)
        if value is not None:
            return DateTimeRange(value, value)
        at = text.find("-")
        while at >= 0:
            lower, upper = text[:at].strip(PADDING), text[at + 1 :].strip(PADDING)
            start, end = _read(lower, vr, utc_offset), _read(upper, vr, utc_offset)
            # A side may be empty, but not unreadable, and not both.
            if (
                bool(lower) == (start is not None)
                and bool(upper) == (end is not None)
                and (start is not None or end is not None)
            ):
                return DateTimeRange(start, end)
            at = text.find("-", at + 1)
    raise ValueDecodeError(f"{text[:_MAX_NCHARS]!r} is no {vr} nor a range of them", clause=_CLAUSE)


def _read(text: str, vr: str, utc_offset: str | datetime.tzinfo | None) -> Any:
    """Return the value, or None where the text is not one."""
    try:
        if vr == "DA":
            return DicomDate(text)
        return DicomTime(text) if vr == "TM" else DicomDateTime(text, utc_offset)
    except ValueDecodeError:
        return None
