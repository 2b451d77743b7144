"""Row-level security: on every table of tenants, for every login that works."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from shared.access import hash_key
from shared.database import tables
from shared.database.session import Database
from shared.identifiers import new_id
from tests.tenants import add_tenant

_NOW = datetime.now(UTC)
_APPEND_ONLY = {"audit_event"}
TENANT_TABLES = sorted(name for name, table in tables.Base.metadata.tables.items() if "tenant_id" in table.columns)


@pytest.fixture(scope="module")
def filled(database: Database, system_database: Database) -> UUID:
    """A tenant with at least one row in every table, which no test can change."""
    tenant = add_tenant(system_database)
    with database.tenant(tenant) as session:
        _fill(session, tenant)
    return tenant


def test_every_table_with_a_tenant_forces_row_level_security(owner: Engine) -> None:
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced,"
                " (select count(*) from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_access') as policies"
                " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum > 0"
                " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"
            )
        ).all()
    assert {row.relname for row in rows} == set(TENANT_TABLES)
    assert [row.relname for row in rows if not row.forced or row.policies != 1] == []


def test_every_table_without_a_tenant_is_known(owner: Engine) -> None:
    with owner.connect() as connection:
        names = set(connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")))
    assert names - set(TENANT_TABLES) == {
        "tenant", "tick", "alembic_version", "advisor_metadata", "advisor_metadata_language", "audit_chain", "audit_seal",
        "audit_unsealed",
    }  # fmt: skip


@pytest.mark.parametrize("table", [*TENANT_TABLES, "tenant"])
def test_rows_are_seen_by_their_tenant_only(database: Database, filled: UUID, other_tenant: UUID, table: str) -> None:
    with database.tenant(filled) as session:
        assert _count(session, table) > 0
    with database.tenant(other_tenant) as session:
        column = "id" if table == "tenant" else "tenant_id"
        found = session.scalar(text(f"select count(*) from {table} where {column} = :tenant"), {"tenant": filled})
        assert found == 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, "tenant"])
def test_nothing_is_seen_without_a_tenant(database: Database, filled: UUID, table: str) -> None:
    with Session(database.engine) as session:
        assert _count(session, table) == 0


@pytest.mark.parametrize("act", ["update audit_event set type = type", "delete from audit_event", "truncate audit_event"])
def test_entries_of_the_audit_log_cannot_be_changed_by_their_own_tenant(database: Database, filled: UUID, act: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.tenant(filled) as session:
        session.execute(text(act))


@pytest.mark.parametrize("table", [table for table in TENANT_TABLES if table not in _APPEND_ONLY])
def test_rows_of_another_tenant_cannot_be_changed(database: Database, filled: UUID, other_tenant: UUID, table: str) -> None:
    with database.tenant(other_tenant) as session:
        for act in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
            found = session.execute(text(f"{act} where tenant_id = :tenant"), {"tenant": filled})
            assert found.rowcount == 0  # type: ignore[attr-defined]


def test_row_cannot_be_written_for_another_tenant(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), database.tenant(tenant) as session:
        session.add(tables.Client(tenant_id=other_tenant, name="Not mine"))


def test_row_cannot_point_into_another_tenant(database: Database, filled: UUID, other_tenant: UUID) -> None:
    with database.tenant(filled) as session:
        client_id = session.scalar(text("select id from client limit 1"))
    with pytest.raises(Exception, match="foreign key"), database.tenant(other_tenant) as session:
        session.add(_snapshot(other_tenant, client_id))


@pytest.mark.parametrize("role", ["advisor_owner", "advisor_system", "advisor_upkeep", "postgres"])
def test_application_login_cannot_become_anybody_else(database: Database, role: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.engine.begin() as connection:
        connection.execute(text(f"set role {role}"))


@pytest.mark.parametrize(
    "act",
    [
        "alter table client no force row level security",
        "drop policy tenant_access on client",
        "create table stolen as select * from client",
        "update tenant set name = 'Mine'",
        "select * from tick",
        "delete from alembic_version",
    ],
)
def test_application_login_cannot_do_more_than_its_work(database: Database, tenant: UUID, act: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.tenant(tenant) as session:
        session.execute(text(act))


@pytest.mark.parametrize("table", ["client", "snapshot", "recommendation", "rejected_row", "azure_subscription"])
def test_login_across_tenants_cannot_read_what_upkeep_does_not_need(system_database: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), system_database.across_tenants() as session:
        _count(session, table)


def test_login_across_tenants_sees_of_credentials_only_what_upkeep_needs(system_database: Database) -> None:
    with system_database.across_tenants() as session:
        session.execute(text("select id, tenant_id, secret_name, secret_version, deleted_at from azure_connection"))
    for names, table in (
        ("name, directory_id", "azure_connection"),
        ("name, configuration", "stored_credential"),
        ("message", "credential_health"),
        ("id", "credential_check"),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), system_database.across_tenants() as session:
            session.execute(text(f"select {names} from {table}"))


def test_tenant_of_a_transaction_does_not_outlive_it(database: Database, filled: UUID) -> None:
    with Session(database.engine) as session, session.begin():
        assert session.scalar(text("select current_setting('app.tenant_id', true)")) in (None, "")


def _count(session: Session, table: str) -> int:
    return int(session.scalar(text(f"select count(*) from {table}")) or 0)


def _fill(session: Session, tenant: UUID) -> None:
    client = tables.Client(id=new_id(), tenant_id=tenant, name="Contoso")
    snapshot = _snapshot(tenant, client.id)
    report = tables.Report(
        id=new_id(),
        tenant_id=tenant,
        client_id=client.id,
        title="T",
        report_type="detailed",
        source="upload",
        formats=["pdf"],
    )
    connection = tables.AzureConnection(id=new_id(), tenant_id=tenant, name="Production", kind="managed_identity")
    for row in (client, snapshot, report, connection, *_webhook(tenant), *_mail(tenant)):
        session.add(row)
        session.flush()
    session.add_all(_rows_below(tenant, snapshot.id, report.id, connection.id))
    session.flush()
    session.add(_check(tenant, connection.id))
    session.add_all(_findings(tenant, client.id, snapshot.id, report.id))


def _rows_below(tenant: UUID, snapshot_id: UUID, report_id: UUID, connection_id: UUID) -> Iterator[tables.Base]:
    texts: dict[str, Any] = {
        column.name: ""
        for column in tables.RecommendationRow.__table__.columns
        if column.type.python_type is str and not column.nullable
    }
    texts["standing"] = "active"
    yield tables.RecommendationRow(**texts, tenant_id=tenant, snapshot_id=snapshot_id, fingerprint=bytes(16), extras={})
    yield tables.RejectedRowRecord(
        tenant_id=tenant, snapshot_id=snapshot_id, line=1, column_name="", value="", reason_code="", reason=""
    )
    yield tables.AdvisorScore(
        tenant_id=tenant, snapshot_id=snapshot_id, subscription_id="s", category="Cost", level="latest", scored_at=_NOW,
        percent=50, as_given=0.5,
    )  # fmt: skip
    yield tables.ReportFile(
        tenant_id=tenant, report_id=report_id, format="pdf", file_name="r.pdf", content_type="application/pdf"
    )
    yield tables.AzureSubscription(
        tenant_id=tenant,
        connection_id=connection_id,
        subscription_id="s",
        name="Production",
        state="Enabled",
        directory_id="",
        seen_at=_NOW,
    )
    yield tables.StoredCredential(
        tenant_id=tenant, provider="http", credential_type="bearer", name="Partner", secret_name="n", secret_version="1"
    )
    yield tables.CredentialHealth(id=connection_id, tenant_id=tenant, provider="azure", credential_type="managed_identity")
    yield tables.SealedSecret(tenant_id=tenant, name="n", version="1", sealed=b"")
    yield tables.SecretUpkeep(tenant_id=tenant, owner_id=connection_id, name="n", due_at=_NOW)
    schedule_id = new_id()
    yield tables.Schedule(
        id=schedule_id, tenant_id=tenant, name="S", timing={}, time_zone="UTC", starts_at=_NOW, work_kind="job", work={},
        rules={},
    )  # fmt: skip
    yield tables.ScheduleRun(
        tenant_id=tenant, schedule_id=schedule_id, work_kind="job", trigger="manual", planned_at=_NOW, due_at=_NOW,
        state="waiting",
    )  # fmt: skip
    yield tables.ScheduleChange(tenant_id=tenant, schedule_id=schedule_id, action="created", actor_name="Test")
    user = {"tenant_id": tenant, "user_id": new_id()}
    yield tables.AuthenticatorDevice(**user, name="Phone", sealed_secret=b"")
    yield tables.BackupCode(**user, code_hash=bytes(32))
    yield tables.Retention(tenant_id=tenant, rules={})
    yield tables.UpkeepRun(tenant_id=tenant, dry_run=True, rules={}, counts={}, duration_s=0)
    yield tables.AuditEvent(tenant_id=tenant, occurred_at=_NOW, type="key.created", result="success", actor_kind="service")
    yield tables.Upload(tenant_id=tenant, file_name="a.csv", blob_path="a", expires_at=_NOW)
    yield tables.BrandingRow(tenant_id=tenant, footer="Confidential")
    yield tables.Job(tenant_id=tenant, kind="k", queue="default", priority=3, max_attempts=1, run_after=_NOW)
    yield tables.IdempotencyRecord(
        tenant_id=tenant, key="k", request_hash=b"", status_code=202, headers={}, body={}, expires_at=_NOW
    )
    key_hash = hashlib.sha256(hash_key(str(tenant))).digest()
    yield tables.ApiKey(tenant_id=tenant, name="k", prefix="aar_", key_hash=key_hash, scopes=[])


def _check(tenant: UUID, credential_id: UUID) -> tables.CredentialCheck:
    return tables.CredentialCheck(
        tenant_id=tenant, credential_id=credential_id, checked_at=_NOW, duration_ms=1, state="healthy", code="ok",
        message="It works.", trigger="scheduled",
    )  # fmt: skip


def _webhook(tenant: UUID) -> Iterator[tables.Base]:
    event_id, endpoint_id, delivery_id = new_id(), new_id(), new_id()
    yield tables.DomainEvent(
        id=event_id, tenant_id=tenant, type="webhook.test", occurred_at=_NOW, data={}, dispatch_after=_NOW
    )
    yield tables.WebhookEndpoint(
        id=endpoint_id, tenant_id=tenant, kind="standard", shown_url="", secret_name="n", secret_version="1"
    )
    yield tables.WebhookDelivery(
        id=delivery_id, tenant_id=tenant, endpoint_id=endpoint_id, event_id=event_id, event_type="webhook.test", state="held"
    )
    yield tables.WebhookAttempt(tenant_id=tenant, delivery_id=delivery_id, number=1, started_at=_NOW, duration_ms=0)


def _mail(tenant: UUID) -> Iterator[tables.Base]:
    recipient_id, delivery_id = new_id(), new_id()
    yield tables.MailRecipient(id=recipient_id, tenant_id=tenant, address="a@example.com")
    yield tables.MailDelivery(
        id=delivery_id,
        tenant_id=tenant,
        recipient_id=recipient_id,
        kind="test",
        address="a@example.com",
        language="en",
        time_zone="UTC",
        state="held",
    )
    yield tables.MailAttempt(tenant_id=tenant, delivery_id=delivery_id, number=1, started_at=_NOW, duration_ms=0)
    yield tables.MailHold(tenant_id=tenant, address="a@example.com", code="bounced", reason="r")
    yield tables.MailWelcome(tenant_id=tenant, user_id="u", delivery_id=delivery_id)
    yield tables.MailSigningKey(tenant_id=tenant, secret_version="1")


def _findings(tenant: UUID, client_id: UUID, snapshot_id: UUID, report_id: UUID) -> Iterator[tables.Base]:
    of_client = {"tenant_id": tenant, "client_id": client_id}
    yield tables.Finding(
        **of_client, fingerprint=bytes(16), cross_key=bytes(16), from_portal=True, first_seen_at=_NOW, last_seen_at=_NOW
    )
    yield tables.FindingMark(**of_client, fingerprint=bytes(16), status="done", marked_by="k")
    yield tables.SnapshotTotals(tenant_id=tenant, snapshot_id=snapshot_id, basis=b"", totals={})
    yield tables.ReportComparison(tenant_id=tenant, report_id=report_id)
    texts = ("category", "impact", "problem", "resource_name", "resource_type", "resource_id", "currency")
    yield tables.ReportChange(
        tenant_id=tenant, report_id=report_id, id=new_id(), kind="new", fingerprint=bytes(16), subscription_id="",
        subscription_name="", **dict.fromkeys(texts, ""),
    )  # fmt: skip


def _snapshot(tenant: UUID, client_id: UUID) -> tables.Snapshot:
    return tables.Snapshot(
        id=new_id(),
        tenant_id=tenant,
        client_id=client_id,
        source="upload",
        source_format="portal_csv",
        taken_at=_NOW,
        taken_at_is_exact=False,
        accepted_count=1,
        rejected_count=1,
    )
