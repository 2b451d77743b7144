"""Schedules that are due, and nothing else's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from shared.database.session import Database
from shared.database.tables import DomainEvent, Job, Schedule, ScheduleRun
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Settings
from tests.shares import share_fixtures

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOURLY = {"kind": "cron", "expression": "0 * * * *"}


class Ground:
    """A tenant with schedules, seen from the database."""

    def __init__(self, services: Services, tenant_id: UUID) -> None:
        self.services = services
        self.tenant_id = tenant_id

    @property
    def ticker(self) -> Database:
        """The login that ticks."""
        return self.services.system_database

    def add(self, count: int = 1, *, due_at: datetime = NOON, **columns: object) -> list[UUID]:
        """Write schedules that are due and order a report of every client."""
        rules = columns.pop("rules", {})
        rows = [
            {
                "id": new_id(),
                "tenant_id": self.tenant_id,
                "name": f"Schedule {number}",
                "timing": HOURLY,
                "time_zone": "UTC",
                "starts_at": NOON - timedelta(days=30),
                "work_kind": "report",
                "work": {"kind": "report", "all_clients": True},
                "rules": rules,
                "next_planned_at": due_at,
                "next_run_at": due_at,
                **columns,
            }
            for number in range(count)
        ]
        with self.services.database.tenant(self.tenant_id) as session:
            session.execute(insert(Schedule), rows)
        return [row["id"] for row in rows]  # type: ignore[misc]

    def schedule(self, schedule_id: UUID) -> Schedule:
        """Return a schedule as it stands."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.get_one(Schedule, schedule_id)

    def runs(self) -> list[ScheduleRun]:
        """Return all runs, by their planned time."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(ScheduleRun).order_by(ScheduleRun.planned_at, ScheduleRun.id)))

    def jobs(self) -> list[Job]:
        """Return all jobs."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    def events(self) -> list[DomainEvent]:
        """Return all events."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(DomainEvent).order_by(DomainEvent.id)))

    def states(self) -> list[str]:
        """Return the states of all runs."""
        return [run.state for run in self.runs()]


# Whoever ticks claims what is due of all tenants.
product_environment, settings, database, system_database, owner = share_fixtures("function")


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """What a ticking process works with."""
    services = Services(settings)
    yield services
    services.close()


@pytest.fixture
def ground(services: Services, tenant: UUID) -> Ground:
    """The test's tenant, the only one that scheduled anything."""
    return Ground(services, tenant)
