"""What was done to a data set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


@dataclass
class Report:
    """What was done to a data set, without the values that it had.

    Attributes
    ----------
    sop_class : str
        SOP Class UID; "" if there is none.
    counts : Counter of str
        Elements by what was done: "removed", "emptied", "replaced", "mapped", "shifted", "cleaned", "swept" (kept
        elements that held an identifier), "private_kept", "blanked" (frames).
    notes : list of str
        What a person should know of: burned-in text that may be left, and the like.
    elements : list of (str, str)
        Path of tags and what was done, of every element; empty unless asked for.
    """

    sop_class: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    elements: list[tuple[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; what is empty is left out."""
        counts = {name: n for name, n in sorted(self.counts.items()) if n}
        found: dict[str, Any] = {"sop_class": self.sop_class, "counts": counts}
        if self.notes:
            found["notes"] = self.notes
        if self.elements:
            found["elements"] = [{"path": path, "done": done} for path, done in self.elements]
        return found
