"""Domain events: recorded in the transaction that causes them, passed on by whoever ticks, so that none is lost."""

from shared.events.outbox import record
from shared.events.types import EventType

__all__ = ["EventType", "record"]
