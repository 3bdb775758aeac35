"""File Meta Information of files whose UIDs are none. PS3.10 §7.1."""

from __future__ import annotations

import io

from build import meta, patient, study

from dicomet import dcmread


def test_a_uid_that_is_no_ascii_is_written_as_it_was_read() -> None:
    data = bytes(128) + b"DICM" + meta().replace(b"1.2.3.4", b"1.2.\xe9.4") + study().replace(b"1.2.3.4", b"1.2.\xe9.4")
    stream = io.BytesIO()
    dcmread(data).save_as(stream)
    again = dcmread(stream.getvalue())
    assert again.file_meta["MediaStorageSOPInstanceUID"].raw == b"1.2.\xe9.4\0"


def test_implicit_big_endian_which_is_no_syntax_becomes_explicit_little_endian() -> None:
    from build import IBE

    body = (
        study(IBE) + patient(IBE) + IBE.element(0x00280010, "US", b"\1\2") + IBE.element(0x7FE00010, "OW", b"\1\2\3\4")
    )
    ds = dcmread(body, force=True)
    assert (ds.is_implicit_VR, ds.is_little_endian) == (True, False)
    stream = io.BytesIO()
    ds.save_as(stream)
    again = dcmread(stream.getvalue())
    assert again.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (again.PatientName, again.Rows, again.PixelData) == ("Doe^Jane", 0x0102, b"\2\1\4\3")
    assert again.findings == []
