"""What the status of a response means. PS3.7 Annex C; PS3.4 for what service classes add."""

from __future__ import annotations

SUCCESS = 0x0000
CANCELED = 0xFE00
PENDING = 0xFF00
PENDING_WITH_WARNING = 0xFF01

_GENERAL = {
    0x0000: "success",
    0x0001: "requested optional attributes are not supported",
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0107: "attribute list error",
    0x0110: "processing failure",
    0x0111: "duplicate SOP instance",
    0x0112: "no such SOP instance",
    0x0113: "no such event type",
    0x0114: "no such argument",
    0x0115: "invalid argument value",
    0x0116: "attribute value out of range",
    0x0117: "invalid SOP instance",
    0x0118: "no such SOP class",
    0x0119: "class-instance conflict",
    0x0120: "missing attribute",
    0x0121: "missing attribute value",
    0x0122: "SOP class not supported",
    0x0123: "no such action type",
    0x0124: "not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xFE00: "canceled",
    0xFF00: "pending",
    0xFF01: "pending, optional keys not supported",
}
_WARNINGS = frozenset((0x0001, 0x0107, 0x0116))


def category(status: int) -> str:
    """``"Success"``, ``"Warning"``, ``"Failure"``, ``"Cancel"`` or ``"Pending"``. PS3.7 §C.1 to §C.5."""
    if status == SUCCESS:
        return "Success"
    if status in (PENDING, PENDING_WITH_WARNING):
        return "Pending"
    if status == CANCELED:
        return "Cancel"
    return "Warning" if status in _WARNINGS or status >> 12 == 0xB else "Failure"


def meaning(status: int) -> str:
    """What it says in words, as far as all service classes agree on it."""
    return _GENERAL.get(status) or {0xA: "out of resources", 0xB: "warning", 0xC: "cannot understand"}.get(
        status >> 12, "unknown"
    )
