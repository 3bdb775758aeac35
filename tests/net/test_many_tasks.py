"""An association that several tasks use: as many requests as were negotiated, each with its own responses."""

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

from dicomet.errors import NetworkError, NetworkTimeout, ProtocolError
from dicomet.net.ae import AE
from dicomet.net.aio import _MANY, AsyncAssociation
from dicomet.net.dimse import Operation, request, response
from dicomet.net.events import AssociateRequested, Message, ReleaseRequested
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import Policy, Supported, answer
from dicomet.net.upperlayer import UpperLayer

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
CONTEXTS = [(peers.VERIFICATION, None), (FIND, None), (objects.CT, None)]
PENDING = 0xFF00


class Acceptor:
    """Accepts an association in a thread, and keeps requests until `respond`; `reads`: whether it goes on reading."""

    def __init__(self, *, reads: bool = True) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self.listening.getsockname()[1])
        self.layer = UpperLayer(is_requestor=False)
        self.messages: list[Message] = []
        self.lock = threading.Lock()
        self.reads = reads
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        syntaxes = (peers.IMPLICIT, peers.EXPLICIT)
        policy = Policy({uid: Supported(syntaxes) for uid, _ in CONTEXTS}, operations=3)
        self.connected = self.listening.accept()[0]
        self.layer.connected(time.monotonic())
        while self.reads or self.layer.state != 6:
            data = self.connected.recv(65536)
            if not data:
                break
            with self.lock:
                for event in self.layer.receive_data(data, time.monotonic()):
                    if isinstance(event, AssociateRequested):
                        self.layer.accept(answer(event.request, policy), time.monotonic())
                    elif isinstance(event, Message):
                        self.messages.append(event)
                    elif isinstance(event, ReleaseRequested):
                        self.layer.confirm_release(time.monotonic())
                out = peers.sent(self.layer)
            self.connected.sendall(out)

    def respond(self, message: Message, *statuses: int, to: int | None = None) -> None:
        """Responses to a request, in one write."""
        with self.lock:
            for status in statuses:
                said = response(message.command, status)
                if to is not None:
                    said["MessageIDBeingRespondedTo"] = to
                self.layer.send(message.context_id, said, None, time.monotonic())
            out = peers.sent(self.layer)
        self.connected.sendall(out)

    def close(self) -> None:
        self.thread.join(10)
        self.connected.close()
        self.listening.close()


def run(work: Callable[[Acceptor, AsyncAssociation], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Let a client do something with an acceptor."""
    acceptor = Acceptor(reads=options.pop("reads", True))
    asynchronous = options.pop("asynchronous", None)

    async def main() -> None:
        ae = AE("ASKS", **options)
        work_with = await ae.associate_async(*acceptor.address, CONTEXTS, asynchronous=asynchronous)
        await asyncio.wait_for(work(acceptor, work_with), 20)
        work_with.abort()

    asyncio.run(main())
    acceptor.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize(("asked", "most"), [(None, 1), ((5, 1), 3), ((2, 1), 2)])
def test_as_many_requests_as_were_negotiated(asked: tuple[int, int] | None, most: int) -> None:
    """The acceptor grants three; who does not ask has one. Answers come in any order. PS3.7 §D.3.3.3."""

    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        tasks = [asyncio.create_task(association.send_c_echo()) for _ in range(5)]
        done = 0
        while done < 5:
            wanted = min(done + most, 5)
            await until(lambda wanted=wanted: len(acceptor.messages) == wanted)
            await asyncio.sleep(0.05)
            assert len(acceptor.messages) == wanted
            for message in reversed(acceptor.messages[done:]):
                acceptor.respond(message, 0xB000 + message.command["MessageID"])
            done = wanted
        assert [one.Status for one in await asyncio.gather(*tasks)] == [0xB001 + i for i in range(5)]
        await association.release()

    run(work, asynchronous=asked)


def test_who_takes_responses_slowly_is_not_overrun() -> None:
    """Reading stops while a few dozen wait, and no deadline passes meanwhile."""
    count = 20_000

    async def answer_all(acceptor: Acceptor) -> None:
        await until(lambda: len(acceptor.messages) == 1)
        await asyncio.to_thread(acceptor.respond, acceptor.messages[0], *[PENDING] * count, 0)

    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        answering = asyncio.create_task(answer_all(acceptor))
        command = request(Operation.C_FIND, association.next_message_id(), AffectedSOPClassUID=FIND)
        seen = 0
        async for message in association.request(association.context_for(FIND), command):
            if seen == 0:
                await asyncio.sleep(3)
                assert association._link.is_paused
            seen += message.command["Status"] == PENDING
        assert seen == count
        await answering

    run(work, timeouts=Timeouts(response=2, idle=2, pdu=2))


def test_who_takes_no_more_responses_keeps_nobody_waiting() -> None:
    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        context = association.context_for(FIND)
        command = request(Operation.C_FIND, association.next_message_id(), AffectedSOPClassUID=FIND)
        answering = asyncio.create_task(until(lambda: len(acceptor.messages) == 1))
        responses = association.request(context, command)
        asking = asyncio.create_task(anext(responses))
        await answering
        acceptor.respond(acceptor.messages[0], *[PENDING] * (3 * _MANY))
        assert (await asking).command["Status"] == PENDING
        await responses.aclose()
        other = asyncio.create_task(association.send_c_echo())
        await asyncio.sleep(0.05)
        assert len(acceptor.messages) == 1  # the first is still under way
        acceptor.respond(acceptor.messages[0], *[PENDING] * (3 * _MANY), 0)
        await until(lambda: len(acceptor.messages) == 2)
        acceptor.respond(acceptor.messages[1], 0)
        assert (await other).Status == 0

    run(work)


def test_a_response_that_nobody_wants_ends_all() -> None:
    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        tasks = [asyncio.create_task(association.send_c_echo()) for _ in range(4)]
        await until(lambda: len(acceptor.messages) == 3)
        acceptor.respond(acceptor.messages[0], 0, to=77)
        for one in tasks:
            with pytest.raises(ProtocolError, match="not sent"):
                await one
        assert not association.is_established
        with pytest.raises(ProtocolError, match="not sent"):
            await association.send_c_echo()

    run(work, asynchronous=(3, 1))


def test_what_ends_while_some_wait_is_told_to_all() -> None:
    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        tasks = [asyncio.create_task(association.send_c_echo()) for _ in range(4)]
        await until(lambda: len(acceptor.messages) == 3)
        acceptor.connected.shutdown(socket.SHUT_RDWR)
        for one in tasks:
            with pytest.raises(NetworkError):
                await one

    run(work, asynchronous=(3, 1))


def test_a_peer_that_takes_no_more_bytes(tmp_path: Path) -> None:
    """A send timeout in the middle of a message ends the association; not all of it waits in memory."""
    objects.make_ct(tmp_path / "a.dcm", rows=4000)

    async def work(acceptor: Acceptor, association: AsyncAssociation) -> None:
        sending = asyncio.create_task(association.send_c_store(tmp_path / "a.dcm"))
        await asyncio.sleep(0.2)
        assert association._link.transport is not None
        assert association._link.transport.get_write_buffer_size() < 1 << 20
        start = time.monotonic()
        with pytest.raises(NetworkTimeout, match="write"):
            await sending
        assert time.monotonic() - start < 5
        await until(lambda: association._link.transport is None)

    run(work, reads=False, timeouts=Timeouts(pdu=0.5))


def test_a_response_that_is_too_long() -> None:
    """A data set that is kept in memory has its limit: of ours, whoever sends it."""
    import test_normalized

    from dicomet.net import evt

    large = test_normalized.a_dataset("X" * 5000)
    ae = AE()
    ae.add_supported_context(test_normalized.MPPS)
    handlers = [(evt.EVT_N_GET, lambda event: (0, large))]
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers) as server:
        for nbytes in (1 << 20, 1000):
            asks = AE("ASKS", limits=Limits(held_nbytes=nbytes))
            with asks.associate("127.0.0.1", server.address[1], [(test_normalized.MPPS, None)]) as association:
                if nbytes > 5000:
                    got = association.send_n_get([0x00100010], test_normalized.MPPS, "1.2.3")
                    assert str(got.dataset.PatientName) == "X" * 5000
                    continue
                with pytest.raises(ProtocolError, match="longer than is allowed"):
                    association.send_n_get([0x00100010], test_normalized.MPPS, "1.2.3")
