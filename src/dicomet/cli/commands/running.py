"""What all commands have: how they end, and options that several have."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from dicomet.cli.terminal import INTERRUPTED, error_text, say_error
from dicomet.errors import DicomError

PIPE_CLOSED = 141  # 128 + SIGPIPE: who reads our output has seen enough

Force = Annotated[bool, typer.Option("--force", help="Read also what does not look like DICOM.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")]


def run(command: Callable[[], int]) -> None:
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
