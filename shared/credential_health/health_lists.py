"""How it stands with credentials, their history, and stored credentials, as read."""

from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

# Whether somebody was told belongs to the incident, not to the state: a credential that works again once may still be one.
_HEALTH = """
select h.id, coalesce(c.name, s.name) as name, h.provider, h.credential_type,
    coalesce(c.client_id, s.client_id) as client_id,
    h.state, h.code, h.message, h.next_step, h.missing_permissions, h.excess_permissions, h.checked_at, h.last_success_at,
    h.consecutive_failures, h.failing_since, h.told_at is not null as incident_open, h.told_at as last_told_at, h.expires_at,
    case when h.expires_at is not null
        then greatest(ceil(extract(epoch from h.expires_at - now()) / 86400), 0)::int end as days_left,
    h.alert_after, h.next_check_at,
    (select j.id from job j where j.id = h.job_id and j.state in ('queued', 'running')) as job_id,
    h.version, h.created_at
from credential_health h
left join azure_connection c on c.tenant_id = h.tenant_id and c.id = h.id and c.deleted_at is null
left join stored_credential s on s.tenant_id = h.tenant_id and s.id = h.id
"""
_IS_THERE = "(c.id is not null or s.id is not null)"
HEALTH_ORDERS = {
    "name": Order("name", "lower(coalesce(c.name, s.name))", "lower(%(after_value)s)"),
    "-name": Order("name", "lower(coalesce(c.name, s.name))", "lower(%(after_value)s)", descending=True),
    "-created_at": Order("created_at", "h.id", descending=True),
    "created_at": Order("created_at", "h.id"),
    "expires_at": Order("expires_at", "h.expires_at", "%(after_value)s::timestamptz", nullable=True),
}
_CHECK = """
select k.id, k.credential_id, k.checked_at, k.duration_ms, k.state, k.code, k.message, k.next_step, k.missing_permissions,
    k.excess_permissions, k.expires_at, k.trigger, k.job_id, k.task_id
from credential_check k
"""
CHECK_ORDERS = {"-checked_at": Order("checked_at", "k.id", descending=True)}
_STORED = """
select id, name, provider, credential_type, client_id, configuration, expires_at, secret_set_at, version, created_at,
    updated_at
from stored_credential
"""
STORED_ORDERS = {
    "name": Order("name", "lower(name)", "lower(%(after_value)s)"),
    "-name": Order("name", "lower(name)", "lower(%(after_value)s)", descending=True),
    "created_at": Order("created_at", "id"),
    "-created_at": Order("created_at", "id", descending=True),
}


def health(
    *,
    search: str | None,
    provider: str | None,
    credential_type: str | None,
    client_id: UUID | None,
    states: tuple[str, ...],
    incident_open: bool | None,
    place: Place,
) -> Query:
    """Return the query of one page of credentials and how it stands with them."""
    conditions = Conditions()
    conditions.add(_IS_THERE)
    conditions.add_given("h.provider = %(provider)s", provider=provider)
    conditions.add_given("h.credential_type = %(credential_type)s", credential_type=credential_type)
    conditions.add_given("coalesce(c.client_id, s.client_id) = %(client_id)s", client_id=client_id)
    conditions.add_given("h.state = any(%(states)s)", states=list(states))
    if incident_open is not None:
        conditions.add(f"h.told_at is {'not ' if incident_open else ''}null")
    if search:
        conditions.add("coalesce(c.name, s.name) ilike %(search)s", search=like_pattern(search))
    return page_query(_HEALTH, conditions, place, id_column="h.id")


def health_of(credential_id: UUID) -> Query:
    """Return the query of one credential and how it stands with it."""
    return Query(f"{_HEALTH} where h.id = %(id)s and {_IS_THERE}", {"id": credential_id})


def checks(credential_id: UUID, *, states: tuple[str, ...], place: Place) -> Query:
    """Return the query of one page of a credential's history."""
    conditions = Conditions()
    conditions.add("k.credential_id = %(credential_id)s", credential_id=credential_id)
    conditions.add_given("k.state = any(%(states)s)", states=list(states))
    return page_query(_CHECK, conditions, place, id_column="k.id")


def stored(
    *,
    search: str | None,
    provider: str | None,
    credential_type: str | None,
    client_id: UUID | None,
    place: Place,
) -> Query:
    """Return the query of one page of stored credentials, without their secrets."""
    conditions = Conditions()
    conditions.add_given("provider = %(provider)s", provider=provider)
    conditions.add_given("credential_type = %(credential_type)s", credential_type=credential_type)
    conditions.add_given("client_id = %(client_id)s", client_id=client_id)
    if search:
        conditions.add("name ilike %(search)s", search=like_pattern(search))
    return page_query(_STORED, conditions, place)


def stored_one(credential_id: UUID) -> Query:
    """Return the query of one stored credential, without its secret."""
    return Query(_STORED + " where id = %(id)s", {"id": credential_id})
