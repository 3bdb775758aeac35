"""Specific Character Set: the defined terms, their Python codecs and what is written for them.

PS3.3 C.12.1.1.2, Tables C.12-2 to C.12-5. Escape sequences are given without the ESC.
"""

from __future__ import annotations

from encodings.aliases import aliases

MAX_TERMS = 32  # more values than there are sets: hostile or damaged
_SHOWN_NCHARS = 40  # of an unknown term, in a message


class CodeElement:
    """A set of graphic characters that an escape sequence can designate. PS3.5 §6.1.2.4.

    Attributes
    ----------
    escape : bytes
        Escape sequence without the ESC.
    codec : str
        Python codec; every codec here leaves the bytes of ASCII alone.
    prefix : bytes
        For sets in G0, which have 7-bit codes: what the codec needs before the codes. Else empty.
    width : int
        Bytes a character.
    """

    __slots__ = ("codec", "escape", "prefix", "width")

    def __init__(self, escape: bytes, codec: str, prefix: bytes = b"", width: int = 1) -> None:
        self.escape = escape
        self.codec = codec
        self.prefix = prefix
        self.width = width


# By ISO registration number. ISO-IR 13 also brings ISO-IR 14 (JIS X 0201 romaji) into G0.
CODE_ELEMENTS = {
    "13": CodeElement(b")I", "shift_jis"),
    "58": CodeElement(b"$)A", "gb2312", width=2),
    "87": CodeElement(b"$B", "iso2022_jp", b"\x1b$B", 2),
    "100": CodeElement(b"-A", "latin-1"),
    "101": CodeElement(b"-B", "iso8859_2"),
    "109": CodeElement(b"-C", "iso8859_3"),
    "110": CodeElement(b"-D", "iso8859_4"),
    "126": CodeElement(b"-F", "iso8859_7"),
    "127": CodeElement(b"-G", "iso8859_6"),
    "138": CodeElement(b"-H", "iso8859_8"),
    "144": CodeElement(b"-L", "iso8859_5"),
    "148": CodeElement(b"-M", "iso8859_9"),
    "149": CodeElement(b"$)C", "euc_kr", width=2),
    "159": CodeElement(b"$(D", "iso2022_jp_2", b"\x1b$(D", 2),
    "166": CodeElement(b"-T", "tis_620"),
    "203": CodeElement(b"-b", "iso8859_15"),
}

ASCII_ESCAPE = b"(B"
ROMAJI_ESCAPE = b"(J"

# All that is decoded when met: the above, and sets of ISO 2022 that DICOM has no term for but
# that gateways have written. None: single-byte ASCII (or romaji) back in G0.
DESIGNATIONS: dict[bytes, CodeElement | None] = {
    ASCII_ESCAPE: None,
    ROMAJI_ESCAPE: None,
    b"(I": CodeElement(b"(I", "iso2022_jp_ext", b"\x1b(I", 1),
    b"$@": CodeElement(b"$@", "iso2022_jp", b"\x1b$@", 2),
    b"$(B": CodeElement(b"$(B", "iso2022_jp", b"\x1b$B", 2),
    b"$A": CodeElement(b"$A", "iso2022_jp_2", b"\x1b$A", 2),
    b"$(C": CodeElement(b"$(C", "iso2022_jp_2", b"\x1b$(C", 2),
    b"$)B": CodeElement(b"$)B", "euc_jp", width=2),
    **{element.escape: element for element in CODE_ELEMENTS.values()},
}

# What vendors write under a set's name beyond its repertoire: tried when the set itself fails.
SUPERSETS = {
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gbk",
    "gbk": "gb18030",
}

# Terms that stand alone (Table C.12-5) with their codecs.
STAND_ALONE = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}

_DEFAULT = ("", "ISO_IR 6", "ISO 2022 IR 6")
_MULTI_BYTE = frozenset({"58", "87", "149", "159"})

# Codecs that a file may name although DICOM has no such term. Each leaves ASCII alone, so that
# delimiters are found whatever the term; nothing else that Python calls a codec is ever looked up.
_CODECS = frozenset(
    {
        "big5", "big5hkscs", "cp874", "cp932", "cp949", "cp1250", "cp1251", "cp1252", "cp1253",
        "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "euc_jp", "iso8859_10", "iso8859_11",
        "iso8859_13", "iso8859_14", "iso8859_16", "koi8_r", "koi8_u", "mac_roman", "shift_jis",
    }
)  # fmt: skip

_CODEC_TERMS = {
    "ascii": "ISO_IR 6",
    "euc_kr": "ISO 2022 IR 149",
    "gb18030": "GB18030",
    "gb2312": "ISO 2022 IR 58",
    "gbk": "GBK",
    "iso2022_jp": "ISO 2022 IR 87",
    "iso2022_jp_2": "ISO 2022 IR 159",
    "iso8859_1": "ISO_IR 100",
    "latin_1": "ISO_IR 100",
    "utf_8": "ISO_IR 192",
    "utf_8_sig": "ISO_IR 192",
    **{
        element.codec: f"ISO_IR {number}"
        for number, element in CODE_ELEMENTS.items()
        if element.codec.startswith(("iso8859", "tis"))
    },
}


def _spellings() -> dict[str, str]:
    """Map letters and digits of each defined term, and of common misspellings, to the term."""
    found = {
        "ISOIR6": "ISO_IR 6",
        "IR6": "ISO_IR 6",
        "ISO2022IR6": "ISO 2022 IR 6",
        "ISO20226": "ISO 2022 IR 6",
        "GB18030": "GB18030",
        "ISO2022GB18030": "GB18030",
        "GBK": "GBK",
        "ISO2022GBK": "GBK",
    }
    for key in ("ISOIR192", "ISO2022IR192", "ISO2022192", "IR192"):
        found[key] = "ISO_IR 192"
    for number in CODE_ELEMENTS:
        extended = f"ISO 2022 IR {number}"
        found[f"ISO2022IR{number}"] = found[f"ISO2022{number}"] = extended
        plain = extended if number in _MULTI_BYTE else f"ISO_IR {number}"
        found[f"ISOIR{number}"] = found[f"IR{number}"] = plain
    return found


_SPELLINGS = _spellings()


def _letters(term: str) -> str:
    return "".join(c for c in term[:64].upper() if c.isascii() and c.isalnum())


def number_of(term: str) -> str:
    """Return the ISO registration number in a normalised term, or "" if it has none."""
    head, _, number = term.rpartition(" ")
    return number if head in ("ISO_IR", "ISO 2022 IR") else ""


def is_stand_alone(term: str) -> bool:
    """Whether a normalised term allows no other terms and no code extension (Table C.12-5)."""
    return term in STAND_ALONE or term in _CODECS


def normalise(term: str) -> tuple[str, str]:
    """Find the defined term that a value of (0008,0005) means.

    Returns
    -------
    (str, str)
        The term, and what is wrong with its spelling ("" if nothing). A term that nothing is known
        of comes back as it is.
    """
    text = term.strip(" \0")
    if not text:
        return "", ""
    known = _SPELLINGS.get(_letters(text))
    if known is None:
        name = text.lower().replace("-", "_").replace(" ", "_")
        codec = aliases.get(name, name)
        known = _CODEC_TERMS.get(codec) or (codec if codec in _CODECS else None)
    if known is None:
        return text[:64], f"unknown term {text[:_SHOWN_NCHARS]!r}: read as the default repertoire"
    if known == text:
        return known, ""
    return known, f"{text[:_SHOWN_NCHARS]!r} read as {known!r}"


def is_multi_byte(term: str) -> bool:
    """Whether a normalised term is a multi-byte set that needs code extension (Table C.12-4)."""
    return number_of(term) in _MULTI_BYTE


def codec_of(term: str) -> str:
    """Return the Python codec of a normalised term; "" for the default and unknown ones."""
    element = CODE_ELEMENTS.get(number_of(term))
    if element is not None:
        # Sets in G0 begin with ASCII there: an escape sequence has to come first.
        return "" if element.prefix else element.codec
    return STAND_ALONE.get(term) or (term if term in _CODECS else "")


def resolve(values: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the terms that are in force for the values of (0008,0005).

    Returns
    -------
    terms : tuple of str
        Normalised. Empty for the default repertoire; the first is "" where value 1 is empty.
    problems : tuple of str
        What is wrong with the values, as text.
    """
    problems = []
    terms: list[str] = []
    if len(values) > MAX_TERMS:
        problems.append(f"{len(values)} values: only the first {MAX_TERMS} are used")
    for i, value in enumerate(values[:MAX_TERMS]):
        term, problem = normalise(value)
        if problem:
            problems.append(problem)
        if i and not term:
            problems.append(f"value {i + 1} is empty")
        elif i and term in terms:
            problems.append(f"{term!r} occurs twice")
        else:
            terms.append(term)
    first = terms[0] if terms else ""
    if is_stand_alone(first):
        if len(terms) > 1:
            problems.append(f"{first!r} must stand alone: {', '.join(terms[1:])} ignored")
        return (first,), tuple(problems)
    if first in _DEFAULT and len(terms) > 1 and all(map(is_stand_alone, terms[1:])):
        # All that the default repertoire has reads alike in the other one.
        problems.append(f"{terms[1]!r} must stand alone: used as if it did")
        return (terms[1],), tuple(problems)
    for term in terms[1:]:
        if is_stand_alone(term):
            problems.append(f"{term!r} must stand alone: ignored")
    terms = [term for term in terms if not is_stand_alone(term)]
    if len(terms) > 1:
        problems += [
            f"{term!r} among several values must be an ISO 2022 term"
            for term in terms
            if term.startswith("ISO_IR ")
        ]
    if is_multi_byte(first):
        problems.append(f"{first!r} cannot be value 1")
    return (() if terms == [""] else tuple(terms)), tuple(problems)
