"""Text with code extension: decoding and encoding of ISO 2022 escape sequences. PS3.5 §6.1.2.4-5.

Two sets are active at a time: G0 for bytes below 0x80 and G1 for those above. An escape sequence
replaces one of them; a delimiter puts back those of value 1 (§6.1.2.5.3). While a 7-bit set other
than ASCII or romaji stands in G0, bytes 0x21 to 0x7E are its codes, never delimiters (§6.1.2.3).
Every byte is looked at a bounded number of times, so time is linear in the size of the value.
"""

from __future__ import annotations

from dicomet._charsets.memo import memo
from dicomet._charsets.terms import (
    ASCII_ESCAPE,
    CODE_ELEMENTS,
    DESIGNATIONS,
    ROMAJI_ESCAPE,
    SUPERSETS,
    CodeElement,
    number_of,
)

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CONTROLS = "\t\n\f\r"
_GRAPHIC_94 = bytes(range(0x21, 0x7F))


def decode_damaged(codec: str, data: bytes) -> str:
    """Decode what `codec` refuses: by what vendors write under its name, else with U+FFFD."""
    superset = SUPERSETS.get(codec)
    while superset is not None:
        try:
            return data.decode(superset)
        except UnicodeDecodeError:
            superset = SUPERSETS.get(superset)
    return data.decode(codec, "replace")


@memo(maxsize=16)
def _marker(delimiters: str) -> bytes:
    """Make a table for bytes.translate that turns each delimiter into a line feed."""
    table = bytearray(range(256))
    for delimiter in delimiters.encode("ascii", "ignore"):
        table[delimiter] = 0x0A
    return bytes(table)


class _Decoder:
    """The state of one value's decoding."""

    __slots__ = ("damaged", "delimiters", "g0", "g1", "home", "pieces", "strict_home")

    def __init__(self, home: str, strict_home: bool, delimiters: str) -> None:
        self.home = home
        self.strict_home = strict_home
        self.delimiters = delimiters
        self.g0: CodeElement | None = None  # a 7-bit set; None: ASCII or romaji
        self.g1: CodeElement | None = None  # None: that of value 1
        self.pieces: list[str] = []
        self.damaged = False

    def add(self, data: bytes) -> None:
        """Decode bytes that hold no ESC, beginning in the present state."""
        if self.g0 is not None:
            end = data.translate(_marker(_CONTROLS)).find(b"\n")
            if end < 0:
                self._add_codes(self.g0, data)
                return
            self._add_codes(self.g0, data[:end])
        elif self.g1 is None:
            self._add_bytes(data)
            return
        else:
            end = data.translate(_marker(self.delimiters)).find(b"\n")
            if end < 0:
                self._add_bytes(data)
                return
            self._add_bytes(data[:end])
        self.g0 = self.g1 = None
        self._add_bytes(data[end:])

    def _add_bytes(self, data: bytes) -> None:
        """Decode with ASCII in G0."""
        codec = self.home if self.g1 is None else self.g1.codec
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            text = decode_damaged(codec, data)
            self.damaged = True
        if codec == "shift_jis":
            self.damaged |= len(text) != len(data)
        elif self.strict_home and self.g1 is None:
            self.damaged |= not text.isascii()
        self.pieces.append(text)

    def _add_codes(self, element: CodeElement, data: bytes) -> None:
        """Decode with a 7-bit set in G0."""
        if data.translate(None, _GRAPHIC_94):  # a space or bytes of G1 between the codes
            start = 0
            kinds = [0x21 <= byte < 0x7F for byte in data]
            for end in range(1, len(data) + 1):
                if end == len(data) or kinds[end] is not kinds[start]:
                    if kinds[start] and self.g0 is element:
                        self._add_codes(element, data[start:end])
                    else:
                        self._add_bytes(data[start:end])
                    start = end
            return
        if len(data) % element.width and chr(data[-1]) in self.delimiters:
            # The way back to ASCII is missing in front of a delimiter at the end.
            self._add_codes(element, data[:-1])
            self.damaged = True
            self.g0 = self.g1 = None
            self._add_bytes(data[-1:])
            return
        try:
            self.pieces.append((element.prefix + data).decode(element.codec))
        except UnicodeDecodeError:
            self.damaged = True
            width = element.width
            for i in range(0, len(data), width):
                self.pieces.append(_decode_code(element, data[i : i + width]))


@memo(maxsize=4096)
def _decode_code(element: CodeElement, code: bytes) -> str:
    """Decode one code of a 7-bit set that may not have a character for it."""
    try:
        return (element.prefix + code).decode(element.codec)
    except UnicodeDecodeError:
        pass
    if element.codec == "iso2022_jp" and len(code) == 2:
        # Rows 13 and 89 to 92 of JIS X 0208 are free; Japanese systems keep the characters of
        # code page 932 there. The same code as Shift_JIS:
        row, cell = code
        lead = (row + 1 >> 1) + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
        try:
            return bytes((lead, trail)).decode("cp932")
        except UnicodeDecodeError:
            pass
    return _REPLACEMENT


def decode(
    value: bytes, home: str, strict_home: bool, announced: frozenset[bytes], delimiters: str
) -> tuple[str, bool]:
    """Decode a value with escape sequences.

    Parameters
    ----------
    value : bytes
        The whole value, before it is split.
    home : str
        Codec of value 1 of Specific Character Set.
    strict_home : bool
        Value 1 is the default repertoire: bytes above 0x7F are damage.
    announced : frozenset of bytes
        Escape sequences that Specific Character Set allows, without the ESC.
    delimiters : str
        ASCII characters that put back the sets of value 1.

    Returns
    -------
    (str, bool)
        The text, and whether any of it was damaged or not announced.
    """
    pieces = value.split(b"\x1b")
    if (
        strict_home
        and b"$B" in announced
        and value.count(b"\x1b$B") + value.count(b"\x1b(B") == len(pieces) - 1
        and value.isascii()
        and b"\n" not in value.translate(_marker(_CONTROLS))
    ):
        # The usual Japanese value. Python's own reader does the same or refuses, except that it
        # goes on with JIS X 0208 after a control character.
        try:
            return value.decode("iso2022_jp"), False
        except UnicodeDecodeError:
            pass
    decoder = _Decoder(home, strict_home, delimiters)
    decoder.add(pieces[0])
    for i in range(1, len(pieces)):
        piece = pieces[i]
        escape = piece[:2]
        if escape not in DESIGNATIONS:
            escape = piece[:3]
            if escape not in DESIGNATIONS:
                decoder.damaged = True
                decoder.pieces.append("\x1b")
                if piece:
                    decoder.add(piece)
                continue
        if escape not in announced:
            decoder.damaged = True
        element = DESIGNATIONS[escape]
        if element is None or element.prefix:
            decoder.g0 = element
        else:
            decoder.g1 = element
        decoder.add(piece[len(escape) :])
    return "".join(decoder.pieces), decoder.damaged


def _encode_character(element: CodeElement, character: str) -> bytes:
    """Return the code of a character that is not ASCII, or b"" if the set has none."""
    try:
        code = character.encode(element.codec)
    except UnicodeEncodeError:
        return b""
    if element.prefix:
        if code.startswith(element.prefix):
            return code[len(element.prefix) :][: element.width]
        return b""
    # Python's codecs may compose a character or leave the set: not what the term stands for.
    return code if len(code) == element.width and min(code) >= 0x80 else b""


class _Encoder:
    """The state of one value's encoding."""

    __slots__ = ("back", "extensions", "g0", "g1", "home", "out")

    def __init__(self, terms: tuple[str, ...]) -> None:
        elements = [CODE_ELEMENTS[n] for n in map(number_of, terms) if n in CODE_ELEMENTS]
        first = CODE_ELEMENTS.get(number_of(terms[0]))
        # A multi-byte set cannot be value 1: it is written with its escape sequence instead.
        self.home = None if first is None or first.width > 1 else first
        self.extensions = elements
        self.back = ROMAJI_ESCAPE if terms[0].endswith(" 13") else ASCII_ESCAPE
        self.g0: CodeElement | None = None
        self.g1 = self.home
        self.out = bytearray()

    def _into_g0(self, element: CodeElement | None) -> None:
        if self.g0 is not element:
            self.out += b"\x1b" + (self.back if element is None else element.escape)
            self.g0 = element

    def _into_g1(self, element: CodeElement | None) -> None:
        if self.g1 is not element:
            if element is not None:
                self.out += b"\x1b" + element.escape
            self.g1 = element

    def add_ascii(self, byte: int) -> None:
        self._into_g0(None)
        self.out.append(byte)

    def add(self, character: str) -> bool:
        """Encode a character above ASCII; False if no set has it."""
        for element in (self.g0, self.g1, self.home, *self.extensions):
            code = _encode_character(element, character) if element is not None else b""
            if not code or element is None:
                continue
            if element.prefix:
                self._into_g0(element)
            else:
                # G1 would do beside any G0, but few readers expect both in use.
                self._into_g0(None)
                self._into_g1(element)
            self.out += code
            return True
        return False

    def reset(self) -> None:
        """Make the sets of value 1 active, as before a delimiter. PS3.5 §6.1.2.5.3."""
        self._into_g0(None)
        self._into_g1(self.home)


def encode(text: str, terms: tuple[str, ...], delimiters: str) -> tuple[bytes, int]:
    """Encode text with the sets of `terms`, with escape sequences where there are several.

    Returns
    -------
    (bytes, int)
        The value, with "?" for what cannot be encoded, and the index of the first such character
        or -1.
    """
    encoder = _Encoder(terms)
    romaji = {}
    if encoder.back == ROMAJI_ESCAPE:
        romaji["\N{OVERLINE}"] = 0x7E
        if "\\" not in delimiters:
            romaji["\N{YEN SIGN}"] = 0x5C
    bad = -1
    for index, character in enumerate(text):
        if character.isascii() and character != "\x1b":
            if character < " " or character in delimiters:
                encoder.reset()
            encoder.add_ascii(ord(character))
        elif character == "\x1b" or not encoder.add(character):
            if character not in romaji and bad < 0:
                bad = index
            encoder.add_ascii(romaji.get(character, 0x3F))
    encoder.reset()
    return bytes(encoder.out), bad
