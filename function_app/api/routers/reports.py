"""``/reports``: ordered, listed, cancelled, retried, deleted."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api import ordering
from function_app.api.answers import json_answer, tagged_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import IdempotencyKey, ReportReader, ReportWriter
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.reports import ReportAccepted, ReportDetail
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.jobs.requests import publish_job
from shared.reporting import job_lists, report_lists, reports
from shared.reporting.reports import ReportNotFoundError

router = APIRouter(prefix="/reports", tags=["Reports"])

_ACCEPTED: dict[str, Any] = {
    "model": ReportAccepted,
    "description": "Accepted; poll the job that `Location` names.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}


@router.post(
    "",
    status_code=202,
    responses={202: _ACCEPTED, **failures(*ALWAYS, 404, 409, 411, 413, 415)},
    openapi_extra=ordering.REQUEST_BODY,
)
async def create_report(request: Request, caller: ReportWriter, key: IdempotencyKey = None) -> Response:
    """Order a report from an export of Azure Advisor, from what Azure says now, or from what was read before.

    - From an export: send the file as `multipart/form-data`, or upload it first (see Uploads) and send JSON with
      `upload_ids`. Several files are pages of one export.
    - From Azure: send JSON with `live`, which names an Azure connection. `fetch` of the report says how it went.
    - From what an earlier report was made of: send JSON with `snapshot_id`. Nothing is read again.
    """
    # Before a byte of the body is kept anywhere.
    await run_in_threadpool(caller.verify)
    return await ordering.order_report(request, caller, key)


@router.get(
    "/{report_id}",
    responses={
        200: {"model": ReportDetail},
        304: {"description": "Unchanged since the `If-None-Match` given."},
        **failures(*ALWAYS, 404),
    },
)
def get_report(report_id: UUID, caller: ReportReader, request: Request) -> Response:
    """Get a report with its files, its source and, where it failed, the reason."""
    report = caller.read_one(report_lists.reading(report_id), ReportNotFoundError)
    return tagged_answer(request, ordering.with_downloads(report))


@router.post("/{report_id}/cancel", status_code=202, responses={202: {"model": ReportDetail}, **failures(*ALWAYS, 404, 409)})
def cancel_report(report_id: UUID, caller: ReportWriter) -> Response:
    """Stop the making of a report; it is `cancelled` at once, or within seconds where a worker has to let go of it."""
    with caller.transaction() as session:
        reports.cancel(session, report_id)
        report = read_in(session, report_lists.reading(report_id))[0]
        caller.log(session, AuditType.REPORT_CANCELLED, Target("report", report_id, report["title"]))
    return json_answer(ordering.with_downloads(report), status_code=202)


@router.post("/{report_id}/retry", status_code=202, responses={202: _ACCEPTED, **failures(*ALWAYS, 404, 409)})
def retry_report(report_id: UUID, caller: ReportWriter) -> Response:
    """Make a report again that failed or was cancelled, or only its files that failed."""
    with caller.transaction() as session:
        _, job = reports.retry(session, report_id, trace_id=caller.trace_id)
        report = read_in(session, report_lists.reading(report_id))[0]
        caller.log(session, AuditType.REPORT_RETRIED, Target("report", report_id, report["title"]))
        body = {"report": ordering.with_downloads(report), "job": read_in(session, job_lists.reading(job.id))[0]}
    _publish(caller, job)
    return json_answer(body, status_code=202, headers={"Location": ordering.job_path(job.id)})


@router.delete("/{report_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_report(report_id: UUID, caller: ReportWriter) -> None:
    """Delete a report; one that is being made is cancelled."""
    with caller.transaction() as session:
        title = reports.find(session, report_id).title
        reports.delete(session, report_id)
        caller.log(session, AuditType.REPORT_DELETED, Target("report", report_id, title))


def _publish(caller: Caller, job: Job) -> None:
    publish_job(caller.services.publisher, caller.services.database, job)
