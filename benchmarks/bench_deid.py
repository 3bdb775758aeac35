"""1,000 real files de-identified by the Basic Profile, read and written."""

import shutil
from typing import Any

from .bench_headers import header_files
from .corpus import cache_folder
from .journey import DICOMET, Contender, Journey, faster_than

FILES = 1000


def files_and_folder(share: int) -> tuple[tuple[Any, ...], int]:
    """The files, and an empty folder for what comes out."""
    (files,), _ = header_files(1)
    output = cache_folder() / "deidentified"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    return (files[: FILES // share], str(output)), FILES // share


JOURNEYS = (
    Journey(
        name="deid",
        title="1,000 files de-identified",
        unit="file",
        prepare=files_and_folder,
        contenders=(
            Contender(DICOMET, "dicomet_", "deidentified"),
            Contender("dicom-anonymizer", "dicom_anonymizer_", "deidentified", 10),
            Contender("deid", "deid_", "deidentified", 20),
        ),
        bars=faster_than(**{"dicom-anonymizer": 8, "deid": 8}),
    ),
)
