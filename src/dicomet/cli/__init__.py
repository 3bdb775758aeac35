"""The command ``dicomet``. Its libraries (extra ``cli``) are imported when it runs, not before."""

from __future__ import annotations

import sys

_EXTRAS = {"typer": "cli", "rich": "cli", "pyarrow": "index", "duckdb": "index"}


def main() -> int:
    """Run the command line of this process.

    Returns
    -------
    int
        Exit status: 0 done, 1 something failed and was named on stderr, 2 the command cannot be
        understood or a library is missing, 130 interrupted.
    """
    try:
        from dicomet.cli.commands.app import app

        app()
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _EXTRAS:
            raise
        extra = _EXTRAS[library]
        print(
            f"dicomet: {library} is missing; get it with: pip install 'dicomet[{extra}]'",
            file=sys.stderr,
        )
        return 2
    return 0
