"""``dicomet query``: SQL on an index. Only this module needs DuckDB."""

from __future__ import annotations

import csv
import datetime
import glob
import itertools
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from dicomet.cli.terminal import say_error
from dicomet.errors import DicomError

TABLE_NAMES = ("dicom", "index")
MAX_TABLE_ROWS = 1000

_ROWS_AT_ONCE = 4096
# Neither may reach for the network: what an index needs is built into DuckDB.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class QueryError(DicomError, ValueError):
    """The file is no index."""


def query(index: str, sql: str, form: str = "table") -> int:
    """Print the rows that a query gives.

    Parameters
    ----------
    index : str
        Parquet file; ``dicom`` and ``index`` in the SQL.
    sql : str
        One statement or several; the rows of the last are printed.
    form : {"table", "csv", "json"}
        A table for people, of `MAX_TABLE_ROWS` rows at most; CSV with a line of names; a JSON
        array with one object a row. Lists within a cell of CSV are JSON.

    Returns
    -------
    int
        1 if DuckDB does not take the SQL, which is said on stderr, else 0.

    Raises
    ------
    QueryError
        If the file is no index.
    OSError
        If it is not there.
    """
    with _connect(index) as connection:
        try:
            result = connection.execute(sql)
            description = result.description if result is not None else None
            if not description:
                return 0
            names = [str(each[0]) for each in description]
            _WRITERS[form](names, _rows(result), [str(each[1]) for each in description])
        except duckdb.Error as error:
            sys.stdout.flush()
            say_error(str(error).strip())
            return 1
    return 0


def _connect(index: str) -> duckdb.DuckDBPyConnection:
    os.stat(index)
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        relation = connection.read_parquet(glob.escape(index))
        for name in TABLE_NAMES:
            relation.create_view(name)
    except duckdb.Error as error:
        connection.close()
        reason = str(error).partition("\n")[0]
        raise QueryError(f"{index}: cannot be read as Parquet: {reason}") from None
    return connection


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        yield from rows


def _write_table(
    names: Sequence[str], rows: Iterator[tuple[Any, ...]], types: Sequence[str]
) -> None:
    from dicomet.cli.console import print_table

    shown = list(itertools.islice(rows, MAX_TABLE_ROWS))
    right = frozenset(i for i, each in enumerate(types) if each.partition("(")[0] in _NUMBERS)
    print_table(names, ([_cell(value) for value in row] for row in shown), right=right)
    if next(rows, None) is not None:
        sys.stdout.flush()
        say_error(
            f"only the first {MAX_TABLE_ROWS:,} rows are shown; LIMIT, csv and json have no end"
        )


_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = frozenset(
    (*_INTEGERS, *("U" + name for name in _INTEGERS), "DECIMAL", "DOUBLE", "FLOAT", "NUMBER")
)


def _write_csv(names: Sequence[str], rows: Iterator[tuple[Any, ...]], types: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _write_json(
    names: Sequence[str], rows: Iterator[tuple[Any, ...]], types: Sequence[str]
) -> None:
    keys = [json.dumps(name) for name in names]
    end = "["
    for row in rows:
        cells = (f"{key}: {_json(value)}" for key, value in zip(keys, row, strict=True))
        sys.stdout.write(f"{end}\n  {{{', '.join(cells)}}}")
        end = ","
    sys.stdout.write("[]\n" if end == "[" else "\n]\n")


_WRITERS = {"table": _write_table, "csv": _write_csv, "json": _write_json}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    """A value of DuckDB as JSON knows it; dates as ISO 8601, bytes as hexadecimal digits."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (datetime.date, datetime.time)):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
