"""Folds the flat tables of PS3.3 into the small ones that tools/gen_iods.py reads.

The flat table has a row for every way down to an attribute: 100,000 of them, because macros are written out
wherever they are included. Here the attributes of an item are a numbered list that is written once, and a
sequence names the list of its items. Only what the IOD of some SOP class needs is kept.

    python tools/fold_iods.py FOLDER    # with sop_class_iods.csv, iod_modules.csv, module_attributes.csv.gz
"""

import csv
import gzip
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

DATA = Path(__file__).resolve().parent / "data"

Entry = tuple[str, str, int]  # keyword, type, number of the list of the items; 0: none


class Tree(dict[str, tuple[str, "Tree"]]):
    """Attributes of a module or item: keyword to type and what stands in the items."""


def rows_of(file: TextIO) -> list[dict[str, str]]:
    return list(csv.DictReader(file))


def read_trees(folder: Path, modules: set[str]) -> dict[str, Tree]:
    trees = {module: Tree() for module in sorted(modules)}
    with gzip.open(folder / "module_attributes.csv.gz", "rt", newline="", encoding="utf-8") as file:
        for row in rows_of(file):
            if row["module"] not in trees:
                continue
            tree = trees[row["module"]]
            for keyword in filter(None, row["path"].split("/")):
                tree = tree[keyword][1]
            tree[row["keyword"]] = (row["type"], Tree())
    return trees


class Lists:
    """Every distinct list of attributes, numbered from 1 on."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[Entry, ...], int] = {}

    def number(self, tree: Tree) -> int:
        entries = [(k, type_, self.number(items) if items else 0) for k, (type_, items) in tree.items()]
        return self.numbers.setdefault(tuple(sorted(entries)), len(self.numbers) + 1)


def write(name: str, columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    with (DATA / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def main() -> None:
    folder = Path(sys.argv[1])
    with (folder / "sop_class_iods.csv").open(newline="", encoding="utf-8") as file:
        sop_classes = sorted((row["sop_class_uid"], row["iod"]) for row in rows_of(file))
    iods = {iod for _, iod in sop_classes}
    uses: dict[str, dict[str, list[str]]] = {iod: {"M": [], "C": [], "U": []} for iod in sorted(iods)}
    with (folder / "iod_modules.csv").open(newline="", encoding="utf-8") as file:
        for row in rows_of(file):
            if row["iod"] in uses:
                uses[row["iod"]][row["usage"]].append(row["module"])
    modules = {module for use in uses.values() for names in use.values() for module in names}
    lists = Lists()
    roots = {module: lists.number(tree) if tree else 0 for module, tree in read_trees(folder, modules).items()}

    write("sop_class_iods.csv", ("sop_class_uid", "iod"), sop_classes)
    write(
        "iod_modules.csv",
        ("iod", "mandatory", "conditional", "optional"),
        ((iod, *(" ".join(use[usage]) for usage in "MCU")) for iod, use in uses.items()),
    )
    write("modules.csv", ("module", "list"), roots.items())
    write(
        "attribute_lists.csv",
        ("list", "keyword", "type", "items"),
        ((number, k, t, items or "") for entries, number in lists.numbers.items() for k, t, items in entries),
    )


if __name__ == "__main__":
    main()
