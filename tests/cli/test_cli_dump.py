"""dicomet dump: what it prints, of what it fails, and what it never sends to a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_running import Run

ESC = "\x1b"


def element(tag: tuple[int, int], vr: bytes, value: bytes) -> bytes:
    """Explicit VR little endian, of the VRs with lengths of 16 bits. PS3.5 §7.1.2."""
    value += b" " * (len(value) % 2)
    head = tag[0].to_bytes(2, "little") + tag[1].to_bytes(2, "little") + vr
    return head + len(value).to_bytes(2, "little") + value


def part10(*elements: bytes) -> bytes:
    syntax = element((2, 0x10), b"UI", b"1.2.840.10008.1.2.1\0")
    length = element((2, 0), b"UL", len(syntax).to_bytes(4, "little"))
    return bytes(128) + b"DICM" + length + syntax + b"".join(elements)


def test_elements_stand_one_a_line(run: Run, samples: Path) -> None:
    ran = run("dump", samples / "CT_small.dcm")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].endswith("CT_small.dcm, 39,206 bytes, Explicit VR Little Endian")
    assert "(0010,0010) PN PatientName                          CompressedSamples^CT1" in lines
    assert "(0008,0008) CS ImageType                            ORIGINAL\\PRIMARY\\AXIAL" in lines
    uid = "1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)"
    assert f"(0008,0016) UI SOPClassUID                         {uid:>45}" in lines
    assert re.search(
        r"^\(7FE0,0010\) OW PixelData +(af 00 ?|.. )+.*\(32,768 bytes\)$", ran.out, re.M
    )


def test_items_are_indented_below_their_sequence(run: Run, samples: Path) -> None:
    out = run("dump", samples / "rtplan.dcm").out
    assert re.search(r"^\(300A,0070\) SQ FractionGroupSequence +1 item$", out, re.M)
    assert re.search(r"^  item 0\n    \(300A,0071\) IS FractionGroupNumber +1$", out, re.M)
    assert re.search(r"^      item 0\n        \(300A,0082\) DS ", out, re.M)


def test_max_depth_counts_what_lies_deeper(run: Run, samples: Path) -> None:
    out = run("dump", "--max-depth", "0", samples / "rtplan.dcm").out
    assert re.search(r"FractionGroupSequence +1 item, not shown$", out, re.M)
    assert "item 0" not in out
    out = run("dump", "--max-depth", "1", samples / "rtplan.dcm").out
    assert "\n  item 0\n" in out
    assert "\n      item 0\n" not in out


def test_findings_stand_at_the_end(run: Run, samples: Path) -> None:
    ran = run("dump", samples / "MR_truncated.dcm")
    assert ran.status == 0
    last = ran.out.splitlines()[-1]
    assert re.fullmatch(r"# byte \d+ \(7FE0,0010\) truncated\w*: .+ \[PS3\..+\]", last)
    assert "finding" not in run("dump", samples / "MR_small.dcm").out


def test_text_of_other_scripts_is_decoded(run: Run, charset_samples: Path) -> None:
    out = run("dump", charset_samples / "chrH32.dcm").out
    assert "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう" in out


def test_json_is_one_object_a_line(run: Run, samples: Path) -> None:
    names = ("CT_small.dcm", "rtplan.dcm")
    ran = run("dump", "--json", *(samples / name for name in names))
    assert (ran.status, ran.err) == (0, "")
    ct, plan = map(json.loads, ran.out.splitlines())
    assert ct["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "CompressedSamples^CT1"}]}
    assert plan["300A0070"]["Value"][0]["300A0071"] == {"vr": "IS", "Value": [1]}


def test_a_file_that_fails_is_named_and_the_others_come(
    run: Run, tmp_path: Path, samples: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no DICOM at all, but long enough for a look. " * 9)
    missing = tmp_path / "missing.dcm"
    ran = run("dump", missing, text, tmp_path, samples / "CT_small.dcm")
    assert ran.status == 1
    errors = ran.err.splitlines()
    assert len(errors) == 3
    assert errors[0].startswith(f"dicomet: {missing}: No such file")
    assert errors[1].startswith(f"dicomet: {text}: PS3.10 §7.1: not DICOM")
    assert errors[2].startswith(f"dicomet: {tmp_path}: ")
    assert "CompressedSamples^CT1" in ran.out


def test_force_reads_what_does_not_look_like_dicom(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\xff" * 300)
    assert run("dump", path).status == 1
    ran = run("dump", "--force", path)
    assert (ran.status, ran.err) == (0, "")
    assert "no Transfer Syntax UID" in ran.out


def test_control_characters_are_shown_not_sent(run: Run, tmp_path: Path) -> None:
    path = tmp_path / f"red{ESC}[31m.dcm"
    path.write_bytes(
        part10(
            element((8, 5), b"CS", b"ISO_IR 192"),
            element((0x10, 0x10), b"PN", b"A\x1b]0;owned\x07^B"),
            element((0x10, 0x4000), b"LT", "one\r\ntwo \u202egnp.exe\x9b".encode()),
        )
    )
    ran = run("dump", path, tmp_path / f"gone{ESC}[2J")
    assert ran.status == 1
    for character in (ESC, "\x07", "\r", "\u202e", "\x9b"):
        assert character not in ran.out + ran.err
    assert "\\x1b]0;owned\\x07" in ran.out
    assert "one\\r\\ntwo \\u202egnp.exe\\x9b" in ran.out
    assert "red\\x1b[31m.dcm" in ran.out
    assert "gone\\x1b[2J" in ran.err


def test_long_values_are_cut_and_counted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "long.dcm"
    path.write_bytes(
        part10(
            element((0x10, 0x4000), b"LT", b"x" * 500),
            element((0x18, 0x1620), b"IS", b"\\".join(b"%d" % i for i in range(40))),
        )
    )
    out = run("dump", path).out
    assert f" {'x' * 200}… (500 characters)\n" in out
    assert " 0\\1\\2\\3\\4\\5\\6\\7\\8\\9\\10\\11\\12\\13\\14\\15… (40 values)\n" in out


def test_no_colours_where_there_is_no_terminal(run_process: Run, samples: Path) -> None:
    ran = run_process("-m", "dicomet", "dump", samples / "rtplan.dcm", FORCE_COLOR="1")
    assert ESC not in ran.out + ran.err


def test_colours_on_a_terminal(run_on_terminal: Run, samples: Path) -> None:
    out = run_on_terminal("dump", samples / "CT_small.dcm").out
    assert f"{ESC}[36m(0010,0010){ESC}[0m" in out


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_they_are_not_wanted(
    run_on_terminal: Run, samples: Path, environment: dict[str, str]
) -> None:
    out = run_on_terminal("dump", samples / "CT_small.dcm", **environment).out
    assert "(0010,0010) PN PatientName" in out
    assert ESC not in out


def test_stdout_without_our_letters(run_process: Run, charset_samples: Path) -> None:
    ran = run_process(
        "-m", "dicomet", "dump", charset_samples / "chrH32.dcm", PYTHONIOENCODING="ascii"
    )
    assert (ran.status, ran.err) == (0, "")
    assert "\\u5c71\\u7530^\\u592a\\u90ce" in ran.out
