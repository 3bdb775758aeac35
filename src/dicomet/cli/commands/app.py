"""The command line as a whole. Commands stand in `commands`."""

from __future__ import annotations

from typing import Annotated

import typer

from dicomet.cli.commands import media, network, reading, writing

app = typer.Typer(
    name="dicomet",
    help="Read, write, check and index DICOM files.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


for _group in (reading, writing, media, network):
    _group.add_to(app)
