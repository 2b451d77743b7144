"""What routes ask for by annotation."""

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer
from pydantic import AfterValidator

from function_app.api.callers import Caller, Front, UnauthenticatedError
from function_app.correlation import current, trace_id_of
from shared.access import Scope
from shared.telemetry import context, tracing


def front_of(request: Request) -> Front:
    """Return what the application was made with."""
    front: Front = request.app.state.front
    return front


class _Key(HTTPBearer):
    """Takes the API key from the request; whose it is turns out within the route's own transaction.

    One dependency that waits for nothing: each further one, and each trip through the thread pool, costs a short read a
    tenth of its time.
    """

    def __init__(self, scope: Scope | None) -> None:
        super().__init__(
            scheme_name="apiKey",
            bearerFormat="aar_…",
            description="An API key: `Authorization: Bearer aar_…`. Keys carry scopes and can expire or be revoked.",
        )
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise UnauthenticatedError
        trace_parent = request.headers.get("traceparent")
        known = trace_id_of(trace_parent)
        if known is not None:
            tracing.carry(trace_parent)
        trace_id = tracing.current_ids().get("trace_id") or known or current.get() or None
        context.bind(trace_id=trace_id)
        return Caller(
            front_of(request),
            secret.strip(),
            self._scope,
            trace_id,
            # The edge put there what the platform's front end saw, and nothing that a caller could have made up.
            ip=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
        )


ClientReader = Annotated[Caller, Security(_Key(Scope.CLIENTS_READ))]
ClientWriter = Annotated[Caller, Security(_Key(Scope.CLIENTS_WRITE))]
ConnectionReader = Annotated[Caller, Security(_Key(Scope.CONNECTIONS_READ))]
ConnectionWriter = Annotated[Caller, Security(_Key(Scope.CONNECTIONS_WRITE))]
ReportReader = Annotated[Caller, Security(_Key(Scope.REPORTS_READ))]
ReportWriter = Annotated[Caller, Security(_Key(Scope.REPORTS_WRITE))]
ScheduleReader = Annotated[Caller, Security(_Key(Scope.SCHEDULES_READ))]
ScheduleWriter = Annotated[Caller, Security(_Key(Scope.SCHEDULES_WRITE))]
AuditReader = Annotated[Caller, Security(_Key(Scope.AUDIT_READ))]
WebhookReader = Annotated[Caller, Security(_Key(Scope.WEBHOOKS_READ))]
WebhookWriter = Annotated[Caller, Security(_Key(Scope.WEBHOOKS_WRITE))]
MailReader = Annotated[Caller, Security(_Key(Scope.MAIL_READ))]
MailWriter = Annotated[Caller, Security(_Key(Scope.MAIL_WRITE))]
Administrator = Annotated[Caller, Security(_Key(Scope.ADMIN))]

_any_key = _Key(None)


async def _known_caller(request: Request) -> Caller | None:
    return await _any_key(request) if "authorization" in request.headers else None


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
