"""What a benchmark is: a journey, those who travel it, and the bars it must clear."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

DICOMET = "dicomet"
LIMIT = "limit"


class CorpusMissing(Exception):
    """A corpus cannot be made here: the journey is skipped, with this as the reason."""


@dataclass(frozen=True)
class Contender:
    """A function of an adapter in `benchmarks.rivals`.

    ``share`` is the part of the work, one in so many, that a slow library is given; its times are
    counted per unit, so that they compare.
    """

    label: str
    module: str
    function: str
    share: int = 1


@dataclass(frozen=True)
class Bar:
    """A stated bound on one number: over / under, over - under, or over alone.

    ``ratio`` divides the time a unit of ``over`` by that of ``under``; ``ms`` subtracts them;
    ``ns`` takes ``over`` alone; ``mib`` takes the anonymous memory that ``over`` added at its peak:
    pages of a mapped file are the system's to take back.
    """

    kind: Literal["ratio", "ms", "ns", "mib"]
    over: str
    under: str = DICOMET
    at_least: float | None = None
    at_most: float | None = None
    clock: Literal["cpu", "wall"] = "cpu"

    def holds(self, value: float) -> bool:
        """Whether the measured value clears the bar."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def describe(self) -> str:
        """The bar in words."""
        bound = f"≥ {self.at_least:,.9g}" if self.at_least is not None else f"≤ {self.at_most:,.9g}"
        wall = ", wall time" if self.clock == "wall" else ""
        if self.kind == "ratio":
            return f"{self.over} / {self.under} {bound}×{wall}"
        if self.kind == "ms":
            return f"{self.over} − {self.under} {bound} ms{wall}"
        if self.kind == "mib":
            return f"{self.over} adds {bound} MiB of anonymous memory"
        return f"{self.over} {bound} ns{wall}"


@dataclass(frozen=True)
class Journey:
    """One job, done by every contender on the same corpus.

    ``prepare(share)`` returns the arguments of the adapter function and how many units of work
    they hold, 0 where the adapter counts them itself; it raises `CorpusMissing` where the corpus
    cannot be had.
    """

    name: str
    title: str
    unit: str
    prepare: Callable[[int], tuple[tuple[Any, ...], float]]
    contenders: tuple[Contender, ...]
    bars: tuple[Bar, ...] = ()
    processes: bool = False  # the work happens in processes that the adapter starts


def contenders(
    function: str, *modules: str, slow: dict[str, int] | None = None
) -> tuple[Contender, ...]:
    """dicomet, the named rivals and the physical limit, all by the same function."""
    shares = slow or {}
    return tuple(
        Contender(name, f"{name}_", function, shares.get(name, 1))
        for name in (DICOMET, *modules, LIMIT)
    )


def faster_than(**factors: float) -> tuple[Bar, ...]:
    """dicomet at least so many times as fast as each named library."""
    return tuple(Bar("ratio", over=name, at_least=factor) for name, factor in factors.items())
