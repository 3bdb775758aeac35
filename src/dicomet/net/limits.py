"""Limits and timeouts of associations: on by default, given per application entity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a peer may send; in bytes, 0 for no limit."""

    pdu_nbytes: int = 131072
    """Longest P-DATA-TF PDU that we take, which the peer is told. PS3.8 §D.1."""
    other_pdu_nbytes: int = 1 << 20
    """Longest A-ASSOCIATE PDU."""
    command_nbytes: int = 1 << 16
    """Longest command set."""
    data_nbytes: int = 1 << 38
    """Longest data set. A longer one is refused as out of resources, the association goes on."""
    held_nbytes: int = 1 << 31
    """Longest data set, and so the longest value of an element, that is kept in memory: what goes to no file."""
    operations: int = 8
    """Requests of an association that may be under way at a time, where the peer asks for that. PS3.7 §D.3.3.3."""
    memory_nbytes: int = 1 << 14
    """Data sets up to this are kept in memory; longer ones that may go to a file go there while they come."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a peer may take; in seconds, 0 for any time."""

    artim: float = 30.0
    """For the A-ASSOCIATE-RQ after connecting, and for closing the connection. PS3.8 §9.1.5."""
    connect: float = 15.0
    """For the connection."""
    associate: float = 30.0
    """For the answer to A-ASSOCIATE-RQ and A-RELEASE-RQ."""
    pdu: float = 30.0
    """For the next bytes, in the middle of a PDU or message."""
    response: float = 60.0
    """For the response to a request, and between two of them."""
    idle: float = 300.0
    """Between two messages."""
    whole: float = 86400.0
    """For the whole association."""
