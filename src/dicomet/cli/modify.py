"""``dicomet modify``: set, insert and delete elements of many files. PS3.5 §7."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dicomet.cli.batch import default_workers, pairs_of, run_batch
from dicomet.modify import ElementPath, PathError, delete_element, insert_value, set_value
from dicomet.reader import dcmread
from dicomet.writer import dcmwrite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dicomet.filedataset import FileDataset


class Change(NamedTuple):
    """One thing to do to each file.

    Attributes
    ----------
    kind : {"set", "insert", "delete"}
    path : ElementPath
    text : str
        The value; "" for "delete".
    """

    kind: Literal["set", "insert", "delete"]
    path: ElementPath
    text: str = ""


def changes_of(sets: Sequence[str], inserts: Sequence[str], deletes: Sequence[str]) -> list[Change]:
    """Changes from ``PATH=VALUE`` and ``PATH`` texts: deletions first, then values that are set, then inserted.

    Raises
    ------
    PathError
        A text is none.
    """
    changes = [Change("delete", ElementPath(text)) for text in deletes]
    for kind, texts in (("set", sets), ("insert", inserts)):
        for text in texts:
            path, sign, value = text.partition("=")
            if not sign:
                raise PathError(f"{text!r} is not PATH=VALUE")
            changes.append(Change("set" if kind == "set" else "insert", ElementPath(path), value))
    return changes


def apply(ds: FileDataset, changes: Sequence[Change], private: bool) -> int:
    """Do it to a data set in memory; gives how many elements were touched."""
    touched = 0
    if private:
        touched += sum(element.tag.is_private for element in ds.iterall())
        ds.remove_private_tags()
    for change in changes:
        if change.kind == "delete":
            touched += delete_element(ds, change.path)
        else:
            act = set_value if change.kind == "set" else insert_value
            touched += act(ds, change.path, change.text)
    return touched


def modify(
    sources: Sequence[str],
    target: str | None,
    changes: Sequence[Change],
    *,
    delete_private: bool = False,
    validate: Literal["strict", "warn"] | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> int:
    """Change files, or all below folders, in place or into another place.

    Files that nothing changes in are left alone in place, and copied elsewhere. Several sources go into one folder.

    Returns
    -------
    int
        1 if a file failed, 130 if interrupted, else 0.
    """
    if not changes and not delete_private:
        raise ValueError("nothing to change: give --set, --insert, --delete or --delete-private")
    if target is not None and len(sources) > 1:
        os.makedirs(target, exist_ok=True)

    def work(path: str, out: str) -> None:
        with dcmread(path) as ds:
            if apply(ds, changes, delete_private) or out != path:
                dcmwrite(out, ds, validate=validate)

    pairs = [pair for source in sources for pair in pairs_of(source, target)]
    if len({pair.target for pair in pairs}) < len(pairs):
        raise ValueError("two files would be written under one name")
    return run_batch(pairs, work, workers=workers or default_workers(), what="modified", quiet=quiet)
