"""The nightly upkeep: from 03:00 UTC on, one job for each tenant that has no schedule of its own for it."""

from datetime import datetime, time, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from shared.database.tables import Job, Schedule, Tenant, Tick
from shared.identifiers import new_id
from shared.jobs.kinds import RUN_UPKEEP
from shared.jobs.requests import PUBLISHING_TAKES_S
from shared.services import Services

AT = time(3)
"""In UTC, when fewest people in most of the world work."""
_NAME = "upkeep requested"


def request(services: Services, *, now: datetime | None = None) -> str:
    """Ask for the day's upkeep where it is due and nobody has, and return in a few words what was done.

    ``now`` is the database's time where not given. A new installation begins with its first night.
    """
    with services.system_database.across_tenants() as session:
        moment = now or session.scalars(select(func.clock_timestamp())).one()
        session.execute(
            insert_or_not(Tick)
            .values(name=_NAME, last_started_at=moment, last_driver="upkeep")
            .on_conflict_do_nothing(index_elements=[Tick.name])
        )
        asked = session.scalars(select(Tick).where(Tick.name == _NAME).with_for_update()).one()
        due_at = datetime.combine(moment.date(), AT, tzinfo=moment.tzinfo)
        if due_at > moment:
            due_at -= timedelta(days=1)
        if asked.last_started_at is not None and due_at <= asked.last_started_at <= moment:
            return "asked for already"
        asked.last_started_at = moment
        own = select(Schedule.tenant_id).where(
            Schedule.work_kind == "upkeep", Schedule.next_run_at.is_not(None), ~Schedule.work.contains({"dry_run": True})
        )
        tenants = session.scalars(select(Tenant.id).where(Tenant.deleted_at.is_(None), Tenant.id.not_in(own))).all()
        jobs = [
            {
                "id": new_id(),
                "tenant_id": tenant_id,
                "kind": RUN_UPKEEP.name,
                "queue": RUN_UPKEEP.queue.value,
                "priority": RUN_UPKEEP.priority.value,
                "arguments": {"dry_run": False},
                "max_attempts": RUN_UPKEEP.max_attempts,
                "run_after": moment - timedelta(seconds=PUBLISHING_TAKES_S),
            }
            for tenant_id in tenants
        ]
        if jobs:
            session.execute(insert(Job), jobs)
    return f"asked for {len(jobs)} tenants"
