"""The SOP classes of storage and the transfer syntaxes that the registry has. PS3.6 Annex A; PS3.4 Annex B."""

from __future__ import annotations

from dicomet._charsets.memo import memo
from dicomet._native import dictionary
from dicomet.net.negotiation import Supported
from dicomet.uids import UID

_NOT_OBJECTS = ("Storage Commitment", "Media Storage", "Storage Service")


def _of_type(kind: str) -> list[UID]:
    return [uid for text in sorted(dictionary.uids()) if (uid := UID(text)).type == kind]


@memo(maxsize=1)
def storage_classes() -> tuple[str, ...]:
    """Every SOP class whose instances are stored, retired ones too."""
    return tuple(
        str(uid)
        for uid in _of_type("SOP Class")
        if "Storage" in uid.name and not any(other in uid.name for other in _NOT_OBJECTS)
    )


@memo(maxsize=1)
def transfer_syntaxes() -> tuple[str, ...]:
    """Every transfer syntax, retired ones too."""
    return tuple(str(uid) for uid in _of_type("Transfer Syntax"))


def any_storage() -> dict[str, Supported]:
    """All storage classes in all transfer syntaxes, for a server that keeps bytes as they come."""
    supported = Supported(transfer_syntaxes(), scu=True, scp=True)
    return dict.fromkeys(storage_classes(), supported)
