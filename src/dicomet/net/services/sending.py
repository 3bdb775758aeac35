"""Sending composite objects: data sets and files, over associations that fit them. PS3.4 Annex B."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typing_extensions import Buffer

from dicomet._native.index import TOP, Index
from dicomet._native.source import Source
from dicomet.dataset import Dataset
from dicomet.errors import InvalidDicomError
from dicomet.net.client import Association
from dicomet.net.datasets import encode
from dicomet.net.dimse import Operation, Response, request
from dicomet.net.negotiation import MAX_CONTEXTS, PresentationContext
from dicomet.net.requesting import Requesting
from dicomet.reader import dcmread

MEDIUM = 0
"""Priority. PS3.7 §9.1.1.1.5."""
_AFTER_UIDS = 0x00080019
_READ_NBYTES = 1 << 20
_EXPLICIT, _IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@dataclass(slots=True)
class Item:
    """A file to be sent, as its header tells it."""

    path: str
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    offset: int
    """Where its data set begins."""
    nbytes: int = 0
    """Of the file."""


def item_of(path: str | os.PathLike[str]) -> Item:
    """Read what is needed of a header: a few kilobytes of the file.

    Raises
    ------
    DicomError, OSError
        It cannot be read, or has no SOP Class or Instance UID.
    """
    name = os.fspath(path)
    index = Index.scan(Source.open(name), stop_tag=_AFTER_UIDS)
    ds = dcmread(name, stop_before_pixels=True) if index.needs_inflate else Dataset._over(index, TOP, None)
    sop_class, sop_instance = ds.get("SOPClassUID"), ds.get("SOPInstanceUID")
    if not sop_class or not sop_instance:
        raise InvalidDicomError("no SOP Class UID or SOP Instance UID", path=name, clause="PS3.4 §B.2.1")
    syntax = index.transfer_syntax or (_IMPLICIT if index.implicit else _EXPLICIT)
    return Item(name, str(sop_class), str(sop_instance), str(syntax), index.body_offset, index.source.nbytes)


def contexts_for(items: list[Item]) -> list[tuple[str, tuple[str, ...]]]:
    """Presentation contexts for files: of each SOP class one for each syntax among them, so that it survives, and one
    for what anybody can read, which is the way out for a peer that takes no other.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for item in items:
        found.setdefault((item.sop_class, item.transfer_syntax), (item.transfer_syntax,))
    for item in items:
        found.setdefault((item.sop_class, ""), (_EXPLICIT, _IMPLICIT))
    return [(abstract, syntaxes) for (abstract, _), syntaxes in found.items()]


def batches(items: list[Item]) -> Iterator[list[Item]]:
    """Cut items into lists whose contexts fit into one association, in their order."""
    some: list[Item] = []
    kinds: set[tuple[str, str]] = set()
    for item in items:
        more = {(item.sop_class, item.transfer_syntax), (item.sop_class, "")}
        if some and len(kinds | more) > MAX_CONTEXTS:
            yield some
            some, kinds = [], set()
        some.append(item)
        kinds |= more
    if some:
        yield some


def _context(association: Requesting[Any], sop_class: str, transfer_syntax: str) -> PresentationContext:
    """The context that a data set goes over: of its own syntax, else one that it is transcoded into."""
    for syntax in (transfer_syntax, _EXPLICIT, _IMPLICIT):
        found = association.find_context(sop_class, syntax)
        if found is not None:
            return found
    return association.context_for(sop_class)


def _in_syntax(ds: Dataset, transfer_syntax: str) -> Buffer:
    """Encoded, with pixels as the syntax has them; the instance stays the same."""
    return encode(ds.transcode(transfer_syntax, new_uid=False), transfer_syntax)


def _command(association: Requesting[Any], sop_class: str, sop_instance: str, others: dict[str, Any]) -> dict[str, Any]:
    return request(
        Operation.C_STORE,
        association.next_message_id(),
        has_data=True,
        AffectedSOPClassUID=sop_class,
        AffectedSOPInstanceUID=sop_instance,
        Priority=MEDIUM,
        **others,
    )


Request = tuple[PresentationContext, dict[str, Any], Buffer]
"""A context, a command set, a data set."""


def request_of_file(association: Requesting[Any], item: Item, **others: Any) -> Request:
    """C-STORE of a file: its bytes as they are, where the peer takes their syntax. PS3.7 §9.1.1.

    Raises
    ------
    ProtocolError
        No context for the SOP class.
    DicomError
        It cannot be read, or not be transcoded.
    """
    context = _context(association, item.sop_class, item.transfer_syntax)
    if context.transfer_syntax == item.transfer_syntax:
        # reading costs less than mapping, as long as the memory is used again
        source = Source.open(item.path, whole=item.nbytes <= _READ_NBYTES)
        data: Buffer = source.view(item.offset, source.nbytes - item.offset)
        if (source.nbytes - item.offset) % 2:
            data = bytes(data) + b"\0"
    else:
        data = _in_syntax(dcmread(item.path), context.transfer_syntax)
    return context, _command(association, item.sop_class, item.sop_instance, others), data


def request_of_dataset(association: Requesting[Any], ds: Dataset, **others: Any) -> Request:
    """C-STORE of a data set, which is encoded for the context. Raises what `request_of_file` does."""
    sop_class, sop_instance = str(ds.SOPClassUID), str(ds.SOPInstanceUID)
    meta = getattr(ds, "file_meta", None)
    own = str(meta.get("TransferSyntaxUID") or "") if meta is not None else ""
    context = _context(association, sop_class, own)
    command = _command(association, sop_class, sop_instance, others)
    return context, command, _in_syntax(ds, context.transfer_syntax)


def send_file(association: Association, item: Item, **others: Any) -> Response:
    """Send a file whose header was read; `NetworkError` if the association ends. Raises what `request_of_file` does."""
    return Response(association.exchange(*request_of_file(association, item, **others)).command)
