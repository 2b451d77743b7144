"""How things are measured: contenders take turns, so that a noisy machine is noisy for all of them."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Contender:
    """One way to do the work; ``run`` returns the seconds that count."""

    name: str
    run: Callable[[], float]
    seconds: list[float] = field(default_factory=list)

    @property
    def median_s(self) -> float:
        """The median of all rounds, in seconds."""
        return statistics.median(self.seconds)


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
        target = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:g}"
        return f"{self.name:<58} {self.value:>12,.3f} {self.unit:<10} {target:<10} {verdict:<7} {self.note}"


def interleave(contenders: Sequence[Contender], rounds: int) -> None:
    """Let the contenders run one after another, ``rounds`` times, the order turning each round."""
    for turn in range(rounds):
        shift = turn % len(contenders)
        for contender in [*contenders[shift:], *contenders[:shift]]:
            contender.seconds.append(contender.run())


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class ChildRun:
    """What a child process took: wall time in seconds, peak resident memory of its largest process in MB."""

    seconds: float
    peak_rss_mb: float
    output: str


def run_child(arguments: Sequence[str], *, environment: dict[str, str] | None = None) -> ChildRun:
    """Run ``python arguments`` in a process of its own and measure it; raises when it fails."""
    script = (
        "import resource, subprocess, sys, time\n"
        "began = time.perf_counter()\n"
        "done = subprocess.run([sys.executable, *sys.argv[1:]], capture_output=True, text=True)\n"
        "seconds = time.perf_counter() - began\n"
        "sys.stderr.write(done.stderr)\n"
        "print(done.stdout, end='')\n"
        "print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)\n"
        "sys.exit(done.returncode)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr[-2000:]}")
    *output, figures = done.stdout.splitlines()
    seconds, peak_rss_mb = map(float, figures.split())
    return ChildRun(seconds, peak_rss_mb, "\n".join(output))


def own_peak_rss_mb() -> float:
    """Return the peak resident memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
