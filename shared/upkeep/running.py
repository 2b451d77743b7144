"""One run of upkeep for one tenant: every removal on its own fate, a batch a transaction, each result kept."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from shared.audit.actor import SERVICE
from shared.audit.log import log_auth_event
from shared.audit.types import AuditType
from shared.database.tables import UpkeepRun
from shared.services import Services
from shared.storage.blobs import StorageUnavailableError
from shared.upkeep import audit_entries, blobs, reports, snapshots
from shared.upkeep.removals import BATCH, COUNTED_AT_MOST, DELETED_REPORTS, MFA_REMOVALS, REMOVALS, Removal
from shared.upkeep.rules import RetentionRules, rules_for

_log = logging.getLogger(__name__)


@dataclass
class Upkeep:
    """What one run works with, and what it has done."""

    services: Services
    tenant_id: UUID
    rules: RetentionRules
    now: datetime
    dry_run: bool = False
    check: Callable[[], None] = lambda: None
    """Raises where the run should stop; called between batches."""
    counts: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def before(self, age_s: int) -> datetime:
        """Return the moment before which something of that age is old."""
        return self.now - timedelta(seconds=age_s)


Step = Callable[[Upkeep], int]
"""Removes one kind of things, or counts them on a dry run, and returns how many."""


def run_upkeep(
    services: Services,
    tenant_id: UUID,
    *,
    dry_run: bool = False,
    job_id: UUID | None = None,
    check: Callable[[], None] = lambda: None,
    on_step: Callable[[int, int, str], None] = lambda _done, _all, _name: None,
    steps: Sequence[tuple[str, Step]] = (),
) -> Upkeep:
    """Remove what served its time, or count it on a dry run; keep the result as a row and in the audit log.

    A removal that fails is noted and leaves the others alone. ``steps`` does some removals alone, such as
    :data:`MFA_STEPS`; all where none are given.
    """
    with services.database.tenant(tenant_id) as session:
        rules, _, _ = rules_for(session, services.settings)
    upkeep = Upkeep(services, tenant_id, rules, datetime.now(UTC), dry_run, check)
    begun = time.monotonic()
    steps = steps or _steps()
    for number, (name, step) in enumerate(steps):
        check()
        on_step(number, len(steps), name)
        try:
            upkeep.counts[name] = step(upkeep)
        except (SQLAlchemyError, StorageUnavailableError) as error:
            _log.exception("a removal failed", extra={"action": "upkeep_failed", "removal": name})
            upkeep.problems[name] = type(error).__name__
    _keep(upkeep, job_id, time.monotonic() - begun)
    return upkeep


def remove(upkeep: Upkeep, removal: Removal) -> int:
    """Remove the rows of one kind, or count them on a dry run, and return how many."""
    age_s = removal.age_s(upkeep.rules)
    if age_s is None:
        return 0
    database, given = upkeep.services.database, {"tenant": str(upkeep.tenant_id), "before": upkeep.before(age_s)}
    if upkeep.dry_run:
        with database.tenant(upkeep.tenant_id) as session:
            return int(session.scalar(removal.count, {**given, "limit": COUNTED_AT_MOST}) or 0)
    removed = 0
    while True:
        upkeep.check()
        # Should the server die, the next run removes them again: not worth a wait for the disk.
        with database.tenant(upkeep.tenant_id, durable=False) as session:
            gone: int = session.execute(removal.delete, {**given, "limit": BATCH}).rowcount  # type: ignore[attr-defined]
        removed += gone
        if gone < BATCH:
            return removed


def _steps() -> list[tuple[str, Step]]:
    return [
        # Reports first: what they needed can go after them.
        ("reports", reports.hide_old),
        ("files", reports.release_old_files),
        _step(DELETED_REPORTS),
        ("snapshots", snapshots.remove_old),
        *map(_step, REMOVALS),
        *MFA_STEPS,
        ("audit_entries", audit_entries.remove_old),
        ("orphaned_blobs", blobs.remove_orphaned),
    ]


def _step(removal: Removal) -> tuple[str, Step]:
    return removal.name, lambda upkeep: remove(upkeep, removal)


MFA_STEPS = tuple(map(_step, MFA_REMOVALS))
"""Authenticator devices that nobody confirmed in time, and backup codes that were used long ago."""


def _keep(upkeep: Upkeep, job_id: UUID | None, duration_s: float) -> None:
    told = {"dry_run": upkeep.dry_run, "counts": upkeep.counts, "problems": upkeep.problems}
    with upkeep.services.database.tenant(upkeep.tenant_id) as session:
        session.add(
            UpkeepRun(
                tenant_id=upkeep.tenant_id,
                job_id=job_id,
                rules=msgspec.to_builtins(upkeep.rules),
                duration_s=round(duration_s, 3),
                **told,
            )
        )
        log_auth_event(session, upkeep.tenant_id, AuditType.UPKEEP_DONE, SERVICE, details=told)
