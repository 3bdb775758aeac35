"""Unique identifiers: the registry's constants, what a UID says, new UIDs. PS3.5 §9; PS3.6 Annex A.

Every keyword of the registry is a constant here, such as ``uids.ExplicitVRLittleEndian``.
"""

from __future__ import annotations

import os

from dicomet._native import dictionary as _dictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomet._uid_constants import *  # noqa: F403
else:

    def __getattr__(name: str) -> UID:
        text = _dictionary.uid_of_keyword(name)
        if text is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return UID(text)

    def __dir__() -> list[str]:
        entries = (_dictionary.uid_entry(text) for text in _dictionary.uids())
        return sorted([*globals(), *(entry[0] for entry in entries if entry and entry[0])])


_REGISTERED = "1.2.840.10008."
_MAX_NCHARS = 64
_MAX_PREFIX_NCHARS = 54
_IMPLICIT_LITTLE = "1.2.840.10008.1.2"
_EXPLICIT_BIG = "1.2.840.10008.1.2.2"
# Implicit VR Little Endian but for its big-endian pixels; met in files, registered nowhere.
_GE_PRIVATE = "1.2.840.113619.5.2"
_DEFLATED = frozenset(
    (
        "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian, PS3.5 §A.5
        "1.2.840.10008.1.2.4.95",  # JPIP Referenced Deflate, PS3.5 §A.7
        "1.2.840.10008.1.2.4.205",  # JPIP HTJ2K Referenced Deflate, PS3.5 §A.12
    )
)
_NATIVE = frozenset(
    (
        _IMPLICIT_LITTLE,
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        _EXPLICIT_BIG,
        _GE_PRIVATE,
    )
)

IMPLEMENTATION_CLASS_UID = "2.25.58990340353162177068862306712970928682"
"""What wrote a file, in its File Meta Information: this package. PS3.10 §7.1."""
IMPLEMENTATION_VERSION_NAME = "DICOMET_0_1"


class UID(str):
    """A UID: a `str` that knows its registry entry.

    Parameters
    ----------
    value : str
        The UID; blanks and NULs around it are taken off.

    Raises
    ------
    TypeError
        If `value` is not a `str`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> UID:
        if not isinstance(value, str):
            raise TypeError(f"a UID is made from str, not {type(value).__name__}")
        return super().__new__(cls, value.strip(" \t\r\n\v\f\0"))

    @property
    def keyword(self) -> str:
        """Keyword in the registry, "" if it is not there."""
        entry = _dictionary.uid_entry(self)
        return entry[0] if entry else ""

    @property
    def name(self) -> str:
        """Name in the registry, the UID itself if it is not there."""
        entry = _dictionary.uid_entry(self)
        return entry[1] if entry else str(self)

    @property
    def type(self) -> str:
        """Type in the registry such as ``"Transfer Syntax"``, "" if it is not there."""
        entry = _dictionary.uid_entry(self)
        return entry[2] if entry else ""

    @property
    def is_retired(self) -> bool:
        """Whether the registry marks it as retired."""
        entry = _dictionary.uid_entry(self)
        return entry is not None and entry[3]

    @property
    def is_private(self) -> bool:
        """Whether it lies outside the arc 1.2.840.10008 of the standard."""
        return not self.startswith(_REGISTERED)

    @property
    def is_valid(self) -> bool:
        """Whether its form is right: at most 64 characters, no leading zeros. PS3.5 §9.1."""
        return len(self) <= _MAX_NCHARS and _are_components(self.split("."))

    @property
    def is_transfer_syntax(self) -> bool:
        """Whether it is a transfer syntax of the registry or GE's private one."""
        return self == _GE_PRIVATE or self.type == "Transfer Syntax"

    @property
    def is_implicit_VR(self) -> bool:
        """Whether data sets are in implicit VR; ValueError unless a transfer syntax."""
        return self._transfer_syntax() in (_IMPLICIT_LITTLE, _GE_PRIVATE)

    @property
    def is_little_endian(self) -> bool:
        """Whether data sets are little-endian; ValueError unless a transfer syntax."""
        return self._transfer_syntax() != _EXPLICIT_BIG

    @property
    def is_deflated(self) -> bool:
        """Whether data sets are deflated; ValueError unless a transfer syntax."""
        return self._transfer_syntax() in _DEFLATED

    @property
    def is_encapsulated(self) -> bool:
        """Whether Pixel Data is encapsulated; ValueError unless a transfer syntax. PS3.5 §A.4."""
        return self._transfer_syntax() not in _NATIVE

    @property
    def is_compressed(self) -> bool:
        """Same as `is_encapsulated`, under the name that programs use."""
        return self.is_encapsulated

    def _transfer_syntax(self) -> str:
        if not self.is_transfer_syntax:
            raise ValueError(f"not a transfer syntax: {self!r}")
        return self


def _are_components(components: list[str]) -> bool:
    return all(
        part.isascii() and part.isdigit() and (part[0] != "0" or part == "0") for part in components
    )


def generate_uid(prefix: str | None = None, entropy_srcs: Iterable[str] | None = None) -> UID:
    """Make a new UID. PS3.5 §9, §B.2.

    Parameters
    ----------
    prefix : str, optional
        Your organization's root with a dot at its end, at most 54 characters. Without one the
        UID is 2.25 and a random UUID, which needs no registration.
    entropy_srcs : iterable of str, optional
        With `prefix`, makes the UID a function of these texts (SHA-512) instead of random.

    Returns
    -------
    UID
        At most 64 characters long.

    Raises
    ------
    ValueError
        If `prefix` is too long or malformed.
    """
    if prefix is None:
        number = int.from_bytes(os.urandom(16), "big")
        version_4 = 4 << 76 | 2 << 62  # RFC 9562 §5.4
        return UID(f"2.25.{number & ~(0xF << 76 | 3 << 62) | version_4}")
    if len(prefix) > _MAX_PREFIX_NCHARS:
        raise ValueError(f"PS3.5 §9.1: prefix longer than {_MAX_PREFIX_NCHARS} characters")
    if not prefix.endswith(".") or not _are_components(prefix[:-1].split(".")):
        raise ValueError(f"PS3.5 §9.1: not the root of a UID with a dot at its end: {prefix!r}")
    if entropy_srcs is None:
        # 256 random bits over at most 62 digits: no bias that could be seen.
        suffix = int.from_bytes(os.urandom(32), "big") % 10 ** (_MAX_NCHARS - len(prefix))
    else:
        from hashlib import sha512

        suffix = int(sha512("".join(entropy_srcs).encode()).hexdigest(), 16)
    return UID(f"{prefix}{suffix}"[:_MAX_NCHARS])
