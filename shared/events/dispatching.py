"""Passing events on: a batch at a time, in the order they happened, each exactly once."""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import DomainEvent
from shared.events import outbox

_log = logging.getLogger(__name__)

_BATCH = 100
_MOST_BATCHES = 50

Subscriber = Callable[[Session, DomainEvent], None]
"""Writes what follows from an event (deliveries, messages) in the transaction it is given; sends nothing itself."""


def dispatch(database: Database, subscribers: Sequence[Subscriber]) -> int:
    """Hand every waiting event to every subscriber and return how many were passed on.

    ``database`` is the login across tenants. What the subscribers write and the note that the event was passed on are
    committed together. An event on which one of them fails is put off, with the reason, and stops no other.
    """
    passed_on = 0
    for _ in range(_MOST_BATCHES):
        with database.across_tenants() as session:
            events = outbox.claim(session, limit=_BATCH)
            well = [event.id for event in events if _pass_on(session, event, subscribers)]
            if well:
                outbox.done(session, well)
        passed_on += len(well)
        if len(events) < _BATCH:
            break
    return passed_on


def _pass_on(session: Session, event: DomainEvent, subscribers: Sequence[Subscriber]) -> bool:
    try:
        with session.begin_nested():
            for subscriber in subscribers:
                subscriber(session, event)
            session.flush()
    except Exception as error:  # noqa: BLE001 - one event must not hold up the others; the row keeps the reason
        _log.warning(
            "an event could not be passed on and waits",
            extra={"action": "event_postponed", "event_id": str(event.id), "type": event.type},
            exc_info=error,
        )
        outbox.postpone(session, event, type(error).__name__)
        return False
    return True
