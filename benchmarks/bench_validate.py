"""Real headers against the standard: values, modules and attribute types, a report each."""

from .bench_headers import header_files
from .journey import DICOMET, Contender, Journey, faster_than

JOURNEYS = (
    Journey(
        name="validate",
        title="validation of 1,600 files",
        unit="file",
        prepare=header_files,
        contenders=(
            Contender(DICOMET, "dicomet_", "validated"),
            Contender("dicom_validator", "dicom_validator_", "validated", 16),
            Contender("pydicom, values only", "pydicom_", "validated_values", 16),
        ),
        bars=faster_than(dicom_validator=10),
    ),
    Journey(
        name="validate-command",
        title="validation of 1,600 files by a command",
        unit="file",
        prepare=header_files,
        contenders=(
            Contender(DICOMET, "dicomet_", "validate_command"),
            Contender("dciodvfy", "dciodvfy_", "validate_command", 16),
        ),
        bars=faster_than(dciodvfy=10),
        processes=True,
    ),
)
