"""Several requests under way at a time, where that was negotiated. PS3.7 §D.3.3.3."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import objects
import peers
import pytest
import test_storage

from dicomet.errors import NetworkError, ProtocolError
from dicomet.net import evt
from dicomet.net.ae import AE
from dicomet.net.client import Association
from dicomet.net.dimse import response
from dicomet.net.events import AssociateRequested, Message
from dicomet.net.limits import Limits
from dicomet.net.registry import any_storage
from dicomet.net.server import Server
from dicomet.net.services.batch import Open, send_files
from dicomet.net.services.storage import Receiving
from dicomet.net.upperlayer import UpperLayer


def serve(storage: Receiving | None = None, handlers: list[object] | None = None, **options: object) -> Server:
    ae = AE("STORE", **options)  # type: ignore[arg-type]
    ae.supported_contexts.update(any_storage())
    return ae.start_server(("127.0.0.1", 0), block=False, storage=storage, evt_handlers=handlers or ())  # type: ignore[arg-type]


def opening(server: Server, asked: int, found: list[int] | None = None) -> Open:
    """Ask for an association with so many requests at a time."""

    def associate(contexts: list[tuple[str, tuple[str, ...]]]) -> Association:
        one = AE("SEND").associate("127.0.0.1", server.address[1], contexts, asynchronous=(asked, 1))
        if found is not None:
            found.append(one._layer.window)
        return one

    return associate


def make(folder: Path, count: int) -> list[str]:
    """Short and long objects."""
    for i in range(count):
        objects.make_ct(folder / f"{i:03}.dcm", rows=[32, 500][i % 7 == 3])
    return sorted(str(path) for path in folder.glob("*.dcm"))


@pytest.mark.parametrize(
    ("asked", "granted", "allowed"), [(2, 2, 8), (50, 8, 8), (0, 8, 8), (5, 5, 0), (0, 0, 0), (4, 1, 1)]
)
def test_a_window_is_granted_and_used(tmp_path: Path, asked: int, granted: int, allowed: int) -> None:
    paths = make(tmp_path, 60)
    found: list[int] = []
    storage = Receiving(tmp_path / "in", sync=False)
    with serve(storage, limits=Limits(operations=allowed)) as server:
        sent = list(send_files(paths, opening(server, asked, found)))
    assert found == [granted]
    assert sorted(one.path for one in sent if one.status == 0) == paths
    stored = test_storage.stored(tmp_path / "in")
    assert sorted(objects.data_set_of(path) for path in stored) == sorted(objects.data_set_of(path) for path in paths)


def test_each_file_has_its_own_answer(tmp_path: Path) -> None:
    """Whatever is refused in between, and whatever cannot be sent."""
    paths = make(tmp_path, 40)
    (tmp_path / "015x.dcm").write_bytes(b"no DICOM")
    (tmp_path / "033.dcm").write_bytes((tmp_path / "033.dcm").read_bytes() + b"\0")  # of an odd number: not natively
    paths = sorted(str(path) for path in tmp_path.glob("*.dcm"))
    lock, under_way = threading.Lock(), []

    def store(event: evt.Event) -> object:
        with lock:
            under_way.append(event.dataset.InstanceNumber)
            if len(under_way) % 5 == 0:
                return {"Status": 0xA700, "ErrorComment": f"no room for {event.command['AffectedSOPInstanceUID'][-9:]}"}
        return 0xB000 if len(under_way) % 7 == 0 else 0

    with serve(handlers=[(evt.EVT_C_STORE, store)]) as server:
        sent = list(send_files(paths, opening(server, 8)))
    assert sorted(one.path for one in sent) == paths
    by_path = {one.path: one for one in sent}
    assert by_path[str(tmp_path / "015x.dcm")].status is None
    refused = [one for one in sent if one.status == 0xA700]
    assert len(refused) == 8
    assert all(one.message == f"no room for {one.sop_instance[-9:]}" for one in refused)
    assert sum(one.status == 0xB000 for one in sent) in (4, 5)


def test_an_association_that_breaks_with_some_under_way(tmp_path: Path) -> None:
    """What was not answered is sent again."""
    paths = make(tmp_path, 30)
    seen: list[str] = []

    def store(event: evt.Event) -> int:
        seen.append(event.command["AffectedSOPInstanceUID"])
        if len(seen) in (5, 11):
            event.assoc.abort()
        return 0

    with serve(handlers=[(evt.EVT_C_STORE, store)]) as server:
        sent = list(send_files(paths, opening(server, 4)))
        assert sorted(one.path for one in sent if one.ok) == paths
        assert len(seen) == 32
        seen[:] = []
        with pytest.raises(NetworkError), opening(server, 4)([(objects.CT, (objects.EXPLICIT,))]) as association:
            list(association.send_natively(paths))
        with pytest.raises(NetworkError):
            list(association.send_natively(paths))


def test_a_response_that_nobody_waits_for(tmp_path: Path) -> None:
    """It ends the association."""
    [path] = make(tmp_path, 1)
    listening = socket.create_server(("127.0.0.1", 0))

    def answer_wrongly() -> None:
        connected, _ = listening.accept()
        layer = UpperLayer(is_requestor=False)
        layer.connected(0)
        with connected:
            while came := connected.recv(65536):
                events = layer.receive_data(came, 0)
                if any(isinstance(one, AssociateRequested) for one in events):
                    peers.accepting(layer, events)
                for one in events:
                    if isinstance(one, Message):
                        layer.send(
                            one.context_id, response(one.command, 0) | {"MessageIDBeingRespondedTo": 77}, None, 0
                        )
                connected.sendall(peers.sent(layer))

    thread = threading.Thread(target=answer_wrongly)
    thread.start()
    with AE().associate("127.0.0.1", listening.getsockname()[1], [(objects.CT, (objects.EXPLICIT,))]) as association:
        with pytest.raises(ProtocolError, match="not sent"):
            list(association.send_natively([path]))
        assert not association.is_established
    thread.join(10)
    listening.close()
