"""Commands that look into files and indices."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dicomet.cli.commands.running import Force, Quiet, run


def dump(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="DICOM files.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print DICOM JSON (PS3.18), one object a line.")
    ] = False,
    max_depth: Annotated[
        int | None,
        typer.Option(min=0, help="Do not open sequences deeper than this; 0: top level only."),
    ] = None,
    force: Force = False,
) -> None:
    """Print data sets, and what was found wrong with them."""
    from dicomet.cli import dump as command

    run(lambda: command.dump(files, json=json, max_depth=max_depth, force=force))


Source = Annotated[str, typer.Argument(metavar="IN", help="A DICOM file.")]
Target = Annotated[
    str | None, typer.Argument(metavar="OUT", help="The file to write; standard output unless told.")
]


def write_json(source: Source, target: Target = None, force: Force = False) -> None:
    """Write a data set as DICOM JSON (PS3.18 Annex F), bulk data included."""
    from dicomet.cli import models as command

    run(lambda: command.write_json(source, target, force=force))


def write_xml(source: Source, target: Target = None, force: Force = False) -> None:
    """Write a data set as XML, the Native DICOM Model (PS3.19 A.1), bulk data included."""
    from dicomet.cli import models as command

    run(lambda: command.write_xml(source, target, force=force))


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
    quiet: Quiet = False,
) -> None:
    """Make a Parquet index of archives, or bring it up to date.

    A second run reads only new and changed files and drops vanished ones. Interrupted, it goes on
    where it was. A file that cannot be read is a row whose status says why.
    """
    from dicomet.cli import index as command

    run(
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


def query(
    index: Annotated[str, typer.Argument(metavar="INDEX", help="Parquet file of dicomet index.")],
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="For DuckDB; the table's name is dicom.")
    ],
    format: Annotated[Format, typer.Option(help="How to print the rows.")] = Format.table,
) -> None:
    """Ask an index, in SQL: dicomet query index.parquet "SELECT * FROM dicom LIMIT 5"."""
    from dicomet.cli import query as command

    run(lambda: command.query(index, sql, format.value))


class Least(StrEnum):
    """The least grave of the problems that are shown."""

    error = "error"
    warning = "warning"
    note = "note"


def validate(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER...", help="DICOM files; folders, with all below them.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a file.")] = False,
    iod: Annotated[bool, typer.Option("--iod/--no-iod", help="Check modules and attribute types.")] = True,
    severity: Annotated[
        Least, typer.Option("--severity", "-s", help="Leave out what is less grave than this.")
    ] = Least.warning,
    force: Force = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Threads; one a processor unless told.")] = None,
    quiet: Quiet = False,
) -> None:
    """Check files against the standard: structure, values, modules and attribute types.

    Exit status: 0 if no file has an error, 1 if one has, 2 if one cannot be read.
    """
    from dicomet.cli import validate as command

    run(
        lambda: command.validate_paths(
            paths, json=json, iod=iod, least=severity.value, force=force, workers=workers, quiet=quiet
        )
    )


def columns() -> None:
    """List the columns that an index has unless told otherwise."""
    from dicomet.cli import columns as command

    run(command.columns)


def codecs() -> None:
    """List the transfer syntaxes whose pixels can be decoded and encoded, and by what."""
    from dicomet.cli import codecs as command

    run(command.codecs)


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

    run(lambda: command.demo(output))


def add_to(app: typer.Typer) -> None:
    """Make them known."""
    app.command()(dump)
    app.command("json")(write_json)
    app.command("xml")(write_xml)
    app.command()(index)
    app.command()(query)
    app.command()(validate)
    app.command()(columns)
    app.command()(codecs)
    app.command()(demo)
