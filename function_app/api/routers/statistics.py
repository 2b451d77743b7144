"""``/connections/{id}/statistics`` and ``/sync``: what a connection's subscriptions amount to, at a glance."""

import time
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
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/connections", tags=["Connections"])

# Readers wait this long for Azure, whoever asks it; who needs longer orders a sync and polls it.
_PATIENCE_S = 45.0
_ACCEPTED: dict[str, Any] = {
    "model": answered.Job,
    "description": "Accepted; poll the job that `Location` names.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}


@router.get("/{connection_id}/statistics", responses={200: {"model": Statistics}, **failures(*ALWAYS, 404, 409)})
def get_statistics(connection_id: UUID, caller: ConnectionReader) -> Response:
    """Get counts by category and impact, savings by currency and Advisor's scores.

    Answered from a cache for an hour; `as_of` says of when. Where nothing is at hand Azure is asked once, however many ask
    here at the same time.
    """
    with caller.transaction() as session:
        connection = connections.find(session, connection_id)
    until = time.monotonic() + _PATIENCE_S

    def wait(seconds: float) -> None:
        if time.monotonic() + seconds > until:
            raise StatisticsPendingError
        time.sleep(seconds)

    kept = looking.kept(caller.services, caller.tenant_id, connection, wait=wait, patience_s=_PATIENCE_S)
    return json_answer({**msgspec.to_builtins(kept.statistics), "cached": kept.cached})


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
