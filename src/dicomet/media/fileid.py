"""File IDs: their rules, and the file that one stands for, which always lies in the file-set. PS3.10 §8.2, §8.5.

A File ID is up to eight components of up to eight characters: folders, then the file. On disk the names may be met
in lower case, with a version (``;1``), a dot or an extension behind them: they are found all the same.
"""

from __future__ import annotations

import os
import re
import stat

from dicomet.errors import DicomError

MAX_COMPONENTS = 8
MAX_NCHARS = 8
DICOMDIR = "DICOMDIR"

FileID = tuple[str, ...]

_MAX_DEPTH = 32  # folders that are followed, where a directory has more components than it may
_COMPONENT = re.compile(r"[A-Z0-9_]{1,8}", re.ASCII)
_WHOLE = re.compile(r"[A-Z0-9_]{1,8}(?:\\[A-Z0-9_]{1,8}){0,7}", re.ASCII)
_SUFFIX = re.compile(r"(\.[^.]*)?(;[0-9]*)?$", re.DOTALL)
_SEPARATORS = re.compile(r"[/\\\0]")


class FileIDError(DicomError, ValueError):
    """A File ID that stands for no file of the file-set: malformed, not there, or leading out of it."""


def problem_of(file_id: FileID) -> str:
    """What is wrong with a File ID, in a few words; "" if nothing is. PS3.10 §8.2."""
    if _WHOLE.fullmatch("\\".join(file_id)):
        return ""
    if not file_id:
        return "is empty"
    if len(file_id) > MAX_COMPONENTS:
        return f"has {len(file_id)} components, more than 8"
    for component in file_id:
        if not _COMPONENT.fullmatch(component):
            if len(component) > MAX_NCHARS:
                return f"has a component of {len(component)} characters, more than 8"
            if component:
                return "has a character other than A to Z, 0 to 9 and _"
    return "has an empty component"


def text_of(file_id: FileID) -> str:
    """The components with backslashes between them, as they stand in a directory."""
    return "\\".join(file_id)


class Resolver:
    """From File IDs to paths below one root. Folders are listed once; `forget` lists them anew.

    Parameters
    ----------
    root : str
        The folder of the file-set.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._real_root = os.path.realpath(root)
        self._above: dict[str, FileID | None] = {}
        self._folders: dict[FileID, tuple[str, dict[str, list[str]]] | None] = {}

    def forget(self) -> None:
        """Look at the folders again from now on."""
        self._folders.clear()
        self._above.clear()

    def path_of(self, file_id: FileID) -> str:
        """Path of the file that a File ID stands for.

        Returns
        -------
        str
            Below `root`; links have been followed to make sure that they stay there.

        Raises
        ------
        FileIDError
            There is no such file, a component is no name of a file (``..``, separators), or a link leads out.
        """
        if not 0 < len(file_id) <= _MAX_DEPTH or any(map(_leads_out, file_id)):
            raise FileIDError(f"{text_of(file_id)!r} is no File ID", clause="PS3.10 §8.2")
        if len(file_id) == 1 and _bare(file_id[0]) == DICOMDIR:
            raise FileIDError("the File ID of a record is that of the directory", clause="PS3.10 §8.6")
        folder = self._folder(file_id[:-1])
        name = _found(folder[1], file_id[-1]) if folder is not None else None
        if folder is None or name is None:
            raise FileIDError(f"no file {text_of(file_id)} in the file-set", path=self.root, clause="PS3.10 §8.5")
        path = os.path.join(folder[0], name)
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                self._check_inside(os.path.realpath(path), file_id)
                mode = os.stat(path).st_mode
        except OSError as error:
            raise FileIDError(f"{text_of(file_id)}: {error.strerror}", path=self.root) from None
        if not stat.S_ISREG(mode):
            raise FileIDError(f"{text_of(file_id)} is no file", path=self.root, clause="PS3.10 §8.5")
        return path

    def file_id_of(self, path: str) -> FileID | None:
        """File ID of a file by any path to it; None if its name cannot be one, or if it lies elsewhere."""
        folder, name = os.path.split(path)
        if folder not in self._above:
            self._above[folder] = self._folders_to(os.path.realpath(folder))
        above = self._above[folder]
        if above is None:
            return None
        file_id = (*above, name)
        if problem_of(file_id) or file_id == (DICOMDIR,) or os.path.islink(path):
            return None
        return file_id

    def _folders_to(self, real: str) -> FileID | None:
        """Components from the root to a folder, None if it lies elsewhere."""
        if real == self._real_root:
            return ()
        prefix = os.path.join(self._real_root, "")
        return tuple(real[len(prefix) :].split(os.sep)) if real.startswith(prefix) else None

    def folder_of(self, folder: FileID) -> str | None:
        """Path of a folder of the file-set, None if there is none. FileIDError if a link leads out."""
        found = self._folder(folder)
        return None if found is None else found[0]

    def names_in(self, folder: FileID) -> set[str]:
        """Names in a folder, upper case and without extensions; none if it is not there. FileIDError as above."""
        found = self._folder(folder)
        return set() if found is None else set(found[1])

    def _folder(self, components: FileID) -> tuple[str, dict[str, list[str]]] | None:
        """Path of a folder and its entries by their names in upper case without what may stand behind them."""
        if components in self._folders:
            return self._folders[components]
        found = None
        if not components:
            found = self._listed(self.root)
        else:
            above = self._folder(components[:-1])
            name = _found(above[1], components[-1]) if above is not None else None
            if above is not None and name is not None:
                path = os.path.join(above[0], name)
                if os.path.islink(path):
                    self._check_inside(os.path.realpath(path), components)
                found = self._listed(path)
        self._folders[components] = found
        return found

    def _listed(self, path: str) -> tuple[str, dict[str, list[str]]] | None:
        try:
            names = os.listdir(path)
        except OSError:
            return None
        entries: dict[str, list[str]] = {}
        for name in sorted(names):
            entries.setdefault(_bare(name), []).append(name)
        return path, entries

    def _check_inside(self, real: str, file_id: FileID) -> None:
        if real != self._real_root and not real.startswith(os.path.join(self._real_root, "")):
            raise FileIDError(f"{text_of(file_id)} leads out of the file-set", path=self.root, clause="PS3.10 §8.5")


def _leads_out(component: str) -> bool:
    """Whether a component is no plain name, so that joining it could leave its folder."""
    return component.strip(" .") == "" or _SEPARATORS.search(component) is not None


def _bare(name: str) -> str:
    """A name as it is compared: upper case, without version, dot and extension."""
    return _SUFFIX.sub("", name, count=1).upper() or name.upper()


def _found(entries: dict[str, list[str]], component: str) -> str | None:
    """The entry that a component means: the same name, else the same in another case, else the only one like it."""
    names = entries.get(_bare(component), ())
    if component in names:
        return component
    same = [name for name in names if name.upper() == component.upper()]
    alike = same or names
    return alike[0] if len(alike) == 1 else None
