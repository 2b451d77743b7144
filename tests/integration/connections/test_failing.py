"""A connection that worked and fails is told once, until it works again."""

from uuid import UUID

import pytest
from sqlalchemy import select

from shared.azure.errors import AzureAuthenticationError
from shared.connections import connections, examining
from shared.connections.credentials import credential_of
from shared.connections.examining import Examination
from shared.connections.secret_store import store_of
from shared.connections.verdict import Verdict
from shared.database.session import Database
from shared.database.tables import AzureConnection, DomainEvent
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.services import Services
from tests.integration.connections.conftest import MakeConnection
from tests.simulators.cloud import Cloud

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


def test_refusal_of_a_secret_that_was_replaced_meanwhile_says_nothing_of_the_connection(
    services: Services, cloud: Cloud, make_connection: MakeConnection, tenant: UUID
) -> None:
    cloud.entra.secret = "another"
    connection = make_connection(ConnectionKind.SECRET, secret_name="s", secret_version="1")
    connection.secret_version = store_of(services).put(tenant, "s", "old", expires_at=None, content_type="text/plain")
    with services.database.tenant(tenant) as session:
        session.add(connection)
    with pytest.raises(AzureAuthenticationError) as refused:
        credential_of(services, connection).get_token("https://management.azure.com/.default")
    for version, status in (("2", "untested"), (connection.secret_version, "failing")):
        with services.database.tenant(tenant) as session:
            found = connections.find(session, connection.id)
            found.secret_version = version
            connections.mark_failing(session, connection.id, refused.value)
            assert found.status == status
