"""Which contexts an association has: pure functions over what both sides say. PS3.8 §7.1, §9.3; PS3.7 Annex D."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dicomet.net.pdus import (
    APPLICATION_CONTEXT,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    CommonExtended,
    ContextResult,
    ProposedContext,
    Role,
    UserInformation,
)

MAX_CONTEXTS = 128
"""IDs are odd and have a byte. PS3.8 §9.3.2.2."""
_STORAGE_SERVICE = "1.2.840.10008.4.2"
_LEAST_PDU_NBYTES = 128  # what a peer says below that is taken as that: some say 1

ACCEPTED, USER_REJECTION, NO_REASON, ABSTRACT_SYNTAX_NOT_SUPPORTED, TRANSFER_SYNTAXES_NOT_SUPPORTED = range(5)
"""Results of presentation contexts. PS3.8 Table 9-18."""

PERMANENT, TRANSIENT = 1, 2
BY_USER, BY_ACSE, BY_PRESENTATION = 1, 2, 3

REJECTIONS = {
    (BY_USER, 1): "no reason given",
    (BY_USER, 2): "application context name not supported",
    (BY_USER, 3): "calling AE title not recognized",
    (BY_USER, 7): "called AE title not recognized",
    (BY_ACSE, 1): "no reason given",
    (BY_ACSE, 2): "protocol version not supported",
    (BY_PRESENTATION, 1): "temporary congestion",
    (BY_PRESENTATION, 2): "local limit exceeded",
}
"""What (source, reason) of an A-ASSOCIATE-RJ mean. PS3.8 Table 9-21."""


@dataclass(frozen=True, slots=True)
class PresentationContext:
    """A context that both sides have agreed on."""

    id: int
    abstract_syntax: str
    transfer_syntax: str
    as_scu: bool
    """Whether we may invoke operations of its SOP class."""
    as_scp: bool
    """Whether we perform those that the peer invokes."""


@dataclass(frozen=True, slots=True)
class Supported:
    """What an acceptor says of an abstract syntax.

    Transfer syntaxes are accepted in the order of the requestor. `scu`, `scp`: whether a requestor that asks for that
    role gets it; without role selection it is the SCU. PS3.7 §D.3.3.4.
    """

    transfer_syntaxes: tuple[str, ...]
    scu: bool = True
    scp: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What an acceptor accepts. Pure: it knows no peer but the one that asks."""

    supported: Mapping[str, Supported]
    unknown: Callable[[str], Supported | None] | None = None
    """Asked for abstract syntaxes that are not in `supported`."""
    called: frozenset[str] = frozenset()
    """AE titles that are ours; empty: any."""
    calling: frozenset[str] = frozenset()
    """AE titles that may ask; empty: any."""
    operations: int = 1
    """That the requestor may have under way at a time, if it asks for more than one; 0: any number."""
    user: UserInformation = field(default_factory=UserInformation)
    """Whose lengths and implementation go into the answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an acceptor says of what was negotiated beside contexts. Only what was asked about goes into the answer."""

    extended: Mapping[str, bytes] = field(default_factory=dict)
    """Service-class application information by SOP class. PS3.7 §D.3.3.5."""
    identity_response: bytes | None = None
    """To who wants a response to its identity: a ticket, an assertion, or b"" for a name. PS3.7 §D.3.3.7.2."""


def contexts_of(wanted: Iterable[tuple[str, Iterable[str]]]) -> tuple[ProposedContext, ...]:
    """Number pairs of abstract syntax and transfer syntaxes as presentation contexts: 1, 3, 5 and so on.

    Raises
    ------
    ValueError
        More than 128, or one without a transfer syntax.
    """
    found = tuple(
        ProposedContext(2 * i + 1, abstract, tuple(syntaxes)) for i, (abstract, syntaxes) in enumerate(wanted)
    )
    if len(found) > MAX_CONTEXTS:
        raise ValueError(
            f"PS3.8 §9.3.2.2: {len(found)} presentation contexts: an association has {MAX_CONTEXTS} at most"
        )
    if not all(one.transfer_syntaxes for one in found):
        raise ValueError("PS3.8 §9.3.2.2: a presentation context wants a transfer syntax at least")
    return found


def refusal(request: AssociateRequest, policy: Policy) -> AssociateReject | None:
    """Why an association is rejected as a whole, or None."""
    if not request.protocol_version & 1:
        return AssociateReject(PERMANENT, BY_ACSE, 2)
    if request.application_context != APPLICATION_CONTEXT:
        return AssociateReject(PERMANENT, BY_USER, 2)
    if policy.called and request.called not in policy.called:
        return AssociateReject(PERMANENT, BY_USER, 7)
    if policy.calling and request.calling not in policy.calling:
        return AssociateReject(PERMANENT, BY_USER, 3)
    return None


def _supported(policy: Policy, abstract: str, special: Mapping[str, CommonExtended]) -> Supported | None:
    """What is said of an abstract syntax; of a special storage class, what is of a general one. PS3.7 §D.3.3.6."""
    found = policy.supported.get(abstract)
    if found is None and policy.unknown is not None:
        found = policy.unknown(abstract)
    if found is None and abstract in special and special[abstract].service_class == _STORAGE_SERVICE:
        found = next((policy.supported[one] for one in special[abstract].related if one in policy.supported), None)
    return found


def _result(proposed: ProposedContext, supported: Supported | None) -> ContextResult:
    if supported is None:
        return ContextResult(proposed.id, ABSTRACT_SYNTAX_NOT_SUPPORTED, proposed.transfer_syntaxes[0])
    for syntax in proposed.transfer_syntaxes:
        if syntax in supported.transfer_syntaxes:
            return ContextResult(proposed.id, ACCEPTED, syntax)
    return ContextResult(proposed.id, TRANSFER_SYNTAXES_NOT_SUPPORTED, proposed.transfer_syntaxes[0])


def _granted(asked: Role, supported: Supported | None) -> Role:
    """Only what was asked for can be granted. PS3.7 §D.3.3.4.2."""
    if supported is None:
        return Role(False, False)
    return Role(asked.scu and supported.scu, asked.scp and supported.scp)


def _granted_window(asked: tuple[int, int] | None, most: int) -> tuple[int, int] | None:
    """No more than was asked for; 0 is any number. Of ours the requestor performs one at a time. PS3.7 §D.3.3.3.2."""
    if asked is None:
        return None
    return (min(asked[0] or most, most or asked[0]), 1)


def answer(request: AssociateRequest, policy: Policy, reply: Reply | None = None) -> AssociateAccept:
    """What an acceptor of that policy answers. Contexts that it does not support are refused one by one."""
    user, asked, reply = policy.user, request.user, reply or Reply()
    special = {one.sop_class: one for one in asked.common_extended}
    supported = {one.abstract_syntax: _supported(policy, one.abstract_syntax, special) for one in request.contexts}
    return AssociateAccept(
        request.called,
        request.calling,
        tuple(_result(one, supported[one.abstract_syntax]) for one in request.contexts),
        UserInformation(
            max_pdu_nbytes=user.max_pdu_nbytes,
            implementation_class_uid=user.implementation_class_uid,
            implementation_version_name=user.implementation_version_name,
            asynchronous=_granted_window(asked.asynchronous, policy.operations),
            roles={uid: _granted(role, supported.get(uid)) for uid, role in asked.roles.items() if uid in supported},
            extended={uid: info for uid, info in reply.extended.items() if uid in asked.extended},
            identity_response=reply.identity_response if asked.identity and asked.identity.wants_response else None,
        ),
    )


def _roles(uid: str, request: AssociateRequest, accept: AssociateAccept) -> tuple[bool, bool]:
    """Whether the requestor is SCU and SCP. Without an answer to role selection it is the SCU. PS3.7 §D.3.3.4."""
    asked, granted = request.user.roles.get(uid), accept.user.roles.get(uid)
    if asked is None or granted is None:
        return True, False
    return asked.scu and granted.scu, asked.scp and granted.scp


def agreed(request: AssociateRequest, accept: AssociateAccept, *, is_requestor: bool) -> dict[int, PresentationContext]:
    """The contexts that both sides have agreed on, by ID.

    Answers to contexts that were not proposed, and answers with a transfer syntax that was not, agree on nothing.
    """
    proposed = {one.id: one for one in request.contexts}
    found = {}
    for result in accept.contexts:
        one = proposed.get(result.id)
        if one is None or result.result != ACCEPTED or result.transfer_syntax not in one.transfer_syntaxes:
            continue
        scu, scp = _roles(one.abstract_syntax, request, accept)
        if not is_requestor:
            scu, scp = scp, scu
        found[one.id] = PresentationContext(one.id, one.abstract_syntax, result.transfer_syntax, scu, scp)
    return found


def sendable_nbytes(theirs: int, ours: int) -> int:
    """The longest PDU that we send: what the peer takes (0: any length), within what we want; never absurdly short."""
    if theirs == 0:
        return ours
    return min(max(theirs, _LEAST_PDU_NBYTES), ours) if ours else max(theirs, _LEAST_PDU_NBYTES)


def window(request: AssociateRequest, accept: AssociateAccept, *, is_requestor: bool) -> int:
    """Operations that we may have invoked at a time; 0: any number; 1 where nothing was negotiated. PS3.7 §D.3.3.3."""
    if request.user.asynchronous is None or accept.user.asynchronous is None:
        return 1
    return accept.user.asynchronous[0 if is_requestor else 1]
