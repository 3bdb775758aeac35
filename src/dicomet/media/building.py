"""From the header of an instance to its directory records. PS3.3 §F.4, §F.5.

The keys are copied as bytes, together with the Specific Character Set that they are in. Those of a patient, a study
and a series are taken from the first instance of it.
"""

from __future__ import annotations

import time

from dicomet._native.index import META, TOP
from dicomet.charset import character_set
from dicomet.encode import encode_value
from dicomet.media.keys import KEYS, element_header
from dicomet.media.record import Record
from dicomet.media.records import LEVELS, PATIENT, SERIES, STUDY, RecordError, record_type_of
from dicomet.sequence import Sequence
from dicomet.syntax import IMPLICIT_LITTLE
from dicomet.writer import encode_data_set

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicomet._native.index import Index
    from dicomet.dataset import Dataset
    from dicomet.media.keys import Key, Keys

_SYNTAX, _META_CLASS, _META_INSTANCE = 0x00020010, 0x00020002, 0x00020003
_CHARACTER_SET, _SOP_CLASS, _SOP_INSTANCE = 0x00080005, 0x00080016, 0x00080018
_PATIENT_NAME, _PATIENT_ID, _STUDY, _SERIES = 0x00100010, 0x00100020, 0x0020000D, 0x0020000E
_ROWS = 0x00280010
_VERIFICATION_TIME, _VERIFICATION_FLAG, _CONTENT = 0x0040A030, 0x0040A493, 0x0040A730
_MAX_NBYTES = 0xFFFE  # of a value whose length has 16 bits

_CHARACTER_SET_HEADER = element_header(_CHARACTER_SET, "CS")
_CLASS_HEADER = element_header(0x00041510, "UI")
_INSTANCE_HEADER = element_header(0x00041511, "UI")
_SYNTAX_HEADER = element_header(0x00041512, "UI")

# What stands for a date or time of the study that a file lacks.
_INSTEAD = {
    0x00080020: (0x00080021, 0x00080022, 0x00080023),  # Study Date: of series, acquisition, content
    0x00080030: (0x00080031, 0x00080032, 0x00080033),
}
_BINARY = frozenset(("FD", "FL", "SL", "SS", "UL", "US"))


class Builder:
    """Adds instances to the records of a directory.

    Parameters
    ----------
    roots : list of Record
        Records at the root; new ones are appended.
    keys : mapping of record type to keys
        `KEYS` or `MORE_KEYS`.
    invent : bool
        Make up Patient ID, Study ID, Study Date and Time, Series and Instance Number where a file has none.
    """

    def __init__(self, roots: list[Record], keys: Mapping[str, Keys] = KEYS, invent: bool = False) -> None:
        self.roots = roots
        self.keys = keys
        self.invent = invent
        self._known: dict[tuple[object, ...], Record] = {}  # patients, studies and series by what tells them apart
        self._learn(roots)

    def add(self, ds: Dataset, syntax: str = "") -> Record:
        """Add the record of an instance, and those above it that are not there yet.

        Parameters
        ----------
        ds : Dataset
            Its header, as it was read.
        syntax : str
            UID of its transfer syntax; the one of its File Meta Information unless told.

        Raises
        ------
        RecordError
            No record type takes it, or a key that must have a value has none. Nothing was added.
        """
        index = ds._index
        sop_class = _value(index, TOP, _SOP_CLASS) or _value(index, META, _META_CLASS)
        instance = instance_uid_of(ds)
        if not sop_class or not instance:
            raise RecordError("no SOP Class or SOP Instance UID", tag=_SOP_INSTANCE, clause="PS3.3 §C.12.1")
        record_type = record_type_of(sop_class, index.find(TOP, _ROWS) != TOP)
        at_root = LEVELS[record_type] == PATIENT
        made: list[tuple[list[Record], Record]] = []  # taken back if a key of the instance is missing
        try:
            above = None if at_root else self._series(ds, made)
            siblings = self.roots if above is None else above.children
            keys = self._encoded(ds, record_type, siblings)
        except RecordError:
            self._take_back(made)
            raise
        record = Record(record_type, above)
        record._keys = b"".join(
            (
                _CLASS_HEADER, _uid(sop_class), _INSTANCE_HEADER, _uid(instance),
                _SYNTAX_HEADER, _uid(syntax or _value(index, META, _SYNTAX) or IMPLICIT_LITTLE), keys,
            )
        )  # fmt: skip
        siblings.append(record)
        return record

    # -- above the instance ------------------------------------------------------------------------

    def _learn(self, roots: Iterable[Record]) -> None:
        """Find the patients, studies and series that are there already."""
        for patient in roots:
            if patient.record_type != "PATIENT":
                continue
            ds = patient.dataset
            name = ds.get("PatientID") or ds.get("PatientName")
            if name:
                self._known.setdefault((None, str(name)), patient)
            for study in patient.children:
                if study.record_type != "STUDY":
                    continue
                self._known.setdefault((patient, str(study.dataset.get("StudyInstanceUID", ""))), study)
                for series in study.children:
                    if series.record_type == "SERIES":
                        self._known.setdefault((study, str(series.dataset.get("SeriesInstanceUID", ""))), series)

    def _series(self, ds: Dataset, made: list[tuple[list[Record], Record]]) -> Record:
        """The series of an instance; made, with its study and patient, if it is new."""
        index = ds._index
        study_uid, series_uid = _value(index, TOP, _STUDY), _value(index, TOP, _SERIES)
        name = index.read(TOP, _PATIENT_ID)[1]
        if name.__class__ is not str or not name:
            name = str(ds.get("PatientID") or ds.get("PatientName") or study_uid)
        above: Record | None = None
        for level, key in ((PATIENT, name), (STUDY, study_uid), (SERIES, series_uid)):
            found = self._known.get((above, key))
            if found is None:
                record_type = ("PATIENT", "STUDY", "SERIES")[level]
                siblings = self.roots if above is None else above.children
                found = Record(record_type, above)
                found._keys = self._encoded(ds, record_type, siblings)
                siblings.append(found)
                made.append((siblings, found))
                self._known[above, key] = found
            above = found
        assert above is not None
        return above

    def _take_back(self, made: list[tuple[list[Record], Record]]) -> None:
        for siblings, record in made:
            siblings.remove(record)
            self._known = {key: known for key, known in self._known.items() if known is not record}

    # -- keys --------------------------------------------------------------------------------------

    def _encoded(self, ds: Dataset, record_type: str, siblings: list[Record]) -> bytes:
        """The keys of a record, in explicit VR little endian."""
        index = ds._index
        parts: list[bytes] = []
        has_text = False
        for key in self.keys[record_type]:
            if key.is_sequence:
                value = _sequence(ds, key)
            else:
                value = _bytes(index, key)
                if key.tag == _VERIFICATION_TIME and _value(index, TOP, _VERIFICATION_FLAG) != "VERIFIED":
                    continue  # PS3.3 Table F.5-25
                if not value and key.type[0] == "1":
                    value = _instead(ds, key)
                    if not value and key.is_required and self.invent:
                        value = self._invented(key, siblings)
            if value:
                has_text = has_text or key.is_text
            elif key.is_required:
                raise RecordError(
                    f"{key.keyword} has no value, which a {record_type} record must have", tag=key.tag,
                    clause="PS3.3 §F.5",
                )  # fmt: skip
            elif key.type == "1C" or key.type == "2C":
                continue
            parts.append(value if key.is_sequence and value else _element(key, value))
        if has_text:
            terms = _raw(index, _CHARACTER_SET)
            if terms:
                parts.insert(0, _CHARACTER_SET_HEADER + len(terms).to_bytes(2, "little") + terms)
        return b"".join(parts)

    def _invented(self, key: Key, siblings: list[Record]) -> bytes:
        """A value for a key that the file does not have; b"" if none may be made up."""
        number = len(siblings) + 1
        if key.keyword in ("SeriesNumber", "InstanceNumber"):
            return _even(str(number).encode())
        if key.keyword == "StudyID":
            return f"STUDY{number:07d}".encode()
        if key.keyword == "PatientID":
            while (None, f"PATIENT{number:07d}") in self._known:
                number += 1
            return f"PATIENT{number:07d}".encode()
        if key.keyword in ("StudyDate", "StudyTime"):
            return time.strftime("%Y%m%d" if key.vr == "DA" else "%H%M%S").encode()
        return b""


# -- values ----------------------------------------------------------------------------------------


def instance_uid_of(ds: Dataset) -> str:
    """SOP Instance UID of a header, of its File Meta Information if need be; "" if it has none."""
    return _value(ds._index, TOP, _SOP_INSTANCE) or _value(ds._index, META, _META_INSTANCE)


def _value(index: Index, parent: int, tag: int) -> str:
    """A value of plain text; "" if it is missing or something else."""
    value = index.read(parent, tag)[1]
    if isinstance(value, bytes):  # UN
        value = value.decode("latin-1").strip(" \0")
    return value if isinstance(value, str) else ""


def _raw(index: Index, tag: int) -> bytes:
    """The value field of an element of text, even; b"" if it is missing or blank."""
    row = index.find(TOP, tag)
    if row == TOP:
        return b""
    value = bytes(index.view(row))
    return _even(value) if value.strip(b" \0") else b""


def _even(value: bytes) -> bytes:
    return value + b" " if len(value) & 1 else value


def _uid(uid: str) -> bytes:
    """Length and value of a UI element."""
    value = uid.encode("latin-1", "replace")
    if len(value) & 1:
        value += b"\0"
    if len(value) > _MAX_NBYTES:
        raise RecordError("a UID of more than 64 KiB", clause="PS3.5 §9.1")
    return len(value).to_bytes(2, "little") + value


def _bytes(index: Index, key: Key) -> bytes:
    """The value of a key, in little endian; b"" if it has none."""
    if key.vr not in _BINARY:
        return _raw(index, key.tag)
    row = index.find(TOP, key.tag)
    if row == TOP:
        return b""
    value = index.decode(row, key.vr)[1]
    return encode_value(key.vr, value, character_set(None)) if value is not None else b""


def _element(key: Key, value: bytes) -> bytes:
    if len(value) > _MAX_NBYTES:
        raise RecordError(f"{key.keyword} is longer than 64 KiB", tag=key.tag, clause="PS3.5 §7.1.2")
    if key.is_sequence:
        return key.header + b"\0\0\0\0\0\0"
    return key.header + len(value).to_bytes(2, "little") + value


def _sequence(ds: Dataset, key: Key) -> bytes:
    """A sequence as a whole element; b"" if it has no items. Of the content of a document, what its title says."""
    if ds._index.find(TOP, key.tag) == TOP:
        return b""
    part = ds[key.tag : key.tag + 1]
    items = part[key.tag].value
    if not isinstance(items, Sequence) or not len(items):
        return b""
    if key.tag == _CONTENT:  # PS3.3 §F.5.25: those that modify the Concept Name of the root
        wanted = [item for item in items if item.get("RelationshipType") == "HAS CONCEPT MOD"]
        if not wanted:
            return b""
        part[key.tag].value = wanted
    return encode_data_set(part, lengths="defined")


def _instead(ds: Dataset, key: Key) -> bytes:
    """What the file has in place of a key that does not stand at its top level; b"" if nothing."""
    for tag in _INSTEAD.get(key.tag, ()):
        value = _raw(ds._index, tag)
        if value:
            return value
    if key.tag == _VERIFICATION_TIME:  # of the last observer who verified the document
        observers = ds.get("VerifyingObserverSequence")
        items = observers if isinstance(observers, Sequence) else ()
        times = [str(item.get("VerificationDateTime") or "") for item in items]
        return _even(max(times, default="").encode("latin-1", "replace"))
    return b""
