"""Fixtures of the media tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_made import folder_of


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """12 CT images of two patients with two series each, under names that can be File IDs."""
    return folder_of(tmp_path / "images")
