"""One row or two of every kind that upkeep removes by its age."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.database import tables
from shared.identifiers import new_id
from tests.integration.upkeep.keeping import NOW, a_client, a_snapshot

_SOON = NOW + timedelta(days=1)


def rows_of(tenant: UUID, age: timedelta) -> list[tables.Base]:
    """Return one row or two of every kind that goes by its age, so old; what a row refers to comes before it."""
    at = NOW - age
    return [
        *_jobs(tenant, at),
        *_sign_in_leftovers(tenant, at),
        *_events_and_webhooks(tenant, at),
        *_mails(tenant, at),
        *_checks(tenant, at),
        *_requests(tenant, at),
        *_snapshots(tenant, at),
        *_schedules(tenant, at),
    ]


def _jobs(tenant: UUID, at: datetime) -> list[tables.Base]:
    job = {"tenant_id": tenant, "kind": "k", "queue": "default", "priority": 3, "max_attempts": 1, "run_after": at}
    return [tables.Job(**job, state="succeeded", finished_at=at), tables.Job(**job)]


def _sign_in_leftovers(tenant: UUID, at: datetime) -> list[tables.Base]:
    of_user = {"tenant_id": tenant, "user_id": new_id(), "created_at": at}
    return [
        tables.AuthenticatorDevice(**of_user, name="Phone", sealed_secret=b""),
        tables.AuthenticatorDevice(**of_user, name="Phone", sealed_secret=b"", confirmed_at=at),
        tables.BackupCode(**of_user, code_hash=bytes(32), used_at=at),
        tables.BackupCode(**of_user, code_hash=bytes(32)),
    ]


def _events_and_webhooks(tenant: UUID, at: datetime) -> list[tables.Base]:
    event_id, endpoint_id, delivery_id = new_id(), new_id(), new_id()
    event = {"tenant_id": tenant, "type": "webhook.test", "occurred_at": at, "data": {}, "dispatch_after": _SOON}
    return [
        tables.DomainEvent(**event),
        tables.DomainEvent(**event, id=event_id),
        tables.WebhookEndpoint(
            id=endpoint_id, tenant_id=tenant, kind="slack", shown_url="u", secret_name="n", secret_version="v"
        ),
        tables.WebhookDelivery(
            id=delivery_id,
            tenant_id=tenant,
            endpoint_id=endpoint_id,
            event_id=event_id,
            event_type="webhook.test",
            state="failed",
            finished_at=at,
        ),
        tables.WebhookAttempt(tenant_id=tenant, delivery_id=delivery_id, number=1, started_at=at, duration_ms=1),
    ]


def _mails(tenant: UUID, at: datetime) -> list[tables.Base]:
    mail_id, reader = new_id(), {"address": "a@example.com", "language": "en", "time_zone": "UTC"}
    return [
        tables.MailDelivery(id=mail_id, tenant_id=tenant, kind="test", **reader, state="failed", finished_at=at),
        tables.MailAttempt(tenant_id=tenant, delivery_id=mail_id, number=1, started_at=at, duration_ms=1),
    ]


def _checks(tenant: UUID, at: datetime) -> list[tables.Base]:
    credential_id = new_id()
    found = {"state": "healthy", "code": "ok", "message": "It works.", "trigger": "scheduled"}
    return [
        tables.CredentialHealth(id=credential_id, tenant_id=tenant, provider="azure", credential_type="x"),
        tables.CredentialCheck(tenant_id=tenant, credential_id=credential_id, checked_at=at, duration_ms=1, **found),
    ]


def _requests(tenant: UUID, at: datetime) -> list[tables.Base]:
    answered = {"request_hash": b"", "status_code": 202, "headers": {}, "body": {}}
    return [
        tables.IdempotencyRecord(tenant_id=tenant, key=str(at), **answered, expires_at=at),
        tables.Upload(tenant_id=tenant, file_name="f", blob_path="p", state="used", expires_at=at, created_at=at),
        tables.UpkeepRun(tenant_id=tenant, dry_run=True, rules={}, counts={}, duration_s=0, created_at=at),
    ]


def _snapshots(tenant: UUID, at: datetime) -> list[tables.Base]:
    client = a_client(tenant)
    snapshot = a_snapshot(tenant, client, NOW)
    cell = {"line": 1, "column_name": "", "value": "", "reason_code": "", "reason": ""}
    return [
        client,
        snapshot,
        tables.RejectedRowRecord(tenant_id=tenant, snapshot_id=snapshot.id, **cell, created_at=at),
    ]


def _schedules(tenant: UUID, at: datetime) -> list[tables.Base]:
    schedule_id, timing = new_id(), {"timing": {}, "time_zone": "UTC", "starts_at": at}
    when = {"trigger": "schedule", "planned_at": at, "due_at": at, "finished_at": at}
    return [
        tables.Schedule(id=schedule_id, tenant_id=tenant, name="S", **timing, work_kind="job", work={}, rules={}),
        tables.ScheduleRun(tenant_id=tenant, schedule_id=schedule_id, work_kind="job", **when, state="succeeded"),
    ]
