"""Conversations that were changed at random: whatever comes, an upper layer answers by its table, and nothing breaks.

Under the sanitizers these tests drive the native receiver as well.
"""

from __future__ import annotations

import random

import objects
import peers
import pytest

from dicomet._native import pdu as native
from dicomet.net import dimse, pdus
from dicomet.net.events import AssociateRequested, Event, ReleaseRequested
from dicomet.net.negotiation import answer, contexts_of
from dicomet.net.upperlayer import UpperLayer

STORE = {
    "AffectedSOPClassUID": objects.CT,
    "CommandField": 1,
    "MessageID": 2,
    "Priority": 0,
    "CommandDataSetType": 1,
    "AffectedSOPInstanceUID": "1.2.3",
}


def conversation() -> list[bytes]:
    """The PDUs of a requestor, from asking to releasing."""
    user = pdus.UserInformation(
        16384,
        "1.2.3",
        "X",
        asynchronous=(2, 2),
        roles={objects.CT: pdus.Role(True, True)},
        extended={objects.CT: b"abc"},
        common_extended=(pdus.CommonExtended(objects.CT, "1.2.840.10008.4.2", ("1.2",)),),
        identity=pdus.UserIdentity(2, b"joe", b"secret"),
    )
    wanted = contexts_of([(peers.VERIFICATION, [peers.IMPLICIT]), (objects.CT, [peers.EXPLICIT, peers.IMPLICIT])])
    echo = dimse.request(dimse.Operation.C_ECHO, 1, AffectedSOPClassUID=peers.VERIFICATION)
    return [
        peers.request(contexts=wanted, user=user).encode(),
        *map(bytes, native.message(1, native.encode_command(echo), None, 16384)),
        *map(bytes, native.message(3, native.encode_command(STORE), b"ab" * 3000, 1000)),
        pdus.RELEASE_REQUEST,
    ]


def changed(rng: random.Random) -> bytes:
    """Some of it dropped, doubled, moved, cut, or with other bytes."""
    parts = conversation()
    for _ in range(rng.randint(0, 2)):
        i = rng.randrange(len(parts))
        kind = rng.randrange(4)
        if kind == 0:
            del parts[i]
        elif kind == 1:
            parts.insert(rng.randrange(len(parts) + 1), parts[i])
        elif kind == 2:
            parts.insert(i, rng.randbytes(rng.randint(1, 20)))
        else:
            parts[i] = parts[i][: rng.randrange(len(parts[i]) + 1)]
        parts = parts or [b"\1"]
    data = bytearray(b"".join(parts))
    for _ in range(rng.choice([0, 0, 1, 1, 3])):
        if data:
            data[rng.randrange(len(data))] = rng.choice([0, 1, 0xFF, rng.randrange(256)])
    return bytes(data)


def act(layer: UpperLayer, event: Event, now: float) -> None:
    """What a user does."""
    if isinstance(event, AssociateRequested):
        layer.accept(answer(event.request, peers.POLICY), now)
    elif isinstance(event, ReleaseRequested):
        layer.confirm_release(now)


@pytest.mark.parametrize("seed", range(20))
def test_an_acceptor(seed: int) -> None:
    rng = random.Random(seed)
    ended = 0
    for _ in range(150):
        layer = UpperLayer(is_requestor=False)
        layer.connected(0)
        data, at = changed(rng), 0
        events: list[Event] = []
        while at < len(data):
            n = rng.choice([1, 7, 100, 5000])
            piece, at = data[at : at + n], at + n
            done = 0
            while done < len(piece):
                done += layer.receiver.put(piece, done)
                while (event := layer.next_event(1)) is not None:
                    events.append(event)
                    act(layer, event, 1)
        assert 1 <= layer.state <= 13
        out = peers.sent(layer)
        if layer.state == 13:
            assert out[0] in (2, 3, 6, 7)
        while (deadline := layer.next_deadline()) is not None:
            layer.expire(deadline)
        layer.closed(1e9)
        assert layer.state == 1
        ended += 1
    assert ended == 150


def test_a_requestor() -> None:
    rng = random.Random(7)
    request = peers.request()
    sound = [
        answer(request, peers.POLICY).encode(),
        *map(bytes, native.message(1, native.encode_command(dimse.response({"CommandField": 0x30}, 0)), None, 16384)),
        pdus.RELEASE_RESPONSE,
        pdus.AssociateReject(1, 1, 1).encode(),
        pdus.encode_abort(2, 1),
        pdus.RELEASE_REQUEST,
    ]
    for _ in range(2000):
        layer = UpperLayer(is_requestor=True)
        layer.associate(request, 0)
        layer.connected(0)
        data = bytearray(b"".join(rng.choices(sound, k=rng.randint(1, 5))))
        for _ in range(rng.choice([0, 1, 2])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        for event in layer.receive_data(bytes(data), 1):
            if isinstance(event, ReleaseRequested) and layer.state in (8, 9, 12):
                layer.confirm_release(1)
        layer.closed(2)
        assert layer.state in (1, 13) or layer.next_deadline() is not None
