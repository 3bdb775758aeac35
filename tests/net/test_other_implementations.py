"""Verification and Storage with other implementations, in both directions, byte for byte. PS3.4 Annexes A and B."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from pathlib import Path

import objects
import pytest
import servers
import test_storage
from servers import PYTHON, Start

from dicomet import dcmread
from dicomet.net.ae import AE
from dicomet.net.services.batch import send_files

needs_dcmtk = pytest.mark.skipif(not servers.HAS_DCMTK, reason="DCMTK is not installed")
VERIFICATION = "1.2.840.10008.1.1"
JPEG_LS = "1.2.840.10008.1.2.4.80"
CONFIG = "/etc/dcmtk/storescp.cfg"


def run(*command: str) -> None:
    command = (servers.dcmtk(command[0]) or command[0], *command[1:])
    environment = servers.environment(command[0])
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True, env=environment)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture
def cts(tmp_path: Path) -> list[Path]:
    (tmp_path / "out").mkdir()
    paths = [tmp_path / "out" / f"{i}.dcm" for i in range(5)]
    for i, path in enumerate(paths):
        objects.make_ct(path, number=i, rows=256)
    return paths


def check(sent: list[Path], got: list[Path]) -> None:
    """The same data sets, whatever the files are called."""
    assert sorted(map(objects.data_set_of, sent)) == sorted(map(objects.data_set_of, got))


def echo(port: int, title: str = "ANY-SCP") -> None:
    with AE().associate("127.0.0.1", port, [(VERIFICATION, None)], ae_title=title) as association:
        assert association.send_c_echo().Status == 0


def store(port: int, paths: list[Path], title: str = "ANY-SCP") -> None:
    ae = AE("DICOMET")
    sent = send_files(map(str, paths), lambda contexts: ae.associate("127.0.0.1", port, contexts, ae_title=title))
    assert [one.status for one in sent] == [0] * len(paths)


@needs_dcmtk
@pytest.mark.parametrize(
    "client", [["storescu", "-R"], ["storescu", "-R", "-pdu", "4096"], ["dcmsend", "--max-pdu", "131072"]], ids=str
)
def test_dcmtk_sends(client: list[str], cts: list[Path], tmp_path: Path) -> None:
    with test_storage.serve(tmp_path / "in") as server:
        port = str(server.address[1])
        run("echoscu", "-v", "127.0.0.1", port)
        run(*client, "127.0.0.1", port, *map(str, cts))
    check(cts, test_storage.stored(tmp_path / "in"))


@needs_dcmtk
def test_dcmtk_sends_what_is_compressed(tmp_path: Path) -> None:
    objects.make_ct(tmp_path / "a.dcm", syntax=JPEG_LS, rows=200)
    with test_storage.serve(tmp_path / "in") as server:
        run("storescu", "-R", "-xt", "127.0.0.1", str(server.address[1]), str(tmp_path / "a.dcm"))
    check([tmp_path / "a.dcm"], test_storage.stored(tmp_path / "in"))


@needs_dcmtk
@pytest.mark.parametrize(
    "server",
    [
        ["storescp", "+B", "+xa", "-od", "in", "PORT"],
        ["storescp", "+B", "-pdu", "4096", "-od", "in", "PORT"],
        ["dcmrecv", "-xf", CONFIG, "Default", "-od", "in", "PORT"],
    ],
    ids=lambda command: command[0] + str(len(command)),
)
def test_dcmtk_receives(server: list[str], cts: list[Path], tmp_path: Path, start: Start) -> None:
    (tmp_path / "in").mkdir()
    port = start(*server)
    echo(port)
    store(port, cts)
    check(cts, test_storage.stored(tmp_path / "in"))


def test_pynetdicom_sends(cts: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("pynetdicom")
    with test_storage.serve(tmp_path / "in") as server:
        port = str(server.address[1])
        run(PYTHON, "-m", "pynetdicom", "echoscu", "127.0.0.1", port)
        for path in cts:
            run(PYTHON, "-m", "pynetdicom", "storescu", "127.0.0.1", port, str(path))
    check(cts, test_storage.stored(tmp_path / "in"))


def test_pynetdicom_receives(cts: list[Path], tmp_path: Path, start: Start) -> None:
    pytest.importorskip("pynetdicom")
    port = start(PYTHON, "-m", "pynetdicom", "storescp", "PORT", "-od", "in")
    echo(port)
    store(port, cts)
    check(cts, test_storage.stored(tmp_path / "in"))


@pytest.mark.skipif(shutil.which("Orthanc") is None, reason="Orthanc is not installed")
def test_orthanc(cts: list[Path], tmp_path: Path, start: Start) -> None:
    """It keeps what we send, and sends it on to us."""
    http, port = servers.free_port(), servers.free_port()
    with test_storage.serve(tmp_path / "in") as server:
        settings = {
            "Name": "peer",
            "StorageDirectory": str(tmp_path / "db"),
            "IndexDirectory": str(tmp_path / "db"),
            "HttpPort": http,
            "DicomPort": port,
            "DicomAet": "ORTHANC",
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomModalities": {"us": {"AET": "STORE", "Host": "127.0.0.1", "Port": server.address[1]}},
        }
        (tmp_path / "orthanc.json").write_text(json.dumps(settings))
        start("Orthanc", str(tmp_path / "orthanc.json"), port=port)
        echo(port, "ORTHANC")
        store(port, cts, "ORTHANC")
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/instances") as answer:
            instances = json.load(answer)
        assert len(instances) == len(cts)
        asked = urllib.request.Request(f"http://127.0.0.1:{http}/modalities/us/store", json.dumps(instances).encode())
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["FailedInstancesCount"] == 0
    check(cts, test_storage.stored(tmp_path / "in"))


JS_SERVER = """
const dimse = require("dcmjs-dimse");
const {Status, PresentationContextResult} = dimse.constants;
class Answering extends dimse.Scp {
  associationRequested(association) {
    for (const {id} of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      context.setResult(PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
    }
    this.sendAssociationAccept();
  }
  cEchoRequest(request, answer) {
    const response = dimse.responses.CEchoResponse.fromRequest(request);
    response.setStatus(Status.Success);
    answer(response);
  }
  cStoreRequest(request, answer) {
    const response = dimse.responses.CStoreResponse.fromRequest(request);
    response.setStatus(request.getDataset().getElement("PatientID") === "4711" ? Status.Success : 0xC000);
    answer(response);
  }
  associationReleaseRequested() { this.sendAssociationReleaseResponse(); }
}
new dimse.Server(Answering).listen(Number(process.argv[2]));
"""
JS_CLIENT = """
const dimse = require("dcmjs-dimse");
const [, , port, path] = process.argv;
const client = new dimse.Client();
let fine = 0;
for (const request of [new dimse.requests.CEchoRequest(), new dimse.requests.CStoreRequest(path)]) {
  request.on("response", response => { fine += response.getStatus() === dimse.constants.Status.Success; });
  client.addRequest(request);
}
client.on("networkError", error => { console.error(error); process.exit(2); });
client.on("closed", () => process.exit(fine === 2 ? 0 : 1));
client.send("127.0.0.1", Number(port), "JAVASCRIPT", "STORE");
"""


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dcmjs-dimse and a server and a client made of it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not installed")
    folder = tmp_path_factory.mktemp("javascript")
    (folder / "server.js").write_text(JS_SERVER)
    (folder / "client.js").write_text(JS_CLIENT)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "dcmjs-dimse"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=120, check=False, env=servers.environment("npm")
        )
    except subprocess.TimeoutExpired:
        pytest.skip("dcmjs-dimse cannot be had in time")
    if done.returncode:
        pytest.skip("dcmjs-dimse cannot be had")
    return folder


def test_javascript_receives(javascript: Path, cts: list[Path], start: Start) -> None:
    port = start("node", str(javascript / "server.js"), "PORT")
    echo(port)
    store(port, cts)


def test_javascript_sends(javascript: Path, cts: list[Path], tmp_path: Path) -> None:
    with test_storage.serve(tmp_path / "in") as server:
        run("node", str(javascript / "client.js"), str(server.address[1]), str(cts[0]))
    [got] = test_storage.stored(tmp_path / "in")
    # it encodes the data set anew: the elements are the same
    assert dcmread(got) == dcmread(cts[0])
