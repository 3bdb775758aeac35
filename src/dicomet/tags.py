"""Tags and what the data dictionary says of them. PS3.5 §7.1, §7.8; PS3.6."""

from __future__ import annotations

from dicomet._native import dictionary as _dictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    TagLike: TypeAlias = "int | str | tuple[int, int] | tuple[str, str] | list[int] | BaseTag"

_ORDINARY = 0xFFFFFFFF


class BaseTag(int):
    """A tag as the integer 0xGGGGEEEE; made by `Tag`. PS3.5 §7.1.1.

    Compares with anything that `Tag` takes and hashes as its integer.
    """

    __slots__ = ()

    @property
    def group(self) -> int:
        """Group number."""
        return int(self) >> 16

    @property
    def element(self) -> int:
        """Element number."""
        return int(self) & 0xFFFF

    @property
    def elem(self) -> int:
        """Element number."""
        return int(self) & 0xFFFF

    @property
    def is_private(self) -> bool:
        """Whether the group number is odd."""
        return bool(int(self) & 0x10000)

    @property
    def is_private_creator(self) -> bool:
        """Whether this is a Private Creator, (gggg,0010-00FF) with gggg odd. PS3.5 §7.8.1."""
        return self.is_private and 0x0010 <= self.element <= 0x00FF

    @property
    def private_creator(self) -> BaseTag:
        """Tag of the Private Creator that reserves this private element's block. PS3.5 §7.8.1."""
        return BaseTag(int(self) & 0xFFFF0000 | self.element >> 8)

    @property
    def json_key(self) -> str:
        """``"GGGGEEEE"``, the key in the DICOM JSON model. PS3.18 §F.2.2."""
        return f"{int(self):08X}"

    @property
    def keyword(self) -> str:
        """Keyword, "" if there is none."""
        return _dictionary.tag_keyword(self)

    @property
    def name(self) -> str:
        """Name, "" if there is none."""
        return _dictionary.tag_name(self)

    def __str__(self) -> str:
        return f"({self.group:04X},{self.element:04X})"

    __repr__ = __str__
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            try:
                other = Tag(other)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                return False
        return int(self) == int(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: TagLike) -> bool:
        return int(self) < _comparable(other)

    def __le__(self, other: TagLike) -> bool:
        return int(self) <= _comparable(other)

    def __gt__(self, other: TagLike) -> bool:
        return int(self) > _comparable(other)

    def __ge__(self, other: TagLike) -> bool:
        return int(self) >= _comparable(other)


def _comparable(other: TagLike) -> int:
    if isinstance(other, int):
        return int(other)
    try:
        return int(Tag(other))
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"a tag cannot be compared with {other!r}") from None


def Tag(arg: TagLike, arg2: int | str | None = None) -> BaseTag:
    """Make a tag.

    Parameters
    ----------
    arg : int, str or pair
        ``0x00100010``, ``"00100010"``, ``"PatientName"``, ``(0x0010, 0x0010)`` or
        ``("0010", "0010")``; the group number if `arg2` is given.
    arg2 : int or str, optional
        Element number.

    Returns
    -------
    BaseTag

    Raises
    ------
    ValueError
        For an unknown keyword, a negative number, or something that is not a pair.
    OverflowError
        For numbers that need more than 32 bits, or 16 for group or element.
    TypeError
        For any other type.
    """
    if isinstance(arg, BaseTag) and arg2 is None:
        return arg
    if arg2 is not None:
        return _from_pair((arg, arg2))
    if isinstance(arg, int):
        return _from_int(int(arg))
    if isinstance(arg, str):
        return _from_text(arg)
    if isinstance(arg, (tuple, list)):
        if len(arg) != 2:
            raise ValueError(f"a tag is an int or a pair of ints, not {arg!r}")
        return _from_pair(arg)
    raise TypeError(f"cannot make a tag from {type(arg).__name__}")


def _from_int(number: int) -> BaseTag:
    if number < 0:
        raise ValueError(f"a tag cannot be negative: {number}")
    if number > 0xFFFFFFFF:
        raise OverflowError(f"a tag has 32 bits: {number:#x} has more")
    return BaseTag(number)


def _from_text(text: str) -> BaseTag:
    # A keyword first: the common case, and none of them is a hexadecimal number.
    number = _dictionary.keyword_tag(text)
    if number:
        return BaseTag(number)
    try:
        number = int(text, 16)
    except ValueError:
        if text == "CommandGroupLength":  # (0000,0000)
            return BaseTag(0)
        raise ValueError(f"neither a keyword nor a hexadecimal number: {text!r}") from None
    return _from_int(number)


def _from_pair(pair: tuple[object, object] | list[int]) -> BaseTag:
    group, element = pair
    if isinstance(group, str) and isinstance(element, str):
        group, element = int(group, 16), int(element, 16)
    if not isinstance(group, int) or not isinstance(element, int):
        raise TypeError(f"group and element must both be int or both be str: {pair!r}")
    if group > 0xFFFF or element > 0xFFFF:
        raise OverflowError(f"group and element have 16 bits: {pair!r} needs more")
    if group < 0 or element < 0:
        raise ValueError(f"group and element cannot be negative: {pair!r}")
    return BaseTag(group << 16 | element)


def _known(tag: TagLike) -> BaseTag:
    made = Tag(tag)
    if not _dictionary.tag_has_entry(made):
        raise KeyError(f"Tag {made} not found in DICOM dictionary")
    return made


def dictionary_VR(tag: TagLike) -> str:
    """VR of a standard element; ``"US or SS"`` and the like where PS3.6 leaves a choice.

    Parameters
    ----------
    tag : TagLike
        Anything that `Tag` takes; so for all functions of this module.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If PS3.6 does not list the tag.
    """
    return _dictionary.tag_vr(_known(tag))


def dictionary_VM(tag: TagLike) -> str:
    """Value Multiplicity of a standard element; KeyError if PS3.6 does not list it."""
    return _dictionary.tag_vm(_known(tag))


def dictionary_description(tag: TagLike) -> str:
    """Name of a standard element; KeyError if PS3.6 does not list it."""
    return _dictionary.tag_name(_known(tag))


def dictionary_keyword(tag: TagLike) -> str:
    """Keyword of a standard element; KeyError if PS3.6 does not list it."""
    return _dictionary.tag_keyword(_known(tag))


def dictionary_is_retired(tag: TagLike) -> bool:
    """Whether a standard element is retired; KeyError if PS3.6 does not list it."""
    return _dictionary.tag_retired(_known(tag))


def dictionary_has_tag(tag: TagLike) -> bool:
    """Whether PS3.6 lists this very tag; repeating ones are told by `repeater_has_tag`."""
    try:
        return _dictionary.tag_mask(Tag(tag)) == _ORDINARY
    except (TypeError, ValueError, OverflowError):
        return False


def keyword_for_tag(tag: TagLike) -> str:
    """Keyword of an element, "" if PS3.6 does not list the tag."""
    return _dictionary.tag_keyword(Tag(tag))


def tag_for_keyword(keyword: str) -> int | None:
    """Tag of a keyword, None if there is none.

    Repeating digits are 0: ``OverlayRows`` gives 0x60000010, the first overlay.
    """
    tag = _dictionary.keyword_tag(keyword)
    return tag if tag or keyword == "CommandGroupLength" else None


def repeater_has_tag(tag: TagLike) -> bool:
    """Whether the tag belongs to a repeating entry such as (60xx,0010) or (0020,31xx)."""
    return _dictionary.tag_mask(Tag(tag)) not in (0, _ORDINARY)


def repeater_has_keyword(keyword: str) -> bool:
    """Whether the keyword is that of a repeating entry such as (60xx,0010) or (0020,31xx)."""
    return _dictionary.keyword_mask(keyword) not in (0, _ORDINARY)


def _private(tag: TagLike, private_creator: str) -> tuple[str, str, str]:
    made = Tag(tag)
    entry = _dictionary.private_entry(private_creator, made)
    if entry is None:
        raise KeyError(f"Tag {made} of private creator {private_creator!r} is not known")
    return entry


def private_dictionary_VR(tag: TagLike, private_creator: str) -> str:
    """VR of a known private element; KeyError if it is not known. PS3.5 §7.8.

    Parameters
    ----------
    tag : TagLike
        Tag of the element, in whatever block.
    private_creator : str
        Private Creator without padding.

    Returns
    -------
    str
    """
    return _private(tag, private_creator)[0]


def private_dictionary_VM(tag: TagLike, private_creator: str) -> str:
    """Value Multiplicity of a known private element; KeyError if it is not known."""
    return _private(tag, private_creator)[1]


def private_dictionary_description(tag: TagLike, private_creator: str) -> str:
    """Name of a known private element; KeyError if it is not known."""
    return _private(tag, private_creator)[2]
