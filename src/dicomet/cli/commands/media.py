"""Commands of file-sets."""

from __future__ import annotations

from typing import Annotated

import typer

from dicomet.cli.commands.running import Quiet, run

FileSetPath = Annotated[str, typer.Argument(metavar="FILE-SET", help="A DICOMDIR, or the folder of one.")]
Profile = Annotated[str, typer.Option(help="Application profile (PS3.11), such as STD-GEN-USB-JPEG.")]
Invent = Annotated[
    bool, typer.Option("--invent", help="Make up IDs, numbers and study dates that instances lack.")
]


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

    run(
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


def media_list(
    file_set: FileSetPath,
    instances: Annotated[bool, typer.Option("--instances", "-i", help="Every instance, not only how many.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object an instance.")] = False,
) -> None:
    """Print what a file-set holds: patients, studies, series and instances."""
    from dicomet.cli import media as command

    run(lambda: command.list_records(file_set, instances=instances, json=json))


def media_add(
    file_set: FileSetPath,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="DICOM files, or folders of them.")],
    profile: Profile = "STD-GEN-CD",
    invent: Invent = False,
    quiet: Quiet = False,
) -> None:
    """Copy files into a file-set and list them in its DICOMDIR."""
    from dicomet.cli import media as command

    run(lambda: command.add(file_set, files, profile=profile, invent=invent, quiet=quiet))


def media_remove(
    file_set: FileSetPath,
    criteria: Annotated[
        list[str], typer.Argument(metavar="KEYWORD=VALUE...", help="All must hold: PatientID=4711 Modality=CT")
    ],
    quiet: Quiet = False,
) -> None:
    """Take instances out of a file-set, and delete their files."""
    from dicomet.cli import media as command

    run(lambda: command.remove(file_set, criteria, quiet=quiet))


def media_check(
    file_set: FileSetPath,
    profile: Annotated[
        str | None, typer.Option(help="Application profile (PS3.11) that it should keep, such as STD-GEN-CD.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a finding.")] = False,
) -> None:
    """Compare a file-set with the standard, and its DICOMDIR with its files; 1 if something is wrong."""
    from dicomet.cli import media as command

    run(lambda: command.check(file_set, profile, json=json))


def add_to(app: typer.Typer) -> None:
    """Make them known, as one group."""
    media = typer.Typer(
        name="media",
        help="File-sets on CD, DVD, USB: DICOMDIR and the files that it lists.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    media.command("create")(media_create)
    media.command("list")(media_list)
    media.command("add")(media_add)
    media.command("remove")(media_remove)
    media.command("check")(media_check)
    app.add_typer(media)
