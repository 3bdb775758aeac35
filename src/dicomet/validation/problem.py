"""What validation tells: one deviation from the standard, with its place and clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One deviation from the standard.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
        ``"error"``: the standard says shall. ``"warning"``: allowed, or not to be decided, and often a mistake.
        ``"note"``: told on request only.
    code : str
        Short name such as ``"missing"`` or ``"date_form"``.
    tag : int
        Element concerned, 0 where there is none.
    path : str
        Way to it by keywords and numbers of items (from 0 on), such as
        ``"SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing"``; tags stand as
        ``(gggg,eeee)`` where there is no keyword. "" where no element is meant.
    offset : int or None
        Byte position in the source (of a deflated one: behind its inflated form): of the value; of a missing
        attribute, where the item or data set that lacks it begins. None where no place is meant.
    clause : str
        Clause of the standard, such as ``"PS3.5 §7.4.1"``.
    message : str
        One sentence.
    module : str
        Module that asks for the attribute, such as ``"image-pixel"``; "" where none does.
    """

    severity: Severity
    code: str
    tag: int
    path: str
    offset: int | None
    clause: str
    message: str
    module: str = ""

    def to_dict(self) -> dict[str, str | int | None]:
        """The fields by name, the tag as ``"GGGGEEEE"`` or "", as JSON has it."""
        return {
            "severity": self.severity,
            "code": self.code,
            "tag": f"{self.tag:08X}" if self.tag else "",
            "path": self.path,
            "offset": self.offset,
            "clause": self.clause,
            "message": self.message,
            "module": self.module,
        }

    def __str__(self) -> str:
        where = f" {self.path}" if self.path else ""
        tag = f" ({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})" if self.tag else ""
        byte = f" at byte {self.offset}" if self.offset is not None else ""
        return f"{self.severity}{where}{tag}: {self.message}{byte} [{self.code}, {self.clause}]"
