"""Values held against their VR while they are written. PS3.5 §6.2."""

from __future__ import annotations

from dicomet._native.dictionary import tag_vm
from dicomet._native.valuecheck import CODES, check_value
from dicomet.errors import WriteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Validation = Literal["strict", "warn"] | None

_MULTIPLE = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"))


class ValueWarning(UserWarning):
    """A value that was written although its VR does not admit it."""


class ValueCheck:
    """To be called with each value that is encoded anew.

    Parameters
    ----------
    mode : {"strict", "warn"}
        Raise `WriteError`, or warn of it by `ValueWarning` and write the value all the same.
    """

    __slots__ = ("mode",)

    def __init__(self, mode: Literal["strict", "warn"]) -> None:
        if mode not in ("strict", "warn"):
            raise ValueError(f"validate {mode!r} is none of 'strict', 'warn', None")
        self.mode = mode

    def __call__(self, tag: int, vr: str, data: bytes) -> None:
        """Check one value; `data` is as it will stand in the file, without padding."""
        name, _, clause, text = CODES[check_value(vr, data)]
        if name and name != "not_ascii":
            self._tell(WriteError(f"VR {vr}, {text}", tag=tag, clause=clause))
        elif vr in _MULTIPLE and tag_vm(tag) == "1" and b"\\" in data and data.isascii():
            self._tell(WriteError("several values where one is allowed", tag=tag, clause="PS3.5 §6.4"))

    def _tell(self, error: WriteError) -> None:
        if self.mode == "strict":
            raise error
        import warnings

        warnings.warn(str(error), ValueWarning, stacklevel=2)
