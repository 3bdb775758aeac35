"""Offline media: file-sets with their DICOMDIR. PS3.10 §8, PS3.11, PS3.3 Annex F."""

from dicomet.media.fileid import FileIDError
from dicomet.media.fileset import FileSet
from dicomet.media.instance import Instance
from dicomet.media.profiles import PROFILES, Profile, ProfileError
from dicomet.media.record import Record
from dicomet.media.records import RecordError

__all__ = ["PROFILES", "FileIDError", "FileSet", "Instance", "Profile", "ProfileError", "Record", "RecordError"]
