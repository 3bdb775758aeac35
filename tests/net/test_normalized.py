"""DIMSE-N services: each operation, ours with ours and with pynetdicom, and what a response repeats. PS3.7 §10."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import servers

from dicomet import Dataset
from dicomet.net import evt
from dicomet.net.ae import AE
from dicomet.net.client import Association
from dicomet.net.dimse import Response

MPPS = "1.2.840.10008.3.1.2.3.3"
COMMITMENT, FILM_SESSION = "1.2.840.10008.1.20.1", "1.2.840.10008.5.1.1.1"
INSTANCE = "1.2.3.4"


def a_dataset(name: str) -> Dataset:
    ds = Dataset()
    ds.PatientName = name
    return ds


def every_operation(association: Association) -> list[Response]:
    return [
        association.send_n_create(a_dataset("create"), MPPS, INSTANCE),
        association.send_n_set(a_dataset("set"), MPPS, INSTANCE),
        association.send_n_get([0x00100010], MPPS, INSTANCE),
        association.send_n_action(a_dataset("action"), 3, MPPS, INSTANCE),
        association.send_n_event_report(a_dataset("event"), 2, MPPS, INSTANCE),
        association.send_n_delete(MPPS, INSTANCE),
    ]


def test_ours_with_ours() -> None:
    seen: list[tuple[str, Any, Any]] = []

    def handler(event: evt.Event) -> Any:
        request = event.request
        uid = request.AffectedSOPInstanceUID or request.RequestedSOPInstanceUID
        name = str(event.dataset.PatientName) if event.data is not None else None
        seen.append((uid, name, request.AttributeIdentifierList))
        if name is None and request.AttributeIdentifierList is None:  # N-DELETE
            return 0x0112
        return 0x0000, a_dataset(f"{name}d")

    ae = AE()
    ae.add_supported_context(MPPS)
    events = (
        evt.EVT_N_CREATE, evt.EVT_N_SET, evt.EVT_N_GET, evt.EVT_N_ACTION, evt.EVT_N_EVENT_REPORT, evt.EVT_N_DELETE,
    )  # fmt: skip
    with (
        ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(one, handler) for one in events]) as server,
        AE().associate("127.0.0.1", server.address[1], [(MPPS, None)]) as association,
    ):
        responses = every_operation(association)
    assert [one.Status for one in responses] == [0, 0, 0, 0, 0, 0x0112]
    names = [str(one.dataset.PatientName) if one.dataset is not None else None for one in responses]
    assert names == ["created", "setd", "Noned", "actiond", "eventd", None]
    assert [one.AffectedSOPInstanceUID for one in responses] == [INSTANCE] * 6
    assert responses[3].ActionTypeID == 3
    assert responses[4].EventTypeID == 2
    assert seen[2] == (INSTANCE, None, [0x00100010])


def test_ours_with_pynetdicom() -> None:
    pynetdicom = pytest.importorskip("pynetdicom")
    theirs = pynetdicom.evt
    pydicom = pytest.importorskip("pydicom")

    def answer(event: Any) -> Any:
        ds = pydicom.Dataset()
        ds.PatientName = "answer"
        return 0x0000, ds

    ae = pynetdicom.AE()
    classes = (MPPS, COMMITMENT, FILM_SESSION)
    for one in classes:
        ae.add_supported_context(one)
    handlers = [
        (theirs.EVT_N_CREATE, answer),
        (theirs.EVT_N_SET, answer),
        (theirs.EVT_N_GET, answer),
        (theirs.EVT_N_ACTION, answer),
        (theirs.EVT_N_EVENT_REPORT, answer),
        (theirs.EVT_N_DELETE, lambda event: 0x0000),
    ]
    port = servers.free_port()
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    try:
        with AE().associate("127.0.0.1", port, [(one, None) for one in classes]) as association:
            responses = [
                association.send_n_create(a_dataset("create"), MPPS, INSTANCE),
                association.send_n_set(a_dataset("set"), MPPS, INSTANCE),
                association.send_n_get([0x00100010, 0x00100020], MPPS, INSTANCE),
                association.send_n_action(a_dataset("action"), 1, COMMITMENT, INSTANCE),
                association.send_n_event_report(a_dataset("event"), 1, COMMITMENT, INSTANCE),
                association.send_n_delete(FILM_SESSION, INSTANCE),
            ]
    finally:
        server.shutdown()
    assert [one.Status for one in responses] == [0] * 6
    assert [str(one.dataset.PatientName) for one in responses[:5]] == ["answer"] * 5


def test_pynetdicom_with_ours() -> None:
    pynetdicom = pytest.importorskip("pynetdicom")
    pydicom = pytest.importorskip("pydicom")
    names: list[str] = []
    done = threading.Event()

    def create(event: evt.Event) -> Any:
        names.append(str(event.dataset.PatientName))
        done.set()
        return 0x0000, event.dataset

    ours = AE()
    ours.add_supported_context(MPPS)
    with ours.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_CREATE, create)]) as server:
        ae = pynetdicom.AE()
        ae.add_requested_context(MPPS)
        association = ae.associate("127.0.0.1", server.address[1])
        assert association.is_established
        ds = pydicom.Dataset()
        ds.PatientName = "theirs"
        status, attributes = association.send_n_create(ds, MPPS, INSTANCE)
        association.release()
    assert done.is_set()
    assert (status.Status, attributes.PatientName, names) == (0, "theirs", ["theirs"])
