"""deid: its recipe ``dicom``, without private elements. A file at a time: it reads what it is given as a whole."""

import logging
import warnings
from collections.abc import Sequence

warnings.simplefilter("ignore")
from deid.dicom import replace_identifiers  # noqa: E402
from deid.logger import bot  # noqa: E402

logging.disable(logging.CRITICAL)
bot.level = 0


def deidentified(files: Sequence[str], output: str) -> int:
    for path in files:
        replace_identifiers(
            dicom_files=[path], deid="dicom", save=True, overwrite=True, output_folder=output, remove_private=True
        )
    return len(files)
