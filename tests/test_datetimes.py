"""Dates, times, date-times and ages. PS3.5 §6.2, PS3.3 §C.12.1.1.8."""

from __future__ import annotations

import copy
import pickle
import warnings
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import valuerep

from dicomet.datetimes import (
    DicomDate,
    DicomDateTime,
    DicomTime,
    combine,
    parse_as,
    parse_da,
    parse_dt,
    parse_tm,
    parse_utc_offset,
)
from dicomet.errors import ValueDecodeError

EAST_1 = timezone(timedelta(hours=1))
WEST_5 = timezone(timedelta(hours=-5))

da_texts = (
    st.dates()
    .map(lambda day: f"{day:%m%d}")
    .flatmap(lambda rest: st.integers(1, 9999).map(lambda year: f"{year:04}{rest}"))
)
clocks = st.builds(
    lambda hms, nparts, fraction: (
        f"{hms[0]:02}{hms[1]:02}{hms[2]:02}"[: 2 * nparts]
        + (f".{fraction}" if fraction and nparts == 3 else "")
    ),
    st.tuples(st.integers(0, 24), st.integers(0, 60), st.integers(0, 60)),
    st.integers(1, 3),
    st.from_regex(r"\A([0-9]{1,6})?\Z"),
)
offsets = st.sampled_from(["", "+0000", "-1200", "+1400", "-0330", "+0545", "+1359"])


def pydicom_value(make, text):
    """What pydicom reads, None for what it refuses; it warns of leap seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return make(text)
        except ValueError:
            return None


def our_value(parse, text):
    try:
        return parse(text)
    except ValueDecodeError:
        return None


class TestDate:
    @given(da_texts)
    def test_agrees_with_pydicom(self, text):
        theirs = pydicom_value(valuerep.DA, text)
        ours = our_value(parse_da, text)
        assert ours == (None if theirs is None else date(theirs.year, theirs.month, theirs.day))

    def test_reads_the_form_of_the_standard_and_the_one_before(self):
        assert parse_da("19930822") == date(1993, 8, 22)
        assert parse_da("1993.08.22") == date(1993, 8, 22)
        assert parse_da("19930822 ") == date(1993, 8, 22)
        assert DicomDate("19930822") == DicomDate("1993.08.22")

    @pytest.mark.parametrize("text", ["", " ", "\0"])
    def test_an_empty_value_has_no_date(self, text):
        assert parse_da(text) is None
        with pytest.raises(ValueDecodeError):
            DicomDate(text)

    @pytest.mark.parametrize(
        "text",
        ["1993", "199308", "00000000", "20230229", "19931301", "1993-08-22", "１９９３０８２２",
         "19930822x", "1993082²", "+1993082", "1993.0822", "1993.8.22.", "9" * 10000],
    )  # fmt: skip
    def test_refuses_what_is_no_date(self, text):
        with pytest.raises(ValueDecodeError, match=r"PS3\.5 §6\.2: DA ") as caught:
            parse_da(text)
        assert len(str(caught.value)) < 120

    def test_spans_one_day(self):
        day = DicomDate("20040229")
        assert (day.earliest, day.latest) == (date(2004, 2, 29), date(2004, 2, 29))
        assert day.precision == "day"


class TestTime:
    @given(clocks)
    def test_agrees_with_pydicom(self, text):
        theirs = pydicom_value(valuerep.TM, text)
        expected = (
            None
            if theirs is None
            else time(theirs.hour, theirs.minute, theirs.second, theirs.microsecond)
        )
        assert our_value(parse_tm, text) == expected

    @pytest.mark.parametrize(
        ("text", "precision", "earliest", "latest"),
        [
            ("07", "hour", time(7), time(7, 59, 59, 999999)),
            ("0709", "minute", time(7, 9), time(7, 9, 59, 999999)),
            ("070907", "second", time(7, 9, 7), time(7, 9, 7, 999999)),
            ("070907.", "second", time(7, 9, 7), time(7, 9, 7, 999999)),
            ("070907.07", "fraction", time(7, 9, 7, 70000), time(7, 9, 7, 79999)),
            ("070907.123456 ", "fraction", time(7, 9, 7, 123456), time(7, 9, 7, 123456)),
            ("07:09:07.5", "fraction", time(7, 9, 7, 500000), time(7, 9, 7, 599999)),
            ("07:09", "minute", time(7, 9), time(7, 9, 59, 999999)),
        ],
    )
    def test_spans_what_the_text_leaves_open(self, text, precision, earliest, latest):
        value = DicomTime(text)
        assert value.precision == precision
        assert value.earliest == earliest == parse_tm(text)
        assert value.latest == latest
        assert not value.leap_second

    def test_a_leap_second_counts_as_the_one_before(self):
        value = DicomTime("235960.25")
        assert value.leap_second
        assert value.earliest == time(23, 59, 59, 250000)
        assert value.latest == time(23, 59, 59, 259999)
        assert value != DicomTime("235959.25")

    @pytest.mark.parametrize("text", ["", "  "])
    def test_an_empty_value_has_no_time(self, text):
        assert parse_tm(text) is None
        with pytest.raises(ValueDecodeError):
            DicomTime(text)

    @pytest.mark.parametrize(
        "text",
        ["7", "070", "24", "0760", "070961", "07.5", "0709.5", "070907.1234567", "070907.1a", "٠٧",
         "070907+0100", "7:09:07", "070:9", "07:09:07:00", "070907.²", ":", ".5", "07 09"],
    )  # fmt: skip
    def test_refuses_what_is_no_time(self, text):
        with pytest.raises(ValueDecodeError, match=r"PS3\.5 §6\.2: TM "):
            parse_tm(text)


class TestDateTime:
    @given(da_texts, clocks, offsets, st.integers(0, 3))
    def test_agrees_with_pydicom(self, day, clock, offset, nparts):
        body = {0: day[:4], 1: day[:6], 2: day}.get(nparts, day + clock)
        theirs = pydicom_value(valuerep.DT, body + offset)
        expected = (
            None
            if theirs is None
            else datetime(*theirs.timetuple()[:6], theirs.microsecond, theirs.tzinfo)
        )
        ours = our_value(parse_dt, body + offset)
        assert (ours is None) == (expected is None)
        if ours is not None and expected is not None:
            assert ours == expected
            assert ours.utcoffset() == expected.utcoffset()

    @pytest.mark.parametrize(
        ("text", "precision", "earliest", "latest"),
        [
            ("2004", "year", (2004, 1, 1), (2004, 12, 31, 23, 59, 59, 999999)),
            ("200402", "month", (2004, 2, 1), (2004, 2, 29, 23, 59, 59, 999999)),
            ("200302", "month", (2003, 2, 1), (2003, 2, 28, 23, 59, 59, 999999)),
            ("999912", "month", (9999, 12, 1), (9999, 12, 31, 23, 59, 59, 999999)),
            ("20040229", "day", (2004, 2, 29), (2004, 2, 29, 23, 59, 59, 999999)),
            ("2004022910", "hour", (2004, 2, 29, 10), (2004, 2, 29, 10, 59, 59, 999999)),
            ("200402291030", "minute", (2004, 2, 29, 10, 30), (2004, 2, 29, 10, 30, 59, 999999)),
            ("20040229103015", "second", (2004, 2, 29, 10, 30, 15),
             (2004, 2, 29, 10, 30, 15, 999999)),
            ("20040229103015.1 ", "fraction", (2004, 2, 29, 10, 30, 15, 100000),
             (2004, 2, 29, 10, 30, 15, 199999)),
        ],
    )  # fmt: skip
    def test_spans_what_the_text_leaves_open(self, text, precision, earliest, latest):
        value = DicomDateTime(text)
        assert value.precision == precision
        assert value.earliest == datetime(*earliest) == parse_dt(text)
        assert value.latest == datetime(*latest)
        assert value.tzinfo is None
        assert value.text == str(value) == text.strip()
        assert repr(value) == f"DicomDateTime({text.strip()!r})"

    def test_an_offset_may_follow_any_precision(self):
        # PS3.5 Table 6.2-1: 2007-0500 is a legal value.
        value = DicomDateTime("2007-0500")
        assert value.precision == "year"
        assert value.earliest == datetime(2007, 1, 1, tzinfo=WEST_5)
        assert value.earliest.utcoffset() == value.latest.utcoffset() == timedelta(hours=-5)

    def test_timezone_offset_from_utc_applies_to_values_without_an_offset(self):
        assert parse_dt("20040229", "+0100") == datetime(2004, 2, 29, tzinfo=EAST_1)
        assert parse_dt("20040229", EAST_1) == datetime(2004, 2, 29, tzinfo=EAST_1)
        assert parse_dt("20040229-0500", "+0100") == datetime(2004, 2, 29, tzinfo=WEST_5)
        assert parse_dt("20040229", "") == datetime(2004, 2, 29)

    def test_a_leap_second_counts_as_the_one_before(self):
        value = DicomDateTime("20161231235960+0000")
        assert value.leap_second
        assert value.earliest == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "  "])
    def test_an_empty_value_has_no_moment(self, text):
        assert parse_dt(text) is None
        with pytest.raises(ValueDecodeError):
            DicomDateTime(text)

    @pytest.mark.parametrize(
        "text",
        ["20", "20041", "200413", "20040230", "2004022925", "20040229.5", "0000", "2004x",
         "20040229103015.1234567", "20040229103015.1+2460", "2004+1500", "2004-1230", "2004+0060",
         "2004+010", "+0100", "2004 0229", "٢٠٠٤", "2004.02.29", "2004022910301", "2004+-100"],
    )  # fmt: skip
    def test_refuses_what_is_no_date_time(self, text):
        with pytest.raises(ValueDecodeError, match=r"PS3\.5 §6\.2: (DT|UTC offset) "):
            parse_dt(text)

    @given(st.text(max_size=30) | st.text(alphabet="0123456789.+-: ", max_size=30))
    def test_no_text_raises_anything_else(self, text):
        for parse in (parse_da, parse_tm, parse_dt, parse_as, parse_utc_offset):
            our_value(parse, text)

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles_copies_and_hashes(self, protocol):
        for value in (DicomDateTime("2007-0500"), DicomTime("10"), DicomDate("20070101")):
            for again in (pickle.loads(pickle.dumps(value, protocol)), copy.deepcopy(value)):
                assert type(again) is type(value)
                assert again == value
                assert hash(again) == hash(value)
                assert again.text == value.text

    def test_cannot_be_changed(self):
        value = DicomDateTime("2007-0500")
        for attribute in ("text", "precision", "earliest", "latest", "tzinfo", "spam"):
            with pytest.raises(AttributeError):
                setattr(value, attribute, None)

    def test_values_of_different_classes_or_spans_differ(self):
        assert DicomDateTime("2004") != DicomDateTime("200401")
        assert DicomDate("20040101") != DicomDateTime("20040101")
        assert DicomTime("10") != "10"


class TestCombine:
    def test_takes_date_and_time_together_at_the_offset_of_the_data_set(self):
        moment = combine("20040229", "103015.5", "+0100")
        assert moment == datetime(2004, 2, 29, 10, 30, 15, 500000, tzinfo=EAST_1)
        assert moment.utcoffset() == timedelta(hours=1)

    def test_the_moment_in_utc_may_lie_on_the_day_before(self):
        # PS3.3 §C.12.1.1.8: 01:00 local at +0200 is 23:00 UTC of the day before.
        moment = combine("20040301", "01", "+0200")
        assert moment.astimezone(UTC) == datetime(2004, 2, 29, 23, tzinfo=UTC)

    def test_is_naive_without_an_offset(self):
        assert combine("2004.02.29", "10:30:15") == datetime(2004, 2, 29, 10, 30, 15)
        assert combine("20040229", "1030", "").tzinfo is None

    @pytest.mark.parametrize("tm", [None, "", " "])
    def test_the_day_begins_at_midnight_where_there_is_no_time(self, tm):
        assert combine("20040229", tm) == datetime(2004, 2, 29)
        value = DicomDateTime.combined("20040229", tm, "-0500")
        assert value.precision == "day"
        assert value.latest == datetime(2004, 2, 29, 23, 59, 59, 999999, WEST_5)
        assert value == DicomDateTime("20040229-0500")

    @pytest.mark.parametrize("da", [None, "", " "])
    def test_there_is_no_moment_without_a_date(self, da):
        assert combine(da, "10") is None

    def test_keeps_the_precision_of_the_time(self):
        value = DicomDateTime.combined("20040229", "235960")
        assert value == DicomDateTime("20040229235960")
        assert value.precision == "second"
        assert value.leap_second

    @pytest.mark.parametrize(("da", "tm"), [("2004", "10"), ("20040229", "1")])
    def test_refuses_texts_that_are_not_of_their_vr(self, da, tm):
        with pytest.raises(ValueDecodeError):
            combine(da, tm)


class TestUtcOffset:
    @pytest.mark.parametrize(
        ("text", "minutes"),
        [("+0000", 0), ("-0000", 0), ("-1200", -720), ("+1400", 840), ("+0545 ", 345),
         ("-0330", -210)],
    )  # fmt: skip
    def test_reads_hours_and_minutes(self, text, minutes):
        assert parse_utc_offset(text) == timezone(timedelta(minutes=minutes))

    def test_an_empty_value_is_none(self):
        assert parse_utc_offset(" ") is None

    @pytest.mark.parametrize(
        "text", ["-1201", "+1401", "+0160", "0100", "+01:00", "+100", "+01000", "Z", "+٠١٠٠"]
    )
    def test_refuses_the_rest(self, text):
        with pytest.raises(ValueDecodeError, match="UTC offset"):
            parse_utc_offset(text)


class TestAge:
    @pytest.mark.parametrize(
        ("text", "age"),
        [("018M", (18, "M")), ("000D", (0, "D")), ("999Y", (999, "Y")), ("003W ", (3, "W")),
         ("45Y", (45, "Y")), ("", None)],
    )  # fmt: skip
    def test_reads_count_and_unit(self, text, age):
        assert parse_as(text) == age

    @pytest.mark.parametrize("text", ["018", "M", "0018M", "018m", "-18M", "01.M", "٠١٨M", "18 M"])
    def test_refuses_the_rest(self, text):
        with pytest.raises(ValueDecodeError, match="AS"):
            parse_as(text)
