"""``/upkeep``: what is kept for how long, and its removal."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from function_app.api import creation
from function_app.api.answers import json_answer, version_of, version_tag
from function_app.api.callers import Caller
from function_app.api.dependencies import Administrator, IdempotencyKey
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.upkeep import (
    OwnRules,
    RetentionShown,
    UpkeepAccepted,
    UpkeepRunPage,
    UpkeepRunsWanted,
    UpkeepWanted,
)
from function_app.api.ordering import job_path
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.database.reading import Query as DatabaseQuery
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.jobs.kinds import RUN_UPKEEP
from shared.jobs.requests import add_job
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome
from shared.reporting.listing import Conditions, Order, page_query
from shared.upkeep.rules import rules_for, set_rules

router = APIRouter(prefix="/upkeep", tags=["Upkeep"])

_RUNS = "select id, job_id, dry_run, rules, counts, problems, duration_s, created_at from upkeep_run"
_NEWEST_FIRST = {"-created_at": Order("created_at", "id", descending=True)}
_ACCEPTED: dict[str, Any] = {
    "model": UpkeepAccepted,
    "description": "Accepted; poll the job that `Location` names.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}


@router.get("/retention", responses={200: {"model": RetentionShown}, **failures(*ALWAYS)})
def get_retention(caller: Administrator) -> Response:
    """Get for how long what is kept: the installation's rules, and where the tenant decided otherwise."""
    with caller.transaction() as session:
        return _shown(session, caller)


@router.put("/retention", responses={200: {"model": RetentionShown}, **failures(*ALWAYS, 412, 428)})
def put_retention(rules: OwnRules, caller: Administrator, if_match: IfMatch = None) -> Response:
    """Set where the tenant decides otherwise, in place of all that was set before."""
    version = version_of(if_match)
    own = rules.model_dump(mode="json", exclude_unset=True)
    with caller.transaction() as session:
        set_rules(session, caller.tenant_id, own, version=version)
        caller.log(session, AuditType.SETTINGS_CHANGED, Target("retention"), details=own)
        return _shown(session, caller)


@router.post("/runs", status_code=202, responses={202: _ACCEPTED, **failures(*ALWAYS, 409)})
def run_upkeep(wanted: UpkeepWanted, caller: Administrator, key: IdempotencyKey = None) -> Response:
    """Remove what served its time now, or count it."""

    def ask(session: Session) -> tuple[Outcome, Job]:
        arguments = wanted.model_dump()
        job = add_job(session, RUN_UPKEEP, tenant_id=caller.tenant_id, arguments=arguments, trace_id=caller.trace_id)
        caller.log(session, AuditType.UPKEEP_ORDERED, Target("job", job.id), details=arguments)
        body = {"job": read_in(session, job_lists.reading(job.id))[0]}
        return Outcome(202, {"Location": job_path(job.id)}, body), job

    return creation.set_going(caller, creation.named(key, "POST /upkeep/runs", wanted.model_dump_json()), ask)


@router.get("/runs", responses={200: {"model": UpkeepRunPage}, **failures(*ALWAYS)})
def list_upkeep_runs(caller: Administrator, wanted: Annotated[UpkeepRunsWanted, Query()]) -> Response:
    """List what runs of upkeep removed, or would have."""
    page = Paging("upkeep runs", _NEWEST_FIRST, "-created_at", wanted)
    return page.answer(caller, _runs(page))


def _runs(page: Paging) -> DatabaseQuery:
    return page_query(_RUNS, Conditions(), page.place)


def _shown(session: Session, caller: Caller) -> Response:
    effective, own, version = rules_for(session, caller.services.settings)
    body = {"effective": msgspec.to_builtins(effective), "own": own, "version": version}
    return json_answer(body, headers={"ETag": version_tag(version), "Cache-Control": "private, no-cache"})
