"""Whoever tries a key that is none, or none any more, is in the audit log."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from function_app.api import refusals
from shared import settings as process_settings
from shared.access import generate_key
from shared.audit import chain
from shared.database.session import Database
from shared.database.tables import AuditEvent
from shared.services import Services
from shared.upkeep.audit_entries import remove_old_of_nobody
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import caller, serving
from worker.cli import main


@pytest.mark.parametrize(("column", "reason"), [("revoked_at", "revoked"), ("expires_at", "expired")])
def test_a_key_that_ended_is_in_the_log_of_its_tenant(
    services: Services, tenant: UUID, make_key: MakeKey, column: str, reason: str
) -> None:
    key = make_key(tenant, **{column: datetime.now(UTC) - timedelta(days=1)})
    with serving(services) as served:
        ended = caller(served, key)
        assert ended.post("/api/v1/clients", json={"name": "x"}).status_code == 401
        assert ended.get("/api/v1/clients").status_code == 401
    with services.database.tenant(tenant) as session:
        entry = session.scalars(select(AuditEvent)).one()
    assert (entry.type, entry.result) == ("sign_in.failed", "failure")
    assert (entry.actor_kind, entry.actor_name, entry.target_kind) == ("key", "Test", "key")
    assert entry.details == {"key": key[:10], "refused_before": 0, "reason": reason}


def test_a_key_that_nobody_holds_is_recorded_once_a_minute_by_address(
    services: Services, system_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = generate_key()
    with serving(services) as served:
        stranger = caller(served, key.secret)
        for _ in range(3):
            assert stranger.get("/api/v1/reports").status_code == 401
        monkeypatch.setattr(refusals, "_EACH_S", 0.0)
        assert stranger.post("/api/v1/clients", json={"name": "x"}).status_code == 401
    with system_database.across_tenants() as session:
        tried = select(AuditEvent).where(AuditEvent.details["key"].astext == key.prefix).order_by(AuditEvent.id)
        entries = session.scalars(tried).all()
    assert [entry.details["refused_before"] for entry in entries] == [0, 2]
    assert {(entry.tenant_id, entry.actor_kind, entry.result) for entry in entries} == {(None, "unknown", "failure")}
    monkeypatch.setattr(process_settings, "get", lambda: services.settings)
    assert CliRunner().invoke(main, ["audit", "refused"]).output.count(key.prefix) == 2


def test_entries_of_nobody_go_when_their_time_is_over(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(services) as served:
        assert caller(served, generate_key().secret).get("/api/v1/reports").status_code == 401
    chain.seal(services.system_database)
    kept = services.settings
    monkeypatch.setattr(services, "settings", kept.model_copy(update={"audit_retention_days": -1}))
    assert remove_old_of_nobody(services) >= 1
    monkeypatch.setattr(services, "settings", kept)
    assert chain.verify(services.system_database, chain.NO_TENANT).removed >= 1
