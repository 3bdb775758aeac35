"""Data sets out of the DICOM JSON Model. PS3.18 Annex F."""

from __future__ import annotations

from dicomet.dataset import Dataset
from dicomet.element import DataElement
from dicomet.errors import LimitError
from dicomet.modelvalues import NOTHING, BulkData, Place, binary_of, made, sequence_of, tag_of, value_of, vr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomet.modelvalues import BulkDataUriHandler
    from dicomet.sequence import Sequence
    from dicomet.tags import BaseTag

_CLAUSE = "PS3.18 §F.2"
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_KEYS = ("Value", "InlineBinary", "BulkDataURI")


def from_json(
    model: str | bytes | bytearray | dict[str, Any],
    bulk_data_uri_handler: BulkDataUriHandler | None = None,
) -> Dataset:
    """The data set that a DICOM JSON Model object describes. PS3.18 §F.2.

    Parameters
    ----------
    model : str, bytes or dict
        JSON text, or what `json.loads` makes of it. Bytes are UTF-8, UTF-16 or UTF-32.
    bulk_data_uri_handler : callable, optional
        Gives the value for a ``BulkDataURI``: takes (tag as eight digits, VR, URI), or the URI alone.
        Without it such elements are empty, and a line goes to the log ``dicomet``.

    Returns
    -------
    Dataset
        In memory; its values are as they would be read from a file. Numbers may be text in the
        model, ``null`` is an empty value, unknown keys of an attribute are passed over.

    Raises
    ------
    InvalidDicomError
        No JSON, or not the model: the message says where.
    ValueDecodeError
        A value is none of the VR.
    LimitError
        Sequences are nested deeper than 64.
    """
    place = Place(_CLAUSE)
    if not isinstance(model, dict):
        model = _parsed(model, place)
    return _Reader(place, BulkData(bulk_data_uri_handler)).data_set(model)


def element_from_json(
    tag: str,
    attribute: dict[str, Any],
    bulk_data_uri_handler: BulkDataUriHandler | None = None,
) -> DataElement:
    """The element that one attribute of a DICOM JSON Model object describes. PS3.18 §F.2.2.

    Parameters
    ----------
    tag : str
        Its eight hexadecimal digits.
    attribute : dict
        With ``vr``, and at most one of ``Value``, ``InlineBinary``, ``BulkDataURI``.
    bulk_data_uri_handler
        As for `from_json`; so are the exceptions.
    """
    place = Place(_CLAUSE)
    return _Reader(place, BulkData(bulk_data_uri_handler)).element(tag_of(tag, place), attribute)


def _parsed(text: str | bytes | bytearray, place: Place) -> dict[str, Any]:
    from json import loads

    try:
        model = loads(text)
    except RecursionError:
        raise LimitError("JSON nested too deep", clause=_CLAUSE) from None
    except ValueError as error:
        raise place.malformed(f"no JSON: {error}") from None
    if not isinstance(model, dict):
        raise place.malformed(f"a data set is a JSON object, not {type(model).__name__}")
    return model


class _Reader:
    """One conversion: where it is, and who is asked for bulk data."""

    __slots__ = ("_bulk", "_place", "_tags")

    def __init__(self, place: Place, bulk: BulkData) -> None:
        self._place = place
        self._bulk = bulk
        self._tags: dict[str, BaseTag] = {}  # of keys that were met: most come again and again

    def data_set(self, model: dict[str, Any]) -> Dataset:
        elements: dict[int, DataElement | None] = {}
        ds = Dataset._holding(elements)
        tags = self._tags
        for key, attribute in model.items():
            tag = tags.get(key)
            if tag is None:
                tags[key] = tag = tag_of(key, self._place)
            elements[int(tag)] = self.element(tag, attribute, ds)
        return ds

    def element(self, tag: BaseTag, attribute: Any, owner: Dataset | None = None) -> DataElement:
        if not isinstance(attribute, dict):
            raise self._place.malformed("an attribute is a JSON object", tag)
        vr = vr_of(attribute.get("vr"), tag, self._place)
        content = attribute.get("Value")
        if content is not None and len(attribute) == 2:
            return made(tag, vr, self._content(vr, "Value", content, tag), owner)
        present = [key for key in _KEYS if key in attribute]
        if len(present) > 1:
            raise self._place.malformed(f"{' and '.join(present)} in one attribute", tag)
        if not present:
            return made(tag, vr, sequence_of([]) if vr == "SQ" else NOTHING[vr], owner)
        return made(tag, vr, self._content(vr, present[0], attribute[present[0]], tag), owner)

    def _content(self, vr: str, key: str, content: Any, tag: int) -> Any:
        if key == "Value":
            if content is None:
                content = []
            if not isinstance(content, list):
                raise self._place.malformed("Value is an array", tag)
            if vr == "SQ":
                return self._items(content, tag)
            if vr == "PN":
                content = [self._name(one, tag) for one in content]
            return value_of(vr, content, tag, self._place)
        if isinstance(content, list) and len(content) == 1:
            content = content[0]  # as an example of the standard had it once
        if key == "InlineBinary":
            return binary_of(vr, content, tag, self._place)
        if not isinstance(content, str) or vr == "SQ":
            raise self._place.malformed("BulkDataURI is text, and of no sequence", tag)
        return self._bulk.value(vr, content, tag)

    def _items(self, models: list[Any], tag: int) -> Sequence:
        place = self._place
        place.enter(tag)
        items = []
        for model in models:
            place.next_item()
            if not isinstance(model, dict | None):
                raise place.malformed(f"an item is a JSON object, not {type(model).__name__}")
            items.append(self.data_set(model or {}))
        place.leave()
        return sequence_of(items)

    def _name(self, name: Any, tag: int) -> str | None:
        """Component groups to the text of a name; some services write the text itself."""
        if name is None or isinstance(name, str):
            return name
        if not isinstance(name, dict):
            raise self._place.unfit("a name is a JSON object", tag)
        groups = [name.get(group) or "" for group in _GROUPS]
        if not all(isinstance(group, str) for group in groups):
            raise self._place.unfit("component groups are text", tag)
        return "=".join(groups).rstrip("=")
