"""Schedules, their runs and their changes as read."""

from datetime import datetime
from uuid import UUID

import orjson

from shared.database.reading import Query
from shared.jobs.kinds import KINDS
from shared.reporting.listing import Conditions, Order, Place, page_query
from shared.scheduling.works import KIND_OF_WORK

_RUN = """
    r.id, r.schedule_id, r.trigger, r.planned_at, r.last_planned_at, r.occurrences, r.state,
    case when r.reason_code is not null
        then json_build_object('code', r.reason_code, 'message', r.reason, 'next_step', null) end as reason,
    r.late_s, r.job_id, r.ordered_count, r.failed_count, r.details, r.created_at, r.finished_at
"""
# What a schedule refers to may be gone since; looked up for the rows that are shown alone.
_PROBLEMS = """
    (select coalesce(json_agg(problem), '[]') from (
        select 'client_gone' as code, format('The client %%s does not exist any more.', named) as message,
            'Take it out of the schedule.' as next_step
        from unnest(s.client_ids) as named where not exists (
            select from client c where c.tenant_id = s.tenant_id and c.id = named and c.deleted_at is null)
        union all
        select 'connection_gone', 'The Azure connection does not exist any more.', 'Name another one.'
        where s.connection_id is not null and not exists (
            select from azure_connection a
            where a.tenant_id = s.tenant_id and a.id = s.connection_id and a.deleted_at is null)
        union all
        select 'job_kind_unknown', 'This installation has no job ' || needed || '.', 'Change what the schedule runs.'
        from coalesce(s.work ->> 'job_kind', %(kind_of_work)s::jsonb ->> s.work_kind) as needed
        where not needed = any(%(job_kinds)s)
    ) as problem) as problems
"""
_FIELDS = f"""
    s.id, s.name, s.description, s.enabled,
    case when not s.enabled then 'paused' when s.next_run_at is null then 'ended' else 'active' end as status,
    s.timing as when, s.time_zone, s.starts_at, s.ends_at, s.work,
    s.rules ->> 'misfire_policy' as misfire_policy, (s.rules ->> 'misfire_cap')::int as misfire_cap,
    (s.rules ->> 'misfire_grace_s')::int as misfire_grace_s, s.rules ->> 'overlap_policy' as overlap_policy,
    (s.rules ->> 'expires_after_s')::int as expires_after_s, (s.rules ->> 'jitter_s')::int as jitter_s, s.next_run_at,
    (select row_to_json(run) from (
        select {_RUN} from schedule_run r where r.tenant_id = s.tenant_id and r.schedule_id = s.id order by r.id desc limit 1
    ) as run) as last_run,
    {_PROBLEMS}, s.version, s.created_at, s.updated_at
"""  # noqa: S608 - own texts alone
_FROM = "from schedule s"

ORDERS = {
    "name": Order("name", "lower(s.name)", "lower(%(after_value)s)"),
    "-name": Order("name", "lower(s.name)", "lower(%(after_value)s)", descending=True),
    "next_run_at": Order(
        "next_run_at", "s.next_run_at", "%(after_value)s::timestamptz", nullable=True, parse=datetime.fromisoformat
    ),
    "created_at": Order("created_at", "s.id"),
    "-created_at": Order("created_at", "s.id", descending=True),
}
NEWEST_FIRST = {"-created_at": Order("created_at", "id", descending=True)}
_STATUS = {
    "active": "s.enabled and s.next_run_at is not null",
    "paused": "not s.enabled",
    "ended": "s.enabled and s.next_run_at is null",
}


def listing(
    *,
    status: str | None,
    work_kind: str | None,
    client_id: UUID | None,
    place: Place,
) -> Query:
    """Return the query of one page of schedules."""
    conditions = Conditions(parameters=_known())
    conditions.add("s.deleted_at is null")
    if status:
        conditions.add(_STATUS[status])
    conditions.add_given("s.work_kind = %(work_kind)s", work_kind=work_kind)
    conditions.add_given("s.client_ids @> array[%(client_id)s]::uuid[]", client_id=client_id)
    return page_query(f"select {_FIELDS} {_FROM}", conditions, place, id_column="s.id")


def reading(schedule_id: UUID) -> Query:
    """Return the query of one schedule."""
    return Query(
        f"select {_FIELDS} {_FROM} where s.id = %(id)s and s.deleted_at is null",
        {**_known(), "id": schedule_id},
    )


def runs(schedule_id: UUID, *, states: tuple[str, ...], place: Place) -> Query:
    """Return the query of one page of a schedule's runs."""
    conditions = Conditions()
    conditions.add("r.schedule_id = %(schedule_id)s", schedule_id=schedule_id)
    conditions.add_given("r.state = any(%(states)s)", states=list(states))
    return page_query(f"select {_RUN} from schedule_run r", conditions, place)  # noqa: S608


def run(run_id: UUID) -> Query:
    """Return the query of one run."""
    return Query(f"select {_RUN} from schedule_run r where r.id = %(id)s", {"id": run_id})  # noqa: S608 - own texts


def changes(schedule_id: UUID, *, place: Place) -> Query:
    """Return the query of one page of a schedule's changes."""
    conditions = Conditions()
    conditions.add("schedule_id = %(schedule_id)s", schedule_id=schedule_id)
    columns = "select id, action, actor_key_id, actor_name, before, after, created_at from schedule_change"
    return page_query(columns, conditions, place)


def _known() -> dict[str, object]:
    return {"job_kinds": list(KINDS), "kind_of_work": orjson.dumps(KIND_OF_WORK).decode()}
