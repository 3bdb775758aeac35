"""What a thread answers while it has an association, and where that ends. PS3.7 §9.1.1; PS3.8 §7.3."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import objects
import peers
import pytest
from corpus import real_files

from dicomet._native import pdu, sendfiles
from dicomet.errors import AssociationAborted, DicomError, NetworkError
from dicomet.net import evt
from dicomet.net.ae import AE
from dicomet.net.client import Association
from dicomet.net.dimse import Operation, request
from dicomet.net.events import Message
from dicomet.net.limits import Timeouts
from dicomet.net.registry import any_storage
from dicomet.net.server import Server
from dicomet.net.services.batch import send_files
from dicomet.net.services.sending import item_of
from dicomet.net.services.storage import Receiving
from dicomet.net.upperlayer import UpperLayer

CONTEXTS = [(objects.CT, [objects.EXPLICIT]), (peers.VERIFICATION, None)]
PAUSE = 0.1  # seconds: longer than a turn waits


def serve(storage: Receiving | None = None, handlers: list[Any] | None = None, **options: Any) -> Server:
    ae = AE("STORE", **options)
    ae.add_supported_context(peers.VERIFICATION)
    ae.supported_contexts.update(any_storage())
    return ae.start_server(("127.0.0.1", 0), block=False, storage=storage, evt_handlers=handlers or ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with serve(Receiving(folder, sync=False, layout="{SOPInstanceUID}")) as one:
        yield one


def message_of(path: Path, context: int, message_id: int) -> bytes:
    """C-STORE of a file, as it goes over the wire."""
    item = item_of(path)
    command = request(
        Operation.C_STORE, message_id, has_data=True, Priority=0,
        AffectedSOPClassUID=item.sop_class, AffectedSOPInstanceUID=item.sop_instance,
    )  # fmt: skip
    pieces = pdu.message(context, pdu.encode_command(command), objects.data_set_of(path), 50000)
    return b"".join(bytes(piece) for piece in pieces)


def associate(server: Server) -> Association:
    return AE("SEND").associate("127.0.0.1", server.address[1], CONTEXTS)


@pytest.mark.parametrize("rows", [32, 600])
@pytest.mark.parametrize("at", [3, 40, 300, 30000, 66000, 90000, 400000])
def test_a_data_set_that_pauses(tmp_path: Path, folder: Path, server: Server, rows: int, at: int) -> None:
    """In the command set, in front of the data set, in it before and after it is known to be long."""
    for name in "ab":
        objects.make_ct(tmp_path / f"{name}.dcm", rows=rows)
    with associate(server) as association:
        context = association.context_for(objects.CT)
        connected = association._connection.socket
        assert isinstance(connected, socket.socket)
        first = message_of(tmp_path / "a.dcm", context.id, 1)
        second = message_of(tmp_path / "b.dcm", context.id, 2)
        connected.sendall(first + second[:at])
        time.sleep(PAUSE)
        connected.sendall(second[at:])
        for message_id in (1, 2):
            [answer] = association.responses(message_id, context)
            assert answer.command["Status"] == 0
        assert association.send_c_echo().Status == 0
    for name in "ab":
        sent = tmp_path / f"{name}.dcm"
        assert objects.data_set_of(folder / item_of(sent).sop_instance) == objects.data_set_of(sent)
    assert len(os.listdir(folder)) == 2


def test_more_associations_than_threads(tmp_path: Path, folder: Path, server: Server) -> None:
    for i in range(40):
        objects.make_ct(tmp_path / f"{i}.dcm", rows=[16, 300][i % 2])
    said: list[int] = []

    def send(i: int) -> None:
        with associate(server) as association:
            for _ in range(10):
                said.append(association.send_c_store(tmp_path / f"{i}.dcm").Status)
                assert association.send_c_echo().Status == 0

    threads = [threading.Thread(target=send, args=(i,)) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [0] * 400
    assert len(os.listdir(folder)) == 40


def test_an_association_has_its_time(tmp_path: Path, folder: Path) -> None:
    """However busy it is."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)

    def store_on(association: Association) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            assert association.send_c_store(tmp_path / "a.dcm").Status == 0

    with serve(Receiving(folder, sync=False), timeouts=Timeouts(whole=2)) as server:
        association = associate(server)
        with pytest.raises(AssociationAborted):
            store_on(association)


@pytest.mark.parametrize("rows", [16, 600])
def test_a_server_that_stops_meanwhile(tmp_path: Path, folder: Path, rows: int) -> None:
    """It does at once, whoever sends; nothing half is left, and nothing acknowledged is missing."""
    sent = [tmp_path / f"{i}.dcm" for i in range(20)]
    for path in sent:
        objects.make_ct(path, rows=rows)
    server = serve(Receiving(folder, sync=False, layout="{SOPInstanceUID}"))
    acknowledged: set[str] = set()

    def send() -> None:
        association = associate(server)
        try:
            while True:
                for path in sent:
                    assert association.send_c_store(path).Status == 0
                    acknowledged.add(item_of(path).sop_instance)
        except NetworkError:
            pass

    thread = threading.Thread(target=send)
    thread.start()
    end = time.monotonic() + 20
    while len(acknowledged) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    server.shutdown()
    thread.join(20)
    assert not thread.is_alive()
    assert len(acknowledged) >= 5
    assert acknowledged <= set(os.listdir(folder)) <= {item_of(path).sop_instance for path in sent}


@pytest.mark.parametrize("nbefore", [0, 1, 2])
def test_a_server_that_stops_amid_a_data_set(tmp_path: Path, folder: Path, nbefore: int) -> None:
    """What came of it is gone when the server has stopped: of the first message, and in a turn."""
    objects.make_ct(tmp_path / "a.dcm", rows=600)
    for _ in range(20):
        server = serve(Receiving(folder, sync=False, layout="{SOPInstanceUID}"))
        association = associate(server)
        message = message_of(tmp_path / "a.dcm", association.context_for(objects.CT).id, 1)
        connection = association._connection
        for _ in range(nbefore):
            connection.write([message])
            assert isinstance(connection.next_event(), Message)
        connection.write([message[: len(message) // 2]])
        end = time.monotonic() + 20
        while not any(name.startswith(".") for name in os.listdir(folder)) and time.monotonic() < end:
            time.sleep(0.001)
        server.shutdown()
        assert len(os.listdir(folder)) == min(nbefore, 1)
        association.abort()
        shutil.rmtree(folder)


def test_a_server_that_stops_before_a_turn_has_a_thread(tmp_path: Path, folder: Path) -> None:
    """What came of its data set is taken away, and its socket is closed."""
    objects.make_ct(tmp_path / "a.dcm", rows=600)
    go = threading.Event()
    server = serve(Receiving(folder, sync=False), [(evt.EVT_N_GET, lambda event: 0 if go.wait(20) else 1)])
    server.threads.shutdown()
    server.threads = ThreadPoolExecutor(1)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    holding, waiting = associate(server), associate(server)
    context = waiting.context_for(objects.CT)
    holding.send(
        holding.context_for(objects.CT),
        request(Operation.N_GET, 1, RequestedSOPClassUID=objects.CT, RequestedSOPInstanceUID="1.2"),
    )
    layer, connection = waiting._layer, waiting._connection
    connection.write([message_of(tmp_path / "a.dcm", context.id, 1)])
    end = time.monotonic() + 20
    while not (server.is_wanted() and os.listdir(folder)) and time.monotonic() < end:
        time.sleep(0.01)
    assert [name.startswith(".incoming") for name in os.listdir(folder)] == [True]
    server.shutdown()
    go.set()
    for one in (holding, waiting):
        one.abort()
    assert layer.state in (1, 13)
    assert os.listdir(folder) == []
    if before is not None:
        server.threads.shutdown()
        assert len(os.listdir("/proc/self/fd")) < before  # the listening socket and the loop's own are gone


def test_a_handler_aborts(tmp_path: Path) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=16)

    def store(event: evt.Event) -> int:
        event.assoc.abort()
        return 0

    with serve(handlers=[(evt.EVT_C_STORE, store)]) as server, pytest.raises(AssociationAborted) as caught:
        associate(server).send_c_store(tmp_path / "a.dcm")
    assert caught.value.source == 0


def test_what_cannot_get_its_name_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    """A folder has it: the sender hears of that, short or long, natively or not."""
    for rows in (16, 600):
        path = tmp_path / f"{rows}.dcm"
        uid = objects.make_ct(path, rows=rows)
        for options in ({}, {"stored": lambda *_: None}, {"layout": lambda ds: str(ds.SOPInstanceUID)}):
            os.makedirs(folder / uid, exist_ok=True)
            storage = Receiving(folder, sync=False, **{"layout": "{SOPInstanceUID}", **options})
            with serve(storage) as server, associate(server) as association:
                assert [association.send_c_store(path).Status for _ in range(3)] == [0xA700] * 3
    assert len(os.listdir(folder)) == 2


def test_a_folder_that_is_gone_is_made_again(tmp_path: Path, folder: Path) -> None:
    for rows in (16, 600):
        objects.make_ct(tmp_path / "a.dcm", rows=rows)
        for options in ({}, {"stored": lambda *_: None}):
            storage = Receiving(folder, sync=False, layout="a/b/{PatientID}.dcm", **options)
            with serve(storage) as server, associate(server) as association:
                for _ in range(2):
                    assert association.send_c_store(tmp_path / "a.dcm").Status == 0
                    (folder / "a" / "b" / "4711.dcm").unlink()
                    (folder / "a" / "b").rmdir()
                    (folder / "a").rmdir()


def test_a_file_that_is_cut_while_it_is_sent(tmp_path: Path) -> None:
    """Half a message cannot be taken back: the association ends, and the file is named."""
    path = tmp_path / "long.dcm"
    objects.make_ct(path, rows=5000)
    listening = socket.create_server(("127.0.0.1", 0))
    got = bytearray()

    def answer() -> None:
        connected, _ = listening.accept()
        layer = UpperLayer(is_requestor=False)
        layer.connected(0)
        events = layer.receive_data(connected.recv(65536), 0)
        peers.accepting(layer, events)
        connected.sendall(peers.sent(layer))
        got.extend(connected.recv(1000, socket.MSG_WAITALL))
        os.truncate(path, 10_000_000)  # more is under way than was read, and less than is to come
        while more := connected.recv(1 << 20):
            got.extend(more)
        connected.close()

    thread = threading.Thread(target=answer)
    thread.start()
    ae = AE("SEND")
    port = listening.getsockname()[1]
    [sent] = send_files([str(path)], lambda contexts: ae.associate("127.0.0.1", port, contexts), retries=0)
    thread.join(20)
    listening.close()
    assert not sent.ok
    assert "cut" in sent.message
    assert 1000 < len(got) < 11_000_000


@pytest.mark.skipif(not real_files(), reason="no test data here")
def test_files_are_told_natively_as_in_python() -> None:
    paths = [str(path) for path in real_files().values()]
    looked = sendfiles.look([*paths, "/nowhere", "a\0b"])
    assert looked[-2:] == [None, None]
    assert sum(found is not None for found in looked) > 200
    for path, found in zip(paths, looked, strict=False):
        try:
            item = item_of(path)
        except DicomError:
            assert found is None, path
            continue
        told = (item.sop_class, item.sop_instance, item.transfer_syntax, item.offset, item.nbytes)
        assert found in (None, told), path


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    sent = list(send_files(["a\0b"], lambda contexts: pytest.fail("nothing is to be sent")))
    assert [(one.path, one.status) for one in sent] == [("a\0b", None)]
