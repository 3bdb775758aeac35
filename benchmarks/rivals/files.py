"""What several adapters share: os.walk and Arrow for those without a table writer of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..corpus import ATTRIBUTES


def walk(folders: Sequence[str]) -> Iterator[str]:
    """Every file below the folders."""
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                yield os.path.join(root, name)


def write_parquet(rows: Iterable[tuple[str, Sequence[Any]]], output: str) -> int:
    """Write (path, twelve values) rows; several values of an element stay a list."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths: list[str] = []
    columns: list[list[Any]] = [[] for _ in ATTRIBUTES]
    for path, values in rows:
        paths.append(path)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    arrays = [pa.array(column) for column in (paths, *columns)]
    pq.write_table(pa.Table.from_arrays(arrays, names=["path", *ATTRIBUTES]), output)
    return len(paths)


def fresh_folder(path: str) -> Path:
    """An empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    Path(path).mkdir(parents=True)
    return Path(path)


def count_instances(dicomdir: Path) -> int:
    """Files that a DICOMDIR lists: the headers of Referenced File ID in it."""
    return dicomdir.read_bytes().count(b"\x04\x00\x00\x15CS")


def start(code: str) -> int:
    """A Python process from start to end."""
    return subprocess.run([sys.executable, "-c", code], check=True).returncode


def start_peak(code: str) -> int:
    """Highest resident size of such a process in KiB."""
    tell = "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    command = [sys.executable, "-c", f"{code}\n{tell}"]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)
