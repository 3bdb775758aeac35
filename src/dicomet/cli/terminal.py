"""What goes to stdout and stderr: colours on terminals only, nothing that steers a terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from dicomet.errors import DicomError

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}

INTERRUPTED = 130  # 128 + SIGINT, as shells count

def printable(text: str) -> str:
    """Text with control, bidirectional and lone surrogate characters written as escapes.

    Values come from files that anyone may have made: an ESC among them must not reach a terminal.
    """
    return text if text.isprintable() else _UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def has_colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal with colours, and the user has not set NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


class Paint:
    """Colours for the parts of a dump; without colours it gives text as it is."""

    def __init__(self, colours: bool) -> None:
        self._colours = colours

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def tag(self, text: str) -> str:
        return self._wrap("36", text)

    def vr(self, text: str) -> str:
        return self._wrap("2", text)

    def name(self, text: str) -> str:
        return self._wrap("1", text)

    def title(self, text: str) -> str:
        return self._wrap("1;34", text)

    def note(self, text: str) -> str:
        return self._wrap("2", text)

    def warning(self, text: str) -> str:
        return self._wrap("33", text)


def say_error(text: str) -> None:
    """Say on stderr what went wrong; the text may have several lines, as errors in SQL have."""
    print("dicomet:", "\n".join(map(printable, text.split("\n"))), file=sys.stderr)


def error_text(error: Exception, path: str | None = None) -> str:
    """An error in one line, beginning with the file."""
    if isinstance(error, OSError) and not isinstance(error, DicomError):
        name = path if path is not None else error.filename
        what = error.strerror or str(error)
        return _line(os.fsdecode(name), what) if isinstance(name, (str, bytes)) else printable(what)
    text = str(error)
    return printable(text) if path is None else _line(path, text.removesuffix(f" [{path}]"))


def _line(path: str, what: str) -> str:
    return printable(f"{path}: {what}")
