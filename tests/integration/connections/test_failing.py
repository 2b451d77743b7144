"""A connection that worked and fails is told once, until it works again."""

from uuid import UUID

from sqlalchemy import select

from shared.azure.errors import AzureAuthenticationError
from shared.connections import connections, examining
from shared.connections.examining import Examination
from shared.connections.verdict import Verdict
from shared.database.session import Database
from shared.database.tables import AzureConnection, DomainEvent
from shared.identifiers import new_id

_WORKS, _FAILS = (
    Verdict(True, "Works.", 1),
    Verdict(False, "Sees nothing.", error_code="no_subscriptions", next_step="Role."),
)


def _told(database: Database, tenant: UUID) -> list[str]:
    with database.tenant(tenant) as session:
        return [event.data["error_code"] for event in session.scalars(select(DomainEvent).order_by(DomainEvent.id))]


def _note(database: Database, connection: AzureConnection, verdict: Verdict) -> None:
    with database.tenant(connection.tenant_id) as session:
        examining.note(session, connection, Examination(verdict, ()))


def test_failure_is_told_once_each_time_it_begins(database: Database, tenant: UUID) -> None:
    connection = AzureConnection(id=new_id(), tenant_id=tenant, name="Production", kind="managed_identity")
    with database.tenant(tenant) as session:
        session.add(connection)
    _note(database, connection, _FAILS)
    assert _told(database, tenant) == []  # it never worked
    for verdict in (_WORKS, _FAILS, _FAILS, _WORKS, _FAILS):
        _note(database, connection, verdict)
    assert _told(database, tenant) == ["no_subscriptions"] * 2
    _note(database, connection, _WORKS)
    error = AzureAuthenticationError("The secret has expired.", reason="secret_expired", next_step="Make a new one.")
    for _ in range(2):
        with database.tenant(tenant) as session:
            connections.mark_failing(session, connection.id, error)
    assert _told(database, tenant)[2:] == ["secret_expired"]
