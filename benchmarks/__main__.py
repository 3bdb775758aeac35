"""``python -m benchmarks [JOURNEY ...]``: run the journeys and print their table."""

import argparse
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version

from .harness import Outcome, measure
from .registry import all_journeys
from .table import journey_table, summary

RIVALS = (
    "dicomsdl",
    "fastdicom",
    "python-gdcm",
    "pydicom",
    "pylibjpeg-rle",
    "pylibjpeg-openjpeg",
    "pyjpegls",
    "pillow",
    "simpleitk",
    "highdicom",
    "dicom-validator",
    "deid",
    "dicom-anonymizer",
    "imagecodecs",
    "numpy",
    "pyarrow",
)


def versions() -> str:
    """The machine and what runs on it, in one line."""
    found = []
    for name in RIVALS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    return f"Python {platform.python_version()} on {machine}; {', '.join(found)}."


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    names = [one.name for one in all_journeys()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "journey", nargs="*", help=f"one or more of {', '.join(names)}; all if none"
    )
    parser.add_argument("--rounds", type=int, default=4, help="interleaved rounds a journey")
    parser.add_argument("--quick", action="store_true", help="one round, one pass, not warmed up")
    parser.add_argument("--only", action="append", help="dicomet and these contenders only")
    options = parser.parse_args(arguments)
    unknown = set(options.journey) - set(names)
    if unknown:
        parser.error(f"no journey {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


def main() -> int:
    """Print tables; 1 if a bar is missed or a contender did other work than the rest."""
    options = parse(sys.argv[1:])
    rounds, seconds = (1, 0.0) if options.quick else (options.rounds, 0.2)
    outcomes: list[Outcome] = []
    print(versions() + "\n", flush=True)
    started = time.perf_counter()
    for journey in all_journeys():
        if options.journey and journey.name not in options.journey:
            continue
        outcomes.append(measure(journey, rounds=rounds, seconds=seconds, only=options.only))
        print(journey_table(outcomes[-1]), flush=True)
    print(summary(outcomes))
    print(f"{rounds} rounds in {time.perf_counter() - started:.0f} s.", file=sys.stderr)
    return int(any(one.missed() or one.unequal() for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
