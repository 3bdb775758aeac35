"""Inflate the body of a deflated data set, within a bound. PS3.5 §A.5."""

from __future__ import annotations

import zlib

from dicomet.errors import InvalidDicomError, LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

_RAW, _ZLIB = -15, 15
_STEP = 1 << 20


def inflate(
    body: Buffer, max_nbytes: int, *, path: str | None = None, offset: int | None = None
) -> tuple[bytes, bool]:
    """Inflate a raw deflate stream (one with a zlib header is taken too).

    Parameters
    ----------
    body : bytes-like
    max_nbytes : int
        What may come out.

    Returns
    -------
    inflated : bytes
        What there is, if the stream is cut short or broken.
    whole : bool
        Whether it was raw deflate that ended as it should.

    Raises
    ------
    LimitError
        More than `max_nbytes` would come out.
    InvalidDicomError
        Nothing comes out.
    """
    for form in (_RAW, _ZLIB):
        data, ended = _inflate_as(form, body, max_nbytes, path, offset)
        if data or ended:
            return data, ended and form == _RAW
    raise InvalidDicomError(
        "the body cannot be inflated", offset=offset, path=path, clause="PS3.5 §A.5"
    )


def _inflate_as(
    form: int, body: Buffer, max_nbytes: int, path: str | None, offset: int | None
) -> tuple[bytes, bool]:
    machine = zlib.decompressobj(form)
    parts: list[bytes] = []
    total = 0
    pending: Buffer = body
    try:
        while not machine.eof:
            part = machine.decompress(pending, _STEP)
            pending = machine.unconsumed_tail
            total += len(part)
            if total > max_nbytes:
                raise LimitError(
                    f"the data set inflates to more than {max_nbytes} bytes",
                    offset=offset,
                    path=path,
                    clause="PS3.5 §A.5",
                )
            parts.append(part)
            if not part and not pending:
                break
    except zlib.error:
        return b"".join(parts), False
    return b"".join(parts), machine.eof
