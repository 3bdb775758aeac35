"""The state machine: every cell of Table 9-10, by what a peer sends and a user does. PS3.8 §9.2."""

from __future__ import annotations

from collections.abc import Callable

import peers
import pytest

from dicomet.errors import ProtocolError
from dicomet.net import states
from dicomet.net.events import Aborted, AssociateRequested, Established, Message, Rejected, Released, ReleaseRequested
from dicomet.net.limits import Timeouts
from dicomet.net.negotiation import answer
from dicomet.net.pdus import AssociateReject
from dicomet.net.upperlayer import UpperLayer

REJECT = AssociateReject(1, 1, 1)
ECHO = {"AffectedSOPClassUID": peers.VERIFICATION, "CommandField": 0x30, "MessageID": 1, "CommandDataSetType": 0x101}
ECHO_PDU = bytes.fromhex("04000000004a000000460103") + bytes(68)


def _echo_pdu() -> bytes:
    scu, _ = peers.both()
    scu.send(1, ECHO, None, 0)
    return peers.sent(scu)


def _incoming(layer: UpperLayer, pdu: bytes) -> None:
    for event in layer.receive_data(pdu, 10):
        seen.append(event)


seen: list[object] = []

DO: dict[int, Callable[[UpperLayer], object]] = {
    1: lambda layer: layer.associate(peers.request(), 10),
    2: lambda layer: layer._on(2, 10),
    3: lambda layer: _incoming(layer, answer(peers.request(), peers.POLICY).encode()),
    4: lambda layer: _incoming(layer, REJECT.encode()),
    5: lambda layer: layer._on(5, 10),
    6: lambda layer: _incoming(layer, peers.request().encode()),
    7: lambda layer: layer.accept(answer(peers.request(), peers.POLICY), 10),
    8: lambda layer: layer.reject(REJECT, 10),
    9: lambda layer: layer._on(9, 10, [b"P-DATA"]),
    10: lambda layer: _incoming(layer, _echo_pdu()),
    11: lambda layer: layer.release(10),
    12: lambda layer: _incoming(layer, bytes([5, 0, 0, 0, 0, 4, 0, 0, 0, 0])),
    13: lambda layer: _incoming(layer, bytes([6, 0, 0, 0, 0, 4, 0, 0, 0, 0])),
    14: lambda layer: layer.confirm_release(10),
    15: lambda layer: layer._on(15, 10),
    16: lambda layer: _incoming(layer, bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, 1])),
    17: lambda layer: layer.closed(10),
    18: lambda layer: layer._on(18, 10),
    19: lambda layer: _incoming(layer, bytes([9, 0, 0, 0, 0, 0])),
}
FROM_THE_NETWORK = (3, 4, 6, 10, 12, 13, 16, 17, 19)

# What an action sends (the type of the PDU, or None), tells (a class of events), and whether it closes the connection
# or starts ARTIM. Tables 9-6 to 9-9
EFFECTS: dict[str, tuple[int | None, type | None, str]] = {
    "AE-1": (None, None, ""),
    "AE-2": (1, None, ""),
    "AE-3": (None, Established, ""),
    "AE-4": (None, Rejected, "close"),
    "AE-5": (None, None, "artim"),
    "AE-6": (None, AssociateRequested, ""),
    "AE-7": (2, None, ""),
    "AE-8": (3, None, "artim"),
    "DT-1": (ord("P"), None, ""),
    "DT-2": (None, Message, ""),
    "AR-1": (5, None, ""),
    "AR-2": (None, ReleaseRequested, ""),
    "AR-3": (None, Released, "close"),
    "AR-4": (6, None, "artim"),
    "AR-5": (None, None, ""),
    "AR-6": (None, Message, ""),
    "AR-7": (ord("P"), None, ""),
    "AR-8": (None, ReleaseRequested, ""),
    "AR-9": (6, None, ""),
    "AR-10": (None, Released, ""),
    "AA-1": (7, None, "artim"),
    "AA-2": (None, None, "close"),
    "AA-3": (None, Aborted, "close"),
    "AA-4": (None, Aborted, ""),
    "AA-5": (None, None, ""),
    "AA-6": (None, None, "artim"),
    "AA-7": (7, None, "artim"),
    "AA-8": (7, Aborted, "artim"),
}
CELLS = [(event, state) for event in states.EVENTS for state in states.STATES]


@pytest.mark.parametrize("state", states.STATES)
def test_states_are_reached(state: int) -> None:
    assert peers.in_state(state).state == state


@pytest.mark.parametrize(("event", "state"), CELLS)
def test_every_cell(event: int, state: int) -> None:
    layer = peers.in_state(state)
    peers.sent(layer)
    seen.clear()
    action = states.ACTIONS.get((event, state))
    if action is None:
        if event in FROM_THE_NETWORK:
            DO[event](layer)
        else:
            with pytest.raises(ProtocolError, match="Table 9-10"):
                DO[event](layer)
        assert layer.state == state
        assert not peers.sent(layer)
        return
    DO[event](layer)
    while (told := layer.next_event(10)) is not None:
        seen.append(told)
    pdu, kind, after = EFFECTS[action]
    assert layer.state in states.NEXT_STATES[action]
    out = peers.sent(layer)
    assert (out[0] if out else None) == pdu
    assert [type(one) for one in seen] == ([kind] if kind else [])
    assert layer.wants_close == (after == "close")
    assert ("artim" in layer.deadlines) == (after == "artim")
    if action == "AA-8":
        assert out[8:10] == bytes([2, 1 if event == 19 else 2])  # by the provider; unrecognized, or unexpected PDU
    if action == "AA-1":
        assert out[8] == 0  # by the user


def test_release_collision() -> None:
    """Both ask at the same time. PS3.8 §7.2.1.2."""
    scu, scp = peers.both()
    scu.release(1)
    scp.release(1)
    from_scu, from_scp = peers.sent(scu), peers.sent(scp)
    assert [type(one) for one in scu.receive_data(from_scp, 1)] == [ReleaseRequested]
    assert [type(one) for one in scp.receive_data(from_scu, 1)] == [ReleaseRequested]
    assert (scu.state, scp.state) == (9, 10)
    scu.confirm_release(1)
    assert [type(one) for one in scp.receive_data(peers.sent(scu), 1)] == [Released]
    scp.confirm_release(1)
    assert [type(one) for one in scu.receive_data(peers.sent(scp), 1)] == [Released]
    assert scu.state == 1
    assert scu.wants_close
    assert scp.state == 13
    scp.closed(1)
    assert scp.state == 1
    assert scp.next_deadline() is None


def test_who_says_nothing_is_not_waited_for() -> None:
    """ARTIM, the answer to a request, the middle of a PDU, between messages."""
    for state, seconds in ((2, 30), (13, 30), (5, 30), (7, 30), (6, 300)):
        layer = peers.in_state(state)
        assert layer.next_deadline() == seconds
        layer.expire(seconds)
        assert layer.state == (1 if state in (2, 13) else 13)
        assert layer.wants_close == (state in (2, 13))
        assert (layer.next_event(seconds) is not None) == (state not in (2, 13))
    layer = peers.in_state(2)
    layer.receive_data(peers.request().encode()[:50], 20)  # half a PDU does not start ARTIM anew
    assert layer.next_deadline() == 30


def test_times_of_the_user_and_of_the_whole() -> None:
    layer = UpperLayer(is_requestor=False, timeouts=Timeouts(whole=100, idle=0))
    layer.connected(5)
    peers.accepting(layer, layer.receive_data(peers.request().encode(), 6), 6)
    assert layer.next_deadline() == 105
    layer.wait("response", 10, 20)
    assert layer.next_deadline() == 30
    layer.wait("response", 0, 21)
    layer.expire(50)
    assert layer.state == 6
    layer.expire(105)
    [told] = [layer.next_event(105)]
    assert isinstance(told, Aborted)
    assert told.why == "waited too long: whole"
    assert (layer.state, peers.sent(layer)[-10]) == (13, 7)
