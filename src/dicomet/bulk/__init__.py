"""Archives in bulk: folders to record batches, and to a Parquet index."""

from dicomet.bulk.columns import DEFAULT_COLUMNS, Column, ColumnError, parse_column, parse_columns
from dicomet.bulk.scan import Scan, scan
from dicomet.bulk.walk import FoundFile, walk_files

__all__ = [
    "DEFAULT_COLUMNS",
    "Column",
    "ColumnError",
    "FoundFile",
    "Scan",
    "parse_column",
    "parse_columns",
    "scan",
    "walk_files",
]
