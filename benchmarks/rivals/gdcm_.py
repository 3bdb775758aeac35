"""GDCM: ``Scanner`` in bulk, ``Reader`` with ``StringFilter`` as its facade."""

from collections.abc import Sequence
from typing import Any

import gdcm

from ..corpus import ATTRIBUTES
from . import files as shared
from . import table_work


def _tags() -> list[Any]:
    dictionary = gdcm.Global.GetInstance().GetDicts().GetPublicDict()
    tags = []
    for name in ATTRIBUTES:
        tag = gdcm.Tag()
        dictionary.GetDictEntryByKeyword(name, tag)
        tags.append(tag)
    return tags


def headers(files: Sequence[str]) -> list[list[Any]]:
    tags = _tags()
    scanner = gdcm.Scanner()
    for tag in tags:
        scanner.AddTag(tag)
    scanner.Scan(list(files))
    return [[scanner.GetValue(path, tag) for tag in tags] for path in files]


def facade(files: Sequence[str]) -> list[list[Any]]:
    tags = _tags()
    rows = []
    for path in files:
        reader = gdcm.Reader()
        reader.SetFileName(path)
        reader.ReadUpToTag(gdcm.Tag(0x7FE0, 0x0010))
        text = gdcm.StringFilter()
        text.SetFile(reader.GetFile())
        rows.append([text.ToString(tag) for tag in tags])
    return rows


headers_work = facade_work = table_work


def parquet(folders: Sequence[str], output: str) -> int:
    paths = list(shared.walk(folders))
    return shared.write_parquet(zip(paths, headers(paths), strict=True), output)


def groups(path: str) -> int:
    reader = gdcm.Reader()
    reader.SetFileName(path)
    reader.ReadUpToTag(gdcm.Tag(0x7FE0, 0x0010))
    text = gdcm.StringFilter()
    text.SetFile(reader.GetFile())
    return int(text.ToString(gdcm.Tag(0x0028, 0x0008)))


def start_ready() -> tuple[str]:
    return ("import gdcm",)


start, start_peak = shared.start, shared.start_peak
