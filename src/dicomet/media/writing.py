"""A file-set onto a medium: files in, the new directory in place of the old one, removed files out. PS3.10 §8.

In this order, so that the directory that is there lists files that are there, whenever it is interrupted. What a
failed attempt brought in is taken away again.
"""

from __future__ import annotations

import os

from dicomet.media.copying import bring_in
from dicomet.media.emitting import plan_directory
from dicomet.media.fileid import FileIDError, problem_of
from dicomet.media.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomet.dataset import Dataset
    from dicomet.media.fileid import FileID, Resolver
    from dicomet.media.instance import Instance
    from dicomet.media.record import Record


class Writing:
    """One file-set while it is written to one folder.

    Parameters
    ----------
    top : Dataset
        What the directory holds beside its records.
    roots : list of Record
    instances : dict of Record to Instance
    resolver : Resolver
        Of the folder.
    origin : Resolver or None
        Of the folder where the file-set was read or written last.
    is_here : bool
        Whether the file-set is in this folder already.
    """

    def __init__(
        self,
        top: Dataset,
        roots: list[Record],
        instances: dict[Record, Instance],
        resolver: Resolver,
        origin: Resolver | None,
        is_here: bool,
    ) -> None:
        self._top = top
        self._roots = roots
        self._instances = instances
        self._resolver = resolver
        self._origin = origin
        self._is_here = is_here

    def run(self, dicomdir: str, sync: bool) -> None:
        """Bring in the files and write the directory; records get the File IDs of their files, and offsets.

        Raises
        ------
        FileIDError, OSError, WriteError
            Nothing has changed then.
        """
        before = {record: record.file_id for record in self._instances}
        brought: list[str] = []
        try:
            for record, file_id, source in self._named():
                record.file_id = file_id
                if source is not None:
                    target = self._target(file_id)
                    bring_in(source, target, sync)
                    brought.append(target)
            brought += self._bring_descriptor(sync)
            plan, offsets = plan_directory(self._top, self._roots)
        except BaseException:
            _undo(before, brought)
            raise
        try:
            plan.replace(dicomdir, sync)
        except Exception:  # no interruption: that may come when the directory is there already
            _undo(before, brought)
            raise
        for record, offset in offsets.items():
            record.offset = offset

    def _named(self) -> list[tuple[Record, FileID, str | Dataset | None]]:
        """Each instance with its File ID here, and what is to be copied there if it is not there yet."""
        named: dict[Record, tuple[FileID, str | Dataset | None]] = {}
        coming: dict[Record, str | Dataset] = {}
        copied: set[FileID] = set()
        used = {one.file_id for one in self._instances.values() if one.file_id is not None}
        for record, one in self._instances.items():
            file_id = one.file_id
            if file_id is not None and self._is_here and not one.is_added:
                named[record] = file_id, None
                continue
            source = one._source if one._source is not None else one.path
            assert source is not None  # else it would have no File ID, and be no instance
            there = self._resolver.file_id_of(source) if isinstance(source, str) else None
            if there is not None and there not in used:
                used.add(there)
                named[record] = there, None
            elif file_id is not None and file_id in copied:
                named[record] = file_id, None  # two records, one file
            elif file_id is not None and self._is_free(file_id):
                copied.add(file_id)
                named[record] = file_id, source
            else:
                coming[record] = source
        if coming:
            names = Names(self._resolver, used)
            kept = {record: file_id for record, (file_id, _) in named.items()}
            for record in (record for root in self._roots for record in root.walk() if record in coming):
                kept[record] = names.name(record, kept)
                named[record] = kept[record], coming[record]
        return [(record, *named[record]) for root in self._roots for record in root.walk() if record in named]

    def _bring_descriptor(self, sync: bool) -> list[str]:
        """Take along the text about the file-set, if it is there. PS3.3 §F.3.2.1. Returns the new file."""
        descriptor = self._top.get("FileSetDescriptorFileID")
        if not descriptor or self._is_here or self._origin is None:
            return []
        file_id = (descriptor,) if isinstance(descriptor, str) else tuple(str(one) for one in descriptor)
        try:
            source = self._origin.path_of(file_id)
        except FileIDError:
            return []
        if not self._is_free(file_id):
            return []
        target = self._target(file_id)
        bring_in(source, target, sync)
        return [target]

    def _is_free(self, file_id: FileID) -> bool:
        """Whether a file of another file-set can have the same File ID here."""
        return not problem_of(file_id) and file_id[-1] not in self._resolver.names_in(file_id[:-1])

    def _target(self, file_id: FileID) -> str:
        """Where a new file goes: into the folder that is there, in whatever case, or into one that will be."""
        above = file_id[:-1]
        while (folder := self._resolver.folder_of(above)) is None:
            above = above[:-1]
        return os.path.join(folder, *file_id[len(above) :])

    def delete(self, removed: Iterable[FileID]) -> None:
        """Delete files that no record names any more, and folders that are empty then."""
        still = {one.file_id for one in self._instances.values()}
        for file_id in dict.fromkeys(removed):
            if file_id in still:
                continue
            try:
                path = self._resolver.path_of(file_id)
                os.unlink(path)
                for _ in file_id[1:]:
                    path = os.path.dirname(path)
                    os.rmdir(path)
            except (FileIDError, OSError):
                continue  # it is gone, or its folder holds more


def _undo(before: dict[Record, FileID | None], brought: list[str]) -> None:
    """Take away what came in, and give back the File IDs."""
    for target in brought:
        os.unlink(target)
    for record, old in before.items():
        record.file_id = old
