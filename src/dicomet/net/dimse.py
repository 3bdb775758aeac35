"""The commands of DIMSE: how requests and responses are put together. PS3.7 §9, §10, Annex E."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

NO_DATA_SET = 0x0101
"""Command Data Set Type of a message without a data set; with one we say 1. PS3.7 Annex E."""
_WITH_DATA_SET = 1
_RESPONSE = 0x8000


class Operation(IntEnum):
    """Command Field of the requests. PS3.7 Table E.1-1."""

    C_STORE = 0x0001
    C_GET = 0x0010
    C_FIND = 0x0020
    C_MOVE = 0x0021
    C_ECHO = 0x0030
    N_EVENT_REPORT = 0x0100
    N_GET = 0x0110
    N_SET = 0x0120
    N_ACTION = 0x0130
    N_CREATE = 0x0140
    N_DELETE = 0x0150
    C_CANCEL = 0x0FFF


_OPERATIONS = {int(one): one for one in Operation}
# What a response repeats of its request. PS3.7 §9.3, §10.3
_REPEATED = {
    Operation.C_STORE: ("AffectedSOPClassUID", "AffectedSOPInstanceUID"),
    Operation.C_GET: ("AffectedSOPClassUID",),
    Operation.C_FIND: ("AffectedSOPClassUID",),
    Operation.C_MOVE: ("AffectedSOPClassUID",),
    Operation.C_ECHO: ("AffectedSOPClassUID",),
    Operation.N_EVENT_REPORT: ("AffectedSOPClassUID", "AffectedSOPInstanceUID", "EventTypeID"),
    Operation.N_CREATE: ("AffectedSOPClassUID", "AffectedSOPInstanceUID"),
}
# The N-services name in the request what their response calls affected.
_AFFECTED = (Operation.N_GET, Operation.N_SET, Operation.N_ACTION, Operation.N_DELETE)


def operation_of(command: Mapping[Any, Any]) -> Operation | None:
    """Which operation a request asks for; None for responses and what is unknown."""
    return _OPERATIONS.get(command["CommandField"])


def is_response(command: Mapping[Any, Any]) -> bool:
    """Whether it answers a request."""
    return bool(command["CommandField"] & _RESPONSE)


def request(operation: Operation, message_id: int, *, has_data: bool = False, **elements: Any) -> dict[str, Any]:
    """The command set of a request; elements of None are left out."""
    return {
        "CommandField": int(operation),
        "MessageID": message_id,
        "CommandDataSetType": _WITH_DATA_SET if has_data else NO_DATA_SET,
        **elements,
    }


def cancel(message_id: int) -> dict[str, Any]:
    """The command set of a C-CANCEL. PS3.7 §9.3.2.3."""
    return {
        "CommandField": int(Operation.C_CANCEL),
        "MessageIDBeingRespondedTo": message_id,
        "CommandDataSetType": NO_DATA_SET,
    }


def response(to: Mapping[Any, Any], status: int, *, has_data: bool = False, **elements: Any) -> dict[str, Any]:
    """The command set of a response to a request."""
    field = to["CommandField"]
    operation = _OPERATIONS.get(field)
    command: dict[str, Any] = {
        "CommandField": field | _RESPONSE,
        "MessageIDBeingRespondedTo": to.get("MessageID", 0),
        "CommandDataSetType": _WITH_DATA_SET if has_data else NO_DATA_SET,
        "Status": status,
    }
    if operation in _AFFECTED:
        command["AffectedSOPClassUID"] = to.get("RequestedSOPClassUID")
        command["AffectedSOPInstanceUID"] = to.get("RequestedSOPInstanceUID")
        command["ActionTypeID"] = to.get("ActionTypeID")
    elif operation is not None:
        for keyword in _REPEATED.get(operation, ()):
            command[keyword] = to.get(keyword)
    return command | elements if elements else command


class Response:
    """A response: its command set by keyword, and its data set.

    ``response.Status`` and all other elements of the command set are attributes; those it does not have are None.
    """

    __slots__ = ("command", "dataset")

    def __init__(self, command: dict[Any, Any], dataset: Any = None) -> None:
        self.command = command
        self.dataset = dataset

    def __getattr__(self, name: str) -> Any:
        if not name[:1].isupper():
            raise AttributeError(name)
        return self.command.get(name)

    @property
    def category(self) -> str:
        """``"Success"``, ``"Warning"``, ``"Failure"``, ``"Cancel"`` or ``"Pending"``. PS3.7 Annex C."""
        from dicomet.net.status import category

        return category(self.command.get("Status", 0x0110))

    def __repr__(self) -> str:
        from dicomet.net.status import meaning

        status = self.command.get("Status")
        said = "no status" if status is None else f"0x{status:04X} {meaning(status)}"
        comment = self.command.get("ErrorComment")
        return f"<Response {said}{f': {comment}' if comment else ''}>"
