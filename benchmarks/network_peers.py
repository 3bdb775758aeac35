"""Peers for `bench_network`, each a process: ``python network_peers.py ROLE PORT [ARGUMENT...]``.

Clients print what the work took them, without their start: seconds, and CPU seconds.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Print what the block takes."""
    cpu, start = time.process_time(), time.perf_counter()
    yield
    print(time.perf_counter() - start, time.process_time() - cpu)


def send(port: int, folder: str, jobs: str = "1", window: str = "1", *keys: str) -> None:
    """All files of a folder, by our client.

    jobs: associations at a time; window: requests under way in each; keys: authority, certificate and key of TLS.
    """
    from dicomet.net import tls
    from dicomet.net.ae import AE
    from dicomet.net.services.batch import send_files

    ae = AE()
    context = tls.client_context(ca=keys[0], certificate=keys[1], key=keys[2]) if keys else None
    asked = (int(window), 1) if int(window) > 1 else None
    paths = sorted(str(path) for path in Path(folder).iterdir())
    with told():
        sent = send_files(
            paths,
            lambda contexts: ae.associate("127.0.0.1", port, contexts, asynchronous=asked, tls=context),
            jobs=int(jobs),
        )
        failed = [one for one in sent if not one.ok]
    if failed:
        raise SystemExit(f"{len(failed)} of {len(paths)} files were not sent: {failed[0]}")


def write(port: int, folder: str, target: str) -> None:
    """What any server has to do with the files of a folder: new ones, written whole and renamed. No network."""
    contents = [path.read_bytes() for path in Path(folder).iterdir()]
    with told():
        for i, data in enumerate(contents):
            temporary = f"{target}/.{i}"
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            os.write(fd, data)
            os.rename(temporary, f"{target}/{i}")
            os.close(fd)


def pynetdicom_send(port: int, folder: str) -> None:
    """All files of a folder over one association."""
    import pydicom
    from pynetdicom import AE

    ae = AE()
    ae.maximum_pdu_size = 131072
    ae.add_requested_context(CT)
    with told():
        association = ae.associate("127.0.0.1", port)
        assert association.is_established
        for path in sorted(Path(folder).iterdir()):
            assert association.send_c_store(pydicom.dcmread(path)).Status == 0
        association.release()


def pynetdicom_store(port: int, folder: str) -> None:
    """What its users write: the encoded data set to a file."""
    from pynetdicom import AE, evt

    def store(event: evt.Event) -> int:
        path = Path(folder, event.request.AffectedSOPInstanceUID)
        path.write_bytes(event.encoded_dataset())
        return 0

    ae = AE()
    ae.maximum_pdu_size = 131072
    ae.add_supported_context(CT)
    ae.start_server(("127.0.0.1", port), evt_handlers=[(evt.EVT_C_STORE, store)])


def pynetdicom_echoed(port: int) -> None:
    """Its server of C-ECHO."""
    from pynetdicom import AE

    ae = AE()
    ae.add_supported_context(VERIFICATION)
    ae.start_server(("127.0.0.1", port))


def handler(port: int) -> None:
    """Our server with a handler in Python that looks at each data set."""
    from dicomet.net import evt
    from dicomet.net.ae import AE

    def store(event: evt.Event) -> int:
        return 0 if event.dataset.PatientID == "4711" else 0xC000

    ae = AE()
    ae.add_supported_context(CT)
    ae.start_server(("127.0.0.1", port), evt_handlers=[(evt.EVT_C_STORE, store)])


def echoed(port: int) -> None:
    """Our server of C-ECHO."""
    from dicomet.net.ae import AE

    ae = AE()
    ae.add_supported_context(VERIFICATION)
    ae.start_server(("127.0.0.1", port))


def echo(port: int, count: str) -> None:
    """A client that is quicker than any server: what it sends is made beforehand."""
    import socket

    from dicomet._native import pdu
    from dicomet.net.ae import AE

    association = AE().associate("127.0.0.1", port, [(VERIFICATION, None)])
    command = {"AffectedSOPClassUID": VERIFICATION, "CommandField": 0x30, "MessageID": 1, "CommandDataSetType": 0x101}
    [message] = pdu.message(1, pdu.encode_command(command), None, 16384)
    connected = association._connection.socket
    assert isinstance(connected, socket.socket)
    connected.settimeout(None)
    room = bytearray(65536)
    with told():
        for _ in range(int(count)):
            connected.sendall(message)
            if hasattr(socket, "TCP_QUICKACK"):
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            got = connected.recv_into(room)
            while got < 6 or got < 6 + int.from_bytes(room[2:6], "big"):
                got += connected.recv_into(memoryview(room)[got:])
    association.release()


ROLES: dict[str, Callable[..., None]] = {
    "send": send,
    "write": write,
    "pynetdicom_send": pynetdicom_send,
    "store": pynetdicom_store,
    "pynetdicom": pynetdicom_echoed,
    "handler": handler,
    "echoed": echoed,
    "echo": echo,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
