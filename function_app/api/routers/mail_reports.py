"""``/mail/delivery-reports``: what the relay says later of the mails that it took, by Event Grid."""

import hashlib
import hmac
import logging
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api.answers import json_answer
from function_app.api.callers import Front, UnauthenticatedError
from function_app.api.dependencies import front_of
from function_app.api.models.common import failures
from shared.errors import AdvisorReportsError, InvalidRequestError, NotFoundError
from shared.mail import delivery_reports
from shared.mail.delivery_reports import Report, ReportedStatus
from shared.mail.message_id import named_by

router = APIRouter(prefix="/mail", tags=["Delivery reports"])
_log = logging.getLogger(__name__)

_MAX_EVENTS = 1000
_MAX_KEY_CHARS = 200
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_REPORT = "Microsoft.Communication.EmailDeliveryReportReceived"
_ABOUT_KEY = "The key whose SHA-256 is MAIL_REPORTS_KEY_SHA256."

KeyInHeader = Annotated[str | None, Header(alias="X-Report-Key", max_length=_MAX_KEY_CHARS, description=_ABOUT_KEY)]
# Event Grid asks for the handshake by the address alone; the name is one that logs never show.
KeyInQuery = Annotated[str | None, Query(alias="sig", max_length=_MAX_KEY_CHARS, description=_ABOUT_KEY)]


class ReportsOffError(NotFoundError):
    """This installation takes no delivery reports."""

    code = "delivery_reports_off"

    def __init__(self) -> None:
        super().__init__("Delivery reports are not taken here.", next_step="Set MAIL_REPORTS_KEY_SHA256; see docs/email.md.")


class ReportKeyError(UnauthenticatedError):
    """The key of the reports did not come, or is another."""

    code = "report_key_invalid"

    def __init__(self) -> None:
        AdvisorReportsError.__init__(
            self, "The key of the delivery reports is missing or wrong.", next_step="See docs/email.md."
        )


class EventsInvalidError(InvalidRequestError):
    """The body holds no events."""

    code = "events_invalid"

    def __init__(self) -> None:
        super().__init__(
            f"The body must be a list of up to {_MAX_EVENTS:,} events of Event Grid, or one CloudEvent.",
            next_step="Let the subscription send the Event Grid schema or CloudEvents 1.0.",
        )


@router.options("/delivery-reports", responses={200: {"description": "The sender may send."}, **failures(401, 404, 422)})
def allow_delivery_reports(
    request: Request,
    key: KeyInHeader = None,
    query_key: KeyInQuery = None,
    origin: Annotated[str | None, Header(alias="WebHook-Request-Origin", max_length=200)] = None,
) -> Response:
    """Answer the handshake of CloudEvents 1.0, which goes by the key in the address."""
    _check(front_of(request), key or query_key)
    allowed = origin if origin and origin.isascii() and origin.isprintable() else "eventgrid.azure.net"
    return Response(headers={"WebHook-Allowed-Origin": allowed, "Allow": "POST, OPTIONS"})


@router.post(
    "/delivery-reports",
    responses={200: {"description": "Taken, or the answer to a handshake."}, **failures(400, 401, 404, 422, 503)},
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}
    },
)
async def take_delivery_reports(request: Request, key: KeyInHeader = None, query_key: KeyInQuery = None) -> Response:
    """Take delivery reports of Azure Communication Services as Event Grid sends them; bounced addresses go on hold."""
    front = front_of(request)
    _check(front, key or query_key)
    events = _events(await request.body())
    for event in events:
        code = event.get("data", {}).get("validationCode") if event.get("eventType") == _VALIDATION else None
        if isinstance(code, str):
            return json_answer({"validationResponse": code[:200]})
    taken = await run_in_threadpool(_take, front, events)
    return json_answer({"taken": taken, "ignored": len(events) - taken})


def _check(front: Front, key: str | None) -> None:
    expected = front.services.settings.mail_reports_key_sha256
    if not expected:
        raise ReportsOffError
    if key is None or not hmac.compare_digest(hashlib.sha256(key.encode()).hexdigest(), expected):
        raise ReportKeyError


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        content = orjson.loads(body)
    except ValueError as error:
        raise EventsInvalidError from error
    events = content if isinstance(content, list) else [content]
    if len(events) > _MAX_EVENTS or not all(
        isinstance(event, dict) and isinstance(event.get("data", {}), dict) for event in events
    ):
        raise EventsInvalidError
    return events


def _take(front: Front, events: list[dict[str, Any]]) -> int:
    taken = 0
    for event in events:
        if (named := _report_of(event)) is None:
            continue
        tenant_id, report = named
        with front.database.tenant(tenant_id) as session:
            taken += delivery_reports.take(session, report)
    if taken < len(events):
        # Mails of other installations by the same relay, or those that served their time.
        _log.info(
            "some delivery reports are about no mail of ours",
            extra={"action": "delivery_reports_ignored", "ignored": len(events) - taken},
        )
    return taken


def _report_of(event: dict[str, Any]) -> tuple[UUID, Report] | None:
    if (event.get("eventType") or event.get("type")) != _REPORT:
        return None
    data = event.get("data", {})
    message_id, recipient, status = (data.get(name) for name in ("internetMessageId", "recipient", "status"))
    if not (isinstance(message_id, str) and isinstance(recipient, str) and isinstance(status, str)):
        return None
    if status not in set(ReportedStatus):
        return None
    if (named := named_by(message_id[:400])) is None:
        return None
    details = data.get("deliveryStatusDetails")
    detail = details.get("statusMessage") if isinstance(details, dict) else None
    tenant_id, delivery_id = named
    return tenant_id, Report(delivery_id, recipient, ReportedStatus(status), detail if isinstance(detail, str) else "")
