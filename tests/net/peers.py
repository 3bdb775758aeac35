"""Associations without a network: both sides in one process, and PDUs by hand."""

from __future__ import annotations

from typing import Any

from dicomet.net.events import AssociateRequested, Event
from dicomet.net.negotiation import Policy, Supported, answer, contexts_of
from dicomet.net.pdus import AssociateAccept, AssociateRequest, UserInformation
from dicomet.net.upperlayer import UpperLayer

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
USER = UserInformation(max_pdu_nbytes=131072, implementation_class_uid="1.2.3", implementation_version_name="TEST")
POLICY = Policy({VERIFICATION: Supported((IMPLICIT,)), CT: Supported((EXPLICIT, IMPLICIT))}, user=USER)


def request(**others: Any) -> AssociateRequest:
    """Verification and CT storage, by ECHO for STORE."""
    contexts = contexts_of([(VERIFICATION, [IMPLICIT]), (CT, [EXPLICIT, IMPLICIT])])
    told: dict[str, Any] = {"called": "STORE", "calling": "ECHO", "contexts": contexts, "user": USER}
    return AssociateRequest(**told | others)


def sent(layer: UpperLayer) -> bytes:
    """All that is to go, in one piece."""
    return b"".join(bytes(piece) for piece in layer.data_to_send())


def accepting(layer: UpperLayer, events: list[Event], now: float = 0) -> AssociateAccept:
    """Answer the request that is among the events by `POLICY`."""
    [asked] = [one for one in events if isinstance(one, AssociateRequested)]
    accept = answer(asked.request, POLICY)
    layer.accept(accept, now)
    return accept


def both() -> tuple[UpperLayer, UpperLayer]:
    """A requestor and an acceptor with an association between them."""
    scu, scp = UpperLayer(is_requestor=True), UpperLayer(is_requestor=False)
    scu.associate(request(), 0)
    scu.connected(0)
    scp.connected(0)
    accepting(scp, scp.receive_data(sent(scu), 0))
    scu.receive_data(sent(scp), 0)
    return scu, scp


def in_state(state: int) -> UpperLayer:
    """A layer that has come to a state as a peer would bring it there."""
    release = bytes([5, 0, 0, 0, 0, 4, 0, 0, 0, 0])
    response = bytes([6, 0, 0, 0, 0, 4, 0, 0, 0, 0])
    if state in (1, 4, 5):
        layer = UpperLayer(is_requestor=True)
        if state > 1:
            layer.associate(request(), 0)
        if state > 4:
            layer.connected(0)
        return layer
    if state in (2, 3, 13):
        layer = UpperLayer(is_requestor=False)
        layer.connected(0)
        if state == 3:
            layer.receive_data(request().encode(), 0)
        if state == 13:
            layer.receive_data(bytes([9, 0, 0, 0, 0, 0]), 0)
            layer = both()[1]
            layer.receive_data(release, 0)
            layer.confirm_release(0)
        return layer
    scu, scp = both()
    layer = scu if state in (6, 7, 8, 9, 11) else scp
    if state == 8:
        layer.receive_data(release, 0)
    if state in (7, 9, 10, 11, 12):
        layer.release(0)
    if state in (9, 10, 11, 12):
        layer.receive_data(release, 0)
    if state == 11:
        layer.confirm_release(0)
    if state == 12:
        layer.receive_data(response, 0)
    sent(layer)
    return layer
