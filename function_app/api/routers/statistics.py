"""``/connections/{id}/statistics`` and ``/sync``: what a connection's subscriptions amount to, at a glance."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from function_app.api import creation, ordering
from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import ConnectionReader, ConnectionWriter, IdempotencyKey
from function_app.api.models import jobs as answered
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.statistics import Statistics
from shared.azure import looking, syncing
from shared.azure.kept_statistics import Kept, StatisticsPendingError, UnderWay
from shared.connections import connections
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.jobs.requests import publish_job
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/connections", tags=["Connections"])

# Readers wait this long for Azure, whoever asks it; then a job asks in their stead.
_PATIENCE_S = 45.0
_RETRY_AFTER_S = 5
_LOCATION = {"schema": {"type": "string"}, "description": "Path of the job to poll."}
_ACCEPTED: dict[str, Any] = {
    "model": answered.Job,
    "description": "Accepted; poll the job that `Location` names.",
    "headers": {"Location": _LOCATION},
}
_PENDING: dict[str, Any] = {
    "model": answered.Job,
    "description": "Nothing is at hand yet, and a job reads it: ask here again after `Retry-After`, or poll the job.",
    "headers": {
        "Location": _LOCATION,
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds after which to ask again."},
    },
}


@router.get(
    "/{connection_id}/statistics", responses={200: {"model": Statistics}, 202: _PENDING, **failures(*ALWAYS, 404, 409)}
)
async def get_statistics(connection_id: UUID, caller: ConnectionReader) -> Response:
    """Get counts by category and impact, savings by currency and Advisor's scores.

    Answered from a cache for an hour; `as_of` says of when. Where nothing is at hand Azure is asked once, however many ask
    here at the same time. Of more than 1,000 subscriptions, after 45 seconds, and where many other connections are being
    looked at, a job asks and the answer is `202`: ask again after `Retry-After` until it is `200`. What such a job failed of
    is answered for five minutes (`409`, `statistics_failed`), in which Azure is not asked, unless the connection was changed
    since; a sync tries again at once.
    """
    found = await run_in_threadpool(_at_hand, caller, connection_id)
    if isinstance(found, UnderWay):
        await _over(found.look, _PATIENCE_S)
        return await run_in_threadpool(_outcome, caller, connection_id, found)
    return found


def _at_hand(caller: Caller, connection_id: UUID) -> Response | UnderWay:
    """Return what can be answered at once, or the look to wait for."""
    with caller.transaction() as session:
        connection = connections.find(session, connection_id)
    statistics = looking.at_hand(caller.services, caller.tenant_id, connection)
    if statistics is not None:
        return _answer(Kept(statistics, cached=True))
    with caller.transaction() as session:
        if (job := syncing.under_way(session, connection_id)) is not None:
            return _pending(session, job)
        syncing.check_rest(session, connection_id)
    with suppress(StatisticsPendingError):
        return looking.begin(
            caller.services, caller.tenant_id, connection, patience_s=_PATIENCE_S, at_most=syncing.MOST_AT_A_GLANCE
        )
    return _left_to_job(caller, connection_id)


async def _over(look: Future[Kept], patience_s: float) -> None:
    """Wait until a look is over, for so long; that takes no thread, of which other requests need some."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Future[Kept]) -> None:
        # Nobody is told any more where the process ends.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)

    look.add_done_callback(tell)
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), max(0.0, patience_s))


def _outcome(caller: Caller, connection_id: UUID, found: UnderWay) -> Response:
    with suppress(StatisticsPendingError):
        return _answer(found.outcome())
    return _left_to_job(caller, connection_id)


def _answer(kept: Kept) -> Response:
    return json_answer({**msgspec.to_builtins(kept.statistics), "cached": kept.cached})


def _left_to_job(caller: Caller, connection_id: UUID) -> Response:
    with caller.transaction() as session:
        syncing.check_rest(session, connection_id)
        job, is_new = syncing.ask(session, connection_id, trace_id=caller.trace_id, anew=False)
        answer = _pending(session, job)
    if is_new:
        publish_job(caller.services.publisher, caller.services.database, job)
    return answer


def _pending(session: Session, job: Job) -> Response:
    headers = {"Location": ordering.job_path(job.id), "Retry-After": str(_RETRY_AFTER_S)}
    return json_answer(read_in(session, job_lists.reading(job.id))[0], status_code=202, headers=headers)


@router.post("/{connection_id}/sync", status_code=202, responses={202: _ACCEPTED, **failures(*ALWAYS, 404, 409)})
def sync_statistics(connection_id: UUID, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Read the statistics from Azure anew, whatever is at hand; get them when the job has ended.

    A sync that waits for its turn is answered instead of another.
    """

    def ask(session: Session) -> tuple[Outcome, Job | None]:
        job, is_new = syncing.ask(session, connection_id, trace_id=caller.trace_id)
        body = read_in(session, job_lists.reading(job.id))[0]
        return Outcome(202, {"Location": ordering.job_path(job.id)}, body), job if is_new else None

    return creation.set_going(caller, creation.named(key, f"POST /connections/{connection_id}/sync"), ask)
