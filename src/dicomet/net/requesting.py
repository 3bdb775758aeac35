"""What is asked for on an association, the same for those that block and those that are awaited. PS3.7 §9.1, §10.1."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from typing_extensions import Buffer

from dicomet.dataset import Dataset
from dicomet.errors import ProtocolError
from dicomet.net.datasets import decode, encode
from dicomet.net.dimse import Operation, Response, request
from dicomet.net.events import Message
from dicomet.net.negotiation import PresentationContext

_VERIFICATION = "1.2.840.10008.1.1"
R = TypeVar("R")


def response_of(message: Message, context: PresentationContext) -> Response:
    """A response as its user sees it, its data set lazily. `ProtocolError` if that is longer than is allowed."""
    if message.is_too_long:
        raise ProtocolError("the data set of a response is longer than is allowed")
    found = decode(message.data, context.transfer_syntax) if message.data is not None else None
    return Response(message.command, found)


class Requesting(Generic[R]):
    """Contexts, message IDs and requests of an association that we asked for.

    Every request gives an R: a `Response`, or something that is awaited for one.

    Attributes
    ----------
    accepted_contexts : list of PresentationContext
    """

    def __init__(self, contexts: Iterable[PresentationContext]) -> None:
        self._message_id = 0
        self.accepted_contexts = list(contexts)
        self._by_syntax: dict[tuple[str, str | None], PresentationContext] = {}
        for one in self.accepted_contexts:
            if one.as_scu:
                self._by_syntax.setdefault((one.abstract_syntax, one.transfer_syntax), one)
                self._by_syntax.setdefault((one.abstract_syntax, None), one)

    def _ask(self, context: PresentationContext, command: Mapping[Any, Any], data: Buffer | None = None) -> R:
        """Send a request, and give its only response."""
        raise NotImplementedError

    # Contexts

    def context_for(self, abstract_syntax: str, transfer_syntax: str | None = None) -> PresentationContext:
        """The accepted context for a SOP class, of a transfer syntax or the first of any.

        Raises
        ------
        ProtocolError
            The acceptor accepted none.
        """
        found = self._by_syntax.get((abstract_syntax, transfer_syntax))
        if found is None:
            inside = f" in {transfer_syntax}" if transfer_syntax else ""
            raise ProtocolError(
                f"no presentation context was accepted for {abstract_syntax}{inside}", clause="PS3.8 §7.1"
            )
        return found

    def find_context(self, abstract_syntax: str, transfer_syntax: str | None = None) -> PresentationContext | None:
        """As `context_for`, or None."""
        return self._by_syntax.get((abstract_syntax, transfer_syntax))

    def next_message_id(self) -> int:
        """1 to 65535, over and over. PS3.7 §E.1."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    # Services. PS3.7 §9.1, §10.1

    def send_c_echo(self) -> R:
        """C-ECHO: whether the peer answers. PS3.7 §9.1.5."""
        context = self.context_for(_VERIFICATION)
        command = request(Operation.C_ECHO, self.next_message_id(), AffectedSOPClassUID=_VERIFICATION)
        return self._ask(context, command)

    def send_c_store(self, dataset: Any, **others: Any) -> R:
        """C-STORE of a data set, or of the file at a path. PS3.7 §9.1.1.

        Parameters
        ----------
        dataset : Dataset or path
            The bytes of a file go as they are where the peer takes their transfer syntax; else they are transcoded.
        **others
            Elements of the command set, such as ``MoveOriginatorMessageID``.

        Raises
        ------
        ProtocolError
            No presentation context for its SOP class.
        DicomError
            It cannot be read, or not be transcoded.
        NetworkError
            The association ended.
        """
        from dicomet.net.services.sending import item_of, request_of_dataset, request_of_file

        if isinstance(dataset, str | os.PathLike):
            return self._ask(*request_of_file(self, item_of(dataset), **others))
        return self._ask(*request_of_dataset(self, dataset, **others))

    def _normalized(
        self, operation: Operation, sop_class: str, dataset: Dataset | None, meta_uid: str | None, **elements: Any
    ) -> R:
        """A request of a DIMSE-N service, over the context of `meta_uid` where that is told. PS3.7 §10."""
        context = self.context_for(meta_uid or sop_class)
        data = encode(dataset, context.transfer_syntax) if dataset is not None else None
        command = request(operation, self.next_message_id(), has_data=data is not None, **elements)
        return self._ask(context, command, data)

    def send_n_event_report(
        self,
        dataset: Dataset | None,
        event_type: int,
        class_uid: str,
        instance_uid: str,
        *,
        meta_uid: str | None = None,
    ) -> R:
        """N-EVENT-REPORT: tell of an event. The response may have a data set. PS3.7 §10.1.1.

        Parameters
        ----------
        dataset : Dataset or None
            Event Information.
        event_type : int
        class_uid, instance_uid : str
            Of the SOP instance concerned.
        meta_uid : str, optional
            Abstract syntax of the context, if it is a meta SOP class.
        """
        return self._normalized(
            Operation.N_EVENT_REPORT, class_uid, dataset, meta_uid,
            AffectedSOPClassUID=class_uid, AffectedSOPInstanceUID=instance_uid, EventTypeID=event_type,
        )  # fmt: skip

    def send_n_get(
        self, identifiers: list[int] | None, class_uid: str, instance_uid: str, *, meta_uid: str | None = None
    ) -> R:
        """N-GET: attributes of an instance, by their tags, or all. They are the response's data set. PS3.7 §10.1.2."""
        return self._normalized(
            Operation.N_GET, class_uid, None, meta_uid,
            RequestedSOPClassUID=class_uid, RequestedSOPInstanceUID=instance_uid,
            AttributeIdentifierList=[int(tag) for tag in identifiers] if identifiers else None,
        )  # fmt: skip

    def send_n_set(self, dataset: Dataset, class_uid: str, instance_uid: str, *, meta_uid: str | None = None) -> R:
        """N-SET: change attributes of an instance. PS3.7 §10.1.3."""
        return self._normalized(
            Operation.N_SET, class_uid, dataset, meta_uid,
            RequestedSOPClassUID=class_uid, RequestedSOPInstanceUID=instance_uid,
        )  # fmt: skip

    def send_n_action(
        self,
        dataset: Dataset | None,
        action_type: int,
        class_uid: str,
        instance_uid: str,
        *,
        meta_uid: str | None = None,
    ) -> R:
        """N-ACTION: ask an instance to do something. PS3.7 §10.1.4."""
        return self._normalized(
            Operation.N_ACTION, class_uid, dataset, meta_uid,
            RequestedSOPClassUID=class_uid, RequestedSOPInstanceUID=instance_uid, ActionTypeID=action_type,
        )  # fmt: skip

    def send_n_create(
        self, dataset: Dataset | None, class_uid: str, instance_uid: str | None = None, *, meta_uid: str | None = None
    ) -> R:
        """N-CREATE: make an instance; without a UID the peer gives it one. PS3.7 §10.1.5."""
        return self._normalized(
            Operation.N_CREATE, class_uid, dataset, meta_uid,
            AffectedSOPClassUID=class_uid, AffectedSOPInstanceUID=instance_uid,
        )  # fmt: skip

    def send_n_delete(self, class_uid: str, instance_uid: str, *, meta_uid: str | None = None) -> R:
        """N-DELETE: take an instance away. PS3.7 §10.1.6."""
        return self._normalized(
            Operation.N_DELETE, class_uid, None, meta_uid,
            RequestedSOPClassUID=class_uid, RequestedSOPInstanceUID=instance_uid,
        )  # fmt: skip
