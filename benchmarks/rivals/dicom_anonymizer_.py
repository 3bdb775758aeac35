"""dicom-anonymizer: `anonymize_dicom_file` by its rules of PS3.15 Table E.1-1."""

import logging
import os
import warnings
from collections.abc import Sequence

warnings.simplefilter("ignore")
from dicomanonymizer import anonymize_dicom_file  # noqa: E402

logging.disable(logging.CRITICAL)


def deidentified(files: Sequence[str], output: str) -> int:
    for path in files:
        anonymize_dicom_file(path, os.path.join(output, os.path.basename(path)))
    return len(files)
