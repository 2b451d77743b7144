"""Endpoints, deliveries and attempts as read."""

from datetime import datetime
from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, page_query

_ENDPOINT = """
select e.id, e.kind, e.description, e.shown_url as url, e.header_names, e.event_types, e.client_ids, e.legacy_headers,
    e.timeout_s, e.attempts, e.enabled,
    case when not e.enabled then json_build_object('code', e.disabled_code, 'message', e.disabled_reason,
        'next_step', 'Put right what is wrong, test it, then enable it and replay what was held.') end as disabled_because,
    e.disabled_at, e.overlap_until, e.consecutive_failures, e.failing_since, e.open_until, e.last_success_at,
    e.last_failure_at,
    (select count(*) from webhook_delivery d where d.tenant_id = e.tenant_id and d.endpoint_id = e.id
        and d.state in ('failed', 'held') and d.event_type <> 'webhook.test') as undelivered_count,
    e.version, e.created_at, e.updated_at
from webhook_endpoint e
"""
_DELIVERY = """
    d.id, d.endpoint_id, d.event_id, d.event_type, d.state, d.attempt_count, d.next_attempt_at, d.job_id, d.last_status,
    case when d.error_code is not null
        then json_build_object('code', d.error_code, 'message', d.error, 'next_step', null) end as error,
    d.replayed_at, d.created_at, d.finished_at
"""
_ATTEMPTS = """
    (select coalesce(json_agg(attempt order by attempt.number desc), '[]') from (
        select a.number, a.started_at, a.duration_ms, a.status, a.answer,
            case when a.error_code is not null
                then json_build_object('code', a.error_code, 'message', a.error, 'next_step', null) end as error
        from webhook_attempt a where a.tenant_id = d.tenant_id and a.delivery_id = d.id
        order by a.id desc limit 100
    ) as attempt) as attempts
"""
ENDPOINT_ORDERS = {
    "created_at": Order("created_at", "e.id"),
    "-created_at": Order("created_at", "e.id", descending=True),
}
DELIVERY_ORDERS = {"-created_at": Order("created_at", "d.id", descending=True)}


def endpoints(*, enabled: bool | None, place: Place) -> Query:
    """Return the query of one page of endpoints."""
    conditions = Conditions()
    if enabled is not None:
        conditions.add("e.enabled = %(enabled)s", enabled=enabled)
    return page_query(_ENDPOINT, conditions, place, id_column="e.id")


def endpoint(endpoint_id: UUID) -> Query:
    """Return the query of one endpoint."""
    return Query(_ENDPOINT + " where e.id = %(id)s", {"id": endpoint_id})


def deliveries(
    endpoint_id: UUID,
    *,
    states: tuple[str, ...],
    event_type: str | None,
    since: datetime | None,
    until: datetime | None,
    place: Place,
) -> Query:
    """Return the query of one page of an endpoint's deliveries."""
    conditions = Conditions()
    conditions.add("d.endpoint_id = %(endpoint_id)s", endpoint_id=endpoint_id)
    conditions.add_given("d.state = any(%(states)s)", states=list(states))
    conditions.add_given("d.event_type = %(event_type)s", event_type=event_type)
    conditions.add_given("d.created_at >= %(since)s", since=since)
    conditions.add_given("d.created_at < %(until)s", until=until)
    select = f"select {_DELIVERY} from webhook_delivery d"  # noqa: S608 - own texts alone
    return page_query(select, conditions, place, id_column="d.id")


def delivery(endpoint_id: UUID, delivery_id: UUID) -> Query:
    """Return the query of one delivery with its attempts, the newest first, 100 at most."""
    return Query(
        f"select {_DELIVERY}, {_ATTEMPTS} from webhook_delivery d "  # noqa: S608 - own texts alone
        "where d.id = %(id)s and d.endpoint_id = %(endpoint_id)s",
        {"id": delivery_id, "endpoint_id": endpoint_id},
    )
