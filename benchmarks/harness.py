"""Rounds of measurements, interleaved, and the numbers drawn from them.

In each round every contender runs once, in its own process, the order rotating from round to
round. What disturbs the machine then disturbs all of a round alike, so ratios are formed inside
each round and their median is reported.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .journey import DICOMET, LIMIT, Bar, CorpusMissing, Journey

ROOT = Path(__file__).resolve().parent.parent
CHILD_TIMEOUT_SECONDS = 300


@dataclass
class Outcome:
    """What a journey gave: for each contender one measurement a round, or why there is none."""

    journey: Journey
    rounds: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    skipped: str = ""  # why there is nothing

    def series(self, label: str, key: str) -> list[float]:
        """One number of a contender, round by round."""
        return [float(one[label][key]) for one in self.rounds if label in one]

    def median(self, label: str, key: str) -> float | None:
        """Median over the rounds; None where the contender has no measurement."""
        values = self.series(label, key)
        return statistics.median(values) if values else None

    def ratio(self, over: str, under: str, clock: str = "cpu") -> float | None:
        """Median of the ratios formed inside each round."""
        key = f"{clock}_ns"
        paired = [
            one[over][key] / one[under][key] for one in self.rounds if over in one and under in one
        ]
        return statistics.median(paired) if paired else None

    def value(self, bar: Bar) -> float | None:
        """The number that a bar bounds; None if it could not be measured."""
        if bar.kind == "ratio":
            return self.ratio(bar.over, bar.under, bar.clock)
        if bar.kind == "mib":
            return self.median(bar.over, "anonymous_mib")
        key = f"{bar.clock}_ns"
        if bar.kind == "ns":
            return self.median(bar.over, key)
        paired = [
            (one[bar.over][key] - one[bar.under][key]) / 1e6
            for one in self.rounds
            if bar.over in one and bar.under in one
        ]
        return statistics.median(paired) if paired else None

    def missed(self) -> list[Bar]:
        """Bars that do not hold or could not be measured; none where the journey was skipped."""
        if self.skipped:
            return []
        values = ((bar, self.value(bar)) for bar in self.journey.bars)
        return [bar for bar, value in values if value is None or not bar.holds(value)]

    def unequal(self) -> list[str]:
        """Contenders that did another amount of work than most.

        Those that were given a share of the corpus are compared by work a unit, which is nearly
        the same.
        """
        if not self.rounds:
            return []
        answers = self.rounds[0]
        whole = {one.label for one in self.journey.contenders if one.share == 1} - {LIMIT}
        most = statistics.mode([one["work"] for label, one in answers.items() if label in whole])
        wrong = []
        for label, one in answers.items():
            if label == LIMIT:
                continue
            if label in whole:
                equal = one["work"] == most
            else:
                units = next(other["units"] for other in answers.values() if other["work"] == most)
                equal = abs(one["work"] / one["units"] / (most / units) - 1) < 0.02
            if not equal:
                wrong.append(label)
        return wrong


def run_child(journey: Journey, label: str, seconds: float) -> dict[str, Any]:
    """One measurement in a fresh process; RuntimeError with the reason if there is no answer."""
    command = [sys.executable, "-m", "benchmarks.child", journey.name, label, str(seconds)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # idle threads would count as CPU time
            capture_output=True,
            text=True,
            check=False,
            timeout=CHILD_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no answer in {CHILD_TIMEOUT_SECONDS} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise RuntimeError(lines[-1])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure(
    journey: Journey, *, rounds: int, seconds: float, only: Iterable[str] | None = None
) -> Outcome:
    """Run a journey: interleaved rounds, rotating order."""
    outcome = Outcome(journey)
    labels = [
        one.label
        for one in journey.contenders
        if only is None or one.label in only or one.module == f"{DICOMET}_"
    ]
    try:
        for share in sorted({one.share for one in journey.contenders}):
            journey.prepare(share)  # corpora are made before anything is timed
    except CorpusMissing as reason:
        outcome.skipped = str(reason)
        return outcome
    for number in range(rounds):
        turn = number % len(labels)
        answers: dict[str, dict[str, Any]] = {}
        for label in labels[turn:] + labels[:turn]:
            if label in outcome.failures:
                continue
            try:
                answers[label] = run_child(journey, label, seconds)
            except RuntimeError as reason:
                outcome.failures[label] = str(reason)
        outcome.rounds.append({label: answers[label] for label in labels if label in answers})
    return outcome
