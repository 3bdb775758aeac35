"""Measurements as the Markdown of docs/benchmarks.md."""

from collections.abc import Iterable

from .harness import Outcome
from .journey import LIMIT


def _number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, no exponent; a dash where there is nothing."""
    if value is None:
        return "–"
    decimals = 0
    while abs(value) < 10 ** (digits - 1 - decimals) and decimals < digits - 1:
        decimals += 1
    return f"{value:,.{decimals}f}"


def journey_table(outcome: Outcome) -> str:
    """One journey: each contender's time, ratios and memory, then the bars."""
    journey = outcome.journey
    unit = journey.unit
    if outcome.skipped:
        return f"### {journey.name}: {journey.title}\n\nSkipped: {outcome.skipped}.\n"
    lines = [
        f"### {journey.name}: {journey.title}",
        "",
        f"| | CPU ns / {unit} | wall ns / {unit} | × dicomet | × limit | peak MiB | added MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in journey.contenders:
        if one.label in outcome.failures:
            lines.append(f"| {one.label} | failed: {outcome.failures[one.label]} | | | | | |")
            continue
        if not outcome.series(one.label, "cpu_ns"):
            continue
        cells = (
            one.label + (f" (1/{one.share} of the work)" if one.share > 1 else ""),
            _number(outcome.median(one.label, "cpu_ns")),
            _number(outcome.median(one.label, "wall_ns")),
            _number(outcome.ratio(one.label, "dicomet")),
            _number(outcome.ratio(one.label, LIMIT)),
            _number(outcome.median(one.label, "peak_mib")),
            _number(outcome.median(one.label, "added_mib")),
        )
        lines.append("| " + " | ".join(cells) + " |")
    if journey.bars:
        lines += ["", "| bar | measured | |", "|---|---:|---|"]
        for bar in journey.bars:
            value = outcome.value(bar)
            verdict = "not measured" if value is None else "pass" if bar.holds(value) else "MISSED"
            lines.append(f"| {bar.describe()} | {_number(value)} | {verdict} |")
    lines += [f"\nUnequal work: {label}." for label in outcome.unequal()]
    return "\n".join(lines) + "\n"


def summary(outcomes: Iterable[Outcome]) -> str:
    """One line: how many bars hold."""
    listed = [one for one in outcomes if not one.skipped]
    bars = sum(len(one.journey.bars) for one in listed)
    missed = sum(len(one.missed()) for one in listed)
    unequal = sum(len(one.unequal()) for one in listed)
    return f"{bars - missed} of {bars} bars hold; {unequal} contenders did unequal work."
