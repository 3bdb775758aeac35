"""What several adapters share: how much stands in the text of a model."""

import json
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree


def _count(model: dict[str, Any]) -> int:
    """Attributes at every depth; group lengths, which only some write, do not count."""
    found = 0
    for tag, attribute in model.items():
        found += not tag.endswith("0000")
        if attribute["vr"] == "SQ":
            found += sum(_count(item) for item in attribute.get("Value", ()))
    return found


def json_work(text: str) -> int:
    """Attributes in a DICOM JSON Model object."""
    return _count(json.loads(text))


def json_works(texts: Iterable[str]) -> int:
    """Attributes in several."""
    return sum(map(json_work, texts))


def xml_work(text: str) -> int:
    """Attributes in a Native DICOM Model."""
    return sum(element.tag.endswith("DicomAttribute") for element in ElementTree.fromstring(text.encode()).iter())


def data_set_work(ds: Any) -> int:
    """Elements of a data set at every depth."""
    return sum(1 for _ in ds.iterall())
