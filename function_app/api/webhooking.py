"""Making and changing webhooks: what is confidential goes to the vault between two transactions, never within one.

Before it does, the first transaction notes where it will lie; should this process die before the second one has written the
row, the upkeep of secrets removes what nobody names.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import orjson
from fastapi import Response

from function_app.api import creation
from function_app.api.answers import changed_answer, json_answer, outcome_answer, version_tag
from function_app.api.callers import Caller
from function_app.api.models.webhooks import NewWebhook, WebhookChange
from shared.connections.removal import STAGED_FOR
from shared.database.reading import read_in
from shared.database.tables import WebhookEndpoint
from shared.database.tables.webhook import EndpointKind
from shared.identifiers import new_id
from shared.outgoing import destination
from shared.outgoing.rules import Rules
from shared.reporting import idempotency
from shared.reporting.clients import VersionConflictError
from shared.reporting.idempotency import Outcome, Request
from shared.webhooks import confidential, custom_headers, endpoints, webhook_lists
from shared.webhooks.confidential import Confidential, Signing
from shared.webhooks.endpoints import NewEndpoint, NotSignedError

_CONFIDENTIAL = {"url", "headers"}


def create(caller: Caller, given: NewWebhook, key: str | None) -> Response:
    """Make an endpoint and answer it with its secret, or what was answered to the same request before, without one."""
    # Secrets are hashed slowly and addresses looked at: for callers who are known.
    caller.verify()
    request = _named(given, key)
    content = Confidential(_checked_url(caller, given.url), custom_headers.checked(given.headers))
    if given.kind is EndpointKind.STANDARD:
        content = msgspec.structs.replace(content, signing=(Signing(confidential.new_secret()),))
    wanted = NewEndpoint(
        kind=given.kind,
        description=given.description,
        event_types=tuple(dict.fromkeys(kind.value for kind in given.event_types)),
        client_ids=tuple(dict.fromkeys(given.client_ids)),
        legacy_headers=given.legacy_headers,
        timeout_s=given.timeout_s,
        attempts=given.attempts,
    )
    endpoint_id = new_id()
    with caller.transaction() as session:
        if request and (first := idempotency.earlier(session, request)):
            return outcome_answer(first)
        endpoints.check(session, wanted.client_ids, is_new=True)
        confidential.look_after(session, caller.tenant_id, endpoint_id, delay=STAGED_FOR)
    secret_version = confidential.put(caller.services, caller.tenant_id, endpoint_id, content)
    with caller.transaction() as session:

        def write() -> Outcome:
            row = endpoints.create(
                session, caller.tenant_id, endpoint_id, wanted, caller.actor, kept=(content, secret_version)
            )
            # What is kept for a repeated request must not hold the secret.
            return creation.created("webhooks", {**read_in(session, webhook_lists.endpoint(row.id))[0], "secret": None})

        outcome = idempotency.once(session, caller.tenant_id, request, write)
    if outcome.replayed or not content.signing:
        return outcome_answer(outcome)
    return _with_secret(outcome.body, content.signing[0].secret, status_code=201, headers=outcome.headers)


def change(caller: Caller, endpoint_id: UUID, given: WebhookChange, *, version: int | None) -> Response:
    """Change an endpoint that is at ``version`` (``None``: whichever) and answer it."""
    caller.verify()
    sent = given.model_fields_set
    fields = {name: getattr(given, name) for name in sent - _CONFIDENTIAL}
    if "event_types" in fields:
        fields["event_types"] = list(dict.fromkeys(kind.value for kind in given.event_types))
    if "client_ids" in fields:
        fields["client_ids"] = list(dict.fromkeys(given.client_ids))
    kept = None
    if sent & _CONFIDENTIAL:
        url = _checked_url(caller, given.url) if "url" in sent else None
        headers = custom_headers.checked(given.headers) if "headers" in sent else None
        with caller.transaction() as session:
            endpoint = _at_version(endpoints.find(session, endpoint_id), version)
            endpoints.check(session, tuple(fields.get("client_ids", ())), is_new=False)
            confidential.look_after(session, caller.tenant_id, endpoint_id, delay=STAGED_FOR)
        # Somebody who changes the same endpoint meanwhile must not be overwritten by what was read here.
        version = endpoint.version
        before = confidential.get(caller.services, caller.tenant_id, endpoint_id, endpoint.secret_version)
        after = msgspec.structs.replace(
            before,
            url=before.url if url is None else url,
            headers=before.headers if headers is None else headers,
        )
        kept = (after, confidential.put(caller.services, caller.tenant_id, endpoint_id, after))
    with caller.transaction() as session:
        endpoints.change(session, endpoint_id, fields, caller.actor, version=version, kept=kept)
        body = read_in(session, webhook_lists.endpoint(endpoint_id))[0]
    return changed_answer(body)


def rotate(caller: Caller, endpoint_id: UUID, *, overlap: timedelta, version: int | None) -> Response:
    """Give an endpoint a new signing secret and answer it; those before it sign as well for ``overlap``."""
    with caller.transaction() as session:
        endpoint = _at_version(endpoints.find(session, endpoint_id), version)
        if endpoint.kind != EndpointKind.STANDARD:
            raise NotSignedError
        confidential.look_after(session, caller.tenant_id, endpoint_id, delay=STAGED_FOR)
    before = confidential.get(caller.services, caller.tenant_id, endpoint_id, endpoint.secret_version)
    secret = confidential.new_secret()
    after = before.rotated(secret, datetime.now(UTC), overlap)
    kept = (after, confidential.put(caller.services, caller.tenant_id, endpoint_id, after))
    with caller.transaction() as session:
        endpoints.change(session, endpoint_id, {}, caller.actor, version=endpoint.version, kept=kept)
        body = read_in(session, webhook_lists.endpoint(endpoint_id))[0]
    return _with_secret(body, secret, headers={"ETag": version_tag(body["version"])})


def _at_version(endpoint: WebhookEndpoint, version: int | None) -> WebhookEndpoint:
    if version is not None and endpoint.version != version:
        raise VersionConflictError
    return endpoint


def _with_secret(body: dict[str, Any], secret: str, *, headers: dict[str, str], status_code: int = 200) -> Response:
    return json_answer({**body, "secret": secret}, status_code=status_code, headers={**headers, "Cache-Control": "no-store"})


def _checked_url(caller: Caller, url: str) -> str:
    destination.check(url, Rules.of(caller.services.settings))
    return url


def _named(given: NewWebhook, key: str | None) -> Request | None:
    shown = given.model_dump_json(exclude=_CONFIDENTIAL)
    hidden = orjson.dumps({"url": given.url, "headers": given.headers}, option=orjson.OPT_SORT_KEYS)
    return creation.named(key, "POST /webhooks", shown, hidden=hidden)
