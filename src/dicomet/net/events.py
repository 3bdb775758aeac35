"""What an upper layer tells its user. PS3.8 §7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dicomet._native.receiver import Block
from dicomet.net.pdus import AssociateAccept, AssociateReject, AssociateRequest


@dataclass(frozen=True, slots=True)
class AssociateRequested:
    """A-ASSOCIATE indication: answer with `accept` or `reject`. PS3.8 §7.1."""

    request: AssociateRequest


@dataclass(frozen=True, slots=True)
class Established:
    """A-ASSOCIATE confirmation: `UpperLayer.contexts` tells what was agreed on. PS3.8 §7.1."""

    accept: AssociateAccept


@dataclass(frozen=True, slots=True)
class Rejected:
    """A-ASSOCIATE confirmation: the association was rejected. PS3.8 §7.1."""

    reject: AssociateReject


@dataclass(slots=True)
class Message:
    """A whole DIMSE message. PS3.7 §6.3."""

    context_id: int
    command: dict[Any, Any]
    data: Block | None
    """The data set as encoded; None if there is none, or where it went to a file."""
    is_too_long: bool = False
    """The data set is longer than its limit, and not whole."""
    sink_errno: int = 0
    """Why the file could not be written; 0 if it could."""


@dataclass(frozen=True, slots=True)
class LargeData:
    """The data set of this command is longer than is kept in memory: it may go to a file by `UpperLayer.sink`."""

    context_id: int
    command: dict[Any, Any]


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """A-RELEASE indication: answer with `confirm_release`. PS3.8 §7.2."""


@dataclass(frozen=True, slots=True)
class Released:
    """A-RELEASE confirmation. PS3.8 §7.2."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """A-ABORT or A-P-ABORT indication. PS3.8 §7.3, §7.4.

    Source 0: the peer's user, 2: a provider; None: the connection was closed. `is_ours`: we found that the peer
    cannot go on like that, or waited too long.
    """

    source: int | None
    reason: int | None
    is_ours: bool = False
    why: str = ""


Event = AssociateRequested | Established | Rejected | Message | LargeData | ReleaseRequested | Released | Aborted
