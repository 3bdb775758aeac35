"""What a server tells its handlers, by the names that users of pynetdicom know.

Those of operations want an answer: a status, or what their service says. Handlers of the rest are told and not asked.
"""

from __future__ import annotations

from typing import Any

from dicomet._native.receiver import Block
from dicomet.net.dimse import Operation, Response
from dicomet.net.negotiation import PresentationContext

EVT_C_ECHO = Operation.C_ECHO
EVT_C_STORE = Operation.C_STORE
EVT_C_FIND = Operation.C_FIND
EVT_C_MOVE = Operation.C_MOVE
EVT_C_GET = Operation.C_GET
EVT_N_EVENT_REPORT = Operation.N_EVENT_REPORT
EVT_N_GET = Operation.N_GET
EVT_N_SET = Operation.N_SET
EVT_N_ACTION = Operation.N_ACTION
EVT_N_CREATE = Operation.N_CREATE
EVT_N_DELETE = Operation.N_DELETE

EVT_REQUESTED = "requested"
"""An association is asked for. A handler may return an `AssociateReject`, or a `Reply` of `dicomet.net.negotiation`."""
EVT_ACCEPTED = "accepted"
EVT_RELEASED = "released"
EVT_ABORTED = "aborted"
EVT_CONN_CLOSE = "closed"


class Event:
    """A request that came, as its handler sees it.

    Attributes
    ----------
    assoc : object
        The association: `assoc.request` is what the peer asked for, `assoc.peer` its address.
    context : PresentationContext
    command : dict
        The command set by keyword.
    data : Block or None
        The data set as encoded in the context's transfer syntax; a read-only buffer.
    """

    __slots__ = ("_dataset", "assoc", "command", "context", "data")

    def __init__(self, assoc: Any, context: PresentationContext, command: dict[Any, Any], data: Block | None) -> None:
        self.assoc = assoc
        self.context = context
        self.command = command
        self.data = data
        self._dataset: Any = None

    @property
    def request(self) -> Response:
        """The command set with its elements as attributes."""
        return Response(self.command)

    @property
    def message_id(self) -> int:
        """Of the request."""
        return int(self.command.get("MessageID", 0))

    @property
    def is_cancelled(self) -> bool:
        """Whether the peer has sent a C-CANCEL for it. PS3.7 §9.3.2.3."""
        return self.message_id in self.assoc.canceled

    @property
    def dataset(self) -> Any:
        """The data set, lazily: values are decoded when they are asked for. `AttributeError` if there is none."""
        if self._dataset is None:
            if self.data is None:
                raise AttributeError("the message has no data set in memory")
            from dicomet.net.datasets import decode

            self._dataset = decode(self.data, self.context.transfer_syntax)
        return self._dataset
