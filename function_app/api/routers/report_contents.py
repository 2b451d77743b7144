"""``/reports/{id}/…``: what is in a report, and its files."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from function_app.api import ordering
from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import ReportReader
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.lists import RecommendationsWanted, RejectedRowsWanted
from function_app.api.models.recommendations import RecommendationPage, RejectedRowPage
from function_app.api.models.reports import ReportFiles
from function_app.api.paging import Paging
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.database.reading import read_in
from shared.reporting import recommendations, rejected_rows, report_lists
from shared.reporting.recommendations import Filter
from shared.reporting.report_files import FileNotFoundInReportError, FileNotReadyError
from shared.reporting.reports import ReportNotFoundError
from shared.reports import ReportFormat

router = APIRouter(prefix="/reports/{report_id}", tags=["Reports"])


@router.get("/recommendations", responses={200: {"model": RecommendationPage}, **failures(*ALWAYS, 404)})
def list_recommendations(
    report_id: UUID, caller: ReportReader, wanted: Annotated[RecommendationsWanted, Query()]
) -> Response:
    """List the recommendations of a report, page by page."""
    page = Paging(f"recommendations of {report_id}", recommendations.ORDERS, wanted.sort, wanted)
    wanted_rows = Filter(
        categories=tuple(wanted.category),
        impacts=tuple(wanted.impact),
        subscription=wanted.subscription,
        resource_group=wanted.resource_group,
        min_savings=wanted.min_savings,
        text=wanted.text,
    )
    snapshot_id = _snapshot_of(report_id, caller)
    if snapshot_id is None:
        return page.answer_rows([])
    query = recommendations.listing(snapshot_id, wanted_rows, place=page.place)
    return page.answer(caller, query)


@router.get("/rejected-rows", responses={200: {"model": RejectedRowPage}, **failures(*ALWAYS, 404)})
def list_rejected_rows(report_id: UUID, caller: ReportReader, wanted: Annotated[RejectedRowsWanted, Query()]) -> Response:
    """List the rows of the export that could not become recommendations, and why, page by page."""
    page = Paging(f"rejected rows of {report_id}", rejected_rows.ORDERS, "line", wanted)
    snapshot_id = _snapshot_of(report_id, caller)
    if snapshot_id is None:
        return page.answer_rows([])
    query = rejected_rows.listing(snapshot_id, reason_code=wanted.reason_code, place=page.place)
    return page.answer(caller, query)


@router.get("/files", responses={200: {"model": ReportFiles}, **failures(*ALWAYS, 404)})
def list_files(report_id: UUID, caller: ReportReader) -> Response:
    """List the files of a report."""
    report = caller.read_one(report_lists.reading(report_id), ReportNotFoundError)
    return json_answer({"items": ordering.with_downloads(report)["files"]})


@router.get(
    "/files/{file_format}/download",
    status_code=302,
    response_class=Response,
    responses={
        302: {
            "description": "The file is at `Location`, for a few minutes.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **failures(*ALWAYS, 404, 409),
    },
)
def download_file(report_id: UUID, file_format: ReportFormat, caller: ReportReader) -> Response:
    """Get a file of a report: the answer leads to a link that works for a few minutes and saves it under a proper name."""
    with caller.transaction() as session:
        files = read_in(session, report_lists.file_reading(report_id, file_format))
        if not files:
            if not read_in(session, report_lists.snapshot_of(report_id)):
                raise ReportNotFoundError
            raise FileNotFoundInReportError(file_format)
        file = files[0]
        if file["status"] != "ready":
            raise FileNotReadyError(file_format, file["status"])
        target = Target("report", report_id, file["file_name"])
        caller.log(session, AuditType.REPORT_DOWNLOADED, target, details={"format": str(file_format)})
    link = caller.services.blobs.download_link(
        file["blob_path"],
        file_name=file["file_name"],
        content_type=file["content_type"],
        lifetime=timedelta(minutes=caller.services.settings.download_link_minutes),
    )
    return Response(status_code=302, headers={"Location": link})


def _snapshot_of(report_id: UUID, caller: Caller) -> UUID | None:
    """Return the snapshot of the report, ``None`` while nothing was imported; raises where there is no such report."""
    snapshot_id = caller.read_one(report_lists.snapshot_of(report_id), ReportNotFoundError)["snapshot_id"]
    return None if snapshot_id is None else UUID(snapshot_id)
