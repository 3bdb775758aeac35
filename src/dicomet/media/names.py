"""File IDs for files that come into a file-set: ``PT000001\\ST000001\\SE000001\\IM000001``. PS3.10 §8.2."""

from __future__ import annotations

from dicomet.errors import WriteError
from dicomet.media.fileid import MAX_COMPONENTS, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomet.media.fileid import FileID, Resolver
    from dicomet.media.record import Record

_FOLDERS = {"PATIENT": "PT", "STUDY": "ST", "SERIES": "SE"}
_NDIGITS = 6


class Names:
    """Gives out names that neither a file on the medium nor a record has.

    Parameters
    ----------
    resolver : Resolver
        Of the medium.
    used : iterable of File ID
        What is taken although it may not be on the medium yet.
    """

    def __init__(self, resolver: Resolver, used: Iterable[FileID]) -> None:
        self._resolver = resolver
        self._taken: dict[FileID, set[str]] = {}
        self._next: dict[tuple[FileID, str], int] = {}
        self._folders: dict[Record, FileID] = {}
        self._used: dict[FileID, set[str]] = {}
        for file_id in used:
            for i, component in enumerate(file_id):
                self._used.setdefault(file_id[:i], set()).add(component.upper())

    def name(self, record: Record, kept: dict[Record, FileID]) -> FileID:
        """A File ID for the file of a record: in the folder of its siblings, or in a new one.

        Parameters
        ----------
        record : Record
        kept : dict of Record to File ID
            The files that stay where they are.
        """
        folder = () if record.parent is None else self._folder(record.parent, kept)
        return (*folder, self._fresh(folder, record.record_type.replace(" ", "")[:2]))

    def _folder(self, record: Record, kept: dict[Record, FileID]) -> FileID:
        found = self._folders.get(record)
        if found is None:
            found = self._folder_of_files(record, kept)
            if found is None:
                above = () if record.parent is None else self._folder(record.parent, kept)
                prefix = _FOLDERS.get(record.record_type, "XX")
                found = above if len(above) > MAX_COMPONENTS - 2 else (*above, self._fresh(above, prefix))
            self._folders[record] = found
        return found

    @staticmethod
    def _folder_of_files(record: Record, kept: dict[Record, FileID]) -> FileID | None:
        """The folder that belongs to a record by where its first file lies; None if that tells nothing."""
        depth, first = 0, record
        while first.children:
            depth, first = depth + 1, first.children[0]
        file_id = kept.get(first, ())
        folder = file_id[:-depth] if depth else ()
        return folder if folder and not problem_of(folder) else None

    def _fresh(self, folder: FileID, prefix: str) -> str:
        taken = self._taken.get(folder)
        if taken is None:
            taken = self._taken[folder] = self._resolver.names_in(folder) | self._used.get(folder, set())
        number = self._next.get((folder, prefix), 0)
        while True:
            name = f"{prefix}{number:0{_NDIGITS}d}"
            number += 1
            if name not in taken:
                break
        if number > 10**_NDIGITS:
            raise WriteError(f"no File ID is left in {'/'.join(folder) or 'the root'}", clause="PS3.10 §8.2")
        self._next[folder, prefix] = number
        taken.add(name)
        return name
