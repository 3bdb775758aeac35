"""What identifies the patient in one data set, as it is met, to be looked for everywhere else. PS3.15 §E.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MIN_NCHARS = 4
_MAX_NBYTES = 256


class Identifiers:
    """The identifiers of one data set, as bytes of its character set.

    Attributes
    ----------
    whole : set of bytes
        Names, identifiers, dates and UIDs as they stand.
    words : set of bytes
        Parts of names.
    """

    __slots__ = ("whole", "words")

    def __init__(self) -> None:
        self.whole: set[bytes] = set()
        self.words: set[bytes] = set()

    def add(self, vr: str, value: bytes) -> None:
        """Take note of a value that identifies somebody, and is taken out."""
        if vr == "PN":
            self._name(value)
        elif vr == "DA" or vr == "DT":
            for one in value.split(b"\\"):
                day = one.strip()
                if len(day) >= 8:
                    self.whole.update((day, day[:8]))
        elif b"\\" in value:
            self.whole.update(one.strip() for one in value.split(b"\\"))
        else:
            self.whole.add(value.strip())

    def _name(self, value: bytes) -> None:
        if b"\x1b" in value:  # delimiters may be halves of letters there
            self.whole.add(value)
            return
        for name in value.split(b"\\"):
            for group in name.split(b"="):
                self.whole.add(group.strip(b" ^"))
                parts = [part.strip() for part in group.split(b"^")]
                self.words.update(parts)
                if len(parts) > 1 and parts[0] and parts[1]:
                    for form in (b"%s %s", b"%s, %s", b"%s,%s", b"%s_%s"):
                        self.whole.add(form % (parts[0], parts[1]))
                    self.whole.add(parts[1] + b" " + parts[0])

    def patterns(self) -> tuple[list[bytes], list[bytes]]:
        """What is looked for in all text, and what as words in free text; in lower case."""
        whole = _patterns(self.whole)
        return whole, [word for word in _patterns(self.words) if word not in whole]

    def texts(self, decode: Callable[[bytes], str]) -> frozenset[str]:
        """All of them as text, for a cleaner."""
        return frozenset(
            one.decode() if one.isascii() else decode(one)
            for one in (*self.whole, *self.words)
            if one and len(one) <= _MAX_NBYTES
        )


def _patterns(values: Iterable[bytes]) -> list[bytes]:
    return sorted({one.lower() for one in values if _MIN_NCHARS <= len(one) <= _MAX_NBYTES})
