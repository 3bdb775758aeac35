"""One pool of NUL-terminated strings that the generated tables point into by offset."""

from collections.abc import Iterable


class TextPool:
    """Distinct strings, each stored once; a string that ends another one shares its bytes.

    Parameters
    ----------
    strings : iterable of str
        All strings that will be asked for.
    padding_nbytes : int
        NUL bytes after the last string, so that fixed-size compares stay inside.
    """

    def __init__(self, strings: Iterable[str], padding_nbytes: int) -> None:
        distinct = list(dict.fromkeys(text.encode() + b"\0" for text in strings))
        owner: dict[bytes, bytes] = {}
        previous = b""
        # Reversed order puts a suffix right before the strings that end with it.
        for text in sorted(distinct, key=lambda t: t[::-1], reverse=True):
            if previous.endswith(text):
                owner[text] = owner[previous]
            else:
                owner[text] = text
            previous = text
        offsets: dict[bytes, int] = {}
        at = 0
        self.pieces: list[bytes] = []
        for text in distinct:
            if owner[text] is text:
                offsets[text] = at
                self.pieces.append(text)
                at += len(text)
        self.pieces.append(b"\0" * padding_nbytes)
        self.nbytes = at + padding_nbytes
        self._offsets = {
            text: offsets[owner[text]] + len(owner[text]) - len(text) for text in distinct
        }

    def offset(self, text: str) -> int:
        """Offset of a string that was given to the constructor."""
        return self._offsets[text.encode() + b"\0"]


def c_string(piece: bytes) -> str:
    """A C string literal without the closing NUL of `piece`'s last byte being lost."""
    out = []
    for byte in piece:
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 0x20 <= byte < 0x7F:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
