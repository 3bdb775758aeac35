"""The registry: every transfer syntax of the standard, what is refused and why, codecs that others add."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest
from made import encapsulated, header

import dicomet
from dicomet._native import dictionary
from dicomet.errors import UnsupportedError
from dicomet.pixels import codecs
from dicomet.pixels.codecs import Decoded, codec_for, codec_table
from dicomet.pixels.layout import PixelLayout

# Transfer syntaxes of PS3.6 that are no way to write pixels.
NO_CODEC = {
    "1.2.840.10008.1.2.6.1": "RFC 2557 MIME, retired",
    "1.2.840.10008.1.2.6.2": "XML, retired",
    "1.2.840.10008.1.20": "Papyrus 3, retired",
}


def transfer_syntaxes() -> set[str]:
    """All of the registry of PS3.6."""
    return {uid for uid in dictionary.uids() if dictionary.uid_entry(uid)[2] == "Transfer Syntax"}


def test_every_transfer_syntax_of_the_standard_is_known() -> None:
    listed = {entry.uid for entry in codec_table()}
    assert transfer_syntaxes() - listed == set(NO_CODEC)


def test_what_is_missing_is_said() -> None:
    for entry in codec_table():
        assert bool(entry.missing) != entry.decodes
        assert entry.decodes or not entry.encodes
        assert bool(entry.codec) == entry.decodes


@pytest.mark.parametrize(
    ("uid", "words"),
    [
        ("1.2.840.10008.1.2.4.94", "JPIP client"),
        ("1.2.840.10008.1.2.4.205", "JPIP client"),
        ("1.2.840.10008.1.2.7.1", "SMPTE ST 2110"),
        ("1.2.840.10008.1.2.4.66", "hierarchical"),
        ("1.2.840.10008.1.2.4.58", "arithmetic"),
        ("1.2.3.4.5", "1.2.3.4.5"),
    ],
)
def test_unsupported_syntaxes_are_named_with_what_they_need(uid: str, words: str) -> None:
    data = encapsulated(header(4, 4, allocated=8), [b"\0\0"], uid)
    with pytest.raises(UnsupportedError, match=words):
        _ = dicomet.dcmread(data).frames
    with pytest.raises(NotImplementedError):
        _ = dicomet.dcmread(data).pixel_array


class Inverted:
    """A codec of a transfer syntax that nobody knows: every byte inverted."""

    name = "inverted"
    whole = True
    can_encode = True

    def decode(self, encoded: memoryview, layout: PixelLayout, out: np.ndarray, *, rgb: bool) -> Decoded:
        out[:] = ~np.frombuffer(encoded, np.uint8, out.size).reshape(out.shape)
        return Decoded(layout.photometric_interpretation, ("stream_precision",))

    def encode(self, array: np.ndarray, layout: PixelLayout, **options: Any) -> bytes:
        return (~array).tobytes()


INVERTED = Inverted()


def test_other_packages_add_codecs_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    uid = "1.2.826.0.1.3680043.9999.1"
    entry = EntryPoint(uid, f"{__name__}:INVERTED", codecs.ENTRY_POINTS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [entry] if group == "dicomet.codecs" else [])
    for cached in (codecs._added, codecs.codec_for):
        cached.cache_clear()
    try:
        array = np.arange(2 * 4 * 6, dtype=np.uint8).reshape(2, 4, 6)
        layout = PixelLayout(4, 6, 1, 8, 8, 7, transfer_syntax=uid)
        encoded = [codec_for(uid).encode(one, layout) for one in array]
        frames = dicomet.dcmread(encapsulated(header(4, 6, allocated=8, frames=2), encoded, uid)).frames
        assert np.array_equal(frames.read(), array)
        assert [f.code for f in frames.findings] == ["stream_precision"]
        assert ("inverted", True, True) in [(e.codec, e.decodes, e.encodes) for e in codec_table() if e.uid == uid]
    finally:
        for cached in (codecs._added, codecs.codec_for):
            cached.cache_clear()


def test_notes_have_words_and_clauses() -> None:
    from dicomet.pixels.notes import NOTES, finding

    for code, (text, clause) in NOTES.items():
        made = finding(code, 7)
        assert (made.code, made.text, made.clause, made.offset) == (code, text, clause, 7)
        assert clause.startswith("PS3.")
