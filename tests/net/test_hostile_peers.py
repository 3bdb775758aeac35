"""Peers that break the rules: the standard's answer within a second, and nobody else notices. PS3.8 §9.2, §9.3.8."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import objects
import peers
import psutil
import pytest
import servers

from dicomet._native import pdu as native
from dicomet.net import pdus
from dicomet.net.ae import AE
from dicomet.net.limits import Limits, Timeouts
from dicomet.net.negotiation import contexts_of
from dicomet.net.registry import any_storage
from dicomet.net.server import Server
from dicomet.net.services.storage import Receiving

VERIFICATION = peers.VERIFICATION
IMPATIENT = Timeouts(artim=0.6, pdu=0.6, idle=30)
SOON, AT_ONCE = (10.0, 1.0) if servers.SANITIZED else (1.0, 0.1)  # seconds
ADDED_NBYTES = 1 << 40 if servers.SANITIZED else 64 << 20

RELEASE = pdus.RELEASE_REQUEST
ABORT = pdus.encode_abort(0, 0)
ECHO = native.encode_command(
    {"AffectedSOPClassUID": VERIFICATION, "CommandField": 0x30, "MessageID": 1, "CommandDataSetType": 0x101}
)
STORE = {
    "AffectedSOPClassUID": objects.CT,
    "CommandField": 1,
    "MessageID": 1,
    "Priority": 0,
    "CommandDataSetType": 1,
    "AffectedSOPInstanceUID": "1.2.3",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    ae = AE("STORE", timeouts=IMPATIENT, limits=Limits(data_nbytes=32 << 20))
    ae.add_supported_context(VERIFICATION)
    ae.supported_contexts.update(any_storage())
    with ae.start_server(("127.0.0.1", 0), block=False, storage=Receiving(tmp_path / "in", sync=False)) as one:
        yield one


def connect(server: Server) -> socket.socket:
    return socket.create_connection(server.address[:2], 5)


def request() -> pdus.AssociateRequest:
    wanted = [(VERIFICATION, [peers.IMPLICIT]), (objects.CT, [objects.EXPLICIT]), (objects.CT, [peers.IMPLICIT])]
    return peers.request(contexts=contexts_of(wanted))


def read_pdu(connected: socket.socket) -> bytes:
    """The next PDU; nothing if the connection was closed."""
    data, wanted = b"", 6
    while len(data) < wanted:
        try:
            more = connected.recv(wanted - len(data))
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more
        if len(data) == 6:
            wanted += int.from_bytes(data[2:6], "big")
    return data


def established(server: Server) -> socket.socket:
    connected = connect(server)
    connected.sendall(request().encode())
    assert read_pdu(connected)[0] == 2
    return connected


def serves_others(server: Server) -> None:
    """Somebody else is answered as if nothing were: at once, in one of a few tries on a busy machine."""
    ae = AE("OTHER")
    took = []
    for _ in range(8):
        start = time.monotonic()
        with ae.associate("127.0.0.1", server.address[1], [(VERIFICATION, None)]) as association:
            assert association.send_c_echo().Status == 0
        took.append(time.monotonic() - start)
        if took[-1] < AT_ONCE:
            return
    raise AssertionError(f"others wait: {took} s")


def pdata(*fragments: tuple[int, int, bytes]) -> bytes:
    """A P-DATA-TF of (context, control, bytes)."""
    body = b"".join(struct.pack(">IBB", len(data) + 2, context, control) + data for context, control, data in fragments)
    return struct.pack(">BBI", 4, 0, len(body)) + body


def with_items(items: bytes) -> bytes:
    body = request().encode()[6:74] + items
    return struct.pack(">BBI", 1, 0, len(body)) + body


BY_USER, UNRECOGNIZED, UNEXPECTED, UNEXPECTED_PARAMETER, INVALID = (0, 0), (2, 1), (2, 2), (2, 5), (2, 6)

BEFORE = {
    "a giant length": b"\1\0\xff\xff\xff\xff",
    "a length of zero": b"\1\0\0\0\0\0",
    "a request that is too short": b"\1\0\0\0\0\x40" + bytes(64),
    "type 0": bytes(6),
    "type 8": b"\x08\0\0\0\0\0",
    "type 255": b"\xff\0\0\0\0\4abcd",
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "data before an association": pdata((1, 3, ECHO)),
    "a release": RELEASE,
    "an answer to a release": pdus.RELEASE_RESPONSE,
    "an acceptance": pdus.AssociateAccept("", "", (), peers.USER).encode(),
    "a rejection": pdus.AssociateReject(1, 1, 1).encode(),
    "an even context": peers.request(contexts=(pdus.ProposedContext(2, "1.2", ("1.2",)),)).encode(),
    "a context twice": peers.request(contexts=(pdus.ProposedContext(1, "1.2", ("1.2",)),) * 2).encode(),
    "an item beyond the end": with_items(b"\x10\0\xff\xff1.2"),
    "half an item header": with_items(b"\x10\0"),
    "a sub-item beyond its item": with_items(b"\x20\0\0\x08\1\0\0\0\x30\0\0\xff"),
    "a context without room": with_items(b"\x20\0\0\2\1\0"),
    "a context without syntaxes": with_items(b"\x20\0\0\4\1\0\0\0"),
    "a role that is cut": with_items(b"\x50\0\0\6\x54\0\0\2\0\xff"),
    "an identity that is cut": with_items(b"\x50\0\0\6\x58\0\0\2\2\0"),
}


@pytest.mark.parametrize("data", BEFORE.values(), ids=BEFORE)
def test_before_an_association(server: Server, data: bytes) -> None:
    """AA-1: A-ABORT of the service-user."""
    with connect(server) as connected:
        start = time.monotonic()
        connected.sendall(data)
        answer = read_pdu(connected)
        assert time.monotonic() - start < SOON
        assert (answer[0], *answer[8:10]) == (7, *BY_USER)
        serves_others(server)
        assert read_pdu(connected) == b""  # closed after ARTIM
        assert time.monotonic() - start < IMPATIENT.artim + SOON


@pytest.mark.parametrize(
    ("asked", "source", "reason"),
    [({"application_context": "1.2.3"}, 1, 2), ({"protocol_version": 0}, 2, 2), ({"protocol_version": 2}, 2, 2)],
)
def test_requests_that_are_rejected(server: Server, asked: dict[str, object], source: int, reason: int) -> None:
    with connect(server) as connected:
        connected.sendall(peers.request(**asked).encode())
        assert read_pdu(connected) == pdus.AssociateReject(1, source, reason).encode()
        serves_others(server)


AFTER = {
    "a second request": (request().encode(), UNEXPECTED),
    "an acceptance": (BEFORE["an acceptance"], UNEXPECTED),
    "a rejection": (BEFORE["a rejection"], UNEXPECTED),
    "an answer to no release": (pdus.RELEASE_RESPONSE, UNEXPECTED),
    "an unknown type": (b"\x63\0\0\0\0\0", UNRECOGNIZED),
    "a giant unknown type": (b"\x63\0\xff\xff\xff\xff", UNRECOGNIZED),
    "a giant length": (b"\4\0\xff\xff\xff\xff", INVALID),
    "a length of zero": (b"\4\0\0\0\0\0", INVALID),
    "longer than was agreed": (b"\4\0\0\2\0\1", INVALID),
    "a fragment beyond the PDU": (b"\4\0\0\0\0\x08\0\0\0\xff\1\3ab", INVALID),
    "a giant fragment": (b"\4\0\0\0\0\x08\xff\xff\xff\xff\1\3ab", INVALID),
    "a fragment of no length": (b"\4\0\0\0\0\x08\0\0\0\0\1\3ab", INVALID),
    "a fragment of length one": (b"\4\0\0\0\0\x08\0\0\0\1\1\3ab", INVALID),
    "a rest that is no fragment": (b"\4\0\0\0\0\x09\0\0\0\3\1\1a\0\0", INVALID),
    "a context that was not accepted": (pdata((99, 3, ECHO)), INVALID),
    "an even context": (pdata((2, 3, ECHO)), INVALID),
    "data without a command": (pdata((1, 2, b"abcd")), UNEXPECTED_PARAMETER),
    "data after a command without": (pdata((1, 3, ECHO), (1, 2, b"ab")), UNEXPECTED_PARAMETER),
    "a command in the middle of data": (
        pdata((3, 3, native.encode_command(STORE)), (3, 0, b"ab"), (3, 3, ECHO)),
        UNEXPECTED_PARAMETER,
    ),
    "data on another context": (pdata((3, 3, native.encode_command(STORE)), (5, 2, b"ab")), UNEXPECTED_PARAMETER),
    "a command on two contexts": (pdata((1, 1, ECHO[:10]), (3, 3, ECHO[10:])), UNEXPECTED_PARAMETER),
    "a command that is nonsense": (pdata((1, 3, b"\xff" * 40)), INVALID),
    "a command that is cut": (pdata((1, 3, ECHO[:-3])), INVALID),
    "a command of nothing": (pdata((1, 3, b"")), INVALID),
    "a command without a field": (pdata((1, 3, native.encode_command({"MessageID": 1}))), INVALID),
    "a command of another group": (pdata((1, 3, b"\x08\0\0\1\2\0\0\0\x30\0")), INVALID),
    "an endless command": (b"".join(pdata((1, 1, bytes(60000))) for _ in range(3)), INVALID),
    "an abort of five bytes": (b"\7\0\0\0\0\5abcde", INVALID),
    "a release of none": (b"\5\0\0\0\0\0", INVALID),
}


@pytest.mark.parametrize(("data", "reason"), AFTER.values(), ids=AFTER)
def test_on_an_association(server: Server, data: bytes, reason: tuple[int, int]) -> None:
    """AA-8: A-ABORT of the service-provider, with its reason. Table 9-26."""
    with established(server) as connected:
        start = time.monotonic()
        connected.sendall(data)
        answer = read_pdu(connected)
        if answer[:1] == b"\4":  # what came before was answered
            answer = read_pdu(connected)
        assert time.monotonic() - start < SOON
        assert (answer[0], *answer[8:10]) == (7, *reason)
        serves_others(server)


def test_silence(server: Server) -> None:
    """ARTIM for who says nothing, and for half a PDU; in the middle of a message as well."""
    half, nothing, middle = connect(server), connect(server), established(server)
    start = time.monotonic()
    half.sendall(request().encode()[:40])
    middle.sendall(pdata((1, 1, ECHO[:10])))
    assert read_pdu(middle)[0] == 7
    assert read_pdu(half) == b""
    assert read_pdu(nothing) == b""
    assert time.monotonic() - start < IMPATIENT.artim + 2 * SOON
    for one in (half, nothing, middle):
        one.close()
    serves_others(server)


def test_who_drips(server: Server) -> None:
    """A byte now and then does not hold ARTIM off."""
    with connect(server) as connected:
        start = time.monotonic()
        for byte in request().encode():
            try:
                connected.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)
            if time.monotonic() - start > IMPATIENT.artim + SOON:
                break
        assert read_pdu(connected) == b""
        assert time.monotonic() - start < IMPATIENT.artim + 2 * SOON


@pytest.mark.parametrize("data", [b"", RELEASE[:3], pdata((1, 1, ECHO[:10])), ABORT, RELEASE], ids=range(5))
def test_half_closed(server: Server, data: bytes) -> None:
    with established(server) as connected:
        connected.sendall(data)
        connected.shutdown(socket.SHUT_WR)
        while read_pdu(connected):
            pass
    serves_others(server)


def test_fragments_of_a_byte_and_of_none(server: Server) -> None:
    """They are sound. PS3.8 §9.3.5."""
    with established(server) as connected:
        pieces = [(1, 1, ECHO[i : i + 1]) for i in range(len(ECHO))]
        connected.sendall(pdata((1, 1, b""), *pieces) + pdata((1, 1, b"")) + pdata((1, 3, b"")))
        answer = read_pdu(connected)
        assert native.decode_command(answer[12:])["Status"] == 0


def test_a_data_set_50000_deep(server: Server) -> None:
    level = b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    data = level * 50000
    with established(server) as connected:
        for piece in native.message(3, native.encode_command(STORE), data, 131072):
            connected.sendall(piece)
        answer = read_pdu(connected)
        assert native.decode_command(answer[12:])["Status"] in (0xA900, 0xC000)
        connected.sendall(pdata((1, 3, ECHO)))
        assert native.decode_command(read_pdu(connected)[12:])["Status"] == 0


def test_a_flood_that_nobody_reads(server: Server) -> None:
    """Who does not read the answers is not read from: memory does not grow."""
    process = psutil.Process()
    before = process.memory_info().rss
    flood = pdata((1, 3, ECHO)) * 1000
    with established(server) as connected:
        connected.settimeout(0.5)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += connected.send(flood)
        except (TimeoutError, ConnectionError):  # not read, or ended by now, for it takes no answers in time
            pass
        serves_others(server)
        assert sent < 64 << 20
    assert process.memory_info().rss - before < ADDED_NBYTES


def test_200_that_say_nothing(server: Server) -> None:
    before = psutil.Process().memory_info().rss
    silent = [connect(server) for _ in range(200)]
    start = time.monotonic()
    serves_others(server)
    assert time.monotonic() - start < SOON
    assert psutil.Process().memory_info().rss - before < ADDED_NBYTES
    for one in silent:
        one.close()


def test_an_endless_data_set(server: Server) -> None:
    """Longer than is allowed: it is dropped as it comes, and refused. The association goes on."""
    before = psutil.Process().memory_info().rss
    with established(server) as connected:
        connected.sendall(pdata((3, 3, native.encode_command(STORE))))
        piece = pdata((3, 0, bytes(131064)))
        for _ in range(600):
            connected.sendall(piece)
        connected.sendall(pdata((3, 2, b"")))
        answer = read_pdu(connected)
        assert native.decode_command(answer[12:])["Status"] == 0xA700
        connected.sendall(pdata((1, 3, ECHO)))
        assert native.decode_command(read_pdu(connected)[12:])["Status"] == 0
    assert psutil.Process().memory_info().rss - before < ADDED_NBYTES


def test_few_lines_are_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "dicomet.net")
    with established(server) as connected:
        connected.sendall(pdata((1, 3, ECHO)) * 500 + AFTER["a command that is nonsense"][0])
        while read_pdu(connected)[0] != 7:
            pass
        time.sleep(0.1)
    assert len(caplog.records) <= 100


def test_unfinished_data_sets_leave_nothing(server: Server, tmp_path: Path) -> None:
    with established(server) as connected:
        connected.sendall(pdata((3, 3, native.encode_command(STORE))))
        for _ in range(100):
            connected.sendall(pdata((3, 0, bytes(131064))))
    deadline = time.monotonic() + 5
    while any((tmp_path / "in").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not list((tmp_path / "in").iterdir())


def test_a_server_that_lies() -> None:
    """What a client makes of an acceptor that breaks the rules."""
    listening = socket.create_server(("127.0.0.1", 0))
    answers = [
        b"\2\0\xff\xff\xff\xff",
        b"\2\0\0\0\0\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        RELEASE,
        request().encode(),
        pdus.AssociateAccept("", "", (pdus.ContextResult(9, 0, "1.2"),), peers.USER).encode() + b"\4\0\0\0\0\0",
        b"",
    ]

    def answer() -> None:
        for data in answers:
            connected = listening.accept()[0]
            connected.recv(65536)
            connected.sendall(data)
            connected.shutdown(socket.SHUT_WR)
            connected.recv(65536)
            connected.close()

    thread = threading.Thread(target=answer)
    thread.start()
    from dicomet.errors import NetworkError, ProtocolError

    for _ in answers:
        with (
            pytest.raises((NetworkError, ProtocolError)),
            AE().associate("127.0.0.1", listening.getsockname()[1], [(VERIFICATION, None)]) as association,
        ):
            association.send_c_echo()
    thread.join()
    listening.close()
