"""The data dictionary, UID registry and known private elements, as builtins. PS3.6; PS3.5 §7.8.

All functions are constant-time look-ups in read-only tables of the native core: safe to call from
any thread. A tag is an `int` 0xGGGGEEEE; one outside 32 bits raises `OverflowError`. Text that is
not a `str` raises `TypeError`.
"""

EDITION: str
"""Edition of the standard that the tables were generated from, such as ``"2026c"``."""

def keyword_tag(keyword: str) -> int:
    """Tag of a keyword, 0 if there is none. CommandGroupLength, (0000,0000), gives 0 as well.

    Parameters
    ----------
    keyword : str
        A keyword such as ``"PatientName"``.

    Returns
    -------
    int
        The tag for which `tag_keyword` gives `keyword` back. Repeating digits are 0
        (``OverlayRows`` is 0x60000010) unless that is something else's tag, as for (0028,04x0).
    """

def keyword_mask(keyword: str) -> int:
    """`tag_mask` of the entry that has the keyword, 0 if there is none."""

def tag_has_entry(tag: int) -> bool:
    """Whether PS3.6 or PS3.7 lists the tag, repeating groups and elements included."""

def tag_keyword(tag: int) -> str:
    """Keyword of a tag, "" for unknown tags and retired blanks."""

def tag_name(tag: int) -> str:
    """Name of a tag, "" for unknown tags and retired blanks."""

def tag_vr(tag: int) -> str:
    """VR of a tag as the dictionary has it.

    Returns
    -------
    str
        Two letters; ``"US or SS"``, ``"OB or OW"``, ``"US or SS or OW"`` or ``"US or OW"`` where
        the standard leaves a choice; ``"NONE"`` for items and delimiters; "" for unknown tags.
    """

def tag_implicit_vr(tag: int) -> str:
    """VR that an element of an implicit VR data set has. PS3.5 §6.2.2, §7.2, §7.8.

    Returns
    -------
    str
        As `tag_vr`, and ``"UL"`` for group lengths, ``"LO"`` for private creators, ``"UN"`` for
        unknown and private elements.
    """

def tag_vm(tag: int) -> str:
    """Value Multiplicity of a tag such as ``"1"`` or ``"2-2n"``, "" for unknown tags."""

def tag_retired(tag: int) -> bool:
    """Whether the tag is retired; False for unknown tags."""

def tag_mask(tag: int) -> int:
    """Bits of the tag that select its dictionary entry.

    Returns
    -------
    int
        0xFFFFFFFF for an ordinary tag, such as 0xFF00FFFF for a repeating one, 0 for an unknown
        one.
    """

def keywords() -> list[str]:
    """All keywords that `keyword_tag` knows, ascending by tag. A new list."""

def private_entry(creator: str, tag: int) -> tuple[str, str, str] | None:
    """VR, VM and name of a known private element. PS3.5 §7.8.1.

    Parameters
    ----------
    creator : str
        Private Creator without padding.
    tag : int
        Tag of the element; its block does not matter.

    Returns
    -------
    tuple of str, or None
        (VR, VM, name), the VR as `tag_vr` writes it; None if the element is not known.
    """

def uid_entry(uid: str) -> tuple[str, str, str, bool] | None:
    """Keyword, name, type and retirement of a UID of PS3.6 Annex A.

    Parameters
    ----------
    uid : str
        A UID without padding.

    Returns
    -------
    tuple, or None
        (keyword, name, type, retired), the type as Table A-1 writes it (``"Transfer Syntax"``);
        keyword and name are "" for retired blanks; None if the UID is not registered there.
    """

def uid_of_keyword(keyword: str) -> str | None:
    """UID of a keyword such as ``"CTImageStorage"``, None if there is none."""

def uids() -> list[str]:
    """All UIDs of PS3.6 Annex A, in ascending order of text. A new list."""
