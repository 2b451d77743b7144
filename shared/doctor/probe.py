"""Probes: one question to one dependency, asked with a time limit, answered in a sentence."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shared.errors import AdvisorReportsError
from shared.telemetry.redaction import redact

_LONGEST_TEXT = 300


class State(StrEnum):
    """What became of a probe."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There is no such dependency in these settings."""


@dataclass(frozen=True)
class Probe:
    """One question: ``ask`` returns what was seen in a few words, or raises."""

    name: str
    """Unique, stable, for scripts."""
    leg: str
    """What is asked, for people."""
    ask: Callable[[], str]
    limit_s: float
    next_step: str
    """What to do where ``ask`` raises something that does not say so itself."""
    skipped: str = ""
    """Why it is not asked; empty where it is."""


@dataclass(frozen=True)
class Result:
    """What a probe found; ``next_step`` is empty unless it failed. Never holds a secret."""

    name: str
    leg: str
    state: State
    duration_ms: float
    message: str
    next_step: str = ""
    error: Exception | None = field(default=None, repr=False, compare=False)
    """What was raised; not for showing."""


def run(probes: Sequence[Probe], *, on_result: Callable[[Result], None] = lambda _: None) -> list[Result]:
    """Ask all ``probes`` at once and return their results in order, each as known after its own time limit at the latest.

    ``on_result`` gets each result in the same order, as soon as it and all before it are known. A probe that hangs keeps a
    thread that ends with the process.
    """
    running = [_Running(probe) for probe in probes]
    results = []
    for one in running:
        result = one.result()
        on_result(result)
        results.append(result)
    return results


class _Running:
    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._begun = time.monotonic()
        self._done: Result | None = None
        # Not a pool's: those are waited for as the interpreter ends, however long they hang.
        self._thread = threading.Thread(target=self._ask, name=f"probe {probe.name}", daemon=True)
        if not probe.skipped:
            self._thread.start()

    def result(self) -> Result:
        probe = self._probe
        if probe.skipped:
            return Result(probe.name, probe.leg, State.SKIPPED, 0.0, probe.skipped)
        self._thread.join(max(0.0, self._begun + probe.limit_s - time.monotonic()))
        if self._done is not None:
            return self._done
        message = f"No answer within {probe.limit_s:g} s."
        late = TimeoutError(message)
        return Result(probe.name, probe.leg, State.FAILED, probe.limit_s * 1000, message, probe.next_step, late)

    def _ask(self) -> None:
        probe, next_step = self._probe, ""
        error: Exception | None = None
        try:
            message = probe.ask()
        except AdvisorReportsError as own:
            error, message, next_step = own, own.message, own.next_step or probe.next_step
        except Exception as other:  # noqa: BLE001 - whatever it is, this leg does not carry
            error, message, next_step = other, describe(other), probe.next_step
        state = State.OK if error is None else State.FAILED
        duration_ms = round((time.monotonic() - self._begun) * 1000, 1)
        self._done = Result(probe.name, probe.leg, state, duration_ms, redact(message), redact(next_step), error)


def describe(error: BaseException) -> str:
    """Return the kind of ``error`` and what it says, on one line and without a secret."""
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    return redact(f"{type(error).__name__}: {text}" if text else type(error).__name__)[:_LONGEST_TEXT]
