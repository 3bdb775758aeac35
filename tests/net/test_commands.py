"""``dicomet echo``, ``store`` and ``receive``, as a user calls them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import objects
import pytest
import servers
import test_other_implementations
import test_storage
import test_tls
from servers import Start

from dicomet.cli.network import peer_of

DICOMET = (sys.executable, "-m", "dicomet")
keys = test_tls.keys


def dicomet(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*DICOMET, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr + done.stdout
    return done


def receiving(start: Start, folder: Path, *options: str) -> int:
    return start(*DICOMET, "receive", "-o", str(folder), "--port", "PORT", "--host", "127.0.0.1", "-q", *options)


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("PACS@host:104", ("PACS", "host", 104)),
        ("host", ("ANY-SCP", "host", 11112)),
        ("A B@[::1]:11112", ("A B", "::1", 11112)),
        ("a@b@host:1", ("a@b", "host", 1)),
    ],
)
def test_peers(text: str, peer: tuple[str, str, int]) -> None:
    assert tuple(peer_of(text)) == peer


@pytest.mark.parametrize("text", ["host:0", "host:65536", "host:x", "@:1", "", "TITLE MUCH TOO LONG@host:1"])
def test_what_is_no_peer(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        peer_of(text)


def test_there_and_back(tmp_path: Path, start: Start) -> None:
    (tmp_path / "out" / "deeper").mkdir(parents=True)
    for i in range(6):
        objects.make_ct(tmp_path / "out" / ["", "deeper"][i % 2] / f"{i}.dcm", number=i, rows=[16, 300][i % 2])
    (tmp_path / "out" / "note.txt").write_text("not DICOM")
    port = receiving(start, tmp_path / "in", "--no-sync")
    to = ("--to", f"X@127.0.0.1:{port}")
    assert "answers 0x0000" in dicomet("echo", f"X@127.0.0.1:{port}").stdout
    said = json.loads(dicomet("echo", f"127.0.0.1:{port}", "--json").stdout)
    assert (said["status"], said["peer"]) == (0, "ANY-SCP")
    everything = ("--jobs", "2", "--window", "4", "--resume", str(tmp_path / "sent"))
    done = dicomet("store", str(tmp_path / "out"), *to, *everything, status=1)
    assert "6 sent, 1 failed" in done.stderr
    assert "note.txt" in done.stderr
    sent = list((tmp_path / "out").rglob("*.dcm"))
    test_other_implementations.check(sent, test_storage.stored(tmp_path / "in"))
    again = dicomet("store", *map(str, sent), *to, "--resume", str(tmp_path / "sent"))
    assert "0 sent, 0 failed, 6 were sent before" in again.stderr
    lines = [json.loads(line) for line in dicomet("store", *map(str, sent), *to, "--json").stdout.splitlines()]
    assert {line["path"] for line in lines} == set(map(str, sent))
    assert all(line["status"] == 0 for line in lines)


def test_names_of_two_lines(tmp_path: Path, start: Start) -> None:
    """They are sent, though a list of what was sent cannot have them."""
    objects.make_ct(tmp_path / "a\nb.dcm", rows=16)
    port = receiving(start, tmp_path / "in", "--no-sync")
    to = ("--to", f"127.0.0.1:{port}", "--resume", str(tmp_path / "list"))
    for _ in range(2):
        done = dicomet("store", str(tmp_path / "a\nb.dcm"), *to)
        assert "1 sent, 0 failed" in done.stderr
    test_other_implementations.check([tmp_path / "a\nb.dcm"], test_storage.stored(tmp_path / "in"))


def test_nobody_is_there(tmp_path: Path) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    port = servers.free_port()
    assert "refused" in dicomet("echo", f"127.0.0.1:{port}", status=1).stderr
    assert "refused" in dicomet("store", str(tmp_path / "a.dcm"), "--to", f"127.0.0.1:{port}", status=1).stderr
    assert "is no AET@HOST:PORT" in dicomet("echo", "127.0.0.1:x", status=1).stderr


@pytest.mark.parametrize("folder", ["/proc/new", "/proc/new/deeper", "/dev/null/new"])
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc, in which nothing can be made")
def test_a_folder_that_cannot_be(folder: str) -> None:
    """It is said in a line."""
    said = dicomet("receive", "-o", folder, "--port", "0", status=1).stderr.splitlines()
    assert len(said) == 1
    assert folder.removesuffix("/deeper") in said[0]


def test_whom_it_serves(tmp_path: Path, start: Start) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    port = receiving(start, tmp_path / "in", "--no-sync", "--aet", "US", "--strict", "--duplicates", "refuse")
    assert "called AE title" in dicomet("echo", f"YOU@127.0.0.1:{port}", status=1).stderr
    dicomet("store", str(tmp_path / "a.dcm"), "--to", f"US@127.0.0.1:{port}")
    twice = dicomet("store", str(tmp_path / "a.dcm"), "--to", f"US@127.0.0.1:{port}", status=1)
    assert "0x0111 duplicate SOP instance" in twice.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_come_in_numbers(tmp_path: Path, number: signal.Signals) -> None:
    """One ends it as soon as it listens; more at the same time, or while it ends, change nothing."""
    port = servers.free_port()
    with subprocess.Popen(
        [*DICOMET, "receive", "-o", str(tmp_path), "--port", str(port), "--host", "127.0.0.1", "-q"]
    ) as server:
        while not servers.is_up(port):
            assert server.poll() is None
            time.sleep(0.02)
        try:
            until = time.monotonic() + 30
            while server.poll() is None and time.monotonic() < until:
                server.send_signal(number)
            assert server.poll() == 0
        finally:
            server.kill()


@test_tls.pytestmark
def test_tls(keys: Path, tmp_path: Path, start: Start) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=300)
    ours = ("--ca", str(keys / "ca.crt"), "--cert", str(keys / "server.crt"), "--key", str(keys / "server.key"))
    theirs = ("--ca", str(keys / "ca.crt"), "--cert", str(keys / "client.crt"), "--key", str(keys / "client.key"))
    port = receiving(start, tmp_path / "in", *ours)
    dicomet("echo", f"127.0.0.1:{port}", *theirs)
    dicomet("store", str(tmp_path / "a.dcm"), "--to", f"127.0.0.1:{port}", *theirs)
    test_other_implementations.check([tmp_path / "a.dcm"], test_storage.stored(tmp_path / "in"))
    assert dicomet("echo", f"127.0.0.1:{port}", status=1).stderr
    assert "--cert" in dicomet("receive", "-o", str(tmp_path), "--tls", "--port", "0", status=1).stderr
