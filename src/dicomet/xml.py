"""The Native DICOM Model: data sets as XML, and back. PS3.19 §A.1."""

from __future__ import annotations

from dicomet.model import BULK_DATA_THRESHOLD, ModelWriter, text_of
from dicomet.valuetypes import PADDING, format_ds
from dicomet.xmlreader import NAMESPACE, from_xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.model import BulkDataHandler

__all__ = ["from_xml", "to_xml"]

_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="{NAMESPACE}" xml:space="preserve">'


def to_xml(
    ds: Dataset,
    *,
    bulk_data_threshold: int = BULK_DATA_THRESHOLD,
    bulk_data_element_handler: BulkDataHandler | None = None,
    suppress_invalid_tags: bool = False,
) -> str:
    """The Native DICOM Model of a data set as XML text. PS3.19 §A.1.

    File Meta Information and group lengths are no part of it. What was read and not changed is
    written natively, without the GIL.

    Parameters
    ----------
    ds : Dataset
    bulk_data_threshold : int
        Length of base64 text beyond which the handler, if there is one, is asked for a URI.
    bulk_data_element_handler : callable, optional
        Takes the `DataElement` (VR OB OD OF OL OV OW UN) and returns the URI of its ``BulkData``.
    suppress_invalid_tags : bool
        Leave out, with a line in the log ``dicomet``, elements that cannot be written, at any depth;
        otherwise their exception passes through.

    Returns
    -------
    str
        A whole document, to be encoded as UTF-8. Private elements have the block 00 and the
        attribute ``privateCreator``, and keep their block where the creator does not lead to it.
        IS and DS are the text of the file. Characters that XML 1.0 cannot hold, such as controls,
        become U+FFFD; delimiters behind the last component of a name are left out.

    Raises
    ------
    LimitError
        Sequences are nested deeper than 120, or a data set contains itself.
    """
    writer = _XmlWriter(bulk_data_element_handler, bulk_data_threshold, suppress_invalid_tags, xml=True)
    writer.text.put(_HEAD)
    writer.data_set(ds)
    writer.text.put("\n</NativeDicomModel>\n")
    return str(writer.text)


class _XmlWriter(ModelWriter):
    """The values that XML has otherwise than JSON."""

    __slots__ = ()

    _names_creators = True

    def _number_text(self, number: int, vr: str, value: Any) -> None:
        if isinstance(value, str):
            text = value.strip(PADDING)
            if text:
                self.text.put_text(number, text)
            else:
                self.text.put_empty(number, vr)
        else:
            text = format_ds(value) if vr == "DS" else str(int(value))
            self.text.put_number(number, text, False)

    def _bulk_uri(self, uri: str) -> None:
        from xml.sax.saxutils import quoteattr

        self.text.put(f"<BulkData uri={quoteattr(text_of(uri))}/>")
