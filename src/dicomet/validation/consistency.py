"""Elements that must agree with each other: meta group and data set, pixels and their description.

PS3.10 §7.1, PS3.3 C.7.6.3, PS3.5 §8.1.1, §A.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dicomet._native.dictionary import keyword_tag
from dicomet._native.index import META, TOP
from dicomet.uids import UID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet._native.index import Index
    from dicomet.filedataset import FileDataset
    from dicomet.validation.problem import Severity

_META_CLAUSE, _PIXEL_CLAUSE = "PS3.10 §7.1", "PS3.3 C.7.6.3"
_DIRECTORY = "1.2.840.10008.1.3.10"
_PIXEL_DATA = 0x7FE00010
_FRAGMENTS, _PARTIAL = 64, 128  # DCM_ROW_*
# PS3.10 Table 7.1-1; Group Length and Transfer Syntax UID are what the scanner looks after.
_META_REQUIRED = (0x00020001, 0x00020002, 0x00020003, 0x00020012)
_SAMPLES = {"MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1, "RGB": 3, "YBR_FULL": 3, "YBR_FULL_422": 3,
            "YBR_PARTIAL_420": 3, "YBR_ICT": 3, "YBR_RCT": 3, "XYB": 3}  # fmt: skip
# Streams that hold all frames: fragments are no frames. PS3.5 §8.2.5 ff.
_VIDEO = ("1.2.840.10008.1.2.4.10", "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.204",
          "1.2.840.10008.1.2.4.205", "1.2.840.10008.1.2.7")  # fmt: skip


class Disagreement(NamedTuple):
    """What does not fit: the element, or where it would be (`TOP`, `META`), and what is wrong."""

    row: int | None
    container: int
    tag: int
    severity: Severity
    code: str
    clause: str
    message: str


def sop_class_of(ds: FileDataset) -> str:
    """SOP Class UID of the data set, or else of the meta group (a DICOMDIR has it there only); "" if none."""
    for uid in (ds.get("SOPClassUID"), ds.file_meta.get("MediaStorageSOPClassUID")):
        if isinstance(uid, str) and uid:
            return str(uid)
    return ""


def disagreements(ds: FileDataset, index: Index) -> Iterator[Disagreement]:
    """All that does not fit; nothing is decoded beyond a few elements."""
    if index.nmeta:
        yield from _meta(ds, index)
    yield from _pixel_description(ds, index)
    row = index.find(TOP, _PIXEL_DATA)
    if row != TOP:
        yield from _pixel_data(ds, index, row)


def _meta(ds: FileDataset, index: Index) -> Iterator[Disagreement]:
    for tag in _META_REQUIRED:
        row = index.find(META, tag)
        if row == TOP or index.length(row) == 0:
            code = "missing" if row == TOP else "empty"
            what = f"Type 1 element of the File Meta Information is {code}"
            yield Disagreement(None if row == TOP else row, META, tag, "error", code, _META_CLAUSE, what)
    pairs = (("MediaStorageSOPClassUID", "SOPClassUID"), ("MediaStorageSOPInstanceUID", "SOPInstanceUID"))
    for outer, inner in pairs:
        stated, found = ds.file_meta.get(outer), ds.get(inner)
        if stated and found and stated != found:
            tag = keyword_tag(outer)
            what = f"{outer} is not the {inner} of the data set, {found}"
            yield Disagreement(index.find(META, tag), META, tag, "error", "sop_differs", _META_CLAUSE, what)


def _int(ds: FileDataset, keyword: str) -> int | None:
    value: Any = ds.get(keyword)
    return int(value) if isinstance(value, int) else None


def _pixel_description(ds: FileDataset, index: Index) -> Iterator[Disagreement]:
    def about(keyword: str, clause: str, message: str) -> Disagreement:
        tag = keyword_tag(keyword)
        row = index.find(TOP, tag)
        return Disagreement(row, TOP, tag, "error", "pixel_description", clause, message)

    allocated, stored, high = (_int(ds, name) for name in ("BitsAllocated", "BitsStored", "HighBit"))
    if allocated is not None and allocated != 1 and (allocated % 8 or allocated == 0):
        yield about("BitsAllocated", "PS3.5 §8.1.1", f"Bits Allocated {allocated} is neither 1 nor a multiple of 8")
    if allocated is not None and stored is not None and not 1 <= stored <= allocated:
        yield about("BitsStored", "PS3.5 §8.1.1", f"Bits Stored {stored} does not fit Bits Allocated {allocated}")
    if stored is not None and high is not None and high != stored - 1:
        yield about("HighBit", "PS3.5 §8.1.1", f"High Bit {high} is not one less than Bits Stored {stored}")
    for keyword in ("Rows", "Columns"):
        if _int(ds, keyword) == 0:
            yield about(keyword, _PIXEL_CLAUSE, f"{keyword} is 0")
    photometric, samples = ds.get("PhotometricInterpretation"), _int(ds, "SamplesPerPixel")
    wanted = _SAMPLES.get(photometric) if isinstance(photometric, str) else None
    if wanted is not None and samples is not None and samples != wanted:
        message = f"{photometric} has {wanted} samples a pixel, not {samples}"
        yield about("SamplesPerPixel", "PS3.3 C.7.6.3.1.2", message)


def _pixel_data(ds: FileDataset, index: Index, row: int) -> Iterator[Disagreement]:
    flags = index.flags(row)
    encapsulated = bool(flags & _FRAGMENTS)
    syntax = UID(index.transfer_syntax)
    if syntax.is_transfer_syntax and syntax.is_encapsulated != encapsulated:
        message = f"Pixel Data is {'' if encapsulated else 'not '}encapsulated under {syntax.name}"
        yield Disagreement(row, TOP, _PIXEL_DATA, "error", "encapsulation", "PS3.5 §A.4", message)
        return
    if flags & _PARTIAL:
        return  # truncated, as the structure says
    frames = _int(ds, "NumberOfFrames") if ds.get("NumberOfFrames") is not None else 1
    if frames is None or frames < 1:
        return
    if encapsulated:
        nfragments = len(index.children(row)) - 1  # the first is the Basic Offset Table
        if nfragments < frames and not syntax.startswith(_VIDEO):
            message = f"{nfragments} fragments for {frames} frames"
            yield Disagreement(row, TOP, _PIXEL_DATA, "error", "fragments", "PS3.5 §A.4", message)
        return
    wanted = _native_nbytes(ds, frames)
    found = index.length(row)
    if wanted is not None and found != wanted:
        message = f"Pixel Data has {found:,} bytes, its description wants {wanted:,}"
        yield Disagreement(row, TOP, _PIXEL_DATA, "error", "pixel_data_length", "PS3.5 §8.1.1", message)


def _native_nbytes(ds: FileDataset, frames: int) -> int | None:
    """Bytes that native Pixel Data has, the padding byte included; None where the description is incomplete."""
    names = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    numbers = [_int(ds, name) for name in names]
    if any(number is None for number in numbers):
        return None
    rows, columns, samples, bits = (number or 0 for number in numbers)
    if ds.get("PhotometricInterpretation") in ("YBR_FULL_422", "YBR_PARTIAL_422") and samples == 3:
        samples = 2  # four samples for two pixels. PS3.3 C.7.6.3.1.2
    nbytes = (rows * columns * samples * frames * bits + 7) // 8
    return nbytes + nbytes % 2
