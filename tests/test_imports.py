"""What importing dicomet costs, counted in modules: seconds are measured in benchmarks only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dicomet

# Each takes longer to import than any module of dicomet's own.
HEAVY = {
    *("collections", "dataclasses", "datetime", "decimal", "enum", "functools", "imagecodecs"),
    *("inspect", "json", "logging", "numpy", "pathlib", "re", "threading", "typing"),
    *("typing_extensions", "warnings"),
}


def _loaded_by(code: str) -> set[str]:
    """Modules that some code loads beside those of a bare interpreter."""
    where = str(Path(dicomet.__file__).parent.parent)
    program = (
        f"import sys; sys.path.insert(0, {where!r}); before = set(sys.modules)\n"
        f"{code}\nprint(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    return set(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())


def test_importing_the_package_loads_nothing_else() -> None:
    assert _loaded_by("import dicomet") == {"dicomet"}


@pytest.mark.parametrize("name", ["dcmread", "Dataset", "Sequence", "DataElement", "DicomError"])
def test_the_way_to_reading_loads_no_heavy_module(name: str) -> None:
    loaded = _loaded_by(f"import dicomet; dicomet.{name}")
    assert "dicomet" in loaded
    assert loaded & HEAVY == set()


def test_reading_a_file_and_its_values_loads_no_heavy_module() -> None:
    from pydicom.data import get_testdata_file

    path = get_testdata_file("CT_small.dcm")
    loaded = _loaded_by(
        f"import dicomet; ds = dicomet.dcmread({path!r})\n"
        "ds.PatientName, ds.Rows, ds.PixelSpacing, ds.ImageType, ds[0x0010, 0x0010].VR, list(ds)"
    )
    assert "dicomet.reader" in loaded
    assert loaded & HEAVY == set()
