"""Entries of the audit log that served their time, type by type; their links in the chain stay and say that they went."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update

from shared.audit.types import AuditType
from shared.database.session import Database
from shared.database.tables import AuditEvent, AuditSeal
from shared.services import Services

if TYPE_CHECKING:
    from shared.upkeep.running import Upkeep

_BATCH = 2000
_DAY_S = 86_400


def remove_old(upkeep: "Upkeep") -> int:
    """Remove the tenant's entries that are older than those of their type are kept, and return how many.

    As the login across tenants: that of the application may not touch an entry.
    """
    return sum(_remove_type(upkeep, audit_type) for audit_type in AuditType)


def remove_old_of_nobody(services: Services) -> int:
    """Remove old entries of no tenant, such as of callers whom nobody knows; by the installation's rules."""
    before = datetime.now(UTC) - timedelta(days=services.settings.audit_retention_days)
    return sum(_remove(services.system_database, _old(None, audit_type, before)) for audit_type in AuditType)


def _remove_type(upkeep: "Upkeep", audit_type: AuditType) -> int:
    days = upkeep.rules.audit_days_by_type.get(audit_type, upkeep.rules.audit_days)
    if days is None:
        return 0
    old = _old(upkeep.tenant_id, audit_type, upkeep.before(days * _DAY_S))
    database = upkeep.services.system_database
    if upkeep.dry_run:
        with database.across_tenants() as session:
            return session.scalars(select(func.count()).select_from(old.subquery())).one()
    return _remove(database, old, upkeep.check)


def _old(tenant_id: UUID | None, audit_type: AuditType, before: datetime) -> Select[UUID]:
    sealed = select(AuditSeal.event_id).where(AuditSeal.event_id == AuditEvent.id).exists()
    return (
        select(AuditEvent.id)
        .where(
            AuditEvent.tenant_id.is_(None) if tenant_id is None else AuditEvent.tenant_id == tenant_id,
            AuditEvent.type == audit_type.value,
            AuditEvent.occurred_at < before,
            # What has no place in the chain yet would leave no trace.
            sealed,
        )
        .order_by(AuditEvent.occurred_at)
    )


def _remove(database: Database, old: Select[UUID], check: Callable[[], None] = lambda: None) -> int:
    removed = 0
    while True:
        check()
        with database.across_tenants() as session:
            entries: list[UUID] = list(session.scalars(old.limit(_BATCH)))
            session.execute(
                update(AuditSeal)
                .where(AuditSeal.event_id.in_(entries))
                .values(removed_at=func.clock_timestamp())
                .execution_options(synchronize_session=False)
            )
            session.execute(delete(AuditEvent).where(AuditEvent.id.in_(entries)))
        removed += len(entries)
        if len(entries) < _BATCH:
            return removed
