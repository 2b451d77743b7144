"""``/webhooks``: where events are sent to, and what became of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from function_app.api import creation, webhooking
from function_app.api.answers import json_answer, row_answer, version_of
from function_app.api.callers import Caller
from function_app.api.dependencies import IdempotencyKey, WebhookReader, WebhookWriter
from function_app.api.models import webhooks as models
from function_app.api.models.common import ALWAYS, failures
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.reporting.idempotency import Outcome
from shared.webhooks import endpoints, replaying, webhook_lists
from shared.webhooks.endpoints import EndpointNotFoundError
from shared.webhooks.replaying import DeliveryNotFoundError

router = APIRouter(prefix="/webhooks", tags=["Webhooks"])

_READ: dict[int | str, dict[str, Any]] = {200: {"model": models.Webhook}}
_UNDER_WAY: dict[int | str, dict[str, Any]] = {
    202: {"model": models.Delivery, "description": "Under way; read the delivery that `Location` names."}
}


@router.get("", responses={200: {"model": models.WebhookPage}, **failures(*ALWAYS)})
def list_webhooks(caller: WebhookReader, wanted: Annotated[models.WebhooksWanted, Query()]) -> Response:
    """List webhooks, page by page."""
    page = Paging("webhooks", webhook_lists.ENDPOINT_ORDERS, wanted.sort, wanted)
    query = webhook_lists.endpoints(enabled=wanted.enabled, place=page.place)
    return page.answer(caller, query)


@router.post(
    "",
    status_code=201,
    responses={
        201: {"model": models.WebhookWithSecret, "description": "Created; `Location` says where."},
        **failures(*ALWAYS, 409),
    },
)
def create_webhook(webhook: models.NewWebhook, caller: WebhookWriter, key: IdempotencyKey = None) -> Response:
    """Create a webhook. Its signing secret is shown this once; send a test next (`POST /webhooks/{id}/test`)."""
    return webhooking.create(caller, webhook, key)


@router.get("/{webhook_id}", responses={**_READ, **failures(*ALWAYS, 404)})
def get_webhook(webhook_id: UUID, caller: WebhookReader) -> Response:
    """Get a webhook; its ETag is what a change has to name."""
    row = caller.read_one(webhook_lists.endpoint(webhook_id), EndpointNotFoundError)
    return row_answer(row)


@router.patch("/{webhook_id}", responses={**_READ, **failures(*ALWAYS, 404, 409, 412, 428)})
def change_webhook(
    webhook_id: UUID, change: models.WebhookChange, caller: WebhookWriter, if_match: IfMatch = None
) -> Response:
    """Change some fields of a webhook, or enable or disable it, if it still is as you read it: send the ETag in `If-Match`.

    Enabling forgets its failures. What was held while it was disabled stays held until you replay it.
    """
    return webhooking.change(caller, webhook_id, change, version=version_of(if_match))


@router.delete("/{webhook_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_webhook(webhook_id: UUID, caller: WebhookWriter) -> None:
    """Delete a webhook with its deliveries; its secrets are purged from the vault within a minute."""
    with caller.transaction() as session:
        endpoints.delete(session, webhook_id, caller.actor)


@router.post(
    "/{webhook_id}/rotate-secret",
    responses={200: {"model": models.WebhookWithSecret}, **failures(*ALWAYS, 404, 409, 412, 428)},
)
def rotate_webhook_secret(
    webhook_id: UUID, wanted: models.RotationWanted, caller: WebhookWriter, if_match: IfMatch = None
) -> Response:
    """Make a new signing secret, shown this once. Messages carry the signatures of both until the overlap is over."""
    overlap = timedelta(hours=wanted.overlap_hours)
    return webhooking.rotate(caller, webhook_id, overlap=overlap, version=version_of(if_match))


@router.post("/{webhook_id}/test", status_code=202, responses={**_UNDER_WAY, **failures(*ALWAYS, 404, 409)})
def send_test(webhook_id: UUID, caller: WebhookWriter, key: IdempotencyKey = None) -> Response:
    """Send the event `webhook.test`, also to a disabled webhook; it is not tried beyond the attempts at once."""

    def send(session: Session) -> tuple[UUID, Job]:
        return replaying.test(session, caller.tenant_id, webhook_id, trace_id=caller.trace_id)

    return _set_going(caller, webhook_id, key, f"POST /webhooks/{webhook_id}/test", send, reason="test")


@router.get("/{webhook_id}/deliveries", responses={200: {"model": models.DeliveryPage}, **failures(*ALWAYS, 404)})
def list_deliveries(
    webhook_id: UUID, caller: WebhookReader, wanted: Annotated[models.DeliveriesWanted, Query()]
) -> Response:
    """List the deliveries of a webhook, the newest first."""
    caller.read_one(webhook_lists.endpoint(webhook_id), EndpointNotFoundError)
    page = Paging(f"deliveries of {webhook_id}", webhook_lists.DELIVERY_ORDERS, wanted.sort, wanted)
    query = webhook_lists.deliveries(
        webhook_id,
        states=tuple(wanted.state),
        event_type=wanted.event_type,
        since=wanted.since,
        until=wanted.until,
        place=page.place,
    )
    return page.answer(caller, query)


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}",
    responses={200: {"model": models.DeliveryWithAttempts}, **failures(*ALWAYS, 404)},
)
def get_delivery(webhook_id: UUID, delivery_id: UUID, caller: WebhookReader) -> Response:
    """Get a delivery with every attempt: status, duration, the first characters of the answer."""
    return json_answer(caller.read_one(webhook_lists.delivery(webhook_id, delivery_id), DeliveryNotFoundError))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    responses={**_UNDER_WAY, **failures(*ALWAYS, 404, 409)},
)
def replay_delivery(webhook_id: UUID, delivery_id: UUID, caller: WebhookWriter, key: IdempotencyKey = None) -> Response:
    """Send a delivery that ended again, under the same id with a fresh timestamp."""

    def replay(session: Session) -> tuple[UUID, Job]:
        return delivery_id, replaying.replay_one(session, webhook_id, delivery_id, trace_id=caller.trace_id)

    route = f"POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay"
    return _set_going(caller, webhook_id, key, route, replay, reason="replay")


@router.post(
    "/{webhook_id}/replay", status_code=202, responses={202: {"model": models.Replayed}, **failures(*ALWAYS, 404, 409)}
)
def replay_deliveries(
    webhook_id: UUID, wanted: models.ReplayWanted, caller: WebhookWriter, key: IdempotencyKey = None
) -> Response:
    """Send deliveries again, the oldest first, 1,000 at most: all that failed or were held, or those of a time."""

    def replay() -> Outcome:
        chosen = replaying.Range(wanted.states, wanted.since, wanted.until)
        replayed, left = replaying.replay_range(session, webhook_id, chosen)
        told = {"states": [state.value for state in wanted.states], "deliveries": replayed}
        endpoints.log_sent(session, webhook_id, caller.actor, "replay", **told)
        return Outcome(202, {}, {"replayed": replayed, "left": left})

    with caller.transaction() as session:
        request = creation.named(key, f"POST /webhooks/{webhook_id}/replay", wanted.model_dump_json())
        return creation.answer(session, caller, request, replay)


def _set_going(
    caller: Caller,
    webhook_id: UUID,
    key: str | None,
    route: str,
    begin: Callable[[Session], tuple[UUID, Job]],
    *,
    reason: str,
) -> Response:
    def write(session: Session) -> tuple[Outcome, Job]:
        delivery_id, job = begin(session)
        endpoints.log_sent(session, webhook_id, caller.actor, reason, delivery_id=str(delivery_id))
        body = read_in(session, webhook_lists.delivery(webhook_id, delivery_id))[0]
        body.pop("attempts")
        return Outcome(202, {"Location": f"/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"}, body), job

    return creation.set_going(caller, creation.named(key, route), write)
