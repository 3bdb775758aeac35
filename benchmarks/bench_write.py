"""Files written again: a CT slice with ten edits, and one tag of a file of a gibibyte.

On a file system in memory, and without waiting for a disk, as none of the others does. The limit is the same number of
bytes read and written beside the target, then renamed: what a safe replacement costs at least. Of the large file it is
`shutil.copyfile`, which copies within the kernel.
"""

from collections.abc import Callable
from typing import Any

from .corpus import in_memory
from .journey import DICOMET, LIMIT, Bar, Journey, contenders, faster_than


def one_file(name: str) -> Callable[[int], tuple[tuple[Any, ...], int]]:
    """The file of a corpus."""

    def prepare(share: int) -> tuple[tuple[Any, ...], int]:
        return (str(in_memory(name) / "file.dcm"),), 1

    return prepare


JOURNEYS = (
    Journey(
        name="write-edits",
        title="a CT slice read, ten attributes edited, written",
        unit="file",
        prepare=one_file("slice"),
        contenders=(
            *contenders("rewrite", "dicomsdl", "gdcm", "pydicom"),
        ),
        bars=(
            Bar("ratio", over=DICOMET, under=LIMIT, at_most=1.3),
            *faster_than(pydicom=7, dicomsdl=1),
        ),
    ),
    Journey(
        name="write-large",
        title="one attribute of a file of 1 GiB",
        unit="file",
        prepare=one_file("native_2000"),
        contenders=contenders("rewrite_large", "pydicom"),
        bars=(Bar("ratio", over=DICOMET, under=LIMIT, at_most=1.2),),
    ),
)
