"""What upkeep removes from the database, each by an index that leads to the tenant's oldest rows, a batch at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from shared.upkeep.rules import RetentionRules

# Rows of a batch are locked for milliseconds, and readers wait for none of them.
BATCH = 5000
COUNTED_AT_MOST = 1_000_000

_DAY_S = 86_400
_HOUR_S = 3600
# Deleted reports stay so long that a mistake can be mended, schedules likewise.
_DELETED_KEPT_S = 30 * _DAY_S
_AT_ONCE_S = 0


@dataclass(frozen=True)
class Removal:
    """Rows of one kind that served their time."""

    name: str
    table: str
    condition: str
    """Of rows that go, with ``:before`` for the moment before which they are old; fits an index of (tenant, age)."""
    order: str
    age_s: Callable[[RetentionRules], int | None]
    """How old they must be; ``None``: they are kept for ever."""

    @property
    def delete(self) -> TextClause:
        """Return the statement that removes one batch."""
        return text(f"delete from {self.table} where ctid = any(array({self._old('ctid')}))")  # noqa: S608 - own texts

    @property
    def count(self) -> TextClause:
        """Return the statement that counts what would go, up to a bound."""
        return text(f"select count(*) from ({self._old('1')}) as old")  # noqa: S608 - own texts

    def _old(self, what: str) -> str:
        tenant = "tenant_id = cast(:tenant as uuid)"
        return f"select {what} from {self.table} where {tenant} and {self.condition} order by {self.order} limit :limit"  # noqa: S608


def _days(field: str) -> Callable[[RetentionRules], int | None]:
    def age_s(rules: RetentionRules) -> int | None:
        days = getattr(rules, field)
        return None if days is None else days * _DAY_S

    return age_s


REMOVALS = (
    Removal("rejected_rows", "rejected_row", "created_at < :before", "created_at", _days("rejected_rows_days")),
    Removal("jobs", "job", "finished_at < :before", "finished_at", _days("jobs_days")),
    Removal("schedule_runs", "schedule_run", "finished_at < :before", "finished_at", _days("schedule_runs_days")),
    Removal("deleted_schedules", "schedule", "deleted_at < :before", "deleted_at", lambda _: _DELETED_KEPT_S),
    # Attempts go first: a batch of deliveries would take many times its number of them along.
    Removal("webhook_attempts", "webhook_attempt", "started_at < :before", "started_at", _days("deliveries_days")),
    Removal("webhook_deliveries", "webhook_delivery", "finished_at < :before", "finished_at", _days("deliveries_days")),
    Removal(
        "events",
        "domain_event",
        # Whoever replays a delivery needs its event.
        "occurred_at < :before and not exists (select from webhook_delivery"
        " where webhook_delivery.tenant_id = domain_event.tenant_id and webhook_delivery.event_id = domain_event.id)",
        "occurred_at",
        _days("events_days"),
    ),
    # What waits has no end yet, and addresses on hold stay on hold.
    Removal("mail_attempts", "mail_attempt", "started_at < :before", "started_at", _days("mails_days")),
    Removal("mails", "mail_delivery", "finished_at < :before", "finished_at", _days("mails_days")),
    Removal("kept_answers", "idempotency_record", "expires_at < :before", "expires_at", lambda _: _AT_ONCE_S),
    Removal(
        "used_uploads",
        "upload",
        # Of reports that are gone; their blobs went with those.
        "state = 'used' and report_id is null and created_at < :before",
        "created_at",
        lambda _: _DAY_S,
    ),
    Removal("credential_checks", "credential_check", "checked_at < :before", "checked_at", _days("credential_checks_days")),
    Removal("upkeep_runs", "upkeep_run", "created_at < :before", "created_at", _days("upkeep_runs_days")),
)
"""Rows that go by their age alone. A new table with an age adds itself here, and its field to the rules."""

MFA_REMOVALS = (
    Removal(
        "unconfirmed_authenticators",
        "authenticator_device",
        "confirmed_at is null and created_at < :before",
        "created_at",
        lambda rules: rules.unconfirmed_totp_hours * _HOUR_S,
    ),
    Removal(
        "used_backup_codes",
        "backup_code",
        "used_at < :before",
        "used_at",
        lambda rules: rules.used_backup_codes_days * _DAY_S,
    ),
)

DELETED_REPORTS = Removal(
    "deleted_reports",
    "report",
    # Its files are gone and nothing works on it any more.
    "deleted_at < :before and not exists (select from job where job.tenant_id = report.tenant_id"
    " and job.report_id = report.id and job.finished_at is null)",
    "deleted_at",
    lambda _: _DELETED_KEPT_S,
)
