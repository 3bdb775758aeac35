"""Received data sets to files, where nothing is out of the ordinary. PS3.4 Annex B."""

from collections.abc import Sequence
from typing import Self, final

from typing_extensions import Buffer

@final
class Storing:
    """A folder, and how files below it are called. May be used from several threads."""

    def __new__(cls, folder: str, pieces: Sequence[str | int]) -> Self:
        """The pieces of names: text, and tags of elements at top level."""

    def store(
        self,
        data: Buffer,
        head: bytes,
        *,
        implicit: bool,
        big_endian: bool,
        sop_class: str,
        sop_instance: str,
        sync: bool,
    ) -> str | None:
        """Write a file of a head and a data set, in place of one that is there, without the GIL.

        Parameters
        ----------
        data : buffer
            The data set as encoded; borrowed.
        head : bytes
            Preamble to File Meta Information.
        implicit, big_endian : bool
            Its encoding.
        sop_class, sop_instance : str
            What it must have.
        sync : bool
            Bring the file to disk before it gets its name.

        Returns
        -------
        str or None
            The path; None where something is unusual (another SOP class or instance, a value with other characters than
            letters, digits, ``-``, ``_`` and ``.``, findings, no room): nothing was done then.
        """
