"""The audit log as read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, page_query

COLUMNS = (
    *("id", "occurred_at", "type", "result", "actor_kind", "actor_id", "actor_name"),
    *("target_kind", "target_id", "target_name", "ip", "user_agent", "device", "details"),
)
# Sealed: whether the entry has its place in the chain is for operators; callers see every entry at once.
_SELECT = f"select {', '.join(COLUMNS)} from audit_event"  # noqa: S608 - own names
_MOMENT = "%(after_value)s::timestamptz"

ORDERS = {
    "-occurred_at": Order("occurred_at", "occurred_at", _MOMENT, descending=True, parse=datetime.fromisoformat),
    "occurred_at": Order("occurred_at", "occurred_at", _MOMENT, parse=datetime.fromisoformat),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; ``None`` and empty wants all."""

    types: tuple[str, ...] = ()
    result: str | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    ip: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def listing(wanted: Filter, *, place: Place) -> Query:
    """Return the query of one page of entries."""
    conditions = Conditions()
    # Row-level security says the same; said here, it lets the indexes that begin with the tenant serve.
    conditions.add("tenant_id = (select current_tenant_id())")
    conditions.add_given("type = any(%(types)s)", types=list(wanted.types))
    conditions.add_given("result = %(result)s", result=wanted.result)
    conditions.add_given("actor_id = %(actor_id)s", actor_id=wanted.actor_id)
    conditions.add_given("target_id = %(target_id)s", target_id=wanted.target_id)
    conditions.add_given("ip = %(ip)s", ip=wanted.ip)
    conditions.add_given("occurred_at >= %(since)s", since=wanted.since)
    conditions.add_given("occurred_at < %(until)s", until=wanted.until)
    return page_query(_SELECT, conditions, place)
