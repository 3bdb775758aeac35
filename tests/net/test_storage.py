"""Storage, our client with our server: every byte, every policy, nothing outside the folder. PS3.4 Annex B."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import objects
import pytest
from corpus import real_files

from dicomet import Dataset, dcmread
from dicomet.errors import AssociationAborted, AssociationRejected, DicomError, NetworkError, ProtocolError
from dicomet.net import evt
from dicomet.net.ae import AE
from dicomet.net.dimse import Operation, request
from dicomet.net.limits import Limits
from dicomet.net.negotiation import Supported
from dicomet.net.registry import any_storage, transfer_syntaxes
from dicomet.net.server import Server
from dicomet.net.services.batch import send_files
from dicomet.net.services.sending import batches, contexts_for, item_of, send_file
from dicomet.net.services.storage import Receiving, safe_name

JPEG_LS = "1.2.840.10008.1.2.4.80"
IMPLICIT = "1.2.840.10008.1.2"
VERIFICATION = "1.2.840.10008.1.1"


def serve(folder: Path, limits: Limits | None = None, **options: Any) -> Server:
    ae = AE("STORE", limits=limits)
    ae.add_supported_context(VERIFICATION)
    ae.supported_contexts.update(any_storage())
    unknown = Supported(transfer_syntaxes())
    return ae.start_server(
        ("127.0.0.1", 0), block=False, storage=Receiving(folder, sync=False, **options), unknown=lambda uid: unknown
    )


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    objects.make_ct(tmp_path / "ct.dcm")
    return tmp_path / "ct.dcm"


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def send(server: Server, *paths: Path | str) -> list[int | None]:
    ae = AE("SEND")
    host, port = server.address[:2]
    sent = list(send_files([str(path) for path in paths], lambda contexts: ae.associate(host, port, contexts)))
    return [one.status for one in sent]


@pytest.mark.parametrize("syntax", [objects.EXPLICIT, JPEG_LS])
@pytest.mark.parametrize("memory_nbytes", [8 << 20, 3000])
def test_every_byte_arrives(tmp_path: Path, syntax: str, memory_nbytes: int) -> None:
    """Also of data sets that are too long for memory, which go to a file while they come."""
    uid = objects.make_ct(tmp_path / "a.dcm", syntax=syntax, rows=333)
    with serve(tmp_path / "in", Limits(memory_nbytes=memory_nbytes)) as server:
        assert send(server, tmp_path / "a.dcm") == [0]
    [path] = stored(tmp_path / "in")
    assert path == tmp_path / "in" / "1.2.3.4" / "1.2.3.4.1" / f"{uid}.dcm"
    assert objects.data_set_of(path) == objects.data_set_of(tmp_path / "a.dcm")
    meta = dcmread(path).file_meta
    assert meta.TransferSyntaxUID == syntax
    assert meta.MediaStorageSOPInstanceUID == uid
    assert (meta.SendingApplicationEntityTitle, meta.ReceivingApplicationEntityTitle) == ("SEND", "ANY-SCP")


@pytest.mark.skipif(not real_files(), reason="no test data here")
def test_every_real_file_arrives(tmp_path: Path) -> None:
    items = []
    for path in list(real_files().values()):
        try:
            items.append(item_of(path))
        except DicomError:
            continue
    assert len(items) > 100
    ae = AE("SEND")
    warned: dict[str, tuple[int, str]] = {}
    with serve(tmp_path, layout="{SOPInstanceUID}", duplicates="replace") as server:
        for batch in batches(items):
            with ae.associate("127.0.0.1", server.address[1], contexts_for(batch)) as association:
                for item in batch:
                    said = send_file(association, item)
                    if said.Status:
                        warned[os.path.basename(item.path)] = (said.Status, said.ErrorComment)
                    sent = objects.data_set_of(item.path)
                    got = objects.data_set_of(tmp_path / safe_name(item.sop_instance))
                    assert got == sent + b"\0" * (len(sent) % 2), item.path
    assert len(stored(tmp_path)) > 100
    text = "the source ends inside an element"
    assert warned == {
        "MR_truncated.dcm": (0xB007, f"(7FE0,0010): {text}"),
        "rtplan_truncated.dcm": (0xB007, f"(300A,00B0): {text}"),
        "emri_small_jpeg_2k_lossless_too_short.dcm": (0xB007, text),
    }


def test_who_takes_no_other_gets_another_syntax(tmp_path: Path) -> None:
    """A compressed file goes to a peer that has Implicit VR alone. PS3.5 §10.1."""
    objects.make_ct(tmp_path / "a.dcm", syntax=JPEG_LS)
    ae = AE("STORE")
    ae.add_supported_context(objects.CT, IMPLICIT)
    with ae.start_server(("127.0.0.1", 0), block=False, storage=Receiving(tmp_path / "in", sync=False)) as server:
        assert send(server, tmp_path / "a.dcm") == [0]
    [path] = stored(tmp_path / "in")
    got, sent = dcmread(path), dcmread(tmp_path / "a.dcm")
    assert got.file_meta.TransferSyntaxUID == IMPLICIT
    assert (got.pixel_array == sent.pixel_array).all()
    assert got.SOPInstanceUID == sent.SOPInstanceUID


@pytest.mark.parametrize(
    ("duplicates", "status", "count", "name"),
    [("replace", 0, 1, "new"), ("keep", 0, 1, "old"), ("refuse", 0x0111, 1, "old"), ("both", 0, 2, "old")],
)
def test_duplicates(ct: Path, tmp_path: Path, duplicates: Any, status: int, count: int, name: str) -> None:
    ds = dcmread(ct)
    ds.PatientName = "old"
    ds.save_as(tmp_path / "old.dcm")
    ds.PatientName = "new"
    ds.save_as(tmp_path / "new.dcm")
    with serve(tmp_path / "in", duplicates=duplicates, layout="{PatientID}.dcm") as server:
        assert send(server, tmp_path / "old.dcm") == [0]
        assert send(server, tmp_path / "new.dcm") == [status]
    assert len(stored(tmp_path / "in")) == count
    assert str(dcmread(tmp_path / "in" / "4711.dcm").PatientName) == name


@pytest.mark.parametrize(
    "evil", ["../../../x", "/etc/x", "a/b", "..", ".", "", "\\\\host\\x", "a\0b", "x" * 300, "\u00e4\u2028"]
)
def test_names_lead_nowhere_else(evil: str) -> None:
    name = safe_name(evil)
    assert name
    assert name not in (".", "..")
    assert "/" not in name
    assert len(name) <= 102
    assert os.path.normpath(os.path.join("/safe", name)).startswith("/safe/")


def test_path_characters_in_everything(ct: Path, tmp_path: Path) -> None:
    ds = dcmread(ct)
    ds.StudyInstanceUID = "../../up"
    ds.PatientID = "/abs"
    ds.save_as(tmp_path / "evil.dcm")
    (tmp_path / "in").mkdir()
    with serve(tmp_path / "in" / "deep", layout="{calling}/{StudyInstanceUID}/{PatientID}") as server:
        ae = AE("../..")
        with ae.associate("127.0.0.1", server.address[1], [(objects.CT, [objects.EXPLICIT])]) as association:
            assert association.send_c_store(tmp_path / "evil.dcm").Status == 0
    [path] = stored(tmp_path / "in")
    assert (tmp_path / "in" / "deep") in path.parents


def test_what_is_refused(ct: Path, tmp_path: Path) -> None:
    """PS3.4 Table B.2-1."""
    with serve(tmp_path / "in", Limits(data_nbytes=5000)) as server:
        ae = AE("SEND")
        with ae.associate("127.0.0.1", server.address[1], [(objects.CT, [objects.EXPLICIT])]) as association:
            item = item_of(ct)
            response = send_file(association, item)
            assert response.Status == 0xA700
            assert "longer" in response.ErrorComment
            assert response.category == "Failure"
            item.sop_instance = "1.2.3"
            objects.make_ct(ct, rows=8)
            assert send_file(association, item).Status == 0xA900
            with pytest.raises(ProtocolError, match="no presentation context"):
                association.context_for("1.2.3")
            assert association.is_established
    assert not stored(tmp_path / "in")


def test_what_is_too_long_for_memory(ct: Path, tmp_path: Path) -> None:
    """A handler's data set is refused, a file's is not; the association goes on."""
    seen: list[int] = []

    def handler(event: evt.Event) -> int:
        seen.append(len(event.data))
        return 0

    objects.make_ct(tmp_path / "large.dcm", rows=500)
    limits = Limits(held_nbytes=100_000)
    ae = AE("STORE", limits=limits)
    ae.add_supported_context(objects.CT)
    wanted = [(objects.CT, [objects.EXPLICIT])]
    for handlers in ([(evt.EVT_C_STORE, handler)], []):
        storage = None if handlers else Receiving(tmp_path / "in", sync=False)
        with (
            ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, storage=storage) as server,
            AE("SEND").associate("127.0.0.1", server.address[1], wanted) as association,
        ):
            statuses = [association.send_c_store(path).Status for path in (ct, tmp_path / "large.dcm", ct)]
            assert statuses == ([0, 0xA700, 0] if handlers else [0, 0, 0])
    assert len(seen) == 2
    assert max(seen) < 100_000


def test_long_data_sets_that_wait_are_not_read() -> None:
    """While a handler works, what is behind its request is read up to a few messages, or one long one."""
    go = threading.Event()
    seen: list[int] = []

    async def handler(event: evt.Event) -> int:
        seen.append(event.message_id)
        await asyncio.to_thread(go.wait, 10)
        return 0

    ae = AE("STORE", limits=Limits(operations=16))
    ae.add_supported_context(objects.CT)
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PixelData = objects.CT, "1.2.3", bytes(4 << 20)
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, handler)]) as server:

        async def send() -> list[int]:
            wanted = [(objects.CT, [objects.EXPLICIT])]
            async with await AE().associate_async(
                "127.0.0.1", server.address[1], wanted, asynchronous=(16, 1)
            ) as association:
                tasks = [asyncio.create_task(association.send_c_store(ds)) for _ in range(12)]
                await asyncio.sleep(0.7)
                [peer] = server.active_associations
                assert len(seen) == 1
                assert len(peer._waiting) == 1
                go.set()
                return [one.Status for one in await asyncio.gather(*tasks)]

        assert asyncio.run(send()) == [0] * 12
    assert seen == list(range(1, 13))


def damaged(path: Path, how: str) -> bytes:
    """The data set of a file, cut in its last value, or with something behind it."""
    data = objects.data_set_of(path)
    return data[: len(data) // 2 * 2 - 10] if how == "cut" else data + b"\x10\0\xe0\x7fOB\0\0\xff\xff\0\0" + bytes(20)


@pytest.mark.parametrize("how", ["whole", "cut", "more"])
@pytest.mark.parametrize("rows", [16, 400])
@pytest.mark.parametrize("syntax", [objects.EXPLICIT, JPEG_LS])
@pytest.mark.parametrize("is_native", [True, False])
def test_data_sets_that_are_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, rows: int, syntax: str, is_native: bool
) -> None:
    """They are stored as they came, and the sender is warned (PS3.4 Table B.2-1). What is whole needs no Python."""
    uid = objects.make_ct(tmp_path / "a.dcm", rows=rows, syntax=syntax)
    data = objects.data_set_of(tmp_path / "a.dcm") if how == "whole" else damaged(tmp_path / "a.dcm", how)
    in_python: list[int] = []
    store = Receiving.store

    def note(self: Receiving, peer: Any, context: Any, message: Any, incoming: Any) -> Any:
        in_python.append(message.command["MessageID"])
        return store(self, peer, context, message, incoming)

    monkeypatch.setattr(Receiving, "store", note)
    options: dict[str, Any] = {} if is_native else {"layout": lambda ds: ds.SOPInstanceUID}
    with serve(tmp_path / "in", **options) as server:
        ae = AE("SEND")
        with ae.associate("127.0.0.1", server.address[1], [(objects.CT, [syntax])]) as association:
            context = association.context_for(objects.CT)
            for _ in range(3):  # the first request may come before a thread has its turn
                command = request(
                    Operation.C_STORE, association.next_message_id(), has_data=True, Priority=0,
                    AffectedSOPClassUID=objects.CT, AffectedSOPInstanceUID=uid,
                )  # fmt: skip
                said = association.exchange(context, command, data).command
                assert said["Status"] == (0 if how == "whole" else 0xB007)
                assert ("ErrorComment" in said) == (how != "whole")
                if how == "cut":
                    assert "the source ends inside an element" in said["ErrorComment"]
    [path] = stored(tmp_path / "in")
    assert objects.data_set_of(path) == data
    assert (2 in in_python and 3 in in_python) == (how != "whole" or not is_native)


def test_data_sets_that_are_nonsense(tmp_path: Path) -> None:
    with serve(tmp_path / "in") as server:
        ae = AE("SEND")
        with ae.associate("127.0.0.1", server.address[1], [(objects.CT, [objects.EXPLICIT])]) as association:
            context = association.context_for(objects.CT)
            for data in (b"", b"\xff" * 1000, b"\x08\0\x16\0UI\xff\xff" + bytes(10)):
                command = {
                    "AffectedSOPClassUID": objects.CT,
                    "CommandField": 1,
                    "MessageID": association.next_message_id(),
                    "Priority": 0,
                    "CommandDataSetType": 1,
                    "AffectedSOPInstanceUID": "1.2.3",
                }
                assert association.exchange(context, command, data).command["Status"] in (0xA900, 0xC000)
    assert not stored(tmp_path / "in")


def test_coercion_and_what_was_stored(ct: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def coerce(ds: Dataset) -> Dataset:
        ds.PatientName = "Anonymous"
        return ds

    with serve(tmp_path / "in", coerce=coerce, stored=lambda path, ds: told.append(path)) as server:
        assert send(server, ct) == [0]
    [path] = stored(tmp_path / "in")
    assert [str(path)] == told
    assert str(dcmread(path).PatientName) == "Anonymous"


def test_handlers(ct: Path) -> None:
    """Plain ones run in threads, coroutines on the loop; what they return is the status."""
    seen: list[str] = []

    def store(event: evt.Event) -> int:
        seen.append(str(event.dataset.PatientName))
        assert event.request.AffectedSOPClassUID == objects.CT
        return 0xB000

    async def echo(event: evt.Event) -> dict[str, Any]:
        return {"Status": 0x0122, "ErrorComment": "tired"}

    def fail(event: evt.Event) -> int:
        raise RuntimeError("on purpose")

    ae = AE("HANDLES")
    ae.add_supported_context(objects.CT)
    ae.add_supported_context(VERIFICATION)
    handlers = [(evt.EVT_C_STORE, store), (evt.EVT_C_ECHO, echo)]
    contexts = [(objects.CT, [objects.EXPLICIT]), (VERIFICATION, None)]
    with (
        ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers) as server,
        AE().associate("127.0.0.1", server.address[1], contexts) as association,
    ):
        assert association.send_c_store(ct).category == "Warning"
        assert association.send_c_store(dcmread(ct)).Status == 0xB000
        response = association.send_c_echo()
        assert (response.Status, response.ErrorComment) == (0x0122, "tired")
    assert seen == ["Doe^Jane"] * 2
    with (
        ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, fail)]) as server,
        AE().associate("127.0.0.1", server.address[1], contexts) as association,
    ):
        assert association.send_c_store(ct).Status == 0x0110
        assert association.send_c_echo().Status == 0


def test_rejections() -> None:
    ae = AE("ME", maximum_associations=1)
    ae.add_supported_context(VERIFICATION)
    ae.require_called_aet = True
    contexts = [(VERIFICATION, None)]
    with ae.start_server(("127.0.0.1", 0), block=False) as server:
        port = server.address[1]
        with pytest.raises(AssociationRejected, match="called AE title") as caught:
            AE().associate("127.0.0.1", port, contexts, ae_title="YOU")
        assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 1, 7)
        with AE().associate("127.0.0.1", port, contexts, ae_title="ME") as first:
            with pytest.raises(AssociationRejected, match="for now: local limit"):
                AE().associate("127.0.0.1", port, contexts, ae_title="ME")
            assert first.send_c_echo().Status == 0
    with pytest.raises(NetworkError, match="refused"):
        AE().associate("127.0.0.1", port, contexts)
    with pytest.raises(NetworkError, match="ISCL"):
        AE().associate("127.0.0.1", 2761, contexts)
    with pytest.raises(ValueError, match="AE title"):
        AE("much too long a title")


def test_shutting_down_ends_associations() -> None:
    ae = AE("ME")
    ae.add_supported_context(VERIFICATION)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    association = AE().associate("127.0.0.1", server.address[1], [(VERIFICATION, None)])
    assert association.send_c_echo().Status == 0
    server.shutdown()
    with pytest.raises(AssociationAborted):
        association.send_c_echo()
    server.shutdown()


def test_a_data_set_in_stretches(tmp_path: Path) -> None:
    """Of any length, in the memory of one stretch."""
    objects.make_ct(tmp_path / "a.dcm", rows=700)
    data, item = objects.data_set_of(tmp_path / "a.dcm"), item_of(tmp_path / "a.dcm")
    with (
        serve(tmp_path / "in") as server,
        AE().associate("127.0.0.1", server.address[1], [(objects.CT, [objects.EXPLICIT])]) as association,
    ):
        context = association.context_for(objects.CT)
        command = {
            "AffectedSOPClassUID": objects.CT,
            "CommandField": 1,
            "MessageID": association.next_message_id(),
            "Priority": 0,
            "CommandDataSetType": 1,
            "AffectedSOPInstanceUID": item.sop_instance,
        }
        cuts = range(0, len(data), 200000)
        association.send_streamed(context, command, ((data[i : i + 200000], i == cuts[-1]) for i in cuts))
        [message] = association.responses(command["MessageID"], context)
        assert message.command["Status"] == 0
    [path] = stored(tmp_path / "in")
    assert objects.data_set_of(path) == data


def test_files_are_on_disk_before_the_response(ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder as well, whose entry is the name; of what is not stored natively, which test_storefile.c shows."""
    synced: list[str] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    objects.make_ct(tmp_path / "long.dcm", rows=300)
    ae = AE("STORE")
    ae.supported_contexts.update(any_storage())
    folder = tmp_path / "in"
    storage = Receiving(folder, layout=lambda ds: ds.PatientID)
    Receiving(folder / "a" / "b")
    assert synced == [str(tmp_path), str(folder), str(folder / "a")]  # what folders are new in
    synced.clear()
    with ae.start_server(("127.0.0.1", 0), block=False, storage=storage) as server:
        assert send(server, ct) == [0]
        assert synced == [str(folder)]  # the file itself was brought there by `OutFile`
        assert send(server, tmp_path / "long.dcm") == [0]
    assert len(synced) == 3
    assert synced[1].startswith(str(folder / ".incoming-"))
    assert synced[2] == str(folder)


def test_who_does_not_wait_for_responses(tmp_path: Path) -> None:
    """Long data sets one behind the other, while the first ones are being brought to disk: each finds its file."""
    uids = [objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=[300, 20][i % 2]) for i in range(12)]
    ae = AE("STORE")
    ae.supported_contexts.update(any_storage())
    with (
        ae.start_server(
            ("127.0.0.1", 0), block=False, storage=Receiving(tmp_path / "in", layout="{SOPInstanceUID}")
        ) as server,
        AE().associate("127.0.0.1", server.address[1], [(objects.CT, [objects.EXPLICIT])]) as association,
    ):
        context = association.context_for(objects.CT)
        for i, uid in enumerate(uids):
            command = {
                "AffectedSOPClassUID": objects.CT,
                "CommandField": 1,
                "MessageID": i + 1,
                "Priority": 0,
                "CommandDataSetType": 1,
                "AffectedSOPInstanceUID": uid,
            }
            association.send(context, command, objects.data_set_of(tmp_path / f"{i}.dcm"))
        answers = [next(association.responses(i + 1, context)).command["Status"] for i in range(12)]
    assert answers == [0] * 12
    for i, uid in enumerate(uids):
        assert objects.data_set_of(tmp_path / "in" / uid) == objects.data_set_of(tmp_path / f"{i}.dcm")
    assert len(stored(tmp_path / "in")) == 12
