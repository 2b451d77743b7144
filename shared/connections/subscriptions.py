"""The subscriptions that a connection sees, as read."""

from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

_SELECT = """
select id, subscription_id, name, state, directory_id,
    coalesce((select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.place)
        from unnest(management_groups, management_group_names) with ordinality as g(id, name, place)), '[]'
    ) as management_groups,
    tags, seen_at
from azure_subscription
"""
ORDERS = {
    "name": Order("name", "lower(left(name, 200))", "lower(left(%(after_value)s, 200))"),
    "-name": Order("name", "lower(left(name, 200))", "lower(left(%(after_value)s, 200))", descending=True),
}


def listing(
    connection_id: UUID,
    *,
    search: str | None,
    state: str | None,
    management_group: str | None,
    tag: str | None,
    tag_value: str | None,
    place: Place,
) -> Query:
    """Return the query of one page of subscriptions; ``search`` looks into names and ids."""
    conditions = Conditions()
    conditions.add("connection_id = %(connection_id)s", connection_id=connection_id)
    conditions.add_given("lower(state) = lower(%(state)s)", state=state)
    conditions.add_given("lower(%(management_group)s) = any(management_groups)", management_group=management_group)
    if tag:
        conditions.add(
            "exists (select from jsonb_each_text(tags) as t(name, value) where lower(t.name) = lower(%(tag)s)"
            " and (%(tag_value)s::text is null or t.value = %(tag_value)s))",
            tag=tag,
            tag_value=tag_value,
        )
    if search:
        conditions.add("(name ilike %(search)s or subscription_id ilike %(search)s)", search=like_pattern(search))
    return page_query(_SELECT, conditions, place)
