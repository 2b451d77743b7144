"""Endpoints as people work with them: made, changed, enabled, disabled, deleted; each change is in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared import events
from shared.audit.actor import SERVICE, Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.limits import has_room
from shared.database.tables import WebhookDelivery, WebhookEndpoint
from shared.database.tables.webhook import DeliveryState, EndpointKind
from shared.errors import ConflictError, NotFoundError
from shared.events.payloads import WebhookEndpointDisabled, short
from shared.reporting import clients
from shared.reporting.clients import VersionConflictError
from shared.webhooks import confidential
from shared.webhooks.confidential import Confidential

MAX_ENDPOINTS = 100
"""Of one tenant; every event of it is compared with each of them."""
MAX_CLIENTS = 500
BY_HAND = "by_hand"


class EndpointNotFoundError(NotFoundError):
    """There is no such endpoint for this caller."""

    code = "webhook_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such webhook.", next_step="List the webhooks to find its id.")


class TooManyEndpointsError(ConflictError):
    """The tenant has as many endpoints as it may."""

    code = "too_many_webhooks"

    def __init__(self) -> None:
        super().__init__(f"There are {MAX_ENDPOINTS} webhooks already.", next_step="Delete one that is not needed.")


class NotSignedError(ConflictError):
    """Messages of this kind of endpoint carry no signature."""

    code = "not_signed"

    def __init__(self) -> None:
        super().__init__(
            "Chats verify no signature, so this webhook has no signing secret.",
            next_step="If its address became known, make a new one in Teams or Slack and change the url here.",
        )


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What an endpoint is to be, beside what is confidential."""

    kind: EndpointKind
    description: str = ""
    event_types: tuple[str, ...] = ()
    client_ids: tuple[UUID, ...] = ()
    legacy_headers: bool = False
    timeout_s: int | None = None
    attempts: int | None = None


def check(session: Session, client_ids: tuple[UUID, ...], *, is_new: bool) -> None:
    """See whether an endpoint with this filter could be written, before its secrets go to their store.

    Raises :class:`TooManyEndpointsError` or :class:`~shared.reporting.clients.ClientUnknownError`.
    """
    if is_new and not has_room(session, WebhookEndpoint, MAX_ENDPOINTS):
        raise TooManyEndpointsError
    clients.check_known(session, client_ids)


def create(
    session: Session,
    tenant_id: UUID,
    endpoint_id: UUID,
    wanted: NewEndpoint,
    actor: Actor,
    *,
    kept: tuple[Confidential, str],
) -> WebhookEndpoint:
    """Write a new endpoint; what is confidential of it lies in its store already, as the version ``kept`` names.

    Raises as :func:`check` does.
    """
    check(session, wanted.client_ids, is_new=True)
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        tenant_id=tenant_id,
        kind=wanted.kind.value,
        description=wanted.description,
        event_types=list(wanted.event_types),
        client_ids=list(wanted.client_ids),
        legacy_headers=wanted.legacy_headers,
        timeout_s=wanted.timeout_s,
        attempts=wanted.attempts,
        secret_name=confidential.secret_name(tenant_id, endpoint_id),
    )
    _take(endpoint, *kept)
    session.add(endpoint)
    session.flush()
    _log_change(session, endpoint, actor, "created")
    return endpoint


def change(
    session: Session,
    endpoint_id: UUID,
    fields: Mapping[str, Any],
    actor: Actor,
    *,
    version: int | None,
    kept: tuple[Confidential, str] | None = None,
) -> WebhookEndpoint:
    """Change the given fields of an endpoint, and what is confidential of it where ``kept``; ``enabled`` is one of them.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Enabling forgets that it ever failed;
    what was held meanwhile waits for :mod:`shared.webhooks.replaying`. Raises :class:`EndpointNotFoundError`,
    :class:`~shared.reporting.clients.VersionConflictError` or :class:`~shared.reporting.clients.ClientUnknownError`.
    """
    endpoint = find(session, endpoint_id, lock=True)
    if version is not None and endpoint.version != version:
        raise VersionConflictError
    wanted = dict(fields)
    enabled = wanted.pop("enabled", endpoint.enabled)
    if "client_ids" in wanted:
        check(session, tuple(wanted["client_ids"]), is_new=False)
    for name, value in wanted.items():
        setattr(endpoint, name, value)
    if kept is not None:
        _take(endpoint, *kept)
        confidential.look_after(session, endpoint.tenant_id, endpoint.id, delay=timedelta(0))
    if enabled and not endpoint.enabled:
        _enable(endpoint)
    elif endpoint.enabled and not enabled:
        _disable(session, endpoint, BY_HAND, "Somebody disabled it.")
    endpoint.version += 1
    endpoint.updated_at = func.clock_timestamp()
    session.flush()
    changed = sorted({*fields, *(("confidential",) if kept else ())})
    _log_change(session, endpoint, actor, "changed", fields=changed)
    return endpoint


def delete(session: Session, endpoint_id: UUID, actor: Actor) -> None:
    """Delete an endpoint with its deliveries, and have its secrets purged; raises :class:`EndpointNotFoundError`."""
    endpoint = find(session, endpoint_id, lock=True)
    confidential.look_after(session, endpoint.tenant_id, endpoint.id, delay=timedelta(0))
    _log_change(session, endpoint, actor, "deleted")
    session.delete(endpoint)
    session.flush()


def disable(session: Session, endpoint: WebhookEndpoint, code: str, reason: str) -> None:
    """Disable a locked endpoint because it does not work, hold what waits for it, and let that be an event."""
    if not endpoint.enabled:
        return
    _disable(session, endpoint, code, reason)
    endpoint.version += 1
    endpoint.updated_at = func.clock_timestamp()
    session.flush()
    link = f"/api/v1/webhooks/{endpoint.id}"
    payload = WebhookEndpointDisabled(
        endpoint_id=endpoint.id, url=short(endpoint.shown_url), reason=short(reason), link=link
    )
    events.record(session, endpoint.tenant_id, payload)
    _log_change(session, endpoint, SERVICE, "disabled", code=code)


def find(session: Session, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Return an endpoint, for change where ``lock``; raises :class:`EndpointNotFoundError`."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    # Deliveries point at the row: who writes one of them must not wait for who changes it.
    statement = statement.with_for_update(key_share=True) if lock else statement
    endpoint = session.scalars(statement.execution_options(populate_existing=lock)).one_or_none()
    if endpoint is None:
        raise EndpointNotFoundError
    return endpoint


def log_sent(session: Session, endpoint_id: UUID, actor: Actor, reason: str, **details: Any) -> None:
    """Write into the audit log that somebody had something sent to an endpoint; raises :class:`EndpointNotFoundError`."""
    _log(session, find(session, endpoint_id), actor, AuditType.WEBHOOK_SENT, reason=reason, **details)


def _take(endpoint: WebhookEndpoint, content: Confidential, secret_version: str) -> None:
    endpoint.secret_version = secret_version
    endpoint.shown_url = confidential.shown_url(EndpointKind(endpoint.kind), content.url)
    endpoint.header_names = sorted(content.headers)
    ends: list[datetime] = [one.until for one in content.signing if one.until is not None]
    endpoint.overlap_until = max(ends, default=None)


def _enable(endpoint: WebhookEndpoint) -> None:
    endpoint.enabled = True
    endpoint.disabled_at = endpoint.disabled_code = endpoint.disabled_reason = None
    endpoint.failing_since = endpoint.open_until = None
    endpoint.consecutive_failures = 0


def _disable(session: Session, endpoint: WebhookEndpoint, code: str, reason: str) -> None:
    endpoint.enabled = False
    endpoint.disabled_at = func.clock_timestamp()
    endpoint.disabled_code, endpoint.disabled_reason = code, reason
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == DeliveryState.WAITING)
        .values(state=DeliveryState.HELD, next_attempt_at=None, finished_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def _log_change(session: Session, endpoint: WebhookEndpoint, actor: Actor, action: str, **details: Any) -> None:
    _log(session, endpoint, actor, AuditType.WEBHOOK_CHANGED, action=action, **details)


def _log(session: Session, endpoint: WebhookEndpoint, actor: Actor, event_type: AuditType, **details: Any) -> None:
    target = Target("webhook", endpoint.id, endpoint.shown_url)
    log_auth_event(session, endpoint.tenant_id, event_type, actor, target=target, details=details)
