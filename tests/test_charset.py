"""dicomet.charset: terms as found in practice, damage, cost, and pydicom as second opinion."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dicomet.charset import (
    DEFAULT,
    DELIMITERS,
    NAME,
    STRING,
    TEXT,
    CharacterEncodeError,
    CharacterSet,
    character_set,
)
from dicomet.errors import DicomError

SINGLE_BYTE = ("13", "100", "101", "109", "110", "126", "127", "138", "144", "148", "166", "203")
MULTI_BYTE = ("58", "87", "149", "159")
KINDS = (TEXT, STRING, NAME)


def _repertoire(number: str) -> str:
    """All characters of a set above ASCII, found by decoding every code."""
    found = character_set(["", f"ISO 2022 IR {number}"])
    if number in SINGLE_BYTE:
        plain = character_set(f"ISO_IR {number}")
        codes = [bytes((byte,)) for byte in range(0xA0, 0x100)]
        decoded = [plain.decode_checked(code) for code in codes]
    else:
        base = 0x21 if number in ("87", "159") else 0xA1
        escape = {"58": b"\x1b$)A", "87": b"\x1b$B", "149": b"\x1b$)C", "159": b"\x1b$(D"}[number]
        decoded = [
            found.decode_checked(escape + bytes((row, cell)))
            for row in range(base, base + 94)
            for cell in range(base, base + 94)
        ]
    return "".join(text for text, damaged in decoded if not damaged)


REPERTOIRES = {number: _repertoire(number) for number in SINGLE_BYTE + MULTI_BYTE}
ASCII = st.sampled_from("AZ az\\^=\r\n\t~")
CHARACTERS = {number: st.sampled_from(text) for number, text in REPERTOIRES.items()}


def _characters(numbers: list[str]) -> st.SearchStrategy[str]:
    return st.one_of([CHARACTERS[number] for number in numbers if number in CHARACTERS])


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("ISO-IR 100", ("ISO_IR 100",)),
        ("ISO IR 100", ("ISO_IR 100",)),
        ("ISO_IR100", ("ISO_IR 100",)),
        ("ISO_IR_100", ("ISO_IR 100",)),
        ("iso_ir 100", ("ISO_IR 100",)),
        ("IR 100", ("ISO_IR 100",)),
        ("ISO2022 IR 87", ("ISO 2022 IR 87",)),
        ("ISO 2022 IR-87", ("ISO 2022 IR 87",)),
        ("ISO-2022-IR-87", ("ISO 2022 IR 87",)),
        ("ISO_2022_IR 100", ("ISO 2022 IR 100",)),
        ("ISO_IR 87", ("ISO 2022 IR 87",)),
        ("ISO 2022 58", ("ISO 2022 IR 58",)),
        ("ISO 2022 GBK", ("GBK",)),
        ("ISO 2022 IR 192", ("ISO_IR 192",)),
        ("GB 18030", ("GB18030",)),
        ("UTF8", ("ISO_IR 192",)),
        ("utf-8", ("ISO_IR 192",)),
        ("iso8859", ("ISO_IR 100",)),
        ("latin_1", ("ISO_IR 100",)),
        ("ISO-8859-5", ("ISO_IR 144",)),
        ("us-ascii", ("ISO_IR 6",)),
        ("EUC-KR", ("ISO 2022 IR 149",)),
        ("windows-1252", ("cp1252",)),
        ("Shift_JIS", ("shift_jis",)),
        ("\\iso 2022 ir 87", ("", "ISO 2022 IR 87")),
    ],
)
def test_misspelled_terms_are_understood_and_noted(written, terms):
    found = character_set(written)
    assert found.terms == terms
    assert "read as" in found.problems[0]


@pytest.mark.parametrize("written", [" ISO_IR 100 ", "ISO_IR 100\0", b"ISO_IR 100", ["ISO_IR 100"]])
def test_padding_and_containers_do_not_matter(written):
    assert character_set(written) == character_set("ISO_IR 100")
    assert character_set(written).problems == ()


@pytest.mark.parametrize("empty", [None, "", [], [""], [None], "  ", b""])
def test_nothing_is_the_default_repertoire(empty):
    assert character_set(empty) == DEFAULT
    assert character_set(empty).terms == ()
    assert character_set(empty).problems == ()


@pytest.mark.parametrize(
    "term", ["foo", "ISO_IR 999", "utf-16", "utf_7", "idna", "rot13", "../x", "é", "x" * 100_000]
)
def test_unknown_terms_read_as_the_default_and_are_noted(term):
    found = character_set(term)
    assert found.decode_checked(b"A\xe9") == ("Aé", True)
    assert "unknown term" in found.problems[0]
    assert len(found.problems[0]) < 120


def test_what_is_wrong_with_several_values_is_noted():
    assert "value 2 is empty" in character_set("ISO 2022 IR 100\\").problems[0]
    assert "occurs twice" in character_set("\\ISO 2022 IR 87\\ISO 2022 IR 87").problems[0]
    assert "must be an ISO 2022 term" in character_set("\\ISO_IR 144").problems[0]
    assert "64 values" in character_set("\\ISO 2022 IR 87" * 63).problems[0]


def test_terms_without_code_extension_among_several_are_used_all_the_same():
    found = character_set("ISO_IR 100\\ISO_IR 144")
    assert found.decode_checked(b"\xe9\x1b-L\xbb") == ("éЛ", False)
    assert len(found.problems) == 2


@pytest.mark.parametrize("first", ["", "ISO_IR 6", "ISO 2022 IR 6"])
def test_a_set_that_stands_alone_is_used_beside_the_default_repertoire(first):
    found = character_set([first, "ISO_IR 192"])
    assert found.terms == ("ISO_IR 192",)
    assert "must stand alone" in found.problems[0]


def test_latin_1_by_escape_sequence_is_not_the_fall_back_of_the_default_repertoire():
    found = character_set("\\ISO 2022 IR 100")
    assert found.decode_checked(b"\x1b-A\xe9^e", delimiters=NAME) == ("é^e", False)
    assert found.decode_checked(b"\x1b-A\xe9^\xe9", delimiters=NAME) == ("é^é", True)


def test_character_sets_are_cached_immutable_and_hashable():
    found = character_set("\\ISO 2022 IR 87")
    assert character_set(["", "ISO 2022 IR 87"]) is found
    assert pickle.loads(pickle.dumps(found)) == found
    assert {found: 1}[character_set("\\ISO2022 IR 87")] == 1
    assert found != DEFAULT
    assert found != "ISO 2022 IR 87"
    assert "ISO 2022 IR 87" in repr(found)
    with pytest.raises(AttributeError, match="immutable"):
        found.codec = "ascii"
    with pytest.raises(AttributeError, match="immutable"):
        del found.terms


def test_every_text_vr_has_its_delimiters():
    assert {vr for vr, kind in DELIMITERS.items() if "\\" not in kind} == {"LT", "ST", "UT"}
    assert DELIMITERS["PN"] == NAME
    assert set(DELIMITERS) == {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


@pytest.mark.parametrize(
    ("terms", "value", "text"),
    [
        (None, b"J\xe9r", "Jér"),
        ("ISO_IR 192", b"A\xe9B", "A\ufffdB"),
        ("ISO_IR 127", b"\xa1\xe2", "\ufffdق"),
        ("ISO_IR 166", b"\xff\xb9", "\ufffdน"),
        ("GB18030", b"\xff\xd0\xa1", "\ufffd小"),
        ("\\ISO 2022 IR 87", b"\x1b$B\x7e\x7e;3\x1b(BA", "\ufffd山A"),
        ("\\ISO 2022 IR 87", b"\x1b$B;3;\x1b(BA", "山\ufffdA"),
        ("\\ISO 2022 IR 87", b"\xb1A", "±A"),
        # Unknown, or cut short: the escape sequence stays where it is.
        ("ISO 2022 IR 100", b"A\x1b%5\xe9", "A\x1b%5é"),
        ("ISO 2022 IR 100", b"A\x1b", "A\x1b"),
        ("ISO 2022 IR 100", b"A\x1b-", "A\x1b-"),
        # Not announced: obeyed.
        (None, b"A\x1b$B;3\x1b(B", "A山"),
        ("ISO_IR 100", b"\xe9\x1b-L\xbb", "éЛ"),
        ("ISO_IR 192", "é".encode() + b"\x1b$B;3\x1b(B^" + "é".encode(), "é山^é"),
        ("\\ISO 2022 IR 87", b"\x1b(I1\x1b(B", "ｱ"),
        ("\\ISO 2022 IR 87", b"\x1b$@;3\x1b(B", "山"),
        ("\\ISO 2022 IR 87", b"\x1b$)B\xbb\xb3", "山"),
        ("\\ISO 2022 IR 87", b"\x1b$A0!\x1b(B", "啊"),
        ("\\ISO 2022 IR 87", b"\x1b$(C0!\x1b(B", "가"),
        # What vendors write beyond the set.
        ("\\ISO 2022 IR 87", b"\x1b$B-!;3\x1b(B", "①山"),
        ("\\ISO 2022 IR 87", b"\x1b$B|b\x1b(B", "髙"),
        ("ISO_IR 13", "山ｱ".encode("shift_jis"), "山ｱ"),
        ("ISO_IR 13", "髙ｱ".encode("cp932"), "髙ｱ"),
        ("\\ISO 2022 IR 149", b"\x1b$)C" + "뷁".encode("cp949"), "뷁"),
        ("\\ISO 2022 IR 58", b"\x1b$)A" + "東".encode("gbk"), "東"),
        # The way back to ASCII is missing.
        ("\\ISO 2022 IR 87", b"\x1b$B;3ED^\x1b$BB@\x1b(B", "山田^太"),
    ],
)
def test_damage_is_told_and_what_can_be_read_is_read(terms, value, text):
    assert character_set(terms).decode_checked(value, delimiters=NAME) == (text, True)
    assert character_set(terms).decode(value, delimiters=NAME) == text


def test_damage_ends_with_its_run():
    found = character_set("\\ISO 2022 IR 87")
    text, damaged = found.decode_checked(b"\x1b$B;3;^ \x1b(BA^\x1b$B;3\x1b(B", delimiters=NAME)
    assert damaged is False  # ";^" is a code like any other
    assert text.startswith("山")
    assert text.endswith(" A^山")


@pytest.mark.parametrize("terms", ["ISO_IR 100", "ISO_IR 13", "\\ISO 2022 IR 87", "ISO_IR 192", ""])
@pytest.mark.parametrize("bad", ["\x1b", "\ud800"])
def test_encoding_is_strict_and_replaces_only_when_asked(terms, bad):
    found = character_set(terms)
    with pytest.raises(CharacterEncodeError) as caught:
        found.encode("AB" + bad + "C")
    assert caught.value.start == 2
    assert caught.value.object == "AB" + bad + "C"
    assert isinstance(caught.value, (DicomError, UnicodeEncodeError))
    assert "PS3.3 C.12.1.1.2" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert found.encode("AB" + bad + "C", errors="replace") == b"AB?C"


def test_encoding_refuses_characters_that_python_codecs_compose_beyond_the_set():
    with pytest.raises(CharacterEncodeError):
        character_set("\\ISO 2022 IR 149").encode("뷁")
    with pytest.raises(CharacterEncodeError):
        character_set("ISO_IR 13").encode("山")


@pytest.mark.parametrize("number", SINGLE_BYTE + MULTI_BYTE)
def test_every_character_of_a_set_makes_the_round_trip(number):
    text = REPERTOIRES[number]
    # KS X 1001 has 8226; the Hangul filler has no meaning by itself.
    least = {"13": 63, "58": 7445, "87": 6879, "127": 49, "138": 59, "149": 8225, "159": 6067}
    assert len(text) >= least.get(number, 87)
    for first in ("", "ISO 2022 IR 13", "ISO 2022 IR 144"):
        found = character_set([first, f"ISO 2022 IR {number}"])
        assert found.decode_checked(found.encode(text)) == (text, False)


def test_no_code_above_ascii_reads_as_a_delimiter():
    for text in REPERTOIRES.values():
        assert not set(text) & set(NAME)


ALL_TERMS = [
    "ISO_IR 6", "ISO_IR 192", "GB18030", "GBK", "ISO 2022 IR 6", "shift_jis", "cp1252", "foo",
    *(f"ISO_IR {number}" for number in SINGLE_BYTE),
    *(f"ISO 2022 IR {number}" for number in SINGLE_BYTE + MULTI_BYTE),
]  # fmt: skip

_bytes = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\x1b", b"\x1b$", b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b)I", b"\x1b$)A", b"\x1b$)C",
             b"\x1b$(D", b"\x1b-L", b"^", b"=", b"\\", b"\r\n", b";3", b"\xb1\xe6"]
        ),
    ),
    max_size=12,
).map(b"".join)  # fmt: skip
_terms = st.lists(st.one_of(st.sampled_from(["", *ALL_TERMS]), st.text(max_size=12)), max_size=4)


@settings(max_examples=400)
@given(value=_bytes, terms=_terms, kind=st.sampled_from(KINDS))
@example(value=b"\x1b$B;", terms=["", "ISO 2022 IR 87"], kind=NAME)
def test_any_bytes_under_any_terms_decode(value, terms, kind):
    found = character_set(terms)
    text, damaged = found.decode_checked(value, delimiters=kind)
    assert found.decode(value, delimiters=kind) == text
    text.encode("utf-8")  # no lone surrogates: it can be printed and stored
    if not damaged:
        assert "\ufffd" not in text or b"\xef\xbf\xbd" in value or b"\x84\x31\xa4\x37" in value


@settings(max_examples=500)
@given(
    value=st.lists(
        st.sampled_from([b"\x1b$B", b"\x1b(B", b";3", b"ED"])
        | st.integers(0, 0x7F).map(lambda byte: bytes((byte,))),
        max_size=12,
    ).map(b"".join),
    kind=st.sampled_from(KINDS),
)
@example(value=b"\x1b$B\n;3", kind=TEXT)
@example(value=b"\x1b$B\f;3", kind=TEXT)
def test_the_short_way_for_japanese_reads_as_the_long_way(value, kind):
    short = character_set("\\ISO 2022 IR 87").decode_checked(value, delimiters=kind)
    # With G1 in value 1 there is no short way; none of these bytes are in G1.
    assert short == character_set("ISO 2022 IR 144\\ISO 2022 IR 87").decode_checked(
        value, delimiters=kind
    )


@settings(max_examples=300)
@given(text=st.text(max_size=40), terms=_terms, kind=st.sampled_from(KINDS))
def test_what_encodes_decodes_to_the_same_text(text, terms, kind):
    found = character_set(terms)
    error = None
    try:
        value = found.encode(text, delimiters=kind)
    except CharacterEncodeError as caught:
        error = caught
    if error is not None:
        assert text[error.start] == "\x1b" or not text[error.start].isascii()
        value = found.encode(text, delimiters=kind, errors="replace")
        assert found.decode(value, delimiters=kind).count("\ufffd") <= text.count("\ufffd")
        return
    expected = text
    if found.terms and found.terms[0].endswith("IR 13"):
        expected = text.replace("‾", "~").replace("¥", "\\")
    assert found.decode(value, delimiters=kind) == expected


@settings(max_examples=300)
@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_text_in_a_mixture_of_sets_makes_the_round_trip(data, kind):
    numbers = data.draw(st.lists(st.sampled_from(SINGLE_BYTE + MULTI_BYTE), min_size=1, max_size=4))
    first = data.draw(st.sampled_from(["", *(f"ISO 2022 IR {n}" for n in SINGLE_BYTE)]))
    text = data.draw(st.text(ASCII | _characters(numbers), max_size=30))
    found = character_set([first, *(f"ISO 2022 IR {n}" for n in dict.fromkeys(numbers))])
    value = found.encode(text, delimiters=kind)
    assert found.decode_checked(value, delimiters=kind) == (text, False)


@pytest.mark.parametrize(
    "unit",
    [b"\x1b", b"\x1b$B", b"\x1b$B^", b"\x1b-L\xbb^", b"\x1b$)C\xb1", b"^", b"0 ", b"\x7d"],
)
@pytest.mark.parametrize("head", [b"", b"\x1b$B", b"\x1b-L"])
def test_the_work_grows_in_proportion_to_the_value(head, unit):
    found = character_set("\\ISO 2022 IR 87\\ISO 2022 IR 144")

    def count(value: bytes) -> int:
        calls = 0

        def tally(frame: object, event: str, arg: object) -> None:
            nonlocal calls
            calls += 1

        before = sys.getprofile()
        sys.setprofile(tally)
        try:
            found.decode_checked(value, delimiters=NAME)
        finally:
            sys.setprofile(before)
        return calls

    count(head + unit)  # fills the caches
    small, large = count(head + unit * 1000), count(head + unit * 4000)
    assert large <= 4.2 * small + 20


def test_megabytes_of_escapes_decode():
    value = b"\x1b" * 2_000_000
    assert character_set("\\ISO 2022 IR 87").decode(value) == "\x1b" * 2_000_000


def test_the_import_is_light():
    code = "import sys, dicomet.charset; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"typing", "re", "enum", "dataclasses", "numpy"}
    before = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert heavy.intersection(loaded) <= set(before)


pydicom = pytest.importorskip("pydicom", reason="pydicom is the second opinion")


def _charset_files() -> list[Path]:
    from pydicom.data import get_charset_files

    return sorted(map(Path, get_charset_files("*.dcm")))


def _text_elements(dataset, inherited):
    terms = dataset.get("SpecificCharacterSet", inherited)
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value:
                yield from _text_elements(item, terms)
        elif element.VR in DELIMITERS and isinstance(raw, pydicom.dataelem.RawDataElement):
            yield character_set(terms), element, raw.value or b""


@pytest.mark.parametrize("path", _charset_files(), ids=lambda path: path.name)
def test_files_of_pydicom_read_as_pydicom_reads_them(path):
    nelements = 0
    for found, element, raw in _text_elements(pydicom.dcmread(path), None):
        text, damaged = found.decode_checked(raw, delimiters=DELIMITERS[element.VR])
        values = [text] if element.VR in ("ST", "LT", "UT") else text.split("\\")
        values = [value.rstrip("\0 ") for value in values]
        if element.VR == "PN":  # pydicom drops empty component groups at the end
            values = [value.rstrip("=") for value in values]
        theirs = element.value if element.VM > 1 else [element.value or ""]
        assert values == [str(value) for value in theirs]
        assert not damaged
        nelements += 1
    assert nelements > 0


def _pydicom_decode(terms: list[str], value: bytes, delimiters: str) -> str:
    from pydicom.charset import convert_encodings, decode_bytes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return decode_bytes(value, convert_encodings(terms), set(delimiters.encode()))


# Not here: ISO 2022 IR 58, whose escape sequence pydicom neither writes nor removes.
SHARED_TERMS = [
    ["", "ISO 2022 IR 87"],
    ["ISO 2022 IR 13", "ISO 2022 IR 87"],
    ["", "ISO 2022 IR 149"],
    ["ISO 2022 IR 100", "ISO 2022 IR 144"],
    ["ISO_IR 127"],
    ["ISO_IR 13"],
    ["ISO_IR 166"],
]


def _shared_text(terms: list[str]) -> st.SearchStrategy[str]:
    plain = st.sampled_from("AZ 19")
    return st.text(plain | _characters([t.rpartition(" ")[2] for t in terms]), max_size=20)


@pytest.mark.parametrize("terms", SHARED_TERMS, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_pydicom_reads_what_is_encoded(terms, data):
    text = data.draw(_shared_text(terms))
    assert _pydicom_decode(terms, character_set(terms).encode(text), TEXT) == text


@pytest.mark.parametrize("terms", [t for t in SHARED_TERMS if t != ["ISO_IR 13"]], ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_what_pydicom_encodes_is_read(terms, data):
    from pydicom.charset import convert_encodings, encode_string

    text = data.draw(_shared_text(terms))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = encode_string(text, convert_encodings(terms))
    assert character_set(terms).decode(value) == _pydicom_decode(terms, value, TEXT) == text


DIFFERENCES = [
    # (clause and reason, terms, kind, value, ours, pydicom's)
    ("PS3.5 §6.1.2.4: ESC ( B designates G0, G1 stays", ["ISO 2022 IR 144", "ISO 2022 IR 87"],
     TEXT, b"\x1b$B;3\x1b(B\xbb", "山Л", "山»"),
    ("PS3.5 §6.1.2.4: a space is none of the 94 codes", ["", "ISO 2022 IR 87"],
     TEXT, b"\x1b$B;3 ED\x1b(B", "山 田", "\x1b$B;3 ED"),
    ("PS3.5 §6.1.2.5.3: CR ends a 7-bit set", ["", "ISO 2022 IR 87"],
     TEXT, b"\x1b$B;3\rABC", "山\rABC", "\x1b$B;3\rABC"),
    ("PS3.3 C.12.1.1.2: unannounced escape sequences are obeyed", ["ISO_IR 100"],
     TEXT, b"\x1b$B;3\x1b(B", "山", "\x1b$B;3"),
    ("PS3.3 Table C.12-4: the escape sequence of GB 2312 is no text", ["", "ISO 2022 IR 58"],
     NAME, b"Zhang=\x1b$)A\xd5\xc5", "Zhang=张", "Zhang=\x1b$)A张"),
    ("PS3.3 Table C.12-2: Latin alphabet No. 9", ["ISO_IR 203"],
     TEXT, b"\xa4", "€", "¤"),
    ("PS3.3 C.12.1.1.2: misspelled beyond what pydicom mends", ["ISO2022 IR 144"],
     TEXT, b"\xbb", "Л", "»"),
    ("PS3.5 §H.1.2: row 13 as Japanese systems fill it", ["", "ISO 2022 IR 87"],
     TEXT, b"\x1b$B-!\x1b(B", "①", "\x1b$B-!"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "terms", "kind", "value", "ours", "theirs"), DIFFERENCES, ids=lambda v: str(v)[:50]
)
def test_differences_from_pydicom(reason, terms, kind, value, ours, theirs):
    assert character_set(terms).decode(value, delimiters=kind) == ours
    assert _pydicom_decode(terms, value, kind) == theirs


def test_difference_from_pydicom_a_caret_resets_in_names_read_from_files():
    # PS3.5 §6.1.2.5.3. pydicom resets at "^" in PersonName, but not in the value of a file.
    from pydicom.values import convert_PN

    value = b"\x1b-L\xbb^\xe9"
    encodings = ["latin_1", "iso_ir_144"]
    assert str(convert_PN(value, encodings)) == "Л^щ"
    found = character_set("ISO 2022 IR 100\\ISO 2022 IR 144")
    assert found.decode(value, delimiters=NAME) == "Л^é"


def test_difference_from_pydicom_romaji_and_katakana_mix_without_escape_sequences():
    # PS3.5 §H.1.1: ISO-IR 14 in G0 and ISO-IR 13 in G1. pydicom writes b"1?".
    assert character_set("ISO_IR 13").encode("1ｱ") == b"1\xb1"


def test_difference_from_pydicom_the_default_repertoire_encodes_ascii_only():
    # PS3.5 §6.1.2.1. pydicom writes ISO 8859-1.
    assert isinstance(DEFAULT, CharacterSet)
    with pytest.raises(CharacterEncodeError):
        DEFAULT.encode("é")


def test_a_number_in_its_place_is_an_unknown_term() -> None:
    from build import LE, part10, patient

    from dicomet import dcmread

    ds = dcmread(part10(LE.element(0x00080005, "IS", "10") + patient()))
    assert ds.PatientName == "Doe^Jane"
    assert [finding.code for finding in ds.findings] == ["character_set_term"]
