"""``dicomet codecs``: which transfer syntaxes can be decoded and encoded, and by what."""

from __future__ import annotations

from dicomet.pixels.codecs import codec_table
from dicomet.uids import UID


def codecs() -> int:
    """Print a line for every transfer syntax that is known."""
    from dicomet.cli.console import print_table

    rows = [
        (entry.uid, UID(entry.uid).name, _mark(entry.decodes), _mark(entry.encodes), entry.codec or entry.missing)
        for entry in codec_table()
    ]
    print_table(("transfer syntax", "name", "decode", "encode", "by, or what is missing"), rows)
    return 0


def _mark(can: bool) -> str:
    return "yes" if can else "–"
