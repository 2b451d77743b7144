"""The backlog: how much work each worker role has before it, and letting workers sleep or wake accordingly."""

import logging
from dataclasses import dataclass

from sqlalchemy import func, select

from shared.database.session import Database
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.queue.names import ROLE_OF_QUEUE, Queue, Role
from shared.services import Services

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backlog:
    """The unfinished work of one role."""

    waiting: int = 0
    """Jobs that are due and that no worker has claimed."""
    running: int = 0
    oldest_waits_s: float = 0.0

    @property
    def unfinished(self) -> int:
        """All jobs that keep a worker from sleeping."""
        return self.waiting + self.running


def backlogs(database: Database) -> dict[Role, Backlog]:
    """Return the backlog of every role, across tenants; jobs that wait for a later time are none of it."""
    now = func.clock_timestamp()
    is_waiting = (Job.state == JobState.QUEUED) & (Job.run_after <= now)
    statement = (
        select(
            Job.queue,
            func.count().filter(is_waiting).label("waiting"),
            func.count().filter(Job.state == JobState.RUNNING).label("running"),
            func.extract("epoch", now - func.min(Job.run_after).filter(is_waiting)).label("oldest_waits_s"),
        )
        .where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
        .group_by(Job.queue)
    )
    found = dict.fromkeys(Role, Backlog())
    with database.across_tenants() as session:
        for row in session.execute(statement):
            role = ROLE_OF_QUEUE[Queue(row.queue)]
            so_far = found[role]
            found[role] = Backlog(
                so_far.waiting + row.waiting,
                so_far.running + row.running,
                max(so_far.oldest_waits_s, float(row.oldest_waits_s or 0.0)),
            )
    return found


def report(services: Services) -> str:
    """Log the backlog of each role, for alerts and dashboards to read; return it in a few words."""
    found = backlogs(services.system_database)
    for role, backlog in found.items():
        _log.info(
            "work before the workers",
            extra={
                "action": "backlog",
                "role": str(role),
                "waiting": backlog.waiting,
                "running": backlog.running,
                "oldest_waits_s": round(backlog.oldest_waits_s),
            },
        )
    return ", ".join(f"{role}: {backlog.waiting} waiting, {backlog.running} running" for role, backlog in found.items())


def fit_alarm(services: Services) -> str:
    """Let each role's wake queue say how much work the role has, where workers may sleep.

    Raises :class:`~shared.queue.waking.WakeQueueUnavailableError`.
    """
    alarm = services.alarm
    if alarm is None:
        return "workers do not sleep"
    found = backlogs(services.system_database)
    fitted = {role: alarm.fit(role, backlog.unfinished) for role, backlog in found.items()}
    return ", ".join(f"{role}: {messages}" for role, messages in fitted.items())
