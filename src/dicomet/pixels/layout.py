"""What the header says of the pixels: size, depth, sign, colour. PS3.3 §C.7.6.3, PS3.5 §8."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomet.errors import PixelDataError, PixelDataMissing

if TYPE_CHECKING:
    from dicomet.dataset import Dataset

PIXEL_DATA = 0x7FE00010
FLOAT_PIXEL_DATA = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009
_FLOATS = {FLOAT_PIXEL_DATA: 32, DOUBLE_FLOAT_PIXEL_DATA: 64}
_MAX_SAMPLES = 4
_SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """The Image Pixel description of one frame as the header gives it.

    Attributes
    ----------
    rows, columns : int
        1 to 65,535 (a total pixel matrix may be larger, a frame may not).
    samples : int
        Samples per Pixel, 1 to 4.
    bits_allocated, bits_stored, high_bit : int
        Bits of a cell; how many of them hold the sample; the highest of these.
    signed : bool
        Pixel Representation is 1: two's complement.
    is_float : bool
        Float or Double Float Pixel Data.
    photometric_interpretation : str
        Such as ``"MONOCHROME2"``, ``"RGB"``, ``"YBR_FULL_422"``. PS3.3 §C.7.6.3.1.2.
    planar_configuration : int
        0: colour by pixel; 1: colour by plane.
    transfer_syntax : str
        UID; "" where the file has none.
    dtype : numpy.dtype
        Of the stored samples in an array: native byte order, the smallest that holds a cell.
    shape : tuple of int
        Of one frame: (rows, columns), or (rows, columns, samples) if there are several samples.
    nsamples, nbytes : int
        Samples of one frame; bytes of an array of them.
    is_subsampled : bool
        Native 4:2:2: four bytes for two pixels. PS3.3 §C.7.6.3.1.2.
    native_nbits, native_nbytes : int
        Bits of one native frame in the file, and bytes, rounded up; frames of 1-bit samples need not begin at a byte.
    """

    rows: int
    columns: int
    samples: int = 1
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    signed: bool = False
    is_float: bool = False
    photometric_interpretation: str = "MONOCHROME2"
    planar_configuration: int = 0
    transfer_syntax: str = ""
    # what follows from these, worked out once: every frame asks for it
    dtype: np.dtype[Any] = field(init=False, repr=False, compare=False)
    shape: tuple[int, ...] = field(init=False, repr=False, compare=False)
    nsamples: int = field(init=False, repr=False, compare=False)
    nbytes: int = field(init=False, repr=False, compare=False)
    is_subsampled: bool = field(init=False, repr=False, compare=False)
    native_nbits: int = field(init=False, repr=False, compare=False)
    native_nbytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        nsamples = self.rows * self.columns * self.samples
        dtype = _dtype(self.bits_allocated, self.signed, self.is_float)
        is_subsampled = self.samples == 3 and self.photometric_interpretation in _SUBSAMPLED
        nbits = nsamples * self.bits_allocated
        if is_subsampled:  # groups of two pixels begin anew in every row
            nbits = self.rows * ((self.columns + 1) // 2) * 4 * self.bits_allocated
        sizes = (self.rows, self.columns)
        derived = {
            "dtype": dtype,
            "shape": sizes if self.samples == 1 else (*sizes, self.samples),
            "nsamples": nsamples,
            "nbytes": nsamples * dtype.itemsize,
            "is_subsampled": is_subsampled,
            "native_nbits": nbits,
            "native_nbytes": (nbits + 7) // 8,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)


def _dtype(bits: int, signed: bool, is_float: bool) -> np.dtype[Any]:
    if is_float:
        return np.dtype(f"f{bits // 8}")
    nbytes = 1 if bits <= 8 else 2 if bits <= 16 else 4 if bits <= 32 else 8
    return np.dtype(f"{'i' if signed and bits > 1 else 'u'}{nbytes}")


def layout_of(ds: Dataset, pixel_tag: int, transfer_syntax: str) -> tuple[PixelLayout, list[str]]:
    """Layout of a data set's frames, and codes of what was wrong with it and could be mended.

    Raises
    ------
    PixelDataError
        Rows, Columns or another attribute that nothing can stand in for is missing or impossible.
    """
    notes: list[str] = []
    rows, columns = _size(ds, "Rows"), _size(ds, "Columns")
    samples = _number(ds, "SamplesPerPixel", None)
    if samples is None:
        samples = 1
        notes.append("samples_missing")
    if not 1 <= samples <= _MAX_SAMPLES:
        raise _wrong(0x00280002, f"Samples per Pixel is {samples}", "PS3.3 §C.7.6.3.1.1")
    photometric = ds.get("PhotometricInterpretation", None)
    if not isinstance(photometric, str) or not photometric:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
        notes.append("photometric_missing")
    layout = PixelLayout(
        rows,
        columns,
        samples,
        photometric_interpretation=photometric.strip().upper(),
        planar_configuration=1 if samples > 1 and _number(ds, "PlanarConfiguration", 0) == 1 else 0,
        transfer_syntax=transfer_syntax,
    )
    if pixel_tag in _FLOATS:
        bits = _FLOATS[pixel_tag]
        return replace(layout, bits_allocated=bits, bits_stored=bits, high_bit=bits - 1, is_float=True), notes
    return _with_bits(ds, layout, notes), notes


def _with_bits(ds: Dataset, layout: PixelLayout, notes: list[str]) -> PixelLayout:
    allocated = _number(ds, "BitsAllocated", None)
    if allocated is None:
        raise _wrong(0x00280100, "Bits Allocated is missing", "PS3.3 §C.7.6.3")
    if not 1 <= allocated <= 64:
        raise _wrong(0x00280100, f"Bits Allocated is {allocated}", "PS3.5 §8.1.1")
    stored = _number(ds, "BitsStored", None)
    high_bit = _number(ds, "HighBit", None)
    if stored is None or not 1 <= stored <= allocated:
        stored = allocated
        notes.append("bits_stored")
    if high_bit is None or not stored <= high_bit + 1 <= allocated:
        high_bit = stored - 1
        notes.append("high_bit")
    elif high_bit != stored - 1:
        notes.append("high_bit_shifted")
    signed = _number(ds, "PixelRepresentation", 0)
    if signed not in (0, 1):
        notes.append("pixel_representation")
    return replace(
        layout,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        signed=signed == 1,
    )


def _number(ds: Dataset, keyword: str, default: Any) -> Any:
    value = ds.get(keyword, None)
    if isinstance(value, tuple) and value:  # doubled by mistake: the first one counts
        value = value[0]
    return value if isinstance(value, int) else default


def _size(ds: Dataset, keyword: str) -> int:
    value = _number(ds, keyword, None)
    tag = 0x00280010 if keyword == "Rows" else 0x00280011
    if value is None:
        raise _wrong(tag, f"{keyword} is missing", "PS3.3 §C.7.6.3")
    if not 1 <= value <= 0xFFFF:
        raise _wrong(tag, f"{keyword} is {value}", "PS3.3 §C.7.6.3")
    return int(value)


def number_of_frames(ds: Dataset) -> int:
    """Number of Frames as the header gives it; 0 where it is missing or no count. PS3.3 §C.7.6.6.1.1."""
    value = _number(ds, "NumberOfFrames", 0)
    return int(value) if 0 < value <= 0xFFFFFFFF else 0


def pixel_tag_of(ds: Dataset) -> int:
    """Tag of the element that holds the pixels.

    Raises
    ------
    PixelDataMissing
        There is none, or it was left out when the data set was read.
    """
    for tag in (PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA):
        if tag in ds:
            return tag
    raise PixelDataMissing("the data set has no Pixel Data", tag=PIXEL_DATA, clause="PS3.3 §C.7.6.3")


def _wrong(tag: int, text: str, clause: str) -> PixelDataError:
    return PixelDataError(text, tag=tag, clause=clause)
