"""File-sets: a DICOMDIR and the files that it lists, as one thing. PS3.10 §8, PS3.3 Annex F.

What is added or removed is kept in mind until `FileSet.write`. That brings the new files in, under names that nothing
has; then the new directory takes the place of the old one; then the removed files are deleted. Whenever it is
interrupted, the directory that is there lists files that are there.
"""

from __future__ import annotations

import os

from dicomet._native.index import META, TOP
from dicomet.dataset import Dataset
from dicomet.errors import DicomError, InvalidDicomError
from dicomet.filedataset import FileDataset
from dicomet.media.building import Builder, instance_uid_of
from dicomet.media.directory import read_directory
from dicomet.media.emitting import MEDIA_STORAGE_DIRECTORY
from dicomet.media.fileid import DICOMDIR, FileIDError, Resolver
from dicomet.media.headers import files_below, header_of, read_headers
from dicomet.media.instance import Instance
from dicomet.media.profiles import profile_of
from dicomet.media.records import RecordError
from dicomet.media.tree import lines_of
from dicomet.media.writing import Writing
from dicomet.reader import dcmread
from dicomet.uids import UID, generate_uid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from dicomet.findings import Finding
    from dicomet.media.fileid import FileID
    from dicomet.media.record import Record

    Refused = tuple[str, DicomError | OSError]

_MAX_ID_NCHARS = 16
_SYNTAX = 0x00020010


class FileSet:
    """A file-set: its instances, to be listed, found, loaded, added, removed and written.

    Iterating gives the instances in the order of the directory, `len` their number.

    Parameters
    ----------
    path : path, optional
        A DICOMDIR or the folder of one. Without it the file-set is empty, and stands nowhere yet.
    profile : str, optional
        Application profile (PS3.11) whose keys new records get; see `dicomet.media.profiles.PROFILES`.
    invent : bool
        Make up Patient ID, Study ID, Study Date and Time, Series and Instance Number for instances that have none and
        cannot be listed without. Otherwise those are refused.

    Attributes
    ----------
    path : str or None
        Folder of the file-set.
    dataset : FileDataset
        What the directory holds beside its records.
    records : list of Record
        Records at the root.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, profile: str = "STD-GEN-CD", invent: bool = False
    ) -> None:
        self._profile = profile_of(profile)
        self._invent = invent
        self.path: str | None = None
        self.records: list[Record] = []
        self._instances: dict[Record, Instance] = {}
        self._removed: list[FileID] = []
        self._builder: Builder | None = None
        self._uids: dict[str, Record] | None = None
        self._resolver: Resolver | None = None
        self._dicomdir: FileDataset | None = None
        self._found: list[Finding] = []
        self._is_changed = path is None
        if path is not None:
            self._read(os.fspath(path))
            return
        self.dataset = FileDataset()
        meta = self.dataset.file_meta
        meta.MediaStorageSOPClassUID = UID(MEDIA_STORAGE_DIRECTORY)
        meta.MediaStorageSOPInstanceUID = generate_uid()
        self.dataset.FileSetID = ""

    def _read(self, path: str) -> None:
        if os.path.isdir(path):
            path = os.path.join(path, dicomdir_in(path))
        ds = dcmread(path, mode="read")
        if ds.file_meta.get("MediaStorageSOPClassUID", MEDIA_STORAGE_DIRECTORY) != MEDIA_STORAGE_DIRECTORY:
            raise InvalidDicomError("the file is no DICOMDIR", path=path, clause="PS3.10 §8.6")
        if "MediaStorageSOPInstanceUID" not in ds.file_meta:
            ds.file_meta.MediaStorageSOPClassUID = UID(MEDIA_STORAGE_DIRECTORY)
            ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        self._dicomdir = self.dataset = ds
        self.path = os.path.dirname(os.path.abspath(path))
        self._resolver = Resolver(self.path)
        self._name = os.path.basename(path)
        self.records, self._found = read_directory(ds)
        for root in self.records:
            for record in root.walk():
                if record.file_id is not None:
                    self._instances[record] = Instance(record, self._resolver)

    # -- as a collection ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._instances)

    def __iter__(self) -> Iterator[Instance]:
        for root in self.records:
            for record in root.walk():
                instance = self._instances.get(record)
                if instance is not None:
                    yield instance

    def __contains__(self, key: object) -> bool:
        """Whether an instance, or one of a SOP Instance UID, is in the file-set."""
        if isinstance(key, Instance):
            return self._instances.get(key.record) is key
        return isinstance(key, str) and key in self._by_uid()

    def find(self, *, load: bool = False, **criteria: Any) -> list[Instance]:
        """Instances whose keys have these values.

        Parameters
        ----------
        load : bool
            Look into the files for what the directory does not have.
        **criteria
            Values by keyword: ``find(PatientID="4711", Modality="CT")``.

        Returns
        -------
        list of Instance
            All of them, if there are no criteria.
        """
        return [one for one in self if all(_has(one, name, value, load) for name, value in criteria.items())]

    def find_values(self, keyword: str, *, load: bool = False) -> list[Any]:
        """The different values of a key, in order; `load` as for `find`."""
        values = (_value_of(one, keyword, load) for one in self)
        return list(dict.fromkeys(value for value in values if value is not None))

    # -- the directory itself ----------------------------------------------------------------------

    @property
    def ID(self) -> str:
        """File-set ID: at most 16 characters; "" if there is none. PS3.3 §F.3.2.1."""
        return self.dataset.get("FileSetID") or ""

    @ID.setter
    def ID(self, value: str) -> None:
        if len(value) > _MAX_ID_NCHARS:
            raise ValueError(f"a File-set ID has at most 16 characters: {value!r}")
        self.dataset.FileSetID = value
        self._is_changed = True

    @property
    def UID(self) -> UID:
        """SOP Instance UID of the directory, which stays the same as long as the file-set does."""
        return UID(self.dataset.file_meta.get("MediaStorageSOPInstanceUID", ""))

    @property
    def is_changed(self) -> bool:
        """Whether `write` has something to write. Changes of `Record.dataset` do not count."""
        return self._is_changed

    @property
    def findings(self) -> list[Finding]:
        """What was wrong with the DICOMDIR that was read, until it is written anew; `check` looks at files too."""
        return sorted({*self._found, *(self._dicomdir.findings if self._dicomdir is not None else ())})

    def check(self, profile: str | None = None) -> list[Finding]:
        """What is wrong with the file-set: see `dicomet.media.check.check`."""
        from dicomet.media.check import check

        return check(self, profile)

    def tree(self, *, instances: bool = False) -> str:
        """Text for people: patients, studies and series, and every instance if asked for."""
        return "\n".join(lines_of(self.records, instances))

    def __str__(self) -> str:
        return self.tree()

    def __repr__(self) -> str:
        return f"<FileSet {self.ID!r} in {self.path}, {len(self)} instances>"

    # -- adding and removing -----------------------------------------------------------------------

    def add(self, source: str | os.PathLike[str] | Dataset) -> Instance:
        """Add an instance; its file comes into the file-set with the next `write`.

        Parameters
        ----------
        source : path or Dataset
            A file that lies in the folder of the file-set already, under a name that can be a File ID, stays there.

        Raises
        ------
        RecordError
            A directory cannot list it, or lists it already; the message says why.
        InvalidDicomError, OSError
            The file cannot be read.
        """
        if isinstance(source, Dataset):
            return self._add(source, *header_of(source))
        path = os.fspath(source)
        return self._add_file(path, dcmread(path, stop_before_pixels=True), None)

    def add_files(
        self,
        paths: str | os.PathLike[str] | Iterable[str],
        *,
        in_place: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Refused]:
        """Add many files.

        Parameters
        ----------
        paths : path, or iterable of paths
            A folder with all below it, without any DICOMDIR; or files.
        in_place : str, optional
            Folder of the file-set: refuse what has no File ID there instead of copying it.
        progress : callable, optional
            Told after each file how many are done.

        Returns
        -------
        list of (str, exception)
            Files that were not added, and why; those that are not DICOM with `InvalidDicomError`.
        """
        if isinstance(paths, str | os.PathLike):
            paths = files_below(os.fspath(paths))
        resolver = None if in_place is None else Resolver(in_place)
        refused: list[Refused] = []
        for done, (path, header) in enumerate(read_headers(paths), 1):
            try:
                if isinstance(header, Exception):
                    raise header
                self._add_file(path, header, resolver)
            except (DicomError, OSError) as error:
                refused.append((path, error))
            if progress is not None:
                progress(done)
        return refused

    def _add_file(self, path: str, header: FileDataset, in_place: Resolver | None) -> Instance:
        if in_place is not None and in_place.file_id_of(path) is None:
            raise FileIDError("the name can be no File ID: such a file must be copied", clause="PS3.10 §8.2")
        if header._index.has_preamble and header._index.find(META, _SYNTAX) != TOP:
            return self._add(os.path.abspath(path), header)
        if in_place is not None:
            raise RecordError("no preamble or Transfer Syntax UID: such a file must be copied", clause="PS3.10 §7.1")
        whole = dcmread(path)  # to be written as a file of PS3.10
        return self._add(whole, *header_of(whole))

    def _add(self, source: str | Dataset, header: Dataset, syntax: str = "") -> Instance:
        if self._builder is None:
            self._builder = Builder(self.records, self._profile.keys, self._invent)
        uids = self._by_uid()
        uid = instance_uid_of(header)
        if uid in uids:
            raise RecordError(f"the instance {uid} is in the file-set already", tag=0x00080018, clause="PS3.10 §8.5")
        record = self._builder.add(header, syntax)
        instance = self._instances[record] = Instance(record, self._resolver, source)
        uids[uid] = record
        self._is_changed = True
        return instance

    def _by_uid(self) -> dict[str, Record]:
        if self._uids is None:
            self._uids = {str(one.get("SOPInstanceUID", "")): one.record for one in self._instances.values()}
            self._uids.pop("", None)
        return self._uids

    def remove(self, instances: Instance | Iterable[Instance]) -> None:
        """Take instances out, and records above that have nothing below them any more.

        The next `write` deletes their files, unless other records name them too.

        Raises
        ------
        ValueError
            An instance is not in this file-set; nothing was removed.
        """
        wanted = [instances] if isinstance(instances, Instance) else list(instances)
        if any(one not in self for one in wanted):
            raise ValueError("the instance is not in the file-set")
        for one in dict.fromkeys(wanted):
            del self._instances[one.record]
            if not one.is_added and one.file_id is not None:
                self._removed.append(one.file_id)
        going = {one.record for one in wanted if not one.record.children}
        while going:
            parents = {record.parent for record in going}
            for parent in parents:
                siblings = self.records if parent is None else parent.children
                siblings[:] = [record for record in siblings if record not in going]
            going = {one for one in parents if one is not None and not one.children and one not in self._instances}
        self._uids = None
        self._builder = None  # it knows records that may be gone
        self._is_changed = True

    # -- writing -----------------------------------------------------------------------------------

    def write(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False, sync: bool = True) -> None:
        """Write the file-set: bring in files, replace the directory, delete what was removed, in this order.

        Parameters
        ----------
        path : path, optional
            Folder; where the file-set is unless told. In another one all files are copied, and this object is that
            file-set from then on; what was here stays as it is.
        overwrite : bool
            Replace a DICOMDIR of another file-set.
        sync : bool
            Wait until each file is on disk.

        Raises
        ------
        ValueError
            It stands nowhere, and no folder is told.
        FileExistsError
            Another file-set is in the folder, and `overwrite` is false.
        FileIDError, OSError, WriteError
            A file is not there or cannot be copied. The file-set on disk is what it was.
        """
        wanted = self.path if path is None else os.fspath(path)
        if wanted is None:
            raise ValueError("a new file-set needs a folder to be written to")
        folder = os.path.abspath(wanted)
        is_here = self.path is not None and os.path.realpath(folder) == os.path.realpath(self.path)
        os.makedirs(folder, exist_ok=True)
        name = self._name if is_here else dicomdir_in(folder, DICOMDIR)
        if not is_here and not overwrite and os.path.lexists(os.path.join(folder, name)):
            raise FileExistsError(17, "There is a file-set already", os.path.join(folder, name))
        resolver = Resolver(folder)
        writing = Writing(self.dataset, self.records, self._instances, resolver, self._resolver, is_here)
        writing.run(os.path.join(folder, name), sync)
        if is_here:
            writing.delete(self._removed)
        resolver.forget()
        self.path, self._name, self._resolver = folder, name, resolver
        for instance in self._instances.values():
            instance._resolver, instance._source = resolver, None
        self._removed = []
        self._dicomdir = None
        self._found = []
        self._is_changed = False

    def copy(self, path: str | os.PathLike[str], *, overwrite: bool = False, sync: bool = True) -> FileSet:
        """Write the file-set as it is now to another folder, and read it from there. This one stays as it is.

        Raises
        ------
        ValueError, FileExistsError, FileIDError, OSError, WriteError
            As for `write`; it cannot be copied onto itself.
        """
        if self.path is not None and os.path.realpath(path) == os.path.realpath(self.path):
            raise ValueError("a file-set cannot be copied onto itself")
        other = FileSet.__new__(FileSet)
        other.__dict__.update(self.__dict__)
        other.path = None
        before = [(one, one._resolver, one._source, one.record.file_id) for one in self._instances.values()]
        offsets = [(record, record.offset) for root in self.records for record in root.walk()]
        try:
            other.write(path, overwrite=overwrite, sync=sync)
        finally:
            for one, resolver, source, file_id in before:
                one._resolver, one._source, one.record.file_id = resolver, source, file_id
            for record, offset in offsets:
                record.offset = offset
        return FileSet(path)

    @classmethod
    def create(
        cls,
        source: str | os.PathLike[str],
        output: str | os.PathLike[str] | None = None,
        *,
        file_set_id: str = "",
        profile: str = "STD-GEN-CD",
        invent: bool = False,
        overwrite: bool = False,
        sync: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[FileSet, list[Refused]]:
        """Make a file-set of a folder.

        Parameters
        ----------
        source : path
            Folder with DICOM files.
        output : path, optional
            Where to copy them, under names of their own. Without it the DICOMDIR is put into `source`, and files
            whose names can be no File ID are refused.
        file_set_id, profile, invent, overwrite, sync, progress
            As for the class, `write` and `add_files`.

        Returns
        -------
        (FileSet, list of (str, exception))
            The file-set, and the files that are not in it.
        """
        made = cls(profile=profile, invent=invent)
        made.ID = file_set_id
        folder = os.fspath(source)
        in_place = folder if output is None else None
        refused = made.add_files(folder, in_place=in_place, progress=progress)
        made.write(folder if output is None else output, overwrite=overwrite, sync=sync)
        return made, refused


def dicomdir_in(folder: str, default: str | None = None) -> str:
    """Name of the DICOMDIR in a folder, in whatever case.

    Raises
    ------
    FileNotFoundError
        There is none, and no default is given.
    """
    names = [name for name in os.listdir(folder) if name.upper().partition(";")[0].rstrip(".") == DICOMDIR]
    if DICOMDIR in names:
        return DICOMDIR
    if names:
        return min(names)
    if default is None:
        raise FileNotFoundError(2, "No DICOMDIR in this folder", folder)
    return default


def _value_of(instance: Instance, keyword: str, load: bool) -> Any:
    if keyword in instance:
        return instance.get(keyword)
    return instance.load().get(keyword) if load else None


def _has(instance: Instance, keyword: str, value: Any, load: bool) -> bool:
    found = _value_of(instance, keyword, load)
    return bool(found == value or (found is not None and str(found) == str(value)))
