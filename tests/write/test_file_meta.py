"""File Meta Information of files whose UIDs are none. PS3.10 §7.1."""

from __future__ import annotations

import io

from build import meta, study

from dicomet import dcmread


def test_a_uid_that_is_no_ascii_is_written_as_it_was_read() -> None:
    data = bytes(128) + b"DICM" + meta().replace(b"1.2.3.4", b"1.2.\xe9.4") + study().replace(b"1.2.3.4", b"1.2.\xe9.4")
    stream = io.BytesIO()
    dcmread(data).save_as(stream)
    again = dcmread(stream.getvalue())
    assert again.file_meta["MediaStorageSOPInstanceUID"].raw == b"1.2.\xe9.4\0"
