"""Command sets: every element there and back, the same bytes as pydicom writes. PS3.7 §6.3.1, Annex E."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomet._native import pdu as native
from dicomet.errors import ProtocolError
from dicomet.net.dimse import Operation, Response, cancel, request, response

uids = st.lists(st.integers(0, 99999), min_size=2, max_size=9).map(lambda parts: ".".join(map(str, parts)))
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16)
numbers = st.integers(0, 0xFFFF)
tags = st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=20)
ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "AffectedSOPClassUID": uids,
    "RequestedSOPClassUID": uids,
    "CommandField": numbers,
    "MessageID": numbers,
    "MessageIDBeingRespondedTo": numbers,
    "MoveDestination": texts,
    "Priority": numbers,
    "CommandDataSetType": numbers,
    "Status": numbers,
    "OffendingElement": tags,
    "ErrorComment": texts,
    "ErrorID": numbers,
    "AffectedSOPInstanceUID": uids,
    "RequestedSOPInstanceUID": uids,
    "EventTypeID": numbers,
    "AttributeIdentifierList": tags,
    "ActionTypeID": numbers,
    "NumberOfRemainingSuboperations": numbers,
    "NumberOfCompletedSuboperations": numbers,
    "NumberOfFailedSuboperations": numbers,
    "NumberOfWarningSuboperations": numbers,
    "MoveOriginatorApplicationEntityTitle": texts,
    "MoveOriginatorMessageID": numbers,
}
commands = st.fixed_dictionaries({}, optional=ELEMENTS)


@given(commands)
def test_there_and_back(command: dict[str, Any]) -> None:
    assert native.decode_command(native.encode_command(command)) == command


@given(commands)
def test_the_bytes_of_pydicom(command: dict[str, Any]) -> None:
    """Implicit VR Little Endian, in ascending order, behind Command Group Length."""
    pydicom = pytest.importorskip("pydicom")
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    ds = pydicom.Dataset()
    for keyword, value in command.items():
        setattr(ds, keyword, value)
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, True
    write_dataset(file, ds)
    body = file.getvalue()
    head = b"\0\0\0\0\4\0\0\0" + len(body).to_bytes(4, "little")
    assert native.encode_command(command) == head + body


@given(commands, st.data())
def test_what_is_cut_is_refused_or_shorter(command: dict[str, Any], data: st.DataObject) -> None:
    encoded = native.encode_command(command)
    cut = encoded[: data.draw(st.integers(0, len(encoded)))]
    with contextlib.suppress(ProtocolError):
        assert native.decode_command(cut).items() <= command.items()


BOTH, CLASS = ("Class", "Instance"), ("Class",)
REPEATED = {
    Operation.C_STORE: ("Affected", BOTH),
    Operation.C_FIND: ("Affected", CLASS),
    Operation.C_GET: ("Affected", CLASS),
    Operation.C_MOVE: ("Affected", CLASS),
    Operation.C_ECHO: ("Affected", CLASS),
    Operation.N_EVENT_REPORT: ("Affected", BOTH),
    Operation.N_GET: ("Requested", BOTH),
    Operation.N_SET: ("Requested", BOTH),
    Operation.N_ACTION: ("Requested", BOTH),
    Operation.N_CREATE: ("Affected", BOTH),
    Operation.N_DELETE: ("Requested", BOTH),
}


@pytest.mark.parametrize("operation", REPEATED)
def test_responses_repeat_their_request(operation: Operation) -> None:
    """PS3.7 §9.3, §10.3: the message ID, and the SOP class and instance, whichever name they have in the request."""
    whose, parts = REPEATED[operation]
    asked = request(operation, 7, **{f"{whose}SOP{part}UID": f"1.2.{part}" for part in parts})
    said = response(asked, 0xB000, has_data=True, NumberOfRemainingSuboperations=3, OffendingElement=[0x00100010])
    seen = Response(native.decode_command(native.encode_command(said)))
    assert seen.CommandField == operation | 0x8000
    assert seen.MessageIDBeingRespondedTo == 7
    assert seen.CommandDataSetType != 0x0101
    assert (seen.Status, seen.category) == (0xB000, "Warning")
    for part in BOTH:
        assert getattr(seen, f"AffectedSOP{part}UID") == (f"1.2.{part}" if part in parts else None)
    assert seen.NumberOfRemainingSuboperations == 3
    assert seen.OffendingElement == [0x00100010]
    assert "MessageID" not in said


def test_a_cancel() -> None:
    """PS3.7 §9.3.2.3: no data set, and only the message ID of what is to end."""
    encoded = native.encode_command(cancel(9))
    assert native.decode_command(encoded) == {
        "CommandField": 0x0FFF,
        "MessageIDBeingRespondedTo": 9,
        "CommandDataSetType": 0x0101,
    }
