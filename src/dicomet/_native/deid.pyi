"""What de-identification must look at, found natively. PS3.15 Annex E."""

from typing import Final, final

from dicomet._native.index import Index

KEEP: Final[int]
"""The action of elements that stay, whatever they hold; 0 stands for no rule. All others mean what the caller wants."""
PLAIN: Final[int]
"""The action of UIDs that name no instance: they stay unless they hold an identifier."""
X: Final[int]
"""The action of elements that are removed."""
IDENTIFIER: Final[int]
"""Added to the action of an attribute: its text identifies somebody. That of PN, UI, DA and DT does in any case."""
UNMARKED: Final[int]
DONE: Final[int]
"""Mark of a row that was replaced or removed, with all that is inside."""

@final
class Rules:
    """Actions by tag, in a hash. Immutable: threads share them.

    Parameters
    ----------
    actions : dict of int to int
        1 to 255 by tag; of groups 50xx and 60xx the repeating digits are 0.
    of_private, of_unknown, of_uid : int
        Of elements of odd groups; of those that the dictionary lacks, or has with a VR of another
        kind; of other UIDs. 0: none.
    of_curve, of_overlay : int
        Of elements of groups 50xx and 60xx without a rule of their own.
    """

    def __new__(
        cls,
        actions: dict[int, int],
        *,
        of_private: int,
        of_unknown: int,
        of_uid: int,
        of_curve: int,
        of_overlay: int,
    ) -> Rules: ...
    def action_of(self, tag: int) -> int:
        """Action of a tag by its own rule, its group's, or that of private elements; 0: none."""

@final
class Selection:
    """What `select` found."""

    hits: list[tuple[int, int, int, str, int, int, bytes | None, bool]]
    """(row, action, tag, vr, parent, end, value, whether the value identifies somebody), in file order; without `KEEP`,
    and without what is in `removed`. The value is the text without padding, None where the VR is no text or the text
    is longer than 64 KiB."""
    removed: dict[int, None]
    """Tags at top level whose action is `X`."""
    taken: list[tuple[str, bytes | None]]
    """VR and value of what identifies somebody in these, and in the sequences among them."""
    marks: bytearray
    """A mark for each row: `DONE` for `removed`, another for `KEEP`, else `UNMARKED`."""
    gaps: bool
    """Whether bytes were seen between the rows that belong to none of them."""

def select(index: Index, top: Rules, rules: Rules) -> Selection:
    """Rows behind the meta group that something is to be done about: by `top` at top level, by `rules` in items.

    Raises
    ------
    SourceClosed, SourceChanged
        The bytes cannot be had any more.
    """

def sweep(index: Index, marks: bytearray, patterns: list[bytes], words: list[bytes]) -> list[tuple[int, bool]]:
    """Rows that hold one of the patterns, or are damaged. Runs without the GIL.

    Damaged is text with control characters, and what seems to have swallowed other elements. Patterns are looked for in
    text that is no number, age or time, and in UN and OB of 64 KiB or less, whatever the case of ASCII letters. A
    pattern is not met inside a longer word unless it has 8 bytes or more. Of fragments the first 4 KiB are looked at,
    for patterns of 6 bytes or more.

    Parameters
    ----------
    index : Index
    marks : bytearray
        As `select` gave them, and as they were set since.
    patterns : list of bytes
        In lower case. Those of less than 4 bytes are passed over.
    words : list of bytes
        Looked for as whole words, in LO, LT, ST, UC and UT only.

    Returns
    -------
    list of (int, bool)
        Row, and whether it is damaged; ascending.

    Raises
    ------
    SourceClosed, SourceChanged
        The bytes cannot be had any more.
    """
