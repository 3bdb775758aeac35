"""Data sets out of the Native DICOM Model. PS3.19 §A.1.

Expat reads the XML. Documents with a DTD are refused, so that there are no entities to expand or to fetch.
"""

from __future__ import annotations

from dicomet.dataset import Dataset
from dicomet.modelvalues import NOTHING, BulkData, Place, binary_of, made, sequence_of, tag_of, value_of, vr_of
from dicomet.tags import BaseTag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet.modelvalues import BulkDataUriHandler

    _Content = tuple[str, Any]  # VR and value

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_CLAUSE = "PS3.19 §A.1"
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_MAX_GAP = 1 << 16  # values that a number may leave out: numbers take no memory, values do
# What may stand in what.
_INSIDE = {
    "": ("NativeDicomModel",),
    "NativeDicomModel": ("DicomAttribute",),
    "DicomAttribute": ("Value", "PersonName", "Item", "InlineBinary", "BulkData"),
    "Item": ("DicomAttribute",),
    "PersonName": _GROUPS,
    **dict.fromkeys(_GROUPS, _COMPONENTS),
}
_LEAVES = frozenset(("Value", "InlineBinary", *_COMPONENTS))


def from_xml(text: str | bytes | bytearray, bulk_data_uri_handler: BulkDataUriHandler | None = None) -> Dataset:
    """The data set that a Native DICOM Model describes. PS3.19 §A.1.

    Parameters
    ----------
    text : str or bytes
        The document. Bytes are in the encoding that it declares.
    bulk_data_uri_handler : callable, optional
        Gives the value for ``BulkData``: takes (tag as eight digits, VR, URI or UUID), or the URI
        alone. Without it such elements are empty, and a line goes to the log ``dicomet``.

    Returns
    -------
    Dataset
        In memory; its values are as they would be read from a file. Private elements of block 00
        come into the block of their creator, which is made if there is none. The namespace may be
        missing; keywords are not looked at.

    Raises
    ------
    InvalidDicomError
        No XML, XML with a DTD, or not the model: the message says where.
    ValueDecodeError
        A value is none of the VR.
    LimitError
        Sequences are nested deeper than 64.
    """
    from xml.parsers import expat

    reader = _Reader(BulkData(bulk_data_uri_handler))
    parser = expat.ParserCreate(encoding="utf-8" if isinstance(text, str) else None)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text.encode("utf-8") if isinstance(text, str) else bytes(text), True)
    except expat.ExpatError as error:
        raise reader.place.malformed(f"no XML: {error}") from None
    except (UnicodeError, LookupError) as error:
        raise reader.place.malformed(f"no XML: {error}") from None
    return reader.result()


class _Attribute:
    """A DicomAttribute in progress."""

    __slots__ = ("bulk", "creator", "gaps", "items", "name", "tag", "values", "vr")

    def __init__(self, tag: int, vr: str, creator: str) -> None:
        self.tag = tag
        self.vr = vr
        self.creator = creator
        self.values: list[str | None] = []
        self.items: list[Dataset] = []
        self.bulk: Any = None  # a value in a list of one, if there was bulk data
        self.gaps = 0
        self.name: list[list[str]] = []  # component groups of the name in progress


class _Reader:
    """One conversion: handlers of expat, and what they have found so far."""

    def __init__(self, bulk: BulkData) -> None:
        self.place = Place(_CLAUSE)
        self._bulk = bulk
        self._names: list[str] = [""]  # of the XML elements around
        self._attributes: list[_Attribute] = []  # by depth
        self._found: list[dict[tuple[int, str], _Content]] = []  # by depth, by tag and creator
        self._text: list[str] = []
        self._root: Dataset | None = None

    def result(self) -> Dataset:
        assert self._root is not None  # expat wants a root element
        return self._root

    # -- handlers ----------------------------------------------------------------------------------

    def doctype(self, *_: object) -> None:
        raise self.place.malformed("a document type declaration")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name not in _INSIDE.get(self._names[-1], ()):
            tag = self._attributes[-1].tag if self._attributes else None
            raise self.place.malformed(f"an element {name[:40]!r} is not expected here", tag)
        self._names.append(name)
        self._text = []
        begin = _BEGIN.get(name)
        if begin is not None:
            begin(self, attributes)

    def end(self, _: str) -> None:
        name = self._names.pop()
        finish = _FINISH.get(name)
        if name in _COMPONENTS:
            self._finish_component(name)
        elif finish is not None:
            finish(self)
        self._text = []

    def characters(self, text: str) -> None:
        if self._names[-1] in _LEAVES:
            self._text.append(text)
        elif text.strip(" \t\r\n"):
            tag = self._attributes[-1].tag if self._attributes else None
            raise self.place.malformed(f"text in {self._names[-1]}", tag)

    # -- data sets ---------------------------------------------------------------------------------

    def _begin_data_set(self, _: dict[str, str]) -> None:
        self._found.append({})

    def _begin_item(self, attributes: dict[str, str]) -> None:
        attribute = self._attributes[-1]
        if attribute.vr != "SQ":
            raise self.place.malformed(f"an Item in an attribute of VR {attribute.vr}", attribute.tag)
        if not attribute.items:
            self.place.enter(attribute.tag)
        self.place.next_item()
        self._place_number(attributes, len(attribute.items), 0)
        self._found.append({})

    def _finish_item(self) -> None:
        self._attributes[-1].items.append(self._made_data_set())

    def _finish_root(self) -> None:
        self._root = self._made_data_set()

    def _made_data_set(self) -> Dataset:
        found = self._found.pop()
        contents = {tag: content for (tag, creator), content in found.items() if not creator}
        for (tag, creator), content in found.items():
            if creator:
                tag = self._in_block(contents, tag, creator)
                if tag in contents:
                    raise self.place.malformed("an attribute that was there already", tag)
                contents[tag] = content
        elements: dict[int, Any] = {}
        ds = Dataset._holding(elements)
        for tag, (vr, value) in contents.items():
            elements[tag] = made(BaseTag(tag), vr, value, ds)
        return ds

    def _in_block(self, contents: dict[int, _Content], tag: int, creator: str) -> int:
        """The tag in the block of its creator, which is reserved now if it has none. PS3.5 §7.8.1."""
        group, free = tag & 0xFFFF0000, 0
        for block in range(0x10, 0x100):
            reserved = contents.get(group | block)
            if reserved is None:
                free = free or block
            elif str(reserved[1]).strip() == creator:
                return group | block << 8 | tag & 0xFF
        if not free:
            raise self.place.malformed("no private block is free", tag)
        contents[group | free] = "LO", creator
        return group | free << 8 | tag & 0xFF

    # -- attributes --------------------------------------------------------------------------------

    def _begin_attribute(self, attributes: dict[str, str]) -> None:
        tag = int(tag_of(attributes.get("tag"), self.place))
        vr = vr_of(attributes.get("vr"), tag, self.place)
        creator = attributes.get("privateCreator", "").strip()
        if not tag & 0x10000 or tag & 0xFF00:
            creator = ""  # the block is told
        if (tag, creator) in self._found[-1]:
            raise self.place.malformed("an attribute that was there already", tag)
        self._attributes.append(_Attribute(tag, vr, creator))

    def _finish_attribute(self) -> None:
        attribute = self._attributes.pop()
        tag, vr = attribute.tag, attribute.vr
        if attribute.items:
            self.place.leave()
        if bool(attribute.items) + bool(attribute.values) + (attribute.bulk is not None) > 1:
            raise self.place.malformed("several kinds of values in one attribute", tag)
        value: Any
        if attribute.bulk is not None:
            (value,) = attribute.bulk
        elif vr == "SQ":
            value = sequence_of(attribute.items)
        elif attribute.values:
            value = value_of(vr, attribute.values, tag, self.place)
        else:
            value = NOTHING[vr]
        self._found[-1][tag, attribute.creator] = vr, value

    def _place_number(self, attributes: dict[str, str], count: int, allowed_gap: int) -> int:
        """How many numbers were left out before this one."""
        text = attributes.get("number", "")
        tag = self._attributes[-1].tag
        if not text.isdecimal() or len(text) > 10:
            raise self.place.malformed(f"no number: {text[:20]!r}", tag)
        gap = int(text) - count - 1
        if not 0 <= gap <= allowed_gap:
            raise self.place.malformed(f"number {int(text)} behind {count}", tag)
        return gap

    def _begin_value(self, attributes: dict[str, str]) -> None:
        attribute = self._attributes[-1]
        is_name = self._names[-1] == "PersonName"
        if is_name != (attribute.vr == "PN") or attribute.vr == "SQ":
            raise self.place.malformed(f"{self._names[-1]} in VR {attribute.vr}", attribute.tag)
        allowed = _MAX_GAP - attribute.gaps
        gap = self._place_number(attributes, len(attribute.values), allowed)
        attribute.gaps += gap
        attribute.values += [None] * gap
        attribute.name = [[], [], []]

    def _finish_value(self) -> None:
        self._attributes[-1].values.append("".join(self._text) or None)

    # -- names -------------------------------------------------------------------------------------

    def _finish_component(self, name: str) -> None:
        group = self._attributes[-1].name[_GROUPS.index(self._names[-1])]
        position = _COMPONENTS.index(name)
        group += [""] * (position + 1 - len(group))
        group[position] = "".join(self._text)

    def _finish_name(self) -> None:
        attribute = self._attributes[-1]
        groups = ["^".join(group) for group in attribute.name]
        attribute.values.append("=".join(groups).rstrip("=") or None)

    # -- bulk data ---------------------------------------------------------------------------------

    def _finish_binary(self) -> None:
        attribute = self._attributes[-1]
        if attribute.bulk is not None:
            raise self.place.malformed("bulk data twice", attribute.tag)
        text = "".join(self._text)
        attribute.bulk = [binary_of(attribute.vr, text, attribute.tag, self.place)]

    def _begin_bulk(self, attributes: dict[str, str]) -> None:
        attribute = self._attributes[-1]
        uri = attributes.get("uri") or attributes.get("uuid")
        if not uri or attribute.vr == "SQ" or attribute.bulk is not None:
            raise self.place.malformed("BulkData without a URI, twice, or in a sequence", attribute.tag)
        attribute.bulk = [self._bulk.value(attribute.vr, uri, attribute.tag)]


_BEGIN: dict[str, Callable[[_Reader, dict[str, str]], None]] = {
    "NativeDicomModel": _Reader._begin_data_set,
    "DicomAttribute": _Reader._begin_attribute,
    "Item": _Reader._begin_item,
    "Value": _Reader._begin_value,
    "PersonName": _Reader._begin_value,
    "BulkData": _Reader._begin_bulk,
}
_FINISH: dict[str, Callable[[_Reader], None]] = {
    "NativeDicomModel": _Reader._finish_root,
    "DicomAttribute": _Reader._finish_attribute,
    "Item": _Reader._finish_item,
    "Value": _Reader._finish_value,
    "PersonName": _Reader._finish_name,
    "InlineBinary": _Reader._finish_binary,
}
