"""The DICOM JSON Model: data sets as text and as dicts, and back. PS3.18 Annex F."""

from __future__ import annotations

from dicomet.jsonreader import element_from_json, from_json
from dicomet.model import BULK_DATA_THRESHOLD, ModelWriter
from dicomet.valuetypes import parse_ds, parse_is

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
    from dicomet.model import BulkDataHandler

__all__ = ["element_from_json", "element_to_json_dict", "from_json", "to_json", "to_json_dict"]


def to_json_dict(
    ds: Dataset,
    *,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    bulk_data_element_handler: BulkDataHandler | None = None,
    suppress_invalid_tags: bool = False,
) -> dict[str, Any]:
    """The DICOM JSON Model object of a data set. PS3.18 §F.2.

    File Meta Information and group lengths are no part of it. Its order is ascending by tag.

    Parameters
    ----------
    ds : Dataset
    bulk_data_threshold : int
        Length of base64 text beyond which the handler, if there is one, is asked for a URI.
    bulk_data_element_handler : callable, optional
        Takes the `DataElement` (VR OB OD OF OL OV OW UN) and returns its ``BulkDataURI``.
    suppress_invalid_tags : bool
        Leave out, with a line in the log ``dicomet``, elements of which no JSON can be made, at any
        depth; otherwise their exception passes through.

    Returns
    -------
    dict
        Of builtins only, new at every call. Numbers that are not finite are the texts ``"NaN"``,
        ``"inf"`` and ``"-inf"``, which JSON can carry. IS and DS are numbers, or the text that is
        none.

    Raises
    ------
    LimitError
        Sequences are nested deeper than 120, or a data set contains itself.
    """
    from json import loads

    model: dict[str, Any] = loads(
        to_json(
            ds,
            bulk_data_threshold=bulk_data_threshold,
            bulk_data_element_handler=bulk_data_element_handler,
            suppress_invalid_tags=suppress_invalid_tags,
        )
    )
    return model


def to_json(
    ds: Dataset,
    *,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    bulk_data_element_handler: BulkDataHandler | None = None,
    dump_handler: Callable[[dict[str, Any]], str] | None = None,
    suppress_invalid_tags: bool = False,
) -> str:
    """The DICOM JSON Model object of a data set as text, valid by RFC 8259. PS3.18 §F.2.

    What was read and not changed is written natively, without the GIL.

    Parameters
    ----------
    ds, bulk_data_threshold, bulk_data_element_handler, suppress_invalid_tags
        As for `to_json_dict`.
    dump_handler : callable, optional
        Makes the text of the dict, instead.

    Returns
    -------
    str
        Without white space. Characters beyond ASCII stand for themselves; encode it as UTF-8
        (§F.2.2). Numbers have the fewest digits that read back as the same `float`.
    """
    if dump_handler is not None:
        return dump_handler(
            to_json_dict(
                ds,
                bulk_data_threshold=bulk_data_threshold,
                bulk_data_element_handler=bulk_data_element_handler,
                suppress_invalid_tags=suppress_invalid_tags,
            )
        )
    writer = _JsonWriter(bulk_data_element_handler, bulk_data_threshold, suppress_invalid_tags, xml=False)
    writer.text.put("{")
    writer.data_set(ds)
    writer.text.put("}")
    return str(writer.text)


def element_to_json_dict(
    element: DataElement,
    bulk_data_element_handler: BulkDataHandler | None = None,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
) -> dict[str, Any]:
    """One element: its VR and at most one of Value, InlineBinary, BulkDataURI. PS3.18 §F.2.2.

    Parameters
    ----------
    element : DataElement
    bulk_data_element_handler, bulk_data_threshold
        As for `to_json_dict`.
    """
    from json import loads

    writer = _JsonWriter(bulk_data_element_handler, bulk_data_threshold, False, xml=False)
    writer.text.put("{")
    writer.element(element)
    writer.text.put("}")
    (model,) = loads(str(writer.text)).values()
    found: dict[str, Any] = model
    return found


class _JsonWriter(ModelWriter):
    """The values that JSON has otherwise than XML."""

    __slots__ = ()

    def _number_text(self, number: int, vr: str, value: Any) -> None:
        if isinstance(value, str):
            value = parse_ds(value) if vr == "DS" else parse_is(value)
        elif vr == "IS":
            value = int(value)
        if value is None:
            self.text.put_empty(number, vr)
        elif isinstance(value, str):
            self.text.put_text(number, value)
        elif vr == "IS":
            self.text.put_number(number, str(value), False)
        else:
            self._float(number, float(value))

    def _bulk_uri(self, uri: str) -> None:
        from json import dumps

        self.text.put(f',"BulkDataURI":{dumps(uri, ensure_ascii=False)}')
