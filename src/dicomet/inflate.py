"""Inflate the body of a deflated data set, within bounds. PS3.5 §A.5."""

from __future__ import annotations

import zlib

from dicomet.errors import InvalidDicomError, LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

_RAW, _ZLIB = -15, 15
_SLICE = 1 << 16  # of the input: zlib hands back a copy of what it did not consume
_STEP = 1 << 20  # of the output
_SLACK = 32 << 20  # a good body may begin with something that packs better than the whole of it
_UNSURE = 16 << 20  # bodies that pack well come to more than this only once their end has been seen


def inflate(
    body: Buffer,
    max_nbytes: int,
    max_ratio: int,
    *,
    head: bytes = b"",
    path: str | None = None,
    offset: int | None = None,
) -> tuple[bytearray, bool]:
    """Inflate a raw deflate stream (one with a zlib header is taken too).

    Parameters
    ----------
    body : bytes-like
    max_nbytes : int
        What may come out at all.
    max_ratio : int
        How many times the size of `body` may come out, 1 MiB being always allowed. Bombs are told while
        they go off: 32 MiB more than this times what has been read end it.
    head : bytes
        What to put before the inflated bytes.

    Returns
    -------
    inflated : bytearray
        `head` and what there is, if the stream is cut short or broken.
    whole : bool
        Whether it was raw deflate that ended as it should.

    Raises
    ------
    LimitError
        More would come out.
    InvalidDicomError
        Nothing comes out.
    """
    view = memoryview(body)
    cap = min(max_nbytes, max(1 << 20, max_ratio * view.nbytes))
    for form in (_RAW, _ZLIB):
        out = bytearray(head)
        try:
            total, ended = _inflate_as(form, view, out, _UNSURE + 4 * view.nbytes, cap, max_ratio)
            if len(out) < len(head) + total:
                out = bytearray(head)
                total, ended = _inflate_as(form, view, out, cap, cap, max_ratio)
        except _TooLong:
            raise LimitError(
                f"the data set inflates to more than {cap} bytes or {max_ratio}:1",
                offset=offset,
                path=path,
                clause="PS3.5 §A.5",
            ) from None
        if ended or total:
            return out, ended and form == _RAW
    raise InvalidDicomError(
        "the body cannot be inflated", offset=offset, path=path, clause="PS3.5 §A.5"
    )


class _TooLong(Exception):
    pass


def _inflate_as(
    form: int, view: memoryview, out: bytearray, keep: int, cap: int, max_ratio: int
) -> tuple[int, bool]:
    """Append to `out`, but go on with counting alone where there are more than `keep` bytes.

    Returns how many there are, and whether the stream ended as it should.
    """
    total = 0
    machine = zlib.decompressobj(form)
    try:
        for at in range(0, view.nbytes, _SLICE):
            pending: Buffer = view[at : at + _SLICE]
            bound = min(cap, max_ratio * (at + _SLICE) + _SLACK)
            while True:
                part = machine.decompress(pending, _STEP)
                pending = machine.unconsumed_tail
                total += len(part)
                if total > bound:
                    raise _TooLong
                if total <= keep:
                    out += part
                elif out:
                    out.clear()
                if machine.eof:
                    return total, True
                if not pending and len(part) < _STEP:
                    break
    except zlib.error:
        pass
    return total, False
