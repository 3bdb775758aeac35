"""What is wrong with a file-set: the directory, its File IDs, its keys, the files. PS3.10 §8, PS3.3 Annex F, PS3.11."""

from __future__ import annotations

from dicomet.errors import DicomError
from dicomet.findings import Finding
from dicomet.media.fileid import FileIDError, problem_of, text_of
from dicomet.media.headers import read_headers
from dicomet.media.keys import KEYS
from dicomet.media.profiles import EXPLICIT, profile_of
from dicomet.media.record import FILE_ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet.filedataset import FileDataset
    from dicomet.media.fileset import FileSet
    from dicomet.media.instance import Instance
    from dicomet.media.profiles import Profile
    from dicomet.media.record import Record

_IDENTITY = (
    ("SOPClassUID", "MediaStorageSOPClassUID", 0x00041510),
    ("SOPInstanceUID", "MediaStorageSOPInstanceUID", 0x00041511),
)


def check(file_set: FileSet, profile: str | None = None) -> list[Finding]:
    """Compare a file-set with the standard, and the directory with the files that it lists.

    Parameters
    ----------
    file_set : FileSet
    profile : str, optional
        An application profile that it should keep; see `dicomet.media.profiles.PROFILES`.

    Returns
    -------
    list of Finding
        By the offset of the record concerned. Codes beside those of the scanner and of reading (see
        `dicomet.media.directory`): ``file_missing``, ``file_unreadable``, ``file_differs``, ``file_twice``,
        ``instance_twice``, ``key_missing``, ``key_empty``, ``file_form``, ``directory_syntax``, ``file_set_id``,
        ``descriptor``, ``profile_syntax``.
    """
    return _Check(file_set, None if profile is None else profile_of(profile)).run()


class _Check:
    def __init__(self, file_set: FileSet, profile: Profile | None) -> None:
        self.file_set = file_set
        self.profile = profile
        self.keys = KEYS if profile is None else profile.keys
        self.found: list[Finding] = list(file_set.findings)

    def run(self) -> list[Finding]:
        self._directory()
        for root in self.file_set.records:
            for record in root.walk():
                self._record(record)
        self._uniqueness()
        self._files()
        return sorted(set(self.found))

    def note(self, record: Record | None, tag: int, code: str, text: str, clause: str) -> None:
        self.found.append(Finding((record.offset if record is not None else 0, tag, code, text, clause)))

    def _directory(self) -> None:
        """What stands beside the records. PS3.10 §8.6, PS3.3 §F.3.2.1."""
        ds = self.file_set.dataset
        if self.file_set._dicomdir is not None and not (ds._index.has_preamble and ds._index.nmeta):
            text = "the DICOMDIR has no preamble or no File Meta Information"
            self.note(None, 0, "file_form", text, "PS3.10 §7.1")
        syntax = ds.file_meta.get("TransferSyntaxUID", EXPLICIT)
        if syntax != EXPLICIT:
            text = f"a DICOMDIR is in Explicit VR Little Endian, not in {syntax}"
            self.note(None, 0x00020010, "directory_syntax", text, "PS3.10 §8.6")
        name = str(ds.get("FileSetID") or "")
        if len(name) > 16 or (name and not name.replace("_", "").replace(" ", "").isalnum()) or name != name.upper():
            self.note(None, 0x00041130, "file_set_id", f"{name!r} is no value of VR CS", "PS3.3 §F.3.2.1")
        descriptor = ds.get("FileSetDescriptorFileID")
        if descriptor and self.file_set._resolver is not None:
            file_id = (descriptor,) if isinstance(descriptor, str) else tuple(str(one) for one in descriptor)
            try:
                self.file_set._resolver.path_of(file_id)
            except FileIDError as error:
                self.note(None, 0x00041141, "descriptor", f"File-set Descriptor: {error.args[0]}", "PS3.3 §F.3.2.1")

    def _record(self, record: Record) -> None:
        """The keys that a record must have. PS3.3 §F.5."""
        ds = record.dataset
        for key in self.keys.get(record.record_type, ()):
            if key.type not in ("1", "2"):
                continue
            if key.keyword not in ds:
                if key.keyword == "StudyInstanceUID" and record.file_id is not None:
                    continue  # PS3.3 Table F.5-2: the file has it
                text = f"{key.keyword} is missing in a {record.record_type} record (type {key.type})"
                self.note(record, key.tag, "key_missing", text, "PS3.3 §F.5")
            elif key.type == "1" and ds.get(key.keyword) in (None, "", []):
                text = f"{key.keyword} has no value in a {record.record_type} record"
                self.note(record, key.tag, "key_empty", text, "PS3.3 §F.5")

    def _uniqueness(self) -> None:
        """No file and no instance twice. PS3.10 §8.5."""
        files: set[tuple[str, ...]] = set()
        uids: set[str] = set()
        for one in self.file_set:
            file_id = tuple(part.upper() for part in one.file_id or ())
            uid = str(one.get("SOPInstanceUID", ""))
            if file_id and file_id in files:
                text = f"{text_of(file_id)} is listed more than once"
                self.note(one.record, FILE_ID, "file_twice", text, "PS3.10 §8.5")
            if uid and uid in uids:
                self.note(one.record, 0x00041511, "instance_twice", f"{uid} is listed more than once", "PS3.10 §8.5")
            files.add(file_id)
            uids.add(uid)

    # -- files -------------------------------------------------------------------------------------

    def _files(self) -> None:
        there: list[tuple[Instance, str]] = []
        for one in self.file_set:
            if one.record.record_type == "HL7 STRUC DOC":
                continue  # no DICOM file
            try:
                path = one.path
            except FileIDError as error:
                self.note(one.record, FILE_ID, "file_missing", str(error.args[0]), error.clause or "PS3.10 §8.5")
                continue
            if path is not None:
                there.append((one, path))
        headers = read_headers((path for _, path in there))
        for (one, _), (_, header) in zip(there, headers, strict=True):
            name = text_of(one.file_id) if one.file_id is not None else "a new file"
            if isinstance(header, DicomError | OSError):
                self.note(one.record, FILE_ID, "file_unreadable", f"{name}: {header}", "PS3.10 §8.5")
                continue
            self._file(one, name, header)

    def _file(self, one: Instance, name: str, header: FileDataset) -> None:
        """Whether a file is what its record says, and what a medium may hold."""
        meta = header.file_meta
        if not header._index.has_preamble or not len(meta):
            text = f"{name} has no preamble or no File Meta Information"
            self.note(one.record, FILE_ID, "file_form", text, "PS3.10 §7.1")
        for keyword, in_meta, tag in _IDENTITY:
            found = header.get(keyword) or meta.get(in_meta)
            self._compare(one, name, keyword, found, tag)
        syntax = meta.get("TransferSyntaxUID")
        self._compare(one, name, "TransferSyntaxUID", syntax, 0x00041512)
        if self.profile is not None and self.profile.syntaxes and syntax not in self.profile.syntaxes:
            text = f"{name} is in {getattr(syntax, 'name', syntax)}, which {self.profile.name} does not have"
            self.note(one.record, 0x00041512, "profile_syntax", text, self.profile.clause)
        if one.file_id is not None and one.record.offset == 0 and problem_of(one.file_id):
            self.note(one.record, FILE_ID, "file_id", f"{name} {problem_of(one.file_id)}", "PS3.10 §8.2")

    def _compare(self, one: Instance, name: str, keyword: str, found: object, tag: int) -> None:
        listed = one.get(keyword)
        if found is not None and listed != found:
            text = f"{keyword} of {name} is {found}, the directory says {listed}"
            self.note(one.record, tag, "file_differs", text, "PS3.3 §F.3.2.2")
