"""An RT Structure Set whose contours hold 1.4 million decimal strings. PS3.3 §A.19, §C.8.8.6."""

import math

from .encoding import element, part10, sequence

RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
POINTS_A_CONTOUR = 117


def _contour(roi: int, slice_number: int) -> bytes:
    radius = 20.0 + roi % 30
    points = "\\".join(
        f"{radius * math.cos(angle) + roi:.2f}"
        f"\\{radius * math.sin(angle) - 180:.2f}"
        f"\\{slice_number * 2.5 - 120:.1f}"
        for angle in (2 * math.pi * n / POINTS_A_CONTOUR for n in range(POINTS_A_CONTOUR))
    )
    image = element(0x00081150, "UI", CT_IMAGE) + element(
        0x00081155, "UI", f"2.25.5{slice_number:04d}"
    )
    return b"".join(
        (
            sequence(0x30060016, [image]),
            element(0x30060042, "CS", "CLOSED_PLANAR"),
            element(0x30060046, "IS", str(POINTS_A_CONTOUR)),
            element(0x30060050, "DS", points),
        )
    )


def structure_set(nrois: int, nslices: int) -> bytes:
    """A structure set of `nrois` regions with one closed contour of 351 numbers on each slice."""
    rois = range(1, nrois + 1)
    body = b"".join(
        (
            element(0x00080005, "CS", "ISO_IR 100"),
            element(0x00080016, "UI", RT_STRUCTURE_SET),
            element(0x00080018, "UI", "2.25.50"),
            element(0x00080020, "DA", "20240315"),
            element(0x00080030, "TM", "115500"),
            element(0x00080050, "SH", "A0817"),
            element(0x00080060, "CS", "RTSTRUCT"),
            element(0x00080070, "LO", "Example Systems"),
            element(0x00080090, "PN", "Referring^Doctor"),
            element(0x00100010, "PN", "Structure^Set"),
            element(0x00100020, "LO", "RT-0001"),
            element(0x00100030, "DA", "19700101"),
            element(0x00100040, "CS", "F"),
            element(0x0020000D, "UI", "2.25.51"),
            element(0x0020000E, "UI", "2.25.52"),
            element(0x00200010, "SH", "1"),
            element(0x00200011, "IS", "4"),
            element(0x30060002, "SH", "PLAN"),
            element(0x30060008, "DA", "20240315"),
            element(0x30060009, "TM", "120000"),
            sequence(
                0x30060020,
                (
                    element(0x30060022, "IS", str(roi))
                    + element(0x30060024, "UI", "2.25.53")
                    + element(0x30060026, "LO", f"Region {roi}")
                    + element(0x30060036, "CS", "MANUAL")
                    for roi in rois
                ),
            ),
            sequence(
                0x30060039,
                (
                    element(0x3006002A, "IS", f"255\\{roi}\\0")
                    + sequence(0x30060040, (_contour(roi, n) for n in range(nslices)))
                    + element(0x30060084, "IS", str(roi))
                    for roi in rois
                ),
            ),
            sequence(
                0x30060080,
                (
                    element(0x30060082, "IS", str(roi))
                    + element(0x30060084, "IS", str(roi))
                    + element(0x300600A4, "CS", "ORGAN")
                    + element(0x300600A6, "PN", "")
                    for roi in rois
                ),
            ),
        )
    )
    return part10(RT_STRUCTURE_SET, "2.25.50", body)
