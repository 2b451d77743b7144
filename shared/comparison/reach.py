"""How far a snapshot reaches: what it was narrowed to when it was read from Azure, and what could not be read.

What lies beyond a snapshot's reach is not gone because it does not hold it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, cast, exists, func, literal, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from shared.database.tables import Report, Snapshot

# Subscriptions are a matter of reach; every other filter makes another kind of snapshot.
_OF_SUBSCRIPTIONS = "subscription_ids"


@dataclass(frozen=True)
class Reach:
    """The subscriptions that a snapshot could hold findings of."""

    read: frozenset[str] | None = None
    """Ids in lower case; ``None``: all that there are, as far as is known."""

    def holds(self, subscription: str) -> bool:
        """Return whether findings of a subscription, named by its id in lower case, would be there."""
        return self.read is None or subscription in self.read


UNLIMITED = Reach()


def reach_of(snapshot: Snapshot) -> Reach:
    """Return the reach of a snapshot; of an export nothing is known, which counts as unlimited."""
    return UNLIMITED if snapshot.subscriptions is None else Reach(frozenset(snapshot.subscriptions))


def refused_in(snapshot: Snapshot) -> frozenset[str]:
    """Return the subscriptions that were asked for and could not be read, by id in lower case; of thousands the first."""
    fetch = snapshot.details.get("fetch") or {}
    return frozenset(one["subscription_id"].lower() for one in fetch.get("subscriptions_refused", ()))


def unread_rows_of(snapshot: Snapshot) -> int:
    """Return how many rows of a snapshot's source could not be read, or were counted by Azure and never given."""
    return snapshot.rejected_count + int((snapshot.details.get("fetch") or {}).get("missing") or 0)


def are_alike(one: Snapshot, other: Snapshot) -> bool:
    """Return whether two snapshots were narrowed to the same categories, impacts, resource groups, types and tag, if any."""
    return _narrowing(one) == _narrowing(other)


def is_like(snapshot: Snapshot) -> ColumnElement[bool]:
    """Return the condition on other snapshots that :func:`are_alike` has."""
    nothing: ColumnElement[Any] = cast(literal("{}"), JSONB)
    narrowing = func.coalesce(Snapshot.details["fetch"]["filters"], nothing).op("-")(_OF_SUBSCRIPTIONS)
    return narrowing == cast(literal(_narrowing(snapshot), JSONB), JSONB)


def _narrowing(snapshot: Snapshot) -> dict[str, Any]:
    filters = (snapshot.details.get("fetch") or {}).get("filters") or {}
    return {name: value for name, value in filters.items() if name != _OF_SUBSCRIPTIONS}


def is_of_run(report_id: UUID) -> ColumnElement[bool]:
    """Return the condition on snapshots that were taken for the same run of a schedule as a report, for another type."""
    same_run = select(Report.schedule_run_id).where(Report.id == report_id).scalar_subquery()
    return exists().where(Report.snapshot_id == Snapshot.id, Report.schedule_run_id == same_run, Report.id != report_id)


def is_superseded(until: Snapshot | None = None) -> ColumnElement[bool]:
    """Return the condition on snapshots of which the same run of a schedule took a later one, no later than ``until``."""
    mine, other, later = aliased(Report), aliased(Report), aliased(Snapshot)
    return exists().where(
        mine.snapshot_id == Snapshot.id,
        other.schedule_run_id == mine.schedule_run_id,
        other.client_id == mine.client_id,
        later.id == other.snapshot_id,
        later.taken_at > Snapshot.taken_at,
        later.taken_at <= until.taken_at if until is not None else true(),
    )
