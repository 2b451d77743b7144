"""The single changes of a comparison: written to the report, and the most important of each kind read back."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg

from shared.advisor.vocabulary import Category, Impact
from shared.comparison.result import MAX_LISTED_CHANGES, Change, ChangeKind

_FIELDS = (
    "kind, fingerprint, category, impact, problem, resource_name, resource_type, resource_id, subscription_id, "
    "subscription_name, annual_savings, currency, impact_before, annual_savings_before, currency_before, problem_before, "
    "changed, first_seen_at"
)

# Ids are made in the order of importance, so that pages by id show what matters first. They are UUIDs of version 8, whose
# digits are free to choose (RFC 9562, 5.8): here the place, which no other row of the report has.
_WRITE = f"""
insert into report_change (tenant_id, report_id, id, {_FIELDS})
select %(tenant_id)s, %(report_id)s,
    (lpad(to_hex(row_number() over (
        order by array_position(array['High', 'Medium', 'Low', 'Other'], row.impact), row.annual_savings desc nulls last,
            row.problem, row.key
    )), 12, '0') || '8' || repeat('0', 3) || '8' || repeat('0', 15))::uuid,
    {_FIELDS}
from (
    select change.key, change.kind, coalesce(now.fingerprint, was.fingerprint) as fingerprint,
        coalesce(now.category, was.category) as category, coalesce(now.impact, was.impact) as impact,
        coalesce(now.problem, was.problem) as problem, coalesce(now.resource_name, was.resource_name) as resource_name,
        coalesce(now.resource_type, was.resource_type) as resource_type,
        coalesce(now.resource_id, was.resource_id) as resource_id,
        coalesce(now.subscription_id, was.subscription_id) as subscription_id,
        coalesce(nullif(now.subscription_name, ''), was.subscription_name, '') as subscription_name,
        case when now.key is null then was.annual_savings else now.annual_savings end as annual_savings,
        coalesce(now.currency, was.currency) as currency,
        case when now.key is not null then was.impact end as impact_before,
        case when now.key is not null then was.annual_savings end as annual_savings_before,
        case when now.key is not null then coalesce(was.currency, '') else '' end as currency_before,
        case when now.key is not null then coalesce(was.problem, '') else '' end as problem_before,
        change.changed, change.first_seen_at
    from change
    left join now_finding as now on now.key = change.key
    left join earlier_finding as was on was.key = change.key
    where change.kind not in ('unchanged', 'aside')
) as row
"""  # noqa: S608 - own texts

_TOP = f"""
select {_FIELDS} from (
    select *, row_number() over (partition by kind order by id) as place from report_change where report_id = %(report_id)s
) as placed where place <= %(limit)s order by kind, place
"""  # noqa: S608 - own texts


def write(connection: psycopg.Connection[Any], tenant_id: UUID, report_id: UUID) -> dict[ChangeKind, tuple[Change, ...]]:
    """Make the changes of the temporary table the report's, and return the most important of each kind."""
    forget(connection, report_id)
    connection.execute(_WRITE, {"tenant_id": tenant_id, "report_id": report_id})
    return most_important(connection, report_id)


def forget(connection: psycopg.Connection[Any], report_id: UUID) -> None:
    """Remove all changes of a report."""
    connection.execute("delete from report_change where report_id = %s", (report_id,))


def most_important(connection: psycopg.Connection[Any], report_id: UUID) -> dict[ChangeKind, tuple[Change, ...]]:
    """Return the first changes of each kind, at most :data:`~shared.comparison.result.MAX_LISTED_CHANGES`."""
    listed: defaultdict[ChangeKind, list[Change]] = defaultdict(list)
    cursor = connection.execute(_TOP, {"report_id": report_id, "limit": MAX_LISTED_CHANGES})
    for row in cursor.fetchall():
        change = _change(row)
        listed[change.kind].append(change)
    return {kind: tuple(listed[kind]) for kind in ChangeKind}


def _change(row: tuple[Any, ...]) -> Change:
    values = dict(zip(_FIELDS.split(", "), row, strict=True))
    values["kind"] = ChangeKind(values["kind"])
    values["category"] = Category(values["category"])
    values["impact"] = Impact(values["impact"])
    values["impact_before"] = Impact(values["impact_before"]) if values["impact_before"] else None
    values["changed"] = tuple(values["changed"])
    return Change(**values)
