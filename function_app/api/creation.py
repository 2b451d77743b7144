"""Creates, and work set going, that may be repeated with the same ``Idempotency-Key``."""

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import Response
from sqlalchemy.orm import Session

from function_app.api.answers import outcome_answer, version_tag
from function_app.api.callers import Caller
from shared.database.tables import Job
from shared.jobs.requests import publish_job
from shared.reporting import idempotency
from shared.reporting.idempotency import Outcome, Request

# What is kept to recognise a repeated request must not help anybody who guesses secrets.
_SCRYPT: dict[str, Any] = {"n": 2**14, "r": 8, "p": 1}


def named(key: str | None, route: str, *content: bytes | str, hidden: bytes = b"") -> Request | None:
    """Return the request as its key and its content name it, ``None`` where the caller chose no key.

    ``hidden`` is what of the content is secret.
    """
    if key is None:
        return None
    digests = (hashlib.scrypt(hidden, salt=key.encode(), **_SCRYPT),) if hidden else ()
    return Request(key, idempotency.digest_of(route, *content, *digests))


def created(path: str, row: dict[str, Any]) -> Outcome:
    """Return the outcome of a create: where the row is, and the tag that a change has to name."""
    return Outcome(201, {"Location": f"/api/v1/{path}/{row['id']}", "ETag": version_tag(row["version"])}, row)


def answer(session: Session, caller: Caller, request: Request | None, create: Callable[[], Outcome]) -> Response:
    """Answer with what ``create`` made, or with what it answered to the same request before."""
    return outcome_answer(idempotency.once(session, caller.tenant_id, request, create))


def set_going(caller: Caller, request: Request | None, begin: Callable[[Session], tuple[Outcome, Job | None]]) -> Response:
    """Answer with what ``begin`` set going, or with what it answered to the same request before.

    The message of its job, where that is new, goes out after the commit.
    """
    jobs: list[Job] = []

    def write() -> Outcome:
        outcome, job = begin(session)
        if job is not None:
            jobs.append(job)
        return outcome

    with caller.transaction() as session:
        answered = answer(session, caller, request, write)
    for job in jobs:
        publish_job(caller.services.publisher, caller.services.database, job)
    return answered
