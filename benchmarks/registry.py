"""The journeys, in the order of the table."""

import importlib

from .journey import Journey

MODULES = (
    "bench_headers",
    "bench_parquet",
    "bench_facade",
    "bench_structure",
    "bench_values",
    "bench_groups",
    "bench_positions",
    "bench_frames",
    "bench_codecs",
    "bench_decoders",
    "bench_write",
    "bench_transcode",
    "bench_colour",
    "bench_validate",
    "bench_deid",
    "bench_json",
    "bench_media",
    "bench_import",
)


def all_journeys() -> tuple[Journey, ...]:
    """Every journey of every module."""
    found: list[Journey] = []
    for name in MODULES:
        found += importlib.import_module(f"benchmarks.{name}").JOURNEYS
    return tuple(found)


def find_journey(name: str) -> Journey:
    """The journey of that name; KeyError if there is none."""
    for journey in all_journeys():
        if journey.name == name:
            return journey
    raise KeyError(name)
