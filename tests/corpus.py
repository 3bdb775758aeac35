"""The real files that tests read: pydicom's, pydicom-data's, and WG-04's samples where present."""

from __future__ import annotations

import os
import warnings
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[1]
_SHARED = Path(os.environ.get("DICOMET_SHARED", _PROJECT.parent / "shared")) / "data" / "wg04"
# Files of pydicom's folders that hold no data set: scripts, dumps, profiles, DICOM JSON, archives.
_NO_DICOM = frozenset((".py", ".pyc", ".json", ".txt", ".dump", ".md", ".icc", ".zst"))
_NO_DICOM_NAMES = frozenset(("README", "zipMR.gz", "no_meta_group_length.txt"))


@cache
def pydicom_folder() -> Path:
    """pydicom's own data: test_files, charset_files, palettes, dicomdirtests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pydicom

    return Path(pydicom.__file__).parent / "data"


@cache
def pydicom_data_folder() -> Path:
    """The larger files of the package pydicom-data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import data_store

    return Path(data_store.__file__).parent / "data"


def has_shared() -> bool:
    """Whether WG-04's samples lie beside the project."""
    return _SHARED.is_dir()


@cache
def real_files() -> dict[str, Path]:
    """Every real file by a short name that is the same on every machine."""
    found: dict[str, Path] = {}
    roots = {"pydicom": pydicom_folder(), "pydicom-data": pydicom_data_folder()}
    if has_shared():
        roots["wg04"] = _SHARED
    for label, root in roots.items():
        for path in sorted(root.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            if path.suffix in _NO_DICOM or path.name in _NO_DICOM_NAMES:
                continue
            found[f"{label}/{path.relative_to(root).as_posix()}"] = path
    return found


def real_file(name: str) -> Path:
    """Path of one real file by the end of its name, which must be the only such."""
    hits = [p for key, p in real_files().items() if key.endswith("/" + name)]
    if len(hits) != 1:
        raise LookupError(f"{len(hits)} files are called {name}")
    return hits[0]


@cache
def compressed_files() -> dict[str, Path]:
    """WG-04's uncompressed references, each under Zstandard."""
    return {f"wg04/{p.stem}": p for p in sorted(_SHARED.rglob("*.zst"))}


def decompressed(path: Path) -> bytes:
    """The DICOM file in a Zstandard one."""
    import imagecodecs

    return bytes(imagecodecs.zstd_decode(path.read_bytes()))
