"""Who drives ticks: the timer of the front, and the worker's own clock where the timer is silent."""

from enum import StrEnum


class Driver(StrEnum):
    """The kinds of drivers; each is a row of its own among the heartbeats, and a label of the metric."""

    TIMER = "functions timer"
    CLOCK = "worker clock"
    OTHER = "somebody else"
    """An operator, or a test."""


def driver_of(name: str) -> Driver:
    """Return what kind of driver calls itself ``name``; timers add that they are late."""
    return next((kind for kind in (Driver.TIMER, Driver.CLOCK) if name.startswith(kind.value)), Driver.OTHER)
