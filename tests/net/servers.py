"""Ports, and where the programs of other implementations are."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path


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


PYTHON = sys.executable
SANITIZED = sys.platform == "linux" and "asan" in Path("/proc/self/maps").read_text()
"""Sanitizers make everything slower and larger: they are asked for crashes and exceptions."""


def environment(program: str) -> dict[str, str]:
    """For another process: a sanitizer that watches this one is not for other people's programs."""
    keep = program == PYTHON
    return {name: value for name, value in os.environ.items() if keep or name != "LD_PRELOAD"}
