"""Many objects, many echoes, and a server that is killed. DICOMET_LOAD tells how many: 1 unless told, 50 for all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import objects
import psutil
import servers

from dicomet import Dataset, dcmread
from dicomet.errors import NetworkError
from dicomet.net.ae import AE
from dicomet.net.datasets import encode
from dicomet.net.dimse import Operation, request
from dicomet.net.services.storage import Receiving

LOAD = int(os.environ.get("DICOMET_LOAD", "1"))
VERIFICATION = "1.2.840.10008.1.1"
CONTEXTS = [(VERIFICATION, None), (objects.CT, [objects.EXPLICIT])]


def small_object() -> bytes:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = objects.CT, "1.2.3." + "0" * 10
    ds.StudyInstanceUID = ds.SeriesInstanceUID = "1.2.3"
    ds.PatientName = "x" * 60
    return bytes(encode(ds, objects.EXPLICIT))


def test_objects_and_echoes_without_end(tmp_path: Path) -> None:
    """2,000 objects and 20,000 echoes for each unit of load: none is lost, memory stays flat."""
    counted = 0

    def stored(path: str, ds: Dataset) -> None:
        nonlocal counted
        counted += 1

    ae = AE()
    ae.add_supported_context(VERIFICATION)
    ae.add_supported_context(objects.CT)
    storage = Receiving(tmp_path, sync=False, layout="{SOPInstanceUID}", stored=stored)
    data = small_object()
    process = psutil.Process()
    with (
        ae.start_server(("127.0.0.1", 0), block=False, storage=storage) as server,
        AE().associate("127.0.0.1", server.address[1], CONTEXTS) as association,
    ):
        context = association.context_for(objects.CT)

        def store(i: int) -> None:
            uid = f"1.2.3.{i % 500 + 1:010d}".replace(".0", ".1", 1)
            command = request(
                Operation.C_STORE, association.next_message_id(), has_data=True, Priority=0,
                AffectedSOPClassUID=objects.CT, AffectedSOPInstanceUID=uid,
            )  # fmt: skip
            answer = association.exchange(context, command, data.replace(b"1.2.3." + b"0" * 10, uid.encode()))
            assert answer.command["Status"] == 0

        for i in range(500):
            store(i)
        before = process.memory_info().rss
        for i in range(2000 * LOAD):
            store(i)
        for _ in range(20000 * LOAD):
            assert association.send_c_echo().Status == 0
        assert process.memory_info().rss - before < (1 << 40 if servers.SANITIZED else 16 << 20)
    assert counted == 500 + 2000 * LOAD


def test_a_server_that_is_killed(tmp_path: Path) -> None:
    """No torn file has a name, and nothing that was acknowledged is missing."""
    for i in range(30):
        objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=[16, 300][i % 2])
    sent = {dcmread(path).SOPInstanceUID: path for path in tmp_path.glob("*.dcm")}
    for attempt in range(3):
        port, folder = servers.free_port(), tmp_path / f"in{attempt}"
        command = [sys.executable, "-m", "dicomet", "receive", "-q", "-o", str(folder), "--port", str(port)]
        server = subprocess.Popen([*command, "--host", "127.0.0.1", "--layout", "{SOPInstanceUID}.dcm"])
        while not servers.is_up(port):
            assert server.poll() is None
            time.sleep(0.02)
        acknowledged: set[str] = set()
        killer = threading.Timer(0.05 + 0.03 * attempt, server.send_signal, [signal.SIGKILL])
        killer.start()
        try:
            with AE().associate("127.0.0.1", port, CONTEXTS) as association:
                for _ in range(1000):
                    for uid, path in sent.items():
                        assert association.send_c_store(path).Status == 0
                        acknowledged.add(str(uid))
        except NetworkError:
            pass
        killer.join()
        server.wait()
        for path in folder.glob("[!.]*.dcm"):
            assert objects.data_set_of(path) == objects.data_set_of(sent[path.stem]), path
        assert acknowledged <= {path.stem for path in folder.glob("[!.]*.dcm")}
