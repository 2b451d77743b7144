"""``/mail/delivery-reports``: what the relay says later of the mails that it took, by Event Grid."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api import delivery_reporting
from function_app.api.answers import json_answer
from function_app.api.delivery_reporting import KeyInHeader, KeyInQuery
from function_app.api.dependencies import front_of
from function_app.api.models.common import failures
from shared.errors import InvalidRequestError
from shared.mail.delivery_reports import Report, ReportedStatus
from shared.mail.message_id import named_by

router = APIRouter(prefix="/mail", tags=["Delivery reports"])

_MAX_EVENTS = 1000
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_REPORT = "Microsoft.Communication.EmailDeliveryReportReceived"


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
    delivery_reporting.check_key(front_of(request), key or query_key)
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
    delivery_reporting.check_key(front, key or query_key)
    events = _events(await request.body())
    for event in events:
        code = event.get("data", {}).get("validationCode") if event.get("eventType") == _VALIDATION else None
        if isinstance(code, str):
            return json_answer({"validationResponse": code[:200]})
    found = [report for event in events if (report := _report_of(event)) is not None]
    return json_answer(await run_in_threadpool(delivery_reporting.take, front, found, given=len(events)))


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
    return tenant_id, Report(delivery_id, (recipient,), ReportedStatus(status), detail if isinstance(detail, str) else "")
