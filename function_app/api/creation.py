"""Creates that may be repeated with the same ``Idempotency-Key``."""

from collections.abc import Callable

from fastapi import Response
from sqlalchemy.orm import Session

from function_app.api.answers import outcome_answer
from function_app.api.callers import Caller
from shared.reporting import idempotency
from shared.reporting.idempotency import Outcome, Request


def named(key: str | None, route: str, *content: bytes | str) -> Request | None:
    """Return the request as its key and its content name it, ``None`` where the caller chose no key."""
    return None if key is None else Request(key, idempotency.digest_of(route, *content))


def answer(session: Session, caller: Caller, request: Request | None, create: Callable[[], Outcome]) -> Response:
    """Answer with what ``create`` made, or with what it answered to the same request before."""
    return outcome_answer(idempotency.once(session, caller.tenant_id, request, create))
