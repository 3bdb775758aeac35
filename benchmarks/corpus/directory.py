"""A DICOMDIR of a large archive, its record offsets linked. PS3.3 Annex F, PS3.10 §8.6."""

import struct
from dataclasses import dataclass, field

from .encoding import element, part10

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
SERIES_A_STUDY = 4
IMAGES_A_SERIES = 48
STUDIES_A_PATIENT = 2


@dataclass
class _Record:
    kind: str
    keys: bytes
    children: list["_Record"] = field(default_factory=list)
    offset: int = 0  # of the item's tag, counted from the start of the file

    def encode(self, following: int) -> bytes:
        lower = self.children[0].offset if self.children else 0
        body = b"".join(
            (
                element(0x00041400, "UL", following),
                element(0x00041410, "US", 0xFFFF),
                element(0x00041420, "UL", lower),
                element(0x00041430, "CS", self.kind),
                self.keys,
            )
        )
        return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def _image(uid: str, number: int) -> _Record:
    keys = b"".join(
        (
            element(0x00041500, "CS", f"DICOM\\S{number // 1000:05d}\\I{number:07d}"),
            element(0x00041510, "UI", CT_IMAGE),
            element(0x00041511, "UI", f"{uid}.{number}"),
            element(0x00041512, "UI", "1.2.840.10008.1.2.1"),
            element(0x00080005, "CS", "ISO_IR 100"),
            element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
            element(0x00200013, "IS", str(number % IMAGES_A_SERIES + 1)),
            element(0x00280010, "US", 512),
            element(0x00280011, "US", 512),
        )
    )
    return _Record("IMAGE", keys)


def _patients(nimages: int) -> list[_Record]:
    patients: list[_Record] = []
    nseries = nimages // IMAGES_A_SERIES
    for number in range(nseries):
        study_number = number // SERIES_A_STUDY
        patient_number = study_number // STUDIES_A_PATIENT
        study_uid, series_uid = f"2.25.6{study_number}", f"2.25.6{study_number}.{number}"
        if number % (SERIES_A_STUDY * STUDIES_A_PATIENT) == 0:
            keys = element(0x00100010, "PN", f"Family{patient_number}^Given") + element(
                0x00100020, "LO", f"P{patient_number:06d}"
            )
            patients.append(_Record("PATIENT", keys))
        if number % SERIES_A_STUDY == 0:
            keys = b"".join(
                (
                    element(0x00080020, "DA", "20240315"),
                    element(0x00080030, "TM", "115500"),
                    element(0x00080050, "SH", f"A{study_number}"),
                    element(0x00081030, "LO", "Chest"),
                    element(0x0020000D, "UI", study_uid),
                    element(0x00200010, "SH", str(study_number)),
                )
            )
            patients[-1].children.append(_Record("STUDY", keys))
        keys = b"".join(
            (
                element(0x00080060, "CS", "CT"),
                element(0x0020000E, "UI", series_uid),
                element(0x00200011, "IS", str(number % SERIES_A_STUDY + 1)),
            )
        )
        first = number * IMAGES_A_SERIES
        images = [_image(series_uid, first + n) for n in range(IMAGES_A_SERIES)]
        patients[-1].children[-1].children.append(_Record("SERIES", keys, images))
    return patients


def dicomdir(nimages: int) -> bytes:
    """A directory of about `nimages` image records and their series, studies and patients."""
    patients = _patients(nimages)
    ordered: list[tuple[_Record, _Record | None]] = []  # each with its next sibling

    def flatten(records: list[_Record]) -> None:
        followers: list[_Record | None] = [*records[1:], None]
        for record, following in zip(records, followers, strict=False):
            ordered.append((record, following))
            flatten(record.children)

    flatten(patients)

    def build(items: bytes) -> tuple[bytes, int]:
        """The file, and the offset of the first item in it."""
        first, last = patients[0].offset, patients[-1].offset
        head = b"".join(
            (
                element(0x00041130, "CS", "BENCHMARK"),
                element(0x00041200, "UL", first),
                element(0x00041202, "UL", last),
                element(0x00041212, "US", 0),
                struct.pack("<HH2s2xI", 0x0004, 0x1220, b"SQ", len(items)),
            )
        )
        whole = part10(MEDIA_STORAGE_DIRECTORY, "2.25.60", head + items)
        return whole, len(whole) - len(items)

    _, position = build(b"")  # offsets are of fixed size: the first layout is the last one
    for record, _following in ordered:
        record.offset = position
        position += len(record.encode(0))
    items = b"".join(
        record.encode(following.offset if following else 0) for record, following in ordered
    )
    return build(items)[0]
