"""How far this machine's clock is from others: tokens, links and leases all rest on times that two sides compare."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import AdvisorReportsError

TOLERATED_S = 30.0
"""Entra and Azure Storage forgive five minutes (learn.microsoft.com, "Create a user delegation SAS"); a tenth of that leaves
time to put the clock right before anything fails."""


class ClockSkewError(AdvisorReportsError):
    """This machine's clock is wrong, or the other side's."""

    code = "clock_skew"


@dataclass(frozen=True)
class Reading:
    """What another clock said, and when by ours it was asked and had answered; in seconds since 1970."""

    theirs: float
    asked_at: float
    answered_at: float


def read(ask: Callable[[], float]) -> Reading:
    """Ask another clock, noting the time by ours before and after."""
    asked_at = time.time()
    theirs = ask()
    return Reading(theirs, asked_at, time.time())


def judge(reading: Reading, whose: str) -> str:
    """Say how far our clock is from ``whose``; raises :class:`ClockSkewError` where it is surely more than 30 s."""
    # The answer was made at some time in between.
    skew_s = (reading.asked_at + reading.answered_at) / 2 - reading.theirs
    where = "ahead of" if skew_s > 0 else "behind"
    if abs(skew_s) - (reading.answered_at - reading.asked_at) / 2 > TOLERATED_S:
        raise ClockSkewError(
            f"This machine's clock is {abs(skew_s):,.0f} s {where} {whose}.",
            next_step="Let this machine take its time from a time server (NTP), then start again.",
        )
    return f"{abs(skew_s):.1f} s {where} {whose}"
