"""How things are measured: contenders take turns, so that a noisy machine is noisy for all of them."""

import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    quick: bool = False
    """Small sizes, to see that the measurements work; the figures then say little."""
    rounds: int | None = None

    def rounds_or(self, usual: int) -> int:
        """Return how many rounds to measure where ``usual`` is enough for a steady median."""
        return self.rounds or (1 if self.quick else usual)

    def size(self, usual: int, *, quick: int) -> int:
        """Return how many rows, samples or seconds to measure with."""
        return quick if self.quick else usual


@dataclass(frozen=True)
class Finding:
    """One measured figure beside its target; ``value`` and ``target`` have the unit that ``unit`` names."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was met, ``None`` where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def __str__(self) -> str:
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        target = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:,g}"
        value = f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:,.3g}"
        return f"  {self.name:<58} {value:>9} {self.unit:<7} {target:<10} {verdict:<6} {self.note}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON holds it."""
        return {**asdict(self), "met": self.met}


@dataclass
class Contender:
    """One way to do the work; ``run`` returns the figure of one round: seconds, or a rate."""

    name: str
    run: Callable[[], float]
    figures: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.figures)

    @property
    def spread(self) -> str:
        """The lowest and highest round, in words."""
        if len(self.figures) == 1:
            return "1 round"
        return f"{len(self.figures)} rounds, {_short(min(self.figures))} to {_short(max(self.figures))}"


def interleave(contenders: Sequence[Contender], rounds: int) -> None:
    """Let the contenders run one after another, ``rounds`` times, the order turning each round."""
    for turn in range(rounds):
        shift = turn % len(contenders)
        for contender in [*contenders[shift:], *contenders[:shift]]:
            contender.figures.append(contender.run())


def ratio(of: Contender, to: Contender) -> float:
    """Return the median over the rounds of ``of``'s figure divided by ``to``'s in the same round."""
    return statistics.median(a / b for a, b in zip(of.figures, to.figures, strict=True))


def ratio_spread(of: Contender, to: Contender) -> str:
    """Return the lowest and highest ratio of one round, in words."""
    ratios = [a / b for a, b in zip(of.figures, to.figures, strict=True)]
    return f"rounds {min(ratios):.2f} to {max(ratios):.2f}"


@dataclass
class Stopwatch:
    """How long a block took, in seconds; known at its end."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Measure the block."""
    watch = Stopwatch()
    began = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak_rss_mb() -> float:
    """Return the peak resident memory of this process, in MB (2^20 bytes).

    Not ``ru_maxrss``: a process inherits that of the one that started it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def children_peak_rss_mb() -> float:
    """Return the peak resident memory of the largest child that ended, at least that of this process when it began it."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.3g}"
