"""What both sides say about an association, to bytes and back; what they agree on. PS3.8 §7.1, §9.3; PS3.7 Annex D."""

from __future__ import annotations

import random

import peers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomet.errors import ProtocolError
from dicomet.net import negotiation, pdus
from dicomet.net.negotiation import (
    Policy,
    Reply,
    Supported,
    agreed,
    answer,
    contexts_of,
    refusal,
    sendable_nbytes,
    window,
)
from dicomet.net.pdus import CommonExtended, Role, UserIdentity, UserInformation

uids = st.lists(st.integers(0, 99999), min_size=2, max_size=9).map(lambda parts: ".".join(map(str, parts)))
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16)
users = st.builds(
    UserInformation,
    max_pdu_nbytes=st.integers(0, 0xFFFFFFFF),
    implementation_class_uid=uids,
    implementation_version_name=texts,
    asynchronous=st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
    roles=st.dictionaries(uids, st.builds(Role, st.booleans(), st.booleans()), max_size=4),
    extended=st.dictionaries(uids, st.binary(max_size=40), max_size=3),
    common_extended=st.lists(
        st.builds(CommonExtended, uids, uids, st.lists(uids, max_size=3).map(tuple)), max_size=2
    ).map(tuple),
    identity=st.none() | st.builds(UserIdentity, st.integers(1, 5), st.binary(max_size=30), st.binary(max_size=30)),
    identity_response=st.none() | st.binary(max_size=30),
)
contexts = st.lists(st.tuples(uids, st.lists(uids, min_size=1, max_size=4)), min_size=0, max_size=8).map(contexts_of)


@given(texts, texts, contexts, users)
def test_requests_come_back(
    called: str, calling: str, proposed: tuple[pdus.ProposedContext, ...], user: UserInformation
) -> None:
    request = pdus.AssociateRequest(called, calling, proposed, user)
    assert pdus.decode_request(request.encode()[6:]) == request


@given(contexts, users, st.integers(0, 4))
def test_answers_come_back(proposed: tuple[pdus.ProposedContext, ...], user: UserInformation, result: int) -> None:
    results = tuple(pdus.ContextResult(one.id, result, one.transfer_syntaxes[0]) for one in proposed)
    accept = pdus.AssociateAccept("A", "B", results, user)
    assert pdus.decode_accept(accept.encode()[6:]) == accept


def test_damaged_requests_are_refused_or_read() -> None:
    whole = peers.request(user=UserInformation(16384, "1.2.3", roles={"1.2": Role(True, True)}, extended={"1.2": b"x"}))
    body = bytearray(whole.encode()[6:])
    rng = random.Random(3)
    refused = 0
    for _ in range(3000):
        damaged = bytearray(body)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            pdus.decode_request(bytes(damaged[: rng.choice([len(body), rng.randrange(len(body))])]))
        except ProtocolError:
            refused += 1
    assert 500 < refused < 3000


def test_unknown_items_do_not_count() -> None:
    """PS3.8 §9.3.1: unrecognized items are passed over, and so is the transfer syntax of a refused context."""
    body = peers.request().encode()[6:]
    assert pdus.decode_request(body + bytes([0x99, 0, 0, 3, 1, 2, 3])) == peers.request()
    accept = pdus.AssociateAccept("", "", (pdus.ContextResult(1, 3, "nonsense"),), peers.USER)
    decoded = pdus.decode_accept(accept.encode()[6:])
    assert not agreed(peers.request(), decoded, is_requestor=True)


@pytest.mark.parametrize("ids", [(2,), (1, 1), (0,), (3, 254)])
def test_context_ids_are_odd_and_unique(ids: tuple[int, ...]) -> None:
    proposed = tuple(pdus.ProposedContext(one, "1.2", ("1.2",)) for one in ids)
    with pytest.raises(ProtocolError, match=r"§9\.3\.2\.2"):
        pdus.decode_request(peers.request(contexts=proposed).encode()[6:])


def test_all_128_contexts() -> None:
    proposed = contexts_of([(f"1.2.{i}", ["1.2"]) for i in range(128)])
    assert proposed[-1].id == 255
    assert pdus.decode_request(peers.request(contexts=proposed).encode()[6:]).contexts == proposed
    with pytest.raises(ValueError, match="128 at most"):
        contexts_of([("1.2", ["1.2"])] * 129)
    with pytest.raises(ValueError, match="transfer syntax at least"):
        contexts_of([("1.2", [])])


def test_results_of_contexts() -> None:
    """PS3.8 Table 9-18; the requestor's order of transfer syntaxes decides."""
    policy = Policy({"1.1": Supported(("9.1", "9.2")), "1.2": Supported(("9.3",))})
    request = peers.request(contexts=contexts_of([("1.1", ["9.2", "9.1"]), ("1.2", ["9.1"]), ("1.3", ["9.1"])]))
    accept = answer(request, policy)
    assert [(one.result, one.transfer_syntax) for one in accept.contexts] == [(0, "9.2"), (4, "9.1"), (3, "9.1")]
    assert list(agreed(request, accept, is_requestor=True)) == [1]
    open_policy = Policy({}, unknown=lambda uid: Supported(("9.1",)) if uid.startswith("1.3") else None)
    assert [one.result for one in answer(request, open_policy).contexts] == [3, 3, 0]


def test_an_answer_may_not_invent() -> None:
    request = peers.request()
    for result in (pdus.ContextResult(9, 0, peers.IMPLICIT), pdus.ContextResult(1, 0, "1.2.3")):
        accept = pdus.AssociateAccept("", "", (result,), peers.USER)
        assert not agreed(request, accept, is_requestor=True)


@pytest.mark.parametrize(
    ("asked", "supported", "scu_side", "scp_side"),
    [
        (None, (True, False), (True, False), (False, True)),  # no role selection: the requestor is SCU
        (Role(True, True), (True, True), (True, True), (True, True)),
        (Role(False, True), (True, True), (False, True), (True, False)),
        (Role(True, True), (True, False), (True, False), (False, True)),
        (Role(False, True), (True, False), (False, False), (False, False)),
    ],
)
def test_roles(
    asked: Role | None, supported: tuple[bool, bool], scu_side: tuple[bool, bool], scp_side: tuple[bool, bool]
) -> None:
    """PS3.7 §D.3.3.4: what was not asked for is not granted."""
    user = UserInformation(roles={peers.CT: asked} if asked else {})
    policy = Policy({peers.CT: Supported((peers.EXPLICIT,), *supported)})
    request = peers.request(user=user)
    accept = answer(request, policy)
    for is_requestor, wanted in ((True, scu_side), (False, scp_side)):
        one = agreed(request, accept, is_requestor=is_requestor)[3]
        assert (one.as_scu, one.as_scp) == wanted


def test_whole_associations_are_rejected() -> None:
    """PS3.8 Table 9-21."""
    policy = Policy({}, called=frozenset({"US"}), calling=frozenset({"THEM"}))
    ours = peers.request(called="US", calling="THEM")
    assert refusal(ours, policy) is None
    assert refusal(peers.request(called="X", calling="THEM"), policy) == pdus.AssociateReject(1, 1, 7)
    assert refusal(peers.request(called="US", calling="X"), policy) == pdus.AssociateReject(1, 1, 3)
    assert refusal(peers.request(application_context="1.2"), policy) == pdus.AssociateReject(1, 1, 2)
    assert refusal(peers.request(protocol_version=2), policy) == pdus.AssociateReject(1, 2, 2)
    for one in (pdus.AssociateReject(1, 1, 7), pdus.AssociateReject(2, 3, 1)):
        assert pdus.decode_reject(one.encode()[6:]) == one
        assert (one.source, one.reason) in negotiation.REJECTIONS


def test_lengths_of_pdus() -> None:
    assert sendable_nbytes(0, 131072) == 131072
    assert sendable_nbytes(16384, 131072) == 16384
    assert sendable_nbytes(1 << 30, 131072) == 131072
    assert sendable_nbytes(1, 131072) == 128


def test_window() -> None:
    """PS3.7 §D.3.3.3: obeyed where it was negotiated, else one operation at a time."""
    asks = peers.request(user=UserInformation(asynchronous=(5, 3)))
    grants = pdus.AssociateAccept("", "", (), UserInformation(asynchronous=(4, 2)))
    assert window(asks, grants, is_requestor=True) == 4
    assert window(asks, grants, is_requestor=False) == 2
    assert window(peers.request(), grants, is_requestor=True) == 1
    assert answer(asks, peers.POLICY).user.asynchronous == (1, 1)
    assert answer(peers.request(), peers.POLICY).user.asynchronous is None


def test_replies() -> None:
    """Only what was asked about is answered. PS3.7 §D.3.3.5, §D.3.3.7.2."""
    reply = Reply({peers.CT: b"\1\0", "1.2": b"x"}, identity_response=b"ticket")
    extended = {peers.CT: b"\2\1"}
    identity = UserIdentity(3, b"kerberos", wants_response=True)
    asks = peers.request(user=UserInformation(extended=extended, identity=identity))
    assert answer(asks, peers.POLICY).user.extended == {}
    accept = pdus.decode_accept(answer(asks, peers.POLICY, reply).encode()[6:])
    assert accept.user.extended == {peers.CT: b"\1\0"}
    assert accept.user.identity_response == b"ticket"
    asks = peers.request(user=UserInformation(identity=UserIdentity(3, b"kerberos")))
    assert answer(asks, peers.POLICY, reply).user.identity_response is None
    assert answer(peers.request(), peers.POLICY, reply).user == answer(peers.request(), peers.POLICY).user


@pytest.mark.parametrize(
    ("service", "related", "result"),
    [
        ("1.2.840.10008.4.2", ("1.2.3", peers.CT), 0),
        ("1.2.840.10008.4.2", ("1.2.3",), 3),
        ("1.2.3", (peers.CT,), 3),
    ],
)
def test_special_storage_classes(service: str, related: tuple[str, ...], result: int) -> None:
    """PS3.7 §D.3.3.6: who knows the general class takes a special one that it does not know."""
    special = "1.2.826.0.1.3680043.10.99"
    contexts = contexts_of([(special, [peers.EXPLICIT])])
    user = UserInformation(common_extended=(CommonExtended(special, service, related),))
    accept = answer(peers.request(contexts=contexts, user=user), peers.POLICY)
    assert [one.result for one in accept.contexts] == [result]
    assert [one.result for one in answer(peers.request(contexts=contexts), peers.POLICY).contexts] == [3]


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(UserIdentity(2, b"joe", b"secret"))
    assert "joe" not in repr(peers.request(user=UserInformation(identity=UserIdentity(2, b"joe", b"secret"))))
