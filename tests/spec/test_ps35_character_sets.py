"""Character repertoires as the standard states them.

PS3.5 §6.1 and Annexes H to K, PS3.3 C.12.1.1.2.
"""

from __future__ import annotations

import pytest

from dicomet.charset import NAME, STRING, TEXT, CharacterEncodeError, character_set

JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"
KATAKANA = "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"
CHINESE_LINES = (
    "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n"
)

# Examples that are also what we write: (clause, terms, kind, text, bytes).
EXAMPLES = [
    (
        "H.3.1",
        "\\ISO 2022 IR 87",
        NAME,
        JAPANESE,
        "59616d6164615e5461726f753d 1b2442 3b334544 1b2842 5e 1b2442 42404f3a 1b2842 3d"
        "1b2442 2464245e2440 1b2842 5e 1b2442 243f246d2426 1b2842",
    ),
    (
        "H.3.2",
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        NAME,
        KATAKANA,
        "d4cfc0de5ec0dbb33d 1b2442 3b334544 1b284a 5e 1b2442 42404f3a 1b284a 3d"
        "1b2442 2464245e2440 1b284a 5e 1b2442 243f246d2426 1b284a",
    ),
    (
        "I.2",
        "\\ISO 2022 IR 149",
        NAME,
        "Hong^Gildong=洪^吉洞=홍^길동",
        "486f6e675e47696c646f6e673d 1b242943 fbf3 5e 1b242943 d1ced4d7 3d"
        "1b242943 c8ab 5e 1b242943 b1e6b5bf",
    ),
    (
        "J.1",
        "ISO_IR 192",
        NAME,
        "Wang^XiaoDong=王^小東=",
        "57616e675e5869616f446f6e673d e78e8b 5e e5b08fe69db1 3d",
    ),
    (
        "J.2",
        "ISO_IR 192",
        TEXT,
        CHINESE_LINES,
        "546865206669727374206c696e6520696e636c75646573 e4b8ade69687 2e0d0a"
        "546865207365636f6e64206c696e6520696e636c75646573 e4b8ade69687 2c20746f6f2e0d0a"
        "546865207468697264206c696e652e0d0a",
    ),
    (
        "J.3",
        "GB18030",
        NAME,
        "Wang^XiaoDong=王^小东=",
        "57616e675e5869616f446f6e673d cdf5 5e d0a1b6ab 3d",
    ),
    (
        "J.4",
        "GB18030",
        TEXT,
        CHINESE_LINES,
        "546865206669727374206c696e6520696e636c75646573 d6d0cec4 2e0d0a"
        "546865207365636f6e64206c696e6520696e636c75646573 d6d0cec4 2c20746f6f2e0d0a"
        "546865207468697264206c696e652e0d0a",
    ),
    (
        "J.3 in GBK",
        "GBK",
        NAME,
        "Wang^XiaoDong=王^小东=",
        "57616e675e5869616f446f6e673d cdf5 5e d0a1b6ab 3d",
    ),
    (
        "K.2",
        "\\ISO 2022 IR 58",
        NAME,
        "Zhang^XiaoDong=张^小东= ",
        "5a68616e675e5869616f446f6e673d 1b242941 d5c5 5e 1b242941 d0a1b6ab 3d 20",
    ),
    (
        "K.3",
        "\\ISO 2022 IR 58",
        TEXT,
        "1.第一行文字。\r\n2.第二行文字。\r\n3.第三行文字。\r\n",
        "312e 1b242941 b5dad2bbd0d0cec4d7d6a1a3 0d0a"
        "322e 1b242941 b5dab6fed0d0cec4d7d6a1a3 0d0a"
        "332e 1b242941 b5dac8fdd0d0cec4d7d6a1a3 0d0a",
    ),
    ("Latin-1", "ISO_IR 100", NAME, "Buc^Jérôme", "4275635e4ae972f46d65"),
    ("Latin-1", "ISO_IR 100", NAME, "Äneas^Rüdiger", "c46e6561735e52fc6469676572"),
    ("Greek", "ISO_IR 126", NAME, "Διονυσιος", "c4e9efedf5f3e9eff2"),
    ("Arabic", "ISO_IR 127", NAME, "قباني^لنزار", "e2c8c7e6ea5ee4e6d2c7d1"),
    ("Hebrew", "ISO_IR 138", NAME, "שרון^דבורה", "f9f8e5ef5ee3e1e5f8e4"),
    ("Cyrillic", "ISO_IR 144", NAME, "Люкceмбypг", "bbeeda6365dcd17970d3"),
    ("Katakana", "ISO_IR 13", NAME, "ﾔﾏﾀﾞ^ﾀﾛｳ", "d4cfc0de5ec0dbb3"),
    ("Thai", "ISO_IR 166", NAME, "นามสกุล", "b9d2c1caa1d8c5"),
    ("Turkish", "ISO_IR 148", NAME, "Çavuşoğlu", "c7617675fe6ff06c75"),
    ("Latin-9", "ISO_IR 203", NAME, "Œdipe €", "bc6469706520a4"),
]


@pytest.mark.parametrize(("clause", "terms", "kind", "text", "encoded"), EXAMPLES)
def test_examples_of_the_standard_decode_and_encode(clause, terms, kind, text, encoded):
    value = bytes.fromhex(encoded)
    found = character_set(terms)
    assert found.problems == ()
    assert found.decode_checked(value, delimiters=kind) == (text, False)
    assert found.encode(text, delimiters=kind) == value


def test_i_3_long_text_designates_hangul_at_the_head_of_each_line():
    value = (
        b"\x1b$)CThe first line includes \xc7\xd1\xb1\xdb.\r\n"
        b"\x1b$)CThe second line includes \xc7\xd1\xb1\xdb, too.\r\n"
        b"The third line"
    )
    text = "The first line includes 한글.\r\nThe second line includes 한글, too.\r\nThe third line"
    found = character_set("\\ISO 2022 IR 149")
    assert found.decode_checked(value) == (text, False)
    assert found.decode_checked(found.encode(text)) == (text, False)


def test_k_3_before_2016_returned_to_ascii_at_the_end_of_each_line():
    value = b"1.\x1b$)A\xb5\xda\xd2\xbb\x1b(B\r\n2.\x1b$)A\xb5\xda\xb6\xfe\x1b(B\r\n "
    assert character_set("\\ISO 2022 IR 58").decode_checked(value) == (
        "1.第一\r\n2.第二\r\n ",
        False,
    )


# PS3.3 C.12.1.1.2, Tables C.12-3 and C.12-4, without the ESC.
ESCAPES = {
    "13": b")I", "58": b"$)A", "87": b"$B", "100": b"-A", "101": b"-B", "109": b"-C",
    "110": b"-D", "126": b"-F", "127": b"-G", "138": b"-H", "144": b"-L", "148": b"-M",
    "149": b"$)C", "159": b"$(D", "166": b"-T", "203": b"-b",
}  # fmt: skip

# One character that tells each set from the others.
SAMPLES = {
    "13": (b"\xb1", "ｱ"), "58": (b"\xd0\xa1", "小"), "87": (b";3", "山"), "100": (b"\xe3", "ã"),
    "101": (b"\xa3", "Ł"), "109": (b"\xa1", "Ħ"), "110": (b"\xa2", "ĸ"), "126": (b"\xc4", "Δ"),
    "127": (b"\xe2", "ق"), "138": (b"\xf9", "ש"), "144": (b"\xbb", "Л"), "148": (b"\xf0", "ğ"),
    "149": (b"\xb1\xe6", "길"), "159": (b"0!", "丂"), "166": (b"\xb9", "น"), "203": (b"\xa4", "€"),
}  # fmt: skip


@pytest.mark.parametrize("number", ESCAPES)
def test_c_12_3_and_c_12_4_terms_have_their_escape_sequences(number):
    found = character_set(["", f"ISO 2022 IR {number}"])
    code, character = SAMPLES[number]
    value = b"A\x1b" + ESCAPES[number] + code
    if number in ("87", "159"):
        value += b"\x1b(B"
    assert found.problems == ()
    assert found.decode_checked(value) == ("A" + character, False)
    assert found.encode("A" + character) == value


@pytest.mark.parametrize("number", sorted(set(ESCAPES) - {"58", "87", "149", "159"}))
@pytest.mark.parametrize("head", ["ISO_IR", "ISO 2022 IR"])
def test_c_12_2_single_byte_terms_are_active_without_escape_sequence(head, number):
    found = character_set(f"{head} {number}")
    code, character = SAMPLES[number]
    assert found.problems == ()
    assert found.decode_checked(b"A" + code) == ("A" + character, False)
    assert found.encode("A" + character) == b"A" + code


def test_c_12_1_1_2_an_empty_first_value_is_the_default_repertoire():
    assert character_set("\\ISO 2022 IR 87").encode("A山") == b"A\x1b$B;3\x1b(B"
    assert character_set("ISO 2022 IR 6\\ISO 2022 IR 87").encode("A山") == b"A\x1b$B;3\x1b(B"


def test_c_12_5_sets_without_code_extension_stand_alone():
    for term in ("ISO_IR 192", "GB18030", "GBK"):
        found = character_set([term, "ISO 2022 IR 87"])
        assert found.terms == (term,)
        assert "must stand alone" in found.problems[0]
        found = character_set(["ISO 2022 IR 100", term])
        assert found.terms == ("ISO 2022 IR 100",)
        assert "must stand alone" in found.problems[0]


def test_c_12_4_multi_byte_sets_cannot_be_value_1():
    for number in ("58", "87", "149", "159"):
        found = character_set(f"ISO 2022 IR {number}")
        assert "cannot be value 1" in found.problems[0]
        code, character = SAMPLES[number]
        # What is written has the escape sequence even so.
        assert found.encode(character).startswith(b"\x1b" + ESCAPES[number] + code)
        assert found.decode_checked(found.encode(character)) == (character, False)


def test_6_1_2_1_default_repertoire_is_ascii():
    found = character_set(None)
    assert found.encode("Buc^Jerome") == b"Buc^Jerome"
    with pytest.raises(CharacterEncodeError):
        found.encode("Jérôme")


@pytest.mark.parametrize(
    ("terms", "value", "text"),
    [
        ("GB18030", b"\x81\x5c\\A", "乗\\A"),
        ("GBK", b"\x81\x5c\\A", "乗\\A"),
        ("\\ISO 2022 IR 87", b"\x1b$B\x5c\x41\x30\x5c\x1b(B\\A", "楞移\\A"),
        ("\\ISO 2022 IR 87", b"\x1b$B=U\x3d\x5e\x1b(B^A", "春殉^A"),
    ],
)
def test_6_1_2_3_a_delimiter_byte_inside_a_character_is_no_delimiter(terms, value, text):
    found = character_set(terms)
    assert found.decode_checked(value, delimiters=NAME) == (text, False)
    assert found.encode(text, delimiters=NAME) == value


def test_6_1_2_3_byte_5c_separates_values_whatever_its_glyph():
    found = character_set("ISO_IR 13")
    assert found.decode(b"\xd4\\\xcf~", delimiters=STRING) == "ﾔ\\ﾏ~"
    assert found.encode("ﾔ\\ﾏ~", delimiters=STRING) == b"\xd4\\\xcf~"
    assert found.encode("¥100‾", delimiters=TEXT) == b"\\100~"
    with pytest.raises(CharacterEncodeError):  # it would become a delimiter
        found.encode("¥100", delimiters=STRING)


@pytest.mark.parametrize(
    ("kind", "resetting", "others"),
    [(TEXT, "\t\n\f\r", "\\^="), (STRING, "\t\n\f\r\\", "^="), (NAME, "\t\n\f\r\\^=", "")],
)
def test_6_1_2_5_3_delimiters_make_value_1_active(kind, resetting, others):
    found = character_set("ISO 2022 IR 148\\ISO 2022 IR 126")
    for delimiter in resetting:
        value = b"\x1b-F\xed" + delimiter.encode() + b"\xed"
        assert found.decode_checked(value, delimiters=kind) == (f"ν{delimiter}í", False)
    for character in others:
        value = b"\x1b-F\xed" + character.encode() + b"\xed"
        assert found.decode_checked(value, delimiters=kind) == (f"ν{character}ν", False)


def test_6_1_2_5_3_control_characters_end_a_7_bit_set():
    found = character_set("\\ISO 2022 IR 87")
    for control in ("\t", "\n", "\f", "\r"):
        value = b"\x1b$B;3" + control.encode() + b"A\x1b$B;3 ED\x1b(B"
        assert found.decode_checked(value) == (f"山{control}A山 田", False)


def test_6_1_2_5_3_value_1_is_made_active_before_delimiters_and_at_the_end():
    found = character_set("ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 87")
    assert found.encode("Л^é=山", delimiters=NAME) == b"\x1b-L\xbb\x1b-A^\xe9=\x1b$B;3\x1b(B"
    assert found.encode("Л", delimiters=NAME) == b"\x1b-L\xbb\x1b-A"


def test_6_1_2_4_designating_g0_leaves_g1_alone():
    found = character_set("ISO 2022 IR 144\\ISO 2022 IR 87")
    assert found.decode_checked(b"\xbb\x1b$B;3\x1b(B\xbb") == ("Л山Л", False)
    found = character_set("\\ISO 2022 IR 149\\ISO 2022 IR 87")
    value = b"\x1b$)C\xb1\xe6\x1b$B;3\xb1\xe6;3\x1b(B"
    assert found.decode_checked(value) == ("길山길山", False)


def test_6_1_2_4_values_in_several_single_byte_sets():
    found = character_set("ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126")
    value = b"Buc^J\xe9r\xf4me\\\x1b-F\xc4\xe9\xef\\\x1b-L\xbb\xee\xda"
    assert found.decode_checked(value, delimiters=NAME) == ("Buc^Jérôme\\Διο\\Люк", False)
