"""``/schedules``: what runs by itself."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Query, Response

from function_app.api import creation
from function_app.api.answers import changed_answer, json_answer, row_answer, version_of
from function_app.api.callers import Caller
from function_app.api.dependencies import IdempotencyKey, ScheduleReader, ScheduleWriter
from function_app.api.models import schedules as models
from function_app.api.models.common import ALWAYS, failures
from function_app.api.paging import Paging
from function_app.api.schedule_forms import change_of, definition_of, timing_of
from shared.database.reading import read_in
from shared.reporting.idempotency import Outcome
from shared.scheduling import schedule_lists, schedules, works
from shared.scheduling.preview import Upcoming, upcoming
from shared.scheduling.schedules import ScheduleNotFoundError
from shared.scheduling.timing import Timing, When, check_moment, checked

router = APIRouter(prefix="/schedules", tags=["Schedules"])

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=100, description="ETag of the version the change is based on, or `*`.")
]
_READ: dict[int | str, dict[str, Any]] = {200: {"model": models.Schedule}}
_CREATED: dict[int | str, dict[str, Any]] = {
    201: {"model": models.Schedule, "description": "Created; `Location` says where."}
}


@router.get("", responses={200: {"model": models.SchedulePage}, **failures(*ALWAYS)})
def list_schedules(caller: ScheduleReader, wanted: Annotated[models.SchedulesWanted, Query()]) -> Response:
    """List schedules, page by page."""
    page = Paging("schedules", schedule_lists.ORDERS, wanted.sort, wanted)
    query = schedule_lists.listing(
        status=wanted.status,
        work_kind=wanted.work_kind,
        client_id=wanted.client_id,
        place=page.place,
    )
    return page.answer(caller, query)


@router.post("", status_code=201, responses={**_CREATED, **failures(*ALWAYS, 409)})
def create_schedule(schedule: models.NewSchedule, caller: ScheduleWriter, key: IdempotencyKey = None) -> Response:
    """Create a schedule. Try its timing with `POST /schedules/preview` first."""
    request = creation.named(key, "POST /schedules", schedule.model_dump_json())
    wanted = definition_of(schedule)

    def create() -> Outcome:
        row = schedules.create(session, caller.tenant_id, wanted, caller.actor)
        body = _shown(read_in(session, schedule_lists.reading(row.id))[0])
        return creation.created("schedules", body)

    with caller.transaction() as session:
        return creation.answer(session, caller, request, create)


@router.post("/preview", responses={200: {"model": models.Preview}, **failures(*ALWAYS)})
def preview_schedule(wanted: models.PreviewWanted, caller: ScheduleReader) -> Response:
    """Show the next ten run times of a timing, with what changes of clocks mean for them; keeps nothing."""
    caller.verify()
    after = check_moment(wanted.after) if wanted.after else datetime.now(UTC)
    found = upcoming(checked(timing_of(wanted)), after)
    return json_answer({"upcoming": [_upcoming(run) for run in found]})


@router.get("/job-kinds", responses={200: {"model": models.JobKindsOffered}, **failures(*ALWAYS)})
def list_job_kinds(caller: ScheduleReader) -> Response:
    """List the jobs that can be scheduled by name, and what each takes."""
    caller.verify()
    offered = [
        {"name": name, "arguments": msgspec.json.schema(kind.arguments)} for name, kind in works.schedulable_kinds().items()
    ]
    return json_answer({"items": offered})


@router.get(
    "/{schedule_id}",
    responses={**_READ, **failures(*ALWAYS, 404)},
)
def get_schedule(schedule_id: UUID, caller: ScheduleReader) -> Response:
    """Get a schedule with its next run times, its last run and what it refers to that is gone."""
    row = caller.read_one(schedule_lists.reading(schedule_id), ScheduleNotFoundError)
    return row_answer(_shown(row))


@router.patch("/{schedule_id}", responses={**_READ, **failures(*ALWAYS, 404, 409, 412, 428)})
def change_schedule(
    schedule_id: UUID, change: models.ScheduleChange, caller: ScheduleWriter, if_match: IfMatch = None
) -> Response:
    """Change some fields of a schedule, if it still is as you read it: send the ETag in `If-Match`."""
    version = version_of(if_match)
    fields = change_of(change)
    with caller.transaction() as session:
        schedules.change(session, schedule_id, fields, caller.actor, version=version)
        body = _shown(read_in(session, schedule_lists.reading(schedule_id))[0])
    return changed_answer(body)


@router.delete("/{schedule_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_schedule(schedule_id: UUID, caller: ScheduleWriter) -> None:
    """Delete a schedule; a run that goes on ends by itself."""
    with caller.transaction() as session:
        schedules.delete(session, schedule_id, caller.actor)


@router.post("/{schedule_id}/pause", responses={**_READ, **failures(*ALWAYS, 404)})
def pause_schedule(schedule_id: UUID, caller: ScheduleWriter) -> Response:
    """Pause a schedule: nothing of it runs until it is resumed, and nothing is made up for then."""
    return _switched(caller, schedule_id, enabled=False)


@router.post("/{schedule_id}/resume", responses={**_READ, **failures(*ALWAYS, 404)})
def resume_schedule(schedule_id: UUID, caller: ScheduleWriter) -> Response:
    """Resume a schedule with its next run time from now on."""
    return _switched(caller, schedule_id, enabled=True)


@router.post(
    "/{schedule_id}/run", status_code=202, responses={202: {"model": models.ScheduleRun}, **failures(*ALWAYS, 404, 409)}
)
def run_schedule(schedule_id: UUID, caller: ScheduleWriter, key: IdempotencyKey = None) -> Response:
    """Run a schedule now, beside its times; its `overlap_policy` holds for this run too."""
    request = creation.named(key, f"POST /schedules/{schedule_id}/run")

    def run() -> Outcome:
        made = schedules.run_now(session, schedule_id, caller.actor)
        return Outcome(202, {}, read_in(session, schedule_lists.run(made.id))[0])

    with caller.transaction() as session:
        return creation.answer(session, caller, request, run)


@router.post("/{schedule_id}/duplicate", status_code=201, responses={**_CREATED, **failures(*ALWAYS, 404, 409)})
def duplicate_schedule(
    schedule_id: UUID, wanted: models.DuplicateWanted, caller: ScheduleWriter, key: IdempotencyKey = None
) -> Response:
    """Make a paused copy of a schedule."""
    request = creation.named(key, f"POST /schedules/{schedule_id}/duplicate", wanted.model_dump_json())

    def duplicate() -> Outcome:
        row = schedules.duplicate(session, schedule_id, caller.actor, name=wanted.name)
        body = _shown(read_in(session, schedule_lists.reading(row.id))[0])
        return creation.created("schedules", body)

    with caller.transaction() as session:
        return creation.answer(session, caller, request, duplicate)


@router.get("/{schedule_id}/runs", responses={200: {"model": models.ScheduleRunPage}, **failures(*ALWAYS, 404)})
def list_schedule_runs(schedule_id: UUID, caller: ScheduleReader, wanted: Annotated[models.RunsWanted, Query()]) -> Response:
    """List the runs of a schedule, those that were late, skipped or missed included, each with its reason."""
    page = Paging(f"runs of {schedule_id}", schedule_lists.NEWEST_FIRST, wanted.sort, wanted)
    caller.read_one(schedule_lists.reading(schedule_id), ScheduleNotFoundError)
    states = tuple(wanted.state)
    return page.answer(caller, schedule_lists.runs(schedule_id, states=states, place=page.place))


@router.get("/{schedule_id}/changes", responses={200: {"model": models.ScheduleChangePage}, **failures(*ALWAYS, 404)})
def list_schedule_changes(
    schedule_id: UUID, caller: ScheduleReader, wanted: Annotated[models.ChangesWanted, Query()]
) -> Response:
    """List who changed what of a schedule, and when."""
    page = Paging(f"changes of {schedule_id}", schedule_lists.NEWEST_FIRST, wanted.sort, wanted)
    caller.read_one(schedule_lists.reading(schedule_id), ScheduleNotFoundError)
    return page.answer(caller, schedule_lists.changes(schedule_id, place=page.place))


def _switched(caller: Caller, schedule_id: UUID, *, enabled: bool) -> Response:
    with caller.transaction() as session:
        schedules.set_enabled(session, schedule_id, caller.actor, enabled=enabled)
        body = _shown(read_in(session, schedule_lists.reading(schedule_id))[0])
    return changed_answer(body)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as answered: with its next run times."""
    timing = Timing(
        when=msgspec.convert(row["when"], When),
        zone_name=row["time_zone"],
        starts_at=datetime.fromisoformat(row["starts_at"]),
        ends_at=datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None,
    )
    return {**row, "upcoming": [_upcoming(run) for run in upcoming(timing, datetime.now(UTC))]}


def _upcoming(run: Upcoming) -> dict[str, str | None]:
    return {"at": run.at.isoformat(), "local": run.local.isoformat(), "note": run.note}
