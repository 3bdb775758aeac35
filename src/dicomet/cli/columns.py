"""``dicomet columns``: what an index has unless told otherwise."""

from __future__ import annotations

from dicomet._native import dictionary
from dicomet.bulk.columns import DEFAULT_COLUMNS, Column, parse_columns

_BUILT_IN = {
    "path": "where the file is",
    "size": "bytes of the file",
    "mtime": "last modification, UTC",
    "transfer_syntax": "Transfer Syntax UID that the data set is read with",
    "status": "ok, or what became of the file",
    "status_offset": "byte where it went wrong",
}


def columns() -> int:
    """Print name, type and meaning of each column."""
    from dicomet.cli.console import print_table

    rows = [
        (column.name, _type(column), _meaning(column)) for column in parse_columns(DEFAULT_COLUMNS)
    ]
    print_table(("column", "type", "meaning"), rows)
    return 0


def _type(column: Column) -> str:
    return f"list of {column.type}" if column.is_list else column.type


def _meaning(column: Column) -> str:
    if not column.steps:
        return _BUILT_IN[column.source]
    tag = column.steps[-1].tag
    name = dictionary.tag_name(tag)
    return f"{name} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
