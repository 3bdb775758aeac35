"""Data sets between messages and files: decoded, encoded, with a File Meta Information. PS3.5 Annex A; PS3.10 §7.1."""

from __future__ import annotations

import struct
from io import BytesIO

from typing_extensions import Buffer

from dicomet._charsets.memo import memo
from dicomet._native.index import TOP, Index
from dicomet._native.source import Source
from dicomet._native.storefile import file_head
from dicomet.dataset import Dataset
from dicomet.reader import dcmread
from dicomet.syntax import syntax_of
from dicomet.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomet.writer import dcmwrite

_AFTER_META = 0x00030000


def decode(data: Buffer, transfer_syntax: str) -> Dataset:
    """A data set over its encoded bytes, which it keeps. Bytes that are damaged give what is there of it.

    Raises
    ------
    InvalidDicomError
        Nothing of it can be read.
    """
    syntax = syntax_of(transfer_syntax)
    if syntax.deflated or syntax.encapsulated:
        return dcmread(BytesIO(file_meta("1.2", "1.2", transfer_syntax) + bytes(data)))
    index = Index.scan_bare(Source.of(data), syntax.implicit, syntax.big_endian)
    return Dataset._over(index, TOP, None)


def encode(ds: Dataset, transfer_syntax: str) -> memoryview:
    """A data set as it goes into a message: in a transfer syntax, without File Meta Information. PS3.7 §6.3.

    Pixels stay as they are: `Dataset.transcode` makes others of them.

    Raises
    ------
    WriteError
        A value that its VR cannot hold, or pixels that the syntax does not have.
    """
    buffer = BytesIO()
    dcmwrite(buffer, ds, transfer_syntax=transfer_syntax, enforce_file_format=False)
    whole = buffer.getvalue()
    if whole[128:132] != b"DICM":
        return memoryview(whole)
    return memoryview(whole)[Index.scan(Source.of(whole), stop_tag=_AFTER_META).body_offset :]


def _element(element: int, vr: bytes, value: bytes, padding: bytes) -> bytes:
    value += padding * (len(value) % 2)
    return struct.pack("<HH2sH", 2, element, vr, len(value)) + value


@memo(maxsize=256)
def rest_of_meta(transfer_syntax: str, sender: str, receiver: str) -> bytes:
    """File Meta Information behind the UIDs: what is alike in all files of a presentation context."""
    group = b"".join(
        _element(element, b"UI", uid.encode("ascii", "replace"), b"\0")
        for element, uid in ((0x0010, transfer_syntax), (0x0012, IMPLEMENTATION_CLASS_UID))
    )
    group += _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode("ascii"), b" ")
    for element, title in ((0x0017, sender), (0x0018, receiver)):
        if title:
            group += _element(element, b"AE", title.encode("ascii", "replace"), b" ")
    return group


def file_meta(
    sop_class: str, sop_instance: str, transfer_syntax: str, *, sender: str = "", receiver: str = ""
) -> bytes:
    """Preamble, prefix and File Meta Information of a file that is made of a received data set. PS3.10 §7.1."""
    return file_head(
        sop_class.encode("ascii", "replace"),
        sop_instance.encode("ascii", "replace"),
        rest_of_meta(transfer_syntax, sender, receiver),
    )
