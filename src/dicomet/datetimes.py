"""Dates, times, date-times and ages read out of their text. PS3.5 §6.2.

Values of VR DA, TM, DT and AS stay text in a data set; this reads that text for those who reckon
with it. `parse_da`, `parse_tm`, `parse_dt` and `combine` return objects of the `datetime` module,
in which parts that are not given stand at their lowest. `DicomDate`, `DicomTime` and
`DicomDateTime` keep how much was given, as a span from `earliest` to `latest`. The `datetime`
module, slow to import, is imported on first use. Ranges of queries stand in `dateranges`.
"""

from __future__ import annotations

from .errors import ValueDecodeError
from .valuetypes import PADDING

TYPE_CHECKING = False  # known to type checkers by its name
if TYPE_CHECKING:
    import datetime
    from typing import Generic, TypeVar

    V = TypeVar("V", datetime.date, datetime.time, datetime.datetime)
else:
    V = None

    class Generic:
        """Stands in for that of `typing`, which is slow to import."""

        __slots__ = ()

        def __class_getitem__(cls, item):
            return cls


_CLAUSE = "PS3.5 §6.2"
_PRECISIONS = {4: "year", 6: "month", 8: "day", 10: "hour", 12: "minute", 14: "second"}
_OFFSET_MINUTES = (-12 * 60, 14 * 60)  # from -1200 to +1400


class DicomTemporal(Generic[V]):
    """What a `DicomDate`, `DicomTime` or `DicomDateTime` knows. Immutable.

    Two are equal if they are of one class and span the same, however they were written.
    """

    __slots__ = ("_earliest", "_latest", "_leap_second", "_precision", "_text")

    _text: str
    _precision: str
    _earliest: V
    _latest: V
    _leap_second: bool

    @property
    def text(self) -> str:
        """The text that was read, without padding."""
        return self._text

    @property
    def precision(self) -> str:
        """The smallest part given: year, month, day, hour, minute, second or fraction."""
        return self._precision

    @property
    def earliest(self) -> V:
        """The first moment of the span."""
        return self._earliest

    @property
    def latest(self) -> V:
        """The last moment of the span, in whole microseconds where it has a time."""
        return self._latest

    @property
    def leap_second(self) -> bool:
        """Whether the second is 60, which Python's times cannot hold: it counts as 59."""
        return self._leap_second

    def _fill(self, text: str, precision: str, span: tuple[V, V], leap_second: bool) -> None:
        self._text = text
        self._precision = precision
        self._earliest, self._latest = span
        self._leap_second = leap_second

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DicomTemporal) or type(other) is not type(self):
            return NotImplemented
        return (
            self._earliest == other._earliest
            and self._latest == other._latest
            and self._leap_second == other._leap_second
        )

    def __hash__(self) -> int:
        return hash((self._earliest, self._latest, self._leap_second))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"


class DicomDate(DicomTemporal["datetime.date"]):
    """A value of VR DA; its span is one day.

    Parameters
    ----------
    text : str
        ``YYYYMMDD``, or ``YYYY.MM.DD`` as before DICOM. Blanks around it are padding.

    Raises
    ------
    ValueDecodeError
        The text is not a date.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        import datetime

        text = digits = text.strip(PADDING)
        if len(text) == 10 and text[4] == text[7] == ".":
            digits = text[:4] + text[5:7] + text[8:]
        if len(digits) != 8 or not _is_number(digits):
            raise _error("DA", text, "is not YYYYMMDD")
        try:
            date = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError as error:
            raise _error("DA", text, str(error)) from None
        self._fill(text, "day", (date, date), False)


class DicomTime(DicomTemporal["datetime.time"]):
    """A value of VR TM; its span lies within one day and has no time zone.

    Parameters
    ----------
    text : str
        ``HH``, ``HHMM``, ``HHMMSS`` or ``HHMMSS.F`` with up to six decimals, or the same with
        colons as before DICOM. Blanks around it are padding.

    Raises
    ------
    ValueDecodeError
        The text is not a time.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        text = text.strip(PADDING)
        digits, point, fraction = text.partition(".")
        if ":" in digits:
            parts = digits.split(":", 3)
            # Any part that is not a pair gives a text that is refused below.
            digits = "".join(parts) if {len(part) for part in parts} == {2} else ""
        if len(digits) not in (2, 4, 6) or not _is_number(digits):
            raise _error("TM", text, "is not HHMMSS.FFFFFF")
        precision = _clock_precision("TM", text, digits, point, fraction)
        self._fill(text, precision, _clock("TM", text, digits, fraction), digits[4:] == "60")


class DicomDateTime(DicomTemporal["datetime.datetime"]):
    """A value of VR DT, or of a DA and a TM taken together (`combined`).

    Parameters
    ----------
    text : str
        ``YYYYMMDDHHMMSS.FFFFFF&ZZXX``, where any number of parts may be left out before the
        UTC offset ``&ZZXX``, which may be left out also. Blanks around it are padding.
    utc_offset : str or datetime.tzinfo, optional
        Timezone Offset From UTC (0008,0201) of the data set, for a text that has no offset itself.

    Raises
    ------
    ValueDecodeError
        The text is not a date-time.

    Examples
    --------
    >>> value = DicomDateTime("200402+0100")
    >>> value.precision, value.latest.isoformat()
    ('month', '2004-02-29T23:59:59.999999+01:00')
    """

    __slots__ = ()

    def __init__(self, text: str, utc_offset: str | datetime.tzinfo | None = None) -> None:
        import datetime

        text = body = text.strip(PADDING)
        if body[-5:-4] in ("+", "-"):
            utc_offset = body[-5:]
            body = body[:-5]
        digits, point, fraction = body.partition(".")
        if len(digits) not in _PRECISIONS or not _is_number(digits):
            raise _error("DT", text, "is not YYYYMMDDHHMMSS.FFFFFF&ZZXX")
        precision = _clock_precision("DT", text, digits[8:], point, fraction)
        month, day = digits[4:6], digits[6:8]
        try:
            first = last = datetime.date(int(digits[:4]), int(month or 1), int(day or 1))
            if not day:
                last = first.replace(month=int(month or 12))
                last = last.replace(day=_month_ndays(last))
        except ValueError as error:
            raise _error("DT", text, str(error)) from None
        start, end = _clock("DT", text, digits[8:], fraction)
        span = _span(first, start, last, end, utc_offset)
        self._fill(text, precision or _PRECISIONS[len(digits)], span, digits[12:] == "60")

    @classmethod
    def combined(
        cls, da: str, tm: str | None = None, utc_offset: str | datetime.tzinfo | None = None
    ) -> DicomDateTime:
        """Return the date-time of a DA and a TM; an empty or no TM leaves the precision at day.

        Parameters
        ----------
        da, tm : str
            The values of the date and of the time.
        utc_offset : str or datetime.tzinfo, optional
            Timezone Offset From UTC (0008,0201) of the data set. PS3.3 §C.12.1.1.8.

        Raises
        ------
        ValueDecodeError
            One of the texts is not of its VR, or the date is empty.
        """
        date = DicomDate(da)
        time = DicomTime(tm) if tm and tm.strip(PADDING) else None
        start, end = (time.earliest, time.latest) if time else _clock("TM", "", "", "")
        self = cls.__new__(cls)
        self._fill(
            date.text + (time.text if time else ""),
            time.precision if time else "day",
            _span(date.earliest, start, date.latest, end, utc_offset),
            time is not None and time.leap_second,
        )
        return self

    @property
    def tzinfo(self) -> datetime.tzinfo | None:
        """The offset from UTC, or None where it is not known."""
        return self._earliest.tzinfo


def parse_da(text: str) -> datetime.date | None:
    """Return the day of a DA value, or None for an empty one. Raises as `DicomDate` does."""
    return DicomDate(text).earliest if text.strip(PADDING) else None


def parse_tm(text: str) -> datetime.time | None:
    """Return the time of a TM value at its earliest, or None for an empty one.

    Raises as `DicomTime` does.
    """
    return DicomTime(text).earliest if text.strip(PADDING) else None


def parse_dt(
    text: str, utc_offset: str | datetime.tzinfo | None = None
) -> datetime.datetime | None:
    """Return the moment of a DT value at its earliest, or None for an empty one.

    Takes `utc_offset` and raises as `DicomDateTime` does. The result is naive if neither the text
    nor `utc_offset` tells the offset from UTC.
    """
    return DicomDateTime(text, utc_offset).earliest if text.strip(PADDING) else None


def combine(
    da: str | None, tm: str | None = None, utc_offset: str | datetime.tzinfo | None = None
) -> datetime.datetime | None:
    """Return the moment that a DA and a TM tell at its earliest, or None without a date.

    Parameters
    ----------
    da, tm : str or None
        The values of the date and of the time; without a time, the day begins at midnight.
    utc_offset : str or datetime.tzinfo, optional
        Timezone Offset From UTC (0008,0201) of the data set. PS3.3 §C.12.1.1.8. Without it the
        result is naive.

    Raises
    ------
    ValueDecodeError
        One of the texts is not of its VR.
    """
    if not da or not da.strip(PADDING):
        return None
    return DicomDateTime.combined(da, tm, utc_offset).earliest


def parse_utc_offset(text: str) -> datetime.timezone | None:
    """Return the offset ``&ZZXX`` from UTC as a time zone, or None for an empty value.

    Parameters
    ----------
    text : str
        From ``-1200`` to ``+1400``. ``-0000``, which the standard bars, counts as UTC.

    Raises
    ------
    ValueDecodeError
        The text is not such an offset.
    """
    import datetime

    text = text.strip(PADDING)
    if not text:
        return None
    if len(text) != 5 or text[0] not in "+-" or not _is_number(text[1:]):
        raise _error("UTC offset", text, "is not &ZZXX")
    minutes = int(text[1:3]) * 60 + int(text[3:])
    if text[0] == "-":
        minutes = -minutes
    if text[3] > "5" or not _OFFSET_MINUTES[0] <= minutes <= _OFFSET_MINUTES[1]:
        raise _error("UTC offset", text, "is not within -1200 and +1400")
    return datetime.timezone(datetime.timedelta(minutes=minutes))


def parse_as(text: str) -> tuple[int, str] | None:
    """Return count and unit of an AS value, or None for an empty one. PS3.5 §6.2.

    Parameters
    ----------
    text : str
        Three digits and one of D, W, M, Y: days, weeks, months, years. Fewer digits are tolerated.

    Raises
    ------
    ValueDecodeError
        The text is not an age.

    Examples
    --------
    >>> parse_as("018M")
    (18, 'M')
    """
    text = text.strip(PADDING)
    if not text:
        return None
    if len(text) > 4 or text[-1] not in "DWMY" or not _is_number(text[:-1]):
        raise _error("AS", text, "is not nnnD, nnnW, nnnM or nnnY")
    return int(text[:-1]), text[-1]


def _error(vr: str, text: str, reason: str) -> ValueDecodeError:
    shown = text if len(text) <= 40 else text[:40] + "..."
    return ValueDecodeError(f"{vr} {shown!r}: {reason}", clause=_CLAUSE)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _month_ndays(date: datetime.date) -> int:
    import datetime

    if date.month == 12:
        return 31
    return (date.replace(month=date.month + 1, day=1) - datetime.timedelta(days=1)).day


def _clock_precision(vr: str, text: str, digits: str, point: str, fraction: str) -> str:
    """Return the precision of HHMMSS `digits`, empty without any; check the fraction."""
    if point and len(digits) != 6:
        raise _error(vr, text, "has a fraction without seconds")
    if fraction and (len(fraction) > 6 or not _is_number(fraction)):
        raise _error(vr, text, "has a fraction that is not of 1 to 6 digits")
    if fraction:
        return "fraction"
    return ("", "hour", "minute", "second")[len(digits) // 2]


def _clock(vr: str, text: str, digits: str, fraction: str) -> tuple[datetime.time, datetime.time]:
    """Return the first and the last time that HHMMSS `digits`, of any precision, may mean."""
    import datetime

    hour, minute, second = digits[:2], digits[2:4], digits[4:]
    if second == "60":
        second = "59"
    microsecond, last_microsecond = int(fraction.ljust(6, "0")), int(fraction.ljust(6, "9"))
    try:
        start = datetime.time(int(hour or 0), int(minute or 0), int(second or 0), microsecond)
        end = datetime.time(int(hour or 23), int(minute or 59), int(second or 59), last_microsecond)
    except ValueError as error:
        raise _error(vr, text, str(error)) from None
    return start, end


def _span(
    first: datetime.date,
    start: datetime.time,
    last: datetime.date,
    end: datetime.time,
    utc_offset: str | datetime.tzinfo | None,
) -> tuple[datetime.datetime, datetime.datetime]:
    import datetime

    zone = parse_utc_offset(utc_offset) if isinstance(utc_offset, str) else utc_offset
    return (
        datetime.datetime.combine(first, start, zone),
        datetime.datetime.combine(last, end, zone),
    )
