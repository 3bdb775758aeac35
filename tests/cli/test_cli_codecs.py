"""``dicomet codecs``: a line for each transfer syntax."""

from __future__ import annotations

from cli_running import Run


def test_codecs_lists_who_decodes_and_encodes(run: Run) -> None:
    ran = run("codecs")
    assert (ran.status, ran.err) == (0, "")
    lines = {line.split()[0]: line for line in ran.out.splitlines()[2:]}
    assert "openjpeg" in lines["1.2.840.10008.1.2.4.90"]
    assert "RLE Lossless (dicomet)" in lines["1.2.840.10008.1.2.5"]
    assert "JPIP client" in lines["1.2.840.10008.1.2.4.94"]
    assert len(lines) > 40
