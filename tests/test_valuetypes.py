"""MultiValue, PersonName and the rules of IS and DS. PS3.5 §6.2, §6.2.1, §6.4."""

from __future__ import annotations

import copy
import json
import operator
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import multival, valuerep

import dicomet.errors
from dicomet.errors import ValueDecodeError
from dicomet.valuetypes import MultiValue, PersonName, format_ds, parse_ds, parse_is

DS_OF_THE_STANDARD = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"
name_texts = st.text(alphabet="ab^= é山", max_size=20)
number_like_texts = st.text(alphabet="0123456789+-.eE _,xnaif٣²", max_size=12)


def test_importing_the_value_types_loads_no_heavy_module():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import dicomet.errors\n"
        "before = set(sys.modules)\n"
        "import dicomet.valuetypes, dicomet.datetimes\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    source = str(Path(dicomet.errors.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, source], capture_output=True, text=True, check=True
    )
    # What `import dicomet` itself loads before this is the matter of its own test.
    assert set(run.stdout.split()) <= {"dicomet.datetimes", "dicomet.valuetypes"}


class TestMultiValue:
    def test_equals_lists_and_tuples_of_the_same_members_on_either_side(self):
        value = MultiValue(["ORIGINAL", "PRIMARY"])
        for same in (["ORIGINAL", "PRIMARY"], ("ORIGINAL", "PRIMARY"), MultiValue(value)):
            assert operator.eq(value, same)
            assert operator.eq(same, value)
            assert not operator.ne(value, same)
            assert not operator.ne(same, value)

    @pytest.mark.parametrize("other", [["A"], ["A", "C"], ("A", "C"), [], "AB", {"A", "B"}, None])
    def test_differs_from_anything_else(self, other):
        value = MultiValue(["A", "B"])
        assert operator.ne(value, other)
        assert operator.ne(other, value)
        assert not operator.eq(value, other)
        assert not operator.eq(other, value)

    def test_compares_member_by_member_inside_other_containers(self):
        assert [MultiValue([1, 2]), 3] == [[1, 2], 3]

    def test_numpy_takes_it_as_an_array_of_its_members(self):
        value = MultiValue([0.5, 1.5])
        assert np.asarray(value).tolist() == [0.5, 1.5]
        assert (value == np.array([0.5, 2.5])).tolist() == [True, False]

    def test_hashes_as_its_tuple(self):
        assert hash(MultiValue([1, 2])) == hash((1, 2))
        assert {(1, 2): "x"}[MultiValue([1, 2])] == "x"

    def test_prints_as_a_list(self):
        assert repr(MultiValue(["ORIGINAL", "PRIMARY"])) == "['ORIGINAL', 'PRIMARY']"
        assert str(MultiValue([1.5, 2])) == "[1.5, 2]"
        strings = ["A", "B"]
        assert repr(MultiValue(strings)) == repr(multival.MultiValue(str, strings))

    def test_an_index_gives_a_member_and_a_slice_a_multi_value(self):
        value = MultiValue("ABCD")
        assert value[0] == "A"
        assert value[-1] == "D"
        assert type(value[1:3]) is MultiValue
        assert value[1:3] == ["B", "C"]
        assert value[::-1] == ["D", "C", "B", "A"]
        with pytest.raises(IndexError):
            value[4]

    @pytest.mark.parametrize(
        "name",
        ["append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort"],
    )
    def test_names_the_way_out_where_a_list_method_is_asked_for(self, name):
        with pytest.raises(AttributeError, match=f"immutable and has no {name}"):
            getattr(MultiValue([1]), name)

    def test_cannot_be_changed(self):
        value = MultiValue([1, 2])
        with pytest.raises(TypeError):
            value[0] = 3
        with pytest.raises(TypeError):
            del value[0]
        with pytest.raises(TypeError):
            value += [3]
        with pytest.raises(AttributeError, match="has no attribute 'spam'"):
            value.spam  # noqa: B018
        with pytest.raises(AttributeError):
            value.spam = 1
        assert value == [1, 2]

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles(self, protocol):
        value = MultiValue([1, "b"])
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert type(again) is MultiValue

    def test_copies(self):
        value = MultiValue([[1], 2])
        assert type(copy.copy(value)) is MultiValue
        deep = copy.deepcopy(value)
        assert type(deep) is MultiValue
        assert deep == value
        assert deep[0] is not value[0]

    def test_is_generic(self):
        assert MultiValue[str].__origin__ is MultiValue


class TestPersonName:
    def test_component_groups_and_components_of_ps3_5_annex_h(self):
        name = PersonName(NAME)
        assert name.components == ("Yamada^Tarou", "山田^太郎", "やまだ^たろう")
        assert (name.alphabetic, name.ideographic, name.phonetic) == name.components
        assert (name.family_name, name.given_name, name.middle_name) == ("Yamada", "Tarou", "")

    def test_five_components_of_ps3_5_6_2_1_1(self):
        name = PersonName("Adams^John Robert Quincy^^Rev.^B.A. M.Div.")
        assert name.family_name == "Adams"
        assert name.given_name == "John Robert Quincy"
        assert name.middle_name == ""
        assert name.name_prefix == "Rev."
        assert name.name_suffix == "B.A. M.Div."
        assert name.family_comma_given() == "Adams, John Robert Quincy"
        assert name.formatted("%(name_prefix)s %(family_name)s") == "Rev. Adams"

    @given(name_texts)
    def test_says_what_pydicom_says(self, text):
        ours, theirs = PersonName(text), valuerep.PersonName(text, validation_mode=0)
        assert ours == str(theirs)
        assert str(ours) == str(theirs)
        assert repr(ours) == repr(theirs)
        assert len(ours) == len(theirs)
        assert bool(ours) == bool(theirs)
        assert list(ours) == list(theirs)
        assert ours.components == theirs.components
        for part in (
            "alphabetic", "ideographic", "phonetic", "family_name", "given_name", "middle_name",
            "name_prefix", "name_suffix",
        ):  # fmt: skip
            assert getattr(ours, part) == getattr(theirs, part), part
        assert ours.family_comma_given() == theirs.family_comma_given()
        form = "%(family_name)s %(given_name)s %(name_suffix)s %(ideographic)s %(phonetic)s"
        assert ours.formatted(form) == theirs.formatted(form)

    def test_is_its_text(self):
        name = PersonName("Doe^John")
        assert name == "Doe^John"
        assert operator.eq("Doe^John", name)
        assert name == PersonName("Doe^John")
        assert name != "Doe^Jane"
        assert hash(name) == hash("Doe^John")
        assert name in {"Doe^John"}
        assert "Doe" in name
        assert name < PersonName("Eve")
        assert sorted([PersonName("B"), "A"]) == ["A", "B"]
        assert f"{name:>10}" == "  Doe^John"
        assert json.dumps([name]) == '["Doe^John"]'
        assert name.split("^") == ["Doe", "John"]
        assert type(str(name)) is str

    def test_empty_groups_at_the_end_count_for_nothing(self):
        assert PersonName("Doe^John==") == "Doe^John"
        assert PersonName("=山田^太郎").components == ("", "山田^太郎")
        assert PersonName("===") == ""
        assert not PersonName("===")
        assert PersonName("").components == ()

    def test_keeps_the_undecoded_bytes_beside_it(self):
        name = PersonName("Müller^Änne=", b"M\xfcller^\xc4nne=")
        assert name.raw == name.original_string == b"M\xfcller^\xc4nne="
        assert PersonName(name).raw == name.raw
        assert name == PersonName("Müller^Änne")
        assert PersonName("Doe").raw is None

    @pytest.mark.parametrize("wrong", [b"Doe", None, 5])
    def test_takes_decoded_text_only(self, wrong):
        with pytest.raises(TypeError, match="decoded text"):
            PersonName(wrong)

    def test_cannot_be_changed(self):
        name = PersonName("Doe^John", b"Doe^John")
        for attribute in ("family_name", "raw", "components", "spam"):
            with pytest.raises(AttributeError):
                setattr(name, attribute, "x")

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles_and_copies_with_its_bytes(self, protocol):
        name = PersonName(NAME, b"raw")
        for again in (
            pickle.loads(pickle.dumps(name, protocol)), copy.copy(name), copy.deepcopy(name)
        ):  # fmt: skip
            assert type(again) is PersonName
            assert again == name
            assert again.raw == b"raw"

    @given(st.lists(st.text(alphabet="ab é山", max_size=4), min_size=15, max_size=15))
    def test_named_components_make_the_name_that_pydicom_makes(self, parts):
        fields = [
            field + group
            for group in ("", "_ideographic", "_phonetic")
            for field in ("family_name", "given_name", "middle_name", "name_prefix", "name_suffix")
        ]
        named = dict(zip(fields, parts, strict=True))
        ours = PersonName.from_named_components(**named)
        theirs = valuerep.PersonName.from_named_components(**named, encodings=["utf-8"])
        assert ours == str(theirs)
        assert [ours.family_name, ours.given_name, ours.middle_name] == parts[:3]

    @pytest.mark.parametrize("delimiter", ["\\", "^", "="])
    def test_named_components_may_not_hold_delimiters(self, delimiter):
        with pytest.raises(ValueDecodeError, match=r"PS3\.5 §6\.2\.1\.1"):
            PersonName.from_named_components(given_name_phonetic=f"a{delimiter}b")


class TestDecimalString:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("1.5", 1.5), (" -7 ", -7.0), ("+3", 3.0), (".5", 0.5), ("5.", 5.0), ("1E3", 1000.0),
            ("1.e-2", 0.01), ("-0", 0.0), ("12\0", 12.0), ("", None), ("  ", None),
        ],
    )  # fmt: skip
    def test_reads_the_numbers_of_the_standard(self, text, number):
        value = parse_ds(text)
        assert value == number
        assert type(value) is type(number)

    @pytest.mark.parametrize(
        "text",
        [
            "nan", "inf", "-Infinity", "1_000", "0x10", "٣", "１", "1,5", "1 5", "1.2.3", "e5", ".",
            "+", "- 5", "1e", "1e400", "--1", "1\t", "9" * 400, "0" * 1001,
        ],
    )  # fmt: skip
    def test_keeps_as_text_what_is_no_decimal_string(self, text):
        assert parse_ds(text) == text
        assert parse_ds(f" {text} ") == text

    @given(number_like_texts)
    def test_is_a_float_exactly_for_the_grammar_of_the_standard(self, text):
        value = parse_ds(text)
        if DS_OF_THE_STANDARD.fullmatch(text.strip(" ")):
            # An exponent too large for a float leaves the text.
            assert value == (float(text) if abs(float(text)) < float("inf") else text.strip(" "))
        else:
            assert value == (text.strip(" ") or None)

    @given(
        st.floats(allow_nan=False, allow_infinity=False)
        | st.floats(min_value=-1e17, max_value=1e17)
    )
    def test_formats_within_16_characters_no_worse_than_pydicom(self, number):
        text = format_ds(number)
        assert len(text) <= 16
        assert DS_OF_THE_STANDARD.fullmatch(text)
        value = parse_ds(text)
        assert isinstance(value, float)
        theirs = valuerep.format_number_as_ds(number)
        if len(repr(number)) <= 16:
            assert text == theirs == repr(number)
            assert value == number
        else:
            assert abs(value - number) <= abs(float(theirs) - number)

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (0.1 + 0.2, "0.3"),
            (1 / 3, "0.33333333333333"),
            (-1 / 3, "-0.3333333333333"),
            (9.87654321012345678, "9.87654321012346"),
            (123456789012345.0, "123456789012345"),
            (-123456789012345.0, "-123456789012345"),
            (-1234567890123456.0, "-1.2345678901e15"),
            (9.999999999999998, "10"),
            (3.141592653589793e-05, "3.14159265359e-5"),
            (1.7976931348623157e308, "1.79769313e308"),
            (-1.7976931348623157e308, "-1.79769313e308"),
            (12, "12"),
            (True, "1"),
            (10**15, "1000000000000000"),
            (10**20, "1e+20"),
            (np.float32(0.5), "0.5"),
            (np.float64(2.5), "2.5"),
            (np.int16(7), "7.0"),
        ],
    )
    def test_formats(self, number, text):
        assert format_ds(number) == text
        assert len(text) <= 16

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 10**400])
    def test_refuses_what_is_not_finite(self, number):
        with pytest.raises(ValueDecodeError, match="finite"):
            format_ds(number)


class TestIntegerString:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("12", 12), (" -7 ", -7), ("+3", 3), ("1.0", 1), ("-2.", -2), ("1e2", 100), ("007", 7),
            ("2147483648", 2147483648), ("5\0", 5), ("", None), (" ", None),
        ],
    )  # fmt: skip
    def test_reads_integers(self, text, number):
        value = parse_is(text)
        assert value == number
        assert type(value) is type(number)

    @pytest.mark.parametrize(
        "text",
        [
            "1.5", "1_000", "0x10", "٣", "²", "1,0", "nan", "inf", "+", "1-2", "1 2", "1e400",
            "1.00000000000000000001", "1e300", "9" * 5000,
        ],
    )  # fmt: skip
    def test_keeps_as_text_what_is_no_integer(self, text):
        assert parse_is(text) == text
        assert parse_is(f" {text} ") == text

    @given(st.integers())
    def test_reads_back_every_integer(self, number):
        assert parse_is(str(number)) == number
        assert parse_is(f" {number:+d} ") == number

    @given(st.from_regex(r"\A ?[+-]?[0-9]{1,6}(\.0{0,3})?([eE][+-]?[0-3])? ?\Z"))
    def test_agrees_with_pydicom(self, text):
        theirs = valuerep.IS(text, validation_mode=0)
        ours = parse_is(text)
        if isinstance(theirs, valuerep.IS):
            assert ours == int(theirs)
        else:
            assert ours == text.strip()

    @given(st.text(max_size=30))
    def test_no_text_raises(self, text):
        for parse in (parse_is, parse_ds):
            value = parse(text)
            assert value is None or not isinstance(value, str) or value == text.strip(" \0")
