"""Data sets as text, in the notation of the JSON or of the XML model. PS3.18 Annex F, PS3.19 §A.1.

A `ModelText` grows at its end, by rows of an index that are walked natively, and by what is put by hand.
Separators are its own business.
"""


from collections.abc import Callable
from typing import Any, Final

from typing_extensions import Buffer

from dicomet._native.index import Index

LATIN1: Final[int]
"""Text in the default repertoire or ISO_IR 100."""
UTF8: Final[int]
"""Text in ISO_IR 192."""
OTHER: Final[int]
"""Text in anything else: elements whose text is not plain ASCII are asked for."""
UNSIGNED: Final[int]
"""Pixel Representation 0, or none."""
SIGNED: Final[int]
"""Pixel Representation 1."""

class ModelText:
    """Text of a model in the making. Not for several threads at once.

    Parameters
    ----------
    xml : bool
        The notation of the Native DICOM Model instead of that of the DICOM JSON Model.
    bulk_nbytes : int, optional
        Bulk data of more bytes is asked for; None writes all of it in Base64.
    """

    def __new__(cls, xml: bool = False, bulk_nbytes: int | None = None) -> ModelText: ...
    def elements(
        self,
        ds: Any,
        index: Index,
        row: int,
        rows: list[int] | None,
        changed: bool,
        charset: int,
        pixels: int,
        ask: Callable[[Any, int], object],
    ) -> None:
        """Write elements of a data set, with all that is in them, without the GIL.

        Parameters
        ----------
        ds : data set
            The view over `index` and `row`.
        index : Index
            Read to its end.
        row : int
            Row of the data set's item, or ``TOP`` of `dicomet._native.index`, or ``META`` if `rows` are given.
        rows : list of int or None
            Rows of the elements in the order wanted; None for all, in order of tags, without group lengths.
        changed : bool
            The data set has edits: what hangs on its other elements is asked for.
        charset, pixels : int
            What holds in the data set: `LATIN1`, `UTF8` or `OTHER`; `UNSIGNED` or `SIGNED`.
        ask : callable
            Called with the data set around it and the row for an element that cannot be written natively.
            It puts the whole element, or nothing. It may walk as well.

        Raises
        ------
        SourceClosed
            The data set was closed.
        SourceChanged
            The mapped file shrank.
        LimitError
            Sequences are nested too deep.
        """

    def items(
        self,
        sequence: Any,
        index: Index,
        rows: list[int],
        charset: int,
        pixels: int,
        ask: Callable[[Any, int], object],
    ) -> None:
        """Write the items of a sequence without edits; see `elements`. `charset` and `pixels` hold around it."""

    def open_element(self, tag: int, vr: str, creator: str) -> None:
        """Begin an element. `creator` is the private creator, or ""; JSON has no place for it."""

    def close_element(self) -> None:
        """End an element."""

    def open_values(self) -> None:
        """Begin the values of an element; JSON only."""

    def close_values(self) -> None:
        """End the values of an element; JSON only."""

    def open_item(self, number: int) -> None:
        """Begin an item; the first has number 1."""

    def close_item(self) -> None:
        """End an item."""

    def put_empty(self, number: int, vr: str) -> None:
        """An empty value among several."""

    def put_text(self, number: int, text: str) -> None:
        """A value that is text. What XML cannot hold becomes U+FFFD there."""

    def put_name(self, number: int, text: str) -> None:
        """A value of VR PN, its component groups separated by "=". PS3.5 §6.2.1."""

    def put_number(self, number: int, text: str, quoted: bool) -> None:
        """A value that is a number, ready as text; in quotation marks in JSON if told so."""

    def put_binary(self, data: Buffer, unit_nbytes: int) -> None:
        """Bulk data in Base64. Numbers of `unit_nbytes`, if above 1, are turned from big to little endian."""

    def put(self, text: str) -> None:
        """Text in the notation itself."""

    def __len__(self) -> int:
        """Bytes so far."""

    def cut(self, nbytes: int) -> None:
        """Forget what was put beyond so many bytes."""

    def __str__(self) -> str:
        """The text so far. Lone surrogates that were put come back."""
