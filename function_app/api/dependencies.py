"""What routes ask for by annotation."""

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator

from function_app.api.callers import Caller, Front, UnauthenticatedError
from function_app.correlation import current, trace_id_of
from shared.access import Scope

_bearer = HTTPBearer(
    scheme_name="apiKey",
    bearerFormat="aar_…",
    description="An API key: `Authorization: Bearer aar_…`. Keys carry scopes and can expire or be revoked.",
    auto_error=False,
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


# Dependencies that wait for nothing are coroutines: plain functions would each cost a trip through the thread pool.
async def _front(request: Request) -> Front:
    front: Front = request.app.state.front
    return front


FrontOf = Annotated[Front, Depends(_front)]


class _Needs:
    """Recognises the caller later, within the route's own transaction; here the key's form is all that is looked at."""

    def __init__(self, scope: Scope | None) -> None:
        self._scope = scope

    async def __call__(self, request: Request, front: FrontOf, credentials: _Credentials) -> Caller:
        if credentials is None:
            raise UnauthenticatedError
        trace_id = trace_id_of(request.headers.get("traceparent")) or current.get() or None
        return Caller(front, credentials.credentials, self._scope, trace_id)


ClientReader = Annotated[Caller, Depends(_Needs(Scope.CLIENTS_READ))]
ClientWriter = Annotated[Caller, Depends(_Needs(Scope.CLIENTS_WRITE))]
ReportReader = Annotated[Caller, Depends(_Needs(Scope.REPORTS_READ))]
ReportWriter = Annotated[Caller, Depends(_Needs(Scope.REPORTS_WRITE))]


async def _known_caller(request: Request, front: FrontOf, credentials: _Credentials) -> Caller | None:
    return None if credentials is None else await _Needs(None)(request, front, credentials)


KnownCaller = Annotated[Caller | None, Depends(_known_caller)]
"""Whoever presents a key, whatever it may do; ``None`` for anonymous callers."""


def _visible(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("must be printable ASCII characters")
    return value


IdempotencyKey = Annotated[
    str | None,
    AfterValidator(lambda value: value if value is None else _visible(value)),
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Your own unique name for this request. Sent again with the same request within 24 hours, it gives the "
        "first answer again and does nothing twice.",
        examples=["8b0c8f3e-order-2026-11"],
    ),
]
