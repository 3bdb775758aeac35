"""The PDUs that make and end associations, to bytes and back. PS3.8 §9.3, Annex D; PS3.7 Annex D.3."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from dicomet._native import pdu as native
from dicomet.errors import ProtocolError

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_FIXED_NBYTES = 68
_AE_NBYTES = 16


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context of an A-ASSOCIATE-RQ. PS3.8 §9.3.2.2."""

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextResult:
    """What an A-ASSOCIATE-AC says of one. PS3.8 §9.3.3.2.

    Result 0: accepted; 1: rejected by the user; 2: no reason; 3: abstract syntax, 4: transfer syntaxes not supported.
    The transfer syntax tells something only where the result is 0.
    """

    id: int
    result: int
    transfer_syntax: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """Who may be SCU and SCP of a SOP class: as the requestor wants it, as the acceptor grants it. PS3.7 §D.3.3.4."""

    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class CommonExtended:
    """Service class and related general SOP classes of a SOP class. PS3.7 §D.3.3.6."""

    sop_class: str
    service_class: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who asks. PS3.7 §D.3.3.7.

    Type 1: a user name; 2: with a passcode (`secondary`); 3: a Kerberos ticket; 4: a SAML assertion; 5: a JSON web
    token.
    """

    type: int
    primary: bytes
    secondary: bytes = b""
    wants_response: bool = False

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"UserIdentity(type={self.type}, {len(self.primary)} and {len(self.secondary)} bytes)"


@dataclass(frozen=True, slots=True)
class UserInformation:
    """The user information item, of either side. PS3.7 §D.3.3."""

    max_pdu_nbytes: int = 0
    implementation_class_uid: str = ""
    implementation_version_name: str = ""
    asynchronous: tuple[int, int] | None = None
    """Operations that may be invoked and performed at a time; 0: any number. §D.3.3.3"""
    roles: dict[str, Role] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)
    """Service-class application information by SOP class. §D.3.3.5"""
    common_extended: tuple[CommonExtended, ...] = ()
    identity: UserIdentity | None = None
    identity_response: bytes | None = None


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """A-ASSOCIATE-RQ. PS3.8 §9.3.2."""

    called: str
    calling: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = 1

    def encode(self) -> bytes:
        """The whole PDU."""
        items = b"".join(
            _item(
                0x20,
                bytes([one.id, 0, 0, 0])
                + _item(0x30, _uid(one.abstract_syntax))
                + b"".join(_item(0x40, _uid(syntax)) for syntax in one.transfer_syntaxes),
            )
            for one in self.contexts
        )
        return _associate(1, self, items)


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """A-ASSOCIATE-AC. PS3.8 §9.3.3. The AE titles are those of the request, and tell nothing."""

    called: str
    calling: str
    contexts: tuple[ContextResult, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = 1

    def encode(self) -> bytes:
        """The whole PDU."""
        items = b"".join(
            _item(0x21, bytes([one.id, 0, one.result, 0]) + _item(0x40, _uid(one.transfer_syntax)))
            for one in self.contexts
        )
        return _associate(2, self, items)


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """A-ASSOCIATE-RJ. PS3.8 §9.3.4, Table 9-21."""

    result: int
    source: int
    reason: int

    def encode(self) -> bytes:
        """The whole PDU."""
        return bytes([3, 0, 0, 0, 0, 4, 0, self.result, self.source, self.reason])


RELEASE_REQUEST = bytes([5, 0, 0, 0, 0, 4, 0, 0, 0, 0])
RELEASE_RESPONSE = bytes([6, 0, 0, 0, 0, 4, 0, 0, 0, 0])


def encode_abort(source: int, reason: int) -> bytes:
    """A-ABORT. PS3.8 §9.3.8: source 0 the user, 2 the provider."""
    return bytes([7, 0, 0, 0, 0, 4, 0, 0, source, reason])


def _uid(uid: str) -> bytes:
    """UIDs and titles that a peer has sent go back to it, whatever is in them: so not ASCII alone."""
    return uid.encode("latin-1")


def _item(kind: int, content: bytes) -> bytes:
    if len(content) > 0xFFFF:
        raise ProtocolError(f"an item of {len(content)} bytes: 65535 are the most", clause="PS3.8 §9.3.2")
    return struct.pack(">BBH", kind, 0, len(content)) + content


def _sized(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content


def _title(title: str) -> bytes:
    return title.encode("latin-1").ljust(_AE_NBYTES)


def _associate(kind: int, pdu: AssociateRequest | AssociateAccept, contexts: bytes) -> bytes:
    body = struct.pack(">HH", pdu.protocol_version, 0) + _title(pdu.called) + _title(pdu.calling) + bytes(32)
    body += _item(0x10, _uid(pdu.application_context)) + contexts + _item(0x50, _user(pdu.user))
    return struct.pack(">BBI", kind, 0, len(body)) + body


def _user(user: UserInformation) -> bytes:
    """Sub-items in the order of their types, as most peers send them. PS3.7 §D.3.3."""
    out = _item(0x51, struct.pack(">I", user.max_pdu_nbytes)) + _item(0x52, _uid(user.implementation_class_uid))
    if user.asynchronous is not None:
        out += _item(0x53, struct.pack(">HH", *user.asynchronous))
    for uid, role in user.roles.items():
        out += _item(0x54, _sized(_uid(uid)) + bytes([role.scu, role.scp]))
    if user.implementation_version_name:
        out += _item(0x55, user.implementation_version_name.encode("latin-1"))
    for uid, information in user.extended.items():
        out += _item(0x56, _sized(_uid(uid)) + information)
    for one in user.common_extended:
        related = b"".join(_sized(_uid(uid)) for uid in one.related)
        out += _item(0x57, _sized(_uid(one.sop_class)) + _sized(_uid(one.service_class)) + _sized(related))
    if user.identity is not None:
        one_id = user.identity
        head = bytes([one_id.type, one_id.wants_response])
        out += _item(0x58, head + _sized(one_id.primary) + _sized(one_id.secondary))
    if user.identity_response is not None:
        out += _item(0x59, _sized(user.identity_response))
    return out


class _Cursor:
    """Goes through the content of a sub-item, which may be shorter than it says."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, nbytes: int) -> bytes:
        if nbytes > len(self.content) - self.at:
            raise ProtocolError("a sub-item is shorter than what it must hold", clause="PS3.7 §D.3.3")
        self.at += nbytes
        return self.content[self.at - nbytes : self.at]

    def number(self, nbytes: int = 2) -> int:
        return int.from_bytes(self.take(nbytes), "big")

    def sized(self) -> bytes:
        return self.take(self.number())

    def rest(self) -> bytes:
        return self.take(len(self.content) - self.at)


def _text(content: bytes) -> str:
    """UIDs and names; padding that should not be there does not count."""
    return content.rstrip(b"\0 ").decode("latin-1")


def _related(content: bytes) -> tuple[str, ...]:
    cursor, found = _Cursor(content), []
    while cursor.at < len(content):
        found.append(_text(cursor.sized()))
    return tuple(found)


def _user_of(sub_items: list[tuple[int, bytes]]) -> UserInformation:
    """Sub-items that are unknown are passed over. PS3.8 §9.3.1."""
    found: dict[str, Any] = {}
    roles: dict[str, Role] = {}
    extended: dict[str, bytes] = {}
    common: list[CommonExtended] = []
    for kind, content in sub_items:
        cursor = _Cursor(content)
        if kind == 0x51:
            found["max_pdu_nbytes"] = cursor.number(4)
        elif kind == 0x52:
            found["implementation_class_uid"] = _text(content)
        elif kind == 0x53:
            found["asynchronous"] = (cursor.number(), cursor.number())
        elif kind == 0x54:
            uid = _text(cursor.sized())
            roles[uid] = Role(cursor.number(1) == 1, cursor.number(1) == 1)
        elif kind == 0x55:
            found["implementation_version_name"] = _text(content)
        elif kind == 0x56:
            uid = _text(cursor.sized())
            extended[uid] = cursor.rest()
        elif kind == 0x57:
            common.append(CommonExtended(_text(cursor.sized()), _text(cursor.sized()), _related(cursor.sized())))
        elif kind == 0x58:
            number, wants = cursor.number(1), cursor.number(1) == 1
            found["identity"] = UserIdentity(number, cursor.sized(), cursor.sized(), wants)
        elif kind == 0x59:
            found["identity_response"] = cursor.sized()
    return UserInformation(roles=roles, extended=extended, common_extended=tuple(common), **found)


def _context_of(
    content: bytes, syntaxes: list[tuple[int, bytes]], *, is_request: bool
) -> ProposedContext | ContextResult:
    number, result = content[0], content[2]
    transfer = tuple(_text(one) for kind, one in syntaxes if kind == 0x40)
    if not is_request:
        return ContextResult(number, result, transfer[0] if transfer else "")
    abstract = [_text(one) for kind, one in syntaxes if kind == 0x30]
    if len(abstract) != 1 or not transfer:
        raise ProtocolError(f"presentation context {number} wants one abstract syntax and a transfer syntax at least",
                            clause="PS3.8 §9.3.2.2")  # fmt: skip
    return ProposedContext(number, abstract[0], transfer)


def _decode(
    body: bytes, *, is_request: bool
) -> tuple[int, str, str, str, list[ProposedContext | ContextResult], UserInformation]:
    items: list[tuple[int, bytes, list[tuple[int, bytes]]]] = []
    for kind, depth, offset, length in native.items(body):
        content = body[offset : offset + length]
        if depth:
            items[-1][2].append((kind, content))
        else:
            items.append((kind, content, []))
    contexts: list[ProposedContext | ContextResult] = []
    application, user = "", UserInformation()
    for kind, content, inside in items:
        if kind == 0x10:
            application = _text(content)
        elif kind == (0x20 if is_request else 0x21):
            contexts.append(_context_of(content, inside, is_request=is_request))
        elif kind == 0x50:
            user = _user_of(inside)
    version = int.from_bytes(body[:2], "big")
    called, calling = (body[at : at + _AE_NBYTES].decode("latin-1").strip(" \0") for at in (4, 20))
    numbers = [one.id for one in contexts]
    if len(set(numbers)) != len(numbers) or any(number % 2 == 0 for number in numbers):
        raise ProtocolError("presentation context IDs are odd, and each is used once", clause="PS3.8 §9.3.2.2")
    return version, called, calling, application, contexts, user


def decode_request(body: bytes) -> AssociateRequest:
    """An A-ASSOCIATE-RQ from what stands behind its header.

    Raises
    ------
    ProtocolError
        An item that is cut off, context IDs that are even or used twice.
    """
    version, called, calling, application, contexts, user = _decode(body, is_request=True)
    return AssociateRequest(called, calling, tuple(contexts), user, application, version)  # type: ignore[arg-type]


def decode_accept(body: bytes) -> AssociateAccept:
    """An A-ASSOCIATE-AC from what stands behind its header. Raises what `decode_request` does."""
    version, called, calling, application, contexts, user = _decode(body, is_request=False)
    return AssociateAccept(called, calling, tuple(contexts), user, application, version)  # type: ignore[arg-type]


def decode_reject(body: bytes) -> AssociateReject:
    """An A-ASSOCIATE-RJ from the four bytes behind its header."""
    return AssociateReject(body[1], body[2], body[3])
