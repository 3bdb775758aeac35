"""Dates moved by whole days. PS3.5 §6.2, DA and DT; PS3.15 §E.3.6.

Times of day stay: what is moved is the day. Of values with less precision the same precision comes out.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DA = re.compile(r"(\d{4})([.]?)(\d{2})\2(\d{2})")  # with points as ACR-NEMA 2.0 wrote it
_DT = re.compile(r"(\d{4})(\d{2})?(\d{2})?(.*)", re.DOTALL)
_TM = re.compile(r"[\d:. \\]*")  # with colons as ACR-NEMA 2.0 wrote it
_DT_REST = re.compile(r"(\d{2}(\d{2}(\d{2}([.]\d{1,6})?)?)?)?([+-]\d{4})?")


def shift_date(text: str, ndays: int) -> str | None:
    """A DA value moved by days; None if it is no date, or leaves the calendar."""
    match = _DA.fullmatch(text.strip())
    if match is None:
        return None
    point = match[2]
    moved = _moved(match[1], match[3], match[4], ndays)
    return None if moved is None else f"{moved.year:04d}{point}{moved.month:02d}{point}{moved.day:02d}"


def shift_datetime(text: str, ndays: int) -> str | None:
    """A DT value moved by days, with its time and zone; None as `shift_date`.

    A year or month alone is moved as its first day: it may stay what it was where the shift is short.
    """
    match = _DT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, rest = match.groups()
    if _DT_REST.fullmatch(rest) is None or (day is None and rest[:1].isdigit()):
        return None
    moved = _moved(year, month or "01", day or "01", ndays)
    if moved is None:
        return None
    parts = (f"{moved.year:04d}", f"{moved.month:02d}" if month else "", f"{moved.day:02d}" if day else "")
    return "".join(parts) + rest


def is_time(text: str) -> bool:
    """Whether a TM value holds times of day and nothing else."""
    return _TM.fullmatch(text) is not None


def _moved(year: str, month: str, day: str, ndays: int) -> date | None:
    try:
        return date(int(year), int(month), int(day)) + timedelta(days=ndays)
    except (ValueError, OverflowError):
        return None
