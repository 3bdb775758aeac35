"""Commands that write files anew."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dicomet.cli.commands.running import Quiet, run


class NewNames(StrEnum):
    """Names of the new files."""

    clean = "clean"
    keep = "keep"
    hash = "hash"


class BurnedIn(StrEnum):
    """What to do about text in pixels that no rectangle is given for."""

    note = "note"
    refuse = "refuse"


def deid(
    source: Annotated[str, typer.Argument(metavar="IN", help="A DICOM file, or a folder with all below it.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="The file or folder to write.")],
    profile: Annotated[str, typer.Option(help="Profile of PS3.15 Annex E.")] = "basic",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="OPTION", help="Of the profile; may be repeated."),
    ] = None,
    key_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Secret that UIDs, pseudonyms and dates are derived from; made if missing."),
    ] = None,
    map_file: Annotated[
        str | None, typer.Option("--map", metavar="FILE", help="Keep replacements in this SQLite file.")
    ] = None,
    safe_private: Annotated[
        str | None, typer.Option(metavar="FILE", help="Safe private elements: (gggg,xxee) CREATOR, one a line.")
    ] = None,
    blank: Annotated[
        list[str] | None,
        typer.Option("--blank", metavar="X,Y,W,H", help="Pixels to blank in every image; may be repeated."),
    ] = None,
    blank_rules: Annotated[
        str | None, typer.Option(metavar="FILE", help="TOML or JSON: pixels to blank, by what the header says.")
    ] = None,
    burned_in: Annotated[
        BurnedIn, typer.Option(help="Images that may have text in their pixels, and no rectangle to blank.")
    ] = BurnedIn.note,
    names: Annotated[
        NewNames, typer.Option(help="clean: names that hold an identifier become hashes; hash: all.")
    ] = NewNames.clean,
    audit: Annotated[
        str | None, typer.Option(metavar="FILE", help="The audit log; OUT.deid.jsonl unless told.")
    ] = None,
    elements: Annotated[bool, typer.Option("--elements", help="List every changed element in the log.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes.")] = None,
    sync: Annotated[bool, typer.Option("--sync/--no-sync", help="Wait until each file is on disk.")] = True,
    quiet: Quiet = False,
) -> None:
    """De-identify files by PS3.15 Annex E: the Basic Profile, with options.

    OPTION is one of clean-pixel-data, clean-recognizable-visual-features, clean-graphics, clean-structured-content,
    clean-descriptors, retain-full-dates, retain-modified-dates, retain-patient-characteristics, retain-device-identity,
    retain-uids, retain-safe-private, retain-institution-identity.

    A second run over a folder does what the first one left, if it has the same key or map. Exit status: 1 if a file
    was refused or failed.
    """
    from dicomet.cli import deid as command

    def work() -> int:
        settings = command.settings_of(
            profile=profile,
            options=option or [],
            key_file=key_file,
            map_file=map_file,
            safe_private=safe_private,
            blank=blank or [],
            blank_rules=blank_rules,
            burned_in=burned_in.value,
            elements=elements,
            sync=sync,
        )
        return command.deid(
            source, target, settings, audit=audit, names=names.value, workers=workers, quiet=quiet
        )

    run(work)


class Validation(StrEnum):
    """What becomes of values that their VR does not admit."""

    strict = "strict"
    warn = "warn"


def modify(
    sources: Annotated[list[str], typer.Argument(metavar="IN...", help="Files, or folders with all below them.")],
    target: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="File or folder to write; in place unless told.")
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="PATH=VALUE", help="Give an element a value, whether it is there or not."),
    ] = None,
    insert: Annotated[
        list[str] | None,
        typer.Option("--insert", "-i", metavar="PATH=VALUE", help="The same, only where it is missing."),
    ] = None,
    delete: Annotated[
        list[str] | None, typer.Option("--delete", "-d", metavar="PATH", help="Delete an element where it is there.")
    ] = None,
    delete_private: Annotated[
        bool, typer.Option("--delete-private", help="Delete all private elements.")
    ] = False,
    validate: Annotated[
        Validation | None, typer.Option(help="Hold new values against their VR: fail, or only warn.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads; one a processor unless told.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Set, insert and delete elements: -s PatientID=123 -d "ReferencedStudySequence[0].ReferencedSOPClassUID".

    A PATH is a keyword or a tag, behind sequences with the number of their item from 0 on, or * for all items.
    Several values have a backslash between them. All other bytes stay as they are.
    """
    from dicomet.cli import modify as command

    run(
        lambda: command.modify(
            sources,
            target,
            command.changes_of(set or [], insert or [], delete or []),
            delete_private=delete_private,
            validate=validate.value if validate else None,
            workers=workers,
            quiet=quiet,
        )
    )


def transcode(
    source: Annotated[str, typer.Argument(metavar="IN", help="File, or folder with all below it.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="File or folder to write.")],
    to: Annotated[
        str,
        typer.Option("--to", metavar="SYNTAX", help="A short name such as j2k-lossless, a keyword or a UID."),
    ],
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="NAME=VALUE",
            help="Of the encoder: quality=90, near=2, psnr=50, rgb=true; may be repeated.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads; one a processor unless told.")
    ] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave out files that are there: go on after an interruption.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write files in another transfer syntax, frame by frame: compress, decompress, recompress.

    Of a folder, data sets without pixels are taken over as they are.
    """
    from dicomet.cli import transcode as command

    run(
        lambda: command.transcode(
            source, target, to=to, options=option or [], workers=workers, skip_existing=skip_existing, quiet=quiet
        )
    )


def add_to(app: typer.Typer) -> None:
    """Make them known."""
    app.command()(deid)
    app.command()(modify)
    app.command()(transcode)
