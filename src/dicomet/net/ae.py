"""Application entities: who asks for associations, who accepts them, and with which contexts. PS3.7, PS3.8.

What needs a loop is imported when it is asked for: a program that only sends starts sooner without.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicomet import uids
from dicomet.net.client import Association
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import Policy, Supported, contexts_of
from dicomet.net.pdus import AssociateRequest, CommonExtended, Role, UserIdentity, UserInformation
from dicomet.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, UID

if TYPE_CHECKING:
    from dicomet.net.aio import AsyncAssociation
    from dicomet.net.peer import Serving
    from dicomet.net.server import Server

DEFAULT_TRANSFER_SYNTAXES = (
    "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
    "1.2.840.10008.1.2",  # Implicit VR Little Endian
    "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
    "1.2.840.10008.1.2.2",  # Explicit VR Big Endian
)
_MAX_TITLE_NCHARS = 16

Contexts = Iterable[tuple[str, str | Iterable[str] | None]]
"""Abstract syntaxes by UID or keyword, each with its transfer syntaxes; None: the usual ones."""


def title_of(title: str) -> str:
    """An AE title as it goes over the wire, without padding. PS3.5 §6.2.

    Raises
    ------
    ValueError
        Empty, longer than 16 characters, not ASCII, with control characters or a backslash.
    """
    title = title.strip(" ")
    if not 0 < len(title) <= _MAX_TITLE_NCHARS or not all(" " <= one <= "~" and one != "\\" for one in title):
        raise ValueError(f"PS3.5 §6.2: {title!r} is no AE title")
    return title


def uid_of(uid: str) -> str:
    """A UID, given as it is or by its keyword."""
    return str(uid) if uid[:1].isdigit() else str(getattr(uids, uid))


def build_role(sop_class: str, *, scu_role: bool = False, scp_role: bool = False) -> dict[str, Role]:
    """Roles of a SOP class for `AE.associate`; those of several are joined by ``|``. PS3.7 §D.3.3.4."""
    return {uid_of(sop_class): Role(scu_role, scp_role)}


def _syntaxes(given: str | Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return DEFAULT_TRANSFER_SYNTAXES
    return (uid_of(given),) if isinstance(given, str) else tuple(uid_of(one) for one in given)


class AE:
    """An application entity.

    Parameters
    ----------
    ae_title : str
    limits : Limits, optional
    timeouts : Timeouts, optional
    maximum_associations : int
        That a server has at a time; more are rejected for now.
    maximum_associations_of_peer : int
        The same, of one address.

    Raises
    ------
    ValueError
        No AE title.
    """

    def __init__(
        self,
        ae_title: str = "DICOMET",
        *,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        maximum_associations: int = 250,
        maximum_associations_of_peer: int = 250,
    ) -> None:
        self.ae_title = title_of(ae_title)
        self.limits = limits or Limits()
        self.timeouts = timeouts or Timeouts()
        self.maximum_associations = maximum_associations
        self.maximum_associations_of_peer = maximum_associations_of_peer
        self.require_calling_aet: frozenset[str] = frozenset()
        """AE titles that may ask; empty: any."""
        self.require_called_aet = False
        """Whether who asks must know our title."""
        self.bind_titles = False
        """Whether the peer's AE title must be a name in its certificate."""
        self.requested_contexts: list[tuple[str, tuple[str, ...]]] = []
        self.supported_contexts: dict[str, Supported] = {}

    # Contexts

    def add_requested_context(self, abstract_syntax: str, transfer_syntax: str | Iterable[str] | None = None) -> None:
        """Ask for a SOP class, by UID or keyword, in one or several transfer syntaxes, best first."""
        self.requested_contexts.append((uid_of(abstract_syntax), _syntaxes(transfer_syntax)))

    def add_supported_context(
        self,
        abstract_syntax: str,
        transfer_syntax: str | Iterable[str] | None = None,
        *,
        scu_role: bool = True,
        scp_role: bool = False,
    ) -> None:
        """Accept a SOP class, by UID or keyword; the roles are those that a requestor may have if it asks for them."""
        self.supported_contexts[uid_of(abstract_syntax)] = Supported(_syntaxes(transfer_syntax), scu_role, scp_role)

    # Asking

    def associate(
        self,
        addr: str,
        port: int,
        contexts: Contexts | None = None,
        ae_title: str = "ANY-SCP",
        *,
        roles: dict[str, Role] | None = None,
        identity: UserIdentity | None = None,
        extended: dict[str, bytes] | None = None,
        common_extended: Iterable[CommonExtended] = (),
        asynchronous: tuple[int, int] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_hostname: str | None = None,
        bind: tuple[str, int] | None = None,
    ) -> Association:
        """Connect to a peer, and ask it for an association.

        Parameters
        ----------
        addr, port
            Of the peer. 104, 11112, and 2762 for TLS are usual.
        contexts : iterable of (abstract syntax, transfer syntaxes), optional
            Instead of those that were added.
        ae_title : str
            Of the peer.
        roles : dict of Role by SOP class, optional
            SCP/SCU role selection. PS3.7 §D.3.3.4.
        identity : UserIdentity, optional
            PS3.7 §D.3.3.7.
        extended, common_extended
            SOP class (common) extended negotiation. PS3.7 §D.3.3.5, §D.3.3.6.
        asynchronous : (int, int), optional
            Operations that may be invoked and performed at a time. Not sent by default. PS3.7 §D.3.3.3.
        tls : SSLContext, optional
            As `dicomet.net.tls.client_context` makes it.
        tls_hostname : str, optional
            In the peer's certificate, if it is not `addr`.
        bind : (str, int), optional
            Our own address.

        Raises
        ------
        NetworkError, NetworkTimeout, AssociationRejected, AssociationAborted
        ValueError
            No contexts, or more than 128.
        """
        asked = self._asked(contexts, ae_title, roles, identity, extended, common_extended, asynchronous)
        return Association.open((addr, port), asked, **self._options(tls, tls_hostname, bind))

    async def associate_async(
        self,
        addr: str,
        port: int,
        contexts: Contexts | None = None,
        ae_title: str = "ANY-SCP",
        *,
        roles: dict[str, Role] | None = None,
        identity: UserIdentity | None = None,
        extended: dict[str, bytes] | None = None,
        common_extended: Iterable[CommonExtended] = (),
        asynchronous: tuple[int, int] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_hostname: str | None = None,
        bind: tuple[str, int] | None = None,
    ) -> AsyncAssociation:
        """The same on the running loop: see `associate`."""
        from dicomet.net.aio import AsyncAssociation

        asked = self._asked(contexts, ae_title, roles, identity, extended, common_extended, asynchronous)
        return await AsyncAssociation.open((addr, port), asked, **self._options(tls, tls_hostname, bind))

    def _asked(
        self,
        contexts: Contexts | None,
        ae_title: str,
        roles: dict[str, Role] | None,
        identity: UserIdentity | None,
        extended: dict[str, bytes] | None,
        common_extended: Iterable[CommonExtended],
        asynchronous: tuple[int, int] | None,
    ) -> AssociateRequest:
        wanted = self.requested_contexts if contexts is None else [(uid_of(one), _syntaxes(s)) for one, s in contexts]
        if not wanted:
            raise ValueError("an association wants a presentation context at least")
        user = replace(
            self._user(),
            asynchronous=asynchronous,
            roles=roles or {},
            extended=extended or {},
            common_extended=tuple(common_extended),
            identity=identity,
        )
        return AssociateRequest(title_of(ae_title), self.ae_title, contexts_of(wanted), user)

    def _options(
        self, tls: ssl.SSLContext | None, hostname: str | None, bind: tuple[str, int] | None
    ) -> dict[str, Any]:
        return {
            "limits": self.limits,
            "timeouts": self.timeouts,
            "context": tls,
            "hostname": hostname,
            "bind": bind,
            "is_bound": self.bind_titles,
        }

    def _user(self) -> UserInformation:
        return UserInformation(
            max_pdu_nbytes=self.limits.pdu_nbytes,
            implementation_class_uid=str(UID(IMPLEMENTATION_CLASS_UID)),
            implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        )

    # Accepting

    def serving(
        self, evt_handlers: Iterable[tuple[Any, Any]] = (), *, storage: Any = None, unknown: Any = None
    ) -> Serving:
        """How a server of this entity answers.

        Parameters
        ----------
        evt_handlers : iterable of (event, handler)
            Events of `dicomet.net.evt`; handlers may be coroutine functions. Others run in threads.
        storage : dicomet.net.services.storage.Receiving, optional
            What is done with C-STORE, instead of a handler.
        unknown : callable, optional
            Asked for SOP classes that were not added: gives a `Supported`, or None.
        """
        from dicomet.net.peer import Serving

        policy = Policy(
            dict(self.supported_contexts),
            unknown,
            called=frozenset({self.ae_title}) if self.require_called_aet else frozenset(),
            calling=self.require_calling_aet,
            operations=self.limits.operations,
            user=self._user(),
        )
        return Serving(
            policy=policy,
            ae_title=self.ae_title,
            limits=self.limits,
            timeouts=self.timeouts,
            maximum=self.maximum_associations,
            maximum_of_peer=self.maximum_associations_of_peer,
            handlers=dict(evt_handlers),
            storage=storage,
            bind_titles=self.bind_titles,
        )

    async def serve(
        self,
        address: tuple[str, int],
        evt_handlers: Iterable[tuple[Any, Any]] = (),
        *,
        storage: Any = None,
        unknown: Any = None,
        tls: ssl.SSLContext | None = None,
        started: Callable[[Server], None] | None = None,
    ) -> None:
        """Listen and answer on the running loop, until the task is canceled or `Server.shutdown` is called.

        `started` is called with the server once it listens. Otherwise as `start_server`.
        """
        from dicomet.net.server import Server

        server = Server(self.serving(evt_handlers, storage=storage, unknown=unknown), address, tls)
        if started is not None:
            started(server)
        await server.serve()

    def start_server(
        self,
        address: tuple[str, int],
        block: bool = True,
        evt_handlers: Iterable[tuple[Any, Any]] = (),
        *,
        storage: Any = None,
        unknown: Any = None,
        tls: ssl.SSLContext | None = None,
    ) -> Server:
        """Listen, and answer.

        Parameters
        ----------
        address : (str, int)
            Port 0 takes a free one, which `Server.address` tells.
        block : bool
            Serve until interrupted, or in a thread that `Server.shutdown` ends.
        evt_handlers, storage, unknown
            As for `serving`.
        tls : SSLContext, optional
            As `dicomet.net.tls.server_context` makes it.

        Raises
        ------
        OSError
            The address cannot be had.
        """
        from dicomet.net.server import Server

        server = Server(self.serving(evt_handlers, storage=storage, unknown=unknown), address, tls)
        if block:
            server.run()
        else:
            server.start()
        return server
