"""Fixtures of the tests of bulk reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_files import Save, part10


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a file of these elements, give its path."""

    def write(name: str, *elements: bytes, syntax: str = "1.2.840.10008.1.2.1") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(part10(*elements, syntax=syntax))
        return path

    return write
