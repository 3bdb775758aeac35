"""Private elements that are known to be safe. PS3.15 §E.3.10.

The table is a part of Table E.3.10-1: elements that hold one number or one term each. Who knows more of the devices
that made his files adds a list of his own.
"""

from __future__ import annotations

import re

# (group, last byte of the element, private creator); what it holds
SAFE_PRIVATE: frozenset[tuple[int, int, str]] = frozenset(
    (
        (0x7053, 0x00, "Philips PET Private Group"),  # SUV Factor
        (0x7053, 0x09, "Philips PET Private Group"),  # Activity Concentration Factor
        (0x00E1, 0x21, "ELSCINT1"),  # DLP
        (0x00E1, 0x50, "ELSCINT1"),  # Acquisition Duration
        (0x01E1, 0x26, "ELSCINT1"),  # Phantom Type
        (0x01F1, 0x01, "ELSCINT1"),  # Acquisition Type
        (0x01F1, 0x07, "ELSCINT1"),  # Table Velocity
        (0x01F1, 0x26, "ELSCINT1"),  # Pitch
        (0x01F1, 0x27, "ELSCINT1"),  # Rotation Time
        (0x0019, 0x23, "GEMS_ACQU_01"),  # Table Speed
        (0x0019, 0x24, "GEMS_ACQU_01"),  # Mid Scan Time
        (0x0019, 0x27, "GEMS_ACQU_01"),  # Rotation Speed
        (0x0019, 0x9E, "GEMS_ACQU_01"),  # Internal Pulse Sequence Name
        (0x0025, 0x07, "GEMS_SERS_01"),  # Images in Series
        (0x0043, 0x27, "GEMS_PARM_01"),  # Scan Pitch Ratio
        (0x0043, 0x39, "GEMS_PARM_01"),  # b value
        (0x0043, 0x6F, "GEMS_PARM_01"),  # Scanner Table Entry
        (0x0045, 0x01, "GEMS_HELIOS_01"),  # Number of Macro Rows in Detector
        (0x0045, 0x02, "GEMS_HELIOS_01"),  # Macro Width at ISO Center
        (0x0903, 0x10, "GEIIS PACS"),  # Reject Image Flag
        (0x0903, 0x11, "GEIIS PACS"),  # Significant Flag
        (0x0903, 0x12, "GEIIS PACS"),  # Confidential Flag
        (0x2001, 0x03, "Philips Imaging DD 001"),  # Diffusion b-Factor
        (0x2001, 0x04, "Philips Imaging DD 001"),  # Diffusion Direction
        (0x0019, 0x0C, "SIEMENS MR HEADER"),  # b value
        (0x0019, 0x0D, "SIEMENS MR HEADER"),  # Diffusion Directionality
        (0x0019, 0x0E, "SIEMENS MR HEADER"),  # Diffusion Gradient Direction
        (0x0019, 0x27, "SIEMENS MR HEADER"),  # b Matrix
    )
)
_LINE = re.compile(r"\(?([0-9A-Fa-f]{4})\s*,\s*(?:xx|XX)([0-9A-Fa-f]{2})\)?[\s,]+\"?([^\"]+?)\"?\s*")


def parse_safe_private(text: str) -> frozenset[tuple[int, int, str]]:
    """A list of safe private elements: a line each such as ``(0019,xx23) GEMS_ACQU_01``, # comments.

    Raises
    ------
    ValueError
        A line has another form, or an even group.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.split("#")[0].strip():
            continue
        match = _LINE.fullmatch(line.split("#")[0].strip())
        if match is None or not int(match[1], 16) & 1:
            raise ValueError(f"line {number} is no private element: want (gggg,xxee) CREATOR")
        found.add((int(match[1], 16), int(match[2], 16), match[3]))
    return frozenset(found)
