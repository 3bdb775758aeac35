"""DataElement: one tag with its VR and value, decoded when it is asked for. PS3.5 §7.1."""

from __future__ import annotations

from dicomet._native.dictionary import private_entry, tag_implicit_vr, tag_name
from dicomet._native.view import ElementView
from dicomet.arrays import value_array
from dicomet.tags import Tag, dictionary_has_tag, dictionary_keyword
from dicomet.uids import UID
from dicomet.valuetypes import MultiValue, PersonName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dicomet.modelvalues import BulkDataUriHandler
    from dicomet.tags import BaseTag, TagLike

_UNDEFINED, _BIG_ENDIAN, _FRAGMENTS = 1, 4, 64  # DCM_ROW_*
_NEEDS_CONTEXT = frozenset(("LO", "LT", "PN", "SH", "SQ", "ST", "UC", "UN", "UT"))
_ONE_TEXT = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "SH", "ST", "TM", "UC", "UR", "UT"))
_NO_TEXT_VALUE = frozenset(
    ("AT", "DS", "FD", "FL", "IS", "OB", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL", "UN",
     "US", "UV")
)  # fmt: skip


def value_for(vr: str, value: Any) -> Any:
    """The form in which an assigned value is kept, which is the form in which it would be read."""
    if value.__class__ is str and vr in _ONE_TEXT and "\\" not in value:
        return value  # nearly every value
    if isinstance(value, list | tuple) and vr != "SQ":
        if len(value) == 1:
            return value_for(vr, value[0])
        return MultiValue([value_for(vr, one) for one in value]) if value else empty_value(vr)
    if value is None:
        return empty_value(vr)
    if isinstance(value, str):
        single = vr in ("LT", "ST", "UR", "UT")
        if "\\" in value and not single and vr not in ("UN", "OB"):
            return MultiValue([value_for(vr, one) for one in value.split("\\")])
        if vr == "PN":
            return value if isinstance(value, PersonName) else PersonName(value)
        if vr == "UI":
            return value if isinstance(value, UID) else UID(value)
    if vr == "AT":
        return Tag(value) if value != "" else None
    return value


def empty_value(vr: str) -> Any:
    """What an element of no bytes holds: "" for text, None for numbers and bulk data."""
    if vr == "PN":
        return PersonName("")
    return None if vr in _NO_TEXT_VALUE else ""


class DataElement(ElementView):
    """A data element: of a data set that was read (a view, decoded on access), or made by hand.

    Parameters
    ----------
    tag : int, (group, element) or keyword
        Which element.
    VR : str
        Value Representation, two letters.
    value : object
        As it would be read: text, number, `MultiValue` (from a list), `Sequence`, bytes.

    Attributes
    ----------
    tag : BaseTag
    """

    __slots__ = ()

    if TYPE_CHECKING:
        tag: BaseTag

    def __init__(self, tag: TagLike, VR: str, value: Any = None) -> None:
        self.tag = Tag(tag)
        self._vr = VR
        self._value = value if VR == "SQ" else value_for(VR, value)
        self._decoded = True

    def _set_vr(self, vr: str) -> None:
        self.value  # noqa: B018 - decoded by the VR that it was read with
        self._vr = vr
        self._verbatim = False
        self._keep()

    def _set_value(self, value: Any) -> None:
        self._value = value_for(self.VR, value)
        self._decoded = True
        self._verbatim = False
        if self._owner is not None and self.VR == "SQ":
            self._value = self._owner._as_sequence(value)
        self._keep()

    @property
    def _edited(self) -> bool:
        """Whether the value is another than the one in the index."""
        owner = self._owner
        return owner is None or (owner._edits is not None and int(self.tag) in owner._edits)

    @property
    def _is_plain_row(self) -> bool:
        """Whether its bytes mean the same in any data set: as they were read, and no text or sequence."""
        if self._index is None or (self._edited and not self._verbatim):
            return False
        return self.VR not in _NEEDS_CONTEXT and not self._index.flags(self._row) & _FRAGMENTS

    @property
    def _is_big_endian(self) -> bool:
        """Byte order of the row. What stands in UN is little-endian always. PS3.5 §6.2.2"""
        index = self._index
        return index is not None and bool(index.flags(self._row) & _BIG_ENDIAN) and index.vr(self._row) != "UN"

    def _copy_to(self, owner: Any) -> None:
        """The same bytes as an element of another data set."""
        assert self._index is not None
        made = DataElement._of_row(owner, self._index, self._row)
        made._vr = self.VR
        made._value, made._decoded = self.value, True
        made._verbatim = True
        owner._edit(made)

    def _keep(self) -> None:
        if self._owner is not None:
            self._owner._edit(self)

    def clear(self) -> None:
        """Leave the element without a value."""
        self.value = [] if self.VR == "SQ" else None

    @property
    def VM(self) -> int:
        """Number of values; 0 if it is empty, 1 for a sequence. PS3.5 §6.4."""
        value = self.value
        if self.VR == "SQ":
            return 1
        if isinstance(value, MultiValue):
            return len(value)
        return 0 if value is None or value == "" or value == b"" else 1

    @property
    def is_empty(self) -> bool:
        """Whether there is no value, or a sequence without items."""
        return len(self.value) == 0 if self.VR == "SQ" else self.VM == 0

    @property
    def keyword(self) -> str:
        """Keyword of PS3.6, "" if there is none that leads to this tag alone, as with 60xx."""
        return dictionary_keyword(self.tag) if dictionary_has_tag(self.tag) else ""

    @property
    def private_creator(self) -> str | None:
        """Private creator of the element's block, None where there is none. PS3.5 §7.8.1."""
        return self._owner._creator_of(self.tag) if self._owner is not None else None

    @property
    def name(self) -> str:
        """Name of PS3.6; ``[...]`` for known private elements."""
        tag = self.tag
        if tag.is_private:
            if tag.is_private_creator:
                return "Private Creator"
            entry = private_entry(self.private_creator or "", int(tag))
            return f"[{entry[2]}]" if entry is not None else "Private tag data"
        return tag_name(tag) or ("Group Length" if tag.element == 0 else "")

    description = name

    @property
    def is_private(self) -> bool:
        return bool(self.tag.is_private)

    @property
    def is_undefined_length(self) -> bool:
        """Whether the file gave no length but a delimiter."""
        return self._index is not None and bool(self._index.flags(self._row) & _UNDEFINED)

    @property
    def raw(self) -> memoryview:
        """The value field as it stands in the source, read-only, not copied; empty for made elements."""
        return memoryview(b"") if self._index is None else self._index.view(self._row)

    @property
    def offset(self) -> int | None:
        """First byte of the value field, counted from the start of the source; None for made elements."""
        return None if self._index is None else self._index.offset(self._row)

    file_tell = offset

    @property
    def length(self) -> int | None:
        """Bytes of the value field without a delimiter; None for made elements."""
        return None if self._index is None else self._index.length(self._row)

    @property
    def array(self) -> Any:
        """All values as a NumPy array: see `dicomet.arrays.value_array`."""
        return value_array(self)

    def to_json_dict(
        self,
        bulk_data_element_handler: Callable[[DataElement], str] | None = None,
        bulk_data_threshold: int = 1024,
    ) -> dict[str, Any]:
        """Its part of the DICOM JSON Model: see `dicomet.json.element_to_json_dict`. PS3.18 §F.2.2."""
        from dicomet.json import element_to_json_dict

        return element_to_json_dict(self, bulk_data_element_handler, bulk_data_threshold)

    @staticmethod
    def from_json(
        dataset_class: type,
        tag: str,
        vr: str,
        value: Any,
        value_key: str | None,
        bulk_data_uri_handler: BulkDataUriHandler | None = None,
    ) -> DataElement:
        """An element out of the DICOM JSON Model, with pydicom's arguments: see `dicomet.json.element_from_json`.

        Parameters
        ----------
        dataset_class : type
            Not looked at: items are of class `Dataset`.
        tag : str
            Its eight hexadecimal digits.
        vr : str
        value : object
            What stands under `value_key` in the attribute.
        value_key : str or None
            ``Value``, ``InlineBinary`` or ``BulkDataURI``; None for an empty element.
        bulk_data_uri_handler : callable, optional
            As for `dicomet.json.from_json`.
        """
        from dicomet.json import element_from_json

        attribute = {"vr": vr} if value_key is None else {"vr": vr, value_key: value}
        return element_from_json(tag, attribute, bulk_data_uri_handler)

    @property
    def repval(self) -> str:
        """The value as text for people, long ones as a count."""
        value = self.value
        if isinstance(value, bytes) and len(value) > 16:
            return f"Array of {len(value)} elements"
        if isinstance(value, MultiValue) and len(value) > 16:
            return f"Array of {len(value)} elements"
        if value and isinstance(value, UID):
            return value.name
        return repr(value)

    def __str__(self) -> str:
        return f"{self.tag} {self.name[:35]:<35} {self.VR}: {self.repval}"

    __repr__ = __str__

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DataElement):
            return NotImplemented
        return (
            self.tag == other.tag and self.VR == other.VR and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        raise TypeError("a DataElement can change: it has no hash")

    def __reduce__(self) -> tuple[object, ...]:
        return (DataElement, (int(self.tag), self.VR, self.value))

    def __deepcopy__(self, memo: dict[int, Any]) -> DataElement:
        from copy import deepcopy

        value = deepcopy(self.value, memo)
        copied = DataElement(self.tag, self.VR, value)
        copied._index, copied._row = self._index, self._row
        return copied


def vr_for(tag: int) -> str:
    """VR of a new element by the dictionary; of the two that some may have, the first."""
    return tag_implicit_vr(tag).split(" ")[0]
