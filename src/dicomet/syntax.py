"""How a data set is to be encoded: transfer syntaxes as the writer needs them. PS3.5 §10, Annex A."""

from __future__ import annotations

from dicomet._charsets.memo import memo
from dicomet._native.index import TOP
from dicomet.errors import WriteError
from dicomet.uids import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet._native.index import Index
    from dicomet.dataset import Dataset

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_GE_PRIVATE = "1.2.840.113619.5.2"
_PIXEL_DATA = 0x7FE00010
_FRAGMENTS = 64  # DCM_ROW_FRAGMENTS
_ENCODINGS = {
    (True, False): IMPLICIT_LITTLE,
    (False, False): EXPLICIT_LITTLE,
    (False, True): EXPLICIT_BIG,
}


@memo(maxsize=64)
def syntax_of(uid: str) -> Syntax:
    """The syntax of a UID; private ones are taken for compressed ones."""
    return Syntax(uid)


class Syntax:
    """A transfer syntax, or the encoding that stands for one.

    Attributes
    ----------
    uid : UID
    implicit, big_endian, deflated, encapsulated : bool
    """

    __slots__ = ("big_endian", "deflated", "encapsulated", "implicit", "uid")

    def __init__(self, uid: str) -> None:
        self.uid = UID(uid)
        known = self.uid.is_transfer_syntax
        self.implicit = known and self.uid.is_implicit_VR
        self.big_endian = known and not self.uid.is_little_endian
        self.deflated = known and self.uid.is_deflated
        self.encapsulated = not known or self.uid.is_encapsulated  # private ones are compressed, as a rule


def file_meta_of(ds: Dataset) -> Dataset | None:
    """File Meta Information of a data set, read or assigned; None if it has none."""
    meta: Dataset | None = getattr(ds, "file_meta", None)
    return meta


def syntax_for(
    ds: Dataset,
    transfer_syntax: str | None = None,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    *,
    as_read: bool = False,
) -> Syntax:
    """The syntax in which to write a data set.

    What is asked for goes first, then Transfer Syntax UID where it was assigned, then how the bytes that were read
    are encoded in truth, then Explicit VR Little Endian. Bytes that no syntax describes (encapsulated pixels in
    implicit VR) go to the one that the file names, unless they are to be kept `as_read`.

    Raises
    ------
    WriteError
        Implicit VR in big endian, which there is not; a UID together with `implicit_vr` or `little_endian` that says
        otherwise; or a syntax that the pixels that were read are not in.
    """
    found = _of_data_set(ds, as_read) if transfer_syntax is None else syntax_of(transfer_syntax)
    if implicit_vr is not None or little_endian is not None:
        implicit = found.implicit if implicit_vr is None else implicit_vr
        big = found.big_endian if little_endian is None else not little_endian
        if (implicit, big) != (found.implicit, found.big_endian):
            if transfer_syntax is not None or (implicit, big) not in _ENCODINGS:
                raise WriteError("no such transfer syntax", clause="PS3.5 §10")
            found = syntax_of(_ENCODINGS[implicit, big])
            transfer_syntax = found.uid
    if transfer_syntax is not None:
        _check_pixels(ds, found)
    return found


def _check_pixels(ds: Dataset, syntax: Syntax) -> None:
    """Whether Pixel Data that was read is in the form of a syntax: fragments or none. PS3.5 §8.2."""
    row = ds._index.find(TOP, _PIXEL_DATA)
    if row == TOP or ds._row != TOP or ds._is_edited(_PIXEL_DATA):
        return
    is_encapsulated = bool(ds._index.flags(row) & _FRAGMENTS)
    if is_encapsulated != syntax.encapsulated:
        form = "encapsulated" if is_encapsulated else "native"
        raise WriteError(f"{form} Pixel Data is not in the form of {syntax.uid.name}: transcode it",
                         tag=_PIXEL_DATA, clause="PS3.5 §8.2")  # fmt: skip


def _of_data_set(ds: Dataset, as_read: bool) -> Syntax:
    index = ds._index
    meta = file_meta_of(ds)
    told = meta.get("TransferSyntaxUID", None) if meta is not None else None
    if index.source is None:
        return syntax_of(str(told)) if told else syntax_of(EXPLICIT_LITTLE)
    if told and (meta is None or meta._is_edited(0x00020010) or meta._index is not index):
        return syntax_of(str(told))
    return _of_bytes(index, str(told or ""), as_read)


def _of_bytes(index: Index, told: str, as_read: bool) -> Syntax:
    """Of bytes that were read: what the file says, unless they are encoded otherwise."""
    native = _native(index, as_read)
    if not told:
        return native
    found = syntax_of(told)
    row = index.find(TOP, _PIXEL_DATA)
    if row != TOP and found.encapsulated and not as_read:
        return found if index.flags(row) & _FRAGMENTS else native
    return found if (found.implicit, found.big_endian) == (index.implicit, index.big_endian) else native


def _native(index: Index, as_read: bool) -> Syntax:
    """The native syntax in which the bytes are; for implicit VR in big endian, which has no UID, one that has."""
    uid = _ENCODINGS.get((index.implicit, index.big_endian))
    if uid is not None or not as_read:
        return syntax_of(uid or EXPLICIT_LITTLE)
    syntax = Syntax(IMPLICIT_LITTLE)
    syntax.big_endian = True
    return syntax
