"""TLS: both profiles, client certificates, titles bound to them, DCMTK on either side. PS3.15 Annex B."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import objects
import pytest
import servers
import test_other_implementations
import test_storage
import test_turns
from servers import Start

from dicomet.errors import AssociationRejected, NetworkError
from dicomet.net import tls
from dicomet.net.ae import AE
from dicomet.net.limits import Timeouts
from dicomet.net.pdus import RELEASE_REQUEST
from dicomet.net.services.batch import send_files
from dicomet.net.services.storage import Receiving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
VERIFICATION = "1.2.840.10008.1.1"
CONTEXTS = [(VERIFICATION, None)]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server and a client that it vouches for, and one that it does not."""
    folder = tmp_path_factory.mktemp("keys")

    def openssl(*command: str) -> None:
        subprocess.run(
            ["openssl", *command], cwd=folder, check=True, capture_output=True, env=servers.environment("openssl")
        )

    new = ("req", "-newkey", "rsa:2048", "-nodes")
    for authority in ("ca", "otherca"):
        openssl(*new, "-x509", "-keyout", f"{authority}.key", "-out", f"{authority}.crt", "-subj", f"/CN={authority}")
    for name, authority in (("server", "ca"), ("client", "ca"), ("second", "ca"), ("stranger", "otherca")):
        title = {"client": "SENDER", "server": "STORE"}.get(name, name)
        openssl(
            *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={title}",
            "-addext", f"subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:{title}",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-copy_extensions", "copy", "-days", "30", "-out", f"{name}.crt",
        )  # fmt: skip
    return folder


def client(keys: Path, name: str | None = "client", **options: object) -> ssl.SSLContext:
    own = {"certificate": keys / f"{name}.crt", "key": keys / f"{name}.key"} if name else {}
    return tls.client_context(ca=keys / "ca.crt", **own, **options)  # type: ignore[arg-type]


def server(keys: Path, **options: object) -> ssl.SSLContext:
    return tls.server_context(keys / "server.crt", keys / "server.key", **({"ca": keys / "ca.crt"} | options))  # type: ignore[arg-type]


def entity(title: str = "STORE") -> AE:
    ae = AE(title)
    ae.add_supported_context(VERIFICATION)
    ae.add_supported_context(objects.CT)
    return ae


def echo(port: int, context: ssl.SSLContext | None, ae: AE | None = None, title: str = "STORE") -> int:
    with (ae or AE("SENDER")).associate("127.0.0.1", port, CONTEXTS, title, tls=context) as association:
        return int(association.send_c_echo().Status)


@pytest.mark.parametrize("profile", ["BCP 195", "non-downgrading BCP 195"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_profiles(keys: Path, profile: str, version: ssl.TLSVersion, tmp_path: Path) -> None:
    asking = client(keys, profile=profile)
    asking.maximum_version = asking.minimum_version = version
    objects.make_ct(tmp_path / "a.dcm", rows=512)
    storage = Receiving(tmp_path / "in", sync=False)
    context = server(keys, profile=profile)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    with entity().start_server(("127.0.0.1", 0), block=False, tls=context, storage=storage) as one:
        port = one.address[1]
        assert echo(port, asking) == 0
        ae = AE("SENDER")
        sent = send_files([str(tmp_path / "a.dcm")], lambda wanted: ae.associate("127.0.0.1", port, wanted, tls=asking))
        assert [one.status for one in sent] == [0]
    test_other_implementations.check([tmp_path / "a.dcm"], test_storage.stored(tmp_path / "in"))


def test_who_is_not_trusted(keys: Path) -> None:
    with entity().start_server(("127.0.0.1", 0), block=False, tls=server(keys)) as one:
        port = one.address[1]
        for asking in (client(keys, "stranger"), client(keys, None)):
            with pytest.raises(NetworkError):
                echo(port, asking)
        with pytest.raises(NetworkError):  # no TLS at all: nothing goes on without it
            echo(port, None)
        mistrusting = tls.client_context(ca=keys / "otherca.crt")
        with pytest.raises(NetworkError, match="TLS"):
            echo(port, mistrusting)
        assert echo(port, client(keys)) == 0


def test_client_certificates_may_be_optional(keys: Path) -> None:
    for kind, accepted in (("optional", True), ("none", True), ("required", False)):
        context = server(keys, client_certificate=kind)
        with entity().start_server(("127.0.0.1", 0), block=False, tls=context) as one:
            if accepted:
                assert echo(one.address[1], client(keys, None)) == 0
            else:
                with pytest.raises(NetworkError):
                    echo(one.address[1], client(keys, None))
    with pytest.raises(ValueError, match="authority"):
        tls.server_context(keys / "server.crt", keys / "server.key")


def test_titles_are_bound_to_certificates(keys: Path) -> None:
    ae = entity()
    ae.bind_titles = True
    with ae.start_server(("127.0.0.1", 0), block=False, tls=server(keys)) as one:
        port = one.address[1]
        assert echo(port, client(keys)) == 0
        with pytest.raises(AssociationRejected, match="calling AE title"):
            echo(port, client(keys, "second"))
        bound = AE("SENDER")
        bound.bind_titles = True
        assert echo(port, client(keys), bound) == 0
        with pytest.raises(NetworkError, match="not that of 'OTHER'"):
            echo(port, client(keys), bound, title="OTHER")


def test_certificates_are_taken_anew(keys: Path) -> None:
    context = server(keys)
    with entity().start_server(("127.0.0.1", 0), block=False, tls=context) as one:
        seen = []
        for name in ("server", "second"):
            tls.reload(context, keys / f"{name}.crt", keys / f"{name}.key")
            association = AE("SENDER").associate("127.0.0.1", one.address[1], CONTEXTS, tls=client(keys))
            connected = association._connection.socket
            assert isinstance(connected, ssl.SSLSocket)
            seen.append(tls.names_of(connected.getpeercert()))
            association.release()
    assert ["STORE" in names for names in seen] == [True, False]


def test_nothing_secret_is_logged(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    from dicomet.net.pdus import UserIdentity

    ae = entity()
    ae.require_calling_aet = frozenset({"NOBODY"})
    caplog.set_level(logging.DEBUG)
    with ae.start_server(("127.0.0.1", 0), block=False) as one, pytest.raises(AssociationRejected):
        AE("ME").associate("127.0.0.1", one.address[1], CONTEXTS, identity=UserIdentity(2, b"joe", b"open sesame"))
    assert "open sesame" not in caplog.text


@test_other_implementations.needs_dcmtk
def test_dcmtk_asks(keys: Path, tmp_path: Path) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=512)
    with entity().start_server(
        ("127.0.0.1", 0), block=False, tls=server(keys), storage=Receiving(tmp_path / "in", sync=False)
    ) as one:
        port = str(one.address[1])
        own = ["+tls", str(keys / "client.key"), str(keys / "client.crt"), "+cf", str(keys / "ca.crt")]
        test_other_implementations.run("echoscu", *own, "127.0.0.1", port)
        test_other_implementations.run("storescu", *own, "127.0.0.1", port, str(tmp_path / "a.dcm"))
    test_other_implementations.check([tmp_path / "a.dcm"], test_storage.stored(tmp_path / "in"))


@test_other_implementations.needs_dcmtk
def test_dcmtk_answers(keys: Path, tmp_path: Path, start: Start) -> None:
    assert servers.HAS_DCMTK
    objects.make_ct(tmp_path / "a.dcm", rows=512)
    (tmp_path / "in").mkdir()
    own = ["+tls", str(keys / "server.key"), str(keys / "server.crt"), "+cf", str(keys / "ca.crt")]
    port = start("storescp", *own, "+B", "-od", "in", "PORT")
    assert echo(port, client(keys), title="ANY-SCP") == 0
    ae = AE("SENDER")
    sent = send_files(
        [str(tmp_path / "a.dcm")], lambda wanted: ae.associate("127.0.0.1", port, wanted, tls=client(keys))
    )
    assert [one.status for one in sent] == [0]
    test_other_implementations.check([tmp_path / "a.dcm"], test_storage.stored(tmp_path / "in"))


def pieces_of(data: bytes, nbytes: int) -> list[bytes]:
    return [data[i : i + nbytes] for i in range(0, len(data), nbytes)]


@pytest.mark.parametrize("nbytes", [1 << 20, 5000, 37])
def test_requests_that_come_together(keys: Path, tmp_path: Path, nbytes: int) -> None:
    """A thread has its turn in between, and what came with what is none of its own is answered before that."""
    made = [tmp_path / "a.dcm", tmp_path / "b.dcm"]
    for path, rows in zip(made, (32, 150), strict=True):
        objects.make_ct(path, rows=rows)
    storage = Receiving(tmp_path / "in", sync=False)
    with entity().start_server(("127.0.0.1", 0), block=False, tls=server(keys), storage=storage) as one:
        association = AE("SENDER").associate("127.0.0.1", one.address[1], [(objects.CT, None)], tls=client(keys))
        context = association.context_for(objects.CT)
        connected = association._connection.socket
        assert connected is not None
        messages = [test_turns.message_of(path, context.id, i + 1) for i, path in enumerate(made)]
        connected.sendall(messages[0])
        for piece in pieces_of(messages[1] + messages[0] + RELEASE_REQUEST, nbytes):
            connected.sendall(piece)
        for message_id in (1, 2, 1):
            [answer] = association.responses(message_id, context)
            assert answer.command["Status"] == 0
        connected.settimeout(10)
        assert connected.recv(6) + connected.recv(10) == bytes([6, 0, 0, 0, 0, 4, 0, 0, 0, 0])
        association.abort()
    test_other_implementations.check(made, test_storage.stored(tmp_path / "in"))


@pytest.mark.parametrize("window", [1, 8])
def test_many_objects(keys: Path, tmp_path: Path, window: int) -> None:
    for i in range(40):
        objects.make_ct(tmp_path / f"{i:02}.dcm", rows=[32, 600][i % 5 == 2])
    made = sorted(tmp_path.glob("*.dcm"))
    storage, asking = Receiving(tmp_path / "in", sync=False), client(keys)
    with entity().start_server(("127.0.0.1", 0), block=False, tls=server(keys), storage=storage) as one:
        port = one.address[1]
        sent = send_files(
            [str(path) for path in made],
            lambda wanted: AE().associate("127.0.0.1", port, wanted, asynchronous=(window, 1), tls=asking),
        )
        assert [one.status for one in sent] == [0] * 40
    test_other_implementations.check(made, test_storage.stored(tmp_path / "in"))


def test_what_is_no_tls(keys: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nonsense at once, in the middle, and nothing at all: each ends soon, and others are served."""
    objects.make_ct(tmp_path / "a.dcm", rows=32)
    storage = Receiving(tmp_path / "in", sync=False)
    ae = AE("STORE", timeouts=Timeouts(artim=2))
    ae.add_supported_context(VERIFICATION)
    ae.add_supported_context(objects.CT)
    with ae.start_server(("127.0.0.1", 0), block=False, tls=server(keys), storage=storage) as one:
        port = one.address[1]
        for said in (b"GET / HTTP/1.0\r\n\r\n", bytes(5000), b"\x16\x03\x01\xff\xff", b""):
            with socket.create_connection(("127.0.0.1", port), 5) as connected:
                connected.sendall(said)
                ends = time.monotonic() + 5
                with contextlib.suppress(ConnectionError):
                    while connected.recv(1000):
                        assert time.monotonic() < ends
        for is_stored in (False, True):  # on the loop, and in a thread's turn
            association = AE("SENDER").associate("127.0.0.1", port, [(objects.CT, None)], tls=client(keys))
            if is_stored:
                assert association.send_c_store(tmp_path / "a.dcm").Status == 0
            connected = association._connection.socket
            assert connected is not None
            os.write(connected.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))
            connected.settimeout(5)
            with contextlib.suppress(OSError):
                while connected.recv(1000):
                    pass
            association.abort()
        assert echo(port, client(keys)) == 0
    assert not any("Traceback" in (record.exc_text or "") for record in caplog.records)
    assert len(caplog.records) <= 10
