"""A long structured report, nested as TID 1500 nests them. PS3.3 §A.35.13, §C.17.3."""

from .encoding import code, element, part10, sequence

COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


def _content(relationship: str, kind: str, concept: tuple[str, str, str], *rest: bytes) -> bytes:
    return b"".join(
        (
            element(0x0040A010, "CS", relationship),
            element(0x0040A040, "CS", kind),
            code(0x0040A043, *concept),
            *rest,
        )
    )


def _number(concept: tuple[str, str, str], value: str, unit: tuple[str, str, str]) -> bytes:
    """A NUM item with its derivation nested one level deeper: 23 data elements."""
    measured = code(0x004008EA, *unit) + element(0x0040A30A, "DS", value)
    derivation = _content(
        "HAS CONCEPT MOD",
        "CODE",
        ("121401", "DCM", "Derivation"),
        code(0x0040A168, "373098007", "SCT", "Mean"),
    )
    return _content(
        "CONTAINS",
        "NUM",
        concept,
        sequence(0x0040A300, [measured]),
        sequence(0x0040A730, [derivation]),
    )


def _image(number: int) -> bytes:
    reference = element(0x00081150, "UI", CT_IMAGE) + element(0x00081155, "UI", f"2.25.8{number}")
    return sequence(0x00081199, [reference]) + _content(
        "INFERRED FROM", "IMAGE", ("260753009", "SCT", "Source")
    )


def _measurement_group(number: int) -> bytes:
    """One lesion: identifiers, finding and site, four measurements, source image: 133 elements."""
    return _content(
        "CONTAINS",
        "CONTAINER",
        ("125007", "DCM", "Measurement Group"),
        element(0x0040A050, "CS", "SEPARATE"),
        sequence(
            0x0040A730,
            [
                _content(
                    "HAS OBS CONTEXT",
                    "TEXT",
                    ("112039", "DCM", "Tracking Identifier"),
                    element(0x0040A160, "UT", f"Lesion {number}"),
                ),
                _content(
                    "HAS OBS CONTEXT",
                    "UIDREF",
                    ("112040", "DCM", "Tracking Unique Identifier"),
                    element(0x0040A124, "UI", f"2.25.9{number}"),
                ),
                _content(
                    "CONTAINS",
                    "CODE",
                    ("363698007", "SCT", "Finding Site"),
                    code(0x0040A168, "39607008", "SCT", "Lung"),
                ),
                _number(
                    ("103339001", "SCT", "Long Axis"),
                    f"{number * 0.37 % 60:.2f}",
                    ("mm", "UCUM", "millimeter"),
                ),
                _number(
                    ("103340004", "SCT", "Short Axis"),
                    f"{number * 0.21 % 40:.2f}",
                    ("mm", "UCUM", "millimeter"),
                ),
                _number(
                    ("118565006", "SCT", "Volume"),
                    f"{number * 3.1 % 900:.1f}",
                    ("mm3", "UCUM", "cubic millimeter"),
                ),
                _number(
                    ("112031", "DCM", "Attenuation Coefficient"),
                    str(number % 300 - 100),
                    ("[hnsf'U]", "UCUM", "Hounsfield unit"),
                ),
                _image(number),
            ],
        ),
    )


def structured_report(ngroups: int) -> bytes:
    """A Comprehensive 3D SR of 133 data elements a measurement group, sequences 5 deep."""
    groups = (_measurement_group(number) for number in range(ngroups))
    imaging = _content(
        "CONTAINS",
        "CONTAINER",
        ("126010", "DCM", "Imaging Measurements"),
        element(0x0040A050, "CS", "SEPARATE"),
        sequence(0x0040A730, groups),
    )
    body = b"".join(
        (
            element(0x00080005, "CS", "ISO_IR 192"),
            element(0x00080016, "UI", COMPREHENSIVE_3D_SR),
            element(0x00080018, "UI", "2.25.80"),
            element(0x00080020, "DA", "20240315"),
            element(0x00080023, "DA", "20240315"),
            element(0x00080030, "TM", "115500"),
            element(0x00080033, "TM", "120000"),
            element(0x00080050, "SH", "A0816"),
            element(0x00080060, "CS", "SR"),
            element(0x00080070, "LO", "Example Systems"),
            element(0x00080090, "PN", "Referring^Doctor"),
            element(0x00100010, "PN", "Structured^Report"),
            element(0x00100020, "LO", "SR-0001"),
            element(0x00100030, "DA", "19700101"),
            element(0x00100040, "CS", "M"),
            element(0x0020000D, "UI", "2.25.81"),
            element(0x0020000E, "UI", "2.25.82"),
            element(0x00200010, "SH", "1"),
            element(0x00200011, "IS", "9"),
            element(0x00200013, "IS", "1"),
            element(0x0040A040, "CS", "CONTAINER"),
            code(0x0040A043, "126000", "DCM", "Imaging Measurement Report"),
            element(0x0040A050, "CS", "SEPARATE"),
            element(0x0040A491, "CS", "COMPLETE"),
            element(0x0040A493, "CS", "UNVERIFIED"),
            sequence(0x0040A730, [imaging]),
        )
    )
    return part10(COMPREHENSIVE_3D_SR, "2.25.80", body)
