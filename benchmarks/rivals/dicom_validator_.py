"""dicom-validator: `DicomFileValidator` with tables that are made of this project's CSVs.

It takes its tables from the DocBook sources of the standard, which it downloads. Here they are built in memory in
the form that it caches: the same IODs, modules, attributes and types that dicomet has. Without what the CSVs do not
have, its work is less than with its own tables: conditions of modules and attributes, Enumerated Values, functional
group macros.
"""

import csv
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dicom_validator.validator.dicom_file_validator import DicomFileValidator
from dicom_validator.validator.dicom_info import DicomInfo
from dicom_validator.validator.error_handler import NullValidationResultHandler

DATA = Path(__file__).resolve().parents[2] / "tools" / "data"
USAGES = {"mandatory": "M", "conditional": "C", "optional": "U"}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _dictionary() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Entries by tag as it writes tags, and tags by keyword."""
    entries, tags = {}, {}
    for row in _rows("elements.csv"):
        tag = f"({row['tag'][:4]},{row['tag'][4:]})"
        entries[tag] = {"name": row["name"], "vr": row["vr"], "vm": row["vm"], "prop": ""}
        tags[row["keyword"]] = tag
    return entries, tags


@cache
def tables() -> DicomInfo:
    """Its tables: dictionary, IODs by SOP class, modules."""
    entries, tags = _dictionary()
    lists: dict[str, dict[str, Any]] = {}
    for row in _rows("attribute_lists.csv"):
        if row["keyword"] not in tags:
            continue
        tag = tags[row["keyword"]]
        attribute = {"name": entries[tag]["name"], "type": row["type"]}
        if row["items"]:
            attribute["items"] = lists.setdefault(row["items"], {})
        lists.setdefault(row["list"], {})[tag] = attribute
    modules = {row["module"]: lists.get(row["list"], {}) for row in _rows("modules.csv")}
    uses = {
        row["iod"]: {name: {"ref": name, "use": use} for column, use in USAGES.items() for name in row[column].split()}
        for row in _rows("iod_modules.csv")
    }
    iods = {
        row["sop_class_uid"]: {"title": row["iod"], "modules": uses[row["iod"]], "group_macros": {}}
        for row in _rows("sop_class_iods.csv")
    }
    return DicomInfo(entries, iods, modules)


def validated_ready(files: Sequence[str]) -> tuple[Any, Sequence[str]]:
    """Its tables are there when the files come."""
    logging.disable(logging.CRITICAL)
    return DicomFileValidator(tables(), error_handler=NullValidationResultHandler()), files


def validated(validator: Any, files: Sequence[str]) -> int:
    return len([validator.validate(path) for path in files])
