"""Servers of others, on loopback."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Start, dcmtk, environment, free_port, is_up


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program that listens on a port: the one that replaces PORT among its arguments, or a given one."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*command: str, port: int = 0) -> int:
        port = port or free_port()
        command = (dcmtk(command[0]) or command[0], *command[1:])
        with open(tmp_path / f"server-{port}.log", "wb") as log:
            one = subprocess.Popen(
                [part.replace("PORT", str(port)) for part in command],
                stdout=log,
                stderr=log,
                cwd=tmp_path,
                env=environment(command[0]),
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
