"""DCMTK: the program ``dcmmkdir`` (Debian package dcmtk), which is called as users call it."""

import resource
import shutil
import subprocess

from . import files as shared

IN_PROCESSES = True


def media(folder: str, output: str) -> int:
    """A DICOMDIR of a folder; the files stay where they are."""
    program = shutil.which("dcmmkdir")
    if program is None:
        raise RuntimeError("dcmmkdir is not installed")
    target = shared.fresh_folder(output) / "DICOMDIR"
    subprocess.run(
        [program, "-q", "-Pgp", "--no-backup", "+id", folder, "+r", "+D", str(target)], check=True, cwd=folder
    )
    return shared.count_instances(target)


def media_peak(folder: str, output: str) -> int:
    """Highest resident size of the program in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
