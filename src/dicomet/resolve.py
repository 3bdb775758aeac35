"""VRs that a file leaves open: several in the dictionary, or private elements. PS3.5 §6.2.2, Annex A."""

from __future__ import annotations

from dicomet._native.dictionary import private_entry
from dicomet._native.index import TOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet._native.index import Index
    from dicomet.dataset import Dataset

_PIXEL_DATA = 0x7FE00010
_PIXEL_REPRESENTATION = 0x00280103
_LUT_DATA = 0x00283006
_LUT_DESCRIPTOR = 0x00283002
_WAVEFORM_BITS_ALLOCATED = 0x54001004
_UNDEFINED, _IMPLICIT = 1, 2  # DCM_ROW_*
_VRS = (
    "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV"
)
_PRIVATE_VRS = frozenset(_VRS.split())


def resolve_vr(ds: Dataset, index: Index, row: int, vr: str) -> str:
    """VR of an element whose header or dictionary entry gives `vr`, one of several or UN."""
    tag = index.tag(row)
    if vr == "UN":
        return private_vr(ds, tag)
    if vr == "US or SS":
        return "SS" if pixel_representation(ds) else "US"
    if vr == "OB or OW":
        if tag == _PIXEL_DATA and index.flags(row) & _UNDEFINED:
            return "OB"  # PS3.5 §A.4
        if index.flags(row) & _IMPLICIT or tag == _PIXEL_DATA:
            return "OW"  # PS3.5 §A.1
        bits = ds.get(_WAVEFORM_BITS_ALLOCATED)  # PS3.3 C.10.9.1
        return "OB" if bits is not None and bits.value == 8 else "OW"
    if tag == _LUT_DATA:
        return "US" if _lut_has_one_entry(ds) else "OW"
    return "OW"


def pixel_representation(ds: Dataset) -> int:
    """Of the data set or the nearest one around it; 0 where there is none. PS3.3 C.7.6.3.1."""
    at: Dataset | None = ds
    while at is not None:
        element = at.get(_PIXEL_REPRESENTATION)
        if element is not None and isinstance(element.value, int):
            return element.value
        at = at._parent
    return 0


def _lut_has_one_entry(ds: Dataset) -> bool:
    descriptor = ds.get(_LUT_DESCRIPTOR)
    if descriptor is None or descriptor.VM < 1:
        return False
    return bool(descriptor.value[0] == 1 if descriptor.VM > 1 else descriptor.value == 1)


def creator_of(ds: Dataset, tag: int) -> str | None:
    """Private creator that reserves the block of a private element. PS3.5 §7.8.1."""
    block = tag >> 8 & 0xFF
    if not tag >> 16 & 1 or block < 0x10:
        return None
    creator = ds.get((tag & 0xFFFF0000) | block)
    if creator is None or not isinstance(creator.value, str):
        return None
    return str(creator.value)


def private_vr(ds: Dataset, tag: int) -> str:
    """VR of a private element by the table of known ones, "UN" if it is unknown."""
    creator = creator_of(ds, tag)
    entry = private_entry(creator.strip(), tag) if creator else None
    return entry[0] if entry is not None and entry[0] in _PRIVATE_VRS else "UN"


def items_of(ds: Dataset, index: Index, row: int) -> tuple[Index, list[int]]:
    """Index and rows of a sequence's items; scans them first where the file's scan passed them over."""
    if index.end(row) > row + 1 or index.length(row) == 0:
        return index, index.children(row)
    # a sequence that was left for later, or a private one whose VR the scan could not know
    sent_as_un = index.vr(row) == "UN"
    inner = index.items(row, sent_as_un or bool(index.flags(row) & _IMPLICIT))
    return inner, inner.children(TOP)
