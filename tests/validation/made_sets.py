"""Data sets for the tests of validation: a sound Secondary Capture image, and changes to it."""

from __future__ import annotations

from collections.abc import Mapping

from build import EXPLICIT, LE, Encoding

import dicomet
from dicomet.tags import tag_for_keyword

SC = "1.2.840.10008.5.1.4.1.1.7"
INSTANCE = "1.2.3.4"
Change = tuple[str, bytes | str] | None

_SOUND: dict[str, tuple[str, bytes | str]] = {
    "SOPClassUID": ("UI", SC),
    "SOPInstanceUID": ("UI", INSTANCE),
    "StudyDate": ("DA", "20240229"),
    "StudyTime": ("TM", "1230"),
    "AccessionNumber": ("SH", ""),
    "Modality": ("CS", "OT"),
    "ConversionType": ("CS", "WSD"),
    "ReferringPhysicianName": ("PN", ""),
    "PatientName": ("PN", "Doe^Jane"),
    "PatientID": ("LO", "4711"),
    "PatientBirthDate": ("DA", ""),
    "PatientSex": ("CS", "F"),
    "StudyInstanceUID": ("UI", "1.2.3"),
    "SeriesInstanceUID": ("UI", "1.2.3.1"),
    "StudyID": ("SH", ""),
    "SeriesNumber": ("IS", "1"),
    "InstanceNumber": ("IS", "1"),
    "SamplesPerPixel": ("US", b"\1\0"),
    "PhotometricInterpretation": ("CS", "MONOCHROME2"),
    "Rows": ("US", b"\2\0"),
    "Columns": ("US", b"\3\0"),
    "BitsAllocated": ("US", b"\x08\0"),
    "BitsStored": ("US", b"\x08\0"),
    "HighBit": ("US", b"\7\0"),
    "PixelRepresentation": ("US", b"\0\0"),
    "PixelData": ("OB", bytes(6)),
}


def tag_of(key: str | int) -> int:
    """Tag of a keyword, or the tag itself."""
    tag = key if isinstance(key, int) else tag_for_keyword(key)
    assert tag is not None, key
    return tag


def body(changes: Mapping[str | int, Change], enc: Encoding = LE) -> bytes:
    """The sound data set with elements changed, added, or (None) left out."""
    elements: dict[int, Change] = {tag_of(key): value for key, value in _SOUND.items()}
    elements.update({tag_of(key): value for key, value in changes.items()})
    return b"".join(enc.element(tag, *element) for tag, element in sorted(elements.items()) if element)


def meta(syntax: str = EXPLICIT, sop_class: str = SC, instance: str = INSTANCE) -> bytes:
    """A sound meta group, the preamble before it."""
    inner = LE.element(0x00020001, "OB", b"\0\1")
    inner += LE.element(0x00020002, "UI", sop_class) + LE.element(0x00020003, "UI", instance)
    inner += LE.element(0x00020010, "UI", syntax) + LE.element(0x00020012, "UI", "1.2.3")
    return bytes(128) + b"DICM" + LE.element(0x00020000, "UL", LE.pack("I", len(inner))) + inner


def made(changes: Mapping[str | int, Change] | None = None, **more: Change) -> bytes:
    """A file with the sound data set, changed; keywords may be given as such."""
    return meta() + body({**(changes or {}), **more})


def codes(data: bytes, **options: bool) -> list[str]:
    """Codes of what is wrong."""
    return [problem.code for problem in dicomet.validate(data, **options)]


def places(data: bytes, **options: bool) -> list[tuple[str, str]]:
    """Code and path of what is wrong."""
    return [(problem.code, problem.path) for problem in dicomet.validate(data, **options)]
