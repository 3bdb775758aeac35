"""Every real file is written: unchanged, in every uncompressed syntax, read again by others. PS3.5 §10, PS3.10 §7."""

from __future__ import annotations

import io
import itertools
import warnings
from pathlib import Path

import pytest
from corpus import real_files
from same_content import differences

from dicomet import DicomError, FileDataset, dcmread
from dicomet.errors import WriteError

NATIVE = {
    "implicit": "1.2.840.10008.1.2",
    "explicit": "1.2.840.10008.1.2.1",
    "big endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
}
LENGTHS = ("keep", "defined", "undefined")
_LARGE_NBYTES = 600_000  # one way is enough
# No SOP Class UID anywhere: only what stood there can be written. PS3.10 §7.1
WITHOUT_SOP_CLASS = frozenset(("nested_priv_SQ.dcm", "meta_missing_tsyntax.dcm", "empty_charset_LEI.dcm"))
# Private elements with another VR in the file than in the table of private elements, by which implicit VR goes.
OTHER_VR = frozenset(("CR1/6154", "CR2/6247", "CR3/6278"))


def opened(path: Path) -> FileDataset:
    try:
        return dcmread(path)
    except DicomError:
        pytest.skip("no data set")


def saved(ds: FileDataset, **options: object) -> bytes:
    out = io.BytesIO()
    ds.save_as(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def is_encapsulated(ds: FileDataset) -> bool:
    return "PixelData" in ds and ds["PixelData"].is_undefined_length


@pytest.fixture(params=real_files(), ids=str)
def path(request: pytest.FixtureRequest) -> Path:
    return real_files()[request.param]


def test_unchanged_it_is_the_same_byte_for_byte(path: Path) -> None:
    ds = opened(path)
    data = path.read_bytes()
    if ds._index.inflated:  # packed anew: the same once it is inflated
        twin = dcmread(saved(ds, enforce_file_format=False))
        source, other = ds._index.source, twin._index.source
        assert source.read(0, source.nbytes) == other.read(0, other.nbytes)
    else:
        assert saved(ds, enforce_file_format=False) == data


def test_a_file_format_is_enforced_around_the_same_data_set(path: Path) -> None:
    ds = opened(path)
    if path.name in WITHOUT_SOP_CLASS:
        with pytest.raises(WriteError, match="SOPClassUID"):
            saved(ds)
        return
    data = saved(ds)
    twin = dcmread(data)
    meta = twin.file_meta
    assert data[128:132] == b"DICM"
    assert meta.FileMetaInformationGroupLength == twin._index.body_offset - 144
    assert meta.FileMetaInformationVersion == b"\0\x01"
    assert meta.ImplementationVersionName.startswith("DICOMET")
    assert not {f.code for f in twin.findings} & {"no_meta", "meta_length", "wrong_transfer_syntax", "no_preamble"}
    if ds._index.implicit == twin._index.implicit and not ds._index.inflated:
        assert data[twin._index.body_offset :] == path.read_bytes()[ds._index.body_offset :]
    assert differences(ds, twin) == []


def test_there_and_back_in_every_native_syntax(path: Path) -> None:
    ds = opened(path)
    if path.name in WITHOUT_SOP_CLASS:
        pytest.skip("no SOP Class UID")
    if is_encapsulated(ds):
        for syntax in ("implicit", "big endian"):
            with pytest.raises(WriteError, match="transcode"):
                saved(ds, transfer_syntax=NATIVE[syntax])
        return
    is_large = path.stat().st_size > _LARGE_NBYTES
    for syntax, lengths in [("big endian", "keep")] if is_large else itertools.product(NATIVE, LENGTHS):
        there = dcmread(saved(ds, transfer_syntax=NATIVE[syntax], lengths=lengths))
        back = dcmread(saved(there, transfer_syntax=NATIVE["explicit"], lengths=lengths))
        implicit = syntax == "implicit" or ds.is_implicit_VR or str(path).endswith(tuple(OTHER_VR))
        for twin in (there, back):
            assert differences(ds, twin, implicit=implicit) == [], (syntax, lengths)
            assert "wrong_transfer_syntax" not in {f.code for f in twin.findings}
        if lengths != "keep":
            wanted = lengths == "undefined"
            assert all(e.is_undefined_length == wanted for e in there.iterall() if e.VR == "SQ")


def test_pydicom_reads_what_was_written(path: Path) -> None:
    """In explicit VR, where nothing is left to its dictionary."""
    ds = opened(path)
    if path.name in WITHOUT_SOP_CLASS or ds.is_implicit_VR or path.stat().st_size > 2_000_000:
        pytest.skip("not for this one")
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            before = pydicom.dcmread(path)
            list(before.iterall())
        except Exception:  # what pydicom cannot read, it cannot compare
            pytest.skip("pydicom cannot read it")
        after = pydicom.dcmread(io.BytesIO(saved(ds)))
        assert after == before
