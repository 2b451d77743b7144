"""``/connections/{id}/statistics`` and ``/sync``: what a connection's subscriptions amount to, at a glance."""

import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from function_app.api import creation, ordering
from function_app.api.answers import json_answer
from function_app.api.dependencies import ConnectionReader, ConnectionWriter, IdempotencyKey
from function_app.api.models import jobs as answered
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.statistics import Statistics
from shared.azure import looking, syncing
from shared.azure.kept_statistics import StatisticsPendingError
from shared.connections import connections
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.jobs.requests import publish_job
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/connections", tags=["Connections"])

# Readers wait this long for Azure, whoever asks it; then a job goes on in their stead.
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
def get_statistics(connection_id: UUID, caller: ConnectionReader) -> Response:
    """Get counts by category and impact, savings by currency and Advisor's scores.

    Answered from a cache for an hour; `as_of` says of when. Where nothing is at hand Azure is asked once, however many ask
    here at the same time. Of more than 1,000 subscriptions, and whenever Azure takes longer than 45 seconds, a job asks and
    the answer is `202`: ask again after `Retry-After` until it is `200`. What such a job failed of is answered for five
    minutes (`409`, `statistics_failed`); a sync tries again at once.
    """
    with caller.transaction() as session:
        connection = connections.find(session, connection_id)
    statistics = looking.at_hand(caller.services, caller.tenant_id, connection)
    if statistics is not None:
        return json_answer({**msgspec.to_builtins(statistics), "cached": True})
    with caller.transaction() as session:
        if (job := syncing.under_way(session, connection_id)) is not None:
            return _pending(session, job)
        syncing.check_rest(session, connection_id)
    until = time.monotonic() + _PATIENCE_S

    def wait(seconds: float) -> None:
        if time.monotonic() + seconds > until:
            raise StatisticsPendingError
        time.sleep(seconds)

    with suppress(StatisticsPendingError):
        kept = looking.kept(
            caller.services,
            caller.tenant_id,
            connection,
            wait=wait,
            patience_s=_PATIENCE_S,
            at_most=syncing.MOST_AT_A_GLANCE,
        )
        return json_answer({**msgspec.to_builtins(kept.statistics), "cached": kept.cached})
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
