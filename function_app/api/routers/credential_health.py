"""``/credential-health``: which credentials work, which do not, and what each check found."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from function_app.api import creation
from function_app.api.answers import changed_answer, row_answer, version_of
from function_app.api.callers import Caller
from function_app.api.dependencies import ConnectionReader, ConnectionWriter, IdempotencyKey
from function_app.api.models import credential_health as models
from function_app.api.models.common import ALWAYS, failures
from function_app.api.ordering import job_path
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.credential_health import asking, health_lists, providers
from shared.credential_health.stored import CredentialNotFoundError
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.jobs.kinds import CHECK_ALL_CREDENTIALS_HEALTH, CHECK_CREDENTIAL_HEALTH_MANUAL
from shared.jobs.requests import add_job
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/credential-health", tags=["Credential health"])

_READ: dict[int | str, dict[str, Any]] = {200: {"model": models.CredentialHealth}}
_ACCEPTED: dict[str, Any] = {
    "model": models.ChecksAccepted,
    "description": "Accepted; poll the job that `Location` names. Its `result` holds `checks`: how it stands with each "
    "credential, and whether it `was_checked` or why not.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}


@router.get("", responses={200: {"model": models.CredentialHealthPage}, **failures(*ALWAYS)})
def list_credential_health(caller: ConnectionReader, wanted: Annotated[models.CredentialHealthWanted, Query()]) -> Response:
    """List how it stands with all credentials, Azure connections and stored ones, page by page."""
    page = Paging("credential health", health_lists.HEALTH_ORDERS, wanted.sort, wanted)
    query = health_lists.health(
        search=wanted.search,
        provider=wanted.provider,
        credential_type=wanted.credential_type,
        client_id=wanted.client_id,
        states=tuple(wanted.state),
        incident_open=wanted.incident_open,
        place=page.place,
    )
    return page.answer(caller, query)


@router.post("/checks", status_code=202, responses={202: _ACCEPTED, **failures(*ALWAYS, 409)})
def check_credentials(wanted: models.ChecksWanted, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Check all credentials of one provider and type now, or all that there are.

    One that is being checked already, or was refused a moment ago, is not asked again and answers as it stands.
    """
    if wanted.provider is not None and wanted.credential_type is not None:
        providers.check_type(wanted.provider, wanted.credential_type)

    def ask(session: Session) -> tuple[Job, bool]:
        if wanted.provider is None:
            kind, arguments = CHECK_ALL_CREDENTIALS_HEALTH, {"due_only": False}
        else:
            kind, arguments = CHECK_CREDENTIAL_HEALTH_MANUAL, wanted.model_dump()
        job = add_job(session, kind, tenant_id=caller.tenant_id, arguments=arguments, trace_id=caller.trace_id)
        caller.log(session, AuditType.CREDENTIAL_TESTED, Target("credentials"), details=wanted.model_dump())
        return job, True

    return _set_going(caller, key, ("POST /credential-health/checks", wanted.model_dump_json()), ask)


@router.get("/{credential_id}", responses={**_READ, **failures(*ALWAYS, 404)})
def get_credential_health(credential_id: UUID, caller: ConnectionReader) -> Response:
    """Get how it stands with one credential."""
    row = caller.read_one(health_lists.health_of(credential_id), CredentialNotFoundError)
    return row_answer(row)


@router.patch("/{credential_id}", responses={**_READ, **failures(*ALWAYS, 404, 409, 412, 428)})
def change_credential_health(
    credential_id: UUID, change: models.CredentialHealthChange, caller: ConnectionWriter, if_match: IfMatch = None
) -> Response:
    """Set after how many failures in a row `credential.failed` is told for this credential: send the ETag in `If-Match`."""
    version = version_of(if_match)
    with caller.transaction() as session:
        asking.set_alert_after(session, credential_id, change.alert_after, version=version)
        body = read_in(session, health_lists.health_of(credential_id))[0]
        target = Target("credential", credential_id, body["name"])
        caller.log(session, AuditType.CREDENTIAL_CHANGED, target, details=change.model_dump())
    return changed_answer(body)


@router.get("/{credential_id}/checks", responses={200: {"model": models.CredentialCheckPage}, **failures(*ALWAYS, 404)})
def list_credential_checks(
    credential_id: UUID, caller: ConnectionReader, wanted: Annotated[models.HistoryWanted, Query()]
) -> Response:
    """List the checks of a credential, the newest first."""
    caller.read_one(health_lists.health_of(credential_id), CredentialNotFoundError)
    page = Paging(f"checks of {credential_id}", health_lists.CHECK_ORDERS, wanted.sort, wanted)
    query = health_lists.checks(credential_id, states=tuple(wanted.state), place=page.place)
    return page.answer(caller, query)


@router.post("/{credential_id}/checks", status_code=202, responses={202: _ACCEPTED, **failures(*ALWAYS, 404, 409)})
def check_credential(credential_id: UUID, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Check one credential now. A check that is under way already is answered instead of another."""

    def ask(session: Session) -> tuple[Job, bool]:
        job, is_new = asking.ask(session, credential_id, trace_id=caller.trace_id)
        name = read_in(session, health_lists.health_of(credential_id))[0]["name"]
        caller.log(session, AuditType.CREDENTIAL_TESTED, Target("credential", credential_id, name))
        return job, is_new

    return _set_going(caller, key, (f"POST /credential-health/{credential_id}/checks", ""), ask)


def _set_going(
    caller: Caller, key: str | None, content: tuple[str, str], ask: Callable[[Session], tuple[Job, bool]]
) -> Response:
    def write(session: Session) -> tuple[Outcome, Job | None]:
        job, is_new = ask(session)
        body = {"job": read_in(session, job_lists.reading(job.id))[0]}
        return Outcome(202, {"Location": job_path(job.id)}, body), job if is_new else None

    return creation.set_going(caller, creation.named(key, *content), write)
