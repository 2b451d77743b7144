"""``/jobs``: long-running work, to poll."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from function_app.api.answers import tagged_answer
from function_app.api.dependencies import ReportReader
from function_app.api.models.common import ALWAYS, SearchText, failures
from function_app.api.models.jobs import Job, JobPage
from function_app.api.paging import Cursor, Limit, Paging
from shared.database.tables.job import JobState
from shared.errors import NotFoundError
from shared.reporting import job_lists

router = APIRouter(prefix="/jobs", tags=["Jobs"])


class JobNotFoundError(NotFoundError):
    """There is no such job for this caller."""

    code = "job_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such job.", next_step="List the jobs to find its id; old ones are removed.")


@router.get("", responses={200: {"model": JobPage}, **failures(*ALWAYS)})
def list_jobs(
    *,
    caller: ReportReader,
    state: Annotated[list[JobState], Query(max_length=10, description="May be repeated.")] = [],  # noqa: B006 - never changed
    kind: Annotated[SearchText | None, Query(examples=["process_csv_file"])] = None,
    report_id: UUID | None = None,
    sort: Literal["-created_at", "created_at"] = "-created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List jobs, page by page."""
    states = tuple(state)
    page = Paging("jobs", job_lists.ORDERS, sort, limit, cursor, states=states, kind=kind, report=report_id)
    query = job_lists.listing(states=states, kind=kind, report_id=report_id, order=page.order, limit=limit, after=page.after)
    return page.answer(caller, query)


@router.get(
    "/{job_id}",
    responses={
        200: {"model": Job},
        304: {"description": "Unchanged since the `If-None-Match` given."},
        **failures(*ALWAYS, 404),
    },
)
def get_job(job_id: UUID, caller: ReportReader, request: Request) -> Response:
    """Get a job; poll it until it has ended."""
    return tagged_answer(request, caller.read_one(job_lists.reading(job_id), JobNotFoundError))
