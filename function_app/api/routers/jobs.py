"""``/jobs``: long-running work, to poll."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from function_app.api.answers import tagged_answer
from function_app.api.dependencies import ReportReader
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.jobs import Job
from shared.errors import NotFoundError
from shared.reporting import job_lists

router = APIRouter(prefix="/jobs", tags=["Jobs"])


class JobNotFoundError(NotFoundError):
    """There is no such job for this caller."""

    code = "job_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such job.", next_step="List the jobs to find its id; old ones are removed.")


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
