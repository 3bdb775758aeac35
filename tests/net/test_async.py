"""Associations that are awaited, servers on the caller's loop, many at a time, peers that do not answer."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import objects
import peers
import pytest
import test_other_implementations
import test_storage

from dicomet import Dataset, dcmread
from dicomet.errors import AssociationAborted, AssociationRejected, NetworkError, NetworkTimeout
from dicomet.net import evt
from dicomet.net.ae import AE, build_role
from dicomet.net.dimse import Operation, cancel, request
from dicomet.net.events import Message, Released
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import Reply, answer
from dicomet.net.pdus import AssociateReject, Role, UserIdentity, decode_request
from dicomet.net.server import Server
from dicomet.net.services.batch import send_files
from dicomet.net.services.storage import Receiving

VERIFICATION = peers.VERIFICATION
CONTEXTS = [(VERIFICATION, None)]


def with_server(ae: AE, work: Callable[[int], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run a server and something else on one loop."""

    async def main() -> None:
        there: asyncio.Future[Server] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(ae.serve(("127.0.0.1", 0), started=there.set_result, **options))
        server = await there
        await asyncio.sleep(0)
        await work(server.address[1])
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        server.shutdown()

    asyncio.run(main())


def entity(**options: Any) -> AE:
    ae = AE("SERVE", **options)
    ae.add_supported_context(VERIFICATION)
    ae.add_supported_context(objects.CT)
    return ae


def test_on_one_loop(tmp_path: Path) -> None:
    for i in range(3):
        objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=400)

    async def work(port: int) -> None:
        contexts = [(VERIFICATION, None), (objects.CT, [objects.EXPLICIT])]
        async with await AE().associate_async("127.0.0.1", port, contexts) as association:
            assert association.is_established
            assert (await association.send_c_echo()).Status == 0
            for i in range(3):
                assert (await association.send_c_store(tmp_path / f"{i}.dcm")).Status == 0
            ds = dcmread(tmp_path / "0.dcm")
            assert (await association.send_c_store(ds)).Status == 0
        assert not association.is_established
        await association.release()

    with_server(entity(), work, storage=Receiving(tmp_path / "in", sync=False))
    test_other_implementations.check([tmp_path / f"{i}.dcm" for i in range(3)], test_storage.stored(tmp_path / "in"))


def test_200_associations_at_a_time() -> None:
    """None is lost, and none waits for another."""

    async def one(port: int) -> int:
        async with await AE().associate_async("127.0.0.1", port, CONTEXTS) as association:
            statuses = [(await association.send_c_echo()).Status for _ in range(20)]
            await asyncio.sleep(0.05)
            return statuses.count(0)

    async def work(port: int) -> None:
        assert sum(await asyncio.gather(*(one(port) for _ in range(200)))) == 4000

    with_server(entity(), work)


def test_rejections_and_errors() -> None:
    async def work(port: int) -> None:
        with pytest.raises(AssociationRejected, match="calling AE title"):
            await AE("OTHER").associate_async("127.0.0.1", port, CONTEXTS)
        association = await AE("ME").associate_async("127.0.0.1", port, CONTEXTS)
        association.abort()
        with pytest.raises(NetworkError):
            await association.send_c_echo()
        with pytest.raises(RuntimeError, match="on purpose"):
            async with await AE("ME").associate_async("127.0.0.1", port, CONTEXTS) as other:
                raise RuntimeError("on purpose")
        assert not other.is_established
        with pytest.raises(NetworkError, match="no connection"):
            await AE("ME").associate_async("127.0.0.1", 1, CONTEXTS)

    ae = entity()
    ae.require_calling_aet = frozenset({"ME"})
    with_server(ae, work)


def test_slow_handlers_keep_nobody_waiting() -> None:
    release = threading.Event()

    def slow(event: evt.Event) -> int:
        assert release.wait(10)
        return 0

    ae = entity()
    contexts = [(VERIFICATION, None), (objects.CT, [objects.EXPLICIT])]
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = objects.CT, "1.2.3"
    results: list[int] = []
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, slow)]) as server:

        def store() -> None:
            with AE().associate("127.0.0.1", server.address[1], contexts) as association:
                results.append(association.send_c_store(ds).Status)

        thread = threading.Thread(target=store)
        thread.start()
        with AE().associate("127.0.0.1", server.address[1], contexts) as association:
            assert association.send_c_echo().Status == 0
        assert not results
        release.set()
        thread.join()
    assert results == [0]


def test_what_is_told_of_associations() -> None:
    told: list[str] = []
    names = (evt.EVT_REQUESTED, evt.EVT_ACCEPTED, evt.EVT_RELEASED, evt.EVT_ABORTED, evt.EVT_CONN_CLOSE)

    def teller(name: str) -> Callable[[Any], Any]:
        def tell(peer: Any) -> Any:
            told.append(f"{name} {peer.request.calling}")
            if name != evt.EVT_REQUESTED:
                return None
            if peer.request.user.identity.secondary != b"sesame":
                return AssociateReject(1, 1, 1)
            return Reply({VERIFICATION: b"\1"}, identity_response=b"")

        return tell

    handlers = [(name, teller(name)) for name in names]
    with entity().start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers) as server:
        port = server.address[1]
        sesame, extended = UserIdentity(2, b"ali", b"sesame", wants_response=True), {VERIFICATION: b"\2"}
        with AE("A").associate("127.0.0.1", port, CONTEXTS, identity=sesame, extended=extended) as association:
            assert len(server.active_associations) == 1
            assert association.accept.user.extended == {VERIFICATION: b"\1"}
            assert association.accept.user.identity_response == b""
        AE("B").associate("127.0.0.1", port, CONTEXTS, identity=UserIdentity(2, b"ali", b"sesame")).abort()
        with pytest.raises(AssociationRejected):
            AE("C").associate("127.0.0.1", port, CONTEXTS, identity=UserIdentity(2, b"ali", b"wrong"))
        deadline = time.monotonic() + 5
        while len(told) < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert sorted(told) == sorted(
        [
            "requested A", "accepted A", "released A", "closed A",
            "requested B", "accepted B", "aborted B", "closed B",
            "requested C", "closed C",
        ]
    )  # fmt: skip


def test_roles_of_both_sides() -> None:
    ae = AE("SERVE")
    ae.add_supported_context(objects.CT, scu_role=True, scp_role=True)
    roles = build_role(objects.CT, scu_role=True, scp_role=True) | build_role("Verification", scu_role=True)
    assert roles[VERIFICATION] == Role(True, False)
    with (
        ae.start_server(("127.0.0.1", 0), block=False) as server,
        AE().associate("127.0.0.1", server.address[1], [("CTImageStorage", None)], roles=roles) as association,
    ):
        [context] = association.accepted_contexts
        assert (context.as_scu, context.as_scp) == (True, True)


class Mute:
    """An acceptor that agrees to an association, and says no more; `silent`: not even that."""

    def __init__(self, *, silent: bool = False) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.silent = silent
        self.last = b""
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        connected = self.listening.accept()[0]
        with connected:
            asked = decode_request(connected.recv(65536)[6:])
            if not self.silent:
                connected.sendall(answer(asked, peers.POLICY).encode())
            while more := connected.recv(65536):
                self.last = more

    def close(self) -> None:
        self.thread.join(10)
        self.listening.close()


@pytest.mark.parametrize("silent", [False, True])
def test_who_does_not_answer_is_aborted(*, silent: bool) -> None:
    """A timeout is an exception, and the peer hears of it."""
    mute = Mute(silent=silent)
    ae = AE(timeouts=Timeouts(associate=0.3 if silent else 30, response=0.3, artim=0.3))
    start = time.monotonic()
    with pytest.raises(NetworkTimeout):
        ae.associate("127.0.0.1", mute.port, CONTEXTS).send_c_echo()
    assert time.monotonic() - start < 3
    mute.close()
    assert mute.last[:1] == b"\7"


def test_files_to_who_does_not_answer(tmp_path: Path) -> None:
    """Each is told of, with why."""
    for i in range(3):
        objects.make_ct(tmp_path / f"{i}.dcm", rows=16)
    mute = Mute()
    ae = AE(timeouts=Timeouts(response=0.3, artim=0.3))
    paths = sorted(str(path) for path in tmp_path.glob("*.dcm"))
    contexts = [(objects.CT, [objects.EXPLICIT])]
    sent = list(send_files(paths, lambda _: ae.associate("127.0.0.1", mute.port, contexts), retries=0))
    assert [(one.path, one.status, one.message) for one in sent] == [
        (path, None, "waited too long: response") for path in paths
    ]
    mute.close()
    assert mute.last[-10:-9] == b"\7"


def test_who_does_not_answer_is_not_awaited_forever() -> None:
    mute = Mute()

    async def work() -> None:
        ae = AE(timeouts=Timeouts(response=0.3, artim=0.3))
        association = await ae.associate_async("127.0.0.1", mute.port, CONTEXTS)
        with pytest.raises(NetworkTimeout):
            await association.send_c_echo()

    asyncio.run(work())
    mute.close()


def test_who_takes_no_more_bytes_is_left(tmp_path: Path) -> None:
    """Half a message cannot be taken back: the connection is closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    objects.make_ct(tmp_path / "a.dcm", rows=4000)
    accepted: list[socket.socket] = []

    def serve() -> None:
        accepted.append(listening.accept()[0])
        asked = decode_request(accepted[0].recv(65536)[6:])
        accepted[0].sendall(answer(asked, peers.POLICY).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    ae = AE(timeouts=Timeouts(pdu=0.3))
    association = ae.associate("127.0.0.1", listening.getsockname()[1], [(objects.CT, [objects.EXPLICIT])])
    thread.join()
    with pytest.raises(NetworkTimeout, match="took no more"):
        association.send_c_store(tmp_path / "a.dcm")
    assert not association.is_established or association._connection.socket is None
    accepted[0].close()
    listening.close()


def test_a_peer_that_goes_away_is_told() -> None:
    mute = Mute()
    association = AE().associate("127.0.0.1", mute.port, CONTEXTS)
    association._connection.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    with pytest.raises((AssociationAborted, NetworkError)):
        association.send_c_echo()
    association.abort()
    mute.close()


def test_limits_of_one_peer() -> None:
    with entity(maximum_associations_of_peer=2).start_server(("127.0.0.1", 0), block=False) as server:
        port = server.address[1]
        some = [AE().associate("127.0.0.1", port, CONTEXTS) for _ in range(2)]
        with pytest.raises(AssociationRejected, match="local limit") as caught:
            AE().associate("127.0.0.1", port, CONTEXTS)
        assert (caught.value.result, caught.value.source, caught.value.reason) == (2, 3, 2)
        for one in some:
            one.release()
        AE().associate("127.0.0.1", port, CONTEXTS).release()


def test_small_pdus(tmp_path: Path) -> None:
    """The peer's limit binds what we send; absurdly small ones are taken as 128."""
    objects.make_ct(tmp_path / "a.dcm", rows=100)
    for nbytes in (1, 128, 1000, 16384):
        folder = tmp_path / f"in{nbytes}"
        limits = Limits(pdu_nbytes=max(nbytes, 128))
        with test_storage.serve(folder, limits) as server:
            assert test_storage.send(server, tmp_path / "a.dcm") == [0]
        test_other_implementations.check([tmp_path / "a.dcm"], test_storage.stored(folder))


def test_what_a_handler_breaks_is_answered(tmp_path: Path) -> None:
    """An exception of the user's code costs one answer, never the association or the server."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)

    def fail(*_: Any) -> None:
        raise RuntimeError("on purpose")

    contexts = [(VERIFICATION, None), (objects.CT, [objects.EXPLICIT])]
    storage = Receiving(tmp_path / "in", sync=False, stored=fail)
    handlers = [(evt.EVT_ACCEPTED, fail), (evt.EVT_RELEASED, fail)]
    with (
        entity().start_server(("127.0.0.1", 0), block=False, storage=storage, evt_handlers=handlers) as server,
        AE().associate("127.0.0.1", server.address[1], contexts) as association,
    ):
        assert association.send_c_store(tmp_path / "a.dcm").Status == 0x0110
        assert association.send_c_echo().Status == 0
    handlers = [(evt.EVT_REQUESTED, fail)]
    with (
        entity().start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers) as server,
        pytest.raises(AssociationRejected, match="no reason given"),
    ):
        AE().associate("127.0.0.1", server.address[1], contexts)


def test_a_release_waits_for_what_was_asked_before() -> None:
    """A peer that does not wait hears the answer all the same, and then that of its release. C-CANCEL is told."""
    go = threading.Event()
    seen: list[bool] = []

    def slow(event: evt.Event) -> int:
        assert go.wait(10)
        seen.append(event.is_cancelled)
        return 0

    ae = entity()
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, slow)]) as server:
        association = AE().associate("127.0.0.1", server.address[1], CONTEXTS)
        context = association.context_for(VERIFICATION)
        association.send(context, request(Operation.C_ECHO, 5, AffectedSOPClassUID=VERIFICATION))
        association.send(context, cancel(5))
        layer, connection = association._layer, association._connection
        layer.release(time.monotonic())
        connection.flush()
        threading.Timer(0.2, go.set).start()
        events = [connection.next_event() for _ in range(2)]
    assert [type(one) for one in events] == [Message, Released]
    assert seen == [True]
    association.abort()
