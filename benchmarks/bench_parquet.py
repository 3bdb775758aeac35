"""20,000 files of an archive to one Parquet table, the walk included."""

from typing import Any

from .corpus import TREE_FILES, TREE_FOLDERS, cache_folder, corpus
from .journey import Contender, Journey, contenders, faster_than


def archive(share: int) -> tuple[tuple[Any, ...], int]:
    """The whole tree, or the first of its twenty equal folders."""
    root = corpus("tree")
    folders = [root] if share == 1 else sorted(root.iterdir())[: TREE_FOLDERS // share]
    output = cache_folder() / "index.parquet"
    return ([str(folder) for folder in folders], str(output)), TREE_FILES // share


JOURNEYS = (
    Journey(
        name="parquet",
        title="20,000 files to Parquet, walk included",
        unit="file",
        prepare=archive,
        contenders=(
            *contenders(
                "parquet",
                "dicomsdl",
                "fastdicom",
                "gdcm",
                "pydicom",
                slow={"fastdicom": 4, "gdcm": 10, "pydicom": 20},
            ),
            Contender("dicomet, 2 threads", "dicomet_", "parquet_two_threads"),
        ),
        bars=faster_than(dicomsdl=3.5, pydicom=80),
    ),
)
