"""The two sides of a comparison as temporary tables, where PostgreSQL can match a hundred thousand rows in a second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from shared.comparison.keys import CROSS_KEY
from shared.comparison.reach import UNLIMITED, Reach
from shared.database.tables import Snapshot
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportScope
from shared.savings.result import Savings
from shared.snapshots.scope import condition_of


@dataclass(frozen=True)
class Side:
    """One snapshot as a report sees it: what is in its scope, what was added by hand, and what of its savings counts."""

    snapshot: Snapshot
    scope: ReportScope
    manual: Sequence[ManualRecommendation]
    savings: Savings
    """Over the open rows of the scope in the order of the source, and those added by hand behind them."""
    within: Reach = UNLIMITED
    """The reach of the other side: what it could not hold is no part of the comparison."""


_COLUMNS = (
    "fingerprint, category, impact, problem, resource_name, resource_type, resource_id, subscription_id, subscription_name, "
    "annual_savings, currency, standing"
)
_PREPARE = """
create temporary table {side} on commit drop as
select {key} as key, {columns}, lower(coalesce(nullif(subscription_id, ''), subscription_name)) as subscription,
    case when standing = 'active' and left_out.ordinal is null then annual_savings end as counted
from (
    select *, case when standing = 'active' then row_number() over (partition by standing = 'active' order by id) - 1 end
        as ordinal
    from recommendation where snapshot_id = {snapshot_id} and {condition}
) as numbered
left join unnest({left_out}::bigint[]) as left_out (ordinal) on left_out.ordinal = numbered.ordinal
where {within}
"""
_WITHIN = "(subscription_id = '' or lower(subscription_id) = any({read}::text[]))"
_BEYOND = """
select min(coalesce(nullif(subscription_name, ''), subscription_id)) as name
from recommendation where snapshot_id = {snapshot_id} and {condition} and not {within}
group by lower(subscription_id) order by 1 limit {limit}
"""
_ADD = """
insert into {side} (key, {columns}, subscription, counted)
values (%s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s, 'active', lower(%s), %s)
"""
# Of several rows with one key, one that is open, and among those the one that counts, else the dearest, stands for all.
_ONE_EACH = """
create temporary table {finding} on commit drop as
select distinct on (key) * from {side}
order by key, (standing = 'active') desc, counted desc nulls last, annual_savings desc nulls last, fingerprint
"""


def prepare(connection: psycopg.Connection[Any], name: str, side: Side, *, across_sources: bool) -> None:
    """Make the temporary tables ``{name}_row``, with every row, and ``{name}_finding``, with one row for each key."""
    condition, parameters = condition_of(side.scope)
    rows, findings = sql.Identifier(f"{name}_row"), sql.Identifier(f"{name}_finding")
    left_out = [place for place, outcome in enumerate(side.savings.outcomes) if outcome]
    connection.execute(
        sql.SQL(_PREPARE).format(
            side=rows,
            key=sql.SQL(CROSS_KEY if across_sources else "fingerprint"),
            columns=sql.SQL(_COLUMNS),
            snapshot_id=side.snapshot.id,
            condition=sql.SQL(condition),
            left_out=sql.Literal(left_out),
            within=_within(side.within),
        ),
        # Without parameters the driver leaves percent signs alone, of which there are none.
        parameters or None,
    )
    if side.manual:
        add = sql.SQL(_ADD).format(side=rows, columns=sql.SQL(_COLUMNS))
        with connection.cursor() as cursor:
            cursor.executemany(add, list(_by_hand(side)))
    connection.execute(sql.SQL(_ONE_EACH).format(finding=findings, side=rows))
    # Of that column alone: statistics of all the others would take longer than what they are for.
    connection.execute(sql.SQL("analyze {} (key)").format(findings))


def subscriptions_beyond(connection: psycopg.Connection[Any], side: Side, limit: int) -> tuple[str, ...]:
    """Return the subscriptions of ``side`` that the other one could not hold, by name where it is known."""
    if side.within.read is None:
        return ()
    condition, parameters = condition_of(side.scope)
    query = sql.SQL(_BEYOND).format(
        snapshot_id=side.snapshot.id, condition=sql.SQL(condition), within=_within(side.within), limit=limit
    )
    return tuple(row[0] for row in connection.execute(query, parameters or None).fetchall())


def _within(reach: Reach) -> sql.Composable:
    return sql.SQL("true") if reach.read is None else sql.SQL(_WITHIN).format(read=sql.Literal(sorted(reach.read)))


def _by_hand(side: Side) -> Iterator[tuple[Any, ...]]:
    first = len(side.savings.outcomes) - len(side.manual)
    for place, given in enumerate(side.manual, first):
        row = given.as_recommendation()
        counted: Decimal | None = row.annual_savings if side.savings.reason_of(place) is None else None
        yield (
            row.fingerprint, row.fingerprint, row.category.value, row.impact.value, row.problem, row.resource_name,
            row.resource_type, row.subscription_id, row.subscription_name, row.annual_savings, row.currency,
            row.subscription_id or row.subscription_name, counted,
        )  # fmt: skip


def subscriptions_only_in(connection: psycopg.Connection[Any], name: str, other: str, limit: int) -> tuple[str, ...]:
    """Return the subscriptions of which only one side holds rows, by name where it is known."""
    query = sql.SQL("""
        select min(coalesce(nullif(subscription_name, ''), subscription_id)) as name
        from {side} as mine
        where subscription <> '' and not exists (select from {other} as theirs where theirs.subscription = mine.subscription)
        group by subscription order by 1 limit {limit}
    """).format(side=sql.Identifier(f"{name}_row"), other=sql.Identifier(f"{other}_row"), limit=limit)
    return tuple(row[0] for row in connection.execute(query).fetchall())


def categories_in(connection: psycopg.Connection[Any], name: str) -> set[str]:
    """Return the categories of which one side holds rows."""
    query = sql.SQL("select distinct category from {}").format(sql.Identifier(f"{name}_row"))
    return {row[0] for row in connection.execute(query).fetchall()}
