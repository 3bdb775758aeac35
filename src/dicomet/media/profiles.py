"""Application profiles for general purpose: their transfer syntaxes and keys. PS3.11 Annexes D, H, J, K, L.

Secure profiles, which encrypt files, are not among them.
"""

from __future__ import annotations

from dicomet.errors import DicomError
from dicomet.media.keys import KEYS, MORE_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomet.media.keys import Keys

EXPLICIT = "1.2.840.10008.1.2.1"
_JPEG = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 70))
_J2K = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91))


class ProfileError(DicomError, KeyError):
    """There is no such application profile here."""

    __str__ = DicomError.__str__


class Profile:
    """An application profile.

    Attributes
    ----------
    name : str
    syntaxes : frozenset of str
        UIDs of the transfer syntaxes of its files; empty: any.
    keys : mapping of record type to keys
    clause : str
        Where PS3.11 has it.
    """

    __slots__ = ("clause", "keys", "name", "syntaxes")

    def __init__(self, name: str, clause: str, syntaxes: tuple[str, ...], keys: Mapping[str, Keys]) -> None:
        self.name = name
        self.clause = clause
        self.syntaxes = frozenset(syntaxes)
        self.keys = keys

    def __repr__(self) -> str:
        return f"<Profile {self.name}>"


def _profiles() -> dict[str, Profile]:
    made = [Profile(f"STD-GEN-{medium}", "PS3.11 Annex D", (EXPLICIT,), KEYS) for medium in ("CD", "DVD-RAM")]
    made.append(Profile("STD-GEN-MIME", "PS3.11 Annex K", (), MORE_KEYS))
    compressed = (("JPEG", _JPEG), ("J2K", _J2K))
    media = [("DVD", "Annex H"), ("BD", "Annex L"), *((one, "Annex J") for one in ("USB", "MMC", "CF", "SD"))]
    for medium, annex in media:
        for coding, syntaxes in compressed:
            made.append(Profile(f"STD-GEN-{medium}-{coding}", f"PS3.11 {annex}", (EXPLICIT, *syntaxes), MORE_KEYS))
    videos = ("MPEG2-MPML", "MPEG2-MPHL", "MPEG4-HPLV41", "MPEG4-HPLV41BD", "MPEG4-HPLV42-2D", "MPEG4-HPLV42-3D",
              "MPEG4-SHPLV42")  # fmt: skip
    for number, coding in enumerate(videos, 100):
        syntax = f"1.2.840.10008.1.2.4.{number}"
        made.append(Profile(f"STD-GEN-BD-{coding}", "PS3.11 Annex L", (EXPLICIT, syntax), MORE_KEYS))
    return {profile.name: profile for profile in made}


PROFILES: dict[str, Profile] = _profiles()
"""The profiles by their names, such as ``"STD-GEN-CD"`` or ``"STD-GEN-USB-JPEG"``."""


def profile_of(name: str) -> Profile:
    """A profile by its name, in any case.

    Raises
    ------
    ProfileError
        There is none.
    """
    found = PROFILES.get(name.upper())
    if found is None:
        raise ProfileError(f"no application profile {name!r}; there are {', '.join(PROFILES)}", clause="PS3.11")
    return found
