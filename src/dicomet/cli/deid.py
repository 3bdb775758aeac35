"""``dicomet deid``: files and folders without what identifies the patient. See docs/deid.md."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dicomet.cli.terminal import INTERRUPTED, printable, say_error
from dicomet.deid.private import parse_safe_private
from dicomet.deid.rectangles import BlankRules, parse_rectangle
from dicomet.deid.run import DIRECTORY, FAILED, NOT_DICOM, REFUSED, Settings, deidentify_folder
from dicomet.errors import DeidentificationError

if TYPE_CHECKING:
    from dicomet.deid.deidentifier import BurnedIn
    from dicomet.deid.names import Names
    from dicomet.deid.run import Summary

_KEY_NBYTES = 32
_MAX_SHOWN = 20


def key_of_file(path: str) -> bytes:
    """The key in a file; a random one is put there, for its owner alone to read, if there is no file."""
    try:
        with open(path, "x", opener=_private) as new:
            new.write(secrets.token_hex(_KEY_NBYTES) + "\n")
    except FileExistsError:
        pass
    with open(path, "rb") as file:
        key = file.read().strip()
    if not key:
        raise DeidentificationError(f"{path}: the key is empty")
    return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def settings_of(
    *,
    profile: str,
    options: Sequence[str],
    key_file: str | None,
    map_file: str | None,
    safe_private: str | None,
    blank: Sequence[str],
    blank_rules: str | None,
    burned_in: BurnedIn,
    elements: bool,
    sync: bool,
) -> Settings:
    """Settings from what was said on the command line.

    Raises
    ------
    DeidentificationError
        Something that was said means nothing.
    """
    try:
        always = [parse_rectangle(one) for one in blank]
        rules = BlankRules.load(blank_rules, always) if blank_rules else BlankRules(always) if always else None
        safe: frozenset[tuple[int, int, str]] = frozenset()
        if safe_private:
            with open(safe_private, encoding="utf-8") as file:
                safe = parse_safe_private(file.read())
        settings = Settings(
            profile=profile,
            options=tuple(options),
            key=key_of_file(key_file) if key_file else None,
            store=map_file,
            safe_private=safe,
            blank=rules,
            burned_in=burned_in,
            with_elements=elements,
            sync=sync,
        )
        with replace(settings, store=None).open():
            pass  # says now what is wrong with it
    except ValueError as error:
        raise DeidentificationError(str(error)) from error
    return settings


def deid(
    source: str,
    target: str,
    settings: Settings,
    *,
    audit: str | None,
    names: Names,
    workers: int | None,
    quiet: bool,
) -> int:
    """De-identify a file into a file, or a folder into a folder.

    Returns
    -------
    int
        0; 1 if a file was refused or failed; 130 if interrupted.
    """
    if not os.path.isdir(source):
        return _file(source, target, settings, quiet)
    from dicomet.cli.progress import IndexProgress

    with IndexProgress(quiet, "de-identifying") as progress:
        try:
            summary = deidentify_folder(
                source, target, settings, audit=audit, names=names, workers=workers, progress=progress
            )
        except ValueError as error:
            raise DeidentificationError(str(error)) from error
        except KeyboardInterrupt:
            say_error(_how_to_go_on(settings, progress.done))
            return INTERRUPTED
    for path, reason in summary.problems[:_MAX_SHOWN]:
        say_error(f"{path}: {reason}")
    if len(summary.problems) > _MAX_SHOWN:
        say_error(f"... and {len(summary.problems) - _MAX_SHOWN:,} more: see the audit log")
    if not quiet:
        print(_text_of(summary))
        if settings.key is None and settings.store is None:
            print("The key was a random one: other runs will give other UIDs. Keep one with --key-file.")
    return 1 if summary.problems else 0


def _how_to_go_on(settings: Settings, done: int) -> str:
    text = f"interrupted: {done:,} files are done; the same command goes on"
    if settings.key is None and settings.store is None:
        text += ", but with another random key: UIDs of the rest will not match. Begin anew with --key-file"
    return text


def _file(source: str, target: str, settings: Settings, quiet: bool) -> int:
    if os.path.exists(target) and os.path.samefile(source, target):
        raise DeidentificationError("source and target are the same file")
    if os.path.isdir(target):
        raise IsADirectoryError(21, "Is a directory", target)
    with settings.open() as made:
        report = made.deidentify_file(source, target, sync=settings.sync)
    for note in report.notes:
        print(printable(note), file=sys.stderr)
    if settings.with_elements:
        print(json.dumps(report.to_dict()))
    elif not quiet:
        print(", ".join(f"{n:,} {what}" for what, n in sorted(report.counts.items()) if n))
    return 0


def _text_of(summary: Summary) -> str:
    words = {
        "done": "de-identified",
        "earlier": "done by an earlier run",
        REFUSED: "refused",
        FAILED: "failed",
        NOT_DICOM: "no DICOM, left out",
        DIRECTORY: "DICOMDIR, left out",
    }
    parts = [f"{summary.counts[status]:,} {word}" for status, word in words.items() if summary.counts[status]]
    noted = f"; {summary.noted:,} to look at (notes in the audit log)" if summary.noted else ""
    return (", ".join(parts) or "no files") + noted
