"""Fixtures that tests share: the real files, by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from corpus import real_file, real_files
from hypothesis import HealthCheck, settings

# The same examples in every run, on however slow a machine: what is green stays green. DICOMET_RANDOM=1 looks for new
# ones.
_slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", _slow)
settings.register_profile("fixed", _slow, derandomize=True)
settings.load_profile("random" if os.environ.get("DICOMET_RANDOM") else "fixed")


@pytest.fixture(scope="session")
def corpus() -> dict[str, Path]:
    """Every real file by its short name."""
    return real_files()


@pytest.fixture(scope="session")
def ct_small() -> Path:
    """A small CT image: explicit VR little endian, with private elements."""
    return real_file("CT_small.dcm")


@pytest.fixture(scope="session")
def mr_small() -> Path:
    """A small MR image: explicit VR little endian."""
    return real_file("MR_small.dcm")
