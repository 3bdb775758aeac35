"""PALETTE COLOR: the look-up tables of a data set as one, applied natively. PS3.3 §C.7.6.3.1.5, §C.7.9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet._native import pixels as kernels
from dicomet.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
    from dicomet.pixels.layout import PixelLayout

_COLOURS = ("Red", "Green", "Blue")


class Palette:
    """Red, green and blue for each index.

    Parameters
    ----------
    entries : numpy.ndarray
        (n, 3), uint8 or uint16.
    first : int
        The index of the first entry.

    Attributes
    ----------
    dtype : numpy.dtype
        Of the colours.
    """

    def __init__(self, entries: np.ndarray, first: int) -> None:
        self.entries = np.ascontiguousarray(entries)
        self.first = first
        self.dtype: np.dtype[Any] = entries.dtype

    def apply(self, indices: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Colours of integer indices; those outside the table get its first or last entry.

        Parameters
        ----------
        indices : numpy.ndarray
            Contiguous, of any shape.
        out : numpy.ndarray, optional
            Contiguous, of the indices' shape with 3 behind, and of this palette's dtype; made unless given.
        """
        if out is None:
            out = np.empty((*indices.shape, 3), self.dtype)
        if indices.itemsize > 2:
            indices = np.clip(indices, 0, 0xFFFF).astype(np.uint16)
        kernels.apply_palette(
            indices,
            out,
            index_nbytes=indices.itemsize,
            lut=self.entries,
            lut_nbytes=self.entries.itemsize,
            nentries=len(self.entries),
            first=self.first,
            signed_indices=indices.dtype.kind == "i",
        )
        return out


def palette_of(ds: Dataset, layout: PixelLayout, note: Callable[[str], None]) -> Palette | None:
    """Palette of a data set, None where it has none or a broken one (which is noted).

    Entries of 16 bits whose values all fit into 8 stay 16 bits: the descriptor rules.
    """
    tables: list[np.ndarray] = []
    first = 0
    for colour in _COLOURS:
        descriptor = ds.get(f"{colour}PaletteColorLookupTableDescriptor", None)
        if descriptor is None:
            return None
        try:
            nentries, first, bits = (int(one) for one in descriptor)
            tables.append(_table(ds, colour, nentries or 0x10000, bits))
        except (TypeError, ValueError, PixelDataError):
            note("palette")
            return None
    sizes = {len(table) for table in tables}
    if len(sizes) > 1 or min(sizes) == 0:
        note("palette")
        return None
    if first > 0x7FFF and layout.signed:
        first -= 0x10000
    return Palette(np.stack(tables, axis=1), first)


def _table(ds: Dataset, colour: str, nentries: int, bits: int) -> np.ndarray:
    """One colour's entries. Raises `ValueError` or `PixelDataError` where they cannot be."""
    if not 0 < nentries <= 0x10000 or bits not in (8, 16):
        raise ValueError("impossible palette descriptor")
    plain = ds.get_item(f"{colour}PaletteColorLookupTableData")
    if plain is not None and plain.value:
        return _plain(plain, nentries, bits)
    segmented = ds.get_item(f"Segmented{colour}PaletteColorLookupTableData")
    if segmented is None:
        raise ValueError("a descriptor without data")
    data = bytes(_bytes_of(segmented))
    entries = kernels.expand_segmented(
        data, nentries=nentries, bits=bits, big_endian=_is_big_endian(segmented)
    )
    return np.frombuffer(entries, np.uint8 if bits == 8 else np.uint16)[:nentries]


def _plain(element: DataElement, nentries: int, bits: int) -> np.ndarray:
    data = memoryview(_bytes_of(element)).cast("B")
    order = ">" if _is_big_endian(element) else "<"
    if bits == 8 and data.nbytes < 2 * nentries:  # a byte an entry, in words
        table = np.frombuffer(data, np.uint8)
        if order == ">" and element.VR == "OW":
            table = table[: len(table) // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    elif bits == 8:  # a word an entry, against the descriptor
        table = np.frombuffer(data[: 2 * nentries], f"{order}u2").astype(np.uint8)
    else:
        table = np.frombuffer(data[: data.nbytes // 2 * 2], f"{order}u2").astype(np.uint16)
    if len(table) < nentries:
        raise ValueError("fewer entries than the descriptor says")
    return table[:nentries]


def _bytes_of(element: DataElement) -> Any:
    if element._index is not None and not element._edited:
        return element.raw
    value = element.value
    if isinstance(value, bytes | bytearray | memoryview):
        return value
    return np.atleast_1d(np.asarray(value, np.uint16)).tobytes()


def _is_big_endian(element: DataElement) -> bool:
    index = element._index
    return index is not None and not element._edited and bool(index.flags(element._row) & 4)
