"""pydicom's FileSet and DCMTK's tools, as the tests use them."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest


@contextmanager
def pydicom_file_set(path: Path | None = None) -> Iterator[Any]:
    """pydicom's FileSet; the temporary folders that it makes are deleted, so that none warns."""
    import pydicom.fileset

    made: list[TemporaryDirectory[str]] = []

    def make(*arguments: Any, **options: Any) -> TemporaryDirectory[str]:
        made.append(TemporaryDirectory(*arguments, **options))
        return made[-1]

    with (
        warnings.catch_warnings(),
        mock.patch.object(pydicom.fileset, "TemporaryDirectory", make),
    ):
        warnings.simplefilter("ignore")
        try:
            yield pydicom.fileset.FileSet(path)
        finally:
            for folder in made:
                folder.cleanup()


def run_dcmtk(tool: str, *arguments: str | Path, folder: Path | None = None) -> str:
    """What a tool of DCMTK prints; skips where it is not there."""
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} of DCMTK is not installed")
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # no sanitizer in it
    done = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, timeout=60, env=environment)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, text
    return text
