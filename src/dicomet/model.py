"""Data sets to text: what the writers of the JSON and of the XML model share. PS3.18 Annex F, PS3.19 §A.1.

The native core walks the rows of what was read. Here is done what it cannot know: edits, text in unusual
character sets, sequences that the scan passed over, bulk data that goes elsewhere.
"""

from __future__ import annotations

from dicomet._native.index import META
from dicomet._native.model import LATIN1, OTHER, SIGNED, UNSIGNED, UTF8, ModelText
from dicomet.element import DataElement
from dicomet.errors import LimitError
from dicomet.resolve import pixel_representation
from dicomet.sequence import Sequence
from dicomet.valuetypes import MultiValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomet.dataset import Dataset

    BulkDataHandler = Callable[[DataElement], str]

BULK_DATA_THRESHOLD = 1024
BULK_UNITS = {"OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 1}  # bytes of one number
MAX_DEPTH = 120  # nested sequences, as in csrc/scan.h
_BIG_ENDIAN = 4  # DCM_ROW_BIG_ENDIAN
_INF = float("inf")
_INTEGERS = frozenset(("SL", "SS", "SV", "UL", "US", "UV"))
_FLOATS = frozenset(("FD", "FL"))
_CREATORS = range(0x10, 0x100)  # elements of private creators. PS3.5 §7.8.1


class ModelWriter:
    """One conversion: its options, its text, and the way through a data set.

    Parameters
    ----------
    handler : callable or None
        Gives the URI of a bulk data element.
    threshold : int
        Length of base64 text beyond which it is asked.
    suppress : bool
        Leave out elements that cannot be written.
    xml : bool
        Which notation.
    """

    __slots__ = ("_depth", "_handler", "_limit_nbytes", "_suppress", "text")

    _names_creators = False  # open_element is told the private creator

    def __init__(self, handler: BulkDataHandler | None, threshold: int, suppress: bool, xml: bool) -> None:
        self._handler = handler
        self._limit_nbytes = max(0, threshold // 4 * 3)  # base64 makes four characters of three bytes
        self._suppress = suppress
        self._depth = 0
        self.text = ModelText(xml, None if handler is None else self._limit_nbytes)

    # -- the way through ---------------------------------------------------------------------------

    def data_set(self, ds: Dataset) -> None:
        """Write the elements of a data set in ascending order, with all that is in them."""
        ds._settle()
        if not ds._changed():
            self._rows(ds, None)
            return
        edits, sequences = ds._edits or {}, ds._sequences or {}
        rows = ds._rows()
        native: list[int] = []
        for tag in ds._tags():
            if tag & 0xFFFF == 0:
                continue  # PS3.18 §F.2.2: no group lengths
            sequence = sequences.get(tag)
            if tag not in edits and (sequence is None or not sequence._changed()):
                native.append(rows[tag])
                continue
            self._rows(ds, native)
            native = []
            element = ds._element(tag)
            assert element is not None
            self.element(element, native=False)
        self._rows(ds, native)

    def _rows(self, ds: Dataset, rows: list[int] | None) -> None:
        index, changed = ds._index, rows is not None
        if index.source is None or rows == []:
            return
        if rows is None and ds._row == META:
            rows = index.children(META)
        charset, pixels = _context(ds)
        self.text.elements(ds, index, ds._row, rows, changed, charset, pixels, self._asked)

    def _asked(self, ds: Dataset, row: int) -> None:
        self.element(DataElement._of_row(ds, ds._index, row), native=False)

    def element(self, element: DataElement, native: bool = True) -> None:
        """Write one element; one that is still as it was read natively, unless told otherwise."""
        mark = len(self.text)
        owner: Dataset | None = element._owner
        if owner is not None:
            owner._settle()
        try:
            if native and owner is not None and _is_as_read(element):
                self._rows(owner, [element._row])
            else:
                self._open(element)
                self._content(element)
                self.text.close_element()
        except Exception as error:
            if not self._suppress:
                raise
            self.text.cut(mark)
            _log(int(element.tag), error)

    def _open(self, element: DataElement) -> None:
        tag, creator = int(element.tag), ""
        if self._names_creators and tag & 0x10000 and tag >> 8 & 0xFF in _CREATORS:
            creator = (element.private_creator or "").strip()
            if creator and _is_first_block(element, creator):
                tag &= 0xFFFF00FF
        self.text.open_element(tag, element.VR, creator)

    # -- values ------------------------------------------------------------------------------------

    def _content(self, element: DataElement) -> None:
        vr = element.VR
        if vr == "SQ":
            self._items(element.value)
        elif vr in BULK_UNITS:
            self._bulk(element, vr)
        else:
            value = element.value
            if value is not None and value != "":
                self._values(vr, value)

    def _values(self, vr: str, value: Any) -> None:
        self.text.open_values()
        values = value if value.__class__ is MultiValue else (value,)
        for number, one in enumerate(values, 1):
            if one is None or one == "":
                self.text.put_empty(number, vr)
            else:
                self._value(number, vr, one)
        self.text.close_values()

    def _value(self, number: int, vr: str, value: Any) -> None:
        if vr == "PN":
            self.text.put_name(number, text_of(value))
        elif vr in _INTEGERS:
            self.text.put_number(number, str(int(value)), False)
        elif vr in _FLOATS:
            self._float(number, float(value))
        elif vr == "AT":
            self.text.put_number(number, f"{int(value):08X}", True)
        elif vr == "DS" or vr == "IS":
            self._number_text(number, vr, value)
        else:
            self.text.put_text(number, text_of(value))

    def _float(self, number: int, value: float) -> None:
        if -_INF < value < _INF:
            self.text.put_number(number, float.__repr__(value), False)
        else:
            self.text.put_number(number, "NaN" if value != value else str(value), True)

    def _number_text(self, number: int, vr: str, value: Any) -> None:
        """A value of DS or IS."""
        raise NotImplementedError

    def _items(self, sequence: Any) -> None:
        if not isinstance(sequence, Sequence):
            sequence = Sequence(sequence or ())  # of an element that is in no data set
        if not len(sequence):
            return  # PS3.18 §F.2.5: no "Value"
        if self._depth >= MAX_DEPTH:
            raise LimitError(f"sequences nested deeper than {MAX_DEPTH}", clause="PS3.5 §7.5")
        self._depth += 1
        self.text.open_values()
        if sequence._changed() or sequence._index is None or sequence._parent is None:
            for number, item in enumerate(sequence, 1):
                self.text.open_item(number)
                self.data_set(item)
                self.text.close_item()
        else:
            rows = [one if one.__class__ is int else one._row for one in sequence._items]
            charset, pixels = _context(sequence._parent)
            self.text.items(sequence, sequence._index, rows, charset, pixels, self._asked)
        self.text.close_values()
        self._depth -= 1

    def _bulk(self, element: DataElement, vr: str) -> None:
        data: memoryview | bytes
        unit = 1
        if element._index is None or element._edited:
            data = b"" if element.value is None else memoryview(element.value).cast("B")
        else:
            data = element._index.view(element._row)
            if element._index.flags(element._row) & _BIG_ENDIAN:
                unit = BULK_UNITS[vr]
        nbytes = len(data)
        if self._handler is not None and nbytes > self._limit_nbytes:
            self._bulk_uri(self._handler(element))
        elif nbytes:
            self.text.put_binary(data, unit)

    def _bulk_uri(self, uri: str) -> None:
        """Where the bulk data of an element is."""
        raise NotImplementedError


def _is_as_read(element: DataElement) -> bool:
    """Whether the native core has all of it. Group lengths it leaves out."""
    if element._index is None or element._edited or int(element.tag) & 0xFFFF == 0:
        return False
    return element.VR != "SQ" or not element.value._changed()


def text_of(value: Any) -> str:
    """A value that must be text, as plain `str`."""
    if not isinstance(value, str):
        raise TypeError(f"the value is text, not {type(value).__name__}")
    return str(value)


def _context(ds: Dataset) -> tuple[int, int]:
    """Character set and Pixel Representation in force, as the native core counts them."""
    terms = ds._character_set().terms
    if not terms or terms == ("ISO_IR 100",) or terms == ("ISO_IR 6",):
        charset = LATIN1
    else:
        charset = UTF8 if terms == ("ISO_IR 192",) else OTHER
    return charset, SIGNED if pixel_representation(ds) else UNSIGNED


def _is_first_block(element: DataElement, creator: str) -> bool:
    """Whether no lower block of the group has the same creator."""
    tag, owner = int(element.tag), element._owner
    lower = range(0x10, tag >> 8 & 0xFF)
    return all((owner._creator_of(tag & 0xFFFF0000 | block << 8) or "").strip() != creator for block in lower)


def _log(tag: int, error: Exception) -> None:
    from logging import getLogger

    getLogger("dicomet").warning("(%04X,%04X) left out: %s", tag >> 16, tag & 0xFFFF, error)
