"""Snapshots that served their time: those that no report needs, and that are not their client's newest."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from shared.upkeep.removals import BATCH

if TYPE_CHECKING:
    from shared.upkeep.running import Upkeep

_DAY_S = 86_400
_MOST_SNAPSHOTS = 1000
_OLD = text(
    "select s.id from snapshot s where s.tenant_id = cast(:tenant as uuid) and s.created_at < :before"
    " and not exists (select from report r where r.snapshot_id = s.id)"
    " and exists (select from snapshot later where later.tenant_id = s.tenant_id and later.client_id = s.client_id"
    " and later.taken_at > s.taken_at)"
    " order by s.created_at limit :limit"
)
# Many rows hang on a snapshot: they go first, a batch at a time, by the key that begins with the snapshot.
_REMOVE_ROWS = text(
    "delete from recommendation where snapshot_id = :id and id in"
    " (select id from recommendation where snapshot_id = :id order by id limit :limit)"
)
_LOCK = text("select 1 from snapshot where id = :id for update")
_NEEDED = text("select 1 from report where snapshot_id = :id limit 1")
_REMOVE = text("delete from snapshot where id = :id")


def remove_old(upkeep: "Upkeep") -> int:
    """Remove snapshots older than snapshots are kept, with their rows, and return how many."""
    days = upkeep.rules.snapshots_days
    if days is None:
        return 0
    given = {"tenant": str(upkeep.tenant_id), "before": upkeep.before(days * _DAY_S), "limit": _MOST_SNAPSHOTS}
    with upkeep.services.database.tenant(upkeep.tenant_id) as session:
        old: list[UUID] = list(session.scalars(_OLD, given))
    return len(old) if upkeep.dry_run else sum(_remove(upkeep, snapshot_id) for snapshot_id in old)


def _remove(upkeep: "Upkeep", snapshot_id: UUID) -> bool:
    """Remove one snapshot as a whole, or not at all: nobody must find half of it.

    Whoever orders a report from it meanwhile waits for the lock, and finds it gone; readers of other snapshots do not.
    """
    with upkeep.services.database.tenant(upkeep.tenant_id, durable=False) as session:
        given = {"id": snapshot_id}
        if session.execute(_LOCK, given).first() is None or session.execute(_NEEDED, given).first() is not None:
            return False
        gone = BATCH
        while gone == BATCH:
            upkeep.check()
            gone = session.execute(_REMOVE_ROWS, {**given, "limit": BATCH}).rowcount  # type: ignore[attr-defined]
        session.execute(_REMOVE, given)
    return True
