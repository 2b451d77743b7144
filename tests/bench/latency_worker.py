"""The product's Celery application with two tasks that do nothing: one behind a job row, one bare.

Both tell through Redis when their work began; ``celery -A tests.bench.latency_worker worker`` runs them.
"""

import time
from functools import cache
from uuid import UUID

import redis

from shared import settings
from shared.jobs import execution
from shared.jobs.kinds import KINDS
from tests.bench.latency_kinds import BARE_TASK, BEGAN_KEY, NOTHING
from worker import processes
from worker.celery_app import app

# For the length of a measurement; the product itself has no kind that does nothing.
KINDS[NOTHING.name] = NOTHING


@app.task(name=NOTHING.name, soft_time_limit=NOTHING.soft_limit_s, time_limit=NOTHING.hard_limit_s)
def nothing(*, tenant_id: str, job_id: str) -> None:
    """Claim the job, do nothing, end it; as the product's own tasks do theirs."""
    began: list[float] = []
    execution.execute(
        processes.services(),
        lambda _run: began.append(time.time()),
        tenant_id=UUID(tenant_id),
        job_id=UUID(job_id),
        worker="bench",
    )
    _tell(began[0])


@app.task(name=BARE_TASK, soft_time_limit=NOTHING.soft_limit_s, time_limit=NOTHING.hard_limit_s)
def bare() -> None:
    """Do nothing."""
    _tell(time.time())


def _tell(began: float) -> None:
    _redis().rpush(BEGAN_KEY, began)


@cache
def _redis() -> "redis.Redis":
    return redis.Redis.from_url(settings.get().broker_url.get_secret_value())
