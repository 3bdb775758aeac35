"""5,000 files to a file-set: the directory alone, and the files copied with it."""

import os
from pathlib import Path
from typing import Any

from .corpus import cache_folder, corpus
from .corpus.media import IMAGES, PATIENTS, SERIES, STUDIES
from .journey import Bar, Contender, Journey


def archive(share: int) -> tuple[tuple[Any, ...], int]:
    """The whole archive, or its first patients; and a folder to write to, in memory where the system has one."""
    root = corpus("media")
    folder = root if share == 1 else Path(root, "P00000")
    nfiles = PATIENTS * STUDIES * SERIES * IMAGES
    assert share in (1, PATIENTS)
    memory = Path("/dev/shm")
    output = memory / "dicomet-benchmark-media" if os.access(memory, os.W_OK) else cache_folder() / "media-output"
    return (str(folder), str(output)), nfiles // share


JOURNEYS = (
    Journey(
        name="media",
        title="a DICOMDIR of 5,000 files",
        unit="file",
        prepare=archive,
        contenders=(
            Contender("dicomet", "dicomet_", "media"),
            Contender("dicomet, files copied", "dicomet_", "media_copied"),
            Contender("dcmmkdir", "dcmtk_", "media"),
            Contender("pydicom, files copied", "pydicom_", "media_copied", share=PATIENTS),
        ),
        bars=(
            Bar("ratio", over="dcmmkdir", at_least=3),
            Bar("ratio", over="pydicom, files copied", at_least=20),
            Bar("ratio", over="pydicom, files copied", under="dicomet, files copied", at_least=20),
        ),
    ),
)
