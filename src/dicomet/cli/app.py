"""Commands and their options. Only this module needs typer; each command imports what it needs."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from dicomet.cli.terminal import INTERRUPTED, error_text, say_error
from dicomet.errors import DicomError

PIPE_CLOSED = 141  # 128 + SIGPIPE: who reads our output has seen enough

app = typer.Typer(
    name="dicomet",
    help="Read, write, check and index DICOM files.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _run(command: Callable[[], int]) -> None:
    """Run a command; its errors become one line on stderr and an exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without our letters
    try:
        status = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout again at its end, which must not fail a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = PIPE_CLOSED
    except (DicomError, OSError, ValueError) as error:
        say_error(error_text(error))
        status = 1
    except KeyboardInterrupt:
        say_error("interrupted")
        status = INTERRUPTED
    raise typer.Exit(status)


def _print_version(wanted: bool) -> None:
    if wanted:
        from dicomet import __version__
        from dicomet._native.dictionary import EDITION

        print(f"dicomet {__version__} (DICOM {EDITION})")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print versions and exit."
        ),
    ] = False,
) -> None:
    """Read, write, check and index DICOM files."""


@app.command()
def dump(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="DICOM files.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print DICOM JSON (PS3.18), one object a line.")
    ] = False,
    max_depth: Annotated[
        int | None,
        typer.Option(min=0, help="Do not open sequences deeper than this; 0: top level only."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Read also what does not look like DICOM.")
    ] = False,
) -> None:
    """Print data sets, and what was found wrong with them."""
    from dicomet.cli import dump as command

    _run(lambda: command.dump(files, json=json, max_depth=max_depth, force=force))


Source = Annotated[str, typer.Argument(metavar="IN", help="A DICOM file.")]
Target = Annotated[
    str | None, typer.Argument(metavar="OUT", help="The file to write; standard output unless told.")
]
Force = Annotated[bool, typer.Option("--force", help="Read also what does not look like DICOM.")]


@app.command("json")
def write_json(source: Source, target: Target = None, force: Force = False) -> None:
    """Write a data set as DICOM JSON (PS3.18 Annex F), bulk data included."""
    from dicomet.cli import models as command

    _run(lambda: command.write_json(source, target, force=force))


@app.command("xml")
def write_xml(source: Source, target: Target = None, force: Force = False) -> None:
    """Write a data set as XML, the Native DICOM Model (PS3.19 A.1), bulk data included."""
    from dicomet.cli import models as command

    _run(lambda: command.write_xml(source, target, force=force))


@app.command()
def index(
    folders: Annotated[
        list[str], typer.Argument(metavar="FOLDER...", help="Folders, with all below them.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="The Parquet file to write.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            "-c",
            metavar="COLUMN",
            help="A column beside the usual ones; may be repeated.",
        ),
    ] = None,
    columns_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The columns instead of the usual ones, one a line, # comments."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads; one a processor unless told.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read every file anew.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")
    ] = False,
) -> None:
    """Make a Parquet index of archives, or bring it up to date.

    A second run reads only new and changed files and drops vanished ones. Interrupted, it goes on
    where it was. A file that cannot be read is a row whose status says why.
    """
    from dicomet.cli import index as command

    _run(
        lambda: command.index(
            folders,
            output,
            columns=command.chosen_columns(column or [], columns_file),
            workers=workers,
            rebuild=rebuild,
            quiet=quiet,
        )
    )


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def query(
    index: Annotated[str, typer.Argument(metavar="INDEX", help="Parquet file of dicomet index.")],
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="For DuckDB; the table's name is dicom.")
    ],
    format: Annotated[Format, typer.Option(help="How to print the rows.")] = Format.table,
) -> None:
    """Ask an index, in SQL: dicomet query index.parquet "SELECT * FROM dicom LIMIT 5"."""
    from dicomet.cli import query as command

    _run(lambda: command.query(index, sql, format.value))


class Least(StrEnum):
    """The least grave of the problems that are shown."""

    error = "error"
    warning = "warning"
    note = "note"


@app.command()
def validate(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER...", help="DICOM files; folders, with all below them.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a file.")] = False,
    iod: Annotated[bool, typer.Option("--iod/--no-iod", help="Check modules and attribute types.")] = True,
    severity: Annotated[
        Least, typer.Option("--severity", "-s", help="Leave out what is less grave than this.")
    ] = Least.warning,
    force: Annotated[bool, typer.Option("--force", help="Read also what does not look like DICOM.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Threads; one a processor unless told.")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")
    ] = False,
) -> None:
    """Check files against the standard: structure, values, modules and attribute types.

    Exit status: 0 if no file has an error, 1 if one has, 2 if one cannot be read.
    """
    from dicomet.cli import validate as command

    _run(
        lambda: command.validate_paths(
            paths, json=json, iod=iod, least=severity.value, force=force, workers=workers, quiet=quiet
        )
    )


class NewNames(StrEnum):
    """Names of the new files."""

    clean = "clean"
    keep = "keep"
    hash = "hash"


class BurnedIn(StrEnum):
    """What to do about text in pixels that no rectangle is given for."""

    note = "note"
    refuse = "refuse"


@app.command()
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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")] = False,
) -> None:
    """De-identify files by PS3.15 Annex E: the Basic Profile, with options.

    OPTION is one of clean-pixel-data, clean-recognizable-visual-features, clean-graphics, clean-structured-content,
    clean-descriptors, retain-full-dates, retain-modified-dates, retain-patient-characteristics, retain-device-identity,
    retain-uids, retain-safe-private, retain-institution-identity.

    A second run over a folder does what the first one left, if it has the same key or map. Exit status: 1 if a file
    was refused or failed.
    """
    from dicomet.cli import deid as command

    def run() -> int:
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

    _run(run)


@app.command()
def columns() -> None:
    """List the columns that an index has unless told otherwise."""
    from dicomet.cli import columns as command

    _run(command.columns)


@app.command()
def codecs() -> None:
    """List the transfer syntaxes whose pixels can be decoded and encoded, and by what."""
    from dicomet.cli import codecs as command

    _run(command.codecs)


class Validation(StrEnum):
    """What becomes of values that their VR does not admit."""

    strict = "strict"
    warn = "warn"


@app.command()
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
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")
    ] = False,
) -> None:
    """Set, insert and delete elements: -s PatientID=123 -d "ReferencedStudySequence[0].ReferencedSOPClassUID".

    A PATH is a keyword or a tag, behind sequences with the number of their item from 0 on, or * for all items.
    Several values have a backslash between them. All other bytes stay as they are.
    """
    from dicomet.cli import modify as command

    _run(
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


@app.command()
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
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")
    ] = False,
) -> None:
    """Write files in another transfer syntax, frame by frame: compress, decompress, recompress.

    Of a folder, data sets without pixels are taken over as they are.
    """
    from dicomet.cli import transcode as command

    _run(
        lambda: command.transcode(
            source, target, to=to, options=option or [], workers=workers, skip_existing=skip_existing, quiet=quiet
        )
    )


@app.command()
def demo(
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Keep the index there; else it is deleted."
        ),
    ] = None,
) -> None:
    """Index, query and dump the sample files of pydicom and pydicom-data, without any download."""
    from dicomet.cli import demo as command

    _run(lambda: command.demo(output))


media = typer.Typer(
    name="media",
    help="File-sets on CD, DVD, USB: DICOMDIR and the files that it lists.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(media)

FileSetPath = Annotated[str, typer.Argument(metavar="FILE-SET", help="A DICOMDIR, or the folder of one.")]
Profile = Annotated[str, typer.Option(help="Application profile (PS3.11), such as STD-GEN-USB-JPEG.")]
Invent = Annotated[
    bool, typer.Option("--invent", help="Make up IDs, numbers and study dates that instances lack.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")]


@media.command("create")
def media_create(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Folder with DICOM files.")],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Copy the files there, under names of their own."),
    ] = None,
    file_set_id: Annotated[str, typer.Option("--id", help="File-set ID, at most 16 characters.")] = "",
    profile: Profile = "STD-GEN-CD",
    invent: Invent = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a DICOMDIR that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as one JSON object.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make a file-set of a folder: in place, or copied to another one.

    In place, files keep their names, which must be File IDs: at most eight of A to Z, 0 to 9 and _.
    """
    from dicomet.cli import media as command

    _run(
        lambda: command.create(
            folder,
            output,
            file_set_id=file_set_id,
            profile=profile,
            invent=invent,
            overwrite=overwrite,
            json=json,
            quiet=quiet,
        )
    )


@media.command("list")
def media_list(
    file_set: FileSetPath,
    instances: Annotated[bool, typer.Option("--instances", "-i", help="Every instance, not only how many.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object an instance.")] = False,
) -> None:
    """Print what a file-set holds: patients, studies, series and instances."""
    from dicomet.cli import media as command

    _run(lambda: command.list_records(file_set, instances=instances, json=json))


@media.command("add")
def media_add(
    file_set: FileSetPath,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="DICOM files, or folders of them.")],
    profile: Profile = "STD-GEN-CD",
    invent: Invent = False,
    quiet: Quiet = False,
) -> None:
    """Copy files into a file-set and list them in its DICOMDIR."""
    from dicomet.cli import media as command

    _run(lambda: command.add(file_set, files, profile=profile, invent=invent, quiet=quiet))


@media.command("remove")
def media_remove(
    file_set: FileSetPath,
    criteria: Annotated[
        list[str], typer.Argument(metavar="KEYWORD=VALUE...", help="All must hold: PatientID=4711 Modality=CT")
    ],
    quiet: Quiet = False,
) -> None:
    """Take instances out of a file-set, and delete their files."""
    from dicomet.cli import media as command

    _run(lambda: command.remove(file_set, criteria, quiet=quiet))


@media.command("check")
def media_check(
    file_set: FileSetPath,
    profile: Annotated[
        str | None, typer.Option(help="Application profile (PS3.11) that it should keep, such as STD-GEN-CD.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a finding.")] = False,
) -> None:
    """Compare a file-set with the standard, and its DICOMDIR with its files; 1 if something is wrong."""
    from dicomet.cli import media as command

    _run(lambda: command.check(file_set, profile, json=json))


To = Annotated[
    str, typer.Option("--to", metavar="AET@HOST:PORT", help="The peer; title ANY-SCP and port 11112 unless told.")
]
Title = Annotated[str, typer.Option("--aet", help="Our own AE title.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that the peer may take.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Tls = Annotated[bool, typer.Option("--tls", help="Use TLS; so do the three options below.")]
Ca = Annotated[str | None, typer.Option("--ca", metavar="FILE", help="Whose certificates are trusted, PEM.")]
Cert = Annotated[str | None, typer.Option("--cert", metavar="FILE", help="Our own certificate, PEM.")]
Key = Annotated[str | None, typer.Option("--key", metavar="FILE", help="Its key, if it is not in there.")]


@app.command()
def echo(
    to: Annotated[str, typer.Argument(metavar="AET@HOST:PORT", help="The peer.")],
    aet: Title = "DICOMET",
    timeout: Timeout = 15,
    tls: Tls = False,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    json: AsJson = False,
) -> None:
    """Ask a peer whether it is there (C-ECHO); 1 if it does not answer with success."""
    from dicomet.cli import network as command

    _run(lambda: command.echo(to, title=aet, timeout=timeout, keys=command.Keys(ca, cert, key, tls), json=json))


@app.command()
def store(
    paths: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER...", help="Folders with all below them.")],
    to: To,
    aet: Title = "DICOMET",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Associations at a time.")] = 1,
    window: Annotated[int, typer.Option(min=1, max=64, help="Requests under way in each, if the peer allows it.")] = 1,
    resume: Annotated[
        str | None, typer.Option(metavar="FILE", help="List of what was sent, which is not sent again.")
    ] = None,
    timeout: Timeout = 60,
    tls: Tls = False,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Send files to a peer (C-STORE); 1 if it has not got all of them."""
    from dicomet.cli import network as command

    _run(
        lambda: command.store(
            paths,
            to=to,
            title=aet,
            jobs=jobs,
            window=window,
            resume=resume,
            timeout=timeout,
            keys=command.Keys(ca, cert, key, tls),
            json=json,
            quiet=quiet,
        )
    )


class DuplicatesChoice(StrEnum):
    """What becomes of a file that is there already."""

    REPLACE = "replace"
    KEEP = "keep"
    REFUSE = "refuse"
    BOTH = "both"


@app.command()
def receive(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FOLDER", help="Where files go.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="To listen on; 0: a free one.")] = 11112,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",
    aet: Title = "DICOMET",
    layout: Annotated[str, typer.Option(help="Names of files, with keywords of the data set in braces.")] = (
        "{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"
    ),
    duplicates: Annotated[
        DuplicatesChoice, typer.Option(help="If the file is there already.")
    ] = DuplicatesChoice.REPLACE,
    sync: Annotated[bool, typer.Option("--sync/--no-sync", help="Bring files to disk before saying so.")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Only who calls us by our AE title.")] = False,
    sop_class: Annotated[
        list[str] | None, typer.Option("--class", metavar="UID", help="A private SOP class; may be repeated.")
    ] = None,
    any_class: Annotated[bool, typer.Option("--any-class", help="Take every SOP class.")] = False,
    tls: Tls = False,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Receive what peers send (C-STORE), until interrupted."""
    from dicomet.cli import network as command

    _run(
        lambda: command.receive(
            output,
            title=aet,
            port=port,
            host=host,
            layout=layout,
            duplicates=duplicates.value,
            sync=sync,
            strict=strict,
            classes=sop_class or [],
            any_class=any_class,
            keys=command.Keys(ca, cert, key, tls),
            json=json,
            quiet=quiet,
        )
    )
