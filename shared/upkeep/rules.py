"""How long what is kept: the installation's settings, and what a tenant decides otherwise."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.audit.types import AuditType
from shared.database.tables import Retention
from shared.reporting.clients import VersionConflictError
from shared.settings import Settings

MAX_DAYS = 36_500
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]


class RetentionRules(msgspec.Struct, frozen=True, kw_only=True):
    """Days after which rows of each kind are removed; ``None`` keeps them for ever."""

    reports_days: Days | None = None
    files_days: Days | None = None
    """Of files alone; the report stays and makes them again when asked."""
    snapshots_days: Days | None = None
    rejected_rows_days: Days | None = 365
    jobs_days: Days | None = 90
    schedule_runs_days: Days | None = 180
    events_days: Days | None = 30
    """Of those that no delivery is about; the others stay as long as their deliveries."""
    deliveries_days: Days | None = 90
    """Of deliveries to webhooks that ended, with their attempts."""
    mails_days: Days | None = 90
    """Of mails that ended, with their attempts."""
    audit_days: Days | None = 730
    audit_days_by_type: dict[AuditType, Days] = {}
    credential_checks_days: Days | None = 90
    upkeep_runs_days: Days | None = 400
    unconfirmed_totp_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * MAX_DAYS)] = 24
    used_backup_codes_days: Days = 90


def rules_of(settings: Settings) -> RetentionRules:
    """Return the rules of the installation."""
    return RetentionRules(
        reports_days=settings.report_retention_days,
        files_days=settings.file_retention_days,
        snapshots_days=settings.snapshot_retention_days,
        rejected_rows_days=settings.rejected_row_retention_days,
        jobs_days=settings.job_retention_days,
        schedule_runs_days=settings.schedule_run_retention_days,
        events_days=settings.event_retention_days,
        deliveries_days=settings.delivery_retention_days,
        mails_days=settings.mail_retention_days,
        audit_days=settings.audit_retention_days,
        credential_checks_days=settings.credential_check_retention_days,
        upkeep_runs_days=settings.upkeep_run_retention_days,
        unconfirmed_totp_hours=settings.unconfirmed_totp_retention_hours,
        used_backup_codes_days=settings.used_backup_code_retention_days,
    )


def rules_for(session: Session, settings: Settings) -> tuple[RetentionRules, dict[str, Any], int]:
    """Return the rules of the transaction's tenant, those of them that are its own, and their version (0: none yet)."""
    row = session.scalars(select(Retention)).one_or_none()
    own = dict(row.rules) if row else {}
    # Fields of a later release are left alone.
    known = {name: value for name, value in own.items() if name in RetentionRules.__struct_fields__}
    merged = {**msgspec.to_builtins(rules_of(settings)), **known}
    return msgspec.convert(merged, RetentionRules), own, row.version if row else 0


def set_rules(session: Session, tenant_id: UUID, own: dict[str, Any], *, version: int | None) -> None:
    """Let the tenant keep to these rules instead of the installation's, in place of all that it set before.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Raises
    :class:`~shared.reporting.clients.VersionConflictError`.
    """
    row = session.scalars(select(Retention).with_for_update()).one_or_none()
    if version is not None and version != (row.version if row else 0):
        raise VersionConflictError
    changed = {"rules": own, "updated_at": func.clock_timestamp()}
    session.execute(
        insert(Retention)
        .values(tenant_id=tenant_id, **changed)
        .on_conflict_do_update(index_elements=[Retention.tenant_id], set_={**changed, "version": Retention.version + 1})
    )
