"""The README's Python runs as it stands, and what it says comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from corpus import real_file

import dicomet

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text("utf-8")


def test_python_blocks_run(
    readme: str, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(archive)
    (archive / "slices.dcm").write_bytes(real_file("emri_small_RLE.dcm").read_bytes())
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) == 6
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    ds = names["ds"]
    assert ds.PatientName == "CompressedSamples^CT1"
    assert ds.PixelSpacing == [0.661468, 0.661468]
    assert ds[0x0018, 0x0050].value == 5.0
    printed = capsys.readouterr().out.strip()
    assert f"# {printed}" in readme
    frames = names["frames"]
    assert (len(frames), frames.shape, str(frames.dtype)) == (10, (10, 64, 64), "uint16")
    assert "# 10, (10, 64, 64), uint16" in readme
    assert names["total"] == names["mr"].pixel_array.sum() > 0
    assert (names["stack"] == names["mr"].pixel_array[[0, 3, 6]]).all()
    edited = dicomet.dcmread("edited.dcm")
    assert edited.PatientName == "Anonymous"
    assert edited.RequestAttributesSequence[0].ScheduledProcedureStepID == "4711"
    assert "StudyID" not in edited
    assert (dicomet.dcmread("small.dcm").frames[0] == edited.frames[0]).all()
    assert names["status"] == 0
    assert len(list(Path("incoming").rglob("*.dcm"))) == 1
    table = names["table"]
    assert table.num_rows == 8
    assert table.column_names[-1] == "protocol"


def test_links_lead_somewhere(readme: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme)
    assert targets
    missing = [target for target in targets if not (README.parent / target).exists()]
    assert missing == []


def test_it_names_the_demo_and_the_tests_first(readme: str) -> None:
    head = readme.split("\n## ")[0]
    assert "pip install '.[demo]' && dicomet demo" in head
    assert "pip install '.[test]' && python -m pytest" in head
