"""One row or two of every kind that upkeep removes by its age."""

from datetime import timedelta
from uuid import UUID

from shared.database import tables
from shared.identifiers import new_id
from tests.integration.upkeep.keeping import NOW, a_client, a_snapshot


def rows_of(tenant: UUID, age: timedelta) -> list[tables.Base]:
    """Return one row or two of every kind that goes by its age, so old."""
    at, soon = NOW - age, NOW + timedelta(days=1)
    user = {"tenant_id": tenant, "user_id": new_id()}
    job = {"tenant_id": tenant, "kind": "k", "queue": "default", "priority": 3, "max_attempts": 1, "run_after": at}
    client, schedule_id = a_client(tenant), new_id()
    event_id, endpoint_id, delivery_id = new_id(), new_id(), new_id()
    credential_id, mail_id = new_id(), new_id()
    snapshot = a_snapshot(tenant, client, NOW)
    return [
        tables.Job(**job, state="succeeded", finished_at=at),
        tables.Job(**job),
        tables.AuthenticatorDevice(**user, name="Phone", sealed_secret=b"", created_at=at),
        tables.AuthenticatorDevice(**user, name="Phone", sealed_secret=b"", created_at=at, confirmed_at=at),
        tables.BackupCode(**user, code_hash=bytes(32), created_at=at, used_at=at),
        tables.BackupCode(**user, code_hash=bytes(32), created_at=at),
        tables.DomainEvent(tenant_id=tenant, type="webhook.test", occurred_at=at, data={}, dispatch_after=soon),
        tables.DomainEvent(id=event_id, tenant_id=tenant, type="webhook.test", occurred_at=at, data={}, dispatch_after=soon),
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
        tables.MailDelivery(
            id=mail_id,
            tenant_id=tenant,
            kind="test",
            address="a@example.com",
            language="en",
            time_zone="UTC",
            state="failed",
            finished_at=at,
        ),
        tables.MailAttempt(tenant_id=tenant, delivery_id=mail_id, number=1, started_at=at, duration_ms=1),
        tables.CredentialHealth(id=credential_id, tenant_id=tenant, provider="azure", credential_type="x"),
        tables.CredentialCheck(
            tenant_id=tenant,
            credential_id=credential_id,
            checked_at=at,
            duration_ms=1,
            state="healthy",
            code="ok",
            message="It works.",
            trigger="scheduled",
        ),
        tables.IdempotencyRecord(
            tenant_id=tenant, key=str(at), request_hash=b"", status_code=202, headers={}, body={}, expires_at=at
        ),
        tables.Upload(tenant_id=tenant, file_name="f", blob_path="p", state="used", expires_at=at, created_at=at),
        tables.UpkeepRun(tenant_id=tenant, dry_run=True, rules={}, counts={}, duration_s=0, created_at=at),
        client,
        snapshot,
        tables.RejectedRowRecord(
            tenant_id=tenant,
            snapshot_id=snapshot.id,
            line=1,
            column_name="",
            value="",
            reason_code="",
            reason="",
            created_at=at,
        ),
        tables.Schedule(
            id=schedule_id,
            tenant_id=tenant,
            name="S",
            timing={},
            time_zone="UTC",
            starts_at=at,
            work_kind="job",
            work={},
            rules={},
        ),
        tables.ScheduleRun(
            tenant_id=tenant,
            schedule_id=schedule_id,
            work_kind="job",
            trigger="schedule",
            planned_at=at,
            due_at=at,
            state="succeeded",
            finished_at=at,
        ),
    ]
