"""Identifiers to what stands in their place, the same in every file, process and run. PS3.15 §E.3.9, §E.3.6.

A keyed hash needs nothing to be kept but the key: BLAKE2b with a key is a message authentication code, so that nobody
without it can try out identifiers. A store (`dicomet.deid.store`) may stand in front of it.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Kind = Literal["uid", "patient", "days"]

KEY_NBYTES = 32
_MAX_CACHED = 1 << 16
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without those that are taken for others
_MAX_SHIFT_DAYS = 3650


class Mapping(Protocol):
    """Where replacements are kept."""

    def replacement(self, kind: str, original: str, proposed: str, /) -> str:
        """What stands for an identifier: what was kept for it, else `proposed`, which is kept from now on."""
        ...


class Remapper:
    """Replacements for UIDs and patients, and the number of days by which a patient's dates are moved.

    Parameters
    ----------
    key : bytes, optional
        Secret. The same key gives the same replacements; without one they are consistent within this object only.
    mapping : Mapping, optional
        Has the last word.
    """

    def __init__(self, key: bytes | None = None, mapping: Mapping | None = None) -> None:
        if key is not None and not key:
            raise ValueError("the key is empty")
        # a key of any length becomes one that BLAKE2b takes
        self._key = secrets.token_bytes(KEY_NBYTES) if key is None else blake2b(key, digest_size=KEY_NBYTES).digest()
        self._mapping = mapping
        self._known: dict[tuple[Kind, str], str] = {}

    def digest(self, purpose: str, text: str, nbytes: int = 16) -> bytes:
        """Keyed hash of a text for one purpose; those of different purposes tell nothing about each other."""
        data = text.encode("utf-8", "surrogateescape")
        return blake2b(data, digest_size=nbytes, key=self._key, person=purpose.encode()).digest()

    @property
    def fingerprint(self) -> str:
        """Tells keys apart, and nothing about them."""
        return self.digest("fingerprint", "", 8).hex()

    def uid(self, original: str) -> str:
        """The UID in place of another, under 2.25. PS3.5 §B.2."""
        return self._known.get(("uid", original)) or self._settled("uid", original, self._uid)

    def _uid(self, original: str) -> str:
        digest = bytearray(self.digest("uid", original))
        digest[6] = digest[6] & 0x0F | 0x80  # version 8 and variant of a UUID, RFC 9562 §5.8
        digest[8] = digest[8] & 0x3F | 0x80
        return f"2.25.{int.from_bytes(digest)}"

    def patient(self, original: str) -> str:
        """A pseudonym of 13 characters for a patient."""
        return self._known.get(("patient", original)) or self._settled("patient", original, self._patient)

    def _patient(self, original: str) -> str:
        number = int.from_bytes(self.digest("patient", original, 8)) >> 4
        return "P" + "".join(_LETTERS[number >> 5 * i & 31] for i in range(12))

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient are moved: 1 to 3,650 backwards."""
        return int(self._known.get(("days", patient)) or self._settled("days", patient, self._days))

    def _days(self, patient: str) -> str:
        return str(-1 - int.from_bytes(self.digest("days", patient, 8)) % _MAX_SHIFT_DAYS)

    def _settled(self, kind: Kind, original: str, propose: Callable[[str], str]) -> str:
        found = propose(original)
        if self._mapping is not None:
            found = self._mapping.replacement(kind, original, found)
        if len(self._known) >= _MAX_CACHED:
            self._known.clear()
        self._known[kind, original] = found
        return found
