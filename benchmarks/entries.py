"""How a journey becomes pytest-benchmark entries: one a contender, grouped by journey.

The measurements come from interleaved child processes (see `benchmarks.harness`); each entry
replays its own rounds through a clock that stands still but for them, so that the plugin's tables,
JSON files and comparisons show CPU time of the work and nothing of the processes around it.
"""

from typing import Any

import pytest

from .harness import Outcome, measure
from .journey import Journey
from .registry import all_journeys

JOURNEYS = all_journeys()


class ReplayClock:
    """A timer for pytest-benchmark that moves only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        """The time, in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        self.now += seconds


CLOCK = ReplayClock()


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    """Measurements by journey."""
    return {}


@pytest.fixture
def outcome(journey: Journey, outcomes: dict[str, Outcome], pytestconfig: pytest.Config) -> Outcome:
    """The journey's measurements, taken once a session."""
    if journey.name not in outcomes:
        rounds = int(pytestconfig.getoption("--rounds"))
        outcomes[journey.name] = measure(journey, rounds=rounds, seconds=0.2)
    if outcomes[journey.name].skipped:
        pytest.skip(outcomes[journey.name].skipped)
    return outcomes[journey.name]


@pytest.mark.parametrize(
    ("journey", "label"),
    [
        pytest.param(journey, one.label, id=f"{journey.name}-{one.label}")
        for journey in JOURNEYS
        for one in journey.contenders
    ],
)
@pytest.mark.benchmark(timer=CLOCK.read)
def bench(benchmark: Any, outcome: Outcome, label: str) -> None:
    """Hand a contender's rounds to the plugin."""
    if label in outcome.failures:
        pytest.fail(f"{label}: {outcome.failures[label]}", pytrace=False)
    benchmark.group = outcome.journey.name
    share = next(one.share for one in outcome.journey.contenders if one.label == label)
    units = outcome.rounds[0][label]["units"] * share  # of the whole job, which a share stands for
    passes = iter([cpu_ns * units / 1e9 for cpu_ns in outcome.series(label, "cpu_ns")])
    benchmark.extra_info |= {
        f"ns_per_{outcome.journey.unit}": outcome.median(label, "cpu_ns"),
        f"wall_ns_per_{outcome.journey.unit}": outcome.median(label, "wall_ns"),
        "peak_mib": outcome.median(label, "peak_mib"),
        "added_mib": outcome.median(label, "added_mib"),
        "ratio_to_dicomet": outcome.ratio(label, "dicomet"),
        "units": units,
    }
    benchmark.pedantic(lambda: CLOCK.advance(next(passes)), rounds=len(outcome.rounds))
    assert label not in outcome.unequal(), "another amount of work than the others"


@pytest.mark.parametrize(
    "journey", [pytest.param(one, id=one.name) for one in JOURNEYS if one.bars]
)
def bench_bars(outcome: Outcome) -> None:
    """Every bar of the journey holds."""
    missed = [f"{bar.describe()}: {outcome.value(bar)}" for bar in outcome.missed()]
    assert not missed, "; ".join(missed)
