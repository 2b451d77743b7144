"""Comparing two snapshots of one client: which findings are new, gone or not as they were, and what that is worth.

The work is done by PostgreSQL on temporary tables that end with the transaction. Every single change is written to the
report; what is returned are the sums and the most important changes of each kind.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from shared.advisor.vocabulary import Category
from shared.comparison import changes, sides
from shared.comparison.keys import is_portal
from shared.comparison.reach import unread_rows_of
from shared.comparison.result import (
    AgeGroup,
    ChangeKind,
    Comparison,
    MatchedBy,
    SavingsBridge,
    SnapshotFacts,
)
from shared.comparison.sides import Side
from shared.snapshots.staging import driver_connection

_MAX_SUBSCRIPTIONS = 500

# Without a join: of a history that has just been written the planner knows nothing, takes it for a few rows, and would look
# through all of it for each finding.
_KNOWN = """
create temporary table known on commit drop as
select fingerprint, least(first_seen_at, case when from_portal then by_others else by_portal end) as first_seen_at
from (
    select fingerprint, from_portal, first_seen_at,
        min(first_seen_at) filter (where from_portal) over twins as by_portal,
        min(first_seen_at) filter (where not from_portal) over twins as by_others
    from finding where client_id = {client_id}
    window twins as (partition by cross_key)
) as history
"""

_SAME = """
create temporary table change on commit drop as
select coalesce(now.key, earlier.key) as key, now.fingerprint as now_fingerprint, known.first_seen_at,
    case
        when now.standing = 'active' and earlier.standing is distinct from 'active' then
            case when earlier.key is not null or known.first_seen_at < {taken_at} then 'returned' else 'new' end
        when earlier.standing is distinct from 'active' then 'aside'
        when now.key is null then 'resolved'
        when now.standing = 'postponed' then 'postponed'
        when now.standing <> 'active' then 'dismissed'
        when cardinality(differs.what) > 0 then 'changed'
        else 'unchanged'
    end as kind,
    case when now.standing = 'active' and earlier.standing = 'active' then differs.what else '{{}}' end as changed,
    now.standing as standing
from now_finding as now
full join earlier_finding as earlier using (key)
left join known on known.fingerprint = coalesce(now.fingerprint, earlier.fingerprint)
cross join lateral (
    select array_remove(array[
        case when now.impact <> earlier.impact then 'impact' end,
        case when (now.annual_savings, now.currency) is distinct from (earlier.annual_savings, earlier.currency)
            then 'savings' end,
        case when now.problem <> earlier.problem and not {across} then 'text' end
    ], null) as what
) as differs
"""

_BRIDGES = """
with now as (select key, currency, sum(counted) as amount from now_row where counted is not null group by 1, 2),
earlier as (select key, currency, sum(counted) as amount from earlier_row where counted is not null group by 1, 2),
amounts as (
    select key, currency, coalesce(earlier.amount, 0) as before, coalesce(now.amount, 0) as after
    from now full join earlier using (key, currency)
),
both_sides as (
    select amounts.currency, before, after,
        -- Also where it was put aside since: that is lost, not realised.
        is_there.key is not null as is_there,
        coalesce(was_there.standing = 'active', false) as was_open
    from amounts
    left join now_finding as is_there using (key)
    left join earlier_finding as was_there using (key)
)
select currency, sum(before),
    coalesce(sum(before) filter (where not is_there), 0),
    coalesce(sum(before - after) filter (where is_there and was_open and after < before), 0),
    coalesce(sum(after) filter (where not was_open), 0),
    coalesce(sum(after - before) filter (where was_open and after > before), 0),
    sum(after)
from both_sides group by currency order by sum(after) desc, currency
"""

_AGES = """
select case when age <= 30 then '30' when age <= 90 then '90' when age <= 180 then '180' when age <= 365 then '365'
    else 'older' end as label, count(*)
from (
    select extract(epoch from {taken_at} - coalesce(first_seen_at, {taken_at})) / 86400 as age
    from change where now_fingerprint is not null and standing = 'active'
) as open group by 1
"""
AGE_LABELS = ("30", "90", "180", "365", "older")


def compare(session: Session, tenant_id: UUID, report_id: UUID, *, earlier: Side, current: Side) -> Comparison:
    """Compare, write every change to the report, and return the rest.

    Both snapshots must be in the client's history (:func:`shared.comparison.history.note_findings`).
    """
    session.flush()
    connection = driver_connection(session)
    across = is_portal(earlier.snapshot.source_format) != is_portal(current.snapshot.source_format)
    for name, side in (("now", current), ("earlier", earlier)):
        sides.prepare(connection, name, side, across_sources=across)
    known = {"taken_at": current.snapshot.taken_at, "client_id": current.snapshot.client_id}
    connection.execute(sql.SQL(_KNOWN).format(**known))
    connection.execute("analyze known (fingerprint)")
    connection.execute(sql.SQL(_SAME).format(**known, across=across))
    connection.execute("analyze change (key)")
    counts = dict(connection.execute("select kind, count(*) from change group by kind").fetchall())
    found = {name: _open_findings(connection, f"{name}_finding") for name in ("now", "earlier")}
    was, is_now = sides.categories_in(connection, "earlier"), sides.categories_in(connection, "now")
    listed = changes.write(connection, tenant_id, report_id)
    beyond = sides.subscriptions_beyond(connection, earlier, _MAX_SUBSCRIPTIONS)
    return Comparison(
        earlier=_facts(earlier, found["earlier"]),
        current=_facts(current, found["now"]),
        matched_by=MatchedBy.CROSS_SOURCE if across else MatchedBy.FINGERPRINT,
        matched=counts.get(ChangeKind.CHANGED, 0) + counts.get("unchanged", 0),
        counts={kind: counts.get(kind, 0) for kind in ChangeKind},
        unchanged=counts.get("unchanged", 0),
        bridges=_bridges(connection),
        ages=_ages(connection, known),
        changes=listed,
        only_then=sides.subscriptions_only_in(connection, "earlier", "now", _MAX_SUBSCRIPTIONS),
        only_now=sides.subscriptions_only_in(connection, "now", "earlier", _MAX_SUBSCRIPTIONS),
        only_categories_then=_categories(was - is_now),
        only_categories_now=_categories(is_now - was),
        not_read=beyond,
        unread_rows=unread_rows_of(current.snapshot),
    )


def _bridges(connection: psycopg.Connection[Any]) -> tuple[SavingsBridge, ...]:
    names = ("currency", "before", "realised", "lost", "newly_found", "grown", "after")
    return tuple(
        SavingsBridge(**dict(zip(names, (row[0], *map(Decimal, row[1:])), strict=True)))
        for row in connection.execute(_BRIDGES).fetchall()
    )


def _ages(connection: psycopg.Connection[Any], known: dict[str, Any]) -> tuple[AgeGroup, ...]:
    ages = dict(connection.execute(sql.SQL(_AGES).format(**known)).fetchall())
    return tuple(AgeGroup(label=label, count=ages.get(label, 0)) for label in AGE_LABELS)


def _facts(side: Side, findings: int) -> SnapshotFacts:
    snapshot = side.snapshot
    return SnapshotFacts(
        snapshot_id=snapshot.id,
        taken_at=snapshot.taken_at,
        taken_at_is_exact=snapshot.taken_at_is_exact,
        source_format=snapshot.source_format,
        findings=findings,
    )


def _open_findings(connection: psycopg.Connection[Any], table: str) -> int:
    query = sql.SQL("select count(*) from {} where standing = 'active'").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _categories(names: set[str]) -> tuple[Category, ...]:
    return tuple(category for category in Category if category.value in names)
