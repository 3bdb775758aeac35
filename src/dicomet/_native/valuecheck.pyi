"""Values and elements against their VRs and the dictionary. PS3.5 §6, §7; PS3.6."""

from typing_extensions import Buffer

from dicomet._native.index import Index

CODES: tuple[tuple[str, str, str, str], ...]
"""(name, severity, clause, text) by code; the severity is ``"error"``, ``"warning"`` or ``"note"``. Code 0 is
nothing wrong."""

def check_value(vr: str, value: Buffer) -> int:
    """Check all values of an element by its VR: length, repertoire, form.

    Parameters
    ----------
    vr : str
        Two letters, or a choice of the dictionary such as ``"US or SS"``.
    value : bytes-like
        As it stands in a file, with backslashes between values, with or without the byte that makes the length
        even.

    Returns
    -------
    int
        Index into `CODES` of the first thing wrong, 0 if nothing is. ``not_ascii`` for text that a character
        set rules and that is not plain ASCII: no more was checked then. SQ and UN are never wrong.

    Raises
    ------
    KeyError
        If there is no such VR.
    """

def max_nchars(vr: str) -> int:
    """Characters that a value of the VR may have, those of each component group for PN; 0 if not limited."""

def check_rows(
    index: Index, *, values: bool = True, elements: bool = True, retired: bool = False, limit: int = 10000
) -> tuple[list[tuple[int, int, int]], bool]:
    """Check every element of an index, without the GIL.

    Parameters
    ----------
    index : Index
        Whose lazy sequences and values of VR UN are not looked into.
    values : bool
        Values by their VRs, their number by the dictionary's VM, and Enumerated Values.
    elements : bool
        Tags and VRs by the dictionary, private blocks.
    retired : bool
        Tell of retired elements too; only with `elements`.
    limit : int
        No more problems than these.

    Returns
    -------
    list of (row, code, number)
        Ascending by row: code as in `CODES`, number of the value from 1 on, 0 where no value is meant.
    bool
        Whether the limit was reached.

    Raises
    ------
    SourceClosed, SourceChanged
        The bytes cannot be had any more.
    """

def item_numbers(index: Index) -> memoryview[int]:
    """Number of each item in its sequence, from 0 on, by row. What other rows hold has no meaning. A new array."""
