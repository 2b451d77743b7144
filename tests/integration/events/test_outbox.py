"""The outbox: what was committed is passed on once, what was rolled back never happened."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared import events
from shared.database.session import Database
from shared.database.tables import Client, DomainEvent
from shared.events import outbox
from shared.events.dispatching import dispatch
from shared.events.payloads import WebhookTest
from shared.identifiers import new_id
from tests.shares import share_fixtures

# Events of all tenants are passed on: there are none but the test's own.
product_environment, settings, database, system_database, owner = share_fixtures("function")


_LATER = datetime(2100, 1, 1, tzinfo=UTC)


def _record(session: Session, tenant: UUID, count: int = 1) -> list[UUID]:
    return [events.record(session, tenant, WebhookTest(endpoint_id=new_id())) for _ in range(count)]


def test_event_of_a_transaction_that_rolls_back_never_happened(
    database: Database, system_database: Database, tenant: UUID
) -> None:
    def fail() -> None:
        with database.tenant(tenant) as session:
            _record(session, tenant)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert dispatch(system_database, []) == 0


def test_events_are_handed_to_every_subscriber_once_and_in_order(
    database: Database, system_database: Database, tenant: UUID
) -> None:
    with database.tenant(tenant) as session:
        recorded = _record(session, tenant, 3)
    first: list[UUID] = []
    second: list[str] = []
    subscribers = (lambda _, event: first.append(event.id), lambda _, event: second.append(event.data["message"]))
    assert [dispatch(system_database, subscribers), dispatch(system_database, subscribers)] == [3, 0]
    assert first == recorded
    assert second == ["This is a test. Nothing happened."] * 3


def test_event_that_cannot_be_passed_on_waits_with_its_reason_and_stops_no_other(
    database: Database, system_database: Database, tenant: UUID
) -> None:
    with database.tenant(tenant) as session:
        bad, good = _record(session, tenant, 2)

    def subscriber(session: Session, event: DomainEvent) -> None:
        name = "Delivery" if event.id == good else ""  # which no event may have
        session.add(DomainEvent(tenant_id=tenant, type=name, occurred_at=event.occurred_at, data={}, dispatch_after=_LATER))

    assert dispatch(system_database, [subscriber]) == 1
    with database.tenant(tenant) as session:
        rows = {row.id: row for row in session.scalars(select(DomainEvent))}
    # What the subscriber wrote for the good one is there, and nothing of the other.
    assert [row.type for row in rows.values() if row.id not in {bad, good}] == ["Delivery"]
    assert (rows[bad].attempts, rows[bad].last_error, rows[bad].dispatched_at) == (1, "IntegrityError", None)
    assert rows[bad].dispatch_after > rows[bad].created_at
    assert rows[good].dispatched_at is not None


def test_claims_at_the_same_time_get_different_events(database: Database, system_database: Database, tenant: UUID) -> None:
    with database.tenant(tenant) as session:
        recorded = _record(session, tenant, 40)
    together = Barrier(4)

    def claim(_: int) -> list[UUID]:
        with system_database.across_tenants() as session:
            together.wait()
            claimed = [event.id for event in outbox.claim(session, limit=10)]
            together.wait()  # nobody's locks end before everybody has looked
            outbox.done(session, claimed)
        return claimed

    with ThreadPoolExecutor(4) as threads:
        claimed = [event_id for batch in threads.map(claim, range(4)) for event_id in batch]
    assert sorted(claimed) == sorted(recorded)


def test_what_dies_before_its_commit_is_passed_on_by_the_next(
    database: Database, system_database: Database, tenant: UUID
) -> None:
    with database.tenant(tenant) as session:
        _record(session, tenant)

    def die() -> None:
        with system_database.across_tenants() as session:
            outbox.done(session, [event.id for event in outbox.claim(session)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert dispatch(system_database, []) == 1


def test_reader_of_a_tenant_sees_no_other_tenants_events(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    with database.tenant(tenant) as session:
        session.add(Client(tenant_id=tenant, name="Contoso"))
        _record(session, tenant)
    with database.tenant(other_tenant) as session:
        assert session.scalars(select(DomainEvent)).all() == []
