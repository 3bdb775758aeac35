"""Storage and Verification over loopback, beside DCMTK and pynetdicom. PS3.4 Annexes A and B.

``python -m benchmarks.bench_network [ROUNDS [CASE...]]``. Client and server are processes of their own, in turns, with
files on tmpfs. Of a command, wall time is that of its process from start to end; a client in Python that runs already
tells itself what the files take, from asking for the association to its end. CPU is that of client and server over the
same time. Before each, two gigabytes of memory are written. DCMTK has ``TCP_NODELAY=1``, but where it is told
that it has not.
"""

from __future__ import annotations

import atexit
import compileall
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
SHARED = Path("/dev/shm")
CT, OBJECTS = (1000, 512), (2000, 70)  # files, and rows of each: 530 and 10 KB
HERE = Path(__file__).parent
CONFIG = "/etc/dcmtk/storescp.cfg"


def dcmtk(name: str) -> str:
    """DCMTK's program: pynetdicom has scripts that are called the same."""
    for folder in os.get_exec_path():
        path = Path(folder, name)
        if path.is_file() and path.read_bytes()[:4] == b"\x7fELF":
            return str(path)
    raise FileNotFoundError(f"{name}: DCMTK is not installed")


def make_files(folder: Path, count: int, rows: int) -> Path:
    """CT images of a study, each an instance of its own."""
    import numpy as np

    from dicomet import Dataset

    folder.mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 4096, (rows, rows), dtype="u2")
    for i in range(count):
        ds = Dataset()
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        ds.SOPInstanceUID = f"1.2.826.0.1.3680043.10.1.{i + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.3680043.10.2", "1.2.826.0.1.3680043.10.2.1"
        ds.Modality, ds.PatientName, ds.PatientID, ds.InstanceNumber = "CT", "Bench^Mark", "4711", i + 1
        ds.Rows = ds.Columns = rows
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelData = noise.tobytes()
        ds.save_as(folder / f"{i:05}.dcm", sync=False)
    return folder


@dataclass(frozen=True)
class Pair:
    """Who sends to whom. PORT, IN and OUT stand for what is only known when they start."""

    name: str
    client: tuple[str, ...]
    server: tuple[str, ...]
    share: float = 1.0  # of the files
    nodelay: bool = True
    tells: bool = False  # the client prints what it took


@dataclass(frozen=True)
class Took:
    """Seconds of one run."""

    wall: float
    cpu: float
    count: int


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(command: tuple[str, ...], port: int, environment: dict[str, str]) -> Iterator[int]:
    """Run a server until the block ends; gives its process."""
    one = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield one.pid
    finally:
        one.send_signal(signal.SIGTERM)
        try:
            one.wait(5)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def warm(nbytes: int = 2 << 30) -> None:
    """Use as much memory as files may take: a virtual machine's host takes back what is not used for a while, and who
    comes next would pay for getting it again.
    """
    with tempfile.TemporaryFile(dir=SHARED) as file:
        block = bytes(1 << 20)
        for _ in range(0, nbytes, len(block)):
            file.write(block)


def run(pair: Pair, files: Path, count: float) -> Took:
    """Let the pair do its share."""
    n = max(1, int(count * pair.share))
    warm()
    with tempfile.TemporaryDirectory(dir=SHARED) as folder:
        source, target = Path(folder, "out"), Path(folder, "in")
        target.mkdir()
        source.mkdir()
        for path in sorted(files.iterdir())[:n]:
            (source / path.name).hardlink_to(path)
        port = free_port()

        def filled(command: tuple[str, ...]) -> tuple[str, ...]:
            places = {"PORT": str(port), "IN": str(target), "OUT": str(source), "COUNT": str(n)}
            return tuple(places.get(part, part.replace(":PORT", f":{port}")) for part in command)

        environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
        if pair.nodelay:
            environment["TCP_NODELAY"] = "1"
        with serving(filled(pair.server), port, environment) as pid:
            before = cpu_of(pid)
            start = time.perf_counter()
            with subprocess.Popen(
                filled(pair.client), env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as client:
                assert client.stdout is not None
                said = client.stdout.read()
                _, status, usage = os.wait4(client.pid, 0)
                client.returncode = os.waitstatus_to_exitcode(status)
            wall, cpu = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
            if pair.tells and not client.returncode:
                wall, cpu = (float(part) for part in said.split())
            cpu += cpu_of(pid) - before
        if client.returncode:
            raise RuntimeError(f"{pair.name}: the client ended with {client.returncode}")
        stored = sum(path.is_file() for path in target.rglob("*"))
        if "IN" in pair.server and stored != n:
            raise RuntimeError(f"{pair.name}: {stored} of {n} files arrived")
    return Took(wall, cpu, n)


OURS = (PYTHON, "-m", "dicomet")
RECEIVE = (*OURS, "receive", "-q", "--no-sync", "--host", "127.0.0.1", "--port", "PORT", "-o", "IN")
STORE = (*OURS, "store", "-q", "OUT", "--to", "X@127.0.0.1:PORT")
PEERS = str(HERE / "network_peers.py")
SEND = (PYTHON, PEERS, "send", "PORT", "OUT")


def storage_pairs() -> list[Pair]:
    """Ours, DCMTK's best and pynetdicom."""
    storescp = (dcmtk("storescp"), "+B", "-pdu", "131072", "-od", "IN", "PORT")
    to = ("+sd", "127.0.0.1", "PORT", "OUT")
    theirs = (PYTHON, PEERS)
    return [
        Pair("dicomet to dicomet", SEND, RECEIVE, tells=True),
        Pair("the same, eight requests under way", (*SEND, "1", "8"), RECEIVE, tells=True),
        Pair("the same, two associations", (*SEND, "2"), RECEIVE, tells=True),
        Pair("the same, two associations, eight requests under way in each", (*SEND, "2", "8"), RECEIVE, tells=True),
        Pair(
            "limit: the files written, without a network",
            (PYTHON, PEERS, "write", "PORT", "OUT", "IN"),
            RECEIVE,
            tells=True,
        ),
        Pair("dicomet to a Python handler", SEND, (*theirs, "handler", "PORT"), tells=True),
        Pair("the command dicomet store", STORE, RECEIVE),
        Pair("dcmsend to storescp", (dcmtk("dcmsend"), "--max-pdu", "131072", *to), storescp),
        Pair("storescu to storescp", (dcmtk("storescu"), "-pdu", "131072", "-R", *to), storescp),
        Pair(
            "pynetdicom", (*theirs, "pynetdicom_send", "PORT", "OUT"), (*theirs, "store", "PORT", "IN"), 0.1, tells=True
        ),
    ]


def default_pairs() -> list[Pair]:
    """With DCMTK as it comes: no TCP_NODELAY."""
    return [
        Pair("dicomet to storescp", SEND, (dcmtk("storescp"), "+B", "-od", "IN", "PORT"), nodelay=False, tells=True),
        Pair(
            "storescu to dicomet", (dcmtk("storescu"), "-R", "+sd", "127.0.0.1", "PORT", "OUT"), RECEIVE, nodelay=False
        ),
    ]


def make_keys(folder: Path) -> None:
    """An authority, and a certificate that both sides use."""

    def openssl(*command: str) -> None:
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost")
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt")
    openssl(*new, "-keyout", "own.key", "-out", "own.csr", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl(
        "x509", "-req", "-in", "own.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
        "-copy_extensions", "copy", "-out", "own.crt",
    )  # fmt: skip


def tls_pairs() -> list[Pair]:
    """With TLS on both sides, certificates verified on both."""
    folder = Path(tempfile.mkdtemp(dir=SHARED))
    atexit.register(shutil.rmtree, folder)
    make_keys(folder)
    ca, cert, key = (str(folder / name) for name in ("ca.crt", "own.crt", "own.key"))
    ours = ("--ca", ca, "--cert", cert, "--key", key)
    theirs = ("+tls", key, cert, "+cf", ca)
    return [
        Pair("dicomet to dicomet", (*SEND, "1", "1", ca, cert, key), (*RECEIVE, *ours), tells=True),
        Pair("the same, eight requests under way", (*SEND, "1", "8", ca, cert, key), (*RECEIVE, *ours), tells=True),
        Pair("the same, two associations", (*SEND, "2", "1", ca, cert, key), (*RECEIVE, *ours), tells=True),
        Pair("the command dicomet store", (*STORE, *ours), (*RECEIVE, *ours)),
        Pair(
            "storescu to storescp",
            (dcmtk("storescu"), *theirs, "-pdu", "131072", "-R", "+sd", "127.0.0.1", "PORT", "OUT"),
            (dcmtk("storescp"), *theirs, "+B", "-pdu", "131072", "-od", "IN", "PORT"),
        ),
    ]


def echo_pairs() -> list[Pair]:
    """One client, that of DCMTK, to each server: what is measured is the server."""
    client = (PYTHON, PEERS, "echo", "PORT", "COUNT")
    return [
        Pair("dicomet", client, (PYTHON, PEERS, "echoed", "PORT")),
        Pair("storescp", client, (dcmtk("storescp"), "--ignore", "PORT")),
        Pair("pynetdicom", client, (PYTHON, PEERS, "pynetdicom", "PORT"), 0.05),
    ]


CASES: dict[str, tuple[str, tuple[int, int], Callable[[], list[Pair]]]] = {
    "ct": ("1,000 CT images of 530 KB", CT, storage_pairs),
    "small": ("2,000 objects of 10 KB", OBJECTS, storage_pairs),
    "default": ("2,000 objects of 10 KB, DCMTK without TCP_NODELAY", OBJECTS, default_pairs),
    "tls": ("1,000 CT images of 530 KB with TLS", CT, tls_pairs),
    "echo": ("20,000 C-ECHO of one client", (20000, 0), echo_pairs),
}


def compare(case: str, rounds: int) -> None:
    """Print a table: time and CPU an object, and how many times that of the first."""
    title, (count, rows), pairs = CASES[case]
    print(f"\n{title}\n\n| | a second | ms wall | ms CPU | x wall | x CPU |\n|---|---:|---:|---:|---:|---:|")
    files = Path(tempfile.mkdtemp(dir=SHARED)) / "files"
    try:
        if rows:
            make_files(files, count, rows)
        else:
            files.mkdir()
        chosen = pairs()
        took = [[measure(pair, files, count, storage=bool(rows)) for pair in chosen] for _ in range(rounds)]
    finally:
        shutil.rmtree(files.parent)
    for i, pair in enumerate(chosen):
        wall, cpu = (statistics.median(one[i][kind] for one in took) for kind in range(2))
        times = [statistics.median(one[i][kind] / one[0][kind] for one in took) for kind in range(2)]
        print(
            f"| {pair.name} | {1 / wall:,.0f} | {wall * 1e3:.3f} | {cpu * 1e3:.3f} | {times[0]:.2f} | {times[1]:.2f} |",
            flush=True,
        )


def measure(pair: Pair, files: Path, count: int, *, storage: bool) -> tuple[float, float]:
    """Seconds an object: wall and CPU."""
    one = run(pair, files, count) if storage else run_echo(pair, count)
    return one.wall / one.count, one.cpu / one.count


def run_echo(pair: Pair, count: int) -> Took:
    """Echoes: wall as the client tells it, and the CPU of the server alone."""
    n = max(1, int(count * pair.share))
    port = free_port()
    places = {"PORT": str(port), "COUNT": str(n)}
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src"), "TCP_NODELAY": "1"}
    with serving(tuple(places.get(part, part) for part in pair.server), port, environment) as pid:
        before = cpu_of(pid)
        said = subprocess.run(
            [places.get(part, part) for part in pair.client], env=environment, check=True, capture_output=True
        )
        return Took(float(said.stdout.split()[0]), cpu_of(pid) - before, n)


def main() -> None:
    """Compare in each case that is wanted."""
    rounds, wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:] or list(CASES)
    compileall.compile_dir(HERE.parent / "src", quiet=1)  # as it is once it was installed
    for case in wanted:
        compare(case, rounds)


if __name__ == "__main__":
    main()
