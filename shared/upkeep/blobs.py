"""Blobs that nothing in the database owns: left by workers that died between storage and database."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.tables import Report, Upload
from shared.storage.paths import report_root, upload_root

if TYPE_CHECKING:
    from shared.upkeep.running import Upkeep

_BATCH = 500
# Long enough for any request to have written the row that owns what it stored.
_YOUNG_S = 86_400


def remove_orphaned(upkeep: "Upkeep") -> int:
    """Remove blobs of reports and uploads whose rows are gone, and return how many.

    Blobs of reports that are there are none of this: their own job looks after them. Logos and the like are not looked at.
    """
    tenant_id = upkeep.tenant_id
    return _sweep(upkeep, report_root(tenant_id), _known_reports) + _sweep(upkeep, upload_root(tenant_id), _known_uploads)


def _sweep(upkeep: "Upkeep", root: str, known: Callable[[Session, set[UUID]], set[UUID]]) -> int:
    services, removed = upkeep.services, 0
    before = upkeep.before(_YOUNG_S)
    old = (path for path, written_at in services.blobs.blobs_under(root) if written_at < before)
    while paths := list(islice(old, _BATCH)):
        upkeep.check()
        owners = {path: _owner(path, root) for path in paths}
        with services.database.tenant(upkeep.tenant_id) as session:
            living = known(session, {owner for owner in owners.values() if owner is not None})
        for path in (path for path, owner in owners.items() if owner is not None and owner not in living):
            if not upkeep.dry_run:
                services.blobs.delete(path)
            removed += 1
    return removed


def _owner(path: str, root: str) -> UUID | None:
    try:
        return UUID(path.removeprefix(root).split("/")[0])
    except ValueError:
        return None


def _known_reports(session: Session, ids: set[UUID]) -> set[UUID]:
    return set(session.scalars(select(Report.id).where(Report.id.in_(ids))))


def _known_uploads(session: Session, ids: set[UUID]) -> set[UUID]:
    return set(session.scalars(select(Upload.id).where(Upload.id.in_(ids))))
