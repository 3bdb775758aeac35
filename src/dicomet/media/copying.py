"""Files into a file-set: whole under their names, or not there. PS3.10 §7, §8."""

from __future__ import annotations

import os
import shutil

from dicomet.writer import dcmwrite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomet.dataset import Dataset


def bring_in(source: str | Dataset, target: str, sync: bool) -> None:
    """Put an instance under a path, with the folders that it needs.

    Parameters
    ----------
    source : str or Dataset
        A file, which is taken over byte by byte, or a data set, which is written as one.
    target : str
        Nothing must be there yet.
    sync : bool
        Wait until the bytes are on disk.
    """
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if isinstance(source, str):
        _copy(source, target, sync)
    else:
        dcmwrite(target, source, overwrite=False, sync=sync)


def _copy(source: str, target: str, sync: bool) -> None:
    temporary = f"{target}.{os.getpid()}~"  # no File ID can be like it
    try:
        shutil.copyfile(source, temporary)
        if sync:
            descriptor = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        os.rename(temporary, target)
    except BaseException:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise
