"""How every generator ends: its files are written, in place or below a folder, and their paths printed."""

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_outputs(outputs: Mapping[str, str]) -> None:
    """Write texts by their paths below the folder that the command line names, or the project."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    for path, content in outputs.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode())
        print(path)
