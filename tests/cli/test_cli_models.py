"""dicomet json and dicomet xml: what they write, and where."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from cli_running import Run

import dicomet


def test_json_goes_to_standard_output(run: Run, samples: Path) -> None:
    ran = run("json", samples / "CT_small.dcm")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == dicomet.dcmread(samples / "CT_small.dcm").to_json_dict()


def test_text_is_utf_8_whatever_the_terminal(run_process: Run, charset_samples: Path) -> None:
    for command in ("json", "xml"):
        source = charset_samples / "chrGreek.dcm"
        ran = run_process("-m", "dicomet", command, source, PYTHONIOENCODING="ascii")
        assert (ran.status, ran.err) == (0, "")
        assert "Διονυσιος" in ran.out


def test_a_second_argument_names_the_file(run: Run, samples: Path, tmp_path: Path) -> None:
    source = samples / "rtplan.dcm"
    assert run("json", source, tmp_path / "a.json") == run("xml", source, tmp_path / "a.xml")
    ds = dicomet.dcmread(source)
    assert (tmp_path / "a.json").read_text("utf-8") == ds.to_json() + "\n"
    assert (tmp_path / "a.xml").read_text("utf-8") == ds.to_xml()
    assert ElementTree.parse(tmp_path / "a.xml").getroot().tag.endswith("NativeDicomModel")


def test_what_fails_writes_nothing(run: Run, archive: Path, tmp_path: Path) -> None:
    for command in ("json", "xml"):
        ran = run(command, archive / "notes.txt", tmp_path / "out")
        assert ran.status == 1
        assert "notes.txt" in ran.err
        assert not (tmp_path / "out").exists()
        ran = run(command, archive / "ct.dcm", tmp_path / "missing" / "out")
        assert ran.status == 1
        assert ran.err
