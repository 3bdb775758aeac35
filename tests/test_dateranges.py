"""Ranges of dates and times in queries. PS3.4 §C.2.2.2.5."""

from __future__ import annotations

import pickle
from datetime import date, datetime, time, timedelta, timezone

import pytest

from dicomet.dateranges import DateTimeRange, parse_range
from dicomet.datetimes import DicomDateTime, DicomTime
from dicomet.errors import ValueDecodeError

EAST_1 = timezone(timedelta(hours=1))
WEST_5 = timezone(timedelta(hours=-5))


def test_of_dates():
    days = parse_range("20040101-20041231", "DA")
    assert (days.earliest, days.latest) == (date(2004, 1, 1), date(2004, 12, 31))
    assert date(2004, 1, 1) in days
    assert date(2004, 12, 31) in days
    assert date(2003, 12, 31) not in days
    assert date(2005, 1, 1) not in days
    assert parse_range("20040101 - 20041231 ", "DA") == days
    assert hash(parse_range("2004.01.01-2004.12.31", "DA")) == hash(days)


def test_open_to_one_side():
    until, since = parse_range("-20041231", "DA"), parse_range("20040101-", "DA")
    assert (until.start, until.earliest, until.latest) == (None, None, date(2004, 12, 31))
    assert (since.end, since.earliest, since.latest) == (None, date(2004, 1, 1), None)
    assert date.min in until
    assert date(2005, 1, 1) not in until
    assert date.max in since
    assert date(2003, 12, 31) not in since


def test_of_times_reaches_to_the_end_of_what_is_given():
    hours = parse_range("1000-1200", "TM")
    assert (hours.earliest, hours.latest) == (time(10), time(12, 0, 59, 999999))
    assert time(12, 0, 30) in hours
    assert time(12, 1) not in hours
    assert time(9, 59, 59) not in hours


def test_a_single_value_is_the_range_that_it_spans():
    assert parse_range("10", "TM") == DateTimeRange(DicomTime("10"), DicomTime("10"))
    assert datetime(2004, 6, 1) in parse_range("2004", "DT")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2004-2005", "2004", "2005"),
        ("2007-0500", "2007-0500", "2007-0500"),  # the legal value of PS3.5 Table 6.2-1
        ("2007-0500-", "2007-0500", None),
        ("-2007-0500", None, "2007-0500"),
        ("-2007", None, "2007"),
        ("2007+0100-2008+0100", "2007+0100", "2008+0100"),
        ("2007-0500-2008-0500", "2007-0500", "2008-0500"),
        ("20070101-0500-20080101+0000", "20070101-0500", "20080101+0000"),
        ("20070101101112.123456-0500-20080101101112.123456-0500",
         "20070101101112.123456-0500", "20080101101112.123456-0500"),
    ],
)  # fmt: skip
def test_of_date_times_tells_the_sign_of_an_offset_from_the_hyphen(text, start, end):
    found = parse_range(text, "DT")
    assert found.start == (start and DicomDateTime(start))
    assert found.end == (end and DicomDateTime(end))


def test_the_offset_of_the_query_applies_to_ends_without_one():
    found = parse_range("2007-2008-0500", "DT", "+0100")
    assert found.earliest == datetime(2007, 1, 1, tzinfo=EAST_1)
    assert found.latest == datetime(2008, 12, 31, 23, 59, 59, 999999, WEST_5)


def test_one_offset_alone_cannot_be_compared():
    with pytest.raises(ValueDecodeError, match="only one end"):
        parse_range("2007-2008-0500", "DT")


@pytest.mark.parametrize(
    ("text", "vr"),
    [("20050101-20040101", "DA"), ("1200-1000", "TM"), ("2005-2004", "DT")],
)
def test_refuses_an_end_before_the_start(text, vr):
    with pytest.raises(ValueDecodeError, match=r"PS3\.4 §C\.2\.2\.2\.5: .*ends before"):
        parse_range(text, vr)


@pytest.mark.parametrize("vr", ["DA", "TM", "DT"])
@pytest.mark.parametrize("text", ["-", "--", "x-", "-x", "20040101-x", "1-2-3-4", "-" * 10000])
def test_refuses_the_rest(text, vr):
    with pytest.raises(ValueDecodeError, match=r"PS3\.4 §C\.2\.2\.2\.5: .*nor a range"):
        parse_range(text, vr)


@pytest.mark.parametrize("vr", ["DA", "TM", "DT"])
def test_an_empty_key_matches_everything(vr):
    assert parse_range(" ", vr) is None


def test_other_vrs_have_no_ranges():
    with pytest.raises(ValueError, match="'PN'"):
        parse_range("A-B", "PN")


def test_pickles():
    found = parse_range("2007-2008", "DT")
    assert pickle.loads(pickle.dumps(found)) == found
    assert repr(found) == "DateTimeRange(DicomDateTime('2007'), DicomDateTime('2008'))"
