"""What was written is read by DCMTK and GDCM, without a word of complaint, and comes back the same."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from corpus import real_file
from same_content import differences
from saving import NATIVE

from dicomet import dcmread

FILES = ("CT_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "reportsi.dcm", "DICOMDIR-nopatient",
         "693_UNCR.dcm", "JPEG2000.dcm",
         "SC_rgb_rle_2frame.dcm", "chrH32.dcm", "chrX1.dcm", "liver_1frame.dcm", "waveform_ecg.dcm", "color-pl.dcm",
         "eCT_Supplemental.dcm", "US1_UNCR.dcm", "MR_truncated.dcm")  # fmt: skip


def run(*command: str | Path) -> str:
    """The complaints of a tool that must end well."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Each file edited, in every syntax that its pixels allow and with all kinds of lengths."""
    folder = tmp_path_factory.mktemp("written")
    found: dict[str, list[Path]] = {}
    for name in FILES:
        ds = dcmread(real_file(name))
        ds.PatientID = "edited"
        ds.SpecificCharacterSet = ds.get("SpecificCharacterSet") or "ISO_IR 100"
        encapsulated = "PixelData" in ds and ds["PixelData"].is_undefined_length
        for syntax in [None] if encapsulated else NATIVE.values():
            for lengths in ("keep", "defined", "undefined"):
                path = folder / f"{Path(name).stem}-{syntax}-{lengths}.dcm"
                ds.save_as(path, transfer_syntax=syntax, lengths=lengths)  # type: ignore[arg-type]
                found.setdefault(name, []).append(path)
    return found


@pytest.mark.skipif(which("dcmdump") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("name", FILES)
def test_dcmtk_dumps_it(written: dict[str, list[Path]], name: str) -> None:
    assert run("dcmdump", *written[name]) == ""


@pytest.mark.skipif(which("dcmconv") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("name", FILES)
def test_it_comes_back_from_dcmtk_the_same(written: dict[str, list[Path]], name: str, tmp_path: Path) -> None:
    before = dcmread(written[name][0])
    for path in written[name][::5]:
        run("dcmconv", path, tmp_path / "back.dcm")
        assert differences(before, dcmread(tmp_path / "back.dcm"), implicit=True) == []


@pytest.mark.skipif(which("gdcmdump") is None, reason="GDCM's tools are not installed")
@pytest.mark.parametrize("name", FILES)
def test_gdcm_reads_it(written: dict[str, list[Path]], name: str) -> None:
    for path in written[name][1::5]:
        assert run("gdcmdump", path) == ""
