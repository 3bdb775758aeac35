"""Servers of our own and of others, on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def dcmtk(name: str) -> str | None:
    """DCMTK's program of a name: pynetdicom has scripts that are called the same."""
    for folder in os.get_exec_path():
        path = Path(folder, name)
        if path.is_file():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    return str(path)
    return None


HAS_DCMTK = dcmtk("storescp") is not None
Start = Callable[..., int]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_up(port: int) -> bool:
    """Whether somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program that listens on a port: the one that replaces PORT among its arguments, or a given one."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*command: str, port: int = 0) -> int:
        port = port or free_port()
        command = (dcmtk(command[0]) or command[0], *command[1:])
        with open(tmp_path / f"server-{port}.log", "wb") as log:
            one = subprocess.Popen(
                [part.replace("PORT", str(port)) for part in command], stdout=log, stderr=log, cwd=tmp_path
            )
        running.append(one)
        for _ in range(200):
            if is_up(port):
                return port
            assert one.poll() is None, (tmp_path / f"server-{port}.log").read_text()
            time.sleep(0.05)
        raise AssertionError(f"{command[0]} does not listen")

    yield run
    for one in running:
        one.terminate()
    for one in running:
        try:
            one.wait(5)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


PYTHON = sys.executable
