"""dcmwrite: a data set to a path, a stream or bytes. PS3.10 §7.

A file is written to a temporary one beside it, brought to disk and renamed: whoever opens the path sees the old file
or the new one, whole. So a data set may be saved onto the file that it was read from.
"""

from __future__ import annotations

import os

from dicomet._native.plan import DEFINED, KEEP, UNDEFINED, Plan
from dicomet.errors import WriteError
from dicomet.planning import put_data_set, put_file_meta
from dicomet.syntax import EXPLICIT_LITTLE, Syntax, file_meta_of, syntax_for, syntax_of
from dicomet.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal, TypeAlias

    from dicomet.dataset import Dataset
    from dicomet.planning import Check
    from dicomet.writecheck import Validation

    Lengths: TypeAlias = Literal["keep", "defined", "undefined"]

_LENGTHS = {"keep": KEEP, "defined": DEFINED, "undefined": UNDEFINED}
_PIECE_NBYTES = 1 << 20
_PREAMBLE_NBYTES = 128


def dcmwrite(
    target: Any,
    ds: Dataset,
    *,
    transfer_syntax: str | None = None,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    enforce_file_format: bool = True,
    overwrite: bool = True,
    lengths: Lengths = "keep",
    validate: Validation = None,
    sync: bool = True,
) -> None:
    """Write a data set. What was not edited is copied byte by byte, as long as the encoding stays.

    Parameters
    ----------
    target : path or binary file object
        A path is replaced as a whole or not at all. Links are followed. Pipes and devices are written to.
    ds : Dataset
        Read or made.
    transfer_syntax : str, optional
        UID of the syntax to write. Without it: the one assigned to ``ds.file_meta``, else the one that the data set
        was read in, else Explicit VR Little Endian. Pixels are not decoded or encoded: `transcode` does that.
    implicit_vr, little_endian : bool, optional
        Other encodings of native data sets, as pydicom has them.
    enforce_file_format : bool
        Write a Part 10 file: preamble, prefix, and File Meta Information made anew around what was there. If False,
        what stood in front of the data set is kept as it is, be it nothing.
    overwrite : bool
        If False, `FileExistsError` where there is a file already.
    lengths : {"keep", "defined", "undefined"}
        Of sequences and items. Made ones have defined lengths, unless "undefined" is asked for.
    validate : {"strict", "warn"}, optional
        Hold the values that are encoded anew against their VR: raise `WriteError`, or warn.
    sync : bool
        Wait until the bytes are on disk before the file gets its name.

    Raises
    ------
    WriteError
        A value that its VR cannot hold, no SOP Class or Instance UID for the meta group, or pixels that are not in the
        form of the syntax.
    OSError
        The system refuses; what was there before is as it was.
    """
    syntax = syntax_for(ds, transfer_syntax, implicit_vr, little_endian, as_read=not enforce_file_format)
    if lengths not in _LENGTHS:
        raise ValueError(f"lengths {lengths!r} is none of 'keep', 'defined', 'undefined'")
    check = None
    if validate is not None:
        from dicomet.writecheck import ValueCheck

        check = ValueCheck(validate)
    plan = plan_file(ds, syntax, enforce_file_format, lengths, check)
    if hasattr(target, "write"):
        for piece in pieces_of(plan):
            target.write(piece)
        return
    path = os.fspath(target)
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(17, "File exists", path)
    _write_path(plan, path, sync)


def plan_file(
    ds: Dataset,
    syntax: Syntax,
    enforce_file_format: bool = True,
    lengths: Lengths = "keep",
    check: Check | None = None,
) -> Plan:
    """The plan of a whole file: preamble, File Meta Information, data set."""
    plan = Plan(syntax.implicit, syntax.big_endian, _LENGTHS[lengths])
    if enforce_file_format:
        put_file_head(plan, ds, syntax)
    else:
        _put_old_head(plan, ds)
    put_body(plan, ds, syntax, check)
    return plan


def put_body(plan: Plan, ds: Dataset, syntax: Syntax, check: Check | None = None) -> None:
    """The data set in its transfer syntax; deflated if that says so. PS3.5 §A.5"""
    if not syntax.deflated:
        put_data_set(plan, ds, encapsulated=syntax.encapsulated, check=check)
        return
    import zlib

    body = Plan(syntax.implicit, syntax.big_endian, plan.lengths)
    put_data_set(body, ds, encapsulated=syntax.encapsulated, check=check)
    machine = zlib.compressobj(wbits=-15)
    nbytes = 0
    for piece in (*map(machine.compress, pieces_of(body)), machine.flush()):
        plan.put(piece)
        nbytes += len(piece)
    if nbytes % 2:
        plan.put(b"\0")  # §A.5


def pieces_of(plan: Plan) -> Iterator[bytes]:
    """The bytes of a plan, a mebibyte at a time."""
    for offset in range(0, plan.nbytes, _PIECE_NBYTES):
        yield plan.read(offset, min(_PIECE_NBYTES, plan.nbytes - offset))


def _write_path(plan: Plan, path: str | bytes, sync: bool) -> None:
    real = os.path.realpath(path) if os.path.islink(path) else path
    if os.path.exists(real) and not os.path.isfile(real):
        if os.path.isdir(real):
            raise IsADirectoryError(21, "Is a directory", os.fsdecode(path))
        with open(real, "wb", buffering=0) as stream:
            plan.write(stream.fileno())
        return
    plan.replace(real, sync)


# -- what stands in front of the data set ----------------------------------------------------------


def put_file_head(plan: Plan, ds: Dataset, syntax: Syntax) -> None:
    """Preamble, prefix and File Meta Information: what there is, and what must be there. PS3.10 §7.1."""
    preamble = getattr(ds, "preamble", None)
    if preamble is not None and len(preamble) != _PREAMBLE_NBYTES:
        raise WriteError(f"the preamble has 128 bytes, not {len(preamble)}", clause="PS3.10 §7.1")
    meta = file_meta_of(ds)
    if meta is not None and meta._changed():
        _check_group(meta)
    elements: dict[int, tuple[str, Any]] = {
        0x00020001: ("OB", b"\0\x01"),
        0x00020002: ("UI", _uid_of(ds, meta, "SOPClassUID")),
        0x00020003: ("UI", _uid_of(ds, meta, "SOPInstanceUID")),
        0x00020010: ("UI", syntax.uid),
        0x00020012: ("UI", IMPLEMENTATION_CLASS_UID),
        0x00020013: ("SH", IMPLEMENTATION_VERSION_NAME),
    }
    group = Plan()
    put_file_meta(group, meta, elements)
    plan.put((preamble or bytes(_PREAMBLE_NBYTES)) + b"DICM" + _group_length(group.nbytes))
    plan.put(group.read(0, group.nbytes))


def _uid_of(ds: Dataset, meta: Dataset | None, keyword: str) -> object:
    uid = ds.get(keyword) or (meta.get(f"MediaStorage{keyword}") if meta is not None else None)
    if not uid:
        raise WriteError(f"a file needs {keyword}, or MediaStorage{keyword} in its meta group", clause="PS3.10 §7.1")
    return uid


def _check_group(meta: Dataset) -> None:
    for tag in meta.keys():  # noqa: SIM118
        if tag.group != 2:
            raise WriteError("File Meta Information holds group 0002 alone", tag=int(tag), clause="PS3.10 §7.1")


def _group_length(nbytes: int) -> bytes:
    return b"\x02\0\0\0UL\x04\0" + nbytes.to_bytes(4, "little")


def _put_old_head(plan: Plan, ds: Dataset) -> None:
    """What was read in front of the data set, with the edits of its meta group; nothing for made data sets."""
    meta = file_meta_of(ds)
    index = ds._index
    if meta is None or len(meta) == 0:
        return
    if index.source is not None and meta._index is index and not meta._changed():
        plan.copy(index.source, 0, index.body_offset)
        return
    preamble = getattr(ds, "preamble", None)
    if preamble is not None:
        plan.put(preamble + b"DICM")
    group = Plan()
    put_file_meta(group, meta, {})
    if "FileMetaInformationGroupLength" in meta:
        plan.put(_group_length(group.nbytes))
    plan.put(group.read(0, group.nbytes))


def encode_data_set(ds: Dataset, transfer_syntax: str = EXPLICIT_LITTLE, *, lengths: Lengths = "keep") -> bytes:
    """A data set alone, without anything in front, as it goes over the network.

    Parameters
    ----------
    ds : Dataset
    transfer_syntax : str
        UID.
    lengths : {"keep", "defined", "undefined"}

    Returns
    -------
    bytes
    """
    syntax = syntax_of(transfer_syntax)
    plan = Plan(syntax.implicit, syntax.big_endian, _LENGTHS[lengths])
    put_body(plan, ds, syntax)
    return plan.read(0, plan.nbytes)
