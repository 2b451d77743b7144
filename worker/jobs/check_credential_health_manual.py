"""Check all credentials of one provider and type, because somebody asked; each answer is as that of a scheduled check."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from shared.credential_health import asking, checking, providers, recording
from shared.credential_health.subjects import Subject
from shared.database.tables import Job, Tenant
from shared.errors import AdvisorReportsError, NotFoundError
from shared.jobs.kinds import CHECK_CREDENTIAL_HEALTH_MANUAL, OfCredentials
from shared.jobs.problems import TimeLimitError
from shared.jobs.requests import add_job
from shared.jobs.run import JobRun
from shared.services import Services

# Somebody waits for the whole answer, so a place is waited for.
_PATIENCE_S = 60.0
# An answer that people can read.
_MOST = 200


class NotATenantError(NotFoundError):
    """A message names a tenant that does not exist."""

    code = "tenant_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such tenant.", next_step="List them with `python -m worker tenant list`.")


def check_credential_health_manual(run: JobRun) -> None:
    """Check one credential after the other, each written down at once; one that is busy or rests answers as it stands."""
    wanted = msgspec.convert(run.claim.arguments, OfCredentials)
    with run.services.database.tenant(run.tenant_id) as session:
        credential_ids = asking.matching(session, wanted.provider, wanted.credential_type)
    answers: list[dict[str, Any]] = []
    done = 0
    for credential_id in credential_ids[:_MOST]:
        # Those left over are checked at their time; what was found so far is worth an answer.
        if run.should_stop():
            break
        run.report_progress(100 * done / len(credential_ids), f"Checking {done + 1} of {len(credential_ids)}")
        try:
            answer = _answer(run, credential_id)
        except TimeLimitError:
            break
        if answer is not None:
            answers.append(answer)
        done += 1
    with run.finishing() as session:
        run.answer(session, {"checks": answers, "left": len(credential_ids) - done})


def answer_to(
    services: Services, tenant_id: str, provider: str, credential_type: str, perform: Callable[[UUID], None]
) -> dict[str, Any]:
    """Return the answer to a check that was asked for by a message alone: as a job of its own, which ``perform`` does.

    What cannot be asked for is answered in a sentence as well.
    """
    try:
        job_id = _ask(services, tenant_id, provider, credential_type)
    except AdvisorReportsError as error:
        return {"checks": [], "error": {"code": error.code, "message": error.message, "next_step": error.next_step}}
    perform(job_id)
    with services.database.tenant(UUID(tenant_id)) as session:
        job = session.get_one(Job, job_id)
        failure = {"code": job.error_code or job.state, "message": job.error_text, "next_step": job.next_step}
        return job.result or {"checks": [], "error": failure}


def _ask(services: Services, tenant_id: str, provider: str, credential_type: str) -> UUID:
    providers.check_type(provider, credential_type)
    try:
        tenant = UUID(tenant_id)
    except ValueError as error:
        raise NotATenantError from error
    with services.database.tenant(tenant) as session:
        if session.get(Tenant, tenant) is None:
            raise NotATenantError
        arguments = {"provider": provider, "credential_type": credential_type}
        return add_job(session, CHECK_CREDENTIAL_HEALTH_MANUAL, tenant_id=tenant, arguments=arguments).id


def _answer(run: JobRun, credential_id: UUID) -> dict[str, Any] | None:
    with run.transaction() as session:
        taken = asking.take(session, credential_id, run.claim.job_id)
    if taken is None:
        return None
    subject = taken.subject
    if taken.reason_against:
        return recording.answer_of(taken.row, subject.name, was_checked=False, note=taken.reason_against)
    with checking.place(run, subject, patience_s=_PATIENCE_S) as is_free:
        if is_free:
            return _checked(run, subject)
    with run.transaction() as session:
        row = asking.let_go(session, subject.id, run.claim.job_id)
    note = "Its provider had no place for a while."
    return None if row is None else recording.answer_of(row, subject.name, was_checked=False, note=note)


def _checked(run: JobRun, subject: Subject) -> dict[str, Any] | None:
    outcome = checking.check(run.services, subject, run.check)
    with run.transaction() as session:
        row, made = checking.write(session, run, subject, outcome, "manual")
    if made is not None:
        recording.count(subject, made)
    return None if row is None else recording.answer_of(row, subject.name, was_checked=made is not None)
