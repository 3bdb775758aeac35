"""Received data sets to files, where nothing is out of the ordinary. PS3.4 Annex B."""

from collections.abc import Sequence
from typing import Self, final

from typing_extensions import Buffer

def file_head(sop_class: bytes, sop_instance: bytes, rest: bytes) -> bytes:
    """Preamble, prefix and File Meta Information of a file that is made of a received data set. PS3.10 §7.1.

    Parameters
    ----------
    sop_class, sop_instance : bytes
        Without padding.
    rest : bytes
        Encoded elements from (0002,0010) on.

    Raises
    ------
    ValueError
        A UID that no length field can hold.
    """

@final
class Place:
    """A folder, and how files below it are called. May be used from several threads."""

    def __new__(cls, folder: str, pieces: Sequence[str | int], *, sync: bool) -> Self:
        """The pieces of names: text, and tags of elements at top level.

        `sync`: bring a file to disk before it gets its name, and then its folder.
        """

    def store(
        self,
        data: Buffer,
        meta: bytes,
        *,
        implicit: bool,
        big_endian: bool,
        sop_class: str,
        sop_instance: str,
    ) -> str | None:
        """Write a file of a data set, in place of one that is there, without the GIL.

        Parameters
        ----------
        data : buffer
            The data set as encoded; borrowed.
        meta : bytes
            Its File Meta Information from (0002,0010) on.
        implicit, big_endian : bool
            Its encoding.
        sop_class, sop_instance : str
            What it must have.

        Returns
        -------
        str or None
            The path; None where something is unusual (another SOP class or instance, a value with other characters than
            letters, digits, ``-``, ``_`` and ``.``, findings, no room): nothing was done then.
        """
