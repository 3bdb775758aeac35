"""Commands of the network."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dicomet.cli.commands.running import Quiet, run

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

    run(lambda: command.echo(to, title=aet, timeout=timeout, keys=command.Keys(ca, cert, key, tls), json=json))


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

    run(
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

    run(
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


def add_to(app: typer.Typer) -> None:
    """Make them known."""
    app.command()(echo)
    app.command()(store)
    app.command()(receive)
