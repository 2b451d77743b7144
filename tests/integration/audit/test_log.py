"""The audit log: written with what it tells of, never changed, and it shows where somebody tried."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from shared import settings as process_settings
from shared.access import generate_key
from shared.audit import chain
from shared.audit.actor import SERVICE, Actor
from shared.audit.log import Target, device_of, log_auth_event
from shared.audit.types import AuditType, Result
from shared.database.reading import authenticate
from shared.database.session import Database
from shared.database.tables import ApiKey, AuditEvent
from shared.identifiers import new_id
from shared.settings import Settings
from worker.cli import main

_SLIP_IN = (
    "insert into audit_event (id, tenant_id, occurred_at, type, result, actor_kind)"
    " select gen_random_uuid(), tenant_id, occurred_at, type, result, actor_kind from audit_event"
    " where id = %(entry)s; delete from audit_unsealed"
)
_FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"


def _entries(database: Database, tenant: UUID) -> list[AuditEvent]:
    with database.tenant(tenant) as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def _write(database: Database, tenant: UUID, count: int = 1) -> list[UUID]:
    with database.tenant(tenant) as session:
        return [log_auth_event(session, tenant, AuditType.KEY_CREATED, SERVICE) for _ in range(count)]


@pytest.fixture
def sealed(database: Database, system_database: Database, tenant: UUID) -> list[UUID]:
    """Five entries in their places."""
    written = _write(database, tenant, 5)
    chain.seal(system_database)
    return written


@pytest.fixture
def findings(system_database: Database, tenant: UUID) -> Callable[[], list[str]]:
    """What does not fit in the tenant's chain."""
    return lambda: _findings(system_database, tenant)


def _findings(system_database: Database, tenant: UUID) -> list[str]:
    return [finding.what for finding in chain.verify(system_database, tenant).findings]


def test_entry_keeps_who_did_what_and_from_where(database: Database, tenant: UUID) -> None:
    actor = Actor("Nightly export", new_id(), ip="203.0.113.7", user_agent=_FIREFOX)
    target = Target("report", new_id(), "Weekly")
    with database.tenant(tenant) as session:
        log_auth_event(session, tenant, AuditType.REPORT_DOWNLOADED, actor, target=target, details={"format": "pdf"})
    (entry,) = _entries(database, tenant)
    assert (entry.type, entry.result, entry.actor_kind, entry.actor_id) == (
        "report.downloaded",
        "success",
        "key",
        actor.key_id,
    )
    assert (entry.actor_name, entry.ip, entry.device) == ("Nightly export", "203.0.113.7", "Firefox 144 on Windows")
    assert (entry.target_kind, entry.target_id, entry.target_name) == ("report", target.id, "Weekly")
    assert entry.details == {"format": "pdf"}


def test_entry_of_what_was_rolled_back_is_not_there(database: Database, tenant: UUID) -> None:
    def fail(session: Session) -> None:
        log_auth_event(session, tenant, AuditType.KEY_CREATED, SERVICE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.tenant(tenant) as session:
        fail(session)
    assert _entries(database, tenant) == []


def test_callers_nobody_knows_are_recorded(database: Database, system_database: Database, tenant: UUID) -> None:
    with database.tenant(tenant) as session:
        entry_id = log_auth_event(session, None, AuditType.SIGN_IN_FAILED, None, result=Result.FAILURE)
    assert _entries(database, tenant) == []
    with system_database.across_tenants() as session:
        entry = session.get_one(AuditEvent, entry_id)
        assert (entry.actor_kind, entry.actor_name, entry.result) == ("unknown", None, "failure")
    chain.seal(system_database)
    assert chain.NO_TENANT in chain.chains(system_database)
    assert _findings(system_database, chain.NO_TENANT) == []


def test_secrets_and_endless_details_are_left_out(database: Database, tenant: UUID) -> None:
    key = generate_key().secret
    with database.tenant(tenant) as session:
        for details in ({"given": {"key": [f"Bearer {key}"]}}, {"long": "x" * 20_000}):
            log_auth_event(session, tenant, AuditType.KEY_CREATED, Actor("a" * 999, user_agent="u\0" * 999), details=details)
    entries = _entries(database, tenant)
    assert key not in str([entry.details for entry in entries])
    assert entries[1].details == {"left_out": "The details were too long."}
    assert len(entries[0].actor_name or "") == 200


def test_first_use_of_a_key_is_recorded_once(database: Database, system_database: Database, tenant: UUID) -> None:
    key = generate_key()
    with system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="CI", prefix=key.prefix, key_hash=key.key_hash, scopes=[]))
    for _ in range(3):
        with Session(database.engine) as session, session.begin():
            assert authenticate(session, key.key_hash) is not None
    (entry,) = _entries(database, tenant)
    assert (entry.type, entry.actor_name, entry.id.version) == ("key.first_used", "CI", 7)


def test_chain_of_entries_as_they_were_written_holds(
    database: Database, system_database: Database, sealed: list[UUID], tenant: UUID
) -> None:
    _write(database, tenant, 2)
    assert chain.seal(system_database) >= 2
    verified = chain.verify(system_database, tenant)
    assert (verified.links, verified.removed, verified.findings) == (7, 0, ())


def test_entries_sealed_by_several_at_once_make_one_chain(
    database: Database, system_database: Database, tenant: UUID
) -> None:
    _write(database, tenant, 60)
    together = Barrier(3)

    def seal(_: int) -> int:
        together.wait()
        return chain.seal(system_database)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(seal, range(3)))
    chain.seal(system_database)
    verified = chain.verify(system_database, tenant)
    assert (verified.links, verified.findings) == (60, ())


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("update audit_event set actor_name = 'Somebody else' where id = %(entry)s", "the entry was changed"),
        (
            "update audit_event set occurred_at = occurred_at - interval '1 day' where id = %(entry)s",
            "the entry was changed",
        ),
        ("delete from audit_event where id = %(entry)s", "the entry was removed"),
        (
            "delete from audit_event where id = %(entry)s; delete from audit_seal where event_id = %(entry)s",
            "links 3 to 3 are missing",
        ),
        ("update audit_seal set event_hash = sha256('') where event_id = %(entry)s", "the entry was changed"),
        (_SLIP_IN, "the entry was never written down for sealing"),
        ("update audit_chain set sequence = 4 where chain_id = %(tenant)s", "the chain does not end where it should"),
    ],
)
def test_what_somebody_did_to_the_log_is_found(
    superuser: psycopg.Connection, sealed: list[UUID], findings: Callable[[], list[str]], act: str, told: str
) -> None:
    row = superuser.execute("select tenant_id from audit_event where id = %s", [sealed[2]]).fetchone()
    for statement in act.split("; "):
        superuser.execute(statement.encode(), {"entry": sealed[2], "tenant": row[0] if row else None})
    assert told in findings()


@pytest.mark.parametrize(
    "act", ["update audit_event set type = 'x'", "update audit_seal set hash = ''", "delete from audit_seal"]
)
def test_login_across_tenants_cannot_change_the_log(system_database: Database, act: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), system_database.across_tenants() as session:
        session.execute(text(act))


@pytest.fixture
def command_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_settings, "get", lambda: settings)


@pytest.mark.usefixtures("command_settings")
def test_command_verifies(superuser: psycopg.Connection, sealed: list[UUID], tenant: UUID) -> None:
    well = CliRunner().invoke(main, ["audit", "verify", "--tenant", str(tenant)])
    assert (well.exit_code, "5 entries" in well.output) == (0, True), well.output
    superuser.execute("delete from audit_event where id = %s", [sealed[0]])
    badly = CliRunner().invoke(main, ["audit", "verify", "--tenant", str(tenant)])
    assert (badly.exit_code, "the entry was removed" in badly.output) == (1, True), badly.output


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (None, None),
        ("", None),
        ("curl/8.5.0", "curl/8.5.0"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        (_FIREFOX, "Firefox 144 on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/537.36 Edg/141.0", "Safari 537 on macOS"),
        ("<script>", None),
    ],
)
def test_device_is_told_in_a_few_words(user_agent: str | None, device: str | None) -> None:
    assert device_of(user_agent) == device
