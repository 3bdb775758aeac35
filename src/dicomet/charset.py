"""Specific Character Set (0008,0005): bytes of text values to str and back.

PS3.3 C.12.1.1.2, PS3.5 §6.1 and Annexes H to K.

A `CharacterSet` is made once for each distinct value of the attribute and decodes whole values:
the caller splits the text at backslashes afterwards, because in several sets the byte 0x5C may be
part of a character (PS3.5 §6.1.2.3). Sets without escape sequences cost one `bytes.decode`.

Decoding never raises. What is damaged:

- Bytes that the set has no character for become U+FFFD, unless they are what vendors commonly write
  under the set's name (code page 932 under JIS, 949 under KS X 1001, GBK under GB 2312). The bytes
  themselves stay at hand in ``DataElement.raw``.
- Bytes above 0x7F in the default repertoire are read as ISO 8859-1.
- Escape sequences that (0008,0005) does not announce are obeyed; unknown ones stay in the text.

`CharacterSet.decode_checked` tells of each. Encoding is strict: it raises rather than writes what
the set does not have.

In JIS X 0201 romaji (ISO-IR 14) the byte 0x5C is a yen sign and 0x7E an overline. They are read as
"\\" and "~" all the same: 0x5C separates values whatever its glyph (PS3.5 §6.1.2.3), and ASCII text
reads alike whether or not katakana stands beside it. On encoding, an overline gives 0x7E and, where
the backslash is no delimiter, a yen sign gives 0x5C.
"""

from __future__ import annotations

import codecs

from dicomet._charsets import iso2022
from dicomet._charsets.memo import memo
from dicomet._charsets.terms import (
    ASCII_ESCAPE,
    CODE_ELEMENTS,
    ROMAJI_ESCAPE,
    codec_of,
    is_multi_byte,
    number_of,
    resolve,
)
from dicomet.errors import DicomError

TYPE_CHECKING = False  # typing itself is not imported: it costs more than this module
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

# What puts back the sets of value 1 in a value of each kind. PS3.5 §6.1.2.5.3.
TEXT = "\t\n\f\r"  # ST LT UT
STRING = "\\" + TEXT  # LO SH UC
NAME = "^=" + STRING  # PN
DELIMITERS = {"LO": STRING, "LT": TEXT, "PN": NAME, "SH": STRING, "ST": TEXT, "UC": STRING,
              "UT": TEXT}  # fmt: skip

_ESC = 0x1B  # an int: `in` looks it up at once, while bytes make it raise and catch first


class CharacterEncodeError(DicomError, UnicodeEncodeError):
    """Text with a character that the Specific Character Set does not have."""

    def __init__(self, encoding: str, text: str, start: int, end: int, reason: str) -> None:
        UnicodeEncodeError.__init__(self, encoding, text, start, end, reason)
        self.offset = self.tag = self.path = None
        self.clause = "PS3.3 C.12.1.1.2"


class CharacterSet:
    """The value of Specific Character Set (0008,0005), ready to decode and encode.

    Immutable; made and cached by `character_set`. Two are equal if their terms are.

    Attributes
    ----------
    terms : tuple of str
        Terms in force, in the standard's spelling. Empty for the default repertoire (ISO-IR 6);
        the first is ``""`` where value 1 of several is empty.
    problems : tuple of str
        What is wrong with the attribute's value, as text. Clause: PS3.3 C.12.1.1.2.
    codec : str
        Python codec of text without escape sequences.
    """

    __slots__ = (
        "_announced", "_check", "_decoder", "_encoder", "_source", "codec", "problems", "terms"
    )  # fmt: skip

    terms: tuple[str, ...]
    problems: tuple[str, ...]
    codec: str
    _source: str
    _check: int  # of text without escapes: 0 none, 1 is it ASCII, 2 is each byte one character
    _announced: frozenset[bytes]
    _decoder: Callable[[bytes], tuple[str, int]] | None  # None where bytes.decode is faster
    _encoder: str  # codec that encodes all of the set; "" if that takes more

    def __init__(self, source: str) -> None:
        terms, problems = resolve(source.split("\\"))
        first = terms[0] if terms else ""
        codec = codec_of(first)
        extended = len(terms) > 1 or first.startswith("ISO 2022")
        announced = {ASCII_ESCAPE} if extended else set()
        if extended:
            for number in map(number_of, terms):
                if number in CODE_ELEMENTS:
                    announced.add(CODE_ELEMENTS[number].escape)
                if number == "13":
                    announced.add(ROMAJI_ESCAPE)
        if len(terms) > 1 or number_of(first) == "13" or is_multi_byte(first):
            encoder = ""
        else:
            encoder = codec or "ascii"
        fill = object.__setattr__
        fill(self, "_source", source)
        fill(self, "terms", terms)
        fill(self, "problems", problems)
        fill(self, "codec", codec or "latin-1")
        fast = codec in ("", "latin-1", "utf-8")
        fill(self, "_decoder", None if fast else codecs.lookup(codec).decode)
        fill(self, "_check", 1 if not codec else 2 if number_of(first) == "13" else 0)
        fill(self, "_announced", frozenset(announced))
        fill(self, "_encoder", encoder)

    def decode(self, value: bytes, *, delimiters: str = TEXT) -> str:
        """Decode a whole value, padding included; see `decode_checked`."""
        if _ESC not in value:
            try:
                if self._decoder is None:
                    return value.decode(self.codec)
                return self._decoder(value)[0]
            except UnicodeDecodeError:
                pass
        return self.decode_checked(value, delimiters=delimiters)[0]

    def decode_checked(self, value: bytes, *, delimiters: str = TEXT) -> tuple[str, bool]:
        """Decode a whole value and tell whether it was damaged. Never raises.

        Parameters
        ----------
        value : bytes
            All values of the element with the backslashes between them: split the text, not the
            bytes.
        delimiters : str
            `TEXT`, `STRING` or `NAME`; ``DELIMITERS[vr]`` has the one of a VR. Matters only where
            there are escape sequences.

        Returns
        -------
        (str, bool)
            The text; True if some of it was undecodable, outside the set, or switched by an escape
            sequence that (0008,0005) does not announce.
        """
        if _ESC in value:
            return iso2022.decode(value, self.codec, self._check == 1, self._announced, delimiters)
        try:
            text = value.decode(self.codec)
        except UnicodeDecodeError:
            return iso2022.decode_damaged(self.codec, value), True
        if self._check == 0:
            return text, False
        if self._check == 1:
            return text, not text.isascii()
        return text, len(text) != len(value)

    def encode(
        self, text: str, *, delimiters: str = TEXT, errors: Literal["strict", "replace"] = "strict"
    ) -> bytes:
        """Encode a whole value, unpadded, with the escape sequences that it needs.

        Parameters
        ----------
        text : str
            All values of the element, joined by backslashes.
        delimiters : str
            `TEXT`, `STRING` or `NAME`, as for decoding.
        errors : {"strict", "replace"}
            "replace" writes "?" for what the set does not have.

        Raises
        ------
        CharacterEncodeError
            A character is not in the set (or is ESC), and `errors` is "strict".
        """
        if text.isascii() and "\x1b" not in text:
            return text.encode("ascii")
        if self._encoder:
            data = text.replace("\x1b", "?").encode(self._encoder, "replace")
            if errors == "replace":
                return data
            bad = text.find("\x1b")
            try:
                text.encode(self._encoder)
            except UnicodeEncodeError as error:
                bad = error.start if bad < 0 else min(bad, error.start)
        else:
            data, bad = iso2022.encode(text, self.terms, delimiters)
        if bad >= 0 and errors != "replace":
            name = "\\".join(self.terms) or "default repertoire"
            raise CharacterEncodeError(
                name, text, bad, bad + 1, "not in the Specific Character Set"
            )
        return data

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"CharacterSet is immutable: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"CharacterSet is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        return self.terms == other.terms if isinstance(other, CharacterSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.terms)

    def __reduce__(self) -> tuple[object, ...]:
        return character_set, (self._source,)

    def __repr__(self) -> str:
        return f"<CharacterSet {'/'.join(self.terms) or 'ISO-IR 6'!r}>"


_MAX_NCHARS = 1024  # of the attribute's value: twice what all defined terms together take

_cached = memo(maxsize=256)(CharacterSet)


def character_set(terms: str | bytes | Sequence[str] | None) -> CharacterSet:
    """Find the character set for a value of Specific Character Set (0008,0005). Never raises.

    Parameters
    ----------
    terms : str, bytes, sequence of str or None
        The value as it stands in the data set: text or bytes with backslashes, or the values one by
        one. None or nothing is the default repertoire.

    Returns
    -------
    CharacterSet
        The same object for the same terms while it is in the cache. PS3.3 C.12.1.1.2.
    """
    if terms is None:
        return DEFAULT
    if isinstance(terms, (bytes, bytearray, memoryview)):
        terms = bytes(terms[:_MAX_NCHARS]).decode("latin-1")
    elif not hasattr(terms, "__iter__"):
        terms = str(terms)  # the file has a number there
    elif not isinstance(terms, str):
        terms = "\\".join("" if term is None else str(term) for term in terms)
    return _cached(terms[:_MAX_NCHARS])


DEFAULT = _cached("")
