"""dciodvfy of dicom3tools: a process a file, for it takes one file."""

import resource
import subprocess
from collections.abc import Sequence


def validate_command(files: Sequence[str]) -> int:
    for path in files:
        subprocess.run(["dciodvfy", path], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return len(files)


def validate_command_peak(files: Sequence[str]) -> int:
    """Highest resident size of the processes so far in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
