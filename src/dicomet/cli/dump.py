"""``dicomet dump``: data sets for people, or as DICOM JSON. PS3.5 §7; PS3.18 Annex F."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dicomet.cli.terminal import Paint, error_text, has_colours, printable, say_error
from dicomet.errors import DicomError
from dicomet.valuetypes import MultiValue

if TYPE_CHECKING:
    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
    from dicomet.filedataset import FileDataset

MAX_VALUES = 16
MAX_CHARACTERS = 200
MAX_BYTES = 16

_BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_NAME_WIDTH = 36


def dump(files: Sequence[str], *, json: bool, max_depth: int | None, force: bool) -> int:
    """Print files one after another; one that cannot be read is named on stderr.

    Parameters
    ----------
    files : sequence of str
        Paths.
    json : bool
        One DICOM JSON object a line instead of text for people.
    max_depth : int or None
        Sequences deeper than this are not opened; 0 shows the top level only.
    force : bool
        Read also what does not look like DICOM.

    Returns
    -------
    int
        1 if a file failed, else 0.
    """
    from dicomet.reader import dcmread

    paint = Paint(not json and has_colours(sys.stdout))
    failed = False
    for i, path in enumerate(files):
        try:
            with dcmread(path, force=force) as ds:
                if json:
                    print(ds.to_json())
                    continue
                if i:
                    print()
                for line in lines_of_file(ds, path, paint, max_depth):
                    print(line)
        except BrokenPipeError:
            raise
        except (DicomError, OSError) as error:
            sys.stdout.flush()  # the error stands behind what was printed before it
            say_error(error_text(error, path))
            failed = True
    return int(failed)


def lines_of_file(
    ds: FileDataset, path: str, paint: Paint, max_depth: int | None = None
) -> Iterator[str]:
    """A title, the meta group, the data set, and the findings."""
    yield paint.title("# " + printable(_title(ds, path)))
    yield from _lines(ds.file_meta, paint, max_depth, 0)
    yield from _lines(ds, paint, max_depth, 0)
    findings = ds.findings
    if findings:
        yield paint.warning(f"# {len(findings)} finding{'s' if len(findings) > 1 else ''}")
    for finding in findings:
        tag = f" ({finding.tag >> 16:04X},{finding.tag & 0xFFFF:04X})" if finding.tag else ""
        place = f"# byte {finding.offset}{tag}"
        yield paint.warning(printable(f"{place} {finding.code}: {finding.text} [{finding.clause}]"))


def _title(ds: FileDataset, path: str) -> str:
    parts = [path, f"{os.stat(path).st_size:,} bytes"]
    syntax = ds.file_meta.get("TransferSyntaxUID")
    parts.append(_text_of(syntax, "UI", bare=True) if syntax else "no Transfer Syntax UID")
    return ", ".join(parts)


def _lines(ds: Dataset, paint: Paint, max_depth: int | None, depth: int) -> Iterator[str]:
    indent = "    " * depth
    for element in ds:
        vr = element.VR
        name = printable(_name(element)).ljust(_NAME_WIDTH - len(indent))
        head = f"{indent}{paint.tag(str(element.tag))} {paint.vr(vr)} {paint.name(name)}"
        if vr != "SQ":
            yield f"{head} {printable(_value(element, vr))}".rstrip()
            continue
        items = element.value
        count = f"{len(items)} item{'' if len(items) == 1 else 's'}"
        if len(items) and max_depth is not None and depth >= max_depth:
            yield f"{head} {paint.note(count + ', not shown')}"
            continue
        yield f"{head} {paint.note(count)}"
        for number, item in enumerate(items):
            yield f"{indent}  {paint.note(f'item {number}')}"
            yield from _lines(item, paint, max_depth, depth + 1)


def _name(element: DataElement) -> str:
    """Keyword; for elements without one the name in its brackets."""
    return element.keyword or element.name or "Unknown"


def _value(element: DataElement, vr: str) -> str:
    if vr in _BULK:
        return _bytes_text(element)
    value = element.value
    if value is None:
        return ""
    if isinstance(value, MultiValue):
        return _list_text(value, vr)
    return _text_of(value, vr)


def _list_text(values: Sequence[Any], vr: str) -> str:
    shown = "\\".join(_text_of(one, vr, bare=True) for one in values[:MAX_VALUES])
    cut = len(shown) > MAX_CHARACTERS
    if cut or len(values) > MAX_VALUES:
        return f"{shown[:MAX_CHARACTERS]}… ({len(values):,} values)"
    return shown


def _text_of(value: Any, vr: str, bare: bool = False) -> str:
    text = str(value)
    if vr == "UI" and (name := getattr(value, "name", text)) != text:
        return name if bare else f"{text} ({name})"
    if not bare and len(text) > MAX_CHARACTERS:
        return f"{text[:MAX_CHARACTERS]}… ({len(text):,} characters)"
    return text


def _bytes_text(element: DataElement) -> str:
    """The first bytes, from the file's own memory: what is long is not read."""
    raw = element.raw
    nbytes = raw.nbytes
    if element.is_undefined_length and element.tag == 0x7FE00010:
        return f"encapsulated, {nbytes:,} bytes"
    shown = " ".join(f"{byte:02x}" for byte in raw[:MAX_BYTES])
    return f"{shown}… ({nbytes:,} bytes)" if nbytes > MAX_BYTES else shown
