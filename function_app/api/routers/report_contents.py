"""``/reports/{id}/…``: what is in a report, and its files."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from function_app.api import ordering
from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import ReportReader
from function_app.api.models.common import ALWAYS, SearchText, failures
from function_app.api.models.recommendations import RecommendationPage, RejectedRowPage
from function_app.api.models.reports import ReportFiles
from function_app.api.paging import Cursor, Limit, Paging
from shared.advisor.vocabulary import Category, Impact
from shared.reporting import recommendations, rejected_rows, report_lists
from shared.reporting.recommendations import Filter
from shared.reporting.report_files import FileNotFoundInReportError, FileNotReadyError
from shared.reporting.reports import ReportNotFoundError
from shared.reports import ReportFormat

router = APIRouter(prefix="/reports/{report_id}", tags=["Reports"])

_Amount = Annotated[
    Decimal,
    Query(
        ge=0,
        max_digits=20,
        decimal_places=6,
        allow_inf_nan=False,
        description="Least annual savings, in their own currency.",
    ),
]


@router.get("/recommendations", responses={200: {"model": RecommendationPage}, **failures(*ALWAYS, 404)})
def list_recommendations(
    *,
    report_id: UUID,
    caller: ReportReader,
    category: Annotated[list[Category], Query(max_length=10, description="May be repeated.")] = [],  # noqa: B006
    impact: Annotated[list[Impact], Query(max_length=10, description="May be repeated.")] = [],  # noqa: B006
    subscription: Annotated[SearchText | None, Query(description="Id or name.")] = None,
    resource_group: SearchText | None = None,
    min_savings: _Amount | None = None,
    text: Annotated[SearchText | None, Query(description="Part of problem, solution, benefits or resource name.")] = None,
    sort: Annotated[
        Literal["source", "-annual_savings", "resource"], Query(description="`source` is the order of the export.")
    ] = "source",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the recommendations of a report, page by page."""
    wanted = Filter(tuple(category), tuple(impact), subscription, resource_group, min_savings, text)
    page = Paging("recommendations", recommendations.ORDERS, sort, limit, cursor, report=report_id, wanted=repr(wanted))
    query = recommendations.listing(report_id, wanted, order=page.order, limit=limit, after=page.after)
    return page.answer_with(_known(caller, report_id, caller.read(query)))


@router.get("/rejected-rows", responses={200: {"model": RejectedRowPage}, **failures(*ALWAYS, 404)})
def list_rejected_rows(
    report_id: UUID,
    caller: ReportReader,
    reason_code: Annotated[SearchText | None, Query(examples=["amount_ambiguous"])] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the rows of the export that could not become recommendations, and why, page by page."""
    page = Paging("rejected", rejected_rows.ORDERS, "line", limit, cursor, report=report_id, reason=reason_code)
    query = rejected_rows.listing(report_id, reason_code=reason_code, limit=limit, after=page.after)
    return page.answer_with(_known(caller, report_id, caller.read(query)))


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
    files = caller.read(report_lists.file_reading(report_id, file_format))
    if not files:
        caller.read_one(report_lists.exists(report_id), ReportNotFoundError)
        raise FileNotFoundInReportError(file_format)
    file = files[0]
    if file["status"] != "ready":
        raise FileNotReadyError(file_format, file["status"])
    link = caller.services.blobs.download_link(
        file["blob_path"],
        file_name=file["file_name"],
        content_type=file["content_type"],
        lifetime=timedelta(minutes=caller.services.settings.download_link_minutes),
    )
    return Response(status_code=302, headers={"Location": link})


def _known(caller: Caller, report_id: UUID, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # No row may mean no report; only then is it worth a second question.
    if not rows:
        caller.read_one(report_lists.exists(report_id), ReportNotFoundError)
    return rows
