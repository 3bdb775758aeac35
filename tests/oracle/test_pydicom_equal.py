"""Every element of every real file equals pydicom's: tag, VR, VM, value, bytes, offset. PS3.5 §7.

Where the two differ, `DIFFERENCES` names file, element and reason, and DCMTK has the second
opinion. A difference that is not listed fails, and so does a listed one that is no longer there.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from compare import differences, read_theirs
from corpus import compressed_files, decompressed, real_file, real_files

import dicomet
from dicomet.errors import InvalidDicomError

PADDING = "spaces around each value of CS are padding, also before the last (PS3.5 §6.2, §6.4)"
CUT_TEXT = "a number cut in two is another number: text at the end of a truncated file is left out"
LOST = "pydicom gives up all elements when fragments end without a delimiter (PS3.5 §A.4)"


class Known(NamedTuple):
    """Elements of one file that are known to differ."""

    elements: frozenset[tuple[str, str]]  # (path of tags and items, in what)
    reason: str


DIFFERENCES = {
    "pydicom/test_files/693_J2KI.dcm": Known(frozenset({("00080008", "value")}), PADDING),
    "pydicom/test_files/SC_rgb_gdcm_KY.dcm": Known(frozenset({("00080008", "value")}), PADDING),
    "pydicom/test_files/SC_rgb_jpeg_lossy_gdcm.dcm": Known(
        frozenset({("00080008", "value")}), PADDING
    ),
    "pydicom-data/693_UNCI.dcm": Known(frozenset({("00080008", "value")}), PADDING),
    "pydicom-data/SC_rgb_gdcm2k_uncompressed.dcm": Known(
        frozenset({("00080008", "value")}), PADDING
    ),
    "pydicom/test_files/rtplan_truncated.dcm": Known(
        frozenset({("300A00B0[0].300A0111[0].300A012C", "missing")}), CUT_TEXT
    ),
}
# Implicit VR under a transfer syntax of explicit VR.
WRONG_TRANSFER_SYNTAX = frozenset({"pydicom/test_files/SC_rgb_jpeg.dcm"})
# Files that are compared by other means below.
_NO_HEADER = "pydicom/test_files/no_meta.dcm"
_LOST_BY_PYDICOM = "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm"

needs_dcmtk = pytest.mark.skipif(
    shutil.which("dcmdump") is None, reason="DCMTK is not installed: no second opinion"
)


def _assert_equal(name: str, source: Path | bytes) -> None:
    ours = dicomet.dcmread(source)
    theirs = read_theirs(source if isinstance(source, Path) else io.BytesIO(source))
    found = [*differences(ours.file_meta, theirs.file_meta, "meta:"), *differences(ours, theirs)]
    known = DIFFERENCES.get(name, Known(frozenset(), ""))
    listed = {(d.path, d.what) for d in found} & known.elements
    unlisted = [str(d) for d in found if (d.path, d.what) not in known.elements]
    assert not unlisted
    assert listed == known.elements, "a listed difference is gone: take it off the list"
    assert ours.preamble == theirs.preamble
    # pydicom tells what the transfer syntax says, dicomet what the bytes are
    lies = any(f.code == "wrong_transfer_syntax" for f in ours.findings)
    assert lies == (name in WRONG_TRANSFER_SYNTAX)
    assert (ours.original_encoding == theirs.original_encoding) != lies


@pytest.mark.parametrize(
    "name", [n for n in real_files() if n not in (_NO_HEADER, _LOST_BY_PYDICOM)]
)
def test_every_element_equals_pydicoms(name: str) -> None:
    _assert_equal(name, real_files()[name])


@pytest.mark.parametrize(
    "name",
    list(compressed_files())
    or [pytest.param("", marks=pytest.mark.skip(reason="../shared/data/wg04 is not there"))],
)
def test_every_element_of_the_uncompressed_references_equals_pydicoms(name: str) -> None:
    _assert_equal(name, decompressed(compressed_files()[name]))


def test_a_file_whose_first_byte_is_missing_is_refused_without_force() -> None:
    """no_meta.dcm begins inside a preamble: what follows is shifted by a byte for every reader."""
    path = real_files()[_NO_HEADER]
    with pytest.raises(InvalidDicomError):
        dicomet.dcmread(path)
    forced = dicomet.dcmread(path, force=True)
    theirs = read_theirs(path)
    assert [int(t) for t in forced.keys()] == [int(t) for t in theirs.keys()]  # noqa: SIM118
    assert "truncated" in [f.code for f in forced.findings]


def _dcmdump(path: Path, *options: str) -> list[str]:
    done = subprocess.run(
        ["dcmdump", "-q", "+L", *options, str(path)], capture_output=True, check=False
    )
    return done.stdout.decode("latin-1").splitlines()


def _dcm2json(path: Path, tag: str) -> dict[str, object]:
    """One element at top level; of some files the JSON as a whole is not well formed."""
    done = subprocess.run(["dcm2json", "-q", str(path)], capture_output=True, check=False)
    found = re.search(rf'(?ms)^  "{tag}": (\{{.*?^  \}})', done.stdout.decode())
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


@needs_dcmtk
@pytest.mark.parametrize("name", [n for n, known in DIFFERENCES.items() if known.reason == PADDING])
def test_dcmtk_leaves_out_padding_of_each_value_too(name: str) -> None:
    path = real_files()[name]
    ours = dicomet.dcmread(path)
    for tag, _ in DIFFERENCES[name].elements:
        assert _dcm2json(path, tag)["Value"] == list(ours[int(tag, 16)].value)


@needs_dcmtk
def test_dcmtk_refuses_the_file_for_the_number_that_is_cut_in_two() -> None:
    path = real_file("rtplan_truncated.dcm")
    done = subprocess.run(["dcmdump", str(path)], capture_output=True, check=False)
    assert b"IsocenterPosition (300a,012c) larger (50) than remaining bytes (29)" in done.stderr
    codes = [(f.tag, f.code) for f in dicomet.dcmread(path).findings]
    assert (0x300A012C, "truncated") in codes


@needs_dcmtk
def test_dcmtk_reads_what_pydicom_gives_up_where_fragments_end_without_delimiter() -> None:
    path = real_files()[_LOST_BY_PYDICOM]
    assert len(read_theirs(path)) == 0, LOST
    ours = dicomet.dcmread(path)
    second = {
        line[1:10].replace(",", "")
        for line in _dcmdump(path, "+E")
        if line.startswith("(") and not line.startswith(("(0002", "(fffe"))
    }
    assert len(second) > 100
    assert {f"{int(tag):08x}" for tag in ours.keys()} == second  # noqa: SIM118
    assert "truncated" in [f.code for f in ours.findings]
