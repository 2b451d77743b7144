"""Domain events: recorded in the transaction that causes them, passed on by whoever ticks, so that none is lost."""

from shared.events.outbox import Happened, record, record_all
from shared.events.types import EventType

__all__ = ["EventType", "Happened", "record", "record_all"]
