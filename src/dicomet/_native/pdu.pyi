"""Protocol data units and command sets to bytes and back. PS3.8 §9.3; PS3.7 §6.3."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import Buffer

def items(body: Buffer) -> list[tuple[int, int, int, int]]:
    """Where the items of an A-ASSOCIATE-RQ or -AC stand.

    Parameters
    ----------
    body : buffer
        What stands behind the PDU's header of six bytes.

    Returns
    -------
    list of (type, depth, offset, length)
        In their order; of depth 1 are sub-items of the presentation context or user information before them. Offsets of
        contents count from the start of the body.

    Raises
    ------
    ProtocolError
        The body is too short, or an item reaches beyond what it stands in.
    """

def decode_command(encoded: Buffer) -> dict[Any, Any]:
    """A command set as a dict from keywords to values. PS3.7 Annex E.

    Numbers are `int`, UIDs and text `str` without padding, lists of tags ``list[int]``. Elements that Table E.1-1
    does not have stand under their element number as `bytes`, and so do values that are not as long as they must be,
    under their keyword. The group length is left out.

    Raises
    ------
    ProtocolError
        An element is cut off, or not of group 0000.
    """

def encode_command(command: Mapping[Any, Any]) -> bytes:
    """The command set of such a dict, with its group length, in order of tags. Values of None are left out.

    Raises
    ------
    KeyError
        No keyword of Table E.1-1.
    ValueError
        A number that 16 bits cannot hold, or a UID with characters beyond Latin-1.
    """

def message(
    context: int, command: bytes, data: Buffer | None, max_pdu_nbytes: int
) -> list[bytes | memoryview]:
    """A message as the pieces of one gathered write: P-DATA-TF PDUs of a fragment each. PS3.8 §9.3.5, Annex E.

    Parameters
    ----------
    context : int
        ID of the presentation context.
    command : bytes
    data : buffer or None
        Borrowed: pieces of long ones are views of it.
    max_pdu_nbytes : int
        Of a PDU behind its header; 0: any length. Less than 16 is taken as 16.
    """

def fragments(
    context: int, data: Buffer, is_last: bool, max_pdu_nbytes: int
) -> list[bytes | memoryview]:
    """A stretch of a data set as pieces, as `message` makes them. `is_last`: the data set ends with it."""
