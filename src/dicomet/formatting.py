"""Data sets as text for people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomet.dataset import Dataset


def lines_of(ds: Dataset, indent: str = "   ", level: int = 0) -> Iterator[str]:
    """One line an element; the meta group first, items indented below their sequence."""
    prefix = indent * level
    meta = getattr(ds, "file_meta", None) if level == 0 else None
    if meta is not None and len(meta):
        yield f"{'Dataset.file_meta ':-<49}"
        yield from (str(element) for element in meta)
        yield "-" * 49
    for element in ds:
        if element.VR != "SQ":
            yield f"{prefix}{element}"
            continue
        items = element.value
        yield f"{prefix}{element.tag}  {element.name}  {len(items)} item(s) ----"
        for item in items:
            yield from lines_of(item, indent, level + 1)
            yield f"{prefix}{indent}---------"
